"""Photos: from an upload nobody trusts to renditions made of nothing but its pixels.

What was sent is read once and never stored or served as it came. Files are written after the commit, so that a
refusal or a rollback leaves none behind. They lie under the shop's media folder as `<kind>/<owner id>/<photo id>/
original.jpg, large.webp, medium.webp, thumb.webp`. The row is saved first, for its id; renditions overwrite each other.
A row knows its size from the moment on when all its files are there: what a process killed in between leaves is known
by that and goes with the day's work.
"""

import contextlib
import io
import struct
import threading
import unicodedata
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePosixPath
from typing import IO, Any, NamedTuple
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Max
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import BadInput, DomainError
from core.idempotency import once
from core.models import SoftDelete
from core.tenancy import with_commit
from core.transactions import run

RENDITIONS = {"large": 1600, "medium": 800, "thumb": 240}  # longest side, pixels
MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 50_000_000  # what a telephone's camera makes at its best
MAX_SIDE = 12_000
MAX_PHOTOS = 20  # of one owner, and in one upload
MAX_NAME = 100
DELETED_KEPT = timedelta(days=90)
BEING_STORED = timedelta(hours=1)
ORIGINAL_SIDE = 2560  # pixels; photos.js makes large pictures as small before it sends them
ENDINGS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jfif": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".heic": "HEIF",
    ".heif": "HEIF",
}
FORMATS = ["JPEG", "PNG", "WEBP"]
# A photo of several pictures in one JPEG, as some phones write it, calls itself MPO; its first picture is the photo.
SAME_AS = {"MPO": "JPEG"}
BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, RuntimeError, struct.error, zlib.error,
)  # fmt: skip
# How a picture of an iPhone begins: an ISO media file of one of these brands.
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}

# Pillow by itself only warns up to twice its limit. Here a header that promises too much is an error at once.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)

# A picture takes up to 200 MB while it is read: the threads of a process take turns.
_one_at_a_time = threading.Lock()

with contextlib.suppress(ImportError):  # there is no library for some processors; HEIC is then refused with a sentence
    from pillow_heif import register_heif_opener

    register_heif_opener(thumbnails=False)
    FORMATS.append("HEIF")


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
    # Of the picture as it stands upright, in pixels; unknown until its files are stored.
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

    `size` is in bytes. Raises BadInput, naming the file: empty, too large, no JPEG, PNG, WebP or HEIC, an ending that
    does not fit, too many pixels (known from the header, before anything is decoded), broken. Of moving pictures the
    first one is taken.
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
        with _one_at_a_time, Image.open(file, formats=FORMATS) as image:
            _check_header(image, name=name, shown=shown)
            upright = _upright(image)
            width, height = upright.size
            contents = _renditions(upright)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(shown) from error
    except UnidentifiedImageError as error:
        raise _no_picture(file, shown) from error
    except BROKEN as error:
        raise BadInput(
            _("“%(name)s” is damaged or was not sent whole. Send it again or choose another picture.")
            % {"name": shown},
            field="photos",
        ) from error
    return Picture(contents, width, height, shown)


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


def _no_picture(file: IO[bytes], shown: str) -> BadInput:
    file.seek(0)
    start = file.read(12)
    if start[4:8] == b"ftyp" and start[8:] in HEIC_BRANDS and "HEIF" not in FORMATS:
        words = _(
            "“%(name)s” is a HEIC, which can't be read here. Save it as JPEG and send that: on an iPhone choose"
            " Settings, Camera, Formats, Most Compatible, or share the photo by mail to yourself."
        )
    else:
        words = _("“%(name)s” is no picture that can be used. Send a JPEG, PNG, WebP or HEIC.")
    return BadInput(words % {"name": shown}, field="photos")


def _upright(image: Image.Image) -> Image.Image:
    """The pixels as RGB on white, turned as the camera was held, at most ORIGINAL_SIDE long.

    It is made smaller first and turned then, so that no second copy in full size is ever made.
    """
    longest = max(image.size)
    if longest > ORIGINAL_SIDE:
        # A JPEG is decoded at a half or a quarter, as far as that still is enough: the box must have its proportions.
        width, height = (side * ORIGINAL_SIDE // longest for side in image.size)
        image.draft(None, (width, height))
        image.thumbnail((ORIGINAL_SIDE, ORIGINAL_SIDE))
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        layer = image.convert("RGBA")
        upright = Image.new("RGB", layer.size, "white")
        upright.paste(layer, mask=layer.getchannel("A"))
        return upright
    upright = image.convert("RGB")
    upright.info.clear()  # its profiles and comments stay behind
    return upright


def _renditions(upright: Image.Image) -> dict[str, bytes]:
    """Makes `upright` smaller and smaller: each rendition is made from the one before."""
    contents = {"original": _encoded(upright, "JPEG", quality=90)}
    for rendition, side in RENDITIONS.items():
        upright.thumbnail((side, side), reducing_gap=2.0)
        contents[rendition] = _encoded(upright, "WEBP", quality=80)
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


def hang_photos(
    model: type[Photo], owner: Any, pictures: list[Picture], *, key: UUID | None = None, **fields: Any
) -> list[Any]:
    """Hang `pictures` behind the photos an owner has who is locked; their files appear after the commit. `fields` are
    what the kind has besides. With a `key` one picture that is sent twice, because the answer got lost, is hung once.

    Raises BadInput when there would be more than MAX_PHOTOS; KeyReused when the key came with another picture;
    PhotoNotStored after the commit when the files could not be written: the rows are taken back then.
    """
    if key is not None and len(pictures) == 1:
        [picture] = pictures
        facts = [owner.pk, picture.name, picture.width, picture.height]
        hung = partial(_hang, model, owner, pictures, fields)
        return [once(scope=model.__name__, key=key, payload=facts, do=lambda: hung()[0], model=model)]
    return _hang(model, owner, pictures, fields)


def _hang(model: type[Photo], owner: Any, pictures: list[Picture], fields: dict[str, Any]) -> list[Photo]:
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


class Taken(NamedTuple):
    """What became of an upload: refusals, what was done in words (empty when nothing was), the photos."""

    refusals: list[DomainError]
    done: str
    photos: list[Photo]


def take_uploads(files: list[Any], keep: Callable[[list[Picture]], list[Any]]) -> Taken:
    """Let the service `keep` take what is good of an upload, even when other files of it are refused."""
    pictures, refusals = judge_uploads(files)
    if not pictures:
        return Taken(refusals, "", [])
    try:
        photos = run(lambda: keep(pictures))
    except DomainError as refusal:
        return Taken([*refusals, refusal], "", [])
    count = len(photos)
    done = ngettext("%(count)s photo is added.", "%(count)s photos are added.", count) % {"count": count}
    return Taken(refusals, done, photos)


def key_of_upload(text: str) -> UUID | None:
    """What tells a picture that is sent again from another one; None when a form without a script sends it."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _store(pairs: list[tuple[Photo, Picture]]) -> None:
    try:
        for photo, picture in pairs:
            for rendition, content in picture.contents.items():
                path = photo.path(rendition)
                default_storage.delete(path)  # save() would choose another name beside a file that is there
                default_storage.save(path, ContentFile(content))
            photo.width, photo.height = picture.width, picture.height
            photo.save(update_fields=["width", "height"])
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


def forget_unstored(*, now: datetime) -> int:
    """Remove photos whose files were not all stored an hour after their rows, because the process was killed: rows, and
    what there is of files. Answers with how many."""
    unstored = [
        photo
        for model in Photo.__subclasses__()
        for photo in model.all_objects.filter(width=None, created_at__lt=now - BEING_STORED)
    ]
    for photo in unstored:
        photo.hard_delete()
    return len(unstored)
