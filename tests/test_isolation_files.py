"""Files of a shop: on its own host, to its own people, and never run."""

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from accounts.models import User
from core.tenancy import after_commit, in_public, in_schema, with_commit


def test_files_are_served_to_the_people_of_their_own_shop_only(login, owner, client, other_client):
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


def test_the_platform_serves_no_files_of_shops(shop, owner, platform_client):
    url = default_storage.url(default_storage.save("products/1/1/thumb.webp", ContentFile(b"picture of rose")))
    with in_public():
        boss = User.objects.create_superuser("boss", "boss@example.com", "x")
    platform_client.force_login(boss)
    assert platform_client.get(url).status_code == 404


def test_an_uploaded_page_is_offered_for_saving_and_not_run(shop, login, owner):
    name = default_storage.save("products/1/evil.svg", ContentFile(b"<svg onload=alert(1)>"))
    answer = login(owner).get(default_storage.url(name))
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer["Cache-Control"]
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert b"".join(answer.streaming_content)


@pytest.mark.parametrize("name", ["../tulip/x.webp", "/etc/x.webp", "a/../../tulip/x.webp", "../../../x"])
def test_no_name_leads_out_of_the_shops_folder(shop, name):
    with pytest.raises(SuspiciousFileOperation):
        default_storage.save(name, ContentFile(b"x"))
    with pytest.raises(SuspiciousFileOperation):
        default_storage.open(name)


def test_a_symbolic_link_to_the_neighbours_folder_is_not_followed(shop, login, owner, settings):
    with in_schema("tulip"):
        default_storage.save("secret.webp", ContentFile(b"picture of tulip"))
    default_storage.save("own.webp", ContentFile(b"own"))
    here = settings.MEDIA_ROOT / "tenants" / "rose"
    (here / "link.webp").symlink_to(settings.MEDIA_ROOT / "tenants" / "tulip" / "secret.webp")
    (here / "folder").symlink_to(settings.MEDIA_ROOT / "tenants" / "tulip")
    for path in ("link.webp", "folder/secret.webp"):
        assert login(owner).get(f"/media/tenants/rose/{path}").status_code == 404, path


@pytest.mark.parametrize("later", [after_commit, with_commit])
def test_files_written_after_the_commit_land_in_the_shop_that_wrote_them(
    shop, settings, django_capture_on_commit_callbacks, later
):
    """Even when the commit happens outside: a demo shop is filled inside the platform's transaction."""

    def write():
        default_storage.save("later.webp", ContentFile(b"x"))

    with django_capture_on_commit_callbacks(execute=True), in_public(), transaction.atomic(), in_schema("tulip"):
        later(write)
    root = settings.MEDIA_ROOT / "tenants"
    assert [str(path.relative_to(root)) for path in root.rglob("*.webp")] == ["tulip/later.webp"]
