"""Search everywhere: what is found, by whom, in which shop, at what price."""

from decimal import Decimal

import pytest

from core.tenancy import in_schema
from orders.services.contacts import contact_of
from orders.tests.factories import order
from products.models import Product, ProductKit

HTMX = {"HX-Request": "true"}
PHONE = "+79123454567"


def rose(**fields):
    return Product.objects.create(**{"name": "Роза Freedom 60 см", "sale_price": Decimal(250), **fields})


def hits(browser, text, status=200):
    """Group key → titles of its hits, of the page."""
    answer = browser.get("/search/", {"q": text})
    assert answer.status_code == status
    return {group.key: [hit.title for hit in group.hits] for group in answer.context["groups"]}


@pytest.fixture
def browser(login, seller):
    return login(seller)


def test_an_order_is_found_by_its_number_and_the_exact_one_stands_first(browser):
    made = [order(due_on=day) for day in ("2026-11-01", "2026-11-02", "2026-11-03")]
    first = made[0]
    type(first).objects.filter(pk=first.pk).update(number=12)
    type(first).objects.filter(pk=made[1].pk).update(number=120)
    type(first).objects.filter(pk=made[2].pk).update(number=3120)
    assert hits(browser, "12") == {"orders": ["No. 12", "No. 120"]}
    assert hits(browser, "№12") == hits(browser, "12")
    assert "orders" not in hits(browser, "13")


@pytest.mark.parametrize("typed", ["4567", "567", "345-45-67", "8 912 345 45 67", "+7 (912) 345-45-67"])
def test_the_end_of_a_telephone_finds_the_person_and_both_kinds_of_their_orders(browser, typed):
    anna = contact_of(phone=PHONE, name="Анна Королёва")
    contact_of(phone="+79123454568", name="Ольга")
    bought, received = order(buyer=anna), order(recipient=anna)
    order()
    found = hits(browser, typed)
    assert set(found["orders"]) == {f"No. {made.number} · Анна Королёва" for made in (bought, received)}
    assert found["contacts"] == ["Анна Королёва"]


def test_two_digits_are_no_telephone(browser):
    contact_of(phone=PHONE, name="Анна")
    assert hits(browser, "67") == {}


@pytest.mark.parametrize("typed", ["королева", "КОРОЛЁВА", "анна корол", "rjhjktdf", "koroleva", "Rjhjk`df"])
def test_people_are_found_whatever_the_case_the_layout_and_the_alphabet(browser, typed):
    made = order(buyer=contact_of(phone=PHONE, name="Анна Королёва"))
    found = hits(browser, typed)
    assert found["contacts"] == ["Анна Королёва"]
    assert found["orders"] == [f"No. {made.number} · Анна Королёва"]


def test_goods_are_found_by_name_and_sku_and_bouquets_by_name(browser):
    rose(sku="FR-60")
    rose(name="Роза старая", is_active=False)
    rose(name="Роза удалённая").delete()
    ProductKit.objects.create(name="Букет «Розовый сад»")
    found = hits(browser, "роз")
    assert found["products"] == ["Роза Freedom 60 см", "Роза старая"]
    assert found["kits"] == ["Букет «Розовый сад»"]
    assert hits(browser, "fr-60")["products"] == ["Роза Freedom 60 см"]
    assert hits(browser, "60 freedom")["products"] == ["Роза Freedom 60 см"]


def test_other_readings_are_shown_only_when_too_little_is_found_as_typed(browser):
    rose(name="Роза")
    page = browser.get("/search/?q=hjpf").content.decode()
    assert "Shown for “роза”" in page
    for number in range(3):
        rose(name=f"hjpf {number}")
    answer = browser.get("/search/?q=hjpf")
    assert [hit.title for hit in answer.context["groups"][0].hits] == ["hjpf 0", "hjpf 1", "hjpf 2"]
    assert "Shown for" not in answer.content.decode()


def test_signs_of_the_pattern_language_are_plain_text(browser):
    rose(name="Скидка 100%")
    rose(name="Скидка 1000")
    assert hits(browser, "100%")["products"] == ["Скидка 100%"]
    assert hits(browser, "__") == {}
    assert hits(browser, "';--") == {}


def test_a_group_has_eight_rows_at_most(browser):
    for number in range(10):
        rose(name=f"Роза {number}")
    assert len(hits(browser, "роза")["products"]) == 8


def test_pages_and_actions_are_found_by_their_names_and_by_role(login, staff, browser):
    assert hits(browser, "write") == {"places": ["Write-offs", "Create: write-off"]}
    assert hits(browser, "settings") == {}
    assert hits(login(staff("owner")), "settings") == {"places": ["Settings"]}


def test_a_courier_finds_orders_but_neither_goods_nor_people(login, staff):
    made = order(buyer=contact_of(phone=PHONE, name="Роза Петрова"))
    rose()
    ProductKit.objects.create(name="Букет роз")
    found = hits(login(staff("courier")), "роз")
    assert found == {"orders": [f"No. {made.number} · Роза Петрова"]}


def test_nothing_of_the_other_shop_is_found(browser, other_shop):
    with in_schema("tulip"):
        anna = contact_of(phone=PHONE, name="Анна Королёва")
        made = order(buyer=anna)
        type(made).objects.filter(pk=made.pk).update(number=777)
        rose(sku="FR-60")
        ProductKit.objects.create(name="Букет роз")
    for typed in ("4567", "777", "анна", "роза", "fr-60", "букет роз"):
        assert hits(browser, typed) == {}, typed


def test_a_person_leads_to_the_orders_they_bought_or_received(browser):
    anna = contact_of(phone=PHONE, name="Анна")
    order(buyer=anna, due_on="2026-01-01")
    order(recipient=anna, due_on="2026-01-02")
    order(buyer=contact_of(name="Ольга"))
    (hit,) = browser.get("/search/?q=4567").context["groups"][1].hits
    page = browser.get(hit.url)
    assert [row.order.due_on.day for row in page.context["page"].rows] == [2, 1]
    assert "Show the orders of everybody" in page.content.decode()
    assert len(browser.get(page.context["without_contact_url"]).context["page"].rows) == 3
    together = browser.get("/orders/", {"contact": anna.pk, "q": "Ольга"})
    assert together.context["page"].rows == []


@pytest.mark.parametrize("key", ["", "x", "-1", "9" * 30, "987654321", "１"])
def test_a_key_that_means_nobody_narrows_nothing(browser, key):
    order()
    assert len(browser.get("/orders/", {"contact": key}).context["page"].rows) == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Type a number, the end of a telephone"),
        ("р", "Type at least 2 letters"),
        ("zzqq", "Nothing found for “zzqq”, nor for “яяйй” in the other keyboard layout."),
        ("<b>zz", "Nothing found for “&lt;b&gt;zz”"),
    ],
)
def test_the_page_says_what_to_type_and_what_was_looked_for(browser, typed, said):
    answer = browser.get("/search/", {"q": typed})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert said in browser.get("/search/", {"q": typed}, headers=HTMX).content.decode()


def test_before_anything_is_typed_the_pages_and_actions_are_offered(browser, login, staff):
    assert set(hits(browser, "")) == {"actions", "pages"}
    assert set(hits(login(staff("courier")), "")) == {"pages"}


def test_htmx_gets_the_rows_alone(browser):
    rose()
    answer = browser.get("/search/?q=роза", headers=HTMX)
    page = answer.content.decode()
    assert "<html" not in page
    assert 'role="listbox"' in page
    assert 'id="hit_products_1"' in page
    assert "HX-Request" in answer["Vary"]


@pytest.mark.parametrize("typed", ["a\x00b", "роза" * 200])
def test_what_nobody_can_have_typed_is_refused(browser, typed):
    assert browser.get("/search/", {"q": typed}).status_code == 422


@pytest.mark.parametrize("typed", ["роза", "hjpf", "4567", "zzqq"])
def test_a_fragment_costs_eight_statements_at_most(login, staff, django_assert_max_num_queries, typed):
    anna = contact_of(phone=PHONE, name="Роза")
    for _ in range(9):
        order(buyer=anna, recipient=contact_of(name="Розалия"))
        rose(name=f"Роза {_}")
    browser = login(staff("owner"))
    browser.get("/search/")
    with django_assert_max_num_queries(8):
        browser.get("/search/", {"q": typed}, headers=HTMX)


def test_a_stranger_logs_in_first(client):
    answer = client.get("/search/?q=1")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/?next=/search/")


@pytest.mark.parametrize("typed", ["гартензия", "гортнезия", "гортензя", "ujhntypz", "Fredom", "розаа фридом", "фридм"])
def test_a_mistyped_word_finds_what_it_is_most_like(browser, typed):
    rose(name="Гортензия голубая")
    rose(name="Роза Фридом", variety="Freedom")
    rose(name="Тюльпан Strong Gold")
    [title] = hits(browser, typed)["products"]
    assert title == ("Роза Фридом" if "ф" in typed.lower() or "f" in typed.lower() else "Гортензия голубая")


@pytest.mark.parametrize("typed", ["трактор", "роз", "рз", "12345", "гортензия трактор"])
def test_what_is_like_no_word_finds_nothing(browser, typed):
    rose(name="Гортензия голубая")
    assert "products" not in hits(browser, typed)
