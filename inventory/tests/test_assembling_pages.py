"""Bouquets for the shelf on the screen: who may, what is shown before the button, what becomes of the stems."""

import uuid
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from core.access import Role
from core.models import RecentAction
from inventory.models import Assembly, Disassembly, StockBatch, WriteOff
from inventory.selectors.assembling import made_by, plan_assembly
from inventory.services.assembling import assemble
from inventory.services.checking import check_stock
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.regrading import mark_down
from inventory.services.reservations import reserve
from inventory.services.sale_processor import SaleProcessor
from inventory.services.transfers import TransferLineInput, transfer_stock
from inventory.tests.factories import cellar, everything, kit, product, receive, stock_of, warehouse
from products.models import Product, ProductKit
from products.recipes import Component

URL = reverse("inventory:assemble", urlconf="myproject.urls_shop")
OFFICE = {Role.OWNER, Role.MANAGER}
FLOOR = OFFICE | {Role.FLORIST, Role.SELLER}


@pytest.fixture
def spring(shop):
    """A bouquet of 5 roses and 2 tulips; the roses lie in two batches."""
    rose, tulip = product("Rose"), product("Tulip")
    receive(rose, "7", "10")
    receive(rose, "20", "20", day=1)
    receive(tulip, "9", "3")
    return kit("Spring", "990", (rose, "5"), (tulip, "2"))


def typed(*parts, quantity="1", **fields):
    lines = {}
    for place, (what, amount) in enumerate(parts):
        lines |= {f"lines-{place}-product": what, f"lines-{place}-quantity": amount}
    return {"quantity": quantity, "warehouse": warehouse().pk, "work_cost": "", "key": uuid.uuid4(), **lines, **fields}


def apart(batch):
    return reverse("inventory:take_apart", args=[batch.pk])


def made(bouquet, quantity="1"):
    return assemble(bouquet=bouquet, warehouse=warehouse(), quantity=Decimal(quantity))


@pytest.mark.parametrize("role", list(Role))
def test_who_stands_in_the_shop_puts_together_and_takes_apart(spring, login, staff, role):
    batch = made(spring).batches.get()
    browser, before = login(staff(role)), everything()
    for path, refused in ((f"{URL}?kit={spring.pk}", {}), (apart(batch), {"key": "x"})):
        assert browser.get(path).status_code == (200 if role in FLOOR else 403)
        assert browser.post(path, refused).status_code == (422 if role in FLOOR else 403)
    labels = reverse("inventory:assembly_labels", args=[batch.assembly_id])
    assert browser.get(labels).status_code == (200 if role in FLOOR else 403)
    assert everything() == before


def test_recipes_are_offered_with_how_many_can_be_made(spring, login, florist):
    kit("Empty", "10")
    rich = kit("Rich", "5000", (Product.objects.get(name="Rose"), "28"))
    page = login(florist).get(URL).content.decode()
    assert "can be made: 4" in page
    assert "none can be made: Rose lacks" in page
    assert f"?kit={rich.pk}" in page
    assert "no recipe yet" in page
    assert "Nothing found" in login(florist).get(f"{URL}?q=orchid").content.decode()


def test_a_shop_without_recipes_is_told_what_to_do(shop, login, florist):
    page = login(florist).get(URL).content.decode()
    assert "No bouquets in the catalogue yet" in page
    assert "?own=1" in page


def test_what_is_taken_and_what_one_costs_stands_before_the_button(spring, login, owner, florist):
    rose = Product.objects.get(name="Rose")
    answer = login(owner).post(
        f"{URL}?kit={spring.pk}",
        typed((rose.sku, "5"), ("Tulip", "2"), quantity="2", work_cost="20", do="count"),
        headers={"HX-Request": "true"},
    )
    plan = answer.context["plan"]
    assert [(part.product.name, part.quantity, part.missing) for part in plan.parts] == [
        ("Rose", 10, 0),
        ("Tulip", 4, 0),
    ]
    assert [piece.quantity for piece in plan.parts[0].taken] == [7, 3]
    # 5 × 10 + 2 × 3 + 10 and 2 × 10 + 3 × 20 + 2 × 3 + 10
    assert (plan.cheapest, plan.dearest, plan.total) == (66, 96, 162)
    page = answer.content.decode()
    assert "₽66 – ₽96" in page
    assert "Put 2 bouquets on the shelf" in page
    assert "<!doctype" not in page
    seen = login(florist).get(f"{URL}?kit={spring.pk}").content.decode()
    assert "One bouquet costs" not in seen


def test_what_the_plan_says_is_what_happens(spring):
    rose, tulip = Product.objects.get(name="Rose"), Product.objects.get(name="Tulip")
    parts = [Component(rose, Decimal("4.5")), Component(tulip, Decimal("1.5"))]
    for order in ("fefo", "fifo"):
        place = warehouse()
        place.issue_order = order
        place.save()
        plan = plan_assembly(parts, quantity=2, warehouse=place, work_cost=Decimal(7))
        done = assemble(bouquet=spring, warehouse=place, quantity=Decimal(2), parts=parts, work_cost=Decimal(7))
        costs = [row.batch.total_cost for row in made_by(done)]
        assert costs == [cost + plan.work for cost in plan.costs]


def test_what_wilts_first_leaves_first_in_the_plan_too(shop):
    place = warehouse()
    place.issue_order = "fefo"
    place.save()
    rose = product("Rose")
    receive(rose, "5", "10", expires_on=timezone.localdate() + timedelta(days=9))
    soon = receive(rose, "5", "20", day=1, expires_on=timezone.localdate() + timedelta(days=2))
    plan = plan_assembly([Component(rose, Decimal(3))], quantity=1, warehouse=place)
    assert [(piece.batch, piece.quantity) for piece in plan.parts[0].taken] == [(soon, 3)]
    assert plan.costs == [60]


def test_what_lacks_is_said_before_and_refused_after(spring, login, florist):
    tulip = Product.objects.get(name="Tulip")
    reserve(freeze_demands([DemandInput(tulip, Decimal(6))], warehouse=warehouse(), needed_on=timezone.localdate()))
    browser, before = login(florist), everything()
    data = typed(("Rose", "5"), ("Tulip", "2"), quantity="2")
    seen = browser.post(f"{URL}?kit={spring.pk}", data | {"do": "count"}).content.decode()
    assert "1\u00a0stems lack" in seen
    assert "something lacks" in seen
    answer = browser.post(f"{URL}?kit={spring.pk}", data)
    assert answer.status_code == 422
    assert "Tulip: asked 4, free 3" in answer.content.decode()
    assert everything() == before


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"quantity": "0"}, "greater than zero"),
        ({"quantity": "101"}, "100"),
        ({"quantity": "1.5"}, "whole number"),
        ({"quantity": ""}, "This field is required"),
        ({"warehouse": "0"}, "Select a valid choice"),
        ({"work_cost": "-1"}, "too small"),
        ({"lines-0-quantity": "0"}, "greater than zero"),
        ({"lines-0-product": "orchid"}, "There is no product “orchid”"),
        ({"lines-0-product": "", "lines-0-quantity": "", "lines-1-product": "", "lines-1-quantity": ""}, "This field is required"),
        ({"key": "x"}, "lost its key"),
    ],
)  # fmt: skip
def test_an_assembly_that_cannot_be_meant_is_refused(spring, login, florist, fields, said):
    before = everything()
    data = typed(("Rose", "5"), ("Tulip", "2"), quantity="2") | fields
    answer = login(florist).post(f"{URL}?kit={spring.pk}", data)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert everything() == before


def test_the_work_left_empty_is_the_recipes_and_stands_in_the_plan(spring, login, owner):
    ProductKit.objects.update(work_cost=Decimal("15.00"))
    browser, url = login(owner), f"{URL}?kit={spring.pk}"
    data = typed(("Rose", "5"), ("Tulip", "2"), quantity="2")
    assert browser.post(url, {**data, "do": "count"}, HTTP_HX_REQUEST="true").context["plan"].work == 15
    assert browser.post(url, {**data, "do": "count", "work_cost": "0"}).context["plan"].work == 0
    assert browser.post(url, data).status_code == 302
    assert Assembly.objects.get().work_cost == 30


def test_bouquets_come_to_the_shelf_once_and_are_labelled(spring, login, owner):
    browser = login(owner)
    data = typed(("Rose", "5"), ("Tulip", "2"), quantity="3", work_cost="30", comment="for Sunday")
    answers = [browser.post(f"{URL}?kit={spring.pk}", data) for _ in range(2)]
    done = Assembly.objects.get()
    assert {answer.url for answer in answers} == {reverse("inventory:document_detail", args=["assembly", done.pk])}
    assert (done.quantity, done.work_cost, done.kit, done.by, done.comment) == (3, 30, spring, owner, "for Sunday")
    assert stock_of(done.product).quantity == 3
    assert RecentAction.objects.count() == 1
    page = browser.get(answers[0].url).content.decode()
    assert page.count("on the shelf") == 3
    for batch in done.batches.all():
        assert apart(batch) in page
    labels = browser.get(reverse("inventory:assembly_labels", args=[done.pk])).content.decode()
    assert labels.count('class="sheet label"') == 3
    assert check_stock() == []


def test_a_bouquet_without_a_recipe_becomes_a_product(spring, login, florist):
    browser, before = login(florist), everything()
    parts = (("Rose", "3"),)
    nameless = browser.post(f"{URL}?own=1", typed(*parts, name="", price="700"))
    assert nameless.status_code == 422
    assert everything() == before
    browser.post(f"{URL}?own=1", typed(*parts, name="For Anna", price="700"))
    done = Assembly.objects.get()
    assert (done.product.name, done.product.sale_price, done.kit, done.cost) == ("For Anna", 700, None, 30)


def test_the_same_is_made_again(spring, login, florist):
    rose = Product.objects.get(name="Rose")
    parts = [Component(rose, Decimal(3))]
    first = assemble(bouquet=spring, warehouse=warehouse(), quantity=Decimal(1), parts=parts)
    page = login(florist).get(f"{URL}?again={first.pk}").content.decode()
    assert f'value="Rose · {rose.sku}"' in page
    assert "Tulip ·" not in page
    login(florist).post(f"{URL}?again={first.pk}", typed(("Rose", "3")))
    assert [row.product for row in Assembly.objects.all()] == [first.product] * 2


@pytest.mark.parametrize("query", ["kit=999999", "kit=x", "again=999999"])
def test_what_is_not_there_is_not_made(spring, login, florist, query):
    answer = login(florist).get(f"{URL}?{query}")
    assert answer.status_code == (200 if query == "kit=x" else 404)


def test_putting_together_is_undone_to_the_kopeck(spring, login, florist):
    rose = Product.objects.get(name="Rose")
    before = list(StockBatch.objects.filter(assembly=None).order_by("pk").values())
    browser = login(florist)
    browser.post(f"{URL}?kit={spring.pk}", typed(("Rose", "5"), ("Tulip", "2"), quantity="2"))
    action = RecentAction.objects.get()
    browser.post(reverse("undo", args=[action.pk]))
    assert list(StockBatch.objects.filter(assembly=None).order_by("pk").values()) == before
    assert (Disassembly.objects.count(), stock_of(rose).quantity) == (2, 27)
    assert check_stock() == []


def test_bouquets_of_which_one_is_sold_are_not_undone(spring, login, florist):
    browser = login(florist)
    browser.post(f"{URL}?kit={spring.pk}", typed(("Rose", "5"), ("Tulip", "2"), quantity="2"))
    item = Assembly.objects.get().product
    SaleProcessor.create_sale(product=item, warehouse=warehouse(), quantity=Decimal(1), sale_price=Decimal(990))
    before = everything()
    said = browser.post(reverse("undo", args=[RecentAction.objects.get().pk]), follow=True).content.decode()
    assert "are on the shelf any more" in said
    assert everything() == before


def test_a_bouquet_is_taken_apart_and_what_is_spoiled_written_off(spring, login, owner):
    rose, tulip = Product.objects.get(name="Rose"), Product.objects.get(name="Tulip")
    done = made(spring, "2")
    batch = done.batches.latest("pk")
    browser = login(owner)
    page = browser.get(apart(batch)).content.decode()
    assert f'name="stem-{rose.pk}-quantity"' in page
    stock_page = browser.get(reverse("inventory:stock_detail", args=[stock_of(done.product).pk])).content.decode()
    assert apart(batch) in stock_page
    assert reverse("inventory:return_to_supplier", args=[batch.pk]) not in stock_page
    data = {f"stem-{rose.pk}-quantity": "3", f"stem-{tulip.pk}-quantity": "", "reason": "broken", "key": uuid.uuid4()}
    answers = [browser.post(apart(batch), data) for _ in range(2)]
    document = Disassembly.objects.get()
    assert {answer.url for answer in answers} == {
        reverse("inventory:document_detail", args=["disassembly", document.pk])
    }
    assert {row.reason for row in WriteOff.objects.all()} == {"broken"}
    assert (stock_of(rose).quantity, stock_of(tulip).quantity) == (27 - 5 - 3, 7)
    seen = browser.get(answers[0].url).content.decode()
    assert reverse("inventory:document_detail", args=["assembly", done.pk]) in seen
    assert "Rose — 2" in seen
    assert (
        "taken apart" in browser.get(reverse("inventory:document_detail", args=["assembly", done.pk])).content.decode()
    )
    assert check_stock() == []


@pytest.mark.parametrize(
    ("amount", "said"),
    [("6", "In the bouquet is 5 of Rose"), ("-1", "too small"), ("x", "not a number")],
)  # fmt: skip
def test_more_than_is_in_it_cannot_be_spoiled(spring, login, florist, amount, said):
    rose, batch = Product.objects.get(name="Rose"), made(spring).batches.get()
    before = everything()
    answer = login(florist).post(apart(batch), {f"stem-{rose.pk}-quantity": amount, "key": uuid.uuid4()})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert everything() == before


def test_stems_are_no_bouquet_and_a_bouquet_is_one_wherever_it_went(spring, login, owner):
    rose = Product.objects.get(name="Rose")
    stems = StockBatch.objects.filter(stock__product=rose).earliest("pk")
    refused = login(owner).get(apart(stems))
    assert refused.status_code == 409
    assert "was not assembled here" in refused.content.decode()
    done = made(spring, "2")
    reduced = mark_down(
        product=done.product, warehouse=warehouse(), quantity=Decimal(1), price=Decimal(500)
    ).target  # fmt: skip
    cheaper = StockBatch.objects.get(stock__product=reduced)
    page = login(owner).get(reverse("inventory:stock_detail", args=[stock_of(reduced).pk])).content.decode()
    assert apart(cheaper) in page
    assert login(owner).get(apart(cheaper)).status_code == 200
    transfer_stock(source=warehouse(), target=cellar(), lines=[TransferLineInput(done.product, Decimal(1))])
    away = StockBatch.objects.get(stock__warehouse=cellar())
    assert "Carry it there first" in login(owner).get(apart(away)).content.decode()


def test_a_bouquet_that_is_gone_is_not_taken_apart(spring, login, florist):
    done = made(spring)
    batch = done.batches.get()
    SaleProcessor.create_sale(product=done.product, warehouse=warehouse(), quantity=Decimal(1), sale_price=Decimal(9))
    browser, before = login(florist), everything()
    assert "This bouquet is gone" in browser.get(apart(batch)).content.decode()
    refused = browser.post(apart(batch), {"key": uuid.uuid4()})
    assert refused.status_code == 422
    assert "This bouquet is gone" in refused.content.decode()
    assert everything() == before


def mend(batch):
    return reverse("inventory:repair", args=[batch.pk])


def repaired(batch, *parts, spoiled="", **fields):
    rose = Product.objects.get(name="Rose")
    sent = typed(*parts, reason="broken", comment="", **{f"stem-{rose.pk}-quantity": spoiled}, **fields)
    del sent["quantity"], sent["warehouse"]
    return sent


@pytest.mark.parametrize("role", list(Role))
def test_who_stands_in_the_shop_repairs(spring, login, staff, role):
    batch = made(spring).batches.get()
    browser, before = login(staff(role)), everything()
    expected = 200 if role in FLOOR else 403
    assert browser.get(mend(batch)).status_code == expected
    assert browser.post(mend(batch), {"key": "x"}).status_code == (422 if role in FLOOR else 403)
    assert everything() == before


def test_a_flower_is_replaced_on_the_page(spring, login, florist):
    batch = made(spring).batches.get()
    page = login(florist).get(mend(batch))
    assert [row["quantity"].value() for row in page.context["lines"].forms] == ["5", "2"]
    assert page.context["plan"].extra.parts == [] == page.context["plan"].back

    answer = login(florist).post(mend(batch), repaired(batch, ("Rose", "5"), ("Tulip", "1"), spoiled="2"), follow=True)

    done = Assembly.objects.latest("pk")
    assert answer.redirect_chain[-1][0] == reverse("inventory:document_detail", args=["assembly", done.pk])
    text = answer.content.decode()
    assert "Spring is repaired." in text
    assert f"taken apart by no. {done.repaired.number}" in text
    assert (
        stock_of(Product.objects.get(name="Rose")).quantity,
        stock_of(Product.objects.get(name="Tulip")).quantity,
    ) == (20, 8)
    other = login(florist).get(reverse("inventory:document_detail", args=["disassembly", done.repaired_id]))
    assert f"as assembly {done.number}" in other.content.decode()
    assert check_stock() == []


def test_the_plan_of_a_repair_follows_what_is_typed(spring, login, florist):
    batch = made(spring).batches.get()
    browser, before = login(florist), everything()
    sent = repaired(batch, ("Rose", "30"), ("Tulip", "1"), spoiled="2", do="count")
    page = browser.post(mend(batch), sent, headers={"hx-request": "true"})
    assert page.status_code == 200
    [rose] = page.context["plan"].extra.parts
    assert (rose.quantity, rose.missing) == (27, 5)
    assert [(str(item), amount) for item, amount in page.context["plan"].back] == [("Tulip", 1)]
    assert "5 pcs lack" in page.content.decode().replace("\xa0", " ") or rose.missing == 5
    refused = browser.post(mend(batch), repaired(batch, ("Rose", "30"), spoiled="2"))
    assert refused.status_code == 422
    assert "Rose" in refused.context["form"].non_field_errors()[0]
    assert everything() == before


def test_a_bouquet_that_is_gone_says_so_instead_of_a_form(spring, login, florist):
    batch = made(spring).batches.get()
    rose = StockBatch.objects.filter(stock__product__name="Rose").first()
    browser = login(florist)
    browser.post(apart(batch), {"key": uuid.uuid4(), "reason": "", "comment": ""})
    assert "This bouquet is gone" in browser.get(mend(batch)).content.decode()
    assert browser.get(mend(rose)).status_code == 409


@pytest.mark.parametrize("careless", ["-3", "1,234", "two", "9" * 20])
def test_careless_figures_of_spoiled_stems_are_refused_beside_their_field(spring, login, florist, careless):
    batch = made(spring).batches.get()
    before = everything()
    answer = login(florist).post(mend(batch), repaired(batch, ("Rose", "5"), ("Tulip", "2"), spoiled=careless))
    assert answer.status_code == 422
    [wrong] = [entry for _stem, entry in answer.context["stems"] if entry.errors]
    assert str(wrong.errors["quantity"][0]) in unescape(answer.content.decode())
    assert everything() == before
