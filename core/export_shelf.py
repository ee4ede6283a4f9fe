"""Where a shop's archives wait for the owner: a folder for each shop below settings.EXPORT_ROOT, outside the media.

An archive is written under another name and renamed when it is complete, so whatever is called `.zip` is whole. There is
no table: what lies there is what there is. The folder carries the key of the shop's row beside its name, for a name may be
given again and the next shop must not find the archives of the one before.
"""

import datetime
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django_tenants.utils import get_tenant_model

from core.errors import DomainError
from core.exporting import make_export
from core.tenancy import require_shop

KEPT_FOR = datetime.timedelta(days=7)
MOST_KEPT = 3
# A big shop writes without a pause; a file that has been silent for so long is a dead process's.
SILENT_SECONDS = 15 * 60
_NAME = re.compile(r"\A(\d{8}-\d{6})\.zip\Z")
_UNFINISHED = "unfinished.part"


class ExportGoingOn(DomainError):
    """Somebody else is at it."""

    code = "export_going_on"

    def __init__(self) -> None:
        super().__init__(_("An archive is being put together right now. Wait a little and reload the page."))


@dataclass(frozen=True)
class Archive:
    """One archive that can be downloaded; `size` in bytes."""

    name: str
    made_at: datetime.datetime
    size: int
    path: Path

    @property
    def until(self) -> datetime.datetime:
        """When it will be deleted."""
        return self.made_at + KEPT_FOR


def archives(now: datetime.datetime) -> list[Archive]:
    """What can be downloaded, newest first."""
    folder = shelf()
    found = [_read(path) for path in folder.iterdir()] if folder.is_dir() else []
    return sorted(
        (each for each in found if each is not None and each.until > now), key=lambda each: each.name, reverse=True
    )


def find_archive(name: str, now: datetime.datetime) -> Archive | None:
    """The archive of this name, if it is there and not too old."""
    return next((each for each in archives(now) if each.name == name), None)


def put_together(*, now: datetime.datetime, **options: Any) -> Archive:
    """Make an archive of the current shop and put it on its shelf; what is too old or too many goes. `options` are those of make_export.

    To be called outside a transaction. Raises ExportGoingOn, OSError for a full disk; no half archive is left then.
    """
    schema_name, folder = require_shop(), shelf()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished, path = folder / _UNFINISHED, folder / f"{now.astimezone(datetime.UTC):%Y%m%d-%H%M%S}.zip"
    if unfinished.exists() and time.time() - unfinished.stat().st_mtime > SILENT_SECONDS:
        unfinished.unlink(missing_ok=True)
    try:
        file = unfinished.open("xb")
    except FileExistsError as error:
        raise ExportGoingOn from error
    try:
        with file:
            make_export(schema_name, file, now=now, **options)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    kept = {each.path for each in archives(now)[:MOST_KEPT]}
    for each in folder.glob("*.zip"):
        if each not in kept:
            each.unlink(missing_ok=True)
    made = _read(path)
    assert made is not None  # noqa: S101 - the name is ours
    return made


def forget_archives(*, now: datetime.datetime) -> int:
    """Delete what is too old, of all shops, also of those that are gone; answer how many went."""
    root = Path(settings.EXPORT_ROOT)
    found = [_read(path) for path in root.glob("*-*/*.zip")]
    gone = [each for each in found if each is not None and each.until <= now]
    for each in gone:
        each.path.unlink(missing_ok=True)
    return len(gone)


def remove_shelves(schema_name: str) -> None:
    """Delete all archives of the shops that had this name. Raises OSError."""
    for folder in Path(settings.EXPORT_ROOT).glob(f"{schema_name}-*"):
        if not folder.is_symlink():
            shutil.rmtree(folder)


def shelf() -> Path:
    """The folder of the current shop, whether or not it exists."""
    name = require_shop()
    key = get_tenant_model().objects.values_list("pk", flat=True).get(schema_name=name)
    return Path(settings.EXPORT_ROOT) / f"{name}-{key}"


def _read(path: Path) -> Archive | None:
    name = _NAME.match(path.name)
    if name is None or path.is_symlink():
        return None
    made_at = datetime.datetime.strptime(name[1], "%Y%m%d-%H%M%S").replace(tzinfo=datetime.UTC)
    try:
        return Archive(path.name, made_at, path.stat().st_size, path)
    except FileNotFoundError:  # deleted between our two looks
        return None
