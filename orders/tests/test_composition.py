"""Another product instead, or as much as was used: what a line takes from the stock is changed in the browser."""

from decimal import Decimal

import pytest

from inventory.models import StockDemand
from inventory.services.checking import check_stock
from inventory.tests.factories import kit, receive, stock_of, stocked
from inventory.tests.factories import product as make_product
from orders.invariants import INVARIANTS
from orders.models import EventKind, OrderEvent
from orders.services.lifecycle import complete_order, confirm_order
from orders.tests.factories import order
from products.models import ProductCategory

ROLES = {"owner": 200, "manager": 200, "florist": 200, "seller": 200, "courier": 403}


def url_of(placed, number=0):
    return f"/orders/{placed.pk}/lines/{list(placed.items.all())[number].pk}/"


def typed(browser, url, **changes):
    """What the open page would send; keys of `changes` are products' names with `_quantity` or `_instead`."""
    form = browser.get(url).context["form"]
    sent = {name: form[name].value() for name in form.fields}
    for demand in form.demands:
        for kind in ("quantity", "instead"):
            if (value := changes.pop(f"{demand.product.name}_{kind}", None)) is not None:
                sent[f"{kind}_{demand.pk}"] = value
    sent |= changes
    return {name: value for name, value in sent.items() if value is not None}


@pytest.fixture
def bouquet(shop):
    """A confirmed order of two bouquets of 5 roses and 3 pistachio twigs, of which too few are there."""
    green = ProductCategory.objects.create(name="Green")
    rose = stocked("Rose", ("30", "10"))
    pistachio, ruscus = stocked("Pistachio", ("2", "5")), stocked("Ruscus", ("20", "4"), ("10", "4"))
    aspidistra, few = stocked("Aspidistra", ("20", "4")), stocked("Fern", ("1", "4"))
    for thing in (pistachio, ruscus, aspidistra, few):
        thing.category = green
        thing.save()
    placed = confirm_order(order((kit("Morning", "1500", (rose, "5"), (pistachio, "3")), "2")))
    return placed, rose, pistachio, ruscus, aspidistra


@pytest.mark.parametrize("role", ROLES)
def test_composition_is_for_those_who_may_change_orders(bouquet, login, staff, role):
    placed = bouquet[0]
    browser = login(staff(role))
    assert browser.get(url_of(placed)).status_code == ROLES[role]
    shown = url_of(placed) in browser.get(f"/orders/{placed.pk}/").content.decode()
    assert shown == (ROLES[role] == 200)


def test_what_is_missing_is_replaced_and_the_history_tells_only_that(bouquet, login, florist):
    placed, rose, pistachio, ruscus, _aspidistra = bouquet
    browser = login(florist)
    assert "Replace what is missing" in browser.get(f"/orders/{placed.pk}/").content.decode()
    answer = browser.post(url_of(placed), typed(browser, url_of(placed), Pistachio_instead=ruscus.pk), follow=True)
    assert [stock_of(thing).reserved for thing in (rose, pistachio, ruscus)] == [10, 0, 6]
    page = answer.content.decode()
    assert "Pistachio × 6 → Ruscus × 6" in page
    assert "Rose × 10 →" not in page
    event = OrderEvent.objects.get(kind=EventKind.SUBSTITUTED)
    assert event.by == florist
    complete_order(placed)
    assert [stock_of(thing).quantity for thing in (rose, pistachio, ruscus)] == [20, 2, 24]
    assert check_stock(extra=INVARIANTS) == []


def test_as_much_as_was_used_and_one_product_more_are_written_down(bouquet, login, florist):
    placed, rose, pistachio, _ruscus, aspidistra = bouquet
    browser = login(florist)
    sent = typed(
        browser, url_of(placed), Rose_quantity="11", Pistachio_quantity="", other="aspid", other_quantity="4,5"
    )
    assert browser.post(url_of(placed), sent).status_code == 302
    assert [stock_of(thing).reserved for thing in (rose, pistachio, aspidistra)] == [11, 0, Decimal("4.5")]


def test_the_same_product_twice_is_one_demand(bouquet, login, florist):
    placed, rose = bouquet[:2]
    browser = login(florist)
    browser.post(
        url_of(placed), typed(browser, url_of(placed), Pistachio_quantity="", other="Rose", other_quantity="2")
    )
    live = StockDemand.objects.filter(cancelled_at=None)
    assert [(demand.product, demand.quantity) for demand in live] == [(rose, 12)]


def test_only_what_is_free_in_this_number_is_offered_the_freshest_first(bouquet, login, florist):
    placed, _rose, pistachio, ruscus, aspidistra = bouquet
    fresh = make_product("Eucalyptus", category=pistachio.category)
    receive(fresh, "50", day=5)
    form = login(florist).get(url_of(placed)).context["form"]
    [demand] = [demand for demand in form.demands if demand.product == pistachio]
    offered = [key for key, _words in form.fields[f"instead_{demand.pk}"].choices]
    assert offered[:2] == ["", str(fresh.pk)]
    assert set(offered) == {"", str(fresh.pk), str(ruscus.pk), str(aspidistra.pk)}


def test_an_unchanged_composition_writes_no_history(bouquet, login, florist):
    placed = bouquet[0]
    browser = login(florist)
    page = browser.post(url_of(placed), typed(browser, url_of(placed)), follow=True).content.decode()
    assert "Nothing was changed" in page
    assert not OrderEvent.objects.filter(kind=EventKind.SUBSTITUTED).exists()


BAD = [
    ({"Rose_quantity": "", "Pistachio_quantity": ""}, "at least one product", "хотя бы один товар"),
    ({"Rose_quantity": "many"}, "not a number", "не число"),
    ({"other": "nothing like this", "other_quantity": "1"}, "No product on sale", "нет товара"),
    ({"other": "us", "other_quantity": "1"}, "Several products", "несколько товаров"),
    ({"other": "Rose"}, "how many of it", "сколько его"),
    ({"other_quantity": "3"}, "which product it is", "какой это товар"),
    ({"Pistachio_instead": "999999"}, "not one of the available choices", "Выберите корректный вариант"),
]


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("case", BAD, ids=lambda case: case[1])
def test_what_can_not_be_meant_is_refused_in_words_and_changes_nothing(bouquet, login, staff, case, language):
    placed, rose, pistachio = bouquet[:3]
    make_product("Russian lily")
    browser = login(staff("florist", language=language))
    changes, english, russian = case
    answer = browser.post(url_of(placed), typed(browser, url_of(placed), **changes))
    assert answer.status_code == 422
    assert (english if language == "en" else russian) in answer.content.decode()
    assert [stock_of(thing).reserved for thing in (rose, pistachio)] == [10, 2]


@pytest.mark.parametrize(("language", "said"), [("en", "meanwhile"), ("ru", "тем временем")])
def test_an_old_page_is_refused_and_shows_the_line_as_it_is(bouquet, login, staff, language, said):
    placed, rose, _pistachio, ruscus, _aspidistra = bouquet
    browser = login(staff("florist", language=language))
    old = typed(browser, url_of(placed), Rose_quantity="7")
    browser.post(url_of(placed), typed(browser, url_of(placed), Pistachio_instead=ruscus.pk))
    answer = browser.post(url_of(placed), old)
    assert answer.status_code == 409
    assert said in answer.content.decode()
    assert "Ruscus" in answer.content.decode()
    assert stock_of(rose).reserved == 10


@pytest.mark.parametrize(
    ("language", "said"), [("en", "between confirmation and completion"), ("ru", "после подтверждения и до выполнения")]
)
def test_a_sold_order_and_a_draft_keep_their_composition(bouquet, login, staff, language, said):
    placed = bouquet[0]
    receive(bouquet[2], "10")
    browser = login(staff("owner", language=language))
    sent = typed(browser, url_of(placed), Rose_quantity="7")
    complete_order(placed)
    draft = order((bouquet[1], "1"))
    for answer in (browser.get(url_of(placed)), browser.post(url_of(placed), sent), browser.get(url_of(draft))):
        assert answer.status_code == 409
        assert said in answer.content.decode()
    assert stock_of(bouquet[1]).quantity == 20


def test_a_line_of_another_order_is_not_found(bouquet, login, florist):
    placed, rose = bouquet[:2]
    other = confirm_order(order((rose, "1")))
    assert login(florist).get(f"/orders/{placed.pk}/lines/{other.items.get().pk}/").status_code == 404


def test_the_page_costs_a_fixed_number_of_statements(bouquet, login, florist, django_assert_max_num_queries):
    browser = login(florist)
    browser.get(url_of(bouquet[0]))
    with django_assert_max_num_queries(18):
        browser.get(url_of(bouquet[0]))
