"""Files on their way in: what is too large for the memory lies in a folder of its own while a request is read.

It goes with the request. What a killed process leaves there goes with the day's work.
"""

import tempfile
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

KEPT = timedelta(days=1)  # no request takes that long


class LargeFile(TemporaryUploadedFile):
    """An upload in our own folder, which is made when it is not there: whoever clears out the disk may have taken it."""

    def __init__(
        self, name: str | None, content_type: str | None, size: int, charset: str | None, extra: Any = None
    ) -> None:
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True)
        file = tempfile.NamedTemporaryFile(suffix=".upload", dir=folder)  # noqa: SIM115 - closed with the upload
        UploadedFile.__init__(self, file, name, content_type, size, charset, extra)


class LargeFileHandler(TemporaryFileUploadHandler):
    """Django's own, but for the folder."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super(TemporaryFileUploadHandler, self).new_file(*args, **kwargs)
        self.file = LargeFile(self.file_name, self.content_type, 0, self.charset, self.content_type_extra)


def forget_uploads(*, now: datetime) -> int:
    """Remove what was left of uploads more than a day ago; answers with how many files."""
    count = 0
    for path in _folder().glob("*.upload"):
        with suppress(FileNotFoundError):  # another machine's worker does its day too
            if datetime.fromtimestamp(path.stat().st_mtime, tz=now.tzinfo) < now - KEPT:
                path.unlink()
                count += 1
    return count


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "temp"
