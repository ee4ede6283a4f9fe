"""From the disk into the object store: every file once, and again without harm."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from tests.files import PHOTO, everything, folder_of, in_the_store, read, write


@pytest.fixture
def on_disk(media, shops):
    """Files of two shops, of one put aside, and of none, as they lie on a disk; a link among them."""
    for name in ("rose", "tulip", "_archived_lily_20260101000000"):
        (folder_of(name) / PHOTO).parent.mkdir(parents=True)
        (folder_of(name) / PHOTO).write_bytes(name.encode())
    (folder_of("rose") / "link.webp").symlink_to(folder_of("tulip") / PHOTO)
    folder_of(".trash-lily-1").mkdir()
    (folder_of(".trash-lily-1") / "x.webp").write_bytes(b"x")


def copy(*arguments, language="en"):
    out = StringIO()
    with translation.override(language):
        call_command("copy_files_to_store", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


@in_the_store
def test_every_shops_files_are_copied_under_its_own_name_and_repeating_copies_nothing(on_disk):
    for language, said in (("en", "Files are missing"), ("ru", "не хватает файлов: 3")):
        with pytest.raises(CommandError, match=said) as refusal:
            copy("--check", language=language)
        assert refusal.value.returncode == 5
    assert everything() == []
    assert "copied now: 3" in copy()
    names = ["_archived_lily_20260101000000", "rose", "tulip"]
    assert everything() == [f"{name}/{PHOTO}" for name in names]
    assert [read(name) for name in names] == [name.encode() for name in names]
    assert "copied now: 0" in copy()
    assert "copied now: 0" in copy("--check")
    assert (folder_of("rose") / PHOTO).read_bytes() == b"rose"


@in_the_store
def test_a_file_that_came_half_is_copied_again(on_disk):
    write("rose", content=b"ro")
    assert "copied now: 3" in copy()
    assert read("rose") == b"rose"


@in_the_store
def test_a_file_that_can_t_be_read_stops_no_other_shop(on_disk, monkeypatch):
    from core.shop_files import ShopFolders

    plain = ShopFolders._open

    def locked(self, name, mode="rb"):
        if self.path(name).endswith(f"rose/{PHOTO}"):
            raise PermissionError(13, "Permission denied", name)
        return plain(self, name, mode)

    monkeypatch.setattr(ShopFolders, "_open", locked)
    for language, said in (("en", "Not everything was copied of: rose"), ("ru", "Скопировано не всё: rose")):
        with pytest.raises(CommandError, match=said) as refusal:
            copy(language=language)
        assert refusal.value.returncode == 3
    assert everything() == [f"{name}/{PHOTO}" for name in ("_archived_lily_20260101000000", "tulip")]


@pytest.mark.parametrize(("language", "said"), [("en", "names no object store"), ("ru", "нет объектного хранилища")])
def test_without_an_object_store_it_is_refused(on_disk, language, said):
    before = everything()
    with pytest.raises(CommandError, match=said) as refusal:
        copy(language=language)
    assert (refusal.value.returncode, everything()) == (2, before)
