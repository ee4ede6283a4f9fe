"""docs/deleting.md names rules, files and tests: each of them is there."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.test_architecture import sources
from tests.test_cases import functions, quoted

ROOT = settings.BASE_DIR
TEXT = (ROOT / "docs" / "deleting.md").read_text(encoding="utf-8")
RULE = re.compile(r"^\| (SD?-[0-9]+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
STATEMENT = re.compile(r"^\| ([0-9]+) \| (.+) \| (.+) \|$", re.MULTILINE)


def known_tests():
    return {name for name in functions("*/tests/*.py", "tests/*.py") if name.startswith("test_")}


def test_every_rule_and_statement_stands_there_once():
    rules = [number for number, *_cells in RULE.findall(TEXT)]
    assert rules == [f"SD-{number}" for number in range(1, 14)] + [f"S-{number}" for number in range(1, 15)]
    assert [number for number, *_cells in STATEMENT.findall(TEXT)] == [str(number) for number in range(1, 16)]


def test_the_tests_and_files_it_names_are_there():
    known, missing = known_tests(), []
    for number, _what, place, named in RULE.findall(TEXT):
        assert quoted(place), number
        assert quoted(named), number
        missing += [(number, file) for file in quoted(place) if not (ROOT / file).is_file()]
        missing += [(number, name) for name in quoted(named) - known]
    for number, _what, named in STATEMENT.findall(TEXT):
        assert quoted(named), number
        missing += [(number, name) for name in quoted(named) - known]
    missing += [("text", name) for name in re.findall(r"`(test_\w+)`", TEXT) if name not in known]
    assert missing == []


def test_a_name_that_is_not_there_would_be_noticed():
    assert "test_of_nothing" not in known_tests()
    assert "test_both_ways_of_deleting_mark" in known_tests()


# Modules that work with deleted rows as such. Anywhere else `all_objects` would show them by mistake.
WITH_DELETED = {"admin.py", "models.py", "trash.py", "soft_delete.py", "soft_delete_admin.py", "undo.py", "seeds.py"}
WITH_DELETED |= {"photos.py", "photo_check.py", "selectors.py"}
FOLDERS_WITH_DELETED = {"services", "selectors", "models", "migrations", "tests", "demo", "reports", "benchmarks"}


def shown_by_mistake(code):
    """The lines of `code` that use `all_objects` for anything but one row by its key, which leads to a deleted one too."""
    tree = ast.parse(code)
    by_key = {
        id(inner)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and any(word.arg == "pk" for word in call.keywords)
        for inner in ast.walk(call)
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "all_objects" and id(node) not in by_key
    ]


def test_deleted_rows_are_asked_for_only_where_they_are_meant():
    wrong = []
    for path in sources():
        where = Path(path).relative_to(ROOT)
        if where.name in WITH_DELETED or where.name == "conftest.py" or FOLDERS_WITH_DELETED & set(where.parts):
            continue
        wrong += [f"{where}:{line}" for line in shown_by_mistake(path.read_text(encoding="utf-8"))]
    assert wrong == []


@pytest.mark.parametrize(("code", "lines"), [
    ("rows = Product.all_objects.filter(is_deleted=True)", [1]),
    ("x = 1\nrows = list(Product.all_objects.all())", [2]),
    ("rows = Product.all_objects.filter(pk__in=keys)", [1]),
    ("row = get_object_or_404(Product.all_objects.select_related('category'), pk=pk)", []),
    ("row = Product.all_objects.get(pk=pk)", []),
    ("rows = Product.objects.all()", []),
])  # fmt: skip
def test_the_rule_about_deleted_rows_sees_what_it_should(code, lines):
    assert shown_by_mistake(code) == lines
