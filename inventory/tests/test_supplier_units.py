"""How each supplier packs: what the receipt offers, what is refused, what the pull list and the pages say."""

from decimal import Decimal

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.errors import BadInput
from core.models import RecentAction
from core.soft_delete import restore
from inventory.models import Receipt, Supplier, SupplierUnit
from inventory.selectors.packing import offered, units_of
from inventory.selectors.pulling import pull
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.services.suppliers import pack_no_more, pack_so
from inventory.tests.factories import product, refused, warehouse
from inventory.tests.test_counting import bunch, typed
from inventory.tests.test_pages import PART
from products.services.catalogue import Packed, save_product

pytestmark = pytest.mark.django_db


class Bought:
    """A rose in bunches of 25 from anybody, of 20 from Ecuador alone, of 10 from Holland alone."""

    def __init__(self):
        self.rose = product("Red rose")
        self.anybodys, self.ecuadors, self.hollands = (bunch(self.rose, stems) for stems in ("25", "20", "10"))
        self.ecuador, self.holland, self.farm = (
            Supplier.objects.create(name=name) for name in ("Ecuador", "Holland", "The farm")
        )
        pack_so(self.ecuador, self.ecuadors)
        pack_so(self.holland, self.hollands)

    def receive(self, unit, supplier, packs="2"):
        line = ReceiptLineInput(self.rose, Decimal(packs), Decimal(1000), unit=unit)
        return post_receipt(warehouse=warehouse(), supplier=supplier, lines=[line])


@pytest.fixture
def bought(shop):
    return Bought()


def test_each_supplier_is_offered_its_own_first_then_anybodys(bought):
    with CaptureQueriesContext(connection) as asked:
        units = units_of([bought.rose.pk])[bought.rose.pk]
    assert len(asked) == 1
    offers = {
        supplier and supplier.name: [unit.factor for unit in offered(units, supplier and supplier.pk)]
        for supplier in (bought.ecuador, bought.holland, bought.farm, None)
    }
    assert offers == {"Ecuador": [20, 25], "Holland": [10, 25], "The farm": [25], None: [25]}
    pack_so(bought.farm, bought.hollands)
    pack_so(bought.farm, bought.hollands)
    both = units_of([bought.rose.pk])[bought.rose.pk]
    assert [[unit.factor for unit in offered(both, key.pk)] for key in (bought.holland, bought.farm)] == [[10, 25]] * 2
    for supplier in (bought.holland, bought.farm):
        assert pack_no_more(supplier, bought.hollands)
        assert not pack_no_more(supplier, bought.hollands)
    free = units_of([bought.rose.pk])[bought.rose.pk]
    assert [unit.factor for unit in offered(free, None)] == [25, 10]


def test_a_receipt_in_the_unit_of_another_supplier_is_refused(bought):
    for supplier in (bought.holland, bought.farm, None):
        refused(
            BadInput,
            "Red rose in bunch × 20 comes only from Ecuador. Choose this supplier, or count the goods in another unit.",
            lambda supplier=supplier: bought.receive(bought.ecuadors, supplier),
            ru="Red rose в упаковке «пучок × 20» привозит только Ecuador. Выберите этого поставщика или посчитайте товар в"
            " других единицах.",
        )
    assert bought.receive(bought.ecuadors, bought.ecuador).total_cost == 2000
    assert bought.receive(bought.anybodys, bought.farm).total_cost == 2000


def test_a_deleted_supplier_keeps_its_packing_and_returns_with_it(bought, owner):
    bought.ecuador.delete(by=owner)
    units = units_of([bought.rose.pk])[bought.rose.pk]
    assert [unit.factor for unit in offered(units, bought.farm.pk)] == [25]
    refused(BadInput, "comes only from Ecuador", lambda: bought.receive(bought.ecuadors, bought.farm))
    refused(BadInput, "The supplier Ecuador is deleted", lambda: pack_so(bought.ecuador, bought.anybodys))
    deleted = Supplier.all_objects.get(pk=bought.ecuador.pk)
    restore(deleted)
    assert bought.receive(bought.ecuadors, deleted).total_cost == 2000


def test_a_unit_that_is_removed_from_the_card_is_packed_by_nobody(bought):
    save_product(bought.rose, bought_in=[Packed("bunch", Decimal(25))])
    assert not SupplierUnit.objects.exists()
    refused(
        BadInput,
        "Red rose is no longer bought in bunch × 20",
        lambda: pack_so(bought.farm, bought.ecuadors),
    )


def test_the_pull_list_reckons_in_the_packs_of_the_supplier_it_names(bought):
    def to_buy():
        [row] = pull({bought.rose.pk: Decimal(95)}, warehouse=warehouse())
        return row.supplier, row.to_buy.unit.factor, row.to_buy.packs.count

    assert to_buy()[:2] == ("", 25)
    bought.receive(bought.hollands, bought.holland, packs="1")
    assert to_buy() == ("Holland", 10, 9)


def units_in(page):
    """What the first line's list of units offers."""
    listed = page.split('name="lines-0-unit"')[1].split("</select>")[0]
    return [entry.split("<")[0].strip() for entry in listed.split(">")[1:] if entry.split("<")[0].strip()]


def test_the_receipt_offers_what_the_chosen_supplier_packs(bought, login, owner):
    browser, url = login(owner), reverse("inventory:receive")

    def page(supplier, unit, **fields):
        form = typed(bought.rose, "10", "1550", unit, supplier=supplier.pk if supplier else "", **fields)
        return browser.post(url, {**form, "do": "count"}, **PART).content.decode()

    assert units_in(page(bought.ecuador, None)) == ["stems", "bunch × 20", "bunch × 25"]
    assert units_in(page(None, None)) == ["stems", "bunch × 25"]
    # The supplier is changed after the unit was chosen: ten bunches don't become ten stems.
    changed = page(bought.holland, bought.ecuadors)
    assert units_in(changed) == ["stems", "bunch × 10", "bunch × 25", "bunch × 20: another supplier&#x27;s"]
    assert f'value="{bought.ecuadors.pk}" selected' in changed
    assert "10\xa0bunches × 20 = <b>200\xa0stems</b>" in changed
    answer = browser.post(url, typed(bought.rose, "10", "1550", bought.ecuadors, supplier=bought.holland.pk))
    assert answer.status_code == 422
    assert "Red rose in bunch × 20 comes only from Ecuador" in answer.content.decode()
    assert f'value="{bought.ecuadors.pk}" selected' in answer.content.decode()
    assert not Receipt.objects.exists()
    with CaptureQueriesContext(connection) as asked:
        page(bought.ecuador, bought.ecuadors)
    assert len([entry for entry in asked if entry["sql"].startswith("SELECT")]) <= 8


def test_the_unit_last_counted_with_the_supplier_stays_the_one_proposed(bought, login, owner):
    bought.receive(bought.ecuadors, bought.ecuador)
    bought.receive(bought.anybodys, bought.holland)
    browser, url = login(owner), reverse("inventory:receive")
    proposed = {}
    for supplier in (bought.ecuador, bought.holland):
        page = browser.get(f"{url}?supplier={supplier.pk}&product={bought.rose.pk}").content.decode()
        listed = page.split('name="lines-0-unit"')[1].split("</select>")[0]
        proposed[supplier.name] = listed.split(" selected")[0].rpartition('value="')[2].strip('"')
    assert proposed == {"Ecuador": str(bought.ecuadors.pk), "Holland": str(bought.anybodys.pk)}


def test_how_a_supplier_packs_is_noted_and_taken_away_on_its_page(bought, login, owner, florist, seller):
    farm = reverse("inventory:supplier_detail", args=[bought.farm.pk])
    pack = reverse("inventory:supplier_pack", args=[bought.farm.pk])
    browser = login(owner)
    assert "Red rose" in browser.get(reverse("inventory:supplier_detail", args=[bought.ecuador.pk])).content.decode()
    assert "2 packings" not in browser.get(reverse("inventory:supplier_list")).content.decode()
    assert "Nothing yet" in browser.get(farm).content.decode()
    found = browser.post(pack, {"lines-0-product": bought.rose.sku, "do": "look"}, **PART).content.decode()
    assert units_in(found) == ["bunch × 25", "bunch × 20", "bunch × 10"]
    missing = browser.post(pack, {"lines-0-product": bought.rose.sku, "lines-0-unit": ""})
    assert (missing.status_code, SupplierUnit.objects.filter(supplier=bought.farm).exists()) == (422, False)
    assert "Choose in what this supplier packs it" in missing.content.decode()
    answer = browser.post(pack, {"lines-0-product": bought.rose.sku, "lines-0-unit": bought.anybodys.pk})
    assert answer.url == farm
    assert "bunch × 25" in browser.get(farm).content.decode()
    card = browser.get(reverse("products:product_detail", args=[bought.rose.pk])).content.decode()
    for unit, name in (("25", "The farm"), ("20", "Ecuador"), ("10", "Holland")):
        assert f'Bunch × {unit} stems <span class="muted">({name})</span>' in card
    unpack = reverse("inventory:supplier_unpack", args=[bought.farm.pk, bought.anybodys.pk])
    assert login(seller).post(unpack).status_code == 403
    assert browser.post(unpack).url == farm
    assert not SupplierUnit.objects.filter(supplier=bought.farm).exists()
    [action] = RecentAction.objects.all()
    browser.post(reverse("undo", args=[action.pk]))
    assert SupplierUnit.objects.filter(supplier=bought.farm, unit=bought.anybodys).exists()
    assert browser.post(unpack).url == browser.post(unpack).url == farm
    assert RecentAction.objects.count() == 2
    assert login(florist).get(pack).status_code == 200
    assert login(seller).get(pack).status_code == 403


def test_goods_bought_singly_are_told_so(bought, login, owner, florist):
    product("Moss")
    pack = reverse("inventory:supplier_pack", args=[bought.farm.pk])
    form = {"lines-0-product": "Moss", "do": "look"}
    page = login(owner).post(pack, form).content.decode()
    assert "Moss is bought singly so far" in page
    assert "Change the card" in page
    assert "Change the card" not in login(florist).post(pack, form).content.decode()


def test_undoing_needs_the_supplier_and_the_unit(bought, login, owner):
    browser = login(owner)
    browser.post(reverse("inventory:supplier_unpack", args=[bought.ecuador.pk, bought.ecuadors.pk]))
    bought.ecuador.delete()
    [action] = RecentAction.objects.all()
    answer = browser.post(reverse("undo", args=[action.pk]))
    told = " ".join(str(message) for message in get_messages(answer.wsgi_request)) + answer.content.decode()
    assert "was deleted since" in told
    assert not SupplierUnit.objects.filter(unit=bought.ecuadors).exists()


def test_the_pages_of_suppliers_keep_to_their_statements(bought, login, owner):
    browser = login(owner)
    for name, args, most in (
        ("supplier_list", [], 12),
        ("supplier_detail", [bought.ecuador.pk], 12),
        ("supplier_pack", [bought.ecuador.pk], 12),
    ):
        url = reverse(f"inventory:{name}", args=args)
        browser.get(url)
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(url).status_code == 200
        assert len(asked) <= most, name
