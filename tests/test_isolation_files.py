"""Files of a shop: on its own host, to its own people, and never run."""

import re

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import translation

from accounts.models import User
from core.photos import PhotoNotStored, Picture, hang_photos
from core.shop_files import shop_files
from core.tenancy import after_commit, in_public, in_schema, with_commit
from products.models import Product, ProductPhoto
from tests.files import PHOTO, both_ways, everything, in_the_store, names_of, read, write


@both_ways
def test_files_are_served_to_the_people_of_their_own_shop_only(media, login, owner, client, other_client):
    name = default_storage.save("products/1/1/thumb.webp", ContentFile(b"picture of rose"))
    url = default_storage.url(name)
    assert url == "/media/tenants/rose/products/1/1/thumb.webp"
    assert b"".join(login(owner).get(url).streaming_content) == b"picture of rose"
    assert client.get(url).status_code == 302, "strangers log in first"
    with in_schema("tulip"):
        tulips = User.objects.create_user("t", "t@example.com", role="owner")
    other_client.force_login(tulips)
    for path in (
        url,
        "/media/tenants/tulip/../rose/products/1/1/thumb.webp",
        "/media/tenants/tulip/%2e%2e/rose/products/1/1/thumb.webp",
        "/media/tenants/tulip/..%2frose/products/1/1/thumb.webp",
        "/media/tenants/tulip/..%5crose/products/1/1/thumb.webp",
        "/media/tenants/tulip/products/../../rose/products/1/1/thumb.webp",
        "/media/tenants/tulip//etc/passwd",
        "/media/tenants/tulip/products",
        "/media/tenants/tulip/products/1/1/thumb.webp",
        "/media/tenants/tulip/products/1/1/thumb.webp%00.webp",
        "/media/rose/products/1/1/thumb.webp",
        "/media/products/1/1/thumb.webp",
    ):
        assert other_client.get(path).status_code in {404, 400}, path


@both_ways
def test_the_platform_serves_no_files_of_shops(media, shop, owner, platform_client):
    url = default_storage.url(default_storage.save("products/1/1/thumb.webp", ContentFile(b"picture of rose")))
    with in_public():
        boss = User.objects.create_superuser("boss", "boss@example.com", "x")
    platform_client.force_login(boss)
    assert platform_client.get(url).status_code == 404


@both_ways
def test_an_uploaded_page_is_offered_for_saving_and_not_run(media, shop, login, owner):
    name = default_storage.save("products/1/evil.svg", ContentFile(b"<svg onload=alert(1)>"))
    answer = login(owner).get(default_storage.url(name))
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer["Cache-Control"]
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert b"".join(answer.streaming_content)


@both_ways
@pytest.mark.parametrize("name", ["../tulip/x.webp", "/etc/x.webp", "a/../../tulip/x.webp", "../../../x"])
def test_no_name_leads_out_of_the_shops_folder(media, shop, name):
    with pytest.raises(SuspiciousFileOperation):
        default_storage.save(name, ContentFile(b"x"))
    with pytest.raises(SuspiciousFileOperation):
        default_storage.open(name)
    assert everything() == []


@in_the_store
@pytest.mark.parametrize("name", ["..\\tulip\\x", "a//b", "a/./b", "a/", "", "nul\x00", "line\nfeed"])
def test_no_strange_key_comes_into_the_object_store(media, shop, name):
    with pytest.raises(SuspiciousFileOperation):
        default_storage._key("rose", name)
    with pytest.raises(SuspiciousFileOperation):
        shop_files().stage("rose", name, ContentFile(b"x"))
    assert everything() == []


@both_ways
def test_the_place_is_that_of_the_shop_at_the_moment_of_each_call(media, shop):
    for schema_name in ("rose", "tulip", "rose", "tulip"):
        with in_schema(schema_name):
            if not default_storage.exists(PHOTO):
                default_storage.save(PHOTO, ContentFile(schema_name.encode()))
            assert default_storage.url(PHOTO) == f"/media/tenants/{schema_name}/{PHOTO}"
            assert (read(schema_name), default_storage.size(PHOTO)) == (schema_name.encode(), len(schema_name))
    default_storage.delete(PHOTO)
    assert everything() == [f"tulip/{PHOTO}"]
    assert (names_of("rose"), names_of("tulip")) == ([], [PHOTO])


@both_ways
def test_the_platform_has_no_files(media, shops):
    for work in (
        lambda: default_storage.save(PHOTO, ContentFile(b"x")),
        lambda: default_storage.open(PHOTO),
        lambda: default_storage.exists(PHOTO),
        lambda: default_storage.delete(PHOTO),
    ):
        with pytest.raises(RuntimeError, match="no shop is set"):
            work()
    assert everything() == []


@in_the_store
def test_threads_of_two_shops_at_once_meet_their_own_files_alone(media, committed_shop, in_threads):
    def work(number):
        schema_name = ("rose", "tulip")[number % 2]
        with in_schema(schema_name):
            for turn in range(5):
                name = f"products/{number}/{turn}.webp"
                default_storage.save(name, ContentFile(schema_name.encode()))
                assert read(schema_name, name) == schema_name.encode()

    assert in_threads(6, work) == [None] * 6
    assert [len(names_of(schema_name)) for schema_name in ("rose", "tulip")] == [15, 15]
    assert {read(schema_name, name) for schema_name in ("rose",) for name in names_of(schema_name)} == {b"rose"}


@pytest.fixture
def store_away(media, settings):
    """`store_away()`: from now on nobody answers at the store's address."""

    def go():
        settings.STORAGES["default"]["OPTIONS"]["endpoint_url"] = "http://127.0.0.1:9"
        settings.STORAGES = {**settings.STORAGES}

    return go


@in_the_store
@pytest.mark.parametrize(
    ("language", "said"), [("en", "can&#x27;t be reached right now"), ("ru", "До файлов сейчас не добраться")]
)
def test_a_store_that_is_away_is_told_and_is_no_missing_picture(store_away, login, owner, language, said):
    owner.language = language
    owner.save()
    write("rose")
    store_away()
    answer = login(owner).get(f"/media/tenants/rose/{PHOTO}")
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "2", "no-store")
    page = answer.content.decode()
    assert said in page
    assert not re.search(r"s3:|127\.0\.0\.1|florist/test", page), "where the store is, nobody in a shop reads"


@in_the_store
@pytest.mark.parametrize(("language", "said"), [("en", "Nothing was kept"), ("ru", "Ничего не записано")])
def test_a_photo_that_the_store_does_not_take_leaves_no_row(
    store_away, shop, django_capture_on_commit_callbacks, language, said
):
    product = Product.objects.create(name="Rose", sale_price=1)
    picture = Picture({"original": b"x", "large": b"x", "medium": b"x", "thumb": b"x"}, 1, 1, "x.jpg")
    store_away()
    with (
        translation.override(language),
        pytest.raises(PhotoNotStored, match=said),
        django_capture_on_commit_callbacks(execute=True),
    ):
        hang_photos(ProductPhoto, product, [picture])
    assert not ProductPhoto.all_objects.exists()


def test_a_symbolic_link_to_the_neighbours_folder_is_not_followed(shop, login, owner, settings):
    with in_schema("tulip"):
        default_storage.save("secret.webp", ContentFile(b"picture of tulip"))
    default_storage.save("own.webp", ContentFile(b"own"))
    here = settings.MEDIA_ROOT / "tenants" / "rose"
    (here / "link.webp").symlink_to(settings.MEDIA_ROOT / "tenants" / "tulip" / "secret.webp")
    (here / "folder").symlink_to(settings.MEDIA_ROOT / "tenants" / "tulip")
    for path in ("link.webp", "folder/secret.webp"):
        assert login(owner).get(f"/media/tenants/rose/{path}").status_code == 404, path


@both_ways
@pytest.mark.parametrize("later", [after_commit, with_commit])
def test_files_written_after_the_commit_land_in_the_shop_that_wrote_them(
    media, shop, django_capture_on_commit_callbacks, later
):
    """Even when the commit happens outside: a demo shop is filled inside the platform's transaction."""

    def write():
        default_storage.save("later.webp", ContentFile(b"x"))

    with django_capture_on_commit_callbacks(execute=True), in_public(), transaction.atomic(), in_schema("tulip"):
        later(write)
    assert everything() == ["tulip/later.webp"]
