"""How a product is bought: the lines of its form, what they keep and refuse."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation

from core.errors import BadInput
from products.models import Product, PurchaseUnit
from products.models.purchase_unit import counted_in_words
from products.services.catalogue import Packed, save_product
from products.tests.test_pages import product


def units():
    return list(PurchaseUnit.objects.order_by("position").values_list("packing", "own_name", "factor"))


def form(*packings, **fields):
    data = {"name": "Red rose", "unit": "stem", "sale_price": "100", "is_active": "on"}
    data |= {"packings-TOTAL_FORMS": len(packings), "packings-INITIAL_FORMS": 0}
    for place, (packing, factor, own_name) in enumerate(packings):
        data |= {
            f"packings-{place}-packing": packing, f"packings-{place}-factor": factor,
            f"packings-{place}-own_name": own_name,
        }  # fmt: skip
    return {**data, **fields}


def test_a_product_is_made_with_its_purchase_units_and_keeps_those_that_stay(shop, login, owner):
    browser = login(owner)
    lines = [("bunch", "25", ""), ("box", "400", ""), ("other", "12,5", "Crate"), ("bunch", "", "")]
    answer = browser.post(reverse("products:product_create"), form(*lines))
    rose = Product.objects.get()
    assert answer.url == reverse("products:product_detail", args=[rose.pk])
    assert units() == [("bunch", "", 25), ("box", "", 400), ("other", "Crate", Decimal("12.5"))]
    page = browser.get(answer.url).content.decode()
    assert "Bunch × 25 stems, Box × 400 stems, Crate × 12.5 stems" in page
    kept = PurchaseUnit.objects.get(packing="box").pk
    browser.post(reverse("products:product_edit", args=[rose.pk]), form(("box", "400", ""), ("bunch", "20", "")))
    assert units() == [("box", "", 400), ("bunch", "", 20)]
    assert PurchaseUnit.objects.get(packing="box").pk == kept
    plain = {key: value for key, value in form().items() if not key.startswith("packings")}
    browser.post(reverse("products:product_edit", args=[rose.pk]), plain)
    assert len(units()) == 2, "a form without the lines leaves them alone"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([("bunch", "0", "")], "greater than zero"),
        ([("bunch", "-5", "")], "greater than zero"),
        ([("bunch", "0,0001", "")], "Too many digits"),
        ([("bunch", "x", "")], "not a number"),
        ([("other", "5", "")], "Name it: crate, net, dozen."),
        ([("other", "", "Crate")], "Say how much is in one"),
        ([("barrel", "5", "")], "Select a valid choice"),
        ([("bunch", "25", ""), ("bunch", "25,0", "")], "One purchase unit stands twice"),
        ([("other", "25", "Crate"), ("other", "25", "crate")], "One purchase unit stands twice"),
        ([("other", "5", "x" * 41)], "too long"),
    ],
)
def test_a_purchase_unit_that_cannot_be_meant_is_refused(shop, login, owner, lines, said):
    rose = product()
    PurchaseUnit.objects.create(product=rose, packing="box", factor=Decimal(10))
    before = (units(), list(Product.objects.values()))
    answer = login(owner).post(reverse("products:product_edit", args=[rose.pk]), form(*lines, name="Other"))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert (units(), list(Product.objects.values())) == before


def test_the_service_refuses_what_no_form_sends_in_both_languages(shop):
    rose = product()
    for packed, said in (
        (Packed("bunch", Decimal("NaN")), {"en": "holds more than nothing", "ru": "больше нуля"}),
        (Packed("bunch", Decimal(5), "Crate"), {"en": "needs a name", "ru": "нужно название"}),
    ):
        for language, words in said.items():
            with translation.override(language), pytest.raises(BadInput, match=words):
                save_product(rose, bought_in=[packed])
    assert units() == []


@pytest.mark.parametrize(
    ("packs", "english", "russian"),
    [("1", "1 bunch", "1 пучок"), ("2", "2 bunches", "2 пучка"), ("12", "12 bunches", "12 пучков"),
     ("2.5", "2.5 bunches", "2,5 пучка")],
)  # fmt: skip
def test_packs_are_declined(packs, english, russian):
    for language, words in (("en", english), ("ru", russian)):
        with translation.override(language):
            assert counted_in_words(Decimal(packs), "bunch", "").replace("\xa0", " ") == words
            assert counted_in_words(Decimal(packs), "other", "Crate").startswith("Crate: ")
