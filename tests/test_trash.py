"""The trash: what lies in it, who brings back what, and removing one row for good."""

import html
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core import trash
from core.errors import BadInput, NotAllowed, StaleForm
from core.soft_delete import mark_deleted
from core.trash import KINDS, StillNamed, bring_back, deleted_rows, kinds_for, purge
from inventory.models import Supplier, Warehouse
from inventory.tests.factories import stocked, warehouse
from orders.models import Contact
from products.models import (
    KitItem,
    Product,
    ProductCategory,
    ProductKit,
    ProductPhoto,
    ProductTag,
    ProductVariant,
    ProductVariantGroup,
    PurchaseUnit,
)

PRODUCT = KINDS["product"]


def product(name="Rose", **fields):
    return Product.objects.create(name=name, sale_price=Decimal(10), **fields)


def gone(row, *, by=None, at=None):
    mark_deleted([row], by=by, now=at or timezone.now())
    return row


def text_of(answer):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def one_of_each(by):
    rows = [
        product(), ProductKit.objects.create(name="Morning"), ProductVariantGroup.objects.create(name="Any red"),
        ProductCategory.objects.create(name="Shelf"), ProductTag.objects.create(name="Spring"), Supplier.objects.create(name="Farm"),
        Warehouse.objects.create(name="Cellar"), Contact.objects.create(name="Anna", phone="+79120001042"),
    ]  # fmt: skip
    for row in rows:
        gone(row, by=by)
    return rows


def test_everything_that_is_deleted_lies_there_last_deleted_first(login, owner):
    rows = one_of_each(owner)
    photo = ProductPhoto.objects.create(product=product("With a photo"))
    gone(photo.product, by=owner)
    said = text_of(login(owner).get("/trash/"))
    places = [
        said.index(name) for name in ("With a photo", "Anna", "Cellar", "Farm", "Spring", "Shelf", "Any red", "Morning")
    ]
    assert places == sorted(places)
    assert "With a photo with it: 1 photo" in said
    assert str(owner) in said
    assert len(deleted_rows(kinds_for(owner), size=99)) == len(rows) + 1


def test_every_soft_deleted_model_lies_in_the_trash_or_goes_with_its_owner():
    from django.apps import apps

    from core.models import SoftDelete
    from core.soft_delete import comes_back_with

    every = {model for model in apps.get_models() if issubclass(model, SoftDelete)}
    assert every == {model for kind in KINDS.values() for model in comes_back_with(kind.model)}


def test_a_kind_a_search_and_pages_behind_one_another(login, owner, monkeypatch):
    monkeypatch.setattr("core.trash_views.PAGE", 2)
    moment = timezone.now()
    names = []
    for number in range(5):
        gone(product(f"Rose {number}"), at=moment)
        gone(Supplier.objects.create(name=f"Farm {number}"), at=moment - timedelta(minutes=number % 2))
        names += [f"Rose {number}", f"Farm {number}"]
    browser = login(owner)
    seen, url = [], "/trash/"
    while url:
        page = browser.get(url).content.decode()
        seen += re.findall(r'<th scope="row">([^<]+)', page)
        found = re.search(r'id="rows_more_link" href="([^"]+)"', page)
        url = "/trash/" + found[1].replace("&amp;", "&") if found else ""
    assert sorted(seen) == sorted(names), "each of them once"
    kinds = browser.get("/trash/?kind=supplier&q=farm+3").content.decode()
    assert re.findall(r'<th scope="row">([^<]+)', kinds) == ["Farm 3"]
    assert "Nothing found" in text_of(browser.get("/trash/?kind=contact"))
    for odd in ("?after=x", "?after=99-nothing-1", "?kind=nothing", "?q=%00", "?after=1-product-" + "9" * 30):
        assert "Rose" in text_of(browser.get("/trash/" + odd)), odd


def test_a_photo_lies_there_by_itself_while_its_owner_is_live(login, owner):
    rose = product()
    photo = gone(ProductPhoto.objects.create(product=rose), by=owner)
    browser = login(owner)
    assert "Rose Photo of a product" in text_of(browser.get("/trash/?q=rose"))
    gone(rose, by=owner)
    assert "Photo of a product" not in text_of(browser.get("/trash/?q=rose")).partition("Find")[2]
    browser.post(f"/trash/product/{rose.pk}/restore/")
    assert not ProductPhoto.objects.exists(), "another deletion"
    browser.post(f"/trash/productphoto/{photo.pk}/restore/")
    assert ProductPhoto.objects.get() == photo


def test_an_empty_trash_says_what_will_be_there(login, owner):
    assert "The trash is empty" in text_of(login(owner).get("/trash/"))


def test_restoring_brings_back_what_went_with_it_and_pressing_twice_is_no_error(login, owner):
    photo = ProductPhoto.objects.create(product=product())
    gone(photo.product, by=owner)
    browser = login(owner)
    for _press in range(2):
        answer = browser.post(f"/trash/product/{photo.product_id}/restore/")
        assert (answer.status_code, answer["Location"]) == (302, "/trash/")
    assert "“Rose” is back." in text_of(browser.get("/trash/"))
    assert ProductPhoto.objects.get() == photo
    assert Product.objects.get() == photo.product


@pytest.mark.parametrize(("language", "said"), [
    ("en", "“Old rose” can't come back: “New rose” took its name or code meanwhile."),
    ("ru", "«Old rose» нельзя вернуть: его название или код тем временем получила запись «New rose»."),
])  # fmt: skip
def test_a_refusal_names_what_stands_in_the_way_and_the_row_stays(login, staff, language, said):
    owner = staff("owner", language=language)
    old = gone(product("Old rose", sku="R1"), by=owner)
    product("New rose", sku="r1")
    before = list(Product.all_objects.order_by("pk").values())
    answer = login(owner).post(f"/trash/product/{old.pk}/restore/")
    assert answer.status_code == 409
    assert said in text_of(answer)
    assert f'id="restore_product_{old.pk}"' in answer.content.decode()
    assert list(Product.all_objects.order_by("pk").values()) == before


def test_an_owner_that_is_deleted_too_comes_first(login, owner):
    shelf = ProductCategory.objects.create(name="Shelf")
    rose = gone(product(category=shelf), by=owner)
    gone(shelf, by=owner)
    answer = login(owner).post(f"/trash/product/{rose.pk}/restore/")
    assert answer.status_code == 409
    assert "Restore “Shelf” first: it is deleted too." in text_of(answer)
    assert not Product.objects.exists()


@pytest.mark.parametrize("role", ["owner", "manager", "florist", "seller", "courier"])
def test_who_sees_the_trash_and_who_removes_for_good(login, staff, role):
    rose, cellar = gone(product()), gone(Warehouse.objects.create(name="Cellar"))
    browser, office = login(staff(role)), role in {"owner", "manager"}
    page = browser.get("/trash/")
    assert page.status_code == (200 if office else 403)
    assert ("Cellar" in text_of(page)) == (role == "owner"), "places are the owner's"
    assert (f'id="remove_product_{rose.pk}"' in page.content.decode()) == (role == "owner")
    for method in (browser.get, browser.post):
        answer = method(f"/trash/product/{rose.pk}/", {"name": "Rose"})
        assert (answer.status_code == 403) == (role != "owner")
    assert Product.all_objects.exists() == (role != "owner")
    answer = browser.post(f"/trash/warehouse/{cellar.pk}/restore/")
    assert answer.status_code == {"owner": 302, "manager": 404}.get(role, 403)
    assert Warehouse.objects.filter(pk=cellar.pk).exists() == (role == "owner")


def test_the_service_asks_for_the_right_too(shop, manager, florist):
    rose = gone(product())
    for person, work in (
        (florist, lambda who: bring_back(PRODUCT, rose.pk, by=who)),
        (manager, lambda who: purge(PRODUCT, rose.pk, typed="Rose", by=who)),
    ):
        with pytest.raises(NotAllowed, match="Your role does not permit this"):
            work(person)
    assert Product.all_objects.get().is_deleted


@pytest.mark.django_db(transaction=False)
def test_removing_for_good_takes_what_belongs_to_it_and_its_files_after_the_commit(
    shop, owner, django_capture_on_commit_callbacks
):
    rose = product()
    photo = ProductPhoto.objects.create(product=rose)
    PurchaseUnit.objects.create(product=rose, factor=25)
    path = photo.path("thumb")
    default_storage.save(path, ContentFile(b"picture"))
    gone(rose, by=owner)
    with django_capture_on_commit_callbacks() as after:
        purge(PRODUCT, rose.pk, typed=" rose ", by=owner)
    assert not Product.all_objects.exists()
    assert not ProductPhoto.all_objects.exists()
    assert not PurchaseUnit.objects.exists()
    assert default_storage.exists(path), "not before the commit"
    for work in after:
        work()
    assert not default_storage.exists(path)


def test_another_name_is_refused_beside_the_field_and_nothing_goes(login, owner):
    rose = gone(product(), by=owner)
    answer = login(owner).post(f"/trash/product/{rose.pk}/", {"name": "Tulip"})
    assert answer.status_code == 422
    assert "This is not its name. To remove it for good, write: Rose" in text_of(answer)
    assert Product.all_objects.get().is_deleted
    assert login(owner).post(f"/trash/product/{rose.pk}/", {"name": ""}).status_code == 422
    with pytest.raises(BadInput, match="This is not its name"):
        purge(PRODUCT, rose.pk, typed="Ros", by=owner)


@pytest.mark.parametrize(("language", "said"), [
    ("en", "can't be removed for good: the history names it (components: 1)"),
    ("ru", "нельзя удалить навсегда: на эту запись ссылается история (состав: 1)"),
])  # fmt: skip
def test_what_still_names_it_is_listed_and_nothing_goes(login, staff, language, said):
    owner, rose = staff("owner", language=language), product()
    bouquet = ProductKit.objects.create(name="Morning")
    KitItem.objects.create(kit=bouquet, product=rose, quantity=1)
    for row in (bouquet, rose):
        gone(row, by=owner)
    page = login(owner).get(f"/trash/product/{rose.pk}/").content.decode()
    assert 'id="remove"' not in page, "no button that can only refuse"
    answer = login(owner).post(f"/trash/product/{rose.pk}/", {"name": "Rose"})
    assert answer.status_code == 409
    assert said in text_of(answer)
    assert Product.all_objects.get(pk=rose.pk).is_deleted
    purge(KINDS["productkit"], bouquet.pk, typed="Morning", by=owner)
    purge(PRODUCT, rose.pk, typed="Rose", by=owner)
    assert not Product.all_objects.exists()


def test_goods_that_were_ever_in_stock_stay_in_the_history(shop, owner):
    from inventory.services.write_offs import write_off

    rose = stocked("Rose", ("5", "10"))
    write_off(product=rose, warehouse=warehouse(), quantity=Decimal(5), reason="gift")
    gone(rose, by=owner)
    with pytest.raises(StillNamed) as refusal:
        purge(PRODUCT, rose.pk, typed="Rose", by=owner)
    assert {"receipt lines: 1", "write-offs: 1"} <= set(refusal.value.data["named_by"])
    rose.refresh_from_db()
    assert rose.is_deleted


def test_only_what_is_deleted_can_be_removed_for_good(shop, owner):
    rose = product()
    for key in (rose.pk, rose.pk + 1):
        with pytest.raises(StaleForm, match="not in the trash any more"):
            purge(PRODUCT, key, typed="Rose", by=owner)
    assert Product.objects.get() == rose
    with pytest.raises(StaleForm, match="not in the trash any more"):
        bring_back(PRODUCT, rose.pk + 1, by=owner)


def test_a_live_or_unknown_row_has_no_page(login, owner):
    rose, browser = product(), login(owner)
    for url in (f"/trash/product/{rose.pk}/", "/trash/product/999999/", f"/trash/user/{owner.pk}/", "/trash/x/1/"):
        assert browser.get(url).status_code == 404, url
        assert browser.post(url, {"name": "Rose"}).status_code == 404, url
    assert browser.post("/trash/product/999999/restore/").status_code == 404
    assert browser.post(f"/trash/user/{owner.pk}/restore/").status_code == 404


def test_a_reference_that_the_count_missed_is_still_refused(shop, owner, monkeypatch):
    """The control: without the list the database's own rules keep the row."""
    monkeypatch.setattr(trash, "what_names", lambda row: [])
    group, rose = ProductVariantGroup.objects.create(name="Any red"), product()
    ProductVariant.objects.create(group=group, product=rose)
    gone(group, by=owner)
    gone(rose, by=owner)
    with pytest.raises(StillNamed, match="other rows"), transaction.atomic():
        purge(PRODUCT, rose.pk, typed="Rose", by=owner)
    assert Product.all_objects.get().is_deleted


def test_the_list_keeps_to_its_statements_however_many_rows(login, owner):
    browser = login(owner)
    for number in range(3):
        one_of_each_named(owner, number)
    browser.get("/trash/")
    with CaptureQueriesContext(connection) as few:
        browser.get("/trash/")
    for number in range(3, 9):
        one_of_each_named(owner, number)
    with CaptureQueriesContext(connection) as many:
        page = browser.get("/trash/")
    assert page.content.count(b'scope="row"') == 27
    assert len(few) == len(many)
    asked = [entry for entry in many if not entry["sql"].startswith(("SET ", "SAVEPOINT", "RELEASE"))]
    assert len(asked) <= 12
    with CaptureQueriesContext(connection) as part:
        browser.get("/trash/?q=rose", headers={"HX-Request": "true"})
    assert len(part) <= 8


def one_of_each_named(by, number):
    gone(product(f"Rose {number}"), by=by)
    gone(Supplier.objects.create(name=f"Farm {number}"), by=by)
    gone(Contact.objects.create(name=f"Anna {number}"), by=by)
