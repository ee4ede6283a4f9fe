"""Photos: from an upload nobody trusts to renditions made of nothing but its pixels.

What was sent is read once and never stored or served as it came. Files are written after the commit, so that a
refusal or a rollback leaves none behind. They lie under the shop's media folder as `<kind>/<owner id>/<photo id>/
original.jpg, large.webp, medium.webp, thumb.webp`. The row is saved first, for its id; renditions overwrite each other.
"""

import contextlib
import io
import struct
import unicodedata
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import IO, Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Max
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import BadInput, DomainError
from core.models import SoftDelete
from core.tenancy import with_commit
from core.transactions import run

RENDITIONS = {"large": 1600, "medium": 800, "thumb": 240}  # longest side, pixels
MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_SIDE = 12_000
MAX_PHOTOS = 20  # of one owner, and in one upload
MAX_NAME = 100
DELETED_KEPT = timedelta(days=90)
ORIGINAL_SIDE = 4096
ENDINGS = {".jpg": "JPEG", ".jpeg": "JPEG", ".jfif": "JPEG", ".png": "PNG", ".webp": "WEBP"}
# A photo of several pictures in one JPEG, as some phones write it, calls itself MPO; its first picture is the photo.
SAME_AS = {"MPO": "JPEG"}
BROKEN = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, struct.error, zlib.error)

# Pillow by itself only warns up to twice its limit. Here a header that promises too much is an error at once.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


class PhotoNotStored(DomainError):
    """The disk or the file store refused: nothing of the photo is left."""

    code = "photo_not_stored"
    status = 503


class Photo(SoftDelete):
    """What all kinds of photos share. `folder` and `owner_field` name the place of the files."""

    folder: str
    owner_field: str

    position = models.PositiveIntegerField(_("position"), default=0)
    alt = models.CharField(_("description of the picture"), max_length=200, blank=True)
    width = models.PositiveIntegerField(null=True, editable=False)
    height = models.PositiveIntegerField(null=True, editable=False)
    original_name = models.CharField(max_length=100, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(SoftDelete.Meta):
        abstract = True
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.path("original")

    def path(self, rendition: str) -> str:
        """The file's path in the shop's storage. `rendition` is original, large, medium or thumb."""
        if rendition not in {"original", *RENDITIONS}:
            raise KeyError(rendition)
        suffix = "jpg" if rendition == "original" else "webp"
        owner_id = getattr(self, f"{self.owner_field}_id")
        return f"{self.folder}/{owner_id}/{self.pk}/{rendition}.{suffix}"

    @property
    def thumb_url(self) -> str:
        """The address of the smallest rendition."""
        return default_storage.url(self.path("thumb"))

    @property
    def large_url(self) -> str:
        """The address of the largest rendition."""
        return default_storage.url(self.path("large"))


@dataclass(frozen=True)
class Picture:
    """A checked picture: file contents by rendition, size in pixels as it stands upright, what its file was called."""

    contents: dict[str, bytes]
    width: int
    height: int
    name: str


def read_picture(file: IO[bytes], *, name: str, size: int) -> Picture:
    """Check an uploaded file and make its renditions in memory, upright and without metadata.

    `size` is in bytes. Raises BadInput, naming the file: empty, too large, no JPEG, PNG or WebP, an ending that does
    not fit, too many pixels (known from the header, before anything is decoded), broken. Of moving pictures the first
    one is taken.
    """
    shown = shown_name(name)
    if size == 0:
        raise BadInput(_("“%(name)s” is empty. Choose the picture once more.") % {"name": shown}, field="photos")
    if size > MAX_BYTES:
        raise BadInput(
            _("“%(name)s” is larger than %(limit)s MB. Save it smaller and send it again.")
            % {"name": shown, "limit": MAX_BYTES // 1024 // 1024},
            field="photos",
        )
    try:
        with Image.open(file, formats=("JPEG", "PNG", "WEBP")) as image:
            _check_header(image, name=name, shown=shown)
            upright = _upright(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(shown) from error
    except UnidentifiedImageError as error:
        raise BadInput(
            _("“%(name)s” is no picture that can be used. Send a JPEG, PNG or WebP.") % {"name": shown}, field="photos"
        ) from error
    except BROKEN as error:
        raise BadInput(
            _("“%(name)s” is damaged or was not sent whole. Send it again or choose another picture.")
            % {"name": shown},
            field="photos",
        ) from error
    return Picture(_renditions(upright), upright.width, upright.height, shown)


def _check_header(image: Image.Image, *, name: str, shown: str) -> None:
    """What can be judged without decoding a pixel."""
    width, height = image.size
    if not (width and height):
        raise ValueError(image.size)
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise _too_many_pixels(shown)
    ending = PurePosixPath(name.lower()).suffix
    found = SAME_AS.get(image.format or "", image.format or "")
    if ending and ENDINGS.get(ending) != found:
        raise BadInput(
            _("“%(name)s” is not what its ending says: it is a %(format)s. Rename it or send another picture.")
            % {"name": shown, "format": found},
            field="photos",
        )


def _too_many_pixels(shown: str) -> BadInput:
    return BadInput(
        _("“%(name)s” has too many pixels: at most %(limit)s million, and %(side)s along a side. Save it smaller.")
        % {"name": shown, "limit": MAX_PIXELS // 1_000_000, "side": MAX_SIDE},
        field="photos",
    )


def _upright(image: Image.Image) -> Image.Image:
    """The pixels as RGB on white, turned as the camera was held, at most ORIGINAL_SIDE long."""
    image.thumbnail((ORIGINAL_SIDE, ORIGINAL_SIDE), reducing_gap=2.0)
    turned = ImageOps.exif_transpose(image)
    if turned.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in turned.info:
        layer = turned.convert("RGBA")
        upright = Image.new("RGB", layer.size, "white")
        upright.paste(layer, mask=layer.getchannel("A"))
        return upright
    # A new picture from the pixels alone: `info` with its profiles and comments stays behind.
    upright = Image.new("RGB", turned.size)
    upright.paste(turned.convert("RGB"))
    return upright


def _renditions(upright: Image.Image) -> dict[str, bytes]:
    contents = {"original": _encoded(upright, "JPEG", quality=90)}
    smaller = upright.copy()
    for rendition, side in RENDITIONS.items():  # largest first: each is made from the one before
        smaller.thumbnail((side, side), reducing_gap=2.0)
        contents[rendition] = _encoded(smaller, "WEBP", quality=80)
    return contents


def _encoded(image: Image.Image, kind: str, *, quality: int) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, quality=quality)
    return target.getvalue()


def shown_name(name: str) -> str:
    """A file's name for people: its last part, without invisible characters, at most 100 characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    visible = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    return unicodedata.normalize("NFC", visible)[:MAX_NAME].strip() or "?"


def hang_photos(model: type[Photo], owner: Any, pictures: list[Picture], **fields: Any) -> list[Photo]:
    """Hang `pictures` behind the photos an owner has who is locked; their files appear after the commit. `fields` are
    what the kind has besides.

    Raises BadInput when there would be more than MAX_PHOTOS; PhotoNotStored after the commit when the files could not
    be written: the rows are taken back then.
    """
    there = model.objects.filter(**{model.owner_field: owner})
    count = there.count()
    if count + len(pictures) > MAX_PHOTOS:
        raise BadInput(
            _("“%(name)s” would have %(count)s photos, at most %(limit)s. Remove some or send fewer.")
            % {"name": owner, "count": count + len(pictures), "limit": MAX_PHOTOS},
            field="photos",
        )
    last = there.aggregate(last=Max("position"))["last"]
    first_free = 0 if last is None else last + 1
    photos: list[Photo] = []
    for position, picture in enumerate(pictures, start=first_free):
        photo = model(
            **{model.owner_field: owner},
            position=position,
            width=picture.width,
            height=picture.height,
            original_name=picture.name,
            **fields,
        )
        photo.save()
        photos.append(photo)
    pairs = list(zip(photos, pictures, strict=True))
    with_commit(_store, pairs)
    return photos


def judge_uploads(files: list[Any]) -> tuple[list[Picture], list[DomainError]]:
    """The good pictures of an upload and a refusal for each of the others, which names its file."""
    if not files:
        return [], [BadInput(_("No picture is chosen. Choose one or several and send them."))]
    if len(files) > MAX_PHOTOS:
        return [], [
            BadInput(
                _("Too many pictures at once: %(count)s, at most %(limit)s. Send them in parts.")
                % {"count": len(files), "limit": MAX_PHOTOS}
            )
        ]
    pictures: list[Picture] = []
    refusals: list[DomainError] = []
    for file in files:
        try:
            pictures.append(read_picture(file, name=file.name or "", size=file.size or 0))
        except BadInput as refusal:
            refusals.append(refusal)
    return pictures, refusals


def take_uploads(files: list[Any], keep: Callable[[list[Picture]], Any]) -> tuple[list[DomainError], str]:
    """Let the service `keep` take what is good of an upload, even when other files of it are refused. Answers with the
    refusals and with what was done in words, empty when nothing was."""
    pictures, refusals = judge_uploads(files)
    if not pictures:
        return refusals, ""
    try:
        run(lambda: keep(pictures))
    except DomainError as refusal:
        return [*refusals, refusal], ""
    count = len(pictures)
    return refusals, ngettext("%(count)s photo is added.", "%(count)s photos are added.", count) % {"count": count}


def _store(pairs: list[tuple[Photo, Picture]]) -> None:
    try:
        for photo, picture in pairs:
            for rendition, content in picture.contents.items():
                path = photo.path(rendition)
                default_storage.delete(path)  # save() would choose another name beside a file that is there
                default_storage.save(path, ContentFile(content))
    except OSError as error:
        for photo, _picture in pairs:
            with contextlib.suppress(OSError):  # a store that can't be reached now could not be reached before
                delete_files(paths_of(photo))
            photo.hard_delete()
        raise PhotoNotStored(
            _(
                "The photos could not be stored: the disk is full or can't be reached. Nothing was kept; try again later."
            )
        ) from error


def paths_of(photo: Photo) -> list[str]:
    """Where the photo's files are. To be asked while the row still has its key."""
    return [photo.path(rendition) for rendition in ("original", *RENDITIONS)]


def delete_files(paths: list[str]) -> None:
    """Remove files whose rows are gone; those that are not there do not matter."""
    for path in paths:
        default_storage.delete(path)


def forget_photos(*, now: datetime) -> int:
    """Remove photos that were deleted more than 90 days ago, rows and files; answers with how many. What is restored
    after that comes back without them."""
    over = [
        photo
        for model in Photo.__subclasses__()
        for photo in model.all_objects.filter(is_deleted=True, deleted_at__lt=now - DELETED_KEPT)
    ]
    for photo in over:
        photo.hard_delete()  # in a transaction of its own, after which a receiver of the app takes the files
    return len(over)
