"""What to carry from the cold room for some work, what lacks for it and in what it is bought. Nothing is written here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import F, Prefetch

from inventory.domain.fifo import Batch, plan_issue
from inventory.models import IssueOrder, ReceiptLine, Stock, StockBatch, Warehouse
from inventory.selectors.assembling import FromBatch
from inventory.selectors.packing import offered, with_packers
from products.domain.packs import Packs, in_packs
from products.models import Product, PurchaseUnit


@dataclass(frozen=True)
class Bought:
    """A unit a product is bought in, and how many of it an amount takes."""

    unit: PurchaseUnit
    packs: Packs


@dataclass(frozen=True)
class Pull:
    """One product, base units: what the work needs, what of it may be taken now, and the batches it would come from.
    `opened` are the packs that all of it takes, `to_buy` those that what lacks takes, as `supplier` packs it, of whom it
    came last; None for what is bought singly."""

    product: Product
    needed: Decimal
    here: Decimal
    taken: list[FromBatch] = field(default_factory=list)
    opened: Bought | None = None
    to_buy: Bought | None = None
    supplier: str = ""

    @property
    def lacking(self) -> Decimal:
        return max(self.needed - self.here, Decimal(0))


def pull(
    needed: Mapping[int, Decimal], *, warehouse: Warehouse, own: Mapping[int, Decimal] | None = None
) -> list[Pull]:
    """What `needed` (product key → base units) takes in a warehouse, by the product's category and name; `own` is what the
    work itself holds already. Batches give by the warehouse's rule, those of other work before it not counted. Five
    statements, three where nothing lies."""
    own = own or {}
    units = Prefetch("purchase_units", with_packers(PurchaseUnit.objects.order_by("position", "id")))
    products = Product.all_objects.filter(pk__in=needed).select_related("category").prefetch_related(units)
    stocks = {row.product_id: row for row in Stock.objects.filter(product__in=needed, warehouse=warehouse)}
    lying: dict[int, list[StockBatch]] = {}
    for batch in StockBatch.objects.filter(stock__in=stocks.values(), is_open=True).select_related("stock"):
        lying.setdefault(batch.stock.product_id, []).append(batch)
    suppliers = last_suppliers(needed)
    rows = []
    for product in products.order_by(F("category__position").asc(nulls_last=True), "category__name", "name", "pk"):
        amount = needed[product.pk]
        stock = stocks.get(product.pk)
        free = (stock.free if stock else Decimal(0)) + own.get(product.pk, Decimal(0))
        here = max(min(free, amount), Decimal(0))
        supplier, name = suppliers.get(product.pk, (None, ""))
        packed = offered(product.purchase_units.all(), supplier)
        rows.append(
            Pull(
                product, amount, here, _from_batches(lying.get(product.pk, []), here, warehouse),
                _bought(amount, packed), _bought(amount - here, packed), name,
            )
        )  # fmt: skip
    return rows


def last_suppliers(products: Mapping[int, Decimal]) -> dict[int, tuple[int, str]]:
    """Product → key and name of whom it was received from last; without an entry nobody is known. One statement."""
    lines = ReceiptLine.objects.filter(product__in=products, receipt__supplier__is_deleted=False)
    latest = lines.order_by("product", "-receipt__received_at", "-pk").distinct("product")
    rows = latest.values_list("product", "receipt__supplier", "receipt__supplier__name")
    return {product: (supplier, name) for product, supplier, name in rows}


def _from_batches(batches: list[StockBatch], amount: Decimal, warehouse: Warehouse) -> list[FromBatch]:
    if amount <= 0:
        return []
    known = {batch.pk: batch for batch in batches}
    plan = plan_issue(
        [
            Batch(row.received_at.timestamp(), row.pk, row.remaining, row.remaining_value, row.expires_on)
            for row in batches
        ],
        [amount],
        wilting_first=warehouse.issue_order == IssueOrder.FEFO,
    )
    return [FromBatch(known[take.batch], take.quantity) for take in plan.takes]


def _bought(amount: Decimal, units: list[PurchaseUnit]) -> Bought | None:
    packs = in_packs(amount, [unit.factor for unit in units]) if amount > 0 else None
    return Bought(next(unit for unit in units if unit.factor == packs.size), packs) if packs else None
