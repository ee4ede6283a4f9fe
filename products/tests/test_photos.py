"""Photos: what is let in, what becomes of it, and that nothing is left of what was refused."""

import io
import struct
import threading
import zlib
from decimal import Decimal

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone, translation
from django_tenants.files.storage import TenantFileSystemStorage
from PIL import Image

from core.access import RIGHTS, Role
from core.errors import BadInput
from core.photos import MAX_BYTES, MAX_NAME, MAX_PHOTOS, PhotoNotStored, read_picture, shown_name
from products.models import Product, ProductKit, ProductPhoto
from products.services.photos import add_photos, make_main

RED, BLUE = (200, 20, 20), (20, 20, 200)


def picture(kind="JPEG", size=(300, 200), colour=RED, **options):
    target = io.BytesIO()
    Image.new("RGB", size, colour).save(target, kind, **options)
    return target.getvalue()


def upload(content=None, name="rose.jpg"):
    return SimpleUploadedFile(name, picture() if content is None else content, content_type="image/jpeg")


def read(content, name="rose.jpg"):
    return read_picture(io.BytesIO(content), name=name, size=len(content))


def product(name="Rose"):
    return Product.objects.create(name=name, sale_price=Decimal(10))


def files_of(photo):
    return {name: default_storage.exists(photo.path(name)) for name in ("original", "large", "medium", "thumb")}


def every_file(settings):
    return [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


def png_that_promises(width, height):
    """A PNG whose header promises a size and whose pixels are missing."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
GIF = picture("GIF")
BAD = {
    "empty": (b"", "a.jpg", "is empty", "пуст"),
    "no picture": (b"just words", "a.jpg", "no picture that can be used", "не снимок"),
    "a drawing": (SVG, "a.jpg", "no picture that can be used", "не снимок"),
    "a page": (b"<!doctype html><script>alert(1)</script>", "a.png", "no picture that can be used", "не снимок"),
    "a document": (b"%PDF-1.7\n", "a.jpg", "no picture that can be used", "не снимок"),
    "an archive": (b"PK\x03\x04" + b"0" * 50, "a.webp", "no picture that can be used", "не снимок"),
    "a GIF": (GIF, "a.gif", "no picture that can be used", "не снимок"),
    "a TIFF": (picture("TIFF"), "a.jpg", "no picture that can be used", "не снимок"),
    "another ending": (picture("PNG"), "a.jpg", "it is a PNG", "на деле это PNG"),
    "an ending of a page": (picture(), "a.html", "it is a JPEG", "на деле это JPEG"),
    "cut": (picture(size=(900, 900), quality=100)[:3000], "a.jpg", "damaged", "повреждён"),
    "without pixels": (png_that_promises(10, 10), "a.png", "damaged", "повреждён"),
    "0 by 0": (png_that_promises(0, 0), "a.png", "", ""),
    "a long side": (png_that_promises(12_001, 2), "a.png", "too many pixels", "слишком много точек"),
    "41 megapixels": (png_that_promises(8_200, 5_000), "a.png", "too many pixels", "слишком много точек"),
    "a bomb": (png_that_promises(60_000, 60_000), "a.png", "too many pixels", "слишком много точек"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_refused_by_name_in_both_languages_and_leaves_nothing(shop, login, staff, settings, kind):
    content, name, said_en, said_ru = BAD[kind]
    rose = product()
    for language, said in (("en", said_en), ("ru", said_ru)):
        browser = login(staff("owner", language=language))
        url = reverse("products:product_photos", args=[rose.pk])
        answer = browser.post(url, {"photos": upload(content, name)}, headers={"accept": "application/json"})
        assert answer.status_code == 422
        [refusal] = answer.json()["refusals"]
        assert said in refusal
        assert name in refusal
    assert not ProductPhoto.all_objects.exists()
    assert every_file(settings) == []


def test_a_file_over_the_limit_is_refused_before_it_is_read():
    class Untouchable(io.BytesIO):
        def read(self, *args):
            raise AssertionError("read")

    for language, said in (("en", "larger than 15 MB"), ("ru", "больше 15 МБ")):
        with translation.override(language), pytest.raises(BadInput) as refusal:
            read_picture(Untouchable(), name="big.jpg", size=MAX_BYTES + 1)
        with translation.override(language):
            assert said in str(refusal.value)


@pytest.mark.parametrize(("kind", "name"), [("JPEG", "a.JPG"), ("PNG", "a.png"), ("WEBP", "a.webp"), ("JPEG", "blob")])
def test_each_format_becomes_the_same_renditions(kind, name):
    made = read(picture(kind, size=(2000, 1000)), name)
    assert (made.width, made.height) == (2000, 1000)
    sizes = {}
    for rendition, content in made.contents.items():
        with Image.open(io.BytesIO(content)) as image:
            sizes[rendition] = (image.format, image.size)
    assert sizes == {
        "original": ("JPEG", (2000, 1000)),
        "large": ("WEBP", (1600, 800)),
        "medium": ("WEBP", (800, 400)),
        "thumb": ("WEBP", (240, 120)),
    }


def test_a_small_picture_is_not_blown_up():
    with Image.open(io.BytesIO(read(picture(size=(100, 50))).contents["large"])) as image:
        assert image.size == (100, 50)


def test_a_photo_is_turned_upright_and_says_nothing_of_where_it_was_taken():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    exif[0x010F] = "SECRET MAKER"
    exif.get_ifd(0x8825)[1] = "N"
    made = read(picture(size=(300, 200), exif=exif, icc_profile=b"SECRET PROFILE" * 9))
    assert (made.width, made.height) == (200, 300)
    for content in made.contents.values():
        assert b"SECRET" not in content
        with Image.open(io.BytesIO(content)) as image:
            assert not image.getexif()
            assert not {"exif", "icc_profile", "comment", "xmp"} & set(image.info)


def test_what_hangs_on_a_picture_is_not_kept():
    evil = picture(comment=b"<script>alert(1)</script>") + b"<script>alert(2)</script>PK\x03\x04"
    for content in read(evil).contents.values():
        assert b"script" not in content
        assert b"PK\x03\x04" not in content


@pytest.mark.parametrize(("kind", "name"), [("PNG", "a.png"), ("WEBP", "a.webp")])
def test_of_moving_pictures_the_first_is_taken(kind, name):
    target = io.BytesIO()
    frames = [Image.new("RGB", (60, 60), BLUE) for _number in range(20)]
    Image.new("RGB", (60, 60), RED).save(target, kind, save_all=True, append_images=frames, lossless=True)
    with Image.open(io.BytesIO(read(target.getvalue(), name).contents["thumb"])) as image:
        assert getattr(image, "n_frames", 1) == 1
        red, _green, blue = image.convert("RGB").getpixel((30, 30))
        assert red > 150 > blue


def test_what_is_transparent_becomes_white():
    target = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(target, "PNG")
    with Image.open(io.BytesIO(read(target.getvalue(), "a.png").contents["original"])) as image:
        assert min(image.getpixel((20, 20))) > 250


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("C:\\Users\\anna\\роза.png", "роза.png"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("a\x00b\n.jpg", "ab.jpg"),
        ("x" * 300, "x" * MAX_NAME),
        ("\u200b", "?"),
    ],
)
def test_a_file_name_is_only_for_showing(name, shown):
    assert shown_name(name) == shown


def test_files_appear_with_the_commit_under_the_keys_of_the_rows(shop, settings, django_capture_on_commit_callbacks):
    rose = product()
    with django_capture_on_commit_callbacks(execute=True):
        [photo] = add_photos(rose, [read(picture(), "..\\роза.jpg")])
        assert every_file(settings) == [], "nothing before the commit"
    assert set(files_of(photo).values()) == {True}
    assert (photo.width, photo.height, photo.original_name) == (300, 200, "роза.jpg")
    assert photo.path("thumb") == f"products/{rose.pk}/{photo.pk}/thumb.webp"
    with django_capture_on_commit_callbacks(execute=True):
        photo.hard_delete()
    assert every_file(settings) == []


def test_a_rollback_leaves_no_file(shop, settings, django_capture_on_commit_callbacks):
    from django.db import transaction

    rose = product()
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(RuntimeError), transaction.atomic():
        add_photos(rose, [read(picture())])
        raise RuntimeError
    assert every_file(settings) == []
    assert not ProductPhoto.all_objects.exists()


def test_a_full_disk_takes_the_rows_back_and_says_so(shop, settings, monkeypatch, django_capture_on_commit_callbacks):
    rose = product()
    real, calls = TenantFileSystemStorage.save, []

    def full(storage, path, content):
        calls.append(path)
        if len(calls) > 5:
            raise OSError(28, "No space left on device")
        return real(storage, path, content)

    monkeypatch.setattr(TenantFileSystemStorage, "save", full)

    for language, said in (("en", "could not be stored: the disk is full"), ("ru", "Не удалось сохранить фотографии")):
        calls.clear()
        with translation.override(language):
            with pytest.raises(PhotoNotStored) as refusal, django_capture_on_commit_callbacks(execute=True):
                add_photos(rose, [read(picture()), read(picture())])
            assert said in str(refusal.value)
        assert not ProductPhoto.all_objects.exists()
        assert every_file(settings) == []


def test_a_product_has_at_most_twenty_photos(shop):
    rose, some = product(), read(picture())
    add_photos(rose, [some] * (MAX_PHOTOS - 1))
    for language, said in (("en", "would have 21 photos, at most 20"), ("ru", "стало бы фотографий: 21")):
        with translation.override(language), pytest.raises(BadInput) as refusal:
            add_photos(rose, [some, some])
        with translation.override(language):
            assert said in str(refusal.value)
    assert rose.photos.count() == MAX_PHOTOS - 1


def test_a_deleted_product_gets_no_photos(shop):
    rose = product()
    rose.delete()
    for language, said in (("en", "is deleted. Restore it"), ("ru", "удалено. Сначала восстановите")):
        with translation.override(language), pytest.raises(BadInput) as refusal:
            add_photos(rose, [read(picture())])
        with translation.override(language):
            assert said in str(refusal.value)
    assert not ProductPhoto.all_objects.exists()


def test_the_first_photo_is_the_main_one_and_another_can_take_its_place(shop):
    rose, some = product(), read(picture())
    first, second, third = add_photos(rose, [some] * 3)
    make_main(third)
    assert list(rose.photos.all()) == [third, first, second]
    [fourth] = add_photos(rose, [some])
    assert list(rose.photos.all()) == [third, first, second, fourth]


@pytest.mark.parametrize("role", list(Role))
def test_photos_are_changed_by_those_who_change_the_catalogue(shop, login, staff, role):
    rose = product()
    [photo] = add_photos(rose, [read(picture())])
    browser = login(staff(role))
    allowed = role in RIGHTS["catalogue.change"]
    answer = browser.post(reverse("products:product_photos", args=[rose.pk]), {"photos": upload()})
    assert answer.status_code == (302 if allowed else 403)
    change = reverse("products:product_photo", args=[rose.pk, photo.pk])
    assert browser.post(change, {"do": "describe", "alt": "A rose"}).status_code == (302 if allowed else 403)
    photo.refresh_from_db()
    assert photo.alt == ("A rose" if allowed else "")
    assert rose.photos.count() == (2 if allowed else 1)


def test_the_plain_form_sends_several_and_keeps_the_good_ones(
    shop, login, owner, settings, django_capture_on_commit_callbacks
):
    rose = product()
    browser, url = login(owner), reverse("products:product_photos", args=[rose.pk])
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(
            url, {"photos": [upload(name="one.jpg"), upload(SVG, "two.jpg"), upload(name="three.jpg")]}
        )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "“two.jpg” is no picture" in page
    assert "2 photos are added." in page
    assert [photo.original_name for photo in rose.photos.all()] == ["one.jpg", "three.jpg"]
    assert len(every_file(settings)) == 8
    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(url, {"photos": upload()}).status_code == 302
    detail = browser.get(reverse("products:product_detail", args=[rose.pk])).content.decode()
    assert detail.count("/thumb.webp") == 3
    listed = browser.get(reverse("products:product_list")).content.decode()
    thumb = rose.photos.first().thumb_url
    assert thumb in listed
    assert b"".join(browser.get(thumb).streaming_content)[:4] == b"RIFF"


@pytest.mark.parametrize(
    ("language", "none", "many"),
    [
        ("en", "No picture is chosen. Choose one or several", "Too many pictures at once: 21, at most 20."),
        ("ru", "Не выбран ни один снимок. Выберите один", "Слишком много снимков сразу: 21, можно не больше 20."),
    ],
)
def test_no_file_and_too_many_files_are_refused(login, staff, language, none, many):
    browser = login(staff("owner", language=language))
    url = reverse("products:product_photos", args=[product().pk])
    for files, said in (({}, none), ({"photos": [upload() for _number in range(21)]}, many)):
        answer = browser.post(url, files)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert not ProductPhoto.all_objects.exists()


def test_a_bouquet_has_photos_too_and_they_are_removed_without_losing_the_files(
    shop, login, owner, settings, django_capture_on_commit_callbacks
):
    bouquet = ProductKit.objects.create(name="Spring", sale_price=Decimal(900))
    browser = login(owner)
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(reverse("products:kit_photos", args=[bouquet.pk]), {"photos": [upload(), upload()]})
    first, second = bouquet.photos.all()
    assert first.thumb_url in browser.get(reverse("products:kit_list")).content.decode()
    change = reverse("products:kit_photo", args=[bouquet.pk, first.pk])
    part = browser.post(change, {"do": "remove"}, headers={"hx-request": "true"}).content.decode()
    assert part.startswith("<section")
    assert first.thumb_url not in part
    assert list(bouquet.photos.all()) == [second]
    first.refresh_from_db()
    assert first.deleted_by == owner
    assert len(every_file(settings)) == 8
    assert browser.post(change, {"do": "main"}).status_code == 404
    other = ProductKit.objects.create(name="Autumn", sale_price=Decimal(900))
    foreign = reverse("products:kit_photo", args=[other.pk, second.pk])
    assert browser.post(foreign, {"do": "remove"}).status_code == 404
    assert timezone.now() > first.deleted_at


@pytest.mark.parametrize(
    ("fields", "language", "said"),
    [
        ({"do": "fly"}, "en", "This page is out of date. Open it again"),
        ({"do": "fly"}, "ru", "Страница устарела. Откройте её заново"),
        ({"do": "describe", "alt": "x" * 201}, "en", "The text is too long: 201 characters"),
        ({"do": "describe", "alt": "a\x00b"}, "ru", "непечатаемые знаки"),
    ],
)
def test_a_change_that_can_not_be_meant_is_refused(login, staff, fields, language, said):
    rose = product()
    [photo] = add_photos(rose, [read(picture())])
    browser = login(staff("owner", language=language))
    answer = browser.post(reverse("products:product_photo", args=[rose.pk, photo.pk]), fields)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    photo.refresh_from_db()
    assert photo.alt == ""


def positions_after_sending_at_once(in_threads, count):
    rose, some = product(), read(picture())
    outcomes = in_threads(count, lambda _number: add_photos(rose, [some]))
    assert not [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    return sorted(rose.photos.values_list("position", flat=True))


@pytest.mark.race
def test_people_who_send_photos_at_once_do_not_number_them_alike(committed_shop, in_threads):
    assert positions_after_sending_at_once(in_threads, 6) == list(range(6))


@pytest.mark.race
def test_without_the_lock_they_would(committed_shop, in_threads, monkeypatch):
    everybody_has_counted = threading.Barrier(2)
    save = ProductPhoto.save

    def late_save(photo, *args, **kwargs):
        everybody_has_counted.wait(timeout=20)
        save(photo, *args, **kwargs)

    monkeypatch.setattr("products.services.photos._lock", lambda owner: None)
    monkeypatch.setattr(ProductPhoto, "save", late_save)
    assert positions_after_sending_at_once(in_threads, 2) == [0, 0]
