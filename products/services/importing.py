"""Products from a file: planned without writing anything, applied all or nothing, taken back for a day.

The plan is made anew when it is applied, of the file as it was kept and of the catalogue as it is then, under locks; where
it is another one than the person looked at, nothing is written.

What takes long with a large file is asked of the worker (`products/jobs.py`); its row then says what is done with it.
"""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext

from core.errors import BadInput, StaleForm
from core.quantities import round_money
from core.sheets import Table, encoding_of, packed, read_table, refuse_no_table, unpacked
from core.soft_delete import restore
from core.tenancy import current_schema_name
from core.text import clean_text
from products.columns import BY_KEY, COUNTED, recognised
from products.domain.tag_names import folded
from products.models import (
    Barcode,
    GoodsImport,
    GoodsImportLine,
    ImportWork,
    Kind,
    PriceReason,
    Product,
    ProductCategory,
    ProductPhoto,
    ProductTag,
    Unit,
)
from products.selectors import tags_on
from products.services.catalogue import refusing_taken
from products.services.categories import save_category
from products.services.prices import NewPrice, write_prices
from products.services.tags import set_tags
from products.starter import DRAWN
from products.usage import used

KEPT = timedelta(hours=24)
BATCH = 1000
NAMED_AT_MOST = 10
RESTORE, NEW = "restore", "new"
PROBLEMS_KEPT, EXAMPLES_AT_MOST = 5000, 30
# Larger files are the worker's: 50,000 rows of a workbook take a minute to read, and another to be compared and written.
BYTES_AT_ONCE, ROWS_AT_ONCE = 200_000, 3000
_IMPORTED = gettext_lazy("This file was imported already. Choose a file to import another one.")

# The card's columns that an import writes, with their types in the database.
WRITTEN = {
    "kind": "text", "name": "text", "sku": "text", "category_id": "bigint", "unit": "text", "sale_price": "numeric",
    "variety": "text", "colour": "text", "stem_length": "smallint", "role": "text", "vase_life_days": "smallint",
    "shelf_life_days": "smallint", "minimum_stock": "numeric", "tax_rate": "numeric", "notes": "text",
    "trade_code": "text", "description": "text", "is_active": "boolean",
}  # fmt: skip
_DECIMALS = ("sale_price", "minimum_stock", "tax_rate")

Card = dict[str, Any]  # attribute → value as JSON has it, with tags and barcodes


@dataclass(frozen=True)
class Problem:
    """Why a cell, or a row, can't be taken: the row of the file, the column's name, what stands there, and why not."""

    row: int
    column: str
    value: str
    why: str


@dataclass
class Row:
    """What becomes of one row: `before` is None for a new product."""

    number: int
    product_id: Any  # None as long as the product is not made
    before: Card | None
    after: Card
    category: list[str] | None = None
    was_deleted: bool = False

    @property
    def is_same(self) -> bool:
        """Whether nothing changes."""
        return self.before == self.after and not self.was_deleted and not self.category

    @property
    def changed(self) -> list[tuple[str, Any, Any]]:
        """Attribute, before, after."""
        before = self.before or {}
        return [(key, before.get(key), value) for key, value in self.after.items() if before.get(key) != value]


@dataclass
class Plan:
    """What an import would do. `asks` are rows whose SKU a deleted product has: whether it is restored is a choice."""

    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    asks: int = 0
    categories: list[str] = field(default_factory=list)

    @property
    def made(self) -> int:
        """How many new products."""
        return sum(row.before is None for row in self.rows)

    @property
    def changed(self) -> int:
        """How many products that are there become different, restored ones among them."""
        return sum(row.before is not None and not row.is_same for row in self.rows)

    @property
    def same(self) -> int:
        """How many rows change nothing."""
        return sum(row.is_same for row in self.rows)

    @property
    def fingerprint(self) -> str:
        """What two looks at it have in common when nothing happened between them."""
        facts = [[row.product_id, row.before, row.after, row.category, row.was_deleted] for row in self.rows]
        return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Look:
    """What a plan comes to, as it is shown and, of a large file, kept: counts, the first problems, the first rows that do
    something with what changes in them (attribute, before, after)."""

    made: int
    changed: int
    same: int
    asks: int
    categories: list[str]
    problem_count: int
    problems: list[Problem]
    examples: list[dict[str, Any]]
    fingerprint: str


def look_at(plan: Plan) -> Look:
    """What people see of a plan."""
    doing = [row for row in plan.rows if not row.is_same][:EXAMPLES_AT_MOST]
    examples = [
        {
            "number": row.number, "name": row.after["name"], "is_new": row.before is None,
            "was_deleted": row.was_deleted, "changes": [list(each) for each in row.changed] if row.before else [],
        }
        for row in doing
    ]  # fmt: skip
    return Look(
        plan.made, plan.changed, plan.same, plan.asks, plan.categories, len(plan.problems),
        plan.problems[:PROBLEMS_KEPT], examples, plan.fingerprint,
    )  # fmt: skip


def kept_look(kept: GoodsImport) -> Look | None:
    """What the worker found that a large file would do; None while it has not looked."""
    if kept.look is None:
        return None
    problems = [Problem(*problem) for problem in kept.look["problems"]]
    return Look(**{**kept.look, "problems": problems})


def keep_file(
    table: Table, *, name: str, columns: Sequence[str], by: Any, file: bytes | None = None, encoding: str = ""
) -> GoodsImport:
    """Keep what was read of an uploaded file until it is applied, and a text itself, for it may have to be read anew."""
    return GoodsImport.objects.create(
        content=packed(table), rows=len(table.rows), file_name=_file_name(name), columns=list(columns), by=by,
        file=file if encoding else None, encoding=encoding,
    )  # fmt: skip


def keep_unread(file: bytes, *, name: str, by: Any) -> GoodsImport:
    """Keep a large file for the worker, who is to be asked to read it. Raises BadInput for what is no table at all."""
    refuse_no_table(file)
    return GoodsImport.objects.create(
        content=b"", file=file, file_name=_file_name(name), by=by
    )  # fmt: skip


def _file_name(name: str) -> str:
    return clean_text(name[-120:], max_length=120)


def read_kept(kept: GoodsImport, *, encoding: str = "") -> None:
    """Read a kept file, the letters of a text as `encoding` says: what its columns mean is then guessed anew. Raises
    BadInput, StaleForm when the file is applied or not kept."""
    with transaction.atomic():
        held = GoodsImport.objects.select_for_update(of=("self",), no_key=True).get(pk=kept.pk)
        if not held.file or held.applied_at is not None:
            raise StaleForm(_IMPORTED)
        content = bytes(held.file)
        table = read_table(content, encoding=encoding)
        held.content, held.rows, held.columns = packed(table), len(table.rows), recognised(table.header)
        held.encoding = encoding or encoding_of(content)
        held.file, held.work, held.look, held.refusal = content if held.encoding else None, ImportWork.NONE, None, ""
        held.save()


def ask_worker(kept: GoodsImport, work: ImportWork) -> bool:
    """Note that the worker is asked for this; False when it is at something already, or the file is applied."""
    asked = GoodsImport.objects.filter(pk=kept.pk, work=ImportWork.NONE, applied_at=None)
    return bool(asked.update(work=work, refusal=""))


def forget_work(kept: GoodsImport) -> GoodsImport:
    """The worker has given up: the file waits for being asked for anew."""
    GoodsImport.objects.filter(pk=kept.pk, work=kept.work).update(work=ImportWork.NONE)
    return kept


def check_kept(kept: GoodsImport) -> None:
    """Keep what a large file would do. Raises BadInput, StaleForm."""
    look = look_at(plan_import(kept))
    found = {**vars(look), "problems": [list(vars(problem).values()) for problem in look.problems]}
    GoodsImport.objects.filter(pk=kept.pk, work=ImportWork.CHECK).update(work=ImportWork.NONE, look=found)


def lock_imports() -> None:
    """Let no other file be applied in this shop until the caller's transaction ends: of two with the same new names the
    second sees what the first has made. To be taken before any row."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{current_schema_name()} imports"])


def table_of(kept: GoodsImport) -> Table:
    """The rows of a kept file. Raises StaleForm when it is applied or forgotten."""
    if not kept.content:
        raise StaleForm(_IMPORTED)
    return unpacked(bytes(kept.content))


def card_of(product: Any, codes: Sequence[str], tags: Sequence[str] = ()) -> Card:
    """What an import may write of a product, as JSON has it."""
    card = {key: _plain(getattr(product, key)) for key in WRITTEN}
    return card | {"tags": list(tags), "barcodes": sorted(codes)}


def _plain(value: Any) -> Any:
    """Decimals as texts without trailing zeros, so that 250 and 250.00 are the same price."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


class _Known:
    """The catalogue as far as a file may mean it: read in a handful of statements, whatever the file's size."""

    def __init__(self, *, lock: bool) -> None:
        rows = Product.all_objects.filter(reduced_from=None, made_from=None).order_by("pk")
        rows = rows.select_for_update(of=("self",), no_key=True) if lock else rows
        columns = ("id", "is_deleted", *WRITTEN)
        codes: dict[int, list[str]] = {}
        found = list(rows.only(*columns))
        for key, code in Barcode.objects.values_list("product", "code"):
            codes.setdefault(key, []).append(code)
        tags = tags_on()
        self.spellings = {folded(name): name for name in ProductTag.objects.values_list("name", flat=True)}
        self.cards = {row.pk: card_of(row, codes.get(row.pk, []), tags.get(row.pk, [])) for row in found}
        self.deleted = {row.pk for row in found if row.is_deleted}
        self.by_sku: dict[str, int] = {}
        self.deleted_by_sku: dict[str, int] = {}
        self.by_name: dict[str, list[int]] = {}
        for row in found:
            (self.deleted_by_sku if row.is_deleted else self.by_sku)[row.sku.upper()] = row.pk
            if not row.is_deleted:
                self.by_name.setdefault(row.name.casefold(), []).append(row.pk)
        self.by_code = {code: key for key, many in codes.items() for code in many}
        shelves = {row.pk: row for row in ProductCategory.objects.all()}
        self.paths: dict[tuple[str, ...], int] = {}
        self.shelf_names: dict[str, list[int]] = {}
        for shelf in shelves.values():
            path, above = [shelf.name.casefold()], shelf.parent_id
            while above in shelves:
                path.insert(0, shelves[above].name.casefold())
                above = shelves[above].parent_id
            self.paths[tuple(path)] = shelf.pk
            self.shelf_names.setdefault(shelf.name.casefold(), []).append(shelf.pk)

    def tags(self, names: Sequence[str]) -> list[str]:
        """Tags as the shop spells them; a new one as the first row of the file does."""
        return [self.spellings.setdefault(folded(name), name) for name in names]

    def category(self, path: Sequence[str]) -> int | None:
        """The category at the end of a path; of one name alone the only one with it, wherever it stands."""
        folded = tuple(part.casefold() for part in path)
        alone = self.shelf_names.get(folded[0], []) if len(folded) == 1 else []
        return self.paths.get(folded) or (alone[0] if len(alone) == 1 else None)


def plan_import(kept: GoodsImport, *, lock: bool = False) -> Plan:
    """What a kept file would do to the catalogue now. Raises BadInput when no column holds names or SKUs."""
    table = table_of(kept)
    places = {key: place for place, key in enumerate(kept.columns) if key in BY_KEY}
    if "name" not in places and "sku" not in places and "barcodes" not in places:
        raise BadInput(gettext_lazy("Say which column holds the names or the SKUs: without it no row can be meant."))
    known, plan = _Known(lock=lock), Plan()
    seen: dict[tuple[str, Any], int] = {}
    new_paths: dict[tuple[str, ...], str] = {}
    for number, cells in zip(table.numbers, table.rows, strict=True):
        values: Card = {}
        wrong = len(plan.problems)
        for key, place in places.items():
            cell = cells[place]
            if not cell.text.strip():
                continue
            if cell.is_formula:
                why = gettext("This is a formula. Paste its value instead.")
                plan.problems.append(Problem(number, table.header[place], cell.text[:80], why))
                continue
            try:
                values[key] = BY_KEY[key].read(cell)
            except BadInput as refusal:
                plan.problems.append(Problem(number, table.header[place], cell.text[:80], str(refusal)))
        if len(plan.problems) > wrong:
            continue
        try:
            row = _row(number, values, known, kept.deleted_ones, plan)
            if row is not None:
                _refuse_twice(row, seen)
                if row.category:
                    new_paths.setdefault(tuple(part.casefold() for part in row.category), " / ".join(row.category))
                plan.rows.append(row)
        except BadInput as refusal:
            where = refusal.field if refusal.field in places else ("sku" if "sku" in places else "name")
            at = places.get(where or "")
            header, text = (table.header[at], cells[at].text[:80]) if at is not None else ("", "")
            plan.problems.append(Problem(number, header, text, str(refusal)))
    plan.categories = list(new_paths.values())
    return plan


def _row(number: int, values: Card, known: _Known, deleted_ones: str, plan: Plan) -> Row | None:
    path = values.pop("category", None)
    given = {key: _plain(value) for key, value in values.items()}
    if "barcodes" in given:
        given["barcodes"] = sorted(given["barcodes"])
    if "tags" in given:
        given["tags"] = known.tags(given["tags"])
    if path:
        given["category_id"] = known.category(path)
    new_path = path if path and given["category_id"] is None else None
    key, was_deleted = _meant(given, known)
    if given.get("unit") == COUNTED:
        given["unit"] = _counted_in(given, known.cards.get(key) if key is not None else None)
    if was_deleted and not deleted_ones:
        plan.asks += 1
        return None
    if key is None or (was_deleted and deleted_ones == NEW):
        if not given.get("name"):
            raise BadInput(gettext("There is no such product yet, and a new one needs a name."), field="name")
        _refuse_taken_codes(given, None, known)
        return Row(number, None, None, card_of(Product(sale_price=Decimal(0), sku=""), []) | given, new_path)
    before = known.cards[key]
    after = before | given
    if (before["kind"] == Kind.SERVICE) != (after["kind"] == Kind.SERVICE):
        raise BadInput(
            gettext(
                "Goods can't become a service, nor a service goods: stock and orders count on it. Add a new product."
            ),
            field="kind",
        )
    _refuse_taken_codes(given, key, known)
    return Row(number, key, before, after, new_path, was_deleted)


def _counted_in(given: Card, before: Card | None) -> str:
    """The unit of what is counted one by one: as it is, else stems for what has some and pieces for the rest."""
    if before is not None and before["unit"] in {Unit.STEM, Unit.PIECE}:
        return str(before["unit"])
    return Unit.STEM if given.get("kind", Kind.FLOWER) in {Kind.FLOWER, Kind.GREENERY, Kind.DRIED} else Unit.PIECE


def _meant(given: Card, known: _Known) -> tuple[int | None, bool]:
    """Which product a row means, by SKU, else by barcode, else by name; and whether that one is deleted."""
    if sku := given.get("sku"):
        if (live := known.by_sku.get(sku.upper())) is not None:
            return live, False
        gone = known.deleted_by_sku.get(sku.upper())
        return gone, gone is not None
    owners = {known.by_code[code] for code in given.get("barcodes", []) if code in known.by_code}
    if len(owners) == 1:
        return owners.pop(), False
    named = known.by_name.get(str(given.get("name", "")).casefold(), [])
    if len(named) > 1:
        raise BadInput(gettext("Several products have this name. Say which by its SKU."), field="name")
    return (named[0] if named else None), False


def _refuse_taken_codes(given: Card, key: int | None, known: _Known) -> None:
    for code in given.get("barcodes", []):
        if known.by_code.get(code, key) != key:
            owner = known.cards[known.by_code[code]]["name"]
            raise BadInput(
                gettext("The barcode %(code)s is that of “%(name)s”.") % {"code": code, "name": owner}, field="barcodes"
            )


def _refuse_twice(row: Row, seen: dict[tuple[str, Any], int]) -> None:
    keys: list[tuple[str, Any]] = [("product", row.product_id)] if row.product_id is not None else []
    if row.product_id is None and not row.after["sku"]:
        keys.append(("name", row.after["name"].casefold()))
    if row.after["sku"]:
        keys.append(("sku", row.after["sku"].upper()))
    keys += [("code", code) for code in row.after["barcodes"]]
    for key in keys:
        if key in seen:
            raise BadInput(
                gettext("The same product or code stands in row %(row)s already.") % {"row": seen[key]},
                field="barcodes" if key[0] == "code" else None,
            )
        seen[key] = row.number


# --- applying --------------------------------------------------------------------------------------------------------


def apply_import(kept: GoodsImport, *, seen: str, by: Any) -> Plan:
    """Write everything a kept file says, or nothing. `seen` is the fingerprint of the plan that the person looked at.

    Raises StaleForm when the file was applied already or the plan is another one now, BadInput for rows that can't be
    taken.
    """
    with transaction.atomic(), refusing_taken():
        lock_imports()
        held = GoodsImport.objects.select_for_update(of=("self",), no_key=True).get(pk=kept.pk)
        plan = plan_import(held, lock=True)
        if plan.problems or plan.asks:
            raise BadInput(gettext_lazy("Some rows can't be taken yet. Correct them in the file and choose it again."))
        if plan.fingerprint != seen:
            raise StaleForm(
                gettext_lazy(
                    "The catalogue was changed since you looked, so nothing was imported. Look at it once more."
                )
            )
        _make_categories(plan)
        for row in plan.rows:
            if row.was_deleted:
                restore(Product.all_objects.get(pk=row.product_id), by=by)
        _make(plan)
        changed = [row for row in plan.rows if row.before is not None and row.before != row.after]
        _write_cards({row.product_id: row.after for row in changed})
        _write_codes([row for row in plan.rows if not row.is_same])
        _write_tags([row for row in plan.rows if not row.is_same])
        _note_prices(
            [(row.product_id, row.before or {}, row.after) for row in changed],
            why=PriceReason.IMPORT,
            operation=None,
            by=by,
        )
        GoodsImportLine.objects.bulk_create(
            [
                GoodsImportLine(
                    goods_import=held, product_id=row.product_id, before=row.before, after=row.after,
                    was_deleted=row.was_deleted,
                )
                for row in plan.rows
                if not row.is_same
            ],
            batch_size=BATCH,
        )  # fmt: skip
        held.content, held.file, held.look, held.applied_at = b"", None, None, timezone.now()
        held.work, held.refusal = ImportWork.NONE, ""
        held.save(update_fields=["content", "file", "look", "applied_at", "work", "refusal"])
    return plan


def _make_categories(plan: Plan) -> None:
    """The categories that the file names and nobody has yet, each once, from the top down."""
    made: dict[tuple[str, ...], ProductCategory] = {}
    stored = {(row.parent_id, row.name.casefold()): row for row in ProductCategory.objects.all()}
    for row in plan.rows:
        if not row.category:
            continue
        above: ProductCategory | None = None
        for depth in range(len(row.category)):
            path = tuple(part.casefold() for part in row.category[: depth + 1])
            shelf = made.get(path) or stored.get((above.pk if above else None, path[-1]))
            if shelf is None:
                shelf = save_category(ProductCategory(name=row.category[depth]), parent=above)
            made[path] = above = shelf
        row.after["category_id"] = above.pk if above else None


def _make(plan: Plan) -> None:
    """The new products in as few statements as they need, with SKUs where the file has none."""
    fresh = [row for row in plan.rows if row.before is None]
    skus = iter(_free_skus(sum(not row.after["sku"] for row in fresh)))
    for row in fresh:
        row.after["sku"] = row.after["sku"] or next(skus)
    made = Product.objects.bulk_create(
        (Product(**_typed(row.after)) for row in fresh), batch_size=BATCH
    )  # fmt: skip
    for row, product in zip(fresh, made, strict=True):
        row.product_id = product.pk


def _typed(card: Card) -> dict[str, Any]:
    return {
        key: Decimal(card[key]) if key in _DECIMALS and card[key] is not None else card[key] for key in WRITTEN
    }  # fmt: skip


def _free_skus(count: int) -> list[str]:
    """Numbers that no product has, deleted ones included."""
    found: list[str] = []
    while len(found) < count:
        with connection.cursor() as cursor:
            cursor.execute(
                "select n.sku from (select lpad(nextval('products_sku_seq')::text, 6, '0') as sku"
                " from generate_series(1, %s)) n where not exists (select 1 from products_product p where p.sku = n.sku)",
                [count - len(found)],
            )
            found += [sku for (sku,) in cursor.fetchall()]
    return found


def _write_cards(cards: Mapping[int, Card]) -> None:
    """Write whole cards to the products with these keys: one statement for each thousand. The caller holds them."""
    keys = sorted(cards)
    assign = ", ".join(f"{column} = t.{column}" for column in WRITTEN)
    arrays = ", ".join(f"%s::{kind}[]" for kind in WRITTEN.values())
    names = ", ".join(WRITTEN)
    sql = (
        f"update products_product p set {assign}"  # noqa: S608 - names of our own
        f" from unnest(%s::bigint[], {arrays}) as t (id, {names}) where p.id = t.id"
    )
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        columns = [[cards[key][column] for key in part] for column in WRITTEN]
        with connection.cursor() as cursor:
            cursor.execute(sql, [part, *columns])


def _write_codes(rows: Sequence[Row]) -> None:
    moved = [row for row in rows if (row.before or {}).get("barcodes", []) != row.after["barcodes"]]
    Barcode.objects.filter(product__in=[row.product_id for row in moved if row.before]).hard_delete()
    Barcode.objects.bulk_create(
        [Barcode(product_id=row.product_id, code=code) for row in moved for code in row.after["barcodes"]],
        batch_size=BATCH,
    )


def _write_tags(rows: Sequence[Row]) -> None:
    set_tags(
        {row.product_id: row.after["tags"] for row in rows if (row.before or {}).get("tags", []) != row.after["tags"]}
    )


def _note_prices(
    rows: Iterable[tuple[int, Card, Card]], *, why: PriceReason, operation: uuid.UUID | None, by: Any
) -> None:
    changes = [
        NewPrice(key, round_money(Decimal(before["sale_price"])), round_money(Decimal(after["sale_price"])))
        for key, before, after in rows
        if before["sale_price"] != after["sale_price"]
    ]
    if changes:
        write_prices(changes, why=why, operation=operation, by=by)


# --- taking back -----------------------------------------------------------------------------------------------------


def undo_import(key: int, *, by: Any, now: datetime) -> list[str]:
    """Give changed products their cards back and delete the new ones; answers with sentences about those that stay as
    they are: somebody changed them since, or works with them. Raises StaleForm when that is true of all."""
    with transaction.atomic():
        kept = GoodsImport.objects.select_for_update(of=("self",), no_key=True).filter(pk=key).first()
        lines = list(kept.lines.order_by("product_id")) if kept is not None else []
        keys = [line.product_id for line in lines]
        held = Product.all_objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
        products = {row.pk: row for row in held}
        codes: dict[int, list[str]] = {}
        for product, code in Barcode.objects.filter(product__in=keys).values_list("product", "code"):
            codes.setdefault(product, []).append(code)
        made = [line.product_id for line in lines if line.before is None]
        drawings = ProductPhoto.objects.filter(product__in=made, original_name__startswith=DRAWN)
        in_use = used(
            [line.product_id for line in lines if line.before is None or line.was_deleted],
            but_for=list(drawings.values_list("pk", flat=True)),
        )
        tags = tags_on(keys)
        back: list[GoodsImportLine] = []
        stay: list[str] = []
        for line in lines:
            row = products.get(line.product_id)
            if row is None:
                continue
            card = card_of(row, codes.get(row.pk, []), tags.get(row.pk, []))
            is_same = _compared(card) == _compared(line.after)
            untouched = is_same and not row.is_deleted and row.archived_at is None
            (back.append(line) if untouched and row.pk not in in_use else stay.append(row.name))
        if not back:
            raise StaleForm(gettext_lazy("All of these products were changed or used since. Nothing was taken back."))
        changed = [line for line in back if line.before is not None]
        _write_cards({line.product_id: line.before or {} for line in changed})
        rows = [Row(0, line.product_id, line.after, line.before or {}) for line in changed]
        _write_codes(rows)
        _write_tags(rows)
        _note_prices(
            [(line.product_id, line.after, line.before or {}) for line in changed],
            why=PriceReason.UNDO,
            operation=None,
            by=by,
        )
        _delete([line.product_id for line in back if line.before is None or line.was_deleted], by=by, now=now)
    return _said(stay)


def _compared(card: Card) -> Card:
    """A card without what makes no difference: how a tag is spelled, and in which order they stand."""
    return card | {"tags": sorted({folded(name) for name in card["tags"]})}


def _delete(keys: Sequence[int], *, by: Any, now: datetime) -> None:
    """Mark new products, their barcodes and drawings as one deletion. Nobody works with them: that was asked of all at once."""
    mark = {"is_deleted": True, "deleted_at": now, "deleted_by": by, "delete_batch": uuid.uuid4()}
    Product.all_objects.filter(pk__in=keys).update(**mark)
    Barcode.all_objects.filter(product__in=keys, is_deleted=False).update(**mark)
    ProductPhoto.all_objects.filter(product__in=keys, is_deleted=False).update(**mark)


def _said(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    said, more = ", ".join(names[:NAMED_AT_MOST]), len(names) - NAMED_AT_MOST
    sentence = gettext("These stay as they are, they were changed or used since: %(names)s") % {"names": said}
    if more > 0:
        sentence += ngettext(" and %(count)s more", " and %(count)s more", more) % {"count": more}
    return [f"{sentence}."]
