"""Tags of products: one row for each word, on the products it was put on, deleted and restored without losing where."""

import html
import re
import threading
import time
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core.errors import BadInput, StaleForm
from core.models import RecentAction
from core.sheets import read_table
from core.soft_delete import CannotRestore
from core.transactions import run
from core.trash import KINDS, purge
from core.undo import remember, undo
from inventory.tests.factories import product, receive, refused
from products.columns import recognised
from products.models import Product, ProductTag, ProductTagging
from products.selectors import tags_on, used_tags
from products.services.catalogue import delete_row, reduced_product, restore_row, save_product
from products.services.exporting import export_rows
from products.services.importing import apply_import, keep_file, plan_import, undo_import
from products.services.many import tag_products, untag_products
from products.services.tags import TagTaken, checked_tags, merge_tags, part_tags, save_tag, set_tags, tags_called
from products.undo import TAGS, delete_and_remember, merge_and_remember, tag_many_and_remember

PART = {"HX-Request": "true"}


def tag(name):
    return ProductTag.objects.get(name=name)


def carried():
    """Product → its tags, of the live products."""
    return {row.name: tags_on().get(row.pk, []) for row in Product.objects.order_by("name")}


def state():
    rows = (Product.all_objects, ProductTag.all_objects, ProductTagging.objects)
    return [list(each.order_by("pk").values()) for each in rows]


def text_of(answer):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def listed(browser, **query):
    page = browser.get(reverse("products:product_list"), query).content.decode()
    return set(re.findall(r'data-row href="/catalogue/\d+/">([^<]+)<', page))


def sheet(text, *, by=None):
    table = read_table(text.encode())
    return keep_file(table, name="tags.csv", columns=recognised(table.header), by=by)


# --- putting on ------------------------------------------------------------------------------------------------------


def test_a_new_name_makes_the_tag_and_the_spelling_that_is_there_wins(shop):
    rose = product("Rose", tags=["Wedding"])
    tulip = save_product(Product(name="Tulip", sale_price=Decimal(1)), tags=["WEDDING", " 8 March ", "8 march"])
    assert carried() == {"Rose": ["Wedding"], "Tulip": ["8 March", "Wedding"]}
    assert ProductTag.objects.count() == 2
    save_product(rose, tags=[])
    assert carried()["Rose"] == []
    save_product(tulip)
    assert carried()["Tulip"] == ["8 March", "Wedding"], "a service that names no tags leaves them"
    assert used_tags() == ["8 March", "Wedding"]
    save_product(tulip, tags=["8 March"])
    assert used_tags() == ["8 March"], "one that nothing carries is not offered"


def test_tags_that_can_not_be_meant_are_refused_by_the_service_too(shop):
    rose = product("Rose", tags=["old"])
    before = state()
    refused(
        BadInput, "at most 20 tags", lambda: save_product(rose, tags=[str(n) for n in range(21)]), ru="не больше 20"
    )
    refused(BadInput, "too long", lambda: save_product(rose, tags=["x" * 41]), ru="слишком длинный")
    assert state() == before
    assert checked_tags(["b", "", "A", "B"]) == ["A", "b"]


def test_the_database_itself_keeps_one_live_tag_of_a_name_and_one_tagging(shop):
    rose = product("Rose", tags=["Wedding"])
    for careless in (
        lambda: ProductTag.objects.create(name="wedding"),
        lambda: ProductTag.objects.create(name=""),
        lambda: ProductTagging.objects.create(product=rose, tag=tag("Wedding")),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            careless()


def test_a_copy_and_the_reduced_product_carry_the_same_tags(shop, login, manager):
    rose = product("Rose", tags=["Wedding", "new"])
    receive(rose, "5")
    page = login(manager).get(reverse("products:product_create"), {"copy": rose.pk}).content.decode()
    assert 'value="new, Wedding"' in page
    reduced = reduced_product(rose, price=Decimal(50))
    assert tags_on()[reduced.pk] == ["new", "Wedding"]
    save_product(reduced, tags=["new"])
    reduced_product(rose, price=Decimal(40))
    assert tags_on()[reduced.pk] == ["new"], "they are its own from then on"


def test_a_form_without_the_field_leaves_the_tags_as_they_are(shop, login, manager):
    rose = product("Rose", tags=["Wedding"])
    url = reverse("products:product_edit", args=[rose.pk])
    fields = {"name": "Rose", "unit": "stem", "sale_price": "5", "is_active": "on"}
    login(manager).post(url, fields)
    assert carried() == {"Rose": ["Wedding"]}
    login(manager).post(url, {**fields, "tags": ""})
    assert carried() == {"Rose": []}


# --- deleting and restoring ------------------------------------------------------------------------------------------


@pytest.fixture
def gone(shop, owner):
    """“Wedding” was on the rose and the tulip and is deleted."""
    for name in ("Rose", "Tulip"):
        product(name, tags=["Wedding", "new"])
    product("Ribbon", tags=["new"])
    row = tag("Wedding")
    return row, delete_and_remember(row, by=owner)


def test_a_deleted_tag_is_shown_nowhere_and_found_by_nothing(gone, login, owner):
    browser, rose = login(owner), Product.objects.get(name="Rose")
    undo_bar = re.compile(r'<section class="undo-bar".*?</section>', re.DOTALL)
    for url in ("product_list", "tag_list", "product_detail", "product_edit"):
        args = [rose.pk] if url.startswith("product_d") or url.endswith("edit") else []
        page = browser.get(reverse(f"products:{url}", args=args)).content.decode()
        assert "Wedding" not in undo_bar.sub("", page), url
        assert "new" in page, url
    assert listed(browser, tag="Wedding") == set()
    assert listed(browser, tag="new") == {"Rose", "Tulip", "Ribbon"}
    assert used_tags() == ["new"]
    rows = list(export_rows(Product.objects.order_by("name"), yes="yes", no="no"))
    assert not any("Wedding" in str(cell) for row in rows for cell in row)


def test_restoring_puts_it_back_on_exactly_the_products_it_was_on(gone, login, owner):
    row, action = gone
    save_product(Product.objects.get(name="Rose"), tags=["own"])
    set_tags({Product.objects.get(name="Ribbon").pk: ["new", "own"]})
    assert undo(action, by=owner) == []
    assert carried() == {"Ribbon": ["new", "own"], "Rose": ["own", "Wedding"], "Tulip": ["new", "Wedding"]}
    assert listed(login(owner), tag="wedding") == {"Rose", "Tulip"}
    delete_row(tag("Wedding"), by=owner, now=timezone.now())
    refused(StaleForm, "was restored since", lambda: undo_anew(action, owner), ru="восстановили")
    restore_row(ProductTag.all_objects.get(pk=row.pk), by=owner)
    assert carried()["Tulip"] == ["new", "Wedding"]


def undo_anew(action, by):
    """As if the action had not been undone yet."""
    RecentAction.objects.filter(pk=action.pk).update(undone_at=None, undone_by=None)
    undo(action, by=by)


def test_a_name_that_was_taken_meanwhile_is_refused_by_name(gone, login, owner):
    row, action = gone
    product("Lily", tags=["wedding"])
    before = state()
    refused(
        CannotRestore, "“Wedding” can't come back: “wedding” took its name", lambda: undo(action, by=owner),
        ru="«Wedding» нельзя вернуть",
    )  # fmt: skip
    answer = login(owner).post(f"/trash/producttag/{row.pk}/restore/")
    assert answer.status_code == 409
    assert "“wedding” took its name" in text_of(answer)
    assert state() == before
    save_tag(ProductTag(pk=tag("wedding").pk, name="other"))
    undo(action, by=owner)
    assert carried() == {"Lily": ["other"], "Ribbon": ["new"], "Rose": ["new", "Wedding"], "Tulip": ["new", "Wedding"]}


def test_removing_a_tag_for_good_takes_it_off_its_products_and_leaves_these(gone, login, owner):
    row, _action = gone
    browser = login(owner)
    assert "Wedding" in text_of(browser.get("/trash/?kind=producttag"))
    assert browser.get(f"/trash/producttag/{row.pk}/").status_code == 200
    purge(KINDS["producttag"], row.pk, typed="wedding", by=owner)
    assert not ProductTag.all_objects.filter(pk=row.pk).exists()
    assert not ProductTagging.objects.filter(tag=row.pk).exists()
    assert carried() == {"Ribbon": ["new"], "Rose": ["new"], "Tulip": ["new"]}


def test_a_product_removed_for_good_takes_its_taggings_and_leaves_the_tags(gone, owner):
    rose = Product.objects.get(name="Rose")
    delete_row(rose, by=owner, now=timezone.now())
    purge(KINDS["product"], rose.pk, typed="Rose", by=owner)
    assert not ProductTagging.objects.filter(product=rose.pk).exists()
    assert ProductTag.all_objects.count() == 2


# --- another name, one of two ----------------------------------------------------------------------------------------


def test_another_name_holds_on_all_products_and_a_taken_or_senseless_one_is_refused(shop, owner):
    product("Rose", tags=["Weding", "new"])
    row = tag("Weding")
    row.name = " Wedding "
    save_tag(row)
    assert carried() == {"Rose": ["new", "Wedding"]}
    row.name = "wedding"
    save_tag(row)
    assert carried() == {"Rose": ["new", "wedding"]}, "its own name in another case"
    before = state()
    for name, said, ru in (
        ("NEW", "The tag “new” is there already.", "Метка «new» уже есть."),
        ("a, b", "without commas", "без запятых"), ("a;b", "without commas", "без запятых"),
        (" ", "without commas", "без запятых"), ("x" * 41, "too long", "слишком длинный"),
    ):  # fmt: skip
        refused(BadInput, said, lambda name=name: save_tag(ProductTag(pk=row.pk, name=name)), ru=ru)
    with pytest.raises(TagTaken) as refusal:
        save_tag(ProductTag(name="New"))
    assert refusal.value.data == {"other": tag("new").pk}
    delete_row(row, by=owner, now=timezone.now())
    refused(BadInput, "is deleted", lambda: save_tag(ProductTag(pk=row.pk, name="x")), ru="удалено")
    assert state()[2] == before[2]


def test_one_is_made_of_two_and_of_one_two_again(shop, owner):
    product("Rose", tags=["Weding", "Wedding"])
    product("Tulip", tags=["Weding"])
    product("Lily", tags=["Wedding"])
    before = carried()
    row, into = tag("Weding"), tag("Wedding")
    action = merge_and_remember(row, into, by=owner)
    assert carried() == {"Lily": ["Wedding"], "Rose": ["Wedding"], "Tulip": ["Wedding"]}
    assert ProductTag.objects.get() == into
    assert undo(action, by=owner) == []
    assert carried() == before
    refused(BadInput, "with itself", lambda: merge_tags(into, into, by=owner), ru="с самой собой")
    delete_row(row, by=owner, now=timezone.now())
    kept = state()
    for pair in ((row, into), (into, row)):
        refused(
            StaleForm, "was deleted meanwhile", lambda pair=pair: merge_tags(*pair, by=owner), ru="тем временем удалили"
        )
    refused(StaleForm, "was restored since", lambda: undo_anew(action, owner), ru="восстановили")
    assert state() == kept


# --- many at once, and the way back ----------------------------------------------------------------------------------


def test_taking_tags_back_holds_whatever_they_are_called_by_now(shop, owner):
    first, second = product("Rose", tags=["old"]), product("Tulip", tags=["old"])
    action = tag_many_and_remember([first.pk, second.pk], add=["Wedding"], remove=["OLD"], by=owner)
    assert carried() == {"Rose": ["Wedding"], "Tulip": ["Wedding"]}
    save_tag(ProductTag(pk=tag("Wedding").pk, name="Marriage"))
    gone = tag("old")
    delete_row(gone, by=owner, now=timezone.now())
    assert undo(action, by=owner) == []
    assert carried() == {"Rose": [], "Tulip": []}, "“old” is back on them, unseen while it is deleted"
    restore_row(ProductTag.all_objects.get(pk=gone.pk), by=owner)
    assert carried() == {"Rose": ["old"], "Tulip": ["old"]}
    assert tag("Marriage").taggings.count() == 0


def test_a_tag_removed_for_good_meanwhile_does_not_keep_the_others_from_being_taken_back(shop, owner):
    rose = product("Rose", tags=["old", "older"])
    action = tag_many_and_remember([rose.pk], add=["new"], remove=["old", "older"], by=owner)
    row = tag("old")
    delete_row(row, by=owner, now=timezone.now())
    purge(KINDS["producttag"], row.pk, typed="old", by=owner)
    undo(action, by=owner)
    assert carried() == {"Rose": ["older"]}


def test_what_was_done_before_tags_had_rows_is_taken_back_by_name(shop, owner):
    rose = product("Rose", tags=["Wedding"])
    with transaction.atomic():
        facts = {"added": {"wedding": [rose.pk]}, "removed": {"old": [rose.pk]}, "count": 1}
        action = remember(TAGS, facts, by=owner)
    undo(action, by=owner)
    assert carried() == {"Rose": ["old"]}


# --- a file ----------------------------------------------------------------------------------------------------------


def test_a_file_takes_the_shops_spelling_and_the_first_rows_for_a_new_one(shop, owner):
    save_product(Product(name="Rose", sale_price=Decimal(1), sku="R"), tags=["Wedding", "new"])
    file = sheet("SKU;Name;Price;Tags\nR;Rose;1;NEW, wedding\nT;Tulip;2;Spring, wedding\nL;Lily;3;spring\n")
    plan = plan_import(file)
    assert plan.problems == []
    assert (plan.made, plan.same) == (2, 1), "another case is no change"
    apply_import(file, seen=plan.fingerprint, by=owner)
    assert carried() == {"Lily": ["Spring"], "Rose": ["new", "Wedding"], "Tulip": ["Spring", "Wedding"]}


def test_taking_a_file_back_gives_the_tags_back_and_a_new_spelling_does_not_stand_in_the_way(shop, owner):
    save_product(Product(name="Rose", sale_price=Decimal(1), sku="R"), tags=["old"])
    save_product(Product(name="Tulip", sale_price=Decimal(1), sku="T"), tags=["old"])
    file = sheet("SKU;Tags\nR;fresh, wedding\nT;fresh\n")
    apply_import(file, seen=plan_import(file).fingerprint, by=owner)
    assert carried() == {"Rose": ["fresh", "wedding"], "Tulip": ["fresh"]}
    save_tag(ProductTag(pk=tag("wedding").pk, name="Wedding"))
    save_product(Product.objects.get(sku="T"), tags=["mine"])
    [said] = undo_import(file.pk, by=owner, now=timezone.now())
    assert "Tulip" in said
    assert carried() == {"Rose": ["old"], "Tulip": ["mine"]}


def test_many_rows_of_a_file_take_no_more_statements_than_few(shop, owner):
    def statements(count, at):
        rows = "".join(f"{at + n};Rose {at + n};5;a{n % 9}, b{n % 7}, {at}\n" for n in range(count))
        file = sheet(f"SKU;Name;Price;Tags\n{rows}")
        plan = plan_import(file)
        with CaptureQueriesContext(connection) as asked:
            apply_import(file, seen=plan.fingerprint, by=owner)
        return len(asked)

    assert statements(5, 1000) == statements(400, 5000)
    assert ProductTagging.objects.count() == 3 * 405


# --- pages -----------------------------------------------------------------------------------------------------------


def test_the_page_lists_every_tag_with_how_many_products_carry_it(shop, login, manager, florist):
    rose = product("Rose", tags=["Wedding", "a b&c"])
    product("Old", tags=["Wedding"], archived_at=timezone.now())
    product("Gone", tags=["Wedding"], is_deleted=True)
    save_tag(ProductTag(name="nobody's"))
    page = login(manager).get(reverse("products:tag_list"))
    said = text_of(page)
    assert "Wedding 1 product · 1 in the archive" in said
    assert "nobody's 0 products" in said
    assert f'href="/catalogue/?tag={"a%20b%26c"}"' in page.content.decode()
    assert listed(login(manager), tag="a b&c") == {"Rose"}
    assert f'id="tag_edit_{tag("Wedding").pk}"' in page.content.decode()
    plain = login(florist).get(reverse("products:tag_list")).content.decode()
    assert "Wedding" in plain
    assert "tag_edit_" not in plain
    card = login(florist).get(reverse("products:product_detail", args=[rose.pk])).content.decode()
    assert 'href="/catalogue/?tag=Wedding"' in card


def test_without_any_tag_the_page_says_where_they_come_from(shop, login, manager):
    assert "Here will be your tags" in text_of(login(manager).get(reverse("products:tag_list")))


def test_pages_of_tags_stand_behind_one_another(shop, login, manager, monkeypatch):
    monkeypatch.setattr("products.views.tags.PAGE", 2)
    tags_called([f"tag {n}" for n in range(5)])
    browser, url, seen = login(manager), reverse("products:tag_list"), []
    while url:
        page = browser.get(url, headers=PART).content.decode()
        seen += re.findall(r'data-row href="[^"]+">([^<]+)<', page)
        found = re.search(r'hx-get="(\?after=\d+)"', page)
        url = reverse("products:tag_list") + found[1] if found else ""
    assert seen == [f"tag {n}" for n in range(5)]


def test_a_tag_gets_another_name_in_its_row_with_and_without_javascript(shop, login, manager, florist):
    product("Rose", tags=["Weding", "new"])
    row, browser = tag("Weding"), login(manager)
    url = reverse("products:tag", args=[row.pk])
    part = browser.get(url, {"edit": "1"}, headers=PART).content.decode()
    assert part.startswith(f'<li id="tag_{row.pk}">')
    assert 'value="Weding"' in part
    assert "<html" in browser.get(url, {"edit": "1"}).content.decode()
    answer = browser.post(url, {"name": "Wedding"}, headers=PART)
    assert answer.status_code == 200
    assert "Wedding 1 product" in text_of(answer)
    assert f'id="tag_edit_{row.pk}"' in answer.content.decode()
    assert "data-focus" in answer.content.decode(), "the focus goes back to the button"
    assert browser.post(url, {"name": "Marriage"}).url == reverse("products:tag_list")
    assert carried() == {"Rose": ["Marriage", "new"]}
    before = state()
    for name, said in (("", "required"), ("x" * 41, "too long"), ("a,b", "without commas")):
        answer = browser.post(url, {"name": name}, headers=PART)
        assert answer.status_code == 422
        assert said in text_of(answer)
        assert f'aria-describedby="tag_error_{row.pk}"' in answer.content.decode()
    assert login(florist).get(url).status_code == 403
    assert login(florist).post(url, {"name": "x"}).status_code == 403
    assert login(florist).post(reverse("products:tag_delete", args=[row.pk])).status_code == 403
    assert browser.get(reverse("products:tag", args=[row.pk + 99])).status_code == 404
    assert state() == before


def test_a_name_that_another_tag_has_is_offered_for_making_one_of_both(shop, login, manager):
    product("Rose", tags=["Weding"])
    product("Tulip", tags=["Wedding"])
    row, into, browser = tag("Weding"), tag("Wedding"), login(manager)
    url = reverse("products:tag", args=[row.pk])
    for headers in (PART, {}):
        answer = browser.post(url, {"name": "wedding"}, headers=headers)
        assert answer.status_code == 422
        assert "The tag “Wedding” is there already." in text_of(answer)
        assert f'name="into" value="{into.pk}"' in answer.content.decode()
    answer = browser.post(url, {"name": "wedding", "do": "merge", "into": into.pk}, headers=PART)
    assert answer["HX-Redirect"] == reverse("products:tag_list")
    assert carried() == {"Rose": ["Wedding"], "Tulip": ["Wedding"]}
    assert "“Weding” became “Wedding”." in text_of(browser.get(reverse("products:tag_list")))
    browser.post(reverse("undo", args=[RecentAction.objects.get().pk]))
    assert carried() == {"Rose": ["Weding"], "Tulip": ["Wedding"]}
    for odd in ("", "x", "99999999", "9" * 40):
        assert browser.post(url, {"do": "merge", "into": odd}).status_code == 404
    assert browser.post(url, {"do": "merge", "into": into.pk}).url == reverse("products:tag_list")


def test_a_tag_is_deleted_with_the_bar_and_comes_back_by_it(shop, login, manager):
    product("Rose", tags=["Wedding"])
    browser = login(manager)
    answer = browser.post(reverse("products:tag_delete", args=[tag("Wedding").pk]))
    assert answer.url == reverse("products:tag_list")
    assert "“Wedding” is deleted." in text_of(browser.get(answer.url))
    browser.post(reverse("undo", args=[RecentAction.objects.get().pk]))
    assert carried() == {"Rose": ["Wedding"]}


def test_the_pages_keep_to_their_statements_however_many_tags(shop, login, manager):
    browser = login(manager)

    def statements(url, **headers):
        browser.get(url, headers=headers)
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(url, headers=headers).status_code == 200
        return len([entry for entry in asked if not entry["sql"].startswith(("SET ", "SAVEPOINT", "RELEASE"))])

    found = []
    for count in (3, 40):
        product(f"Rose {count}", tags=[f"tag {count} {number}" for number in range(20)])
        tags_called([f"tag {number}" for number in range(count)])
        found.append(
            [
                statements(reverse("products:tag_list")),
                statements(reverse("products:tag_list"), **PART),
                statements(reverse("products:tag", args=[tag("tag 1").pk]) + "?edit=1", **PART),
                statements(reverse("products:product_list") + "?tag=TAG+3+1"),
            ]
        )
    assert found[0] == found[1]
    whole, part, row, products = found[0]
    assert whole <= 12
    assert products <= 12
    assert max(part, row) <= 8


# --- two at once -----------------------------------------------------------------------------------------------------


def test_whoever_needs_both_holds_products_before_tags(shop, owner):
    rose = product("Rose", tags=["a", "b"])
    merged = {}
    for work in (
        lambda: save_product(Product.objects.get(), tags=["b", "a"]),
        lambda: tag_products([rose.pk], add=["c"], remove=["a"]),
        lambda: untag_products({"added": {}, "removed": {"a": [rose.pk]}, "tags": {"a": tag("a").pk}}),
        lambda: merged.update(merge_tags(tag("a"), tag("b"), by=owner)),
        lambda: part_tags(merged, by=owner),
    ):
        with CaptureQueriesContext(connection) as asked:
            work()
        sent = [entry["sql"].lower().replace('"', "") for entry in asked]
        locks = [sql for sql in sent if re.search(r" for (no key )?update| for key share", sql)]
        found = [re.search(r"from (products_product(?:tag)?)\b", sql) for sql in locks]
        held = list(dict.fromkeys(table[1] for table in found if table))
        assert held == ["products_product", "products_producttag"], held


@pytest.mark.race
def test_two_who_make_the_same_new_tag_both_succeed_with_one_tag(committed_shop, in_threads):
    goods = [product(f"Rose {number}") for number in range(4)]
    for turn in range(5):
        names = ["Wedding", f"b {turn}", f"a {turn}", f"c {turn}"]

        def work(number, names=names, turn=turn):
            typed = [name.upper() if number % 2 else name for name in names]
            row = Product.objects.get(pk=goods[number].pk)
            return run(lambda: save_product(row, tags=typed if number < 2 else typed[::-1]).pk)

        outcomes = in_threads(4, work)
        assert outcomes == [row.pk for row in goods], outcomes
        assert ProductTag.objects.count() == 1 + 3 * (turn + 1)
        assert {len(names) for names in tags_on().values()} == {4}
        assert len({tuple(names) for names in tags_on().values()}) == 1, "the same tags in the same spelling"


@pytest.mark.race
def test_without_waiting_for_the_other_one_of_the_two_fails(committed_shop, in_threads):
    """The control: both look for the tag, find none, and make it."""
    both_looked = threading.Barrier(2)

    def careless(number):
        there = ProductTag.objects.filter(name="Wedding").exists()
        both_looked.wait(timeout=10)
        if not there:
            ProductTag.objects.create(name="Wedding")

    outcomes = in_threads(2, careless)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IntegrityError", "NoneType"]


@pytest.mark.race
def test_a_tag_deleted_while_it_is_put_on_is_either_unseen_or_made_anew(committed_shop, in_threads, staff):
    owner = staff("owner")
    goods = product("Rose")
    for _turn in range(5):
        save_product(goods, tags=["Wedding"])
        save_product(goods, tags=[])
        row = tag("Wedding")

        def work(number, row=row):
            if number:
                return run(lambda: delete_row(row, by=owner, now=timezone.now()))
            return run(lambda: save_product(Product.objects.get(pk=goods.pk), tags=["Wedding"]).pk)

        assert in_threads(2, work) == [goods.pk, None]
        held = list(ProductTagging.objects.filter(product=goods).values_list("tag__is_deleted", flat=True))
        assert held.count(False) == ProductTag.objects.count()


@pytest.mark.race
def test_a_tag_taken_off_meanwhile_brings_no_other_one(committed_shop, in_threads):
    """Who makes one of two tags waits for who works with the products that carry them."""
    rose = product("Rose")
    save_product(rose, tags=["old"])
    old, new = ProductTag.objects.get(), save_tag(ProductTag(name="new"))
    taken_off = threading.Event()

    def work(number):
        if number == 0:
            with transaction.atomic():
                save_product(Product.objects.get(pk=rose.pk), tags=[])
                taken_off.set()
                time.sleep(1)  # the other one stands at the product's lock by then
            return
        assert taken_off.wait(10)
        merge_tags(old, new, by=None)

    outcomes = in_threads(2, work)
    assert outcomes == [None, None]
    assert tags_on() == {}
    assert ProductTag.objects.get() == new


# --- the change of tables --------------------------------------------------------------------------------------------


def migrate(name):
    connection.check_constraints()
    MigrationExecutor(connection).migrate([("products", name)])


@pytest.mark.slow
def test_words_become_rows_and_rows_words_again(shop):
    first, second, third = (product(f"Rose {number}") for number in range(3))
    bare = product("Rose without its only tag")
    migrate("0016_import_work")
    with connection.cursor() as cursor:
        for row, words in ((second, ["WEDDING", "new"]), (first, ["Wedding", "8 March", "wedding"]), (third, []),
                           (bare, ["8 March"])):  # fmt: skip
            cursor.execute("update products_product set tags = %s where id = %s", [words, row.pk])
        cursor.execute("update products_product set is_deleted = true where id = %s", [second.pk])
    migrate("0017_tags_as_rows")
    assert set(ProductTag.objects.values_list("name", flat=True)) == {"8 March", "Wedding", "new"}
    assert tags_on() == {first.pk: ["8 March", "Wedding"], second.pk: ["new", "Wedding"], bare.pk: ["8 March"]}
    ProductTag.objects.filter(name="8 March").update(is_deleted=True)
    migrate("0016_import_work")
    with connection.cursor() as cursor:
        cursor.execute("select tags from products_product order by id")
        assert [words for (words,) in cursor.fetchall()] == [["Wedding"], ["Wedding", "new"], [], []]
    migrate("0017_tags_as_rows")
    assert tags_on() == {first.pk: ["Wedding"], second.pk: ["new", "Wedding"]}
