"""The files of shops in an object store that speaks S3, under `<prefix>/tenants/<schema>/…` of one private bucket.

Which shop is asked anew at every call; nothing is kept when the storage is made. The bucket is never shown to a browser:
addresses are those of our own view, which opens the file and passes it on.

A store knows no folders and can't rename. What is renamed at once on a disk goes here object by object: copied, and only
then deleted where it was. Broken off, every object lies under the old name, the new one or both, and the same call
again moves what still lies under the old one. Nothing is ever taken for a whole place but an empty list of what is left.
"""

import logging
import mimetypes
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

from core.shop_files import STAGED, FilesUnreachable, ShopFiles, StoredFile, checked_schema, places_root
from core.tenancy import require_shop

logger = logging.getLogger(__name__)
AT_ONCE = 8  # objects on their way at a time
_IN_MEMORY = 8 * 1024 * 1024  # bytes; a larger file is read through a temporary one


class ShopBucket(S3Storage, ShopFiles):
    """A place for each shop in one bucket."""

    # Whatever the settings of the library say.
    default_acl = None
    querystring_auth = False
    custom_domain = None
    file_overwrite = True
    gzip = False

    def __init__(self, **options: Any) -> None:
        # Others than Amazon are asked by path: not every one has a name for each bucket. Sums beyond what S3 demanded
        # ten years ago are refused by some.
        options.setdefault(
            "client_config",
            Config(
                signature_version="s3v4",
                s3={"addressing_style": "path" if options.get("endpoint_url") else "auto"},
                connect_timeout=5,
                read_timeout=20,
                retries={"mode": "standard", "total_max_attempts": 3},
                max_pool_connections=AT_ONCE,
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )
        options.setdefault("transfer_config", TransferConfig(use_threads=False))
        super().__init__(**options)
        self._made_in = os.getpid()

    # --- The current shop --------------------------------------------------------------------------------------------

    @property
    def connection(self) -> Any:
        """Of this thread, and of this process alone: a child must not go on talking on its parent's sockets."""
        if self._made_in != os.getpid():
            self._connections, self._made_in = threading.local(), os.getpid()
        return super().connection

    @property
    def bucket(self) -> Any:
        """Of this thread: the library would share the first one's."""
        return self.connection.Bucket(self.bucket_name)

    def _normalize_name(self, name: str) -> str:
        """The key of a file of the current shop. Raises RuntimeError in the platform's schema: it has no files."""
        return self._key(require_shop(), name)

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode != "rb":
            raise ValueError("Files of shops are written as a whole, by save().")
        with self._reached(name):
            body = self._client.get_object(Bucket=self.bucket_name, Key=self._normalize_name(name))["Body"]
            content = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - who opens it closes it
            with body:
                shutil.copyfileobj(body, content)
        content.seek(0)
        return File(content, name)

    def _save(self, name: str, content: Any) -> str:
        with self._reached(name):
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        with self._reached(name):
            super().delete(name)

    def exists(self, name: str) -> bool:
        with self._reached(name):
            return bool(super().exists(name))

    def size(self, name: str) -> int:
        with self._reached(name):
            return int(super().size(name))

    def url(self, name: str | None, *args: Any, **kwargs: Any) -> str:
        """The address at our own view, on the shop's own host."""
        name = str(name)
        self._normalize_name(name)
        return f"{settings.MEDIA_URL}{places_root()}{require_shop()}/{filepath_to_uri(name)}"

    # --- Any shop's place --------------------------------------------------------------------------------------------

    def where(self, schema_name: str = "") -> str:
        return f"s3://{self.bucket_name}/{self._prefix(schema_name) if schema_name else self._root()}"

    def owners(self) -> set[str]:
        return {name for name in self._places() if not name.startswith(".")}

    def leftovers(self) -> set[str]:
        return {name.removeprefix(STAGED) for name in self._places() if name.startswith(STAGED)}

    def holds(self, schema_name: str) -> bool:
        return self._any_under(self._prefix(schema_name))

    def files(self, schema_name: str) -> Iterator[StoredFile]:
        prefix = self._prefix(schema_name)
        for key, size in self._objects(prefix):
            if not key.endswith("/"):  # what a store's console shows as an empty folder
                yield StoredFile(key[len(prefix) :], size)

    def fetch(self, schema_name: str, folder: Path) -> Iterator[tuple[str, Path]]:
        names = [file.name for file in self.files(schema_name)]
        targets = {name: folder / f"file-{number}" for number, name in enumerate(names)}
        client, prefix = self._client, self._prefix(schema_name)

        def get(name: str) -> None:
            with self._reached(name), targets[name].open("wb") as out:
                client.download_fileobj(self.bucket_name, f"{prefix}{name}", out, Config=self.transfer_config)

        _for_each(names, get)
        yield from targets.items()

    def link_in(self, schema_name: str) -> str:
        return ""

    def rename(self, schema_name: str, other: str) -> None:
        self._move(self._prefix(schema_name), self._prefix(other))

    def to_remove(self, schema_name: str) -> int | None:
        keys = [key for prefix in self._prefixes(schema_name) for key, _size in self._objects(prefix)]
        return sum(not key.endswith("/") for key in keys) if keys else None

    def remove(self, schema_name: str) -> None:
        """No trash as on a disk: as long as anything is left, it lies under the shop's own name and blocks it."""
        for prefix in self._prefixes(schema_name):
            self._empty(prefix)

    def stage(self, schema_name: str, name: str, content: IO[bytes]) -> None:
        kind = mimetypes.guess_type(name)[0] or self.default_content_type
        with self._reached(name):
            self._client.upload_fileobj(
                content,
                self.bucket_name,
                self._key(schema_name, name, beside=STAGED),
                ExtraArgs={"ContentType": kind},
                Config=self.transfer_config,
            )

    def forget_staged(self, schema_name: str) -> None:
        self._empty(self._prefix(schema_name, beside=STAGED))

    def place_staged(self, schema_name: str) -> None:
        self._move(self._prefix(schema_name, beside=STAGED), self._prefix(schema_name))

    # --- Keys and objects --------------------------------------------------------------------------------------------

    @property
    def _client(self) -> Any:
        return self.connection.meta.client

    def _root(self) -> str:
        return "/".join(part for part in (self.location.strip("/"), places_root()) if part)

    def _prefix(self, schema_name: str, *, beside: str = "") -> str:
        """What stands before every key of a place; with its slash, for `lily` begins `lily2`."""
        return f"{self._root()}{beside}{checked_schema(schema_name)}/"

    def _prefixes(self, schema_name: str) -> list[str]:
        """Of the shop's place, and of what an interrupted restoration left beside it."""
        return [self._prefix(schema_name), self._prefix(schema_name, beside=STAGED)]

    def _places(self) -> set[str]:
        root = self._root()
        pages = self._pages(Prefix=root, Delimiter="/")
        return {each["Prefix"][len(root) : -1] for page in pages for each in page.get("CommonPrefixes", ())}

    def _key(self, schema_name: str, name: str, *, beside: str = "") -> str:
        if any(part in {"", ".", ".."} for part in name.split("/")) or "\\" in name or not name.isprintable():
            raise SuspiciousFileOperation(f"{name!r} leads out of the shop's place, or is no name of a file")
        return f"{self._prefix(schema_name, beside=beside)}{name}"

    def _pages(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        with self._reached():
            yield from self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket_name, **arguments)

    def _objects(self, prefix: str) -> list[tuple[str, int]]:
        """(key, bytes) of everything under a prefix, in order."""
        return [(each["Key"], each["Size"]) for page in self._pages(Prefix=prefix) for each in page.get("Contents", ())]

    def _any_under(self, prefix: str) -> bool:
        with self._reached():
            found = self._client.list_objects_v2(Bucket=self.bucket_name, Prefix=prefix, MaxKeys=1)
        return bool(found.get("Contents"))

    def _move(self, source: str, target: str) -> None:
        client = self._client

        def move(key: str) -> None:
            with self._reached(key):
                self._copy(client, key, f"{target}{key[len(source) :]}")
                self._delete(client, key)

        _for_each([key for key, _size in self._objects(source)], move)

    def _empty(self, prefix: str) -> None:
        client = self._client

        def delete(key: str) -> None:
            with self._reached(key):
                self._delete(client, key)

        _for_each([key for key, _size in self._objects(prefix)], delete)

    def _copy(self, client: Any, key: str, target: str) -> None:
        """The store copies; it keeps what it knows of the content. One that is there already is the same, or half a one."""
        client.copy_object(Bucket=self.bucket_name, Key=target, CopySource={"Bucket": self.bucket_name, "Key": key})

    def _delete(self, client: Any, key: str) -> None:
        client.delete_object(Bucket=self.bucket_name, Key=key)

    @contextmanager
    def _reached(self, name: str = "") -> Iterator[None]:
        """What the library says, as what a disk would say."""
        try:
            yield
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in {"NoSuchKey", "404"}:
                raise FileNotFoundError(2, "No such file", name) from error
            raise self._away(error) from error
        except (BotoCoreError, Boto3Error) as error:
            raise self._away(error) from error

    def _away(self, error: Exception) -> FilesUnreachable:
        logger.warning("%s: %s", self.where(), error)
        return FilesUnreachable(self.where(), error)


def _for_each(keys: Iterable[str], work: Callable[[str], None]) -> None:
    """Several at a time, by threads that touch no database; the first error stops those not begun yet."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            for _done in pool.map(work, keys):
                pass
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
