"""The stages of a move, with everything that is worth knowing about each written down."""

import shutil
import subprocess
import sys
import time

from tests.moving.driver import HERE, PLANTS, SHOPS, Code, Stage, on_server

TABLES = ("old_home_plant", "new_home_plant")
SMALL = "tulip"  # where single writes are tried; the other shop has the rows and the load


def journey(folder, way, base):
    """There, back, there again, finished, not finished, finished again. What was seen is returned, ready for JSON."""
    folder.mkdir()
    stage = Stage(folder, f"{base}_{way}", base)
    seen = {"checks": {}, "looks": {}, "seconds": {}, "loads": {}}
    try:
        old = stage.old
        seen["public"] = old.dump("public")
        seen["files"] = stage.plan(way)
        seen["said"] = stage.said["said"]
        new = stage.new

        old.add_person(SMALL, "ann")
        seen["lay"] = old.files("rose", *TABLES)
        seen["looks"]["before"] = {shop: old.look(shop) for shop in SHOPS}
        seen["highest"] = old.highest(SMALL)
        seen["checks"]["before"] = old.command("makemigrations", check=True, dry_run=True)["code"]
        seen["checks"]["planned"] = new.command("makemigrations", check=True, dry_run=True)["code"]

        # The shop with all the rows: there and back while people work, and there again.
        found = under_load(old, new, seconds=2)
        seen["loads"], seen["seconds"], seen["lies"] = found["loads"], found["seconds"], found["lies"]
        seen["looks"]["back"] = {"rose": old.look("rose")}
        new.migrate("rose")
        seen["looks"]["again"] = {"rose": new.look("rose")}

        # The other one: step by step.
        seen["seconds"][SMALL] = new.migrate(SMALL)
        seen["checks"]["moved"] = new.command("makemigrations", check=True, dry_run=True)["code"]
        seen["looks"]["moved"] = {SMALL: new.look(SMALL)}
        seen["looks"]["moved, by the old code"] = {SMALL: old.look(SMALL)}
        seen["fresh when moved"] = new.fresh("scratch")
        seen["dump when moved"] = {"dump": new.dump(SMALL), "types": new.types(SMALL), "names": new.names(SMALL)}
        seen["side by side"] = _side_by_side(old, new)
        seen["looks"]["before going back"] = {SMALL: new.look(SMALL)}
        _back(new, SMALL)
        seen["looks"]["back"][SMALL] = old.look(SMALL)
        seen["key when back"] = old.plant(SMALL, "when back")
        new.migrate(SMALL)
        seen["looks"]["again"][SMALL] = new.look(SMALL)

        seen["finish"] = _finish(stage, way, seen)
        seen["public at the end"] = new.dump("public")
    finally:
        stage.close()
    return seen


def under_load(old, new, *, seconds):
    """There and back in the shop with all the rows: people work with the code of before all the time, with the new code
    beside it for so many seconds in between."""
    old.load("old", "rose", PLANTS)
    time.sleep(1)
    found = {"seconds": {"rose": new.migrate("rose")}, "lies": new.files("rose", *TABLES), "loads": {}}
    new.load("new", "rose", PLANTS)
    time.sleep(seconds)
    found["loads"]["new"] = new.end_load("new")
    found["back"] = _back(new, "rose")
    time.sleep(0.5)
    found["loads"]["old"] = old.end_load("old")
    return found


def _back(code, shop):
    """To before the first migration of the move; what depends on it goes with it."""
    return code.migrate(shop, "new_home", "zero")


def _side_by_side(old, new):
    """Each writes, the other one looks."""
    seen = {}
    seen["keys"] = [old.plant(SMALL, "old 1"), new.plant(SMALL, "new 1"), old.plant(SMALL, "old 2")]
    seen["old one, seen by the new code"] = new.see(SMALL, "old 1")
    seen["new one, seen by the old code"] = old.see(SMALL, "new 1")
    new.change(SMALL, "old 1", height=7)
    old.change(SMALL, "new 1", height=8)
    seen["changed by the new code"] = old.see(SMALL, "old 1")
    seen["changed by the old code"] = new.see(SMALL, "new 1")
    old.remove(SMALL, "old 2")
    seen["removed by the old code"] = new.see(SMALL, "old 2")
    old.grant(SMALL, "ann", "delete_plant")
    seen["granted by the old code"] = new.grants(SMALL)
    new.revoke(SMALL, "lena", "water_plant")
    seen["revoked by the new code"] = old.grants(SMALL)
    return seen


def _finish(stage, way, seen):
    """The later release: without the code of before, and once back again."""
    old, new = stage.old, stage.new
    known = set(stage.new.folder.rglob("*.py"))
    said = new.command("move_model", "old_home.Plant", "new_home", way=way, finish=True)
    assert said["code"] == 0, said
    files = sorted(set(stage.new.folder.rglob("*.py")) - known)
    for shop in SHOPS:
        new.migrate(shop)
    found = {"text": "".join(file.read_text() for file in files), "looks": {"finished": new.look(SMALL)}}
    seen["checks"]["finished"] = new.command("makemigrations", check=True, dry_run=True)["code"]
    found["fresh"] = new.fresh("scratch")
    found["dump"] = {"dump": new.dump(SMALL), "types": new.types(SMALL), "names": new.names(SMALL)}
    found["key"] = new.plant(SMALL, "late")
    new.change(SMALL, "P7", height=9)
    new.remove(SMALL, "P9")
    found["looks"]["before going back"] = new.look(SMALL)
    before = [file.stem for file in sorted(files[0].parent.glob("0*.py")) if file < files[0]]
    new.migrate(SMALL, "new_home", before[-1])
    found["looks"]["not finished"] = new.look(SMALL)
    found["late, seen by the old code"] = old.see(SMALL, "late")
    found["changed, seen by the old code"] = old.see(SMALL, "P7")
    found["removed, seen by the old code"] = old.see(SMALL, "P9")
    found["key of the old code"] = old.plant(SMALL, "later")
    new.migrate(SMALL)
    found["looks"]["finished again"] = new.look(SMALL)
    return found


def native(folder, base):
    """What everything would be called had the model been in its new app from the beginning."""
    folder.mkdir()
    shutil.copytree(HERE / "before", folder / "apps")
    shutil.copytree(HERE / "after", folder / "apps", dirs_exist_ok=True)
    for file in (folder / "apps").glob("*/migrations/0*.py"):
        file.unlink()
    database = f"{base}_native"
    on_server(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)", f"CREATE DATABASE {database} TEMPLATE {base}")
    code = Code(folder / "apps", database)
    try:
        code.command("makemigrations", "shelf", "old_home", "new_home")
        return code.fresh("scratch")
    finally:
        code.close()
        on_server(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


def refused(folder, base):
    """What move_model says to moves that can't be made safely. Nothing is written."""
    folder.mkdir()
    stage = Stage(folder, f"{base}_refused", base)
    seen = {}
    try:
        ask = stage.old.command
        files = set(stage.old.folder.rglob("*"))
        seen["unknown app"] = ask("move_model", "old_home.Plant", "nowhere")
        seen["unknown model"] = ask("move_model", "old_home.Tree", "new_home")
        seen["same app"] = ask("move_model", "old_home.Plant", "old_home")
        seen["no dot"] = ask("move_model", "Plant", "new_home")
        seen["parent"] = ask("move_model", "old_home.Pot", "new_home")
        seen["child"] = ask("move_model", "old_home.ClayPot", "new_home")
        seen["accessor"] = ask("move_model", "old_home.Label", "new_home")
        seen["same name"] = ask("move_model", "old_home.Tag", "shelf")
        # These two are the project's own: whatever goes wrong, nothing is written there.
        seen["person"] = ask("move_model", "accounts.User", "new_home", dry_run=True)
        seen["platform"] = ask("move_model", "customers.Domain", "new_home", dry_run=True)
        seen["not moved yet"] = ask("move_model", "old_home.Plant", "new_home", finish=True)
        stage.old.sql(
            "rose", "CREATE FUNCTION tall() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM old_home_plant'"
        )
        seen["function"] = ask("move_model", "old_home.Plant", "new_home", way="rename")
        seen["function, kept"] = ask("move_model", "old_home.Plant", "new_home", way="keep", dry_run=True)
        stage.old.sql("rose", "DROP FUNCTION tall()")
        stage.old.sql("rose", "CREATE VIEW tall AS SELECT id FROM old_home_plant WHERE height > 100")
        seen["view"] = ask("move_model", "old_home.Plant", "new_home", way="copy")
        stage.old.sql("public", "UPDATE customers_client SET fingerprint = '' WHERE schema_name = 'tulip'")
        seen["behind"] = ask("move_model", "old_home.Plant", "new_home")
        seen["written"] = [path.name for path in set(stage.old.folder.rglob("*")) - files]
    finally:
        stage.close()
    return seen


def interrupted(folder, base):
    """The copy through migrate_tenants, killed while the second shop waits for a table, and given again."""
    folder.mkdir()
    stage = Stage(folder, f"{base}_interrupted", base)
    seen = {}
    try:
        for shop in SHOPS:
            stage.old.thin(shop, 3000)
        seen["before"] = {shop: stage.old.look(shop) for shop in SHOPS}
        stage.plan("copy")
        new = stage.new
        command = [sys.executable, "-W", "ignore", "-m", "django", "migrate_tenants", "--parallel=1", "--json"]
        with stage.connection() as link, link.cursor() as cursor:
            cursor.execute("LOCK TABLE tulip.shelf_shelf IN ACCESS SHARE MODE")
            first = subprocess.Popen(
                command, cwd=HERE, env=new.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            last = "new_home.0004_plant_rows"
            for _moment in range(600):
                if last in new.applied("tulip"):
                    break
                time.sleep(0.2)
            seen["at the kill"] = {shop: new.applied(shop) for shop in SHOPS}
            first.kill()
            first.wait()
            link.rollback()
        seen["lies"] = new.files("rose", "new_home_plant")
        second = subprocess.run(
            command, cwd=HERE, env=new.environment(), capture_output=True, text=True, check=False, timeout=120
        )
        seen["second"] = {"code": second.returncode, "said": second.stdout, "errors": second.stderr}
        seen["lies after"] = new.files("rose", "new_home_plant")
        seen["after"] = {shop: new.look(shop) for shop in SHOPS}
        seen["applied"] = {shop: new.applied(shop) for shop in SHOPS}
        seen["third"] = new.command("migrate_tenants", dry_run=True, as_json=True)["said"]
    finally:
        stage.close()
    return seen
