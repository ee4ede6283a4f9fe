"""Whether every photo has its files and every file its photo.

A photo's row is committed first and its files come after it, and go after it when it is removed. So for a moment a photo
has no files, and files have no photo: what is that young, or gone when it is looked at again, is no finding.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.photos import Photo, delete_files, paths_of
from core.shop_files import shop_files
from core.tenancy import require_shop

UNDER_WAY = timedelta(minutes=10)


@dataclass(frozen=True)
class PhotoFiles:
    """What was found in one shop: photos, files, files that are missing or empty, files that belong to no photo."""

    photos: int
    files: int
    missing: tuple[str, ...]
    orphans: tuple[str, ...]


def check_photo_files(*, now: datetime) -> PhotoFiles:
    """Compare the photos of the current shop, deleted ones included, with its files. Raises OSError when disk or store
    refuse."""
    before = _sizes()
    photos = [photo for model in _kinds() for photo in model.all_objects.iterator(chunk_size=2000)]
    wanted = {path: photo for photo in photos for path in paths_of(photo)}
    after = _sizes()
    missing = [
        path for path, photo in wanted.items() if not after.get(path) and photo.created_at < now - UNDER_WAY
    ]  # fmt: skip
    folders = tuple(f"{kind.folder}/" for kind in _kinds())
    orphans = [name for name in before if name.startswith(folders) and name not in wanted and name in after]
    return PhotoFiles(len(photos), len(after), tuple(sorted(missing)), tuple(sorted(orphans)))


def remove_orphans(found: PhotoFiles) -> None:
    """Remove the files that belong to no photo. Raises OSError when disk or store refuse."""
    delete_files(list(found.orphans))


def _sizes() -> dict[str, int]:
    return {file.name: file.size for file in shop_files().files(require_shop())}


def _kinds() -> list[type[Photo]]:
    return sorted(Photo.__subclasses__(), key=lambda kind: kind.folder)
