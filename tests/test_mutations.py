"""The defects of tests/chaos/mutations.py can still be put in where they say; `dev.py chaos mutations` runs all."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from tests.chaos.mutations import MUTATIONS, caught


@pytest.mark.parametrize("number", MUTATIONS)
def test_the_place_of_a_defect_is_there_once_and_its_test_exists(number):
    mutation, root = MUTATIONS[number], Path(settings.BASE_DIR)
    for name, (old, new) in mutation.edits.items():
        text = (root / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, name
        assert old != new
        if name.endswith(".sql"):  # an older version of a function is replaced by the newer one
            versions = sorted((root / name).parent.glob((root / name).stem[:-4] + "*.sql"))
            assert versions[-1].name == Path(name).name
    file, _colons, name = mutation.test.partition("::")
    assert f"def {name}(" in (root / file).read_text(encoding="utf-8") if name else (root / file).exists()


# One of them here and one service of it; all with `dev.py chaos mutations`.
ONE = replace(MUTATIONS["M-2"], test=MUTATIONS["M-2"].test + "[reserve]")


@pytest.mark.slow
def test_a_lock_in_the_wrong_order_is_caught(db):
    is_caught, said = caught(ONE)
    assert is_caught, said


@pytest.mark.slow
def test_a_copy_without_a_defect_passes(db):
    """The control: what catches is not the copying."""
    is_caught, said = caught(replace(ONE, edits={}))
    assert not is_caught
    assert "failed" not in said
