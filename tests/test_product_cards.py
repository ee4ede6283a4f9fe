"""The product card: what it holds, its barcodes, its labels, the archive, services, and what the list is narrowed to."""

import re
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from inventory.models import Stock
from inventory.services.receiving import receive_stock
from inventory.tests.factories import warehouse
from orders.domain.lifecycle import Category
from orders.services.lifecycle import cancel_order, status_of
from orders.services.placing import LineInput, OrderInput, place_order
from products.domain import barcodes
from products.models import (
    Barcode,
    Kind,
    KitItem,
    Product,
    ProductCategory,
    ProductKit,
    ProductVariant,
    ProductVariantGroup,
)
from products.selectors import product_by_code, resolve_product, search_products, tags_on
from products.services.catalogue import (
    CannotArchive,
    archive_product,
    delete_row,
    restore_row,
    save_product,
    take_out_of_archive,
)
from products.services.tags import set_tags

PART = {"HTTP_HX_REQUEST": "true"}
MAKERS = "4006381333931"  # a pen's; its check digit is right


def product(name="Red rose", *, tags=(), **fields):
    made = Product.objects.create(name=name, sale_price=Decimal(100), **fields)
    set_tags({made.pk: tags})
    return made


def state():
    return [list(model.all_objects.order_by("pk").values()) for model in (Product, Barcode)]


def test_check_digits_are_those_of_printed_codes():
    for code in (MAKERS, "96385074", "036000291452", "5901234123457"):
        assert barcodes.check_digit(code[:-1]) == code[-1]


@given(st.integers(1, 10**10 - 1))
def test_an_own_code_leads_back_to_its_key_and_one_wrong_digit_does_not(key):
    code = barcodes.own_code(key)
    assert re.fullmatch(r"29\d{11}", code)
    assert barcodes.key_of_own_code(code) == key
    wrong = code[:-2] + str((int(code[-2]) + 1) % 10) + code[-1]
    assert barcodes.key_of_own_code(wrong) is None


def test_a_key_that_is_too_long_has_no_code():
    with pytest.raises(ValueError, match="does not fit"):
        barcodes.own_code(10**10)


def test_the_bars_are_those_of_a_known_code():
    """The modules of 5901234123457 as the standard's own example draws them."""
    modules = [0] * barcodes.MODULES
    for start, width in barcodes.bars("5901234123457"):
        modules[start : start + width] = [1] * width
    drawn = "".join(map(str, modules))
    assert drawn == ("10100010110100111011001100100110111101001110101010110011011011001000010101110010011101000100101")


@pytest.mark.parametrize(
    ("typed", "kept"), [("4006381 333931", MAKERS), ("036000291452", "0036000291452"), ("123456", "123456")]
)
def test_a_barcode_is_kept_as_scanners_read_it(shop, typed, kept):
    assert save_product(Product(name="A", sale_price=Decimal(0)), codes=[typed, kept]).barcodes.get().code == kept


@pytest.mark.parametrize(
    ("code", "said_en", "said_ru"),
    [
        ("4006381333932", "does not fit the others", "не сходится"),
        ("12345", "is not a barcode", "не похоже на штрихкод"),
        ("abcdefgh", "is not a barcode", "не похоже на штрихкод"),
        (barcodes.own_code(7), "the shop's own", "собственный код магазина"),
        (MAKERS, "Another product has one of these barcodes", "уже есть у другого товара"),
    ],
)
def test_a_barcode_that_cannot_be_meant_is_refused(shop, code, said_en, said_ru):
    save_product(Product(name="First", sale_price=Decimal(0)), codes=[MAKERS])
    second = save_product(Product(name="Second", sale_price=Decimal(0)))
    before = state()
    for language, said in (("en", said_en), ("ru", said_ru)):
        with translation.override(language):
            with pytest.raises(BadInput) as refusal, transaction.atomic():
                save_product(second, codes=[code])
            assert said in str(refusal.value)
            assert refusal.value.field == "barcodes"
    assert state() == before


def test_the_database_keeps_codes_apart_too(shop):
    one, two = product("A"), product("B")
    Barcode.objects.create(product=one, code=MAKERS)
    with pytest.raises(IntegrityError), transaction.atomic():
        Barcode.objects.create(product=two, code=MAKERS)
    with pytest.raises(IntegrityError), transaction.atomic():
        Barcode.objects.create(product=two, code="letters")


def test_a_deleted_product_gives_its_barcode_free_and_gets_it_back(shop, owner):
    first = save_product(Product(name="First", sale_price=Decimal(0)), codes=[MAKERS])
    delete_row(first, by=owner, now=timezone.now())
    assert product_by_code(MAKERS) is None
    restore_row(first, by=owner)
    assert product_by_code(MAKERS) == first


def test_a_code_is_read_wherever_a_product_is_named(shop, login, owner):
    rose = save_product(Product(name="Rose", sale_price=Decimal(5)), codes=[MAKERS])
    product("Tulip")
    address = f"http://rose.localhost/catalogue/code/{rose.own_code}/"
    for text in (MAKERS, rose.own_code, f" {MAKERS} "):
        assert resolve_product(text).product == rose
        assert list(search_products(text)) == [rose]
        page = login(owner).get(reverse("products:product_list"), {"q": text}, **PART).content.decode()
        assert "Rose" in page
        assert "Tulip" not in page
        assert f"/catalogue/{rose.pk}/" in login(owner).get(reverse("search"), {"q": text}).content.decode()
    from core.links import shop_url

    assert product_by_code(shop_url(f"/catalogue/code/{rose.own_code}/")) == rose
    assert product_by_code(address.replace("rose.", "tulip.")) is None, "the label of another shop"
    browser = login(owner)
    assert browser.get(reverse("products:by_code", args=[MAKERS])).url == reverse(
        "products:product_detail", args=[rose.pk]
    )
    assert browser.get(reverse("products:by_code", args=["000000"])).status_code == 404


def test_a_scanned_product_is_counted_and_ordered(shop, login, owner):
    from inventory.forms import LabelledField
    from orders.goods import exact_goods, search_goods

    rose = save_product(Product(name="Rose", sale_price=Decimal(5)), codes=[MAKERS])
    assert LabelledField().clean(MAKERS) == rose
    assert LabelledField().clean(rose.own_code) == rose
    with pytest.raises(ValidationError, match="No goods have this label"):
        LabelledField().clean("5901234123457")
    assert exact_goods(rose.own_code, warehouse=warehouse()).product == rose
    assert [goods.product for goods in search_goods(MAKERS, warehouse=warehouse())] == [rose]


CARD = {
    "name": "Rose Red Naomi 60 cm", "unit": "stem", "sale_price": "250", "kind": "flower", "variety": "Red Naomi",
    "colour": "red", "stem_length": "60", "role": "focal", "vase_life_days": "12", "shelf_life_days": "5",
    "minimum_stock": "50", "tax_rate": "22", "tags": "wedding, 8 March, Wedding", "notes": "Cold water only",
    "barcodes": MAKERS, "is_active": "on",
}  # fmt: skip


def test_the_card_keeps_and_shows_everything(shop, login, manager):
    browser = login(manager)
    answer = browser.post(reverse("products:product_create"), CARD)
    made = Product.objects.get()
    assert answer.url == reverse("products:product_detail", args=[made.pk])
    assert (made.variety, made.colour, made.stem_length, made.role) == ("Red Naomi", "red", 60, "focal")
    assert (made.vase_life_days, made.shelf_life_days, made.minimum_stock, made.tax_rate) == (12, 5, 50, 22)
    assert tags_on()[made.pk] == ["8 March", "wedding"], "by the alphabet"
    page = browser.get(answer.url).content.decode()
    for said in ("Red Naomi", "60 cm", "Focal flower", "Cold water only", MAKERS, made.own_code, "22 %", "wedding"):
        assert said in page, said
    form = browser.get(reverse("products:product_edit", args=[made.pk])).content.decode()
    assert f'value="{MAKERS}"' in form
    assert 'value="8 March, wedding"' in form


def test_a_new_product_shows_five_fields_and_the_rest_folded(shop, login, manager):
    page = login(manager).get(reverse("products:product_create")).content.decode()
    form = page[page.index('<form class="card"') : page.index("</form>", page.index('<form class="card"'))]
    before, folded = form.split("<details", 1)
    assert re.findall(r'name="(\w+)"', before.replace("csrfmiddlewaretoken", "")) == [
        "name", "sale_price", "unit", "kind", "category",
    ]  # fmt: skip
    assert "open" not in folded.split(">", 1)[0]
    refused = login(manager).post(reverse("products:product_create"), {**CARD, "stem_length": "0"}).content.decode()
    assert re.search(r'<details[^>]* id="more_fields" open>', refused), "an error is not hidden"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"stem_length": "401"}, "too large"),
        ({"stem_length": "5,5"}, "whole number"),
        ({"tax_rate": "101"}, "too large"),
        ({"minimum_stock": "-1"}, "greater than zero"),
        ({"kind": "dragon"}, "not one of the available choices"),
        ({"colour": "ultraviolet"}, "not one of the available choices"),
        ({"tags": "x" * 41}, "too long"),
        ({"tags": ",".join(map(str, range(21)))}, "at most 20 tags"),
        ({"notes": "a\x00b"}, "can&#x27;t be printed"),
        ({"barcodes": "4006381333932"}, "does not fit the others"),
    ],
)
def test_a_card_that_cannot_be_meant_is_refused(shop, login, manager, fields, said):
    before = state()
    answer = login(manager).post(reverse("products:product_create"), {**CARD, **fields})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert state() == before


def test_a_copy_begins_with_the_card_but_not_with_what_is_its_own(shop, login, manager):
    browser = login(manager)
    browser.post(
        reverse("products:product_create"),
        {**CARD, "packings-TOTAL_FORMS": "1", "packings-INITIAL_FORMS": "0", "packings-0-packing": "bunch", "packings-0-factor": "25"},
    )  # fmt: skip
    first = Product.objects.get()
    card = browser.get(reverse("products:product_detail", args=[first.pk])).content.decode()
    copy = re.search(r'id="duplicate" href="([^"]+)"', card)[1]
    page = browser.get(copy).content.decode()
    assert 'value="Rose Red Naomi 60 cm"' in page
    assert MAKERS not in page
    assert first.sku not in page
    assert 'name="packings-0-factor" value="25"' in page.replace('type="text" ', "")
    assert browser.post(copy, {**CARD, "barcodes": "", "name": "Rose 70"}).status_code == 302
    second = Product.objects.exclude(pk=first.pk).get()
    assert (second.name, second.variety, second.stem_length) == ("Rose 70", "Red Naomi", 60)
    assert second.sku != first.sku
    first.refresh_from_db()
    assert first.name == "Rose Red Naomi 60 cm"


# --- archive ---------------------------------------------------------------------------------------------------------


def test_what_is_in_the_archive_is_offered_nowhere_and_comes_back(shop, login, manager):
    from orders.goods import exact_goods, search_goods

    rose, browser = product(), login(manager)
    assert browser.post(reverse("products:product_archive", args=[rose.pk])).status_code == 302
    rose.refresh_from_db()
    assert rose.archived_at is not None
    assert not search_products("rose").exists()
    assert resolve_product(rose.sku).product is None
    assert resolve_product(rose.own_code).product is None
    assert search_goods("rose", warehouse=None) == []
    assert exact_goods(rose.sku, warehouse=None) is None
    url = reverse("products:product_list")
    assert "Red rose" not in browser.get(url, **PART).content.decode()
    assert "Red rose" in browser.get(url, {"state": "archive"}, **PART).content.decode()
    assert "Take out of the archive" in browser.get(reverse("products:product_detail", args=[rose.pk])).content.decode()
    browser.post(reverse("products:product_unarchive", args=[rose.pk]))
    assert search_products("rose").get() == rose


def test_archiving_is_undone_once(shop, login, manager):
    from core.models import RecentAction

    rose, browser = product(), login(manager)
    browser.post(reverse("products:product_archive", args=[rose.pk]))
    action = RecentAction.objects.get()
    browser.post(reverse("undo", args=[action.pk]))
    rose.refresh_from_db()
    assert rose.archived_at is None
    archive_product(rose, now=timezone.now())
    answer = browser.post(reverse("undo", args=[action.pk]))
    rose.refresh_from_db()
    assert rose.archived_at is not None, answer


def on_hand(rose):
    receive_stock(product=rose, warehouse=warehouse(), quantity=Decimal(5), unit_cost=Decimal(1))


def on_a_draft(rose):
    place_order(OrderInput(due_on=timezone.localdate(), lines=[LineInput(Decimal(1), product=rose)]))


def in_a_bouquet(rose):
    KitItem.objects.create(kit=ProductKit.objects.create(name="Morning"), product=rose, quantity=1)


def interchangeable(rose):
    group = ProductVariantGroup.objects.create(name="Any red rose")
    ProductVariant.objects.create(group=group, product=rose)


@pytest.mark.parametrize(
    ("busy", "said_en", "said_ru"),
    [
        (interchangeable, "among the interchangeable “Any red rose”", "«Any red rose»"),
        (on_hand, "5 on hand", "на складе 5"),
        (on_a_draft, "1 open order has it", "он есть в 1 открытом заказе"),
        (in_a_bouquet, "the bouquet “Morning” is made of it", "он входит в букет «Morning»"),
    ],
)
def test_what_the_shop_works_with_stays_out_of_the_archive(shop, busy, said_en, said_ru):
    rose = product()
    busy(rose)
    before = state()
    for language, said in (("en", said_en), ("ru", said_ru)):
        with translation.override(language):
            with pytest.raises(CannotArchive) as refusal:
                archive_product(rose, now=timezone.now())
            assert said in str(refusal.value)
    assert state() == before


def test_an_ended_order_does_not_keep_a_product_from_the_archive(shop):
    rose = product()
    order = place_order(
        OrderInput(
            due_on=timezone.localdate(),
            lines=[LineInput(Decimal(1), product=rose)],
            status=status_of(Category.CONFIRMED),
        )
    )
    cancel_order(order)
    archive_product(rose, now=timezone.now())
    assert rose.archived_at is not None
    with pytest.raises(BadInput, match="is in the archive"):
        on_a_draft(rose)
    take_out_of_archive(rose)
    on_a_draft(rose)


# --- services --------------------------------------------------------------------------------------------------------


def test_a_service_comes_into_no_stock(shop):
    fee = product("Delivery", kind=Kind.SERVICE)
    for language, said in (("en", "isn't kept in stock"), ("ru", "на складе она не хранится")):
        with translation.override(language):
            with pytest.raises(BadInput) as refusal:
                on_hand(fee)
            assert said in str(refusal.value)
    assert not Stock.objects.exists()


def test_goods_and_services_stay_what_they_are(shop, login, manager):
    rose, fee = product(), product("Delivery", kind=Kind.SERVICE)
    before = state()
    for thing, kind in ((rose, "service"), (fee, "flower")):
        answer = login(manager).post(
            reverse("products:product_edit", args=[thing.pk]), {**CARD, "barcodes": "", "kind": kind}
        )
        assert answer.status_code == 422
        assert "can&#x27;t become a service" in answer.content.decode()
    assert state() == before


# --- list and labels -------------------------------------------------------------------------------------------------


@pytest.fixture
def shelves(shop):
    """Rose, tulip, ribbon and a fee, with what tells them apart."""
    roses = ProductCategory.objects.create(name="Roses")
    rose = product("Rose", category=roses, colour="red", tags=["wedding", "new"], minimum_stock=Decimal(10))
    tulip = product("Tulip", colour="yellow", tags=["8 March"], minimum_stock=Decimal(3))
    product("Ribbon", kind=Kind.PACKAGING, is_active=False)
    product("Fee", kind=Kind.SERVICE)
    for thing in (rose, tulip):
        on_hand(thing)
    return {"category": str(roses.pk)}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, {"Rose", "Tulip", "Ribbon", "Fee"}),
        ({"kind": "flower"}, {"Rose", "Tulip"}),
        ({"kind": "dragon"}, {"Rose", "Tulip", "Ribbon", "Fee"}),
        ({"colour": "yellow"}, {"Tulip"}),
        ({"tag": "wedding"}, {"Rose"}),
        ({"tag": "wed"}, set()),
        ({"tag": "WEDDING"}, {"Rose"}),
        ({"tag": "8 march", "stock": "low"}, set()),
        ({"stock": "free"}, {"Rose", "Tulip"}),
        ({"stock": "none"}, {"Ribbon"}),
        ({"stock": "low"}, {"Rose"}),
        ({"state": "off"}, {"Ribbon"}),
        ({"kind": "flower", "stock": "low", "colour": "yellow"}, set()),
        ({"category": "of the fixture"}, {"Rose"}),
    ],
)
def test_the_list_is_narrowed_and_says_to_what(shelves, login, florist, query, names):
    query = {name: shelves.get(name, value) for name, value in query.items()}
    browser = login(florist)
    page = browser.get(reverse("products:product_list"), query).content.decode()
    assert set(re.findall(r'data-row href="[^"]+">(\w+)</a>', page)) == names
    part = browser.get(reverse("products:product_list"), query, **PART).content.decode()
    for name in query.keys() - {"state"}:
        assert (f'id="without_{name}"' in part) == (query[name] != "dragon")


def test_the_stock_list_warns_below_the_minimum(shelves, login, florist):
    page = login(florist).get(reverse("inventory:stock_list"), {"view": "low"}).content.decode()
    assert "minimum 10" in page
    assert "Tulip" not in page


def test_labels_are_printed_in_copies_from_card_and_list(shelves, login, florist):
    browser, rose = login(florist), Product.objects.get(name="Rose")
    page = browser.get(reverse("products:product_labels", args=[rose.pk]), {"copies": "3"}).content.decode()
    assert page.count('class="sheet label price-label"') == 3
    assert page.count(rose.own_code) == 3
    listed = browser.get(reverse("products:list_labels"), {"kind": "flower"}).content.decode()
    assert listed.count('class="sheet label price-label"') == 2
    for copies in ("0", "x", "", "-1"):
        page = browser.get(reverse("products:product_labels", args=[rose.pk]), {"copies": copies}).content.decode()
        assert page.count('class="sheet label price-label"') == 1


def test_too_many_labels_are_refused(shelves, login, florist):
    product("More")
    for query, said in (({"copies": "100"}, "500"), ({"q": "nothing like this"}, "nothing to label")):
        many = {f"Flower {number}": number for number in range(2)}
        for name in many:
            product(name)
        answer = login(florist).get(reverse("products:list_labels"), query)
        assert answer.status_code == 422
        assert said in answer.content.decode()
