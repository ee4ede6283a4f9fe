"""«Пион»: a shop in Russian. Roses and tulips by the stem, bouquets to order, a restaurant that pays later.

`varieties.csv` holds the 46 articles of a sale in Minsk before 8 March 2014 as they were published by the project
AndreyPoznyak/FlowersSale: facts only; of a range (10-14 days, 40-60 cm) the lower bound is kept.
"""

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from core.access import Role
from orders.demo.shop import Bouquet, DemoShop, Good, Leftover, Waste, Wish, goods_of
from orders.domain.lifecycle import Category
from products.models import Unit

# Belarusian roubles of 2014 for one rouble of the demo. Prices are rounded to whole tens.
BYR_OF_A_ROUBLE = 150
COST_SHARE = Decimal("0.42")  # of the price
KINDS = {"rose": ("Роза", "Розы", 0), "tulip": ("Тюльпан", "Тюльпаны", 1)}
COLOURS = {
    "кремовый": "cream", "розовый": "pink", "белый": "white", "темно-оранжевый": "amber", "темно-красный": "crimson",
    "глубокий красный": "red", "терракотовый": "terracotta", "светло-лавандовый": "lavender", "красный": "scarlet",
    "лиловый": "plum", "вишневый": "cherry", "малиновый": "raspberry", "желто-розовый": "apricot", "желтый": "yellow",
    "оранжевый": "orange", "сиреневый": "lilac",
}  # fmt: skip


def _varieties() -> Iterator[Good]:
    with (Path(__file__).parent / "varieties.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            kind, category, supplier = KINDS[row["kind"]]
            price = (Decimal(row["price_byr_2014"]) / BYR_OF_A_ROUBLE / 10).quantize(Decimal(1)) * 10
            length = f" {row['length_cm']} см" if row["kind"] == "rose" else ""
            yield Good(
                name=f"{kind} {row['variety']}{length}",
                category=category,
                unit=Unit.STEM,
                price=price,
                cost=price * COST_SHARE,
                look=" ".join([row["kind"], *(COLOURS[colour] for colour in row["colour"].split("+"))]),
                supplier=supplier,
                vase_days=int(row["vase_life_days"]),
            )


# Category, name, unit, price, vase life in days, cost, look, supplier
OTHERS = [
    ("Розы", "Роза кустовая Bombastic 50 см", Unit.STEM, 290, 9, "134.00", "spray pink cream", 2),
    ("Срезка", "Гортензия белая", Unit.STEM, 490, 8, "238.00", "hydrangea white", 2),
    ("Срезка", "Гортензия голубая", Unit.STEM, 510, 8, "246.00", "hydrangea blue", 2),
    ("Срезка", "Пион Sarah Bernhardt", Unit.STEM, 590, 6, "290.00", "peony pink", 2),
    ("Срезка", "Пион Coral Charm", Unit.STEM, 650, 6, "318.00", "peony coral", 2),
    ("Срезка", "Ранункулюс Cloni", Unit.STEM, 260, 7, "118.00", "ranunculus apricot", 2),
    ("Срезка", "Эустома белая", Unit.STEM, 280, 10, "121.00", "peony white", 2),
    ("Срезка", "Хризантема кустовая", Unit.STEM, 190, 18, "74.00", "daisy white yellow", 2),
    ("Зелень", "Эвкалипт Cinerea", Unit.STEM, 120, 14, "48.00", "eucalyptus sage", 2),
    ("Зелень", "Фисташка", Unit.STEM, 90, 14, "31.00", "branch green", 2),
    ("Зелень", "Рускус", Unit.STEM, 80, 20, "27.00", "branch moss", 2),
    ("Зелень", "Аспидистра", Unit.STEM, 70, 20, "22.00", "blades green", 2),
    ("Упаковка", "Лента атласная 25 мм", Unit.METRE, 30, None, "7.40", "ribbon rose", 3),
    ("Упаковка", "Крафт-бумага", Unit.PIECE, 60, None, "18.00", "paper kraft", 3),
    ("Упаковка", "Шляпная коробка", Unit.PIECE, 450, None, "190.00", "hatbox blush", 3),
    ("Упаковка", "Плёнка матовая", Unit.METRE, 40, None, "11.20", "paper blush", 3),
    ("Подарки", "Ваза «Капля»", Unit.PIECE, 1900, None, "860.00", "vase glass", 3),
    ("Подарки", "Открытка ручной работы", Unit.PIECE, 180, None, "62.00", "postcard cream", 3),
    ("Подарки", "Набор трюфелей", Unit.PACK, 790, None, "410.00", "giftbox cocoa", 3),
]  # fmt: skip

PAPER, RIBBON = ("Крафт-бумага", "1"), ("Лента атласная 25 мм", "1.5")
BOUQUETS = [
    Bouquet("Букет «Утро в саду»", Decimal(4900), [("Роза Mondial 60 см", "9"), ("Ранункулюс Cloni", "5"),
            ("Эвкалипт Cinerea", "4"), RIBBON, PAPER], "wrapped kraft", "Сливочные розы и тёплые ранункулюсы."),
    Bouquet("Букет «Пионовое облако»", Decimal(6900), [("Пион Sarah Bernhardt", "7"), ("Гортензия белая", "1"),
            ("Фисташка", "3"), RIBBON, PAPER], "wrapped blush", "Семь пионов вокруг белой гортензии."),
    Bouquet("Моно 25 роз Freedom", Decimal(6250), [("Роза Freedom 70 см", "25"), ("Лента атласная 25 мм", "1")],
            "tied red", "Двадцать пять красных роз под ленту."),
    Bouquet("Весенний с тюльпанами", Decimal(3300), [("Тюльпан Strong gold", "15"), ("Тюльпан Barcelona", "10"), PAPER],
            "wrapped sky", "Жёлтое с лиловым: самый мартовский букет."),
    Bouquet("Букет «Лавандовый вечер»", Decimal(5200), [("Роза Purple Haze 60 см", "11"), ("Эустома белая", "5"),
            ("Эвкалипт Cinerea", "5"), RIBBON, ("Плёнка матовая", "1")], "wrapped lavender", "Спокойный, в холодных тонах."),
    Bouquet("Коробка «Первое свидание»", Decimal(4400), [("Роза Murano 60 см", "11"), ("Фисташка", "4"),
            ("Шляпная коробка", "1"), ("Лента атласная 25 мм", "1")], "box blush", "Розовые розы в шляпной коробке."),
    Bouquet("Букет невесты «Снег»", Decimal(7800), [("Роза Proud 60 см", "11"), ("Эустома белая", "7"),
            ("Гортензия белая", "2"), ("Эвкалипт Cinerea", "5"), ("Лента атласная 25 мм", "2")], "tied white",
            "Белое с серебристой зеленью, ручка под атласной лентой."),
    Bouquet("Букет «Апельсиновый сок»", Decimal(3900), [("Роза Cartagena 60 см", "7"), ("Ранункулюс Cloni", "5"),
            ("Рускус", "4"), PAPER], "wrapped kraft", "Тёплый, яркий, для хорошего настроения."),
    Bouquet("Полевой с хризантемой", Decimal(2600), [("Хризантема кустовая", "7"), ("Эвкалипт Cinerea", "3"),
            ("Рускус", "2"), PAPER], "wrapped sage", "Стоит дольше трёх недель."),
    Bouquet("51 тюльпан микс", Decimal(5400), [("Тюльпан Strong gold", "17"), ("Тюльпан White dynasty", "17"),
            ("Тюльпан Dynasty", "17"), ("Крафт-бумага", "2"), ("Лента атласная 25 мм", "1")], "wrapped blush",
            "Охапка на 8 Марта."),
]  # fmt: skip

GARDEN, LENIN = "Садовая, 5, кв. 8", "Ленинский проспект, 64"
WISHES = [
    # Handed over and not paid: the restaurant settles at the end of the month.
    Wish(3, [("Гортензия белая", 6), ("Эвкалипт Cinerea", 12)], Category.COMPLETED, days=-2, hour=9, paid="0",
         address="Набережная, 23, ресторан «Веранда»", note="Вход со двора, спросить администратора."),
    Wish(11, [("Букет «Лавандовый вечер»", 1)], Category.CANCELLED, days=-1, hour=17, paid="0", address="Лесная, 2"),
    Wish(18, [("Роза Mondial 60 см", 7)], Category.READY, days=-1, hour=18, paid="0",
         note="Не пришли вчера, перезвонить."),
    Wish(3, [("Гортензия белая", 3), ("Рускус", 6)], Category.DELIVERING, hours=-2, paid="0",
         address="Набережная, 23, ресторан «Веранда»"),
    Wish(0, [("Букет «Утро в саду»", 1), ("Роза Mondial 60 см", 15)], Category.ASSEMBLING, hours=-1, paid="0.5",
         address=GARDEN, card="Самой лучшей сестре на свете. Обнимаю, Аня",
         note="Сюрприз! Получателю заранее не звонить, отдать в руки."),
    Wish(1, [("Моно 25 роз Freedom", 1)], Category.READY, hours=0, paid="0"),
    Wish(8, [("Букет «Апельсиновый сок»", 1), ("Открытка ручной работы", 1)], Category.ASSEMBLING, hours=1,
         address="Цветочная, 11, кв. 40", card="С новосельем! Пусть в доме всегда будет солнце."),
    Wish(2, [("Тюльпан Aafke", 51), ("Крафт-бумага", 2), ("Оформление букета", 1)], Category.CONFIRMED, hours=2,
         address=LENIN, card="Люблю"),
    Wish(5, [("Букет «Пионовое облако»", 1)], Category.CONFIRMED, hours=3, paid="0", address="Мира, 14, кв. 31",
         card="С годовщиной! Тридцать лет, а ты всё та же.", note="Сюрприз: позвонить мужу, он откроет.", waits=True),
    Wish(7, [("Хризантема кустовая", 9)], Category.NEW, hours=4, paid="0", address="Заречная, 7"),
    Wish(13, [("Роза Freedom 90 см", 15), ("Набор трюфелей", 1)], Category.NEW, hours=5, paid="0",
         address="Парковая, 3, офис 12", card="Ирине Павловне от отдела продаж"),
    Wish(4, [("Ранункулюс Cloni", 11)], Category.CONFIRMED, days=1, hour=10, paid="0"),
    Wish(6, [("Букет «Утро в саду»", 1), ("Ваза «Капля»", 1)], Category.NEW, days=1, hour=14, address="Лесная, 2",
         card="Выздоравливай скорее!"),
    Wish(10, [("Букет невесты «Снег»", 1), ("Роза Proud 60 см", 5), ("Доставка ко времени", 1)], Category.CONFIRMED,
         days=1, hour=9, paid="0.5",
         address="Дворец бракосочетаний, зал 2", note="К 9:40, регистрация в 10:00."),
    Wish(16, [("Роза Cherry Brandy 80 см", 75)], Category.CONFIRMED, days=2, hour=11, paid="0.3", address="Мира, 2",
         card="Юбиляру от друзей", waits=True),
    Wish(9, [("Роза кустовая Bombastic 50 см", 21)], Category.CONFIRMED, days=2, hour=9, address="Парковая, 3",
         discount=300),
    Wish(0, [("Фисташка", 5), ("Роза Cabaret 60 см", 9)], Category.DRAFT, days=3, hour=12, paid="0"),
    Wish(12, [("Коробка «Первое свидание»", 1)], Category.NEW, days=4, hour=18, address="Студенческая, 21, общежитие",
         card="Ты мне очень нравишься. А.", note="Имя отправителя не называть."),
]  # fmt: skip
HOLIDAY_WISHES = [
    Wish(3, [("Тюльпан Barcelona", 300), ("Тюльпан Strong gold", 300)], Category.CONFIRMED, hour=8, paid="0.3",
         address="Набережная, 23, ресторан «Веранда»", card="С праздником! Коллектив «Веранды»"),
    Wish(14, [("51 тюльпан микс", 4)], Category.CONFIRMED, hour=9, address="Школьная, 1", card="Любимым учителям"),
    Wish(2, [("Моно 25 роз Freedom", 1)], Category.CONFIRMED, hour=10, paid="0.5", address=LENIN,
         note="Сюрприз, букет передать через охрану."),
    Wish(15, [("Букет «Пионовое облако»", 2)], Category.NEW, hour=11, paid="0", address="Мира, 2"),
    Wish(16, [("Тюльпан Dynasty", 101)], Category.DRAFT, hour=12, paid="0"),
]  # fmt: skip

SHOP = DemoShop(
    schema_name="pion",
    name="Пион",
    language="ru",
    password="pion-demo-2026",  # noqa: S106 - of the demo shop
    people=[
        ("marina", "Марина Петрова", Role.OWNER), ("lena", "Лена", Role.FLORIST),
        ("oleg", "Олег", Role.SELLER), ("ivan", "Иван", Role.COURIER),
    ],
    suppliers=[
        ("Цветочная база № 1", "+74950001101"), ("Ферма «Рассвет»", "+74950001102"),
        ("Голландский аукцион", "+74950001103"), ("Упаковка и ленты", "+74950001104"),
    ],
    goods=[*_varieties(), *goods_of(OTHERS)],
    bouquets=BOUQUETS,
    services=("Услуги", [("Доставка ко времени", 400), ("Оформление букета", 350), ("Композиция от флориста", 3500)]),
    interchangeable=[
        ("Любая красная роза", ["Роза Freedom 70 см", "Роза Freedom 90 см"]),
        ("Зелень для объёма", ["Эвкалипт Cinerea", "Фисташка", "Рускус"]),
    ],
    tags=[
        ("8 Марта", ["Тюльпан Barcelona", "Тюльпан Strong gold", "Тюльпан Dynasty"]),
        ("свадьба", ["Роза Proud 60 см", "Роза кустовая Bombastic 50 см", "Эвкалипт Cinerea"]),
        ("долго стоит", ["Роза Freedom 70 см", "Роза Freedom 90 см", "Роза Cherry Brandy 80 см", "Рускус"]),
    ],
    contacts=[
        ("Анна Белова", "+79120001042"), ("Пётр Ильин", "+79120001043"), ("Марина Ковалёва", "+79120001045"),
        ("Ресторан «Веранда»", "+79120006789"), ("Ольга Соколова", "+79120002201"), ("Дмитрий Орлов", "+79120002202"),
        ("Елена Фёдорова", "+79120002203"), ("Сергей Никитин", "+79120002204"), ("Юлия Зайцева", "+79120002205"),
        ("Отель «Парк»", "+79120002206"), ("Кирилл Лебедев", "+79120002207"), ("Наталья Громова", "+79120002208"),
        ("Артём Козлов", "+79120002209"), ("ООО «Вектор»", "+79120002210"), ("Школа № 5", "+79120002211"),
        ("Вера Тихонова", "+79120002212"), ("Игорь Савельев", "+79120002213"), ("Татьяна Мороз", "+79120002214"),
        ("Алексей Данилов", "+79120002215"), ("Софья Миронова", "+79120002216"), ("Виктор Рябов", "+79120002217"),
        ("Ксения Абрамова", "+79120002218"),
    ],
    addresses=[
        GARDEN, LENIN, "Мира, 14, кв. 31", "Лесная, 2", "Заречная, 7", "Парковая, 3, офис 12", "Цветочная, 11, кв. 40",
        "Школьная, 1", "Полевая, 18", "Гагарина, 33, кв. 5", "Вокзальная, 4", "Пушкина, 10, кв. 77",
    ],
    cards=[
        "С днём рождения!", "Спасибо, мама", "Люблю", "С годовщиной!", "Просто так, потому что ты есть", "Поздравляем!",
        "Выздоравливай скорее", "Прости меня", "С рождением дочки!", "Удачи на новом месте",
    ],
    notes=["Позвонить за час.", "Домофон не работает.", "Сюрприз, не звонить получателю.", "Оставить у консьержа."],
    popular=[
        ("Букет «Утро в саду»", 1), ("Букет «Лавандовый вечер»", 1), ("Коробка «Первое свидание»", 1),
        ("Моно 25 роз Freedom", 1), ("Весенний с тюльпанами", 1), ("Полевой с хризантемой", 1),
        ("Букет «Апельсиновый сок»", 1), ("Роза Freedom 70 см", 15), ("Роза Mondial 60 см", 11), ("Роза Murano 60 см", 9),
        ("Тюльпан Strong gold", 25), ("Тюльпан Barcelona", 15), ("Роза Proud 60 см", 7), ("Хризантема кустовая", 5),
    ],
    counter=[
        ("Роза Freedom 70 см", 3), ("Тюльпан Strong gold", 11), ("Роза Mondial 60 см", 5), ("Роза Cherry Brandy 60 см", 1),
        ("Эвкалипт Cinerea", 3), ("Тюльпан Dynasty", 7), ("Открытка ручной работы", 1), ("Роза La Perla 70 см", 7),
    ],
    wishes=WISHES,
    holidays=[(1, 25, "Татьянин день"), (2, 14, "День святого Валентина"), (3, 8, "8 Марта"), (5, 25, "Последний звонок"),
              (9, 1, "1 Сентября"), (10, 5, "День учителя"), (12, 31, "Новый год")],
    holiday_wishes=HOLIDAY_WISHES,
    leftovers=[
        Leftover("Роза Carrousel 70 см", 12, 7), Leftover("Роза Iguazu 50 см", 17, 9), Leftover("Тюльпан Pako", 13, 18),
        Leftover("Роза Cabaret 60 см", 11, 12), Leftover("Тюльпан Match", 16, 6), Leftover("Пион Coral Charm", 5, 4),
    ],
    waste=[
        Waste("Роза Freedom 70 см", 19, 4, "broken", "Упало ведро"), Waste("Тюльпан Barcelona", 16, 5, "transit"),
        Waste("Роза Mondial 60 см", 12, 2, "pests"), Waste("Эвкалипт Cinerea", 9, 6, "training", "Мастер-класс"),
        Waste("Роза Proud 60 см", 6, 3, "own_use", "Витрина"), Waste("Роза Murano 60 см", 4, 1, "gift"),
        Waste("Тюльпан Strong gold", 1, 4, "wilted"), Waste("Крафт-бумага", 5, 2, "other", "Намокла"),
        Waste("Роза Freedom 70 см", 0, 2, "broken"),
    ],
    second_warehouse="Склад на Лесной",
    delivery_comment="Поставка по накладной",
    sorted_out="Перебрали холодильник",
    delivery_price=Decimal(350),
    retired=["Гвоздика одноголовая"],
    sent_back=("Гортензия голубая", 4, "Пришли с пятнами, поставщик забрал"),
)  # fmt: skip
