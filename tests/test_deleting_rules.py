"""docs/deleting.md names rules, files and tests: each of them is there."""

import re

from django.conf import settings

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
