"""All documents that move goods as one list, newest first: one statement whatever is filtered.

Every kind says where it finds its warehouse, its product and its figures; the rows are put together in the database.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, F, IntegerField, Model, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, NullIf
from django.db.models.lookups import Exact
from django.urls import reverse
from django.utils import timezone

from core.quantities import QuantityField, ValueField
from inventory.models import (
    Assembly,
    AssemblyPart,
    Disassembly,
    Receipt,
    ReceiptLine,
    Regrade,
    Sale,
    SaleReturn,
    SourceKind,
    StockTake,
    SupplierReturn,
    Transfer,
    TransferLine,
    WriteOff,
)
from products.models import Product

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WORDS = TextField()
_NOTHING = Cast(Value(None), QuantityField())
_NO_SUM = Cast(Value(None), ValueField())


def _words(expression: Any) -> Any:
    return Cast(Coalesce(expression, Value("")), _WORDS)


@dataclass(frozen=True)
class Kind:
    """One kind of document: what its rows are made of. `places` are the warehouses it belongs to, `found` is where a
    word is looked for, `at` the moment it is dated. One that is not `among_all` is listed only when it is asked for."""

    code: str
    model: type[Model]
    places: tuple[str, ...]
    what: Any
    found: Callable[[str], Q]
    quantity: Any = field(default=_NOTHING)
    unit: Any = field(default=Value(""))
    cost: Any = field(default=_NO_SUM)
    state: Any = field(default=Value(""))
    page: str = ""
    source: SourceKind | None = None
    at: str = "posted_at"
    number: Any = field(default=F("number"))
    comment: Any = field(default=F("comment"))
    among_all: bool = True

    @property
    def name(self) -> str:
        return str(self.model._meta.verbose_name)

    @property
    def plural(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    def url(self, key: int) -> str:
        """The page of the document with this key."""
        if self.page:
            return reverse(self.page, args=[key])
        return reverse("inventory:document_detail", args=[self.code, key])


def _named(*paths: str) -> Callable[[str], Q]:
    def found(word: str) -> Q:
        condition = Q(comment__icontains=word)
        for path in paths:
            condition |= Q(**{f"{path}__icontains": word})
        return condition

    return found


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind(
            "receipt", Receipt, ("warehouse",), F("supplier__name"), page="inventory:receipt_detail", cost=F("total_cost"),
            found=lambda word: _named("supplier__name")(word)
            | Q(pk__in=ReceiptLine.objects.filter(product__name__icontains=word).values("receipt")),
        ),
        Kind(
            "write_off", WriteOff, ("warehouse",), F("product__name"), quantity=F("quantity"), unit=F("product__unit"),
            cost=F("cost"), found=_named("product__name"), source=SourceKind.WRITE_OFF,
            state=Case(When(reversed_at__isnull=False, then=Value("reversed")), default=F("reason")),
        ),
        Kind(
            "supplier_return", SupplierReturn, ("batch__stock__warehouse",), F("batch__stock__product__name"),
            quantity=F("quantity"), unit=F("batch__stock__product__unit"), cost=F("cost"),
            found=_named("batch__stock__product__name", "supplier__name"), source=SourceKind.SUPPLIER_RETURN,
        ),
        Kind(
            "sale_return", SaleReturn, ("sale__warehouse",), F("sale__product__name"), quantity=F("quantity"),
            unit=F("sale__product__unit"), cost=F("cost"), found=_named("sale__product__name"),
            source=SourceKind.SALE_RETURN,
        ),
        Kind(
            "transfer", Transfer, ("source", "target"), Concat(Value("→ "), F("target__name")), state=F("state"),
            page="inventory:transfer_detail",
            found=lambda word: _named("source__name", "target__name")(word)
            | Q(pk__in=TransferLine.objects.filter(product__name__icontains=word).values("transfer")),
        ),
        Kind(
            "regrade", Regrade, ("warehouse",), Concat(F("source__name"), Value(" → "), F("target__name")),
            quantity=F("quantity"), unit=F("source__unit"), cost=F("cost"), source=SourceKind.REGRADE,
            found=_named("source__name", "target__name"),
        ),
        Kind(
            "assembly", Assembly, ("warehouse",), F("product__name"), quantity=F("quantity"), unit=F("product__unit"),
            cost=F("cost"), source=SourceKind.ASSEMBLY,
            found=lambda word: _named("product__name")(word)
            | Q(pk__in=AssemblyPart.objects.filter(product__name__icontains=word).values("assembly")),
        ),
        Kind(
            "disassembly", Disassembly, ("batch__stock__warehouse",), F("batch__stock__product__name"), cost=F("cost"),
            quantity=Cast(Value(1), QuantityField()), unit=F("batch__stock__product__unit"), found=_named("batch__stock__product__name"),
            source=SourceKind.DISASSEMBLY,
        ),
        Kind(
            "stock_take", StockTake, ("warehouse",), F("category__name"), state=F("state"),
            page="inventory:stock_take_detail", found=_named("category__name"),
        ),
        # A busy shop sells more often than it does anything else: among all documents the others would be lost.
        Kind(
            "sale", Sale, ("warehouse",), F("product__name"), quantity=F("quantity"), unit=F("product__unit"),
            cost=F("cost"), source=SourceKind.SALE, at="sold_at", number=F("pk"), comment=Value(""), among_all=False,
            state=Case(When(reversed_at__isnull=False, then=Value("reversed")), default=Value("")),
            found=lambda word: Q(product__name__icontains=word),
        ),
    )
}  # fmt: skip
_PLACES = list(KINDS)  # a kind's place in this list breaks the tie of two documents of one moment


@dataclass(frozen=True)
class Row:
    """A document in the list. `state` is a reason, a state or empty; quantity in base units, cost with 4 decimals."""

    kind: Kind
    key: int
    number: int
    at: datetime
    place: str
    what: str
    quantity: Decimal | None
    unit: str
    cost: Decimal | None
    state: str
    by: str
    comment: str

    @property
    def url(self) -> str:
        return self.kind.url(self.key)

    @property
    def cursor(self) -> str:
        """Where `documents` goes on behind this row."""
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}-{self.kind.code}-{self.key}"

    @property
    def unit_word(self) -> str:
        """The unit as people write it."""
        return str(dict(_choices(Product, "unit")).get(self.unit, self.unit))

    @property
    def state_word(self) -> str:
        """The reason or state as people call it; a reversed document is told by its badge."""
        if self.kind.code == "write_off":
            return str(dict(_choices(WriteOff, "reason")).get(self.state, ""))
        if self.state == "reversed":
            return ""
        return str(dict(_choices(self.kind.model, "state")).get(self.state, "")) if self.state else ""


def _choices(model: type[Model], name: str) -> Any:
    own: Any = model._meta.get_field(name)
    return own.flatchoices


def documents(
    *,
    size: int,
    kind: str = "",
    warehouse: int | None = None,
    text: str = "",
    since: date | None = None,
    until: date | None = None,
    key: int | None = None,
    after: str = "",
) -> list[Row]:
    """The newest `size` documents of a kind (all when it is empty), of a warehouse, of the days from `since` to `until`,
    whose number, goods, partner or comment has every word of `text`; those behind the cursor `after`; or the one with
    this key. What can't be meant as kind or cursor is left out; without a kind sales are not among them."""
    behind = _read(after)
    parts = [
        _rows(each, warehouse=warehouse, text=text, since=since, until=until, key=key, behind=behind)[:size]
        for each in ([KINDS[kind]] if kind in KINDS else [each for each in KINDS.values() if each.among_all])
    ]
    together = (
        parts[0].union(*parts[1:], all=True).order_by("-row_at", "row_kind", "-row_key")[:size]
        if len(parts) > 1
        else parts[0]
    )
    return [Row(KINDS[_PLACES[row[0]]], *row[1:]) for row in together]


def _rows(
    kind: Kind,
    *,
    warehouse: int | None,
    text: str,
    since: date | None,
    until: date | None,
    key: int | None,
    behind: Any,
) -> QuerySet[Any, Any]:
    """The rows of one kind as tuples of a `Row`, with the kind's place for the kind."""
    rows = kind.model._default_manager.all()
    if key is not None:
        rows = rows.filter(pk=key)
    if warehouse is not None:
        rows = rows.filter(reduce(or_, (Q(**{place: warehouse}) for place in kind.places)))
    for word in text.split():
        is_number = word.isascii() and word.isdigit() and len(word) < 19
        rows = rows.filter(kind.found(word) | Q(Exact(kind.number, int(word))) if is_number else kind.found(word))
    if since is not None:
        rows = rows.filter(**{f"{kind.at}__gte": _midnight(since)})
    if until is not None:
        rows = rows.filter(**{f"{kind.at}__lt": _midnight(until + timedelta(days=1))})
    own = _PLACES.index(kind.code)
    if behind is not None:
        moment, last, last_key = behind
        # Of the same moment come the kinds behind the last row's, and of its own kind the smaller keys.
        if own == last:
            rows = rows.filter(Q(**{f"{kind.at}__lt": moment}) | Q(**{kind.at: moment, "pk__lt": last_key}))
        else:
            rows = rows.filter(**{f"{kind.at}__lte" if own > last else f"{kind.at}__lt": moment})
    columns = {
        "row_kind": Value(own, output_field=IntegerField()),
        "row_key": F("pk"),
        "row_number": kind.number,
        "row_at": F(kind.at),
        "row_place": _words(F(f"{kind.places[0]}__name")),
        "row_what": _words(kind.what),
        "row_quantity": kind.quantity,
        "row_unit": _words(kind.unit),
        "row_cost": kind.cost,
        "row_state": _words(kind.state),
        "row_by": _words(Coalesce(NullIf(F("by__name"), Value("")), F("by__username"))),
        "row_comment": _words(kind.comment),
    }
    return rows.annotate(**columns).order_by("-row_at", "-row_key").values_list(*columns)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _read(cursor: str) -> tuple[datetime, int, int] | None:
    """Moment, place of the kind and key of a cursor; None for what is none."""
    found = re.fullmatch(r"([0-9]{1,16})-([a-z_]{1,20})-([0-9]{1,18})", cursor)
    if found is None or found[2] not in KINDS:
        return None
    return _EPOCH + timedelta(microseconds=int(found[1])), _PLACES.index(found[2]), int(found[3])
