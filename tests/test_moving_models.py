"""Moving a model to another app: three ways, forward, back and forward again, in two shops with two versions of the code.

The journeys are made once (tests/moving/journey.py) and asked many times. Each cell of the table in docs/moving-models.md
has its test here, named in the cell.
"""

import fcntl
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings

from tests.moving import journey
from tests.moving.driver import PLANTS, SHOPS, make_base, on_server

WAYS = ("keep", "rename", "copy")
SMALL = journey.SMALL
ROWS = ("plants", "tags", "friends", "waterings", "shelves", "on_shelves", "notes", "related_notes", "history")


@pytest.fixture(scope="session")
def seen(django_db_setup, tmp_path_factory):
    """What was seen on each journey, by way; besides "native" and "interrupted". Several processes share it."""
    here = tmp_path_factory.getbasetemp()
    shared = here.parent if re.fullmatch(r"popen-gw\d+", here.name) else here
    found = shared / "journeys.json"
    with (shared / "journeys.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists():
            base = f"{settings.DATABASES['default']['NAME']}_moving"
            folder = tmp_path_factory.mktemp("moving")
            make_base(base)
            try:
                others = {"native": journey.native, "refused": journey.refused, "interrupted": journey.interrupted}
                with ThreadPoolExecutor(2) as two_at_a_time:
                    begun = {way: two_at_a_time.submit(journey.journey, folder / way, way, base) for way in WAYS[::-1]}
                    begun |= {name: two_at_a_time.submit(go, folder / name, base) for name, go in others.items()}
                journeys = {name: each.result() for name, each in begun.items()}
            finally:
                on_server(f"DROP DATABASE IF EXISTS {base} WITH (FORCE)")
            found.write_text(json.dumps(journeys))
    return json.loads(found.read_text())


def without(look, *parts):
    return {key: value for key, value in look.items() if key not in parts}


def ours(names):
    """Names of the moved model's own things, and of the foreign keys that lead to it."""
    return {name for name in names if "home" in name or "plant" in name}


# --- what holds for every way -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_there_were_rows_to_lose(seen, way):
    look = seen[way]["looks"]["before"]["rose"]
    assert look["plants"][0] == PLANTS
    assert all(look[part] and look[part][0] for part in ROWS if part != "related_notes")
    assert look["related_notes"] == 5
    assert look["grants"] == ["lena water_plant", "gardeners view_plant", "gardeners water_plant"]


@pytest.mark.parametrize("way", WAYS)
def test_rows_grants_and_relations_are_the_same_after_the_move(seen, way):
    looks = seen[way]["looks"]
    assert without(looks["moved"][SMALL], "names") == without(looks["before"][SMALL], "names")


@pytest.mark.parametrize("way", WAYS)
def test_the_code_of_before_sees_the_same_rows_grants_and_relations(seen, way):
    looks = seen[way]["looks"]
    assert without(looks["moved, by the old code"][SMALL], "names") == without(looks["before"][SMALL], "names")


@pytest.mark.parametrize("way", WAYS)
def test_going_back_takes_along_what_was_written_meanwhile(seen, way):
    looks = seen[way]["looks"]
    assert without(looks["back"][SMALL], "names") == without(looks["before going back"][SMALL], "names")
    assert looks["back"][SMALL]["plants"] != looks["before"][SMALL]["plants"], "nothing was written meanwhile"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("shop", SHOPS)
def test_going_back_brings_every_name_back(seen, way, shop):
    looks = seen[way]["looks"]
    assert looks["back"][shop]["names"] == looks["before"][shop]["names"]


@pytest.mark.parametrize("way", WAYS)
def test_going_there_again_comes_out_where_the_first_time_did(seen, way):
    looks = seen[way]["looks"]
    assert looks["again"]["rose"]["names"] == looks["again"][SMALL]["names"] == looks["moved"][SMALL]["names"]
    assert without(looks["again"]["rose"], "names") == without(looks["back"]["rose"], "names")
    # Here one more was planted in between.
    assert looks["again"][SMALL]["plants"][0] == looks["back"][SMALL]["plants"][0] + 1
    assert without(looks["again"][SMALL], "names", "plants", "tags") == without(
        looks["back"][SMALL], "names", "plants", "tags"
    )


@pytest.mark.parametrize("way", WAYS)
def test_every_next_key_is_free(seen, way):
    finish = seen[way]["finish"]
    keys = [
        *seen[way]["side by side"]["keys"],
        seen[way]["key when back"],
        finish["key"],
        finish["key of the old code"],
    ]
    assert len(set(keys)) == len(keys)
    assert min(keys) > seen[way]["highest"] + 3, "keys that rows had which were removed are not given again"


@pytest.mark.parametrize("way", WAYS)
def test_makemigrations_finds_nothing_at_any_stage(seen, way):
    assert seen[way]["checks"] == {"before": 0, "planned": 0, "moved": 0, "finished": 0}


@pytest.mark.parametrize("way", WAYS)
def test_a_fresh_shop_and_a_migrated_one_are_identical(seen, way):
    for fresh, migrated in (
        (seen[way]["fresh when moved"], seen[way]["dump when moved"]),
        (seen[way]["finish"]["fresh"], seen[way]["finish"]["dump"]),
    ):
        assert len(fresh["dump"]) > 100
        assert fresh["dump"] == migrated["dump"]
        assert fresh["types"] == migrated["types"]


@pytest.mark.parametrize("way", WAYS)
def test_the_platform_s_own_tables_are_left_alone(seen, way):
    assert seen[way]["public at the end"] == seen[way]["public"]


@pytest.mark.parametrize("way", WAYS)
def test_in_the_end_there_is_one_content_type_of_the_new_app(seen, way):
    types = [label for label in seen[way]["finish"]["dump"]["types"] if label.endswith(".plant")]
    assert types == ["new_home.plant"]
    assert not [name for name in seen[way]["finish"]["dump"]["names"] if name.endswith(("_moved", "_in_step"))]


@pytest.mark.parametrize("way", WAYS)
def test_what_is_left_over_goes_with_the_later_release_and_comes_back(seen, way):
    finish = seen[way]["finish"]
    looks = finish["looks"]
    assert without(looks["finished"], "names") == without(seen[way]["looks"]["again"][SMALL], "names")
    assert looks["not finished"]["names"] == seen[way]["looks"]["moved"][SMALL]["names"]
    assert without(looks["not finished"], "names") == without(looks["before going back"], "names")
    assert finish["late, seen by the old code"] == [finish["key"], "late", 0]
    assert finish["changed, seen by the old code"][2] == 9
    assert finish["removed, seen by the old code"] == []
    assert looks["finished again"]["names"] == looks["finished"]["names"]
    assert looks["finished again"]["plants"][0] == looks["finished"]["plants"][0] + 1, (
        "one planted, one removed, one more"
    )


# --- the cells of the table -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["keep", "rename"])
def test_fast_no_row_is_written_anew(seen, way):
    table = "new_home_plant" if way == "rename" else "old_home_plant"
    assert seen[way]["lies"][table] == seen[way]["lay"]["old_home_plant"] != [None, None]


def test_copying_takes_longer_the_more_rows_there_are(seen):
    lay, lies = seen["copy"]["lay"], seen["copy"]["lies"]
    assert lies["new_home_plant"][1] not in {None, lay["old_home_plant"][1]}
    assert seen["copy"]["seconds"]["rose"] > seen["copy"]["seconds"][SMALL]


@pytest.mark.parametrize("way", WAYS)
def test_no_request_fails_or_waits_long_while_old_and_new_code_work_side_by_side(seen, way):
    for code in ("old", "new"):
        load = seen[way]["loads"][code]
        assert load["done"] > 5
        assert load["failed"] == []
        assert load["count"] == 0
        assert load["waited"] <= 2, "seconds that somebody waited for a lock"


@pytest.mark.parametrize("way", WAYS)
def test_in_step_what_one_writes_the_other_reads(seen, way):
    side = seen[way]["side by side"]
    first, second, _third = side["keys"]
    assert side["old one, seen by the new code"] == [first, "old 1", 0]
    assert side["new one, seen by the old code"] == [second, "new 1", 0]
    assert side["changed by the new code"] == [first, "old 1", 7]
    assert side["changed by the old code"] == [second, "new 1", 8]
    assert side["removed by the old code"] == []
    assert "ann delete_plant" in side["granted by the old code"]
    assert "lena water_plant" in side["granted by the old code"]
    assert "lena water_plant" not in side["revoked by the new code"]


@pytest.mark.parametrize("way", ["rename", "copy"])
def test_names_are_those_that_django_would_give(seen, way):
    assert ours(seen[way]["finish"]["dump"]["names"]) == ours(seen["native"]["names"])


def test_kept_names_stay_as_they_were(seen):
    kept = ours(seen["keep"]["finish"]["dump"]["names"])
    assert kept == ours(seen["keep"]["looks"]["before"][SMALL]["names"])
    assert kept != ours(seen["native"]["names"])


@pytest.mark.parametrize(
    ("way", "own"),
    [
        ("keep", {"MoveContentType"}),
        ("rename", {"MoveContentType", "RenameTable"}),
        ("copy", {"MoveContentType", "CreateTable", "KeepInStep", "CopyRows", "AddKeys", "PointKeys"}),
    ],
)
def test_operations_that_are_not_django_s_own(seen, way, own):
    text = "\n".join(seen[way]["files"].values())
    assert set(re.findall(r"core\.migrations_support\.\w+\.(\w+)\(", text)) == own
    assert "migrations.SeparateDatabaseAndState(" in text


def test_the_later_release_has_these_operations(seen):
    found = {way: re.findall(r"core\.migrations_support\.\w+\.(\w+)\(", seen[way]["finish"]["text"]) for way in WAYS}
    assert found == {
        "keep": ["ForgetOldContentType"],
        "rename": ["ForgetOldContentType", "DropViews"],
        "copy": ["ForgetOldContentType", "DropOldTables"],
    }


# --- broken off -------------------------------------------------------------------------------------------------------


def test_a_move_that_was_killed_in_the_second_shop_goes_on_there(seen):
    story = seen["interrupted"]
    last, rows = "new_home.0004_plant_rows", "old_home.0004_plant_is_in_new_home"
    assert {last, rows} <= set(story["at the kill"]["rose"])
    assert last in story["at the kill"]["tulip"]
    assert rows not in story["at the kill"]["tulip"]
    assert story["second"]["code"] == 0, story["second"]
    said = json.loads(story["second"]["said"])
    assert said["behind"] == said["migrated"] == ["tulip"]
    assert said["failed"] == {}
    assert story["lies after"] == story["lies"], "the first shop was not done again"
    for shop in SHOPS:
        assert without(story["after"][shop], "names") == without(story["before"][shop], "names")
    assert story["applied"]["rose"] == story["applied"]["tulip"]
    assert json.loads(story["third"])["behind"] == []


# --- refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("unknown app", "There is no app “nowhere”: make it with an empty package “migrations”"),
        ("unknown model", "There is no such model in the code: plan the move before the class is moved."),
        ("same app", "It is in this app already."),
        ("parent", "It is a parent, of old_home.ClayPot: their keys are this model's."),
        ("child", "It is a child: half of each row is in its parent's table."),
        ("accessor", "Its reverse accessor Garden.new_home_labels would clash with shelf.Sign.garden"),
        ("same name", "shelf has a model of this name already, and the reverse accessors of the two would clash"),
        ("person", "Only a model with a table of its own that no setting names can be moved."),
        ("person", "packages that others maintain: admin, otp_static, otp_totp."),
        ("platform", "One of the apps has its tables in the shops, the other one in public"),
        ("not moved yet", "No migration has moved it to new_home yet: plan the move first, without --finish."),
        ("function", "Functions name the table old_home_plant and would not find it any more: tall."),
        ("view", "Triggers or views hang on the table and would stay behind: tall."),
        ("behind", "Migrations are not applied in these shops: tulip."),
    ],
)
def test_what_can_t_be_done_safely_is_refused_with_the_reason(seen, case, sentence):
    said = seen["refused"][case]
    assert said["code"] == 1
    assert "is not moved, nothing was written." in said["said"]
    assert sentence in said["said"]


def test_nothing_was_written_by_refusals_and_dry_runs(seen):
    assert seen["refused"]["written"] == []
    assert seen["refused"]["no dot"] == {"said": "Name app and model, as in orders.Contact.", "code": 2}


def test_a_dry_run_shows_files_dependencies_and_the_sql_of_a_shop(seen):
    said = seen["refused"]["function, kept"]
    assert said["code"] == 0
    for part in (
        "new_home/migrations/0001_plant_from_old_home.py",
        "shelf/migrations/0002_plant_of_new_home.py",
        "old_home/migrations/0003_plant_is_in_new_home.py",
        "after old_home.0002_initial, ",
        "'db_table': 'old_home_plant'",
        "What every shop gets, in the case of rose:",
        "INSERT INTO auth_permission",
    ):
        assert part in said["said"], part
