"""Playing a demo shop's month: every step goes through the service a person would use, at its own moment."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.utils import timezone

from accounts.models import User
from core.access import Role
from inventory.models import (
    Reservation,
    Sale,
    SaleAllocation,
    Stock,
    StockBatch,
    StockDemand,
    Supplier,
    Warehouse,
    WriteOffReason,
)
from inventory.selectors.shelves import expired_batches
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.services.returns import return_sale, return_to_supplier
from inventory.services.sale_processor import SaleProcessor
from inventory.services.suppliers import pack_so
from inventory.services.write_offs import write_off
from orders.demo import days
from orders.demo.shop import DemoShop, Good
from orders.domain.lifecycle import Category
from orders.models import Contact, Fulfilment, Order, OrderItem, OrderItemDemand, PaymentMethod
from orders.services.lifecycle import set_status, status_of
from orders.services.payments import record_payment
from orders.services.placing import LineInput, OrderInput, place_order
from products.models import (
    Kind,
    Packing,
    Product,
    ProductCategory,
    ProductKit,
    ProductVariantGroup,
    PurchaseUnit,
    Unit,
)
from products.recipes import RecipeLine
from products.services.catalogue import Packed, delete_row, save_product
from products.services.kits import save_group, save_kit
from products.services.many import tag_products

PACKS_SMALL, SMALL_BUNCH = 2, Decimal(20)  # which supplier packs its own way, and how
BOUQUETS = {"ru": "Букеты", "en": "Bouquets"}


def make_people(shop: DemoShop) -> dict[str, User]:
    """The shop's staff by role. Their common password is for demonstration only."""
    crew: dict[str, User] = {}
    password = make_password(shop.password)  # once for all: it takes a quarter of a second
    for login, name, role in shop.people:
        crew[role] = User(username=login, name=name, role=role, language=shop.language, password=password)
        crew[role].save()
    return crew


def play(shop: DemoShop, *, crew: Mapping[str, Any], now: datetime, weeks: int = 4) -> None:
    """Fill the current, empty shop with the catalogue and `weeks` weeks up to `now`. `crew` is who does it, by role."""
    _Player(shop, crew, now).play(weeks)
    _look_at_the_tables()


def _look_at_the_tables() -> None:
    """A month came in one transaction: until the server has figures about the grown tables it takes them for empty and
    joins them row by row, which can take longer than a statement may."""
    with connection.cursor() as cursor:
        for model in (
            Order,
            OrderItem,
            OrderItemDemand,
            StockDemand,
            Reservation,
            Stock,
            StockBatch,
            Sale,
            SaleAllocation,
        ):
            cursor.execute(f"analyze {connection.ops.quote_name(model._meta.db_table)}")


class _Player:
    def __init__(self, shop: DemoShop, crew: Mapping[str, Any], now: datetime) -> None:
        self.shop, self.crew, self.now = shop, crew, now
        self.goods: dict[str, Product] = {}
        self.kits: dict[str, ProductKit] = {}
        self.orders: dict[int, Order] = {}

    def play(self, weeks: int) -> None:
        self._catalogue()
        self.warehouse = Warehouse.objects.get(is_default=True)
        self.second = Warehouse.objects.create(name=self.shop.second_warehouse, position=10)
        self.suppliers = [Supplier.objects.create(name=name, phone=phone) for name, phone in self.shop.suppliers]
        for unit in PurchaseUnit.objects.filter(factor=SMALL_BUNCH):
            pack_so(self.suppliers[PACKS_SMALL], unit)
        self.contacts = [Contact.objects.create(name=name, phone=phone) for name, phone in self.shop.contacts]
        self.statuses = {category: status_of(category) for category in Category}
        for step in days.steps_of(self.shop, now=self.now, days=weeks * 7):
            self._do(step)

    def _do(self, step: days.Step) -> None:
        match step:
            case days.Delivery():
                self._receive(step)
            case days.Taken():
                self._take_order(step)
            case days.Paid():
                self._pay(step)
            case days.Moved():
                done = step.category in {Category.DELIVERING, Category.COMPLETED}
                by = self.crew[Role.COURIER if done else Role.FLORIST]
                set_status(self.orders[step.number], self.statuses[step.category], by=by, at=step.at)
            case days.Counter():
                product = self.goods[step.product]
                SaleProcessor.create_sale(
                    product=product, warehouse=self.warehouse, quantity=Decimal(step.quantity),
                    sale_price=product.sale_price, sold_at=step.at, by=self.crew[Role.SELLER],
                )  # fmt: skip
            case days.Thrown():
                write_off(
                    product=self.goods[step.waste.product], warehouse=self.warehouse, reason=step.waste.reason,
                    quantity=Decimal(step.waste.quantity), comment=step.waste.comment, by=self.crew[Role.FLORIST],
                    at=step.at,
                )  # fmt: skip
            case days.Sorted():
                self._sort_out(step)
            case days.SentBack():
                self._send_back(step)
            case days.BroughtBack():
                lasting = Sale.objects.filter(demand=None, product__vase_life_days=None, returned=0)
                sale = lasting.order_by("-sold_at", "-pk").first()
                if sale is not None:
                    return_sale(sale=sale, quantity=Decimal(1), by=self.crew[Role.SELLER], at=step.at)

    def _catalogue(self) -> None:
        names = list(dict.fromkeys(good.category for good in self.shop.goods))
        categories = {
            name: ProductCategory.objects.create(name=name, position=position * 10)
            for position, name in enumerate([BOUQUETS[self.shop.language], *names])
        }
        for good in self.shop.goods:
            self.goods[good.name] = save_product(
                Product(
                    name=good.name, category=categories[good.category], unit=good.unit, sale_price=good.price,
                    vase_life_days=good.vase_days, kind=good.kind, colour=good.colour, stem_length=good.stem_length,
                ),
                bought_in=self._packed(good) if good.unit == Unit.STEM else None,
            )  # fmt: skip
        title, services = self.shop.services
        category = ProductCategory.objects.create(name=title, position=10 * len(categories))
        for name, price in services:
            self.goods[name] = save_product(
                Product(name=name, category=category, unit=Unit.PIECE, sale_price=Decimal(price), kind=Kind.SERVICE)
            )
        for bouquet in self.shop.bouquets:
            kit = ProductKit(
                name=bouquet.name, sale_price=bouquet.price, description=bouquet.description,
                category=categories[BOUQUETS[self.shop.language]],
            )  # fmt: skip
            parts = [RecipeLine(self.goods[name], Decimal(quantity)) for name, quantity in bouquet.parts]
            self.kits[bouquet.name] = save_kit(kit, parts)
        for name, members in self.shop.interchangeable:
            save_group(ProductVariantGroup(name=name), [self.goods[member] for member in members])
        for name, members in self.shop.tags:
            tag_products([self.goods[member].pk for member in members], add=[name])
        for name in self.shop.retired:
            delete_row(save_product(Product(name=name, sale_price=Decimal(0))), by=self.crew[Role.OWNER], now=self.now)

    def _packed(self, good: Good) -> list[Packed]:
        """Bunches of 25, as everybody packs them; those of one supplier come by 20 as well."""
        usual = [Packed(Packing.BUNCH, Decimal(25))]
        return [*usual, Packed(Packing.BUNCH, SMALL_BUNCH)] if good.supplier == PACKS_SMALL else usual

    def _receive(self, step: days.Delivery) -> None:
        post_receipt(
            warehouse=self.second if step.to_second else self.warehouse,
            supplier=self.suppliers[step.supplier],
            lines=[ReceiptLineInput(self.goods[name], quantity, cost) for name, quantity, cost in step.lines],
            received_at=step.at,
            comment=self.shop.delivery_comment,
            by=self.crew[Role.FLORIST],
            at=step.at,
        )

    def _take_order(self, step: days.Taken) -> None:
        wish = step.wish
        buyer = self.contacts[wish.buyer % len(self.contacts)]
        gift = bool(wish.address and wish.card)
        recipient = self.contacts[(wish.buyer + 3) % len(self.contacts)] if gift else buyer
        self.orders[step.number] = place_order(
            OrderInput(
                due_on=step.due_on, due_from=step.due_from, due_until=step.due_until,
                lines=[
                    LineInput(Decimal(quantity), product=self.goods.get(name), kit=self.kits.get(name))
                    for name, quantity in wish.lines
                ],
                buyer=buyer, recipient=recipient,
                fulfilment=Fulfilment.DELIVERY if wish.address else Fulfilment.PICKUP, address=wish.address,
                delivery_price=self.shop.delivery_price if wish.address else Decimal(0),
                card_message=wish.card, courier_note=wish.note, discount=Decimal(wish.discount),
                status=None if wish.status is Category.DRAFT else self.statuses[Category.NEW],
            ),
            by=self.crew[Role.SELLER],
            at=step.at,
        )  # fmt: skip

    def _pay(self, step: days.Paid) -> None:
        order = self.orders[step.number]
        methods = list(PaymentMethod)
        record_payment(
            order,
            amount=(order.total * step.share).quantize(Decimal(1)) if step.share < 1 else order.total,
            method=methods[days.chance(len(methods), "method", step.number)],
            by=self.crew[Role.SELLER],
            at=step.at,
        )

    def _sort_out(self, step: days.Sorted) -> None:
        """As a florist in the morning: what is past its day goes, but for what is promised, which the oldest serve."""
        expired = expired_batches(timezone.localdate(step.at)).select_related("stock__product", "stock__warehouse")
        promised: dict[int, Decimal] = {}
        for batch in expired.order_by("received_at", "pk"):
            kept = min(batch.remaining, promised.setdefault(batch.stock_id, batch.stock.reserved))
            promised[batch.stock_id] -= kept
            if batch.remaining > kept:
                write_off(
                    product=batch.stock.product, warehouse=batch.stock.warehouse, quantity=batch.remaining - kept,
                    batch=batch, reason=WriteOffReason.WILTED, comment=self.shop.sorted_out,
                    by=self.crew[Role.FLORIST], at=step.at,
                )  # fmt: skip

    def _send_back(self, step: days.SentBack) -> None:
        batch = StockBatch.objects.filter(
            stock__product=self.goods[step.product], stock__warehouse=self.warehouse, is_open=True
        ).latest("received_at")
        quantity = (batch.remaining / 2).quantize(Decimal(1))
        return_to_supplier(batch=batch, quantity=quantity, comment=step.comment, by=self.crew[Role.OWNER], at=step.at)
