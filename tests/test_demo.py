"""The demo platform as `dev.py run` makes it: two shops, interrupted and repeated without harm."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from core.tenancy import in_schema
from customers.models import Client
from inventory.services.checking import check_stock
from orders import demo
from orders.models import Order
from products.models import Product


def make_demo(*arguments):
    said = StringIO()
    call_command("make_demo", *arguments, stdout=said, stderr=StringIO())
    return said.getvalue()


@pytest.mark.slow
def test_both_shops_are_made_and_a_second_time_changes_nothing(committed_shop, monkeypatch):
    connection.set_schema_to_public()
    monkeypatch.setattr(demo, "hang_pictures", lambda shop: iter(()))
    monkeypatch.setattr(demo.fill, "play", interrupted(demo.fill.play))
    with pytest.raises(KeyboardInterrupt):
        make_demo("--first")
    assert not Client.objects.filter(schema_name="pion").exists()
    assert "Пион" in make_demo("--first")
    assert list(Client.objects.filter(schema_name__in=demo.SHOPS).values_list("schema_name", flat=True)) == ["pion"]
    said = [json.loads(line) for line in make_demo("--progress").splitlines()]
    assert said == [{"step": "shop", "name": "Fern & Vine"}]
    before = figures()
    make_demo()
    assert figures() == before
    for name in demo.SHOPS:
        with in_schema(name):
            assert check_stock() == []


def interrupted(play):
    """`play`, broken off the first time it is called, after the work was done."""
    calls = []

    def once(*args, **kwargs):
        play(*args, **{**kwargs, "weeks": 1})
        calls.append(1)
        if len(calls) == 1:
            raise KeyboardInterrupt

    return once


def figures():
    found = {}
    for name in demo.SHOPS:
        with in_schema(name):
            found[name] = (Order.objects.count(), Product.objects.count())
    return found


def test_the_log_ins_of_both_shops_are_printed():
    entries = json.loads(make_demo("--print-logins"))
    hosts = [entry["host"] for entry in entries]
    assert hosts.count("pion.localhost") == len(demo.SHOPS["pion"].people)
    assert hosts.count("fern.localhost") == len(demo.SHOPS["fern"].people)
    assert all(entry["login"] and entry["password"] for entry in entries)
