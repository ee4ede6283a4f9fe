# ruff: noqa: S608, S311 - tables of tests, and chance that protects nothing
"""`python -m tests.moving.worker`: reads steps as lines of JSON, does them with its own version of the code, answers.

Which version that is, PYTHONPATH decides. Requests are made in threads while steps are done.
"""

import contextlib
import io
import json
import random
import sys
import threading
import time
import traceback
from functools import partial

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.contrib.admin.models import CHANGE, LogEntry  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth.models import Group, Permission  # noqa: E402
from django.contrib.contenttypes.models import ContentType  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.management.base import CommandError  # noqa: E402
from django.db import connection, connections, transaction  # noqa: E402
from django.utils import translation  # noqa: E402

from core.tenancy import in_public, in_schema  # noqa: E402
from core.transactions import run  # noqa: E402
from customers.schema import code_fingerprint  # noqa: E402
from customers.services.migrating import migrate_shop  # noqa: E402
from customers.template import dump_text  # noqa: E402

Plant = next(apps.get_model(app, "Plant") for app in ("new_home", "old_home") if "plant" in apps.all_models[app])
LABEL = Plant._meta.app_label
Shelf, Garden, Note = (apps.get_model("shelf", name) for name in ("Shelf", "Garden", "Note"))
Tag, Watering = (apps.get_model("old_home", name) for name in ("Tag", "Watering"))
User = get_user_model()
SHOPS = ("rose", "tulip")


# --- the platform and its shops -----------------------------------------------------------------------------------------


def command(*arguments, **options):
    """What a command prints, and the code it ends with."""
    said = io.StringIO()
    code_fingerprint.cache_clear()
    try:
        with (
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
            in_public(),
            translation.override("en"),
        ):
            call_command(*arguments, stdout=said, stderr=said, **options)
    except CommandError as error:
        return {"said": f"{said.getvalue()}{error}", "code": error.returncode}
    except SystemExit as end:
        return {"said": said.getvalue(), "code": end.code}
    return {"said": said.getvalue(), "code": 0}


def make_platform(plants):
    """Platform and two shops; the first has this many plants, the second a tenth of them."""
    from customers.services.migrating import migrate_platform
    from customers.services.platform import ensure_platform
    from customers.services.provisioning import provision_shop

    migrate_platform()
    ensure_platform()
    for number, name in enumerate(SHOPS):
        provision_shop(schema_name=name, name=name)
        with in_schema(name), transaction.atomic():
            fill(plants if number == 0 else plants // 10)


def fill(plants):
    """People and things, and so many plants."""
    Garden.objects.create(name="Garden")
    Tag.objects.bulk_create([Tag(name=f"tag {number}") for number in range(20)])
    lena = User.objects.create_user("lena", password=None, role="florist")
    rows(plants)
    first = Plant.objects.earliest("pk")
    for plant in Plant.objects.order_by("pk")[:5]:
        Note.objects.create(text=f"about {plant.code}", about=plant)
    kind = ContentType.objects.get_for_model(Plant)
    LogEntry.objects.create(
        user=lena, content_type=kind, object_id=str(first.pk), object_repr=str(first), action_flag=CHANGE
    )
    water = Permission.objects.get(content_type=kind, codename="water_plant")
    group = Group.objects.create(name="gardeners")
    group.permissions.add(water, Permission.objects.get(content_type=kind, codename="view_plant"))
    lena.user_permissions.add(water)


def rows(plants):
    """In sets: the code of before, for it names its tables."""
    garden, lena = Garden.objects.earliest("pk"), User.objects.get(username="lena")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO old_home_plant (code, name, height, garden_id, planted_by_id)"
            " SELECT 'P' || n, 'plant ' || n, n %% 300, %s, %s FROM generate_series(1, %s) n",
            [garden.pk, lena.pk, plants + 3],
        )
        # As if the last plants had been removed: the next key is not the highest one and one more.
        cursor.execute("DELETE FROM old_home_plant WHERE id > %s", [plants])
        # A tenth of the plants come from one with another key, often a later one, which a copy in batches has not got yet.
        cursor.execute(
            "UPDATE old_home_plant SET parent_id = %s - id + 1 WHERE id %% 10 = 0 AND id < %s", [plants, plants]
        )
        cursor.execute(
            "INSERT INTO old_home_plant_tags (plant_id, tag_id) SELECT p.id, t.id FROM old_home_plant p"
            " JOIN old_home_tag t ON t.id % 20 = p.id % 20 WHERE p.id % 5 = 0"
        )
        cursor.execute(
            "INSERT INTO old_home_plant_friends (from_plant_id, to_plant_id)"
            " SELECT p.id, q.id FROM old_home_plant p JOIN old_home_plant q ON q.id IN (p.id - 1, p.id + 1)"
            " WHERE p.id <= 100 AND q.id <= 100"
        )
        cursor.execute(
            "INSERT INTO old_home_watering (plant_id, litres) SELECT id, 1 FROM old_home_plant WHERE id < 500"
        )
    shelf = Shelf.objects.create(best=Plant.objects.earliest("pk"))
    shelf.plants.set(Plant.objects.order_by("pk")[:50])


def migrate(shop, app=None, name=None):
    """Bring one shop up to date as migrate_tenants does, or an app of it to a migration; how long it took, in seconds."""
    code_fingerprint.cache_clear()
    began = time.monotonic()
    if app is None:
        done = migrate_shop(shop)
        if done.error:
            raise AssertionError(done.error)
    else:
        with contextlib.redirect_stdout(io.StringIO()):
            call_command("migrate_schemas", app, name, tenant=True, schema_name=shop, interactive=False, verbosity=0)
    return time.monotonic() - began


def fresh(name):
    """A schema that the migrations make out of nothing; its dump."""
    with in_public(), connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
        cursor.execute(f"CREATE SCHEMA {name}")
    with transaction.atomic():
        call_command("migrate_schemas", tenant=True, schema_name=name, interactive=False, verbosity=0)
    return {"dump": dump(name), "types": types(name), "names": names(name)}


def dump(schema):
    """The structure of a schema as pg_dump writes it: names of tables, columns, keys, indexes, sequences, functions."""
    with in_public():
        text = dump_text(schema)
    lines = [line.replace(schema, "SCHEMA") for line in text.splitlines()]
    parts = "\n".join(lines).split("\n--\n")
    # Rows and the state of counters are another matter.
    kept, skip = [], False
    for part in parts:
        if part.startswith("-- "):
            skip = "Type: TABLE DATA" in part or "Type: SEQUENCE SET" in part
        elif not skip:
            kept.append(part.strip())
    # A counter that was set anew begins elsewhere.
    return sorted(_without_start(part) for part in kept)


def _without_start(part):
    return "\n".join(line for line in part.splitlines() if "START WITH" not in line)


def types(schema):
    with in_schema(schema):
        return sorted(f"{kind.app_label}.{kind.model}" for kind in ContentType.objects.all())


# --- what a shop looks like ---------------------------------------------------------------------------------------------


def look(shop):
    """Rows, keys, grants and names, as this version of the code sees them."""
    # Entering a shop forgets all content types: every request asks for them anew.
    with in_schema(shop), connection.cursor() as cursor:
        return {
            "plants": _rows(cursor, Plant),
            "tags": _rows(cursor, Plant.tags.through),
            "friends": _rows(cursor, Plant.friends.through),
            "waterings": _rows(cursor, Watering),
            "shelves": _rows(cursor, Shelf),
            "on_shelves": _rows(cursor, Shelf.plants.through),
            "notes": sorted(
                f"{note.text} {note.about.code}" for note in Note.objects.all() if isinstance(note.about, Plant)
            ),
            "related_notes": Plant.objects.filter(notes__text__startswith="about").count(),
            "history": sorted(f"{entry.get_edited_object().code}" for entry in LogEntry.objects.all()),
            "grants": grants(shop),
            "names": _names(cursor),
        }


def _rows(cursor, model):
    columns = ", ".join(f'"{name}"' for name in sorted(field.column for field in model._meta.concrete_fields))
    cursor.execute(
        f"SELECT count(*), min(id), max(id), md5(string_agg(row({columns})::text, '|' ORDER BY id))"
        f' FROM "{model._meta.db_table}"'
    )
    return list(cursor.fetchone())


def grants(shop):
    """Who may do what with plants, asked as a page asks."""
    with in_schema(shop):
        found = []
        for user in User.objects.order_by("username"):
            codes = ("water_plant", "view_plant", "delete_plant")
            found += [f"{user.username} {code}" for code in codes if user.has_perm(f"{LABEL}.{code}")]
        for group in Group.objects.order_by("name"):
            held = group.permissions.filter(content_type__app_label=LABEL).values_list("codename", flat=True)
            found += [f"{group.name} {code}" for code in sorted(held)]
        return found


def grant(shop, user, code):
    with in_schema(shop):
        held = Permission.objects.get(content_type__app_label=LABEL, content_type__model="plant", codename=code)
        User.objects.get(username=user).user_permissions.add(held)


def revoke(shop, user, code):
    with in_schema(shop):
        held = Permission.objects.get(content_type__app_label=LABEL, content_type__model="plant", codename=code)
        User.objects.get(username=user).user_permissions.remove(held)


def add_person(shop, name):
    with in_schema(shop):
        User.objects.create_user(name, password=None, role="florist")


def _names(cursor):
    """Everything with a name in the schema that hangs on the tables of the three apps or is called after them."""
    cursor.execute(
        "WITH here AS (SELECT d.refobjid AS schema FROM pg_depend d WHERE d.objid = to_regclass('django_migrations')"
        "                 AND d.refclassid = 'pg_namespace'::regclass)"
        " SELECT c.relkind::text || ' ' || c.relname FROM pg_class c, here WHERE c.relnamespace = here.schema"
        " UNION SELECT 'constraint ' || o.conname FROM pg_constraint o, here WHERE o.connamespace = here.schema"
        " UNION SELECT 'function ' || p.proname FROM pg_proc p, here WHERE p.pronamespace = here.schema"
        " UNION SELECT 'trigger ' || t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid, here"
        "        WHERE c.relnamespace = here.schema AND NOT t.tgisinternal"
    )
    return sorted(name for (name,) in cursor.fetchall() if any(app in name for app in ("home", "shelf", "plant")))


def names(schema):
    with in_schema(schema), connection.cursor() as cursor:
        return _names(cursor)


def thin(shop, plants):
    """Only so many plants, in place of all there are."""
    with in_schema(shop), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE old_home_plant RESTART IDENTITY CASCADE")
        rows(plants)


def sql(shop, statement):
    with in_schema(shop), connection.cursor() as cursor:
        cursor.execute(statement)


def applied(shop):
    """The migrations that a shop has had."""
    with in_schema(shop), connection.cursor() as cursor:
        cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def files(shop, *tables):
    """On which file of the server the rows of a table lie: another one means that they were written anew."""
    with in_schema(shop), connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute("SELECT pg_relation_filenode(to_regclass(%s)), to_regclass(%s)::oid", [table, table])
            found[table] = list(cursor.fetchone())
        return found


# --- what people do -------------------------------------------------------------------------------------------------------


def plant(shop, code, **fields):
    """Plant one; its key."""
    with in_schema(shop):
        garden = Garden.objects.earliest("pk")
        made = Plant.objects.create(code=code, name=fields.pop("name", code), garden=garden, **fields)
        made.tags.add(Tag.objects.earliest("pk"))
        return made.pk


def change(shop, code, **fields):
    with in_schema(shop):
        return Plant.objects.filter(code=code).update(**fields)


def remove(shop, code):
    with in_schema(shop):
        return Plant.objects.get(code=code).delete()[0]


def see(shop, code):
    with in_schema(shop):
        return list(Plant.objects.filter(code=code).values_list("pk", "name", "height").first() or [])


def highest(shop):
    with in_schema(shop):
        return Plant.objects.latest("pk").pk


class Load:
    """People at work: short requests one after the other, and one who takes long over each."""

    def __init__(self):
        self.stop = threading.Event()
        self.longest, self.waited, self.done, self.failed = 0.0, 0.0, 0, []
        self.threads = []

    def start(self, name, shop, plants):
        Load.numbers = getattr(Load, "numbers", 0) + 1
        self.threads = [
            threading.Thread(
                target=self._work, args=(shop, f"{name}{Load.numbers}-{number}", plants, slow), daemon=True
            )
            for number, slow in enumerate((False, False, True))
        ]
        self.threads.append(threading.Thread(target=self._watch, daemon=True))
        for thread in self.threads:
            thread.start()

    def _watch(self):
        """How long anybody has been waiting for a lock, asked of the server: a slow machine alone makes nobody wait."""
        while not self.stop.is_set():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT coalesce(extract(epoch FROM max(clock_timestamp() - l.waitstart)), 0)::float8 FROM pg_locks l"
                    " JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.datname = current_database()"
                )
                self.waited = max(self.waited, cursor.fetchone()[0])
            time.sleep(0.05)
        connections.close_all()

    def _work(self, shop, name, plants, slow):
        chance = random.Random(name)
        connection.set_schema(shop)
        number = 0
        while not self.stop.is_set():
            number += 1
            began = time.monotonic()
            try:
                run(partial(self._request, chance, f"{name}-{number}", plants, 0.7 if slow else 0))
            except Exception:  # noqa: BLE001 - this is what is counted
                self.failed.append(traceback.format_exc(limit=-3))
            self.done += 1
            self.longest = max(self.longest, time.monotonic() - began - (0.7 if slow else 0))
            time.sleep(0.4 if slow else 0.01)
        connections.close_all()

    def _request(self, chance, code, plants, pause):
        ContentType.objects.clear_cache()  # as with every request that enters a shop
        some = Plant.objects.select_for_update().get(code=f"P{chance.randrange(1, plants - 5)}")
        some.height = chance.randrange(300)
        some.save()
        made = Plant.objects.create(code=code, name=code, garden_id=some.garden_id, parent=some)
        made.tags.add(Tag.objects.earliest("pk"))
        made.friends.add(some)
        Watering.objects.create(plant=made, litres=chance.randrange(9))
        note = Note.objects.create(text="load", about=made)
        assert Note.objects.get(pk=note.pk).about == made
        assert made.notes.count() == 1
        assert User.objects.get(username="lena").has_perm(f"{LABEL}.water_plant")
        shelf = Shelf.objects.earliest("pk")
        shelf.plants.add(made)
        if pause:
            time.sleep(pause)
        if chance.random() < 0.7:
            shelf.plants.remove(made)
            made.delete()

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(timeout=30)
        return {
            "done": self.done,
            "failed": self.failed[:5],
            "count": len(self.failed),
            "longest": self.longest,
            "waited": self.waited,
        }


loads = {}


def load(name, shop, plants):
    loads[name] = Load()
    loads[name].start(name, shop, plants)


def end_load(name):
    return loads.pop(name).end()


STEPS = {
    each.__name__: each
    for each in (
        command, make_platform, migrate, fresh, dump, types, look, names, thin, applied, sql, grants, grant, revoke, add_person, files, plant, change,
        remove, see, highest, load, end_load,
    )
}  # fmt: skip


def main():
    answers = sys.stdout
    sys.stdout = sys.stderr
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = {"result": STEPS[asked["step"]](*asked["arguments"], **asked["options"])}
        except Exception:  # noqa: BLE001 - the test is told
            connection.close()
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
