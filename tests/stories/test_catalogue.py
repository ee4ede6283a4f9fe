"""The catalogue in a browser: a price is changed in its row, many at once, a table is imported, taken back and looked at."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from core.sheets import read_table
from inventory.tests.factories import product, stocked
from products.columns import recognised
from products.models import Product
from products.services.catalogue import save_product
from products.services.importing import keep_file
from products.services.prices import set_price
from tests.stories.hand import Hand
from tests.stories.test_a_day import LANGUAGES
from tests.stories.test_every_page import Looker

TABLE = """Артикул;Название;Цена;Ростовка;Категория
R1;Роза 50;170;50;Цветы / Розы
;Тюльпан Барселона;110;;Цветы / Тюльпаны
"""


@LANGUAGES
def test_a_price_is_changed_in_its_row(browse, staff, live_shop, language):
    rose = product("Роза 50", "150")
    page = browse(staff("owner", language=language))
    page.goto("/catalogue/")
    hand = Hand(page, f"a price in the list ({language})", 3)
    hand.click(f"#price_open_{rose.pk}")
    field = page.locator(f"#price_field_{rose.pk}")
    expect(field).to_be_focused()
    field.fill("165,50")
    field.press("Enter")
    expect(page.locator(f"#price_open_{rose.pk}")).to_contain_text("165,50" if language == "ru" else "165.50")
    expect(page.locator(f"#price_open_{rose.pk}")).to_be_focused()
    hand.finish()
    set_price(rose, price=Decimal(200), seen=Decimal("165.50"), by=None)
    page.locator(f"#price_open_{rose.pk}").click()
    expect(field).to_have_value(re.compile("^200"))
    set_price(rose, price=Decimal(300), seen=Decimal(200), by=None)
    field.fill("170")
    field.press("Enter")
    expect(page.locator(f"#price_error_{rose.pk}")).to_contain_text("300")
    field.press("Enter")
    expect(page.locator(f"#price_open_{rose.pk}")).to_contain_text("170")


def test_many_prices_are_changed_within_the_clicks_there_are(browse, staff, live_shop):
    for number in range(12):
        stocked(f"Роза {number}", ("5", "40"), price=str(100 + number))
    page = browse(staff("owner", language="ru"))
    page.goto("/catalogue/?kind=flower")
    hand = Hand(page, "the prices of a dozen roses", 7)
    hand.click("#more_here")
    hand.click("#many_prices")
    hand.fill("[name=amount]", "20")
    hand.click("#look")
    expect(page.locator("#preview_words")).to_contain_text("12 цен")
    hand.click("#apply")
    expect(page.locator("h1")).to_have_text("Каталог")
    hand.finish()
    assert Product.objects.get(name="Роза 0").sale_price == 120
    page.get_by_role("button", name="Отменить").click()
    expect(page.locator("h1")).to_have_text("Каталог")
    assert Product.objects.get(name="Роза 0").sale_price == 100


def test_a_table_is_imported_and_taken_back(browse, staff, live_shop, tmp_path):
    product("Роза 50", "150", sku="R1")
    file = tmp_path / "прайс.csv"
    file.write_text(TABLE, encoding="cp1251")
    page = browse(staff("owner", language="ru"))
    page.goto("/catalogue/import/")
    page.locator("[name=file]").set_input_files(file)
    page.locator("#send_file").click()
    expect(page.locator("#column_0")).to_have_value("sku")
    page.locator("#columns_done").click()
    expect(page.locator("#import_counts")).to_contain_text("Цветы / Тюльпаны")
    page.locator("#import_apply").click()
    expect(page.locator("h1")).to_have_text("Каталог")
    assert Product.objects.get(name="Тюльпан Барселона").category.parent.name == "Цветы"
    page.get_by_role("button", name="Отменить").click()
    expect(page.get_by_text("Тюльпан Барселона")).to_have_count(0)
    assert Product.objects.get().sale_price == 150


@pytest.mark.slow
@LANGUAGES
def test_the_steps_of_an_import_and_a_full_card_are_whole(browse, staff, live_shop, language):
    owner = staff("owner", language=language)
    save_product(Product(name="Роза 50", sku="R1", sale_price=Decimal(150), minimum_stock=Decimal(10),
                         colour="red", variety="Фридом", notes="Холодная вода", stem_length=50), codes=["4006381333931"], tags=["свадьба"])  # fmt: skip
    rose = Product.objects.get()
    set_price(rose, price=Decimal(190), seen=Decimal(150), by=owner)
    kept = []
    for text in (TABLE, TABLE.replace("110", "дорого").replace("170", "=A1")):
        table = read_table(text.encode())
        kept.append(keep_file(table, name="прайс.csv", columns=recognised(table.header), by=owner).pk)
    looker = Looker(browse(owner))
    for key in kept:
        looker.look_at(f"/catalogue/import/{key}/")
        looker.look_at(f"/catalogue/import/{key}/check/")
    for path in ("", "?kind=flower&colour=red&tag=свадьба&stock=low", f"{rose.pk}/", f"{rose.pk}/edit/", "new/", "import/", "tags/",
                 "prices/?way=down&amount=70&rounding=10", f"{rose.pk}/price/?edit=1"):  # fmt: skip
        looker.look_at(f"/catalogue/{path}")
    looker.look_at(f"/catalogue/{rose.pk}/labels/?copies=2", sheet=True)
    looker.judge()
