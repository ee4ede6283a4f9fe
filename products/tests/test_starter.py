"""The list of goods to begin a catalogue with."""

import io
from decimal import Decimal

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from PIL import Image

from core.models import RecentAction
from core.soft_delete import restore
from core.undo import undo
from products import jobs
from products.models import GoodsImport, Kind, Product, ProductCategory, ProductPhoto, Unit
from products.services.photos import add_photos
from products.starter import DRAWN, drawings_version, entries, photo_of
from products.tests.test_photos import read

URL = "/catalogue/starter/"


def number_of(name, language="en"):
    return next(entry.number for entry in entries(language) if entry.name == name)


def test_the_list_is_whole_in_both_languages(shop):
    for language in ("ru", "en"):
        found = entries(language)
        assert len({entry.name.casefold() for entry in found}) == len(found) >= 80
        assert all(entry.name and entry.shelf for entry in found)
        assert {entry.kind for entry in found} <= set(Kind.values)
        assert {entry.unit for entry in found} <= set(Unit.values)
    assert [entry.kind for entry in entries("ru")] == [entry.kind for entry in entries("en")]


def test_what_is_ticked_is_shown_and_then_imported_like_a_file(shop, login, owner):
    browser, rose, service = login(owner), number_of("Rose 60 cm"), number_of("Hand-tying")
    answer = browser.post(URL, {"take": [rose, service], f"price-{rose}": "1 250,50"})
    kept = GoodsImport.objects.get()
    assert answer["Location"] == reverse("products:import_check", args=[kept.pk])
    assert not Product.objects.exists(), "nothing is written before it was looked at"
    page = browser.get(answer["Location"])
    assert browser.post(answer["Location"], {"seen": page.context["look"].fingerprint}).status_code == 302
    made = Product.objects.get(name="Rose 60 cm")
    assert (made.sale_price, made.vase_life_days, made.kind, made.unit) == (Decimal("1250.50"), 10, "flower", "stem")
    assert (made.category.name, made.role, made.is_active) == ("Roses", "focal", True)
    unpriced = Product.objects.get(name="Hand-tying")
    assert (unpriced.is_service, unpriced.is_active, unpriced.sale_price) == (True, False, 0)
    assert ProductCategory.objects.count() == 2


def test_a_price_without_a_tick_is_meant_too(shop, login, owner):
    rose = number_of("Rose 60 cm")
    answer = login(owner).post(URL, {f"price-{rose}": "90"})
    assert answer.status_code == 302


def test_every_entry_can_be_imported(shop, login, owner):
    owner.language = "ru"
    owner.save()
    browser = login(owner)
    answer = browser.post(URL, {"take": [entry.number for entry in entries("ru")]})
    plan = browser.get(answer["Location"]).context["look"]
    assert plan.problems == []
    assert plan.made == len(entries("ru"))
    assert browser.post(answer["Location"], {"seen": plan.fingerprint}).status_code == 302
    assert Product.objects.filter(name="Роза 40 см").exists()


def test_a_price_that_is_none_is_told_with_its_row(shop, login, owner):
    rose = number_of("Rose 60 cm")
    browser = login(owner)
    answer = browser.post(URL, {"take": [rose], f"price-{rose}": "cheap"})
    plan = browser.get(answer["Location"]).context["look"]
    assert [(problem.row, problem.value) for problem in plan.problems] == [(rose + 1, "cheap")]
    assert not Product.objects.exists()


@pytest.mark.parametrize("sent", [{}, {"take": "x"}, {"take": "-1"}, {"take": "99999999999999999999"}])
def test_nothing_ticked_is_said(shop, login, owner, sent):
    answer = login(owner).post(URL, sent)
    assert answer.status_code == 422
    assert "Nothing is ticked. Tick what you sell, then go on." in answer.content.decode()
    assert not GoodsImport.objects.exists()


def test_what_the_shop_has_is_not_offered_again(shop, login, owner):
    Product.objects.create(name="rose 60 CM", sale_price=1)
    browser, rose = login(owner), number_of("Rose 60 cm")
    page = browser.get(URL).content.decode()
    assert "Rose 60 cm · in the catalogue" in page
    assert browser.post(URL, {"take": [rose]}).status_code == 422


# --- Pictures --------------------------------------------------------------------------------------------------------


@pytest.fixture
def drawn(monkeypatch):
    """Looks as they are drawn, quickly and small."""
    looks = []

    def quickly(look):
        looks.append(look)
        return photo_of_once(look)

    monkeypatch.setattr("products.starter.PHOTO_SIDE", 32)
    monkeypatch.setattr(jobs, "photo_of", quickly)
    monkeypatch.setattr(jobs, "DRAWN_AT_ONCE", 3)
    return looks


@pytest.fixture
def do_work(do_jobs, django_capture_on_commit_callbacks):
    """Does the jobs; files are written as after a commit."""

    def do():
        with django_capture_on_commit_callbacks(execute=True):
            return do_jobs()

    return do


def photo_of_once(look, _kept={}):  # noqa: B006 - kept on purpose
    if look not in _kept:
        _kept[look] = photo_of(look)
    return _kept[look]


def imported(browser, *names, **sent):
    """Ask for what is called so, and import it."""
    answer = browser.post(URL, {"take": [number_of(name) for name in names], **sent})
    look = browser.get(answer["Location"]).context["look"]
    assert browser.post(answer["Location"], {"seen": look.fingerprint}).status_code == 302
    return GoodsImport.objects.latest("pk")


def address(number, version=None):
    return reverse("products:starter_picture", args=[version or drawings_version(), number])


def test_the_page_shows_the_picture_of_every_entry(shop, login, owner):
    page = login(owner).get(URL).content.decode()
    for entry in entries("en"):
        assert f'src="{address(entry.number)}"' in page


def test_a_picture_is_kept_by_the_browser_for_good(shop, login, owner):
    browser = login(owner)
    answer = browser.get(address(0))
    assert answer["Content-Type"] == "image/webp"
    with Image.open(io.BytesIO(answer.content)) as image:
        assert (image.format, image.size) == ("WEBP", (96, 96))
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    again = browser.get(address(0), headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert browser.get(address(1))["ETag"] != answer["ETag"]
    assert browser.get(address(1)).content != answer.content


def test_the_address_of_an_older_drawing_shows_the_newest_and_is_not_kept(shop, login, owner):
    answer = login(owner).get(address(0, "older"))
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer.content == login(owner).get(address(0)).content


@pytest.mark.parametrize("number", [93, 99999999999999999999])
def test_there_is_no_picture_of_no_entry(shop, login, owner, number):
    assert len(entries("en")) == 93
    assert login(owner).get(address(number)).status_code == 404


def test_pictures_are_for_those_who_may_change_the_catalogue(shop, login, staff):
    assert login(staff("courier")).get(address(0)).status_code == 403


def test_what_is_imported_with_pictures_gets_them_from_the_worker(shop, login, owner, do_work, drawn):
    browser = login(owner)
    imported(browser, "Rose 60 cm", "Vase", "Hand-tying", pictures="1")
    assert not ProductPhoto.objects.exists(), "nobody waits for drawings"
    do_work()
    assert sorted(drawn) == ["bouquet tied blush", "rose red", "vase glass"]
    rose = Product.objects.get(name="Rose 60 cm")
    [photo] = rose.photos.all()
    assert (photo.alt, photo.original_name, photo.width) == ("Rose 60 cm", "drawn-rose-red.jpg", 32)
    assert all(default_storage.exists(photo.path(size)) for size in ("original", "large", "medium", "thumb"))
    jobs.hang_drawings.enqueue(GoodsImport.objects.get().pk)
    assert do_work() == 1
    assert ProductPhoto.objects.count() == 3, "a job that is done twice hangs nothing twice"


def test_without_the_tick_there_are_no_pictures(shop, login, owner, do_jobs, drawn):
    imported(login(owner), "Rose 60 cm")
    do_jobs()
    assert not drawn
    assert not ProductPhoto.objects.exists()


def test_many_pictures_are_hung_a_few_at_a_time(shop, login, owner, do_work, drawn):
    imported(login(owner), "Rose 60 cm", "Vase", "Basket", "Calla", "Tulip", pictures="1")
    assert do_work() == 2
    assert ProductPhoto.objects.count() == 5


def test_who_has_a_photo_keeps_it_and_what_is_deleted_meanwhile_gets_none(shop, login, owner, do_work, drawn):
    imported(login(owner), "Rose 60 cm", "Vase", "Basket", pictures="1")
    rose, vase = Product.objects.get(name="Rose 60 cm"), Product.objects.get(name="Vase")
    add_photos(rose, [read(own_photo(), "own.jpg")])
    vase.delete()
    do_work()
    assert drawn == ["basket kraft"]
    assert [photo.original_name for photo in rose.photos.all()] == ["own.jpg"]
    assert not ProductPhoto.all_objects.filter(product=vase).exists()


def test_a_drawing_whose_files_were_never_written_is_hung_anew(shop, login, owner, do_work, drawn):
    imported(login(owner), "Rose 60 cm", pictures="1")
    lost = ProductPhoto.objects.create(product=Product.objects.get(), original_name=f"{DRAWN}rose-red.jpg")
    do_work()
    [photo] = ProductPhoto.all_objects.all()
    assert photo.pk != lost.pk
    assert photo.width == 32


def own_photo():
    target = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(target, "JPEG")
    return target.getvalue()


def test_taking_the_import_back_takes_its_drawings_and_leaves_own_photos(shop, login, owner, do_work, drawn):
    imported(login(owner), "Rose 60 cm", "Vase", pictures="1")
    do_work()
    rose, vase = Product.objects.get(name="Rose 60 cm"), Product.objects.get(name="Vase")
    add_photos(vase, [read(own_photo(), "own.jpg")])
    said = undo(RecentAction.objects.get(), by=owner)
    assert "These stay as they are, they were changed or used since: Vase." in str(said)
    assert list(Product.objects.all()) == [vase]
    assert vase.photos.count() == 2
    [gone] = ProductPhoto.all_objects.filter(product=rose)
    rose.refresh_from_db()
    assert gone.is_deleted
    assert gone.delete_batch == rose.delete_batch, "one deletion, which comes back as one"
    restore(rose, by=owner)
    assert rose.photos.get() == gone


def test_the_tick_is_kept_when_nothing_is_chosen_and_when_columns_are_looked_at(shop, login, owner):
    browser = login(owner)
    assert b'name="pictures" value="1" checked' in browser.get(URL).content
    assert b'name="pictures" value="1" checked' in browser.post(URL, {"pictures": "1"}).content
    assert b'name="pictures" value="1" checked' not in browser.post(URL, {}).content
    browser.post(URL, {"take": [number_of("Vase")], "pictures": "1"})
    kept = GoodsImport.objects.get()
    columns = reverse("products:import_columns", args=[kept.pk])
    page = browser.get(columns)
    assert "column_8" not in page.content.decode(), "the drawings are no column to choose"
    browser.post(columns, {f"column-{place}": key for place, key in enumerate(kept.columns[:8])})
    before = kept.columns
    kept.refresh_from_db()
    assert kept.columns == before
