"""`check_files`: what is missing is told, what nobody has may be removed, what is under way is left alone."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone, translation

from core.photo_check import check_photo_files, remove_orphans
from core.photos import forget_unstored
from core.tenancy import current_schema_name
from products.models import ProductPhoto
from products.services.photos import add_photos
from products.tests.test_photos import picture, product, read
from tests.killing import in_process, killed


@pytest.fixture
def photo(shop, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        [made] = add_photos(product(), [read(picture())])
    ProductPhoto.all_objects.update(created_at=timezone.now() - timedelta(hours=1))
    return made


def checked():
    return check_photo_files(now=timezone.now())


def command(**options):
    out, code = StringIO(), 0
    try:
        call_command("check_files", schema=current_schema_name(), stdout=out, stderr=out, **options)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue()


def test_what_agrees_is_fine_deleted_photos_included(photo):
    photo.delete()
    assert (checked().photos, checked().files, checked().missing, checked().orphans) == (1, 4, (), ())
    code, said = command()
    assert (code, "all in place" in said) == (0, True)


@pytest.mark.parametrize("how", ["gone", "empty"])
def test_a_file_that_is_missing_is_told_unless_it_may_still_be_on_its_way(photo, how):
    default_storage.delete(photo.path("medium"))
    if how == "empty":
        default_storage.save(photo.path("medium"), ContentFile(b""))
    assert checked().missing == (photo.path("medium"),)
    for language, words in (("en", "missing: 1"), ("ru", "нет на месте: 1")):
        with translation.override(language):
            code, said = command()
        assert (code, words in said, photo.path("medium") in said) == (1, True, True)
    ProductPhoto.all_objects.update(created_at=timezone.now())
    assert checked().missing == ()


def test_a_file_of_no_photo_is_told_and_removed_when_asked(photo):
    stray = "products/999/1/thumb.webp"
    default_storage.save(stray, ContentFile(b"x"))
    default_storage.save("other/notes.txt", ContentFile(b"not a photo's place"))
    assert checked().orphans == (stray,)
    assert command()[0] == 1
    assert default_storage.exists(stray), "nobody asked to remove it"
    code, said = command(as_json=True)
    assert (code, json.loads(said)[current_schema_name()]["orphans"]) == (1, [stray])
    assert command(remove_orphans=True)[0] == 0
    assert not default_storage.exists(stray)
    assert default_storage.exists("other/notes.txt")
    assert default_storage.exists(photo.path("large"))
    assert command()[0] == 0


def test_a_disk_that_refuses_is_no_finding(photo, monkeypatch):
    def refuse():
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("core.photo_check._sizes", refuse)
    code, said = command()
    assert (code, "could not be checked: Input/output error" in said) == (2, True)


WORK = """
import io
from PIL import Image
from core.photos import read_picture
from core.tenancy import in_schema
from products.models import Product, ProductPhoto
from products.services.photos import add_photos
with in_schema("rose"):
"""
ADD = f"""{WORK}
    file = io.BytesIO()
    Image.new("RGB", (30, 20)).save(file, "JPEG")
    file.seek(0)
    add_photos(Product.objects.get(), [read_picture(file, name="a.jpg", size=len(file.getvalue()))])
"""


@pytest.mark.slow
@pytest.mark.parametrize(("call", "files"), [(1, 0), (3, 2)])
def test_a_photo_whose_process_is_killed_before_its_files_are_there_is_told_and_goes(committed_shop, call, files):
    product()
    killed(ADD, before="core.shop_files.ShopFolders.save", call=call)
    [half] = ProductPhoto.objects.all()
    assert half.width is None
    later = timezone.now() + timedelta(hours=2)
    assert len(check_photo_files(now=later).missing) == 4 - files
    assert forget_unstored(now=timezone.now()) == 0, "nobody knows yet that it is dead"
    assert forget_unstored(now=later) == 1
    found = check_photo_files(now=later)
    assert (found.photos, found.files, found.missing, found.orphans) == (0, 0, (), ())


@pytest.mark.slow
def test_files_whose_process_is_killed_after_their_photo_has_gone_are_told_and_removed(committed_shop):
    product()
    assert in_process(ADD).returncode == 0
    later = timezone.now() + timedelta(hours=2)
    assert check_photo_files(now=later).missing == ()
    killed(f"{WORK}    ProductPhoto.objects.get().hard_delete()", before="core.shop_files.ShopFolders.delete", call=2)
    assert not ProductPhoto.all_objects.exists()
    found = check_photo_files(now=later)
    assert len(found.orphans) == 3
    remove_orphans(found)
    assert check_photo_files(now=later).files == 0


@pytest.mark.slow
def test_a_removal_whose_process_is_killed_before_the_commit_loses_nothing(committed_shop):
    product()
    assert in_process(ADD).returncode == 0
    killed(
        f"{WORK}    ProductPhoto.objects.get().hard_delete()",
        before="django.db.backends.postgresql.base.DatabaseWrapper._commit",
    )
    [photo] = ProductPhoto.objects.all()
    assert (photo.width, photo.height) == (30, 20)
    found = check_photo_files(now=timezone.now() + timedelta(hours=2))
    assert (found.photos, found.files, found.missing, found.orphans) == (1, 4, (), ())
