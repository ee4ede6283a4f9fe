"""The files of shops, wherever they lie: on this computer's disk (here) or in an object store (core/object_store.py).

Every shop has one place, `tenants/<schema>/…`, and the storage of the current shop reaches nothing outside it. Whatever is
done with a whole place (looked at, renamed, removed, backed up, restored) is done by the methods of ShopFiles alone, so
that no rule about files is written twice.
"""

import re
import shutil
import uuid
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import Storage, storages
from django.utils.translation import gettext_lazy as _
from django_tenants.files.storage import TenantFileSystemStorage
from django_tenants.utils import get_public_schema_name

from core.errors import DomainError
from core.tenancy import require_shop

STAGED = ".restoring-"  # before a shop's name: files of a shop that is not there yet
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_BESIDE = re.compile(r"\.(?:restoring-([a-z_][a-z0-9_]*)|trash-([a-z_][a-z0-9_]*)-[0-9a-f]+)")


class FilesUnreachable(DomainError, OSError):
    """The object store does not answer, or refuses. To whoever guards against a full disk it is an OSError too.

    People of a shop read the message; `strerror`, with the store's name and its answer, is for operators.
    """

    code = "files_unreachable"
    status = 503

    def __init__(self, where: str, why: object) -> None:
        super().__init__(_("The files can't be reached right now. Nothing is lost; try again in a while."))
        self.strerror = f"{where}: {why}"


@dataclass(frozen=True)
class StoredFile:
    """A file of a shop: its name inside the shop's place, its size in bytes."""

    name: str
    size: int


class ShopFiles(Storage):
    """The storage of the current shop, and what can be done with the place of any shop by its schema's name.

    Methods that take a name raise SuspiciousFileOperation for one that can't be a shop's, and OSError when disk or store
    refuse; they can then be called again and carry on.
    """

    @abstractmethod
    def where(self, schema_name: str = "") -> str:
        """The place in words for operators; without a name the one above all places."""

    @abstractmethod
    def owners(self) -> set[str]:
        """The names under which anything lies."""

    @abstractmethod
    def leftovers(self) -> set[str]:
        """The names of which a removal or a restoration that broke off has left something beside their places."""

    @abstractmethod
    def holds(self, schema_name: str) -> bool:
        """Whether anything at all lies under the name, be it an empty folder: then no other shop may get it."""

    @abstractmethod
    def files(self, schema_name: str) -> Iterator[StoredFile]:
        """The files in the order of their names; symbolic links and what lies behind them left out."""

    @abstractmethod
    def fetch(self, schema_name: str, folder: Path) -> Iterator[tuple[str, Path]]:
        """(name, file on this computer's disk) of each; what does not lie on it is fetched into `folder`."""

    @abstractmethod
    def link_in(self, schema_name: str) -> str:
        """A symbolic link in what remove() would take, or empty: it could lead to files of others."""

    @abstractmethod
    def rename(self, schema_name: str, other: str) -> None:
        """Give all files of one name to another; broken off, to be called again until it returns."""

    @abstractmethod
    def to_remove(self, schema_name: str) -> int | None:
        """How many files remove() would delete; None when there is nothing, not even an empty folder."""

    @abstractmethod
    def remove(self, schema_name: str) -> None:
        """Delete everything under the name, and what a removal or a restoration that broke off has left beside it."""

    @abstractmethod
    def stage(self, schema_name: str, name: str, content: IO[bytes]) -> None:
        """Write a file beside the place, for a shop that is not there yet."""

    @abstractmethod
    def forget_staged(self, schema_name: str) -> None:
        """Delete what was staged."""

    @abstractmethod
    def place_staged(self, schema_name: str) -> None:
        """Give the shop what was staged for it; nothing when nothing was. To be called again when it broke off."""


def shop_files() -> ShopFiles:
    """Where the settings say that files of shops lie."""
    files = storages["default"]
    assert isinstance(files, ShopFiles)  # noqa: S101 - core.checks has seen to it
    return files


def places_root() -> str:
    """What stands before a shop's name in the path of its files: `tenants/`."""
    return str(settings.MULTITENANT_RELATIVE_MEDIA_ROOT).partition("%s")[0]


def checked_schema(schema_name: str) -> str:
    """The name again. Raises SuspiciousFileOperation for one that no shop can have: it would lead elsewhere."""
    if not _SCHEMA.fullmatch(schema_name) or schema_name == get_public_schema_name():
        raise SuspiciousFileOperation(f"{schema_name!r} is no name of a shop")
    return schema_name


class ShopFolders(TenantFileSystemStorage, ShopFiles):
    """A folder for each shop below MEDIA_ROOT. Renaming one is all or nothing, so nothing is ever half done."""

    @property
    def base_location(self) -> Any:
        """The current shop's folder. Raises RuntimeError in the platform's schema: it has no files."""
        require_shop()
        return super().base_location

    def _open(self, name: str, mode: str = "rb") -> Any:
        folder = self.folder(require_shop())
        if not Path(self.path(name)).resolve().is_relative_to(folder):
            raise SuspiciousFileOperation(f"{name!r} leads out of the shop's folder")
        return super()._open(name, mode)

    def root(self) -> Path:
        """The folder that holds all shops' folders."""
        return (Path(settings.MEDIA_ROOT) / places_root()).resolve()

    def folder(self, schema_name: str) -> Path:
        """A shop's folder, whether or not it exists."""
        return self.root() / checked_schema(schema_name)

    def where(self, schema_name: str = "") -> str:
        return str(self.folder(schema_name) if schema_name else self.root())

    def owners(self) -> set[str]:
        root = self.root()
        return {path.name for path in root.iterdir() if not path.name.startswith(".")} if root.exists() else set()

    def leftovers(self) -> set[str]:
        found = (_BESIDE.fullmatch(path.name) for path in self.root().glob(".*-*"))
        return {name[1] or name[2] for name in found if name}

    def holds(self, schema_name: str) -> bool:
        folder = self.folder(schema_name)
        return folder.exists() or folder.is_symlink()

    def files(self, schema_name: str) -> Iterator[StoredFile]:
        folder = self.folder(schema_name)
        for path in _files_below(folder):
            yield StoredFile(path.relative_to(folder).as_posix(), path.stat().st_size)

    def fetch(self, schema_name: str, folder: Path) -> Iterator[tuple[str, Path]]:
        own = self.folder(schema_name)
        for path in _files_below(own):
            yield path.relative_to(own).as_posix(), path

    def link_in(self, schema_name: str) -> str:
        for folder in self._folders(schema_name):
            for path in (folder, *folder.rglob("*")):
                if path.is_symlink():
                    return str(path)
        return ""

    def rename(self, schema_name: str, other: str) -> None:
        folder, target = self.folder(schema_name), self.folder(other)
        if folder.exists():
            folder.replace(target)

    def to_remove(self, schema_name: str) -> int | None:
        folders = self._folders(schema_name)
        return sum(path.is_file() for folder in folders for path in folder.rglob("*")) if folders else None

    def remove(self, schema_name: str) -> None:
        folder = self.folder(schema_name)
        if folder.exists():  # all or nothing: a break in the middle of what follows leaves the name free
            folder.rename(self.root() / f".trash-{schema_name}-{uuid.uuid4().hex}")
        for left in self._folders(schema_name):
            shutil.rmtree(left)

    def stage(self, schema_name: str, name: str, content: IO[bytes]) -> None:
        folder = self._staged(schema_name)
        target = folder / name
        if not target.resolve().is_relative_to(folder):
            raise SuspiciousFileOperation(f"{name!r} leads out of the shop's folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as out:
            shutil.copyfileobj(content, out)

    def forget_staged(self, schema_name: str) -> None:
        shutil.rmtree(self._staged(schema_name), ignore_errors=True)

    def place_staged(self, schema_name: str) -> None:
        staged = self._staged(schema_name)
        if staged.exists():
            staged.replace(self.folder(schema_name))

    def _staged(self, schema_name: str) -> Path:
        return self.root() / f"{STAGED}{checked_schema(schema_name)}"

    def _folders(self, schema_name: str) -> list[Path]:
        """The shop's folder, and what an interrupted removal or restoration left beside it."""
        found = [self.folder(schema_name)] if self.holds(schema_name) else []
        staged = [self._staged(schema_name)] if self._staged(schema_name).exists() else []
        return [*found, *staged, *sorted(self.root().glob(f".trash-{schema_name}-*"))]


def _files_below(folder: Path) -> Iterator[Path]:
    if folder.is_symlink():
        return
    # rglob does not follow links to folders.
    yield from sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
