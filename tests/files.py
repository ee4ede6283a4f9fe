"""Files of shops in tests, wherever they lie: @both_ways does a test on a disk and in an object store."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from core.shop_files import shop_files
from core.tenancy import in_schema

PHOTO = "products/1/photo.webp"
PICTURE = b"\x00\x01 picture"
both_ways = pytest.mark.parametrize("media", ["disk", "store"], indirect=True)
in_the_store = pytest.mark.parametrize("media", ["store"], indirect=True)


def write(schema_name, name=PHOTO, content=PICTURE):
    """Keep a file in a shop's place, as the shop itself does."""
    with in_schema(schema_name):
        default_storage.save(name, ContentFile(content))


def read(schema_name, name=PHOTO):
    with in_schema(schema_name), default_storage.open(name) as file:
        return file.read()


def names_of(schema_name):
    return [file.name for file in shop_files().files(schema_name)]


def folder_of(schema_name):
    """The folder of a shop whose files lie on a disk."""
    return Path(settings.MEDIA_ROOT) / "tenants" / schema_name


def everything():
    """Every path below what holds the places of all shops, side places and leftovers included."""
    files = shop_files()
    if hasattr(files, "bucket_name"):
        root = files._root()
        return sorted(key[len(root) :] for key, _size in files._objects(root))
    root = Path(settings.MEDIA_ROOT) / "tenants"
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
