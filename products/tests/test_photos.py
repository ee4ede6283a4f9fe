"""Photos: what is let in, what becomes of it, and that nothing is left of what was refused."""

import io
import os
import struct
import threading
import uuid
import zlib
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django_tenants.files.storage import TenantFileSystemStorage
from PIL import Image

from core.access import RIGHTS, Role
from core.errors import BadInput, StaleForm
from core.models import RecentAction
from core.photos import (
    FORMATS,
    MAX_BYTES,
    MAX_NAME,
    MAX_PHOTOS,
    ORIGINAL_SIDE,
    PhotoNotStored,
    forget_unstored,
    read_picture,
    shown_name,
)
from core.soft_delete import CannotRestore
from core.transactions import run
from core.undo import undo
from core.uploads import LargeFile, forget_uploads
from products.models import Product, ProductCategory, ProductCategoryPhoto, ProductKit, ProductPhoto
from products.services.photos import add_photos, make_main, move_photo, order_photos, restore_photo

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
    "51 megapixels": (png_that_promises(8_500, 6_000), "a.png", "too many pixels", "слишком много точек"),
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


@pytest.mark.parametrize(("size", "kept"), [((4032, 3024), (2560, 1920)), ((3000, 5600), (1371, 2560))])
def test_a_large_picture_keeps_its_proportions_and_a_jpeg_is_never_decoded_larger_than_need_be(size, kept, monkeypatch):
    decoded = []
    thumbnail = Image.Image.thumbnail

    def watched(image, *args, **kwargs):
        decoded.append(image.size)
        return thumbnail(image, *args, **kwargs)

    monkeypatch.setattr(Image.Image, "thumbnail", watched)
    made = read(picture(size=size))
    assert (made.width, made.height) == kept
    assert max(kept) == ORIGINAL_SIDE
    # 5600 is more than twice what is kept: the decoder itself leaves out every second point.
    assert decoded[0] == ((1500, 2800) if max(size) > 2 * ORIGINAL_SIDE else size)
    sides = {}
    for rendition, content in made.contents.items():
        with Image.open(io.BytesIO(content)) as image:
            sides[rendition] = max(image.size)
            assert abs(image.width / image.height - size[0] / size[1]) < 0.01
    assert sides == {"original": 2560, "large": 1600, "medium": 800, "thumb": 240}


def heic(size=(300, 200), **options):
    pillow_heif = pytest.importorskip("pillow_heif")
    target = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", size, RED)).save(target, quality=80, **options)
    return target.getvalue()


def test_a_heic_is_taken_upright_and_without_what_the_telephone_wrote_into_it():
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SECRET MAKER"
    made = read(heic(exif=exif.tobytes()), "IMG_0001.HEIC")
    assert (made.width, made.height) == (200, 300)
    for content in made.contents.values():
        assert b"SECRET" not in content
        with Image.open(io.BytesIO(content)) as image:
            red, _green, blue = image.convert("RGB").getpixel((5, 5))
            assert red > 150 > blue
    for content, said in ((heic((900, 900))[:400], "damaged"), (heic(), "it is a HEIF")):
        with pytest.raises(BadInput, match=said):
            read(content, "a.jpg" if said != "damaged" else "a.heic")


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "is a HEIC, which can't be read here. Save it as JPEG"), ("ru", "Сохраните его как JPEG")],
)
def test_without_the_library_a_heic_is_refused_with_what_to_do(monkeypatch, language, said):
    monkeypatch.setattr("core.photos.FORMATS", [name for name in FORMATS if name != "HEIF"])
    start = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 200
    with translation.override(language), pytest.raises(BadInput) as refusal:
        read(start, "IMG_0001.heic")
    with translation.override(language):
        assert said in str(refusal.value)
        assert "IMG_0001.heic" in str(refusal.value)


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
    photo.refresh_from_db()
    assert (photo.width, photo.height, photo.original_name) == (300, 200, "роза.jpg")
    assert photo.path("thumb") == f"products/{rose.pk}/{photo.pk}/thumb.webp"
    with django_capture_on_commit_callbacks(execute=True):
        photo.hard_delete()
    assert every_file(settings) == []


def test_a_rollback_leaves_no_file(shop, settings, django_capture_on_commit_callbacks):
    rose = product()
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(RuntimeError), transaction.atomic():
        add_photos(rose, [read(picture())])
        raise RuntimeError
    assert every_file(settings) == []
    assert not ProductPhoto.all_objects.exists()


def test_a_rolled_back_removal_loses_no_file(shop, settings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        [photo] = add_photos(product(), [read(picture())])
    key = photo.pk
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(RuntimeError), transaction.atomic():
        photo.hard_delete()
        raise RuntimeError
    assert ProductPhoto.objects.filter(pk=key).exists()
    assert len(every_file(settings)) == 4


def test_what_a_process_killed_between_commit_and_files_leaves_goes_with_the_days_work(
    shop, settings, monkeypatch, django_capture_on_commit_callbacks
):
    """The row is there, two of four files are: what knows no size was never stored as a whole."""
    rose = product()
    with django_capture_on_commit_callbacks(execute=True):
        [whole] = add_photos(rose, [read(picture())])
    real, calls = TenantFileSystemStorage.save, []

    def dies(storage, path, content):
        calls.append(path)
        if len(calls) > 2:
            raise KeyboardInterrupt  # no error that anybody handles
        return real(storage, path, content)

    monkeypatch.setattr(TenantFileSystemStorage, "save", dies)
    with pytest.raises(KeyboardInterrupt), django_capture_on_commit_callbacks(execute=True):
        add_photos(rose, [read(picture())])
    assert len(every_file(settings)) == 6
    now = timezone.now()
    assert forget_unstored(now=now + timedelta(minutes=59)) == 0, "it may still be under way"
    with django_capture_on_commit_callbacks(execute=True):
        assert forget_unstored(now=now + timedelta(minutes=61)) == 1
    assert list(ProductPhoto.all_objects.all()) == [whole]
    assert set(files_of(whole).values()) == {True}
    assert len(every_file(settings)) == 4
    assert forget_unstored(now=now + timedelta(days=2)) == 0


def test_what_is_left_of_uploads_goes_after_a_day(settings):
    now = timezone.now()
    folder = settings.MEDIA_ROOT / "temp"
    with LargeFile("rose.jpg", "image/jpeg", 0, None) as under_way:
        assert len(every_file(settings)) == 1, "in a folder of its own"
        left, fresh = folder / "left.upload", folder / "fresh.upload"
        for path, age in ((left, 25), (fresh, 23)):
            path.write_bytes(b"x")
            then = (now - timedelta(hours=age)).timestamp()
            os.utime(path, (then, then))
        assert forget_uploads(now=now) == 1
        assert not left.exists()
        assert fresh.exists()
        assert under_way.read() == b""
    assert forget_uploads(now=now) == 0
    assert [path.name for path in every_file(settings)] == ["fresh.upload"]


def test_a_large_upload_lies_in_that_folder_only_while_it_is_read(shop, login, owner, settings, monkeypatch):
    seen = []
    real = read_picture

    def look(file, **kwargs):
        seen.extend(path.parent.name for path in every_file(settings))
        return real(file, **kwargs)

    monkeypatch.setattr("core.photos.read_picture", look)
    noise = Image.frombytes("RGB", (1000, 1000), os.urandom(3_000_000))
    target = io.BytesIO()
    noise.save(target, "PNG")
    assert len(target.getvalue()) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE
    url = reverse("products:product_photos", args=[product().pk])
    assert login(owner).post(url, {"photos": upload(target.getvalue(), "a.png")}).status_code == 302
    assert seen == ["temp"]
    assert every_file(settings) == [], "the photo's own files wait for the commit"


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


def test_photos_go_one_place_on_and_into_any_order(shop):
    rose, some = product(), read(picture())
    first, second, third = add_photos(rose, [some] * 3)
    move_photo(third, earlier=True)
    assert list(rose.photos.all()) == [first, third, second]
    move_photo(first, earlier=True)
    move_photo(second, earlier=False)
    assert list(rose.photos.all()) == [first, third, second], "at the ends nothing changes"
    order_photos(rose, [second.pk, first.pk, third.pk], was=[first.pk, third.pk, second.pk])
    assert list(rose.photos.all()) == [second, first, third]
    second.delete()
    with pytest.raises(StaleForm, match="removed meanwhile"):
        move_photo(second, earlier=False)


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Somebody changed these photos meanwhile"), ("ru", "Фотографии тем временем кто-то изменил")],
)
def test_an_order_of_photos_that_were_others_is_refused_calmly(shop, login, staff, language, said):
    rose, some = product(), read(picture())
    first, second, third = add_photos(rose, [some] * 3)
    browser, url = login(staff("owner", language=language)), reverse("products:product_photo_order", args=[rose.pk])
    seen = f"{first.pk},{second.pk}"  # before the third one came
    answer = browser.post(url, {"was": seen, "order": f"{second.pk},{first.pk}"}, headers={"hx-request": "true"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert said in page
    assert 'data-tone="warn"' in page
    assert page.count("data-photo=") == 3, "as they are now"
    for order in ("", "x", f"{first.pk}", f"{first.pk},{first.pk},{second.pk}", "1" * 30):
        was = f"{first.pk},{second.pk},{third.pk}"
        assert browser.post(url, {"was": was, "order": order}).status_code == 422, order
    assert list(rose.photos.all()) == [first, second, third]
    done = browser.post(url, {"was": f"{seen},{third.pk}", "order": f"{third.pk},{seen}"})
    assert done.status_code == 302
    assert list(rose.photos.all()) == [third, first, second]


def test_a_picture_that_is_sent_twice_is_hung_once(shop, login, owner):
    rose = product()
    browser, url, key = login(owner), reverse("products:product_photos", args=[rose.pk]), uuid.uuid4().hex
    answers = [
        browser.post(url, {"photos": upload(), "key": key}, headers={"accept": "application/json"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    [photo] = rose.photos.all()
    assert [answer.json()["photos"] for answer in answers] == [[photo.pk]] * 2
    other = browser.post(url, {"photos": upload(name="other.jpg"), "key": key}, headers={"accept": "application/json"})
    assert other.status_code == 422
    assert "already sent with other values" in other.json()["refusals"][0]
    browser.post(url, {"photos": upload(), "key": "no key"})
    assert rose.photos.count() == 2


def test_a_removed_photo_comes_back_by_undo(shop, login, owner):
    rose = product()
    [photo] = add_photos(rose, [read(picture())])
    browser, change = login(owner), reverse("products:product_photo", args=[rose.pk, photo.pk])
    browser.post(change, {"do": "remove"})
    action = RecentAction.objects.get()
    assert not rose.photos.exists()
    undo(action, by=owner)
    assert list(rose.photos.all()) == [photo]
    browser.post(change, {"do": "remove"})
    later = RecentAction.objects.latest("pk")
    restore_photo(ProductPhoto.all_objects.get(), by=owner)
    with pytest.raises(StaleForm, match="restored since"):
        run(lambda: undo(later, by=owner))
    assert list(rose.photos.all()) == [photo]


def test_a_category_has_one_photo_which_is_replaced_removed_and_brought_back(
    shop, login, owner, settings, django_capture_on_commit_callbacks
):
    roses = ProductCategory.objects.create(name="Roses")
    browser, url = login(owner), reverse("products:category_photos", args=[roses.pk])
    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(url, {"photos": upload()}).url == reverse("products:category_edit", args=[roses.pk])
        first = roses.photos.get()
        browser.post(url, {"photos": upload(picture(colour=BLUE))})
    second = roses.photos.get()
    assert second != first
    assert second.thumb_url in browser.get(reverse("products:category_list")).content.decode()
    assert second.thumb_url in browser.get(reverse("products:category_edit", args=[roses.pk])).content.decode()
    gone = ProductCategoryPhoto.all_objects.get(pk=first.pk)
    assert gone.is_deleted
    assert gone.deleted_by == owner
    assert "photo of a category" in browser.get(reverse("trash")).content.decode().lower()
    restore_photo(gone, by=owner)
    assert list(roses.photos.all()) == [first], "it takes the place of the other one"
    browser.post(reverse("products:category_photo", args=[roses.pk, first.pk]), {"do": "remove"})
    assert not roses.photos.exists()
    undo(RecentAction.objects.latest("pk"), by=owner)
    assert list(roses.photos.all()) == [first]
    browser.post(reverse("products:category_photo", args=[roses.pk, first.pk]), {"do": "remove"})
    roses.delete()
    with pytest.raises(CannotRestore, match="Restore “Roses” first"):
        run(lambda: restore_photo(ProductCategoryPhoto.all_objects.get(pk=first.pk), by=owner))
    assert len(every_file(settings)) == 8, "nothing is lost"
    assert browser.post(url, {"photos": upload()}).status_code == 404


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
