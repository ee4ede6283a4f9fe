"""Every printed form as Chromium prints it: paper, pages, words and figures."""

import io
import itertools
import re
from decimal import Decimal

import pytest
from django.utils import timezone
from pypdf import PdfReader

from inventory.models import Warehouse
from inventory.services.transfers import TransferLineInput, send_transfer
from inventory.tests.factories import kit, product, receive, stocked, warehouse
from orders.models import Contact, PaymentMethod
from orders.services.lifecycle import confirm_order
from orders.services.payments import record_payment
from orders.tests.factories import order
from products.models import ProductCategory

POINTS_PER_MM = 72 / 25.4
LONGEST = {
    "words": ("С днём рождения, дорогая Екатерина Александровна! " * 12)[:500],
    "capitals": ("ЩЕДРОСТЬ И ШИРОТА ДУШИ " * 25)[:500],
    "one word": "Ш" * 500,
    "short lines": "\n".join(itertools.islice(itertools.cycle(["да", ""]), 330))[:500],
    "pictures": "🌹" * 500,
}


def printed(page, path):
    """The PDF of a page: its sheets as (width, height) in millimetres, and its text with plain blanks."""
    answer = page.goto(path)
    assert answer.status == 200, path
    reader = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))
    sizes = [
        (round(float(sheet.mediabox.width) / POINTS_PER_MM), round(float(sheet.mediabox.height) / POINTS_PER_MM))
        for sheet in reader.pages
    ]
    # The minus comes from a substitute face where the font has none, and is then read with a blank behind it.
    return sizes, [re.sub(r"\s+", " ", sheet.extract_text()).replace("− ", "−") for sheet in reader.pages]


def inside(page, selector, margin):
    """Whether everything visible in each `selector` keeps `margin` millimetres from the edge of its sheet."""
    return page.evaluate(
        """([selector, margin]) => {
            const mm = 96 / 25.4;
            return [...document.querySelectorAll(selector)].every((sheet) => {
                const paper = sheet.getBoundingClientRect();
                return [...sheet.querySelectorAll("*")].every((part) => {
                    const box = part.getBoundingClientRect();
                    return box.left >= paper.left + margin * mm - 1 && box.right <= paper.right - margin * mm + 1
                        && box.top >= paper.top + margin * mm - 1 && box.bottom <= paper.bottom - margin * mm + 1;
                });
            });
        }""",
        [selector, margin],
    )


@pytest.fixture
def russian(live_shop, browse, staff):
    """A page of a florist who reads Russian and works in the dark."""
    return browse(staff("owner", language="ru", name="Мария Садовая"), color_scheme="dark")


@pytest.fixture
def bouquet_order():
    rose, greens = stocked("Роза Ред Наоми", ("100", "40"), price="150"), stocked("Эвкалипт", ("40", "30"), price="90")
    bouquet = kit("Букет «Осень»", "3500.50", (rose, "9"), (greens, "3"))
    vase = stocked("Ваза стеклянная", ("5", "400"), price="900")
    made = order(
        (bouquet, "2"), (vase, "1"), discount=Decimal("101.50"), delivery_price=Decimal(450),
        address="Москва, улица Садовая, 5", card_message="С юбилеем, мама!",
        buyer=Contact.objects.create(name="Пётр Ильин", phone="+79120001042"),
        recipient=Contact.objects.create(name="Ольга Ильина", phone="+79120001043"),
    )  # fmt: skip
    confirm_order(made, by=None)
    record_payment(made, amount=Decimal(3000), method=PaymentMethod.CASH, key=None, by=None)
    made.refresh_from_db()
    return made


def test_a_work_order_is_one_a5_sheet_with_composition_card_and_recipient(russian, bouquet_order):
    sizes, [text] = printed(russian, f"/orders/{bouquet_order.pk}/print/work-order/")
    assert sizes == [(148, 210)]
    for words in (
        str(bouquet_order.number), "Букет «Осень»", "× 2", "Роза Ред Наоми", "18 шт", "Эвкалипт", "6 шт",
        "Ваза стеклянная", "С юбилеем, мама!", "Ольга Ильина", "+7 912 000-10-43", "улица Садовая, 5", "Пётр Ильин",
    ):  # fmt: skip
        assert words in text, words
    assert "Печать" not in text, "the button stays on the screen"


def test_work_orders_of_twenty_orders_are_twenty_sheets_in_the_order_asked_for(russian, bouquet_order):
    rose = product("Тюльпан", "60")
    keys = [order((rose, str(count))).pk for count in range(1, 20)] + [bouquet_order.pk]
    sizes, texts = printed(russian, "/orders/print/work-orders/?" + "&".join(f"order={key}" for key in keys))
    assert sizes == [(148, 210)] * 20
    for count, text in enumerate(texts[:19], start=1):
        assert f"Тюльпан × {count} " in text
    assert "Букет «Осень»" in texts[19]


def test_a_receipt_is_80_mm_wide_and_its_figures_are_the_orders(russian, bouquet_order):
    sizes, [text] = printed(russian, f"/orders/{bouquet_order.pk}/print/receipt/")
    assert sizes[0][0] == 80
    assert bouquet_order.total == Decimal("8249.50")
    for words in (
        "Букет «Осень»", "2 × 3 500,50 ₽", "7 001 ₽", "Товары 7 901 ₽", "Скидка −101,50 ₽", "Доставка 450 ₽",
        "Итого 8 249,50 ₽", "3 000 ₽", "Осталось оплатить 5 249,50 ₽", "Не является фискальным чеком",
    ):  # fmt: skip
        assert words in text, f"{words!r} is not in {text!r}"
    assert inside(russian, ".receipt", 3)


@pytest.mark.parametrize("count", [1, 6, 12, 20, 40])
def test_a_receipt_takes_as_much_of_the_roll_as_its_lines_need(russian, count):
    long = [product(f"Роза кустовая пионовидная Джульетта {number} сорт", "100") for number in range(count)]
    sizes, texts = printed(russian, f"/orders/{order(*[(item, '1') for item in long]).pk}/print/receipt/")
    assert len(sizes) == 1
    assert "Не является фискальным чеком" in texts[0]


def test_a_card_is_a6_and_holds_the_words_alone(russian, bouquet_order):
    sizes, [text] = printed(russian, f"/orders/{bouquet_order.pk}/print/card/")
    assert sizes == [(105, 148)]
    assert text.strip() == "С юбилеем, мама!"


@pytest.mark.parametrize("kind", LONGEST)
def test_the_longest_words_fit_one_card(russian, kind):
    message = LONGEST[kind]
    made = order((product("Роза", "10"), "1"), card_message=message)
    sizes, [text] = printed(russian, f"/orders/{made.pk}/print/card/")
    assert sizes == [(105, 148)]
    if kind != "pictures":
        assert re.sub(r"\s", "", text) == re.sub(r"\s", "", message)
    assert inside(russian, ".card", 9)


def test_a_label_is_58_by_40_mm_and_names_product_weekday_and_freshness(russian):
    category = ProductCategory.objects.create(name="Розы")
    rose = product("Роза пионовидная кустовая Вувузела 60 см Эквадор", "150", vase_life_days=7, category=category)
    batch = receive(rose, "50", "40")
    sizes, [text] = printed(russian, f"/stock/batches/{batch.pk}/label/")
    assert sizes == [(58, 40)]
    for words in ("Роза пионовидная", "Вс", "01.03.2026", f"{batch.pk:06d}"):
        assert words in text, f"{words!r} is not in {text!r}"
    assert "08.03" in text, "fresh until"
    assert inside(russian, ".label", 2)


def test_all_labels_of_a_receipt_are_one_sheet_each(russian):
    from inventory.services.receiving import ReceiptLineInput, post_receipt
    from inventory.tests.factories import warehouse

    lines = [ReceiptLineInput(product(f"Гвоздика {number}"), Decimal(10), Decimal(5), None) for number in range(5)]
    receipt = post_receipt(
        warehouse=warehouse(), lines=lines, supplier=None, received_at=timezone.now(), by=None, key=None
    )
    sizes, texts = printed(russian, f"/stock/receipts/{receipt.pk}/labels/")
    assert sizes == [(58, 40)] * 5
    assert [f"Гвоздика {number}" in text for number, text in enumerate(texts)] == [True] * 5


def test_printed_forms_are_black_on_white_in_the_dark_and_offer_print_on_the_screen_only(russian, bouquet_order):
    for form in ("work-order", "card", "receipt"):
        russian.goto(f"/orders/{bouquet_order.pk}/print/{form}/")
        assert russian.get_by_role("button", name="Печать").is_visible()
        assert russian.get_by_role("navigation").count() == 0
        sheet = russian.locator(".sheet")
        assert sheet.evaluate("node => getComputedStyle(node).color") == "rgb(0, 0, 0)"
        assert sheet.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(255, 255, 255)"
        russian.emulate_media(media="print")
        assert not russian.get_by_role("button", name="Печать").is_visible()
        assert (
            russian.locator("body").evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(255, 255, 255)"
        )
        russian.emulate_media(media="screen")


def test_the_order_page_leads_to_each_form_and_the_form_leads_back(russian, bouquet_order):
    for name, form in (("Рабочий лист", "work-order"), ("Открытка", "card"), ("Чек", "receipt")):
        russian.goto(f"/orders/{bouquet_order.pk}/")
        russian.locator("summary", has_text="Печать").click()
        russian.get_by_role("link", name=name, exact=True).click()
        russian.wait_for_url(f"**/print/{form}/")
        russian.get_by_role("link", name="Назад").click()
        russian.wait_for_url(f"**/orders/{bouquet_order.pk}/")


def test_a_transfer_note_is_one_a5_sheet_with_both_warehouses_and_the_goods(russian):
    rose, vase = stocked("Роза Ред Наоми", ("100", "40")), stocked("Ваза стеклянная", ("5", "400"))
    shop_floor = Warehouse.objects.create(name="Магазин на Садовой")
    lines = [TransferLineInput(rose, Decimal(25)), TransferLineInput(vase, Decimal(2))]
    transfer = send_transfer(source=warehouse(), target=shop_floor, lines=lines, comment="к субботе")
    sizes, [text] = printed(russian, f"/stock/transfers/{transfer.pk}/print/")
    assert sizes == [(148, 210)]
    for words in (
        "Накладная на перемещение", str(transfer.number), str(warehouse()), "Магазин на Садовой", "Роза Ред Наоми",
        "25 шт", "Ваза стеклянная", "2 шт", "к субботе", "Сдал", "Принял",
    ):  # fmt: skip
        assert words in text, words
    assert inside(russian, ".work-order", 8)


def test_price_labels_are_58_by_40_mm_and_hold_the_longest_name(russian, live_shop):
    rose = product("Роза кустовая пионовидная Джульетта " * 5, "123456.50")
    sizes, texts = printed(russian, f"/catalogue/{rose.pk}/labels/?copies=3")
    assert sizes == [(58, 40)] * 3
    for text in texts:
        assert "123 456,50 ₽" in text
        assert rose.own_code in text.replace(" ", "")
        assert "Копий" not in text, "the form stays on the screen"
    module = russian.locator(".barcode").first.bounding_box()["width"] / 113 / 96 * 25.4
    assert module >= 0.33, "millimetres: what EAN-13 is made for; scanners of any kind read it"
