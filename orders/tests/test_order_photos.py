"""Photos of an order: samples, the finished bouquet, and the rule that asks for it before "ready"."""

import pytest
from django.core.files.storage import default_storage

from core.flags import PHOTO_BEFORE_READY, has_flag, set_flag
from core.models import ShopFlag
from core.photos import MAX_PHOTOS
from inventory.tests.factories import stocked
from orders.models import Order, OrderPhoto, OrderStatus, PhotoKind
from orders.seeds import seed_orders
from orders.services.lifecycle import complete_order, set_status, undo_step
from orders.services.photos import add_order_photos
from orders.tests.factories import order, status
from products.services.photos import add_photos
from products.tests.test_photos import picture, read, upload

ROLES = {"owner": 302, "manager": 302, "florist": 302, "seller": 302, "courier": 403}
PART = {"HTTP_HX_REQUEST": "true"}


def photos_url(placed):
    return f"/orders/{placed.pk}/photos/"


def placed_for_delivery(code="assembling", **fields):
    return order((stocked("Red rose"), "1"), status=status(code), address="Садовая, 5", **fields)


def photographed(placed, kind=PhotoKind.WORK):
    [photo] = add_order_photos(placed, [read(picture())], kind=kind, by=None)
    return photo


def step(browser, placed, code, **headers):
    placed.refresh_from_db()
    data = {"status": status(code).pk, "version": placed.version}
    return browser.post(f"/orders/{placed.pk}/status/", data, **headers)


def code_of(placed):
    return Order.objects.get(pk=placed.pk).status.code


@pytest.mark.parametrize("role", ROLES)
def test_photos_are_added_and_removed_by_those_who_may_change_orders(shop, login, staff, role):
    placed, browser = placed_for_delivery(), login(staff(role))
    assert browser.post(photos_url(placed), {"photos": upload(), "kind": "work"}).status_code == ROLES[role]
    assert OrderPhoto.objects.count() == (ROLES[role] == 302)
    photo = OrderPhoto.objects.first() or photographed(placed)
    assert browser.post(f"{photos_url(placed)}{photo.pk}/remove/").status_code == ROLES[role]
    assert OrderPhoto.objects.exists() == (ROLES[role] != 302)


def test_files_lie_under_the_order_and_the_page_shows_both_kinds(
    shop, login, florist, django_capture_on_commit_callbacks
):
    placed, browser = placed_for_delivery(), login(florist)
    with django_capture_on_commit_callbacks(execute=True):
        for kind in ("work", "sample"):
            browser.post(photos_url(placed), {"photos": upload(), "kind": kind})
    work, sample = placed.photos.all()
    assert (work.kind, sample.kind, work.created_by) == ("work", "sample", florist)
    assert work.path("thumb") == f"orders/{placed.pk}/{work.pk}/thumb.webp"
    assert default_storage.exists(work.path("original"))
    page = browser.get(f"/orders/{placed.pk}/").content.decode()
    assert work.thumb_url in page
    assert sample.large_url in page
    assert 'capture="environment"' in page


@pytest.mark.parametrize(
    ("language", "said"), [("en", "no picture that can be used"), ("ru", "не подходит: это не снимок")]
)
def test_what_is_no_picture_is_refused_and_nothing_is_kept(shop, login, staff, language, said):
    placed, browser = placed_for_delivery(), login(staff("florist", language=language))
    for headers in ({}, PART, {"HTTP_ACCEPT": "application/json"}):
        answer = browser.post(photos_url(placed), {"photos": upload(b"no picture at all")}, **headers)
        assert answer.status_code == 422
    assert said in " ".join(answer.json()["refusals"])
    assert not OrderPhoto.objects.exists()


def test_an_order_holds_only_so_many_photos(shop, login, florist):
    placed = placed_for_delivery()
    small = read(picture(size=(20, 20)))
    add_order_photos(placed, [small] * MAX_PHOTOS, kind=PhotoKind.SAMPLE, by=None)
    answer = login(florist).post(photos_url(placed), {"photos": upload()})
    assert answer.status_code == 422
    assert placed.photos.count() == MAX_PHOTOS


def test_a_photo_is_removed_only_through_its_own_order(shop, login, florist):
    photo, other = photographed(placed_for_delivery()), placed_for_delivery()
    assert login(florist).post(f"{photos_url(other)}{photo.pk}/remove/").status_code == 404
    assert OrderPhoto.objects.get() == photo


def test_files_go_when_the_row_is_surely_gone(shop, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        photo = photographed(placed_for_delivery())
    path = photo.path("large")
    assert default_storage.exists(path)
    with django_capture_on_commit_callbacks(execute=True):
        photo.hard_delete()
    assert not default_storage.exists(path)


# --- The rule --------------------------------------------------------------------------------------------------------

SAID = [("en", "no photo of the finished bouquet yet"), ("ru", "ещё нет фото готового букета")]


@pytest.fixture
def rule(shop):
    set_flag(PHOTO_BEFORE_READY)


@pytest.mark.parametrize("case", SAID, ids=["en", "ru"])
@pytest.mark.parametrize("code", ["ready", "delivering"])
def test_a_delivery_is_not_ready_without_its_photo(rule, login, staff, case, code):
    language, said = case
    placed, browser = placed_for_delivery(), login(staff("florist", language=language))
    photographed(placed, PhotoKind.SAMPLE)
    for headers in ({}, PART):
        answer = step(browser, placed, code, **headers)
        page = answer.content.decode()
        assert answer.status_code == 409
        assert said in page
        assert 'href="#photos"' in page
    assert code_of(placed) == "assembling"
    photographed(placed)
    assert step(browser, placed, code).status_code == 302
    assert code_of(placed) == code


def test_a_removed_photo_does_not_count(rule, login, florist):
    placed, browser = placed_for_delivery(), login(florist)
    photo = photographed(placed)
    browser.post(f"{photos_url(placed)}{photo.pk}/remove/")
    assert step(browser, placed, "ready").status_code == 409


@pytest.mark.parametrize(("language", "said"), SAID)
def test_board_and_bulk_refuse_each_order_alike(rule, login, staff, language, said):
    bare, good = placed_for_delivery(), placed_for_delivery()
    photographed(good)
    browser = login(staff("florist", language=language))
    data = {"status": status("ready").pk, "version": bare.version}
    moved = browser.post(f"/orders/{bare.pk}/move/", data, **PART)
    assert (moved.status_code, said in moved.content.decode()) == (409, True)
    both = {"order": [f"{placed.pk}-{placed.version}" for placed in (bare, good)], "status": status("ready").pk}
    assert said in browser.post("/orders/bulk/", both).content.decode()
    assert [code_of(placed) for placed in (bare, good)] == ["assembling", "ready"]


def test_pickups_earlier_steps_the_way_back_and_the_engine_need_no_photo(rule, login, florist):
    browser = login(florist)
    pickup = placed_for_delivery(fulfilment="pickup")
    assert step(browser, pickup, "ready").status_code == 302
    early = placed_for_delivery("new")
    assert step(browser, early, "assembling").status_code == 302
    out = placed_for_delivery("delivering")
    assert step(browser, out, "ready").status_code == 302
    assert code_of(set_status(placed_for_delivery(), status("ready"))) == "ready"
    assert code_of(complete_order(placed_for_delivery())) == "completed"
    back = Order.objects.get(pk=placed_for_delivery("delivering").pk)
    set_status(back, status("confirmed"))
    event = back.events.latest("pk").pk
    assert code_of(undo_step(back, event=event)) == "delivering"


def test_without_the_rule_nothing_is_asked(shop, login, florist):
    placed = placed_for_delivery()
    assert step(login(florist), placed, "ready").status_code == 302


def test_a_new_shop_starts_with_the_rule_and_seeding_again_does_not_bring_it_back(shop):
    OrderStatus.objects.all().delete()
    seed_orders()
    assert has_flag(PHOTO_BEFORE_READY)
    ShopFlag.objects.all().delete()
    seed_orders()
    assert not has_flag(PHOTO_BEFORE_READY)


@pytest.mark.parametrize(("role", "answered"), [("owner", 302), ("manager", 403), ("florist", 403)])
def test_the_owner_switches_the_rule_off_and_on(rule, login, staff, role, answered):
    browser = login(staff(role))
    assert browser.post("/orders/photo-rule/", {}).status_code == answered
    assert has_flag(PHOTO_BEFORE_READY) == (answered == 403)
    assert browser.post("/orders/photo-rule/", {"photo_before_ready": "on"}).status_code == answered
    assert has_flag(PHOTO_BEFORE_READY)


# --- Small pictures in lists -----------------------------------------------------------------------------------------


def test_a_row_shows_the_bouquet_made_else_the_goods_photo(shop, login, florist):
    made, planned = placed_for_delivery(), placed_for_delivery()
    [goods] = add_photos(planned.items.get().product, [read(picture())])
    add_photos(made.items.get().product, [read(picture())])
    photographed(made, PhotoKind.SAMPLE)
    work = photographed(made)
    browser = login(florist)
    for url in ("/orders/", "/orders/board/"):
        page = browser.get(url).content.decode()
        assert work.thumb_url in page
        assert goods.thumb_url in page


def test_lists_with_photos_keep_to_their_statements(shop, login, florist, django_assert_max_num_queries):
    for _number in range(3):
        placed = placed_for_delivery()
        photographed(placed)
        add_photos(placed_for_delivery().items.get().product, [read(picture(size=(20, 20)))])
    browser = login(florist)
    for url, most in (("/orders/", 12), (f"/orders/{placed.pk}/", 18)):
        browser.get(url)
        with django_assert_max_num_queries(most):
            browser.get(url)
