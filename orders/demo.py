"""A small shop to look at, made through the services like any other: goods, receipts, orders in every state."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import User
from core.access import Role
from inventory.models import Supplier, Warehouse, WriteOffReason
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.services.write_offs import write_off
from orders.domain.lifecycle import Category
from orders.models import Contact, Fulfilment, Order, PaymentMethod
from orders.services.lifecycle import set_status, status_of
from orders.services.payments import record_payment
from orders.services.placing import LineInput, OrderInput, place_order
from products.models import KitItem, Product, ProductCategory, ProductKit, Unit

# People of the demo shop: user name, name, role. The password is the same for all and only for this shop.
PEOPLE = [
    ("marina", "Марина Петрова", Role.OWNER),
    ("lena", "Лена", Role.FLORIST),
    ("oleg", "Олег", Role.SELLER),
    ("ivan", "Иван", Role.COURIER),
]
PASSWORD = "pion-demo-2026"  # noqa: S105 - of the demo shop

# Category, name, unit, price, vase life in days, cost
GOODS = [
    ("Розы", "Роза Freedom 70 см", Unit.STEM, 250, 12, "112.50"),
    ("Розы", "Роза Mondial 60 см", Unit.STEM, 230, 11, "96.00"),
    ("Розы", "Роза кустовая Bombastic 50 см", Unit.STEM, 290, 9, "134.00"),
    ("Тюльпаны", "Тюльпан Strong Gold", Unit.STEM, 110, 7, "42.00"),
    ("Тюльпаны", "Тюльпан Barcelona", Unit.STEM, 110, 7, "44.50"),
    ("Срезка", "Гортензия белая", Unit.STEM, 490, 8, "238.00"),
    ("Срезка", "Пион Sarah Bernhardt", Unit.STEM, 590, 6, "290.00"),
    ("Срезка", "Ранункулюс Cloni", Unit.STEM, 260, 7, "118.00"),
    ("Срезка", "Хризантема кустовая", Unit.STEM, 190, 18, "74.00"),
    ("Зелень", "Эвкалипт Cinerea", Unit.STEM, 120, 14, "48.00"),
    ("Зелень", "Фисташка", Unit.STEM, 90, 14, "31.00"),
    ("Упаковка", "Лента атласная 25 мм", Unit.METRE, 30, None, "7.40"),
    ("Упаковка", "Крафт-бумага", Unit.PIECE, 60, None, "18.00"),
    ("Подарки", "Ваза «Капля»", Unit.PIECE, 1900, None, "860.00"),
]
BOUQUETS: list[tuple[str, int, list[tuple[str, int | str]]]] = [
    ("Букет «Утро в саду»", 4900, [("Роза Mondial 60 см", 9), ("Ранункулюс Cloni", 5), ("Эвкалипт Cinerea", 4),
                                   ("Лента атласная 25 мм", "1.5"), ("Крафт-бумага", 1)]),
    ("Букет «Пионовое облако»", 6900, [("Пион Sarah Bernhardt", 7), ("Гортензия белая", 1), ("Фисташка", 3),
                                       ("Лента атласная 25 мм", "1.5"), ("Крафт-бумага", 1)]),
    ("Моно 25 роз Freedom", 6250, [("Роза Freedom 70 см", 25), ("Лента атласная 25 мм", 1)]),
    ("Весенний с тюльпанами", 3300, [("Тюльпан Strong Gold", 15), ("Тюльпан Barcelona", 10), ("Крафт-бумага", 1)]),
]  # fmt: skip
CONTACTS = [
    ("Анна Белова", "+79120001042"), ("Пётр Ильин", "+79120001043"), ("Марина Ковалёва", "+79120001045"),
    ("Ресторан «Веранда»", "+79120006789"), ("Ольга Соколова", "+79120002201"), ("Дмитрий Орлов", "+79120002202"),
    ("Елена Фёдорова", "+79120002203"), ("Сергей Никитин", "+79120002204"),
]  # fmt: skip

# Days from today, from hour, to hour, buyer, goods, status, share paid, address (empty: pickup), card
ORDERS: list[tuple[int, int, int, int, list[tuple[str, int]], Category, str, str, str]] = [
    (-6, 10, 12, 0, [("Букет «Утро в саду»", 1)], Category.COMPLETED, "1", "Садовая, 5, кв. 8", "С днём рождения!"),
    (-4, 12, 14, 4, [("Роза Freedom 70 см", 15)], Category.COMPLETED, "1", "", ""),
    (-2, 9, 11, 3, [("Гортензия белая", 6), ("Эвкалипт Cinerea", 12)], Category.COMPLETED, "1", "Набережная, 23", ""),
    (-1, 16, 18, 5, [("Весенний с тюльпанами", 2)], Category.COMPLETED, "1", "Мира, 14, кв. 31", "Спасибо, мама"),
    (-1, 18, 20, 6, [("Моно 25 роз Freedom", 1)], Category.CANCELLED, "0", "Лесная, 2", ""),
    (0, 9, 10, 3, [("Гортензия белая", 3)], Category.DELIVERING, "1", "Набережная, 23", ""),
    (0, 10, 11, 0, [("Букет «Утро в саду»", 1), ("Роза Mondial 60 см", 15)], Category.ASSEMBLING, "0.5",
     "Садовая, 5, кв. 8", "Самой лучшей сестре"),
    (0, 11, 13, 1, [("Моно 25 роз Freedom", 1)], Category.READY, "0", "", ""),
    (0, 12, 14, 2, [("Тюльпан Strong Gold", 51), ("Крафт-бумага", 1)], Category.CONFIRMED, "1",
     "Ленинский проспект, 64", "Люблю"),
    (0, 15, 17, 7, [("Хризантема кустовая", 9)], Category.NEW, "0", "Заречная, 7", ""),
    (0, 17, 19, 5, [("Букет «Пионовое облако»", 1)], Category.CONFIRMED, "0", "Мира, 14, кв. 31", "С годовщиной!"),
    (1, 10, 12, 4, [("Ранункулюс Cloni", 11)], Category.CONFIRMED, "0", "", ""),
    (1, 14, 16, 6, [("Букет «Утро в саду»", 1), ("Ваза «Капля»", 1)], Category.NEW, "0", "Лесная, 2", ""),
    (2, 9, 12, 1, [("Роза кустовая Bombastic 50 см", 21)], Category.CONFIRMED, "1", "Парковая, 3, офис 12", ""),
    (9, 8, 10, 3, [("Тюльпан Barcelona", 300), ("Тюльпан Strong Gold", 300)], Category.CONFIRMED, "0.3",
     "Набережная, 23", "С праздником весны!"),
    (3, 12, 14, 0, [("Фисташка", 5)], Category.DRAFT, "0", "", ""),
]  # fmt: skip


def fill() -> None:
    """Fill the current shop. Meant for an empty one."""
    _people()
    fill_goods(by=User.objects.get(username=PEOPLE[0][0]))


def fill_goods(*, by: Any) -> None:
    """Goods, receipts and orders alone, done by `by`: for a shop with people of its own. Nobody can log in by it."""
    goods = _goods()
    _receipts(goods, by)
    _orders(goods, by)


def logins() -> list[dict[str, str]]:
    """Who can log in to the demo shop, for the greeting of the start command."""
    return [{"login": login, "name": name, "password": PASSWORD} for login, name, _role in PEOPLE]


def _people() -> None:
    for username, name, role in PEOPLE:
        User.objects.create_user(username, password=PASSWORD, name=name, role=role)


def _goods() -> dict[str, Any]:
    found: dict[str, Any] = {}
    categories: dict[str, ProductCategory] = {}
    for category, name, unit, price, days, _cost in GOODS:
        if category not in categories:
            categories[category] = ProductCategory.objects.create(name=category, position=len(categories) * 10)
        found[name] = Product.objects.create(
            name=name, category=categories[category], unit=unit, sale_price=Decimal(price), vase_life_days=days
        )
    for name, price, parts in BOUQUETS:
        kit = ProductKit.objects.create(name=name, sale_price=Decimal(price))
        KitItem.objects.bulk_create(
            KitItem(kit=kit, product=found[part], quantity=Decimal(quantity)) for part, quantity in parts
        )
        found[name] = kit
    return found


def _receipts(goods: dict[str, Any], by: Any) -> None:
    """Three deliveries at rising cost: a week ago, three days ago, yesterday (without peonies: one order waits)."""
    warehouse = Warehouse.objects.get(is_default=True)
    farm, base = (Supplier.objects.create(name=name) for name in ("Ферма «Рассвет»", "Цветочная база № 1"))
    for days_ago, supplier, factor, share in ((7, farm, "1", 40), (3, base, "1.06", 60), (1, base, "1.10", 40)):
        lines = [
            ReceiptLineInput(
                goods[name],
                Decimal(share * (10 if unit == Unit.METRE else 1)),
                (Decimal(cost) * Decimal(factor)).quantize(Decimal("0.01")),
            )
            for _category, name, unit, _price, _days, cost in GOODS
            if not (name.startswith("Пион") and days_ago < 7) and not (unit == Unit.PIECE and days_ago == 3)
        ]
        post_receipt(
            warehouse=warehouse, supplier=supplier, lines=lines, received_at=_moment(-days_ago, 8), by=by,
            comment="Поставка по накладной",
        )  # fmt: skip
    write_off(
        product=goods["Пион Sarah Bernhardt"], warehouse=warehouse, quantity=Decimal(35),
        reason=WriteOffReason.WILTED, by=by,
    )  # fmt: skip


def _orders(goods: dict[str, Any], by: Any) -> None:
    people = [Contact.objects.create(name=name, phone=phone) for name, phone in CONTACTS]
    today = timezone.localdate()
    for days, start, end, buyer, wanted, category, paid, address, card in ORDERS:
        lines = [
            LineInput(
                quantity=Decimal(quantity),
                product=goods[name] if isinstance(goods[name], Product) else None,
                kit=goods[name] if isinstance(goods[name], ProductKit) else None,
            )
            for name, quantity in wanted
        ]
        order = place_order(
            OrderInput(
                due_on=today + timedelta(days=days), due_from=time(start), due_until=time(end), lines=lines,
                buyer=people[buyer], recipient=people[(buyer + 3) % len(people)] if address else people[buyer],
                fulfilment=Fulfilment.DELIVERY if address else Fulfilment.PICKUP, address=address,
                delivery_price=Decimal(350 if address else 0), card_message=card,
            ),
            by=by,
        )  # fmt: skip
        amount = (order.total * Decimal(paid)).quantize(Decimal(1))
        if amount:
            record_payment(order, amount=amount, method=PaymentMethod.CARD, by=by)
        for step in _way_to(category):
            set_status(order, status_of(step), by=by)


def _way_to(category: Category) -> list[Category]:
    """The statuses an order passed to get where it is."""
    way = list(Category)[: list(Category).index(Category.DELIVERING) + 1]
    if category is Category.DRAFT:
        return []
    if category in way:
        return way[1 : way.index(category) + 1]
    return [Category.NEW, Category.CONFIRMED, category]


def _moment(days: int, hour: int) -> datetime:
    day = timezone.localdate() + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, time(hour)))


def has_goods() -> bool:
    """Whether the current shop was filled before."""
    return Order.objects.exists()
