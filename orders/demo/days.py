"""A month of a demo shop's life as a list of steps in time. Plain reckoning: nothing is written here.

Nothing is left to chance: what varies is taken from sums over names, and days count back from today. Every run on any
day makes the same shop, moved to that day.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from zlib import crc32

from django.utils import timezone

from orders.demo.shop import DemoShop, Waste, Wish
from orders.domain.lifecycle import Category
from products.models import Unit

MONTH = 28
HORIZON = 7  # nothing is bought for orders further ahead
OPENS, CLOSES = 8, 20
CENT = Decimal("0.01")
# How many days ago each supplier came; suppliers beyond the list come like the last one.
ROUNDS = [(27, 23, 19, 15, 11, 7, 3, 1), (26, 22, 18, 14, 10, 6, 2), (27, 20, 13, 6, 1), (27, 13, 2)]
SORTING = (20, 13, 6, 2)
WORK = [Category.CONFIRMED, Category.ASSEMBLING, Category.READY, Category.DELIVERING]
# What is bought for the shelf beside what is ordered.
SHELF = {Unit.STEM: 15, Unit.METRE: 120, Unit.PIECE: 20, Unit.POT: 6, Unit.PACK: 6}


@dataclass(frozen=True)
class Step:
    """Something that happens at a moment."""

    at: datetime


@dataclass(frozen=True)
class Delivery(Step):
    """A supplier comes: product name, base units, cost per unit."""

    supplier: int
    lines: list[tuple[str, Decimal, Decimal]]
    to_second: bool = False


@dataclass(frozen=True)
class Taken(Step):
    """An order is taken down. `number` is its place among the orders of the demo."""

    number: int
    wish: Wish
    due_on: date
    due_from: time
    due_until: time


@dataclass(frozen=True)
class Paid(Step):
    """The share of the order's total that its wish names is paid."""

    number: int
    share: Decimal


@dataclass(frozen=True)
class Moved(Step):
    """An order comes into a status of the category."""

    number: int
    category: Category


@dataclass(frozen=True)
class Counter(Step):
    """Something is sold past an order."""

    product: str
    quantity: int


@dataclass(frozen=True)
class Thrown(Step):
    """Goods are written off."""

    waste: Waste


class Sorted(Step):
    """Everything that is past its last day is written off."""


@dataclass(frozen=True)
class SentBack(Step):
    """Half of the latest batch goes back to its supplier."""

    product: str
    comment: str


class BroughtBack(Step):
    """A buyer brings back one piece of something that does not wilt, sold over the counter."""


def chance(limit: int, *words: object) -> int:
    """A number from 0 up to but without `limit` that depends on the words alone."""
    return crc32("|".join(map(str, words)).encode()) % limit


def steps_of(shop: DemoShop, *, now: datetime, days: int = MONTH) -> list[Step]:
    """What happened in the last `days` days, oldest first; nothing lies in the future."""
    return sorted(_Month(shop, now, days).steps(), key=lambda step: step.at)


def next_holiday(shop: DemoShop, today: date) -> tuple[date, str]:
    """The next holiday of the shop that is at least ten days away: then its goods can't be reserved yet."""
    every = [
        (date(year, month, day), name) for year in (today.year, today.year + 1) for month, day, name in shop.holidays
    ]
    return min((day, name) for day, name in every if day >= today + timedelta(days=10))


class _Month:
    def __init__(self, shop: DemoShop, now: datetime, days: int) -> None:
        self.shop, self.now, self.days = shop, timezone.localtime(now), days
        self.today = self.now.date()
        self.goods = {good.name: good for good in shop.goods}
        self.recipes = {bouquet.name: bouquet.parts for bouquet in shop.bouquets}
        self.recipes |= {name: [] for name, _price in shop.services[1]}  # nothing is bought for them

    def steps(self) -> Iterator[Step]:
        wishes = [*self._history(), *self.shop.wishes, *self._holiday()]
        counter = [sale for sale in self._counter() if sale.at < self.now]
        waste = [item for item in self.shop.waste if item.days_ago < self.days - 2]
        yield from self._deliveries(wishes, counter, waste)
        for number, wish in enumerate(wishes):
            yield from self._life(number, wish)
        yield from counter
        for item in waste:
            yield Thrown(min(self._at(-item.days_ago, 13), self._before(5)), item)
        for ago in SORTING:
            yield Sorted(self._at(-ago, 8, 40))
        product, ago, comment = self.shop.sent_back
        if product and ago < self.days:
            yield SentBack(self._at(-ago, 16), product, comment)
        yield BroughtBack(self._at(-2, 17, 20))

    # --- Orders

    def _history(self) -> Iterator[Wish]:
        """Ordinary days up to now: two to five orders, nearly all handed over and paid."""
        shop = self.shop
        for ago in range(min(self.days, MONTH) - 3, -1, -1):
            for nth in range(2 + chance(3, shop.name, ago) + (ago % 7 < 2)):
                key = (shop.name, ago, nth)
                # Of today, only what was handed over some time ago: the rest of the day is written down by hand.
                hour = 9 + chance(11, "when", *key) if ago else 9 + 2 * nth
                if not ago and hour > self.now.hour - 3:
                    continue
                name, quantity = shop.popular[chance(len(shop.popular), "what", *key)]
                delivered = chance(5, "how", *key) < 3
                yield Wish(
                    buyer=chance(len(shop.contacts), "who", *key),
                    lines=[(name, quantity)],
                    status=Category.CANCELLED if chance(14, "end", *key) == 0 else Category.COMPLETED,
                    days=-ago,
                    hour=hour,
                    paid="1",
                    address=shop.addresses[chance(len(shop.addresses), "where", *key)] if delivered else "",
                    card=shop.cards[chance(len(shop.cards), "card", *key)] if delivered else "",
                    note=shop.notes[chance(len(shop.notes), "note", *key)] if chance(4, "noted", *key) == 0 else "",
                )

    def _holiday(self) -> list[Wish]:
        day, _name = next_holiday(self.shop, self.today)
        return [replace(wish, days=(day - self.today).days) for wish in self.shop.holiday_wishes]

    def _life(self, number: int, wish: Wish) -> Iterator[Step]:
        """An order from the telephone call to where it stands, evenly over the time it had."""
        due, taken = self._due(wish), self._taken(number, wish)
        last = self._last(wish)
        long = timedelta(hours=1 if wish.days is None else 2)
        until = min(due + long, due.replace(hour=22, minute=0))
        yield Taken(taken, number, wish, due.date(), due.time(), until.time())
        share = Decimal(wish.paid)
        if share:
            yield Paid(taken + timedelta(minutes=4), number, share)
        way = self._way(wish)
        if way:
            confirmed = taken + timedelta(minutes=20)
            yield Moved(confirmed, number, way[0])
            start = max(confirmed, last - timedelta(hours=2))
            for nth, category in enumerate(way[1:], start=1):
                yield Moved(start + (last - start) * nth / (len(way) - 1), number, category)

    def _taken(self, number: int, wish: Wish) -> datetime:
        """When the order was taken down: a new one a while ago, the others one to three days before they were due."""
        if wish.status is Category.NEW:
            return self._before(7 + chance(80, "new", number))
        lead = 1 + (chance(3, "lead", number) if wish.days is not None else 0)
        days = (self._last(wish).date() - self.today).days - lead
        return self._at(days, 9 + chance(10, "hour", number), chance(60, "minute", number))

    def _last(self, wish: Wish) -> datetime:
        """When the order came where it stands."""
        return min(self._due(wish) + timedelta(minutes=30), self._before(1))

    def _way(self, wish: Wish) -> list[Category]:
        """The statuses after the one an order is taken in."""
        if wish.status in {Category.DRAFT, Category.NEW}:
            return []
        if wish.status in WORK:
            return WORK[: WORK.index(wish.status) + 1]
        if wish.status is Category.CANCELLED:
            return [Category.CONFIRMED, Category.CANCELLED]
        on_the_way = [Category.DELIVERING] if wish.address else []
        return [Category.CONFIRMED, Category.READY, *on_the_way, Category.COMPLETED]

    def _due(self, wish: Wish) -> datetime:
        if wish.days is not None:
            return self._at(wish.days, wish.hour)
        due = self.now + timedelta(hours=wish.hours)
        return self._at((due.date() - self.today).days, min(max(due.hour, OPENS), CLOSES))

    # --- Goods

    def _counter(self) -> Iterator[Counter]:
        """A few passers-by every day."""
        for ago in range(min(self.days, MONTH) - 3, -1, -1):
            for nth in range(2 + chance(3, "passers-by", self.shop.name, ago)):
                key = ("counter", self.shop.name, ago, nth)
                product, quantity = self.shop.counter[chance(len(self.shop.counter), *key)]
                yield Counter(self._at(-ago, 9 + chance(10, "at", *key), chance(60, "past", *key)), product, quantity)

    def _deliveries(self, wishes: list[Wish], counter: list[Counter], waste: list[Waste]) -> Iterator[Delivery]:
        """What is needed comes on the supplier's last round before it is asked for, with a little more; the last round
        fills the shelves. What an order waits for is not bought."""
        needs: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for name, quantity, ago in self._needed(wishes, counter, waste):
            needs[self._round_before(name, ago)][name] += quantity
        waited_for = {next(self._parts(wish))[0] for wish in self.shop.wishes if wish.waits}
        for name, good in self.goods.items():
            last = self._round_before(name, 0)
            if name not in waited_for:
                needs[last][name] += SHELF[good.unit] + chance(SHELF[good.unit], "shelf", name)
        for ago, wanted in needs.items():
            for supplier in range(len(self.shop.suppliers)):
                lines = [
                    (name, self._packed(name, quantity), self._cost(name, ago))
                    for name, quantity in wanted.items()
                    if self.goods[name].supplier == supplier
                ]
                if lines:
                    yield Delivery(self._at(-ago, 8), supplier, lines)
        for item in self.shop.leftovers:
            good = self.goods[item.product]
            line = (item.product, Decimal(item.quantity), self._cost(item.product, item.days_ago))
            yield Delivery(self._at(-item.days_ago, 8, 10), good.supplier, [line])
        lasting = [good for good in self.shop.goods if good.vase_days is None][:3]
        yield Delivery(
            self._at(-min(9, self.days - 1), 11),
            lasting[0].supplier,
            [(good.name, Decimal(SHELF[good.unit]), self._cost(good.name, 9)) for good in lasting],
            to_second=True,
        )

    def _needed(
        self, wishes: list[Wish], counter: list[Counter], waste: list[Waste]
    ) -> Iterator[tuple[str, Decimal, int]]:
        """Product, base units, how many days ago they had to be there."""
        for number, wish in enumerate(wishes):
            ahead = (self._due(wish).date() - self.today).days
            if ahead > HORIZON or wish.status is Category.DRAFT:
                continue
            ago = (self.today - self._taken(number, wish).date()).days
            first = 1 if wish.waits else 0
            yield from ((name, quantity, ago) for name, quantity in list(self._parts(wish))[first:])
        for sale in counter:
            yield sale.product, Decimal(sale.quantity), (self.today - timezone.localdate(sale.at)).days
        for item in waste:
            yield item.product, Decimal(item.quantity), item.days_ago
        product, ago, _comment = self.shop.sent_back
        if product and ago < self.days:
            yield product, Decimal(20), ago

    def _parts(self, wish: Wish) -> Iterator[tuple[str, Decimal]]:
        for name, quantity in wish.lines:
            for part, each in self.recipes.get(name, [(name, "1")]):
                yield part, Decimal(each) * quantity

    def _round_before(self, name: str, ago: int) -> int:
        """The supplier's latest round at least `ago` days ago; before the first one there is the first one."""
        rounds = ROUNDS[min(self.goods[name].supplier, len(ROUNDS) - 1)]
        return min((day for day in rounds if day >= ago), default=rounds[0])

    def _packed(self, name: str, quantity: Decimal) -> Decimal:
        """A tenth more than is needed, in whole packs of five stems or metres."""
        pack = 5 if self.goods[name].unit in {Unit.STEM, Unit.METRE} else 1
        return (quantity * Decimal("1.1") / pack).to_integral_value(ROUND_CEILING) * pack

    def _cost(self, name: str, ago: int) -> Decimal:
        """Costs rise by a fifth over the month and differ a little from round to round."""
        factor = Decimal(100 + (MONTH - min(ago, MONTH)) * 20 // MONTH + chance(7, "cost", name, ago) - 3) / 100
        return (self.goods[name].cost * factor).quantize(CENT)

    # --- Time

    def _at(self, days: int, hour: int, minute: int = 0) -> datetime:
        day = self.today + timedelta(days=days)
        return timezone.make_aware(datetime.combine(day, time(hour, minute)))

    def _before(self, minutes: int) -> datetime:
        return self.now - timedelta(minutes=minutes)
