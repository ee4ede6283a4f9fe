"""The benchmark of pages: no page is forgotten, its shop is one that could exist, the statements stay within limits."""

import pytest
from django.utils import timezone

from benchmarks import mass, pages
from inventory.services.checking import check_stock
from orders.invariants import INVARIANTS


def test_every_page_of_a_shop_is_measured_or_left_out_for_a_reason(monkeypatch):
    assert pages.unlisted() == []
    monkeypatch.setattr(pages, "PAGES", [page for page in pages.PAGES if page.name != "inventory:write_off_list"])
    assert pages.unlisted() == ["inventory:write_off_list"]


@pytest.mark.slow
def test_a_tiny_shop_of_the_benchmark_is_clean_and_its_pages_stay_within_their_statements(shop, staff):
    people = {role: staff(role, username=role, language="ru") for role in pages.ROLES}
    mass.build(mass.TINY, now=timezone.now(), by=people["seller"].pk)
    assert check_stock(extra=INVARIANTS) == []
    found = pages.samples()
    over = []
    for page in pages.PAGES:
        status, statements = pages.statements_of(page, pages.paths_of(page, found)[0], host="rose.localhost")
        assert status == 200, page.title
        if statements > pages.LIMITS[page.kind][1]:
            over.append(f"{page.title}: {statements}")
    assert over == []


def test_a_percentile_is_a_value_that_was_measured():
    assert pages.percentile([5.0, 1.0, 3.0], 50) == 3.0
    assert pages.percentile([float(value) for value in range(1, 101)], 95) == 95.0
    assert pages.percentile([7.0], 95) == 7.0
