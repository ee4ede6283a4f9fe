"""docs/cases.md names services, pages and tests: each of them is there."""

import ast
import re

from django.conf import settings

from tests.stories.every_page import route_names

ROOT = settings.BASE_DIR
ROW = re.compile(r"^\| (C-[0-9]{2}) \| (.+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)


def rows():
    return ROW.findall((ROOT / "docs" / "cases.md").read_text(encoding="utf-8"))


def functions(*patterns):
    found = set()
    for pattern in patterns:
        for file in ROOT.glob(pattern):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            found |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return found


def quoted(cell):
    return set(re.findall(r"`([^`]+)`", cell))


def test_every_case_stands_there_once():
    assert [number for number, *_cells in rows()] == [f"C-{number:02}" for number in range(1, 37)]


def test_the_names_in_the_table_are_there():
    services = functions("inventory/services/*.py", "orders/services/*.py", "products/services/*.py")
    tests = {name for name in functions("*/tests/*.py", "tests/*.py") if name.startswith("test_")}
    pages, missing = route_names(), []
    for number, _case, service, page, test in rows():
        assert quoted(service) or service == "nobody", number
        assert quoted(page) or page == "the admin", number
        assert quoted(test), number
        for cell, known in ((service, services), (page, pages), (test, tests)):
            missing += [(number, name) for name in quoted(cell) - known]
    assert not missing
