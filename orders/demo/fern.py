"""Fern & Vine: a shop in English. Pot plants, dried flowers, wedding work, tulips by the bunch."""

from decimal import Decimal

from core.access import Role
from orders.demo.shop import Bouquet, DemoShop, Leftover, Waste, Wish, goods_of
from orders.domain.lifecycle import Category
from products.models import Unit

POTS, BUNCHES, DRIED, STEMS, EXTRAS = "Pot plants", "By the bunch", "Dried flowers", "Wedding stems", "Pots and ribbons"
# Category, name, unit, price, vase life in days, cost, look, supplier
GOODS = [
    (POTS, "Monstera deliciosa 17 cm", Unit.POT, 1450, None, "640.00", "potplant monstera", 0),
    (POTS, "Boston fern 12 cm", Unit.POT, 690, None, "288.00", "potplant fern", 0),
    (POTS, "Snake plant 15 cm", Unit.POT, 980, None, "402.50", "potplant snake", 0),
    (POTS, "Phalaenopsis orchid, white", Unit.POT, 1900, 60, "835.00", "orchid white", 0),
    (POTS, "Phalaenopsis orchid, plum", Unit.POT, 1900, 60, "835.00", "orchid plum", 0),
    (POTS, "Ivy in a basket", Unit.POT, 540, None, "214.00", "potplant ivy", 0),
    (POTS, "Cyclamen, raspberry", Unit.POT, 480, 30, "196.00", "potflower raspberry", 0),
    (POTS, "Echeveria 9 cm", Unit.POT, 320, None, "118.00", "succulent sage", 0),
    (POTS, "Lavender 13 cm", Unit.POT, 620, 45, "255.00", "potlavender lavender", 0),
    (BUNCHES, "Tulips Apricot Beauty, bunch of 25", Unit.PACK, 1990, 7, "905.00", "tulip apricot", 1),
    (BUNCHES, "Tulips White Dream, bunch of 25", Unit.PACK, 1890, 7, "860.00", "tulip white", 1),
    (BUNCHES, "Tulips Queen of Night, bunch of 25", Unit.PACK, 2090, 7, "948.00", "tulip plum", 1),
    (BUNCHES, "Daffodils, bunch of 20", Unit.PACK, 1250, 6, "520.00", "daffodil yellow", 1),
    (BUNCHES, "Ranunculus mix, bunch of 10", Unit.PACK, 1690, 7, "745.00", "ranunculus coral", 1),
    (BUNCHES, "Sweet peas, bunch of 15", Unit.PACK, 1480, 5, "690.00", "sweetpea lilac", 1),
    (DRIED, "Dried lavender, bunch", Unit.PACK, 560, None, "205.00", "lavender lavender", 2),
    (DRIED, "Pampas grass", Unit.STEM, 190, None, "71.00", "pampas sand", 2),
    (DRIED, "Bunny tails, bunch", Unit.PACK, 430, None, "162.00", "bunnytail cream", 2),
    (DRIED, "Strawflower, terracotta", Unit.STEM, 95, None, "32.50", "daisy terracotta amber", 2),
    (DRIED, "Preserved eucalyptus", Unit.STEM, 210, None, "88.00", "eucalyptus sage", 2),
    (STEMS, "Garden rose Juliet", Unit.STEM, 640, 7, "318.00", "peony apricot", 3),
    (STEMS, "Garden rose Patience", Unit.STEM, 640, 7, "318.00", "peony cream", 3),
    (STEMS, "Hydrangea, antique blue", Unit.STEM, 560, 8, "262.00", "hydrangea blue", 3),
    (STEMS, "Sweet William", Unit.STEM, 160, 9, "58.00", "hydrangea cherry", 3),
    (STEMS, "Spray rose White Majolica", Unit.STEM, 310, 9, "139.00", "spray white cream", 3),
    (STEMS, "Olive branch", Unit.STEM, 180, 14, "69.00", "branch sage", 3),
    (STEMS, "Maidenhair fern", Unit.STEM, 120, 8, "44.00", "fern green", 3),
    (EXTRAS, "Terracotta pot 13 cm", Unit.PIECE, 390, None, "142.00", "pot terracotta", 4),
    (EXTRAS, "Stoneware pot 17 cm", Unit.PIECE, 890, None, "365.00", "pot stone", 4),
    (EXTRAS, "Silk ribbon", Unit.METRE, 85, None, "26.40", "ribbon sage", 4),
    (EXTRAS, "Tissue paper, sage", Unit.PIECE, 40, None, "9.80", "paper sage", 4),
    (EXTRAS, "Glass bud vase", Unit.PIECE, 650, None, "248.00", "vase glass", 4),
]  # fmt: skip

PAPER, RIBBON = ("Tissue paper, sage", "2"), ("Silk ribbon", "1.5")
BOUQUETS = [
    Bouquet("Bridal bouquet Juliet", Decimal(12500), [("Garden rose Juliet", "9"), ("Garden rose Patience", "5"),
            ("Olive branch", "6"), ("Silk ribbon", "2")], "tied cream", "Apricot garden roses, loosely tied with silk."),
    Bouquet("Bridesmaid posy", Decimal(4600), [("Garden rose Patience", "4"), ("Spray rose White Majolica", "3"),
            ("Maidenhair fern", "3"), ("Silk ribbon", "1")], "tied sage", "A small round posy to match the bride's."),
    Bouquet("Buttonhole", Decimal(650), [("Spray rose White Majolica", "1"), ("Olive branch", "0.5"),
            ("Silk ribbon", "0.25")], "tied white", "Spray rose and olive, ready to pin."),
    Bouquet("Table garland, per metre", Decimal(5400), [("Olive branch", "12"), ("Garden rose Patience", "4"),
            ("Maidenhair fern", "6")], "tied moss", "Laid on the table, made on the day."),
    Bouquet("Winter meadow, dried", Decimal(3200), [("Pampas grass", "5"), ("Bunny tails, bunch", "1"),
            ("Strawflower, terracotta", "9"), ("Preserved eucalyptus", "3"), PAPER], "wrapped kraft",
            "Needs no water and lasts a year."),
    Bouquet("Lavender and straw", Decimal(1900), [("Dried lavender, bunch", "1"), ("Strawflower, terracotta", "7"),
            PAPER], "wrapped lavender", "For a hallway or a wardrobe."),
    Bouquet("Armful of tulips", Decimal(5900), [("Tulips Apricot Beauty, bunch of 25", "1"),
            ("Tulips White Dream, bunch of 25", "1"), ("Tulips Queen of Night, bunch of 25", "1"), PAPER, RIBBON],
            "wrapped sage", "Three bunches, seventy-five tulips."),
    Bouquet("Blue hour", Decimal(4900), [("Hydrangea, antique blue", "5"), ("Sweet William", "5"),
            ("Olive branch", "3"), PAPER], "wrapped sky", "Hydrangea with a spark of cherry."),
]  # fmt: skip

MILL, HALL = "The Old Mill, Mill Lane 1", "Town Hall, registry office"
WISHES = [
    Wish(2, [("Pampas grass", 20), ("Bunny tails, bunch", 4)], Category.COMPLETED, days=-3, hour=11, paid="0",
         address=MILL, note="Invoice to the venue."),
    Wish(6, [("Blue hour", 1)], Category.CANCELLED, days=-1, hour=15, paid="0", address="9 Harbour Street"),
    Wish(0, [("Phalaenopsis orchid, white", 1), ("Stoneware pot 17 cm", 1)], Category.DELIVERING, hours=-1,
         address="14 Orchard Road", card="Welcome home, with love from all of us",
         note="It is a surprise: please do not ring ahead."),
    Wish(1, [("Armful of tulips", 1)], Category.ASSEMBLING, hours=-1, paid="0", address="3 Chapel Hill",
         card="Happy birthday, Mum!"),
    Wish(4, [("Winter meadow, dried", 2)], Category.READY, hours=0),
    Wish(5, [("Bridesmaid posy", 4), ("Buttonhole", 6)], Category.ASSEMBLING, hours=1, paid="0.5", address=HALL,
         note="Ask for the registrar at the side door."),
    Wish(3, [("Monstera deliciosa 17 cm", 2), ("Terracotta pot 13 cm", 2), ("Hand-tying", 1)], Category.CONFIRMED,
         hours=2, address="Studio 8, Canal Yard"),
    Wish(7, [("Sweet peas, bunch of 15", 3)], Category.CONFIRMED, hours=3, paid="0", address="22 Elm Grove",
         card="Forty years! Yours, R.", note="A surprise for his wife: hand it to him.", waits=True),
    Wish(8, [("Lavender and straw", 1)], Category.NEW, hours=4, paid="0"),
    Wish(9, [("Boston fern 12 cm", 3)], Category.NEW, hours=5, paid="0", address="Harbour Dental, 2 Quay Street"),
    Wish(5, [("Bridal bouquet Juliet", 1), ("Table garland, per metre", 3)], Category.CONFIRMED, days=1, hour=9,
         paid="0.5", address=MILL, note="Ceremony at eleven, garlands first.", waits=True),
    Wish(10, [("Tulips White Dream, bunch of 25", 4)], Category.CONFIRMED, days=2, hour=10, address="St Anne's church"),
    Wish(11, [("Blue hour", 1), ("Glass bud vase", 1)], Category.NEW, days=2, hour=16, address="5 Station Road",
         card="Get well soon"),
    Wish(12, [("Echeveria 9 cm", 12)], Category.DRAFT, days=5, hour=12, paid="0"),
]  # fmt: skip
HOLIDAY_WISHES = [
    Wish(2, [("Tulips Apricot Beauty, bunch of 25", 20)], Category.CONFIRMED, hour=8, paid="0.3", address=MILL,
         card="From everyone at the Mill"),
    Wish(1, [("Blue hour", 1)], Category.CONFIRMED, hour=10, address="3 Chapel Hill", note="A surprise, please."),
    Wish(13, [("Bridesmaid posy", 2)], Category.NEW, hour=12, paid="0", address="17 Rectory Lane"),
]  # fmt: skip

SHOP = DemoShop(
    schema_name="fern",
    name="Fern & Vine",
    language="en",
    password="fern-demo-2026",  # noqa: S106 - of the demo shop
    people=[
        ("grace", "Grace Hall", Role.OWNER), ("tom", "Tom", Role.FLORIST),
        ("nina", "Nina", Role.SELLER), ("ravi", "Ravi", Role.COURIER),
    ],
    suppliers=[
        ("Greenhouse Brothers", "+441632960101"), ("Fenland Bulbs", "+441632960102"), ("Dry & Co", "+441632960103"),
        ("Wedding Stems Wholesale", "+441632960104"), ("Pots and Paper", "+441632960105"),
    ],
    goods=goods_of(GOODS),
    bouquets=BOUQUETS,
    services=("Services", [("Timed delivery", 350), ("Hand-tying", 250), ("Florist's choice", 3000)]),
    interchangeable=[
        ("Any garden rose", ["Garden rose Juliet", "Garden rose Patience"]),
        ("Greenery for volume", ["Olive branch", "Maidenhair fern", "Preserved eucalyptus"]),
    ],
    tags=[
        ("wedding", ["Garden rose Juliet", "Garden rose Patience", "Olive branch"]),
        ("dried", ["Pampas grass", "Bunny tails, bunch", "Dried lavender, bunch", "Strawflower, terracotta"]),
        ("bestseller", ["Garden rose Juliet", "Tulips White Dream, bunch of 25"]),
    ],
    contacts=[
        ("Alice Moreau", "+441632960201"), ("Daniel Price", "+441632960202"), ("The Old Mill", "+441632960203"),
        ("Canal Yard Studios", "+441632960204"), ("Helen Park", "+441632960205"), ("Maya and Jonas", "+441632960206"),
        ("Oliver Grant", "+441632960207"), ("Robert Lane", "+441632960208"), ("Priya Shah", "+441632960209"),
        ("Harbour Dental", "+441632960210"), ("St Anne's parish", "+441632960211"), ("Lucy Webb", "+441632960212"),
        ("Mark Evans", "+441632960213"), ("Ruth Collins", "+441632960214"), ("Ben Archer", "+441632960215"),
        ("Emma Stone-Hill", "+441632960216"),
    ],
    addresses=[
        "14 Orchard Road", "3 Chapel Hill", "9 Harbour Street", "22 Elm Grove", "5 Station Road", "17 Rectory Lane",
        "Studio 8, Canal Yard", "41 High Street", "2 Quay Street", "8 Meadow View",
    ],
    cards=["Happy birthday!", "With love", "Thank you for everything", "Congratulations!", "Thinking of you",
           "Happy anniversary", "Welcome to the new house"],
    notes=["Ring an hour before.", "Leave with the neighbour at 12.", "A surprise: do not ring ahead."],
    popular=[
        ("Winter meadow, dried", 1), ("Armful of tulips", 1), ("Blue hour", 1), ("Bridesmaid posy", 2),
        ("Lavender and straw", 1), ("Monstera deliciosa 17 cm", 1), ("Phalaenopsis orchid, white", 1),
        ("Tulips White Dream, bunch of 25", 2), ("Ranunculus mix, bunch of 10", 2), ("Snake plant 15 cm", 1),
    ],
    counter=[
        ("Echeveria 9 cm", 2), ("Tulips Apricot Beauty, bunch of 25", 1), ("Dried lavender, bunch", 1),
        ("Cyclamen, raspberry", 1), ("Ivy in a basket", 1), ("Terracotta pot 13 cm", 1), ("Boston fern 12 cm", 1),
    ],
    wishes=WISHES,
    holidays=[(2, 14, "Valentine's Day"), (3, 8, "Women's Day"), (5, 9, "Mother's Day"), (9, 1, "First day of school"),
              (12, 24, "Christmas Eve")],
    holiday_wishes=HOLIDAY_WISHES,
    leftovers=[
        Leftover("Garden rose Juliet", 6, 6), Leftover("Daffodils, bunch of 20", 7, 3),
        Leftover("Lavender 13 cm", 40, 2), Leftover("Phalaenopsis orchid, plum", 50, 1),
    ],
    waste=[
        Waste("Echeveria 9 cm", 15, 1, "pests"), Waste("Phalaenopsis orchid, white", 11, 1, "transit"),
        Waste("Terracotta pot 13 cm", 8, 2, "broken"), Waste("Ranunculus mix, bunch of 10", 5, 1, "training"),
        Waste("Pampas grass", 3, 3, "own_use", "Window display"), Waste("Tulips White Dream, bunch of 25", 1, 1, "wilted"),
    ],
    second_warehouse="Greenhouse",
    delivery_comment="As on the delivery note",
    sorted_out="Went through the cold room",
    delivery_price=Decimal(400),
    retired=["Poinsettia 12 cm"],
    sent_back=("Sweet William", 4, "Mildew; the wholesaler took them back"),
)  # fmt: skip
