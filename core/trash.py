"""The trash: what was deleted and can come back, and removing one row of it for good.

An app registers its kinds when it starts, one line each. Restoring asks the app's own service; removing asks Django's
collector, so that history keeps what it names. Rules: docs/deleting.md.
"""

import logging
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, models, transaction
from django.db.models import Count, F, IntegerField, ProtectedError, Q, QuerySet, TextField, UUIDField, Value
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.access import RIGHTS, Role, may
from core.errors import BadInput, DomainError, NotAllowed, StaleForm
from core.models import SoftDelete, TrashDeed, TrashEvent
from core.photos import Photo
from core.search import matching
from core.search_text import SearchQuery
from core.soft_delete import comes_back_with, restore, write_down

logger = logging.getLogger(__name__)
PURGE = "trash.purge"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class StillNamed(DomainError):
    """Something names the row; `data["named_by"]` lists what and how often."""

    code = "still_named"


@dataclass(frozen=True)
class Kind:
    """One kind of rows in the trash.

    `right` is needed for seeing and restoring them; `bring_back` takes the row and the person. `name` is what a row is
    called, `searched` the columns in which a search looks. `shown` leaves out rows that can't come back by themselves.
    `forget` is for people whom documents name: it takes the locked row, blanks what tells of the person wherever it
    stands, keeps the documents and answers with how many of them it changed.
    """

    model: type[SoftDelete]
    right: str
    bring_back: Callable[..., Any] = restore
    label: Any = ""
    name: Any = "name"
    searched: tuple[Any, ...] = ("name",)
    shown: Q | None = None
    forget: Callable[[Any], int] | None = None

    @property
    def code(self) -> str:
        return str(self.model._meta.model_name)

    @property
    def word(self) -> str:
        """What such a row is, in the reader's language."""
        return capfirst(str(self.label or self.model._meta.verbose_name))


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known; called while the application starts."""
    KINDS[kind.code] = kind


@dataclass(frozen=True)
class Row:
    """One deleted row. `company` is what went with it in the same deletion and comes back with it, by model."""

    kind: Kind
    key: int
    name: str
    at: datetime
    by: str
    deletion: uuid.UUID
    company: tuple[tuple[type[SoftDelete], int], ...] = ()

    @property
    def company_in_words(self) -> str:
        """“2 photos, barcodes: 1”; empty when the row went alone."""
        return ", ".join(_counted(model, count, own=model is self.kind.model) for model, count in self.company)

    @property
    def cursor(self) -> str:
        """Where `deleted_rows` goes on behind this row."""
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}-{self.kind.code}-{self.key}"


def _counted(model: type[SoftDelete], count: int, *, own: bool) -> str:
    if issubclass(model, Photo):
        return ngettext("%(count)s photo", "%(count)s photos", count) % {"count": count}
    if own:
        return ngettext("%(count)s more of the kind", "%(count)s more of the kind", count) % {"count": count}
    return f"{model._meta.verbose_name_plural}: {count}"


def kinds_for(reader: Any) -> list[Kind]:
    """The kinds that `reader` may bring back, by their words."""
    return sorted((kind for kind in KINDS.values() if may(reader, kind.right)), key=lambda kind: kind.word)


def deleted_rows(
    kinds: Sequence[Kind], *, size: int, query: SearchQuery | None = None, after: str = "", key: int | None = None
) -> list[Row]:
    """The last deleted `size` rows of `kinds` that fit `query`, those behind the cursor `after`, or the one with this
    key: two statements. What is no cursor is left out."""
    if not kinds:
        return []
    places = list(KINDS)
    behind = _read(after, places)
    parts = [_rows(kind, places.index(kind.code), query, behind, key)[:size] for kind in kinds]
    together = parts[0]
    if len(parts) > 1:
        together = parts[0].union(*parts[1:], all=True).order_by("-row_at", "row_kind", "-row_key")[:size]
    return _with_company([Row(KINDS[places[row[0]]], *row[1:]) for row in together])


def _rows(
    kind: Kind, place: int, query: SearchQuery | None, behind: tuple[datetime, int, int] | None, key: int | None
) -> QuerySet[Any, Any]:
    rows: QuerySet[Any] = kind.model.all_objects.filter(is_deleted=True)
    if kind.shown is not None:
        rows = rows.filter(kind.shown)
    if key is not None:
        rows = rows.filter(pk=key)
    if query is not None:
        rows = matching(rows, query, *kind.searched)
    if behind is not None:
        at, last, last_key = behind
        # Of the same moment come the kinds behind the last row's, and of its own kind the smaller keys.
        if place == last:
            rows = rows.filter(Q(deleted_at__lt=at) | Q(deleted_at=at, pk__lt=last_key))
        else:
            rows = rows.filter(**{"deleted_at__lte" if place > last else "deleted_at__lt": at})
    columns = {
        "row_kind": Value(place, output_field=IntegerField()),
        "row_key": F("pk"),
        "row_name": Cast(kind.name, TextField()),
        "row_at": F("deleted_at"),
        "row_by": Coalesce(
            NullIf(F("deleted_by__name"), Value("")), F("deleted_by__username"), Value(""), output_field=TextField()
        ),
        "row_deletion": F("delete_batch"),
    }
    return rows.annotate(**columns).order_by("-row_at", "-row_key").values_list(*columns)


def _read(cursor: str, places: list[str]) -> tuple[datetime, int, int] | None:
    """Moment, place of the kind and key of a cursor; None for what is none."""
    found = re.fullmatch(r"([0-9]{1,16})-([a-z]{1,40})-([0-9]{1,18})", cursor)
    if found is None or found[2] not in KINDS:
        return None
    return _EPOCH + timedelta(microseconds=int(found[1])), places.index(found[2]), int(found[3])


def _with_company(rows: list[Row]) -> list[Row]:
    """The rows with what the same deletion took and restoring brings back: one statement for all of them."""
    every = list(dict.fromkeys(model for row in rows for model in comes_back_with(row.kind.model)))
    if not every:
        return rows
    deletions = {row.deletion for row in rows}
    parts = [
        model.all_objects.filter(delete_batch__in=deletions)
        .order_by()
        .values(place=Value(number, output_field=IntegerField()), batch=F("delete_batch"))
        .annotate(count=Count("pk"))
        .values_list("place", Cast("batch", UUIDField()), "count")
        for number, model in enumerate(every)
    ]
    together = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    counts = {(every[number], deletion): count for number, deletion, count in together}
    return [_accompanied(row, counts) for row in rows]


def _accompanied(row: Row, counts: dict[Any, int]) -> Row:
    own = row.kind.model
    found = {model: counts.get((model, row.deletion), 0) - (model is own) for model in comes_back_with(own)}
    return replace(row, company=tuple((model, count) for model, count in found.items() if count > 0))


def bring_back(kind: Kind, key: int, *, by: Any) -> None:
    """Restore a row and what went with it; a row that is back already is left alone. Raises NotAllowed, StaleForm when
    it is gone for good, CannotRestore and whatever else the kind's own service refuses with."""
    _ask(by, kind.right)
    row = kind.model.all_objects.filter(pk=key).first()
    if row is None:
        raise _gone()
    if row.is_deleted:
        kind.bring_back(row, by=by)


def purge(kind: Kind, key: int, *, typed: str, by: Any) -> None:
    """Remove one deleted row and what belongs to it for good; files of its photos go after the commit.

    `typed` is the name as the person wrote it once more. Raises NotAllowed, StaleForm when the row is live or gone,
    BadInput for another name, StillNamed when anything else names the row.
    """
    _ask(by, PURGE)
    with transaction.atomic():
        row, shown = _hold(kind, key, typed)
        if named_by := what_names(row):
            raise _still_named(shown.name, named_by)
        try:
            with transaction.atomic():
                write_down(row, TrashDeed.REMOVED, name=shown.name, rows=_rows_of(shown), by=by, now=timezone.now())
                row.hard_delete()
                connection.check_constraints()  # or a reference that was missed would appear at the commit
        except (ProtectedError, IntegrityError) as error:
            raise _still_named(shown.name, []) from error
    logger.info("removed for good: %s %s, by %s", kind.model._meta.label, key, by.pk)


def forget(kind: Kind, key: int, *, typed: str, by: Any) -> int:
    """Blank what tells of a deleted person wherever it stands; documents, money and goods stay as they are. Answers with
    how many documents were changed. It can't be taken back.

    `typed` is the name as it was written once more. Raises NotAllowed, StaleForm when the row is live or gone, BadInput
    for another name, and whatever the kind's own work refuses with.
    """
    _ask(by, PURGE)
    if kind.forget is None:
        raise _gone()
    with transaction.atomic():
        row, _shown = _hold(kind, key, typed)
        changed = kind.forget(row)
        write_down(row, TrashDeed.FORGOTTEN, name="", rows=changed + 1, by=by, now=timezone.now())
    return changed


def _hold(kind: Kind, key: int, typed: str) -> tuple[SoftDelete, Row]:
    """The deleted row, locked, and how the trash shows it. Raises StaleForm, BadInput for another name."""
    row = kind.model.all_objects.select_for_update(of=("self",)).filter(pk=key, is_deleted=True).first()
    found = deleted_rows([kind], size=1, key=key) if row else []
    if row is None or not found:
        raise _gone()
    [shown] = found
    if _plain(typed) != _plain(shown.name):
        raise BadInput(
            _("This is not its name. To remove it for good, write: %(name)s") % {"name": shown.name}, field="name"
        )
    return row, shown


def _rows_of(row: Row) -> int:
    return 1 + sum(count for _model, count in row.company)


@dataclass(frozen=True)
class Past:
    """What became of one deleted row. `word` is what it was; `by` and `deleted_by` are names, empty without a person."""

    event: TrashEvent
    word: str
    by: str
    deleted_by: str

    @property
    def more(self) -> int:
        """How many rows went with it."""
        return self.event.rows - 1


def past(kinds: Sequence[Kind], *, size: int, before: int | None = None) -> list[Past]:
    """The last `size` rows of `kinds` that left the trash, those before the event `before`, newest first: one statement."""
    events = TrashEvent.objects.filter(kind__in=[kind.code for kind in kinds]).select_related("by", "deleted_by")
    if before is not None:
        events = events.filter(pk__lt=before)
    return [
        Past(event, KINDS[event.kind].word, str(event.by or ""), str(event.deleted_by or ""))
        for event in events.order_by("-pk")[:size]
    ]


def what_names(row: SoftDelete) -> list[str]:
    """What would keep `row` from being removed: “sales: 12”, one for each kind of rows that name it or what goes with
    it. What belongs to the row, such as the lines of a recipe, does not count. One statement."""
    asked: list[tuple[type[models.Model], QuerySet[Any]]] = []
    level: list[QuerySet[Any]] = [type(row).all_objects.filter(pk=row.pk)]
    for rows in level:
        for relation in rows.model._meta.get_fields(include_hidden=True):
            if not (relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)):
                continue
            pointing = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": rows})
            if relation.on_delete is models.CASCADE:
                level.append(pointing)  # the loop goes on over what it finds
            else:
                asked.append((relation.related_model, pointing))
    counts = [
        rows.order_by().annotate(asked_as=Value(place)).values("asked_as").annotate(how_many=Count("pk"))
        for place, (_model, rows) in enumerate(asked)
    ]
    found: dict[type[models.Model], int] = {}
    for answer in counts[0].union(*counts[1:], all=True) if counts else ():
        model = asked[answer["asked_as"]][0]
        found[model] = found.get(model, 0) + answer["how_many"]
    return [f"{model._meta.verbose_name_plural}: {count}" for model, count in found.items() if count]


def _ask(person: Any, right: str) -> None:
    if not may(person, right):
        holders = ", ".join(str(role.label) for role in Role if role in RIGHTS[right])
        raise NotAllowed(_("Your role does not permit this. Ask someone who may: %(who)s.") % {"who": holders})


def _gone() -> StaleForm:
    return StaleForm(
        _("It is not in the trash any more: somebody restored it or removed it for good. Reload the page.")
    )


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _still_named(name: str, named_by: Iterable[str]) -> StillNamed:
    things = list(named_by)
    return StillNamed(
        _("“%(name)s” can't be removed for good: the history names it (%(things)s). It may stay in the trash, where it is"
          " in nobody's way.") % {"name": name, "things": lazy(", ".join, str)(things) if things else _("other rows")},
        data={"named_by": things},
    )  # fmt: skip
