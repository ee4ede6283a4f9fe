"""Products from a file and into a file: what is read, what is refused, what is written, what is taken back."""

import io
import re
import threading
import zipfile
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from django_tasks_db.models import DBTaskResult
from openpyxl import Workbook, load_workbook

from core import sheets
from core.errors import BadInput, StaleForm
from core.jobs import Outcome, claim, perform
from core.models import RecentAction
from core.sheets import encoding_of, read_table, write_csv, write_xlsx
from core.tenancy import current_schema_name, in_public
from core.transactions import run
from inventory.services.receiving import receive_stock
from inventory.tests.factories import warehouse
from products.columns import COLUMNS, recognised
from products.daily import forget_imports
from products.jobs import work_on_import
from products.models import Barcode, GoodsImport, PriceChange, Product, ProductCategory
from products.selectors import tags_on
from products.services import importing
from products.services.catalogue import delete_row, save_product
from products.services.importing import NEW, RESTORE, apply_import, keep_file, plan_import, undo_import
from products.views import sheets as views

MAKERS = "4006381333931"


def product(name="Red rose", price="100", **fields):
    return Product.objects.create(name=name, sale_price=Decimal(price), **fields)


def state():
    models = (Product, Barcode, ProductCategory, PriceChange)
    return [list(getattr(model, "all_objects", model.objects).order_by("pk").values()) for model in models]


def csv_of(*rows, encoding="utf-8", delimiter=";"):
    return "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)


def xlsx_of(*rows, change=None):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def kept(content, **fields):
    table = read_table(content)
    made = keep_file(table, name="goods.csv", columns=recognised(table.header), by=None)
    for name, value in fields.items():
        setattr(made, name, value)
    made.save()
    return made


def apply(content, **fields):
    made = kept(content, **fields)
    plan = plan_import(made)
    assert plan.problems == []
    return made, apply_import(made, seen=plan.fingerprint, by=None)


# --- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_csv_of_any_make_is_read(delimiter, encoding):
    content = csv_of(["Название", "Цена"], ['"Роза; ""Фридом"", 60"', "250"], encoding=encoding, delimiter=delimiter)
    table = read_table(content)
    assert table.header == ["Название", "Цена"]
    assert [cell.text for cell in table.rows[0]] == ['Роза; "Фридом", 60', "250"]
    assert table.numbers == [2]


def broken_zip():
    return b"PK\x03\x04" + b"x" * 200


def bomb(name="xl/workbook.xml", size=sheets.UNPACKED_AT_MOST + 1):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package, package.open(name, "w") as part:
        for _number in range(size // 1_000_000 + 1):
            part.write(b"0" * 1_000_000)
    return buffer.getvalue()


def swelling_entities():
    """A workbook with a cell of a few entities that swell to billions of letters."""
    plain = xlsx_of(["Name"], ["Rose"])
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "lol"}">' for n in range(9))
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as source, zipfile.ZipFile(buffer, "w") as target:
        for part in source.infolist():
            body = source.read(part)
            if b"Rose" in body:
                head = b"<sst" if b"<sst" in body else b"<worksheet"
                body = body.replace(head, f"<!DOCTYPE x [{entities}]>".encode() + head, 1).replace(b"Rose", b"&a8;")
            target.writestr(part.filename, body)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "sentences"),
    [
        (lambda: b"", ("is empty", "Файл пустой")),
        (lambda: b" \r\n ", ("is empty", "Файл пустой")),
        (lambda: b"x" * (sheets.BYTES_AT_MOST + 1), ("larger than 10 MB", "больше 10 МБ")),
        (lambda: csv_of(["Name"]), ("no row below", "нет ни одной строки")),
        (lambda: csv_of(["Name"], *[["x"]] * (sheets.ROWS_AT_MOST + 1)), ("more than 50000 rows", "больше 50000 строк")),
        (lambda: csv_of(["Name"] * 61, ["x"]), ("more than 60 columns", "больше 60 столбцов")),
        (lambda: b"\x89PNG\r\n\x1a\n\x00\x00", ("not a table", "Это не таблица")),
        (lambda: b"%PDF-1.4\n\x00", ("not a table", "Это не таблица")),
        (lambda: b"<html><table><tr><td>Name</td></tr></table>", ("not a table", "Это не таблица")),
        (lambda: b"Name\nRo\x00se", ("not a table", "Это не таблица")),
        (lambda: b"Name;Price\n\x98\xff;1", ("can't be read", "не читаются")),
        (lambda: b'Name\n"' + b"x" * 200_000, ("quotation mark", "кавычка")),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1", ("old Excel file", "старый файл Excel")),
        (broken_zip, ("damaged", "повреждён")),
        (lambda: bomb("word/document.xml", 10), ("not a table", "Это не таблица")),
        (bomb, ("far too large", "слишком большой")),
        (lambda: xlsx_of(["Name"], ["Rose"])[:-300], ("damaged", "повреждён")),
        (swelling_entities, ("damaged", "повреждён")),
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused_in_words(shop, login, staff, content, sentences):
    for language, said in zip(("en", "ru"), sentences, strict=True):
        browser = login(staff("manager", language=language))
        file = SimpleUploadedFile("goods.csv", content())
        answer = browser.post(reverse("products:import_choose"), {"file": file})
        assert answer.status_code == 422
        assert said in answer.content.decode().replace("&#x27;", "'")
    assert not GoodsImport.objects.exists()


def test_a_workbook_is_read_as_it_is_meant():
    def odd(book):
        sheet = book.active
        sheet["A2"].number_format = "000000"
        sheet.merge_cells("D2:D3")
        book.create_sheet("Another")

    content = xlsx_of(
        ["Артикул", "Название", "Цена", "Категория", "Заметки"],
        [42, "Роза", 250.5, "Розы", "=1+1"],
        ["007", "Тюльпан", 90, None, "'=2+2"],
        change=odd,
    )
    table = read_table(content)
    first, second = table.rows
    assert [cell.text for cell in first] == ["000042", "Роза", "250.5", "Розы", "=1+1"]
    assert (first[2].number, first[4].is_formula) == (Decimal("250.5"), True)
    assert [cell.text for cell in second] == ["007", "Тюльпан", "90", "", "=2+2"]
    assert not second[4].is_formula


def test_columns_are_known_by_russian_and_english_names():
    header = [
        "Код товара",
        "Наименование",
        "Цена, ₽",
        "Ед. изм.",
        "Ростовка (см)",
        "EAN13",
        "Remarks",
        "price",
        "НДС",
        "Цвет",
    ]
    assert recognised(header) == [
        "sku", "name", "sale_price", "unit", "stem_length", "barcodes", "", "", "tax_rate", "colour",
    ]  # fmt: skip
    for language in ("en", "ru"):
        with translation.override(language):
            labels = [str(column.label) for column in COLUMNS]
        assert recognised(labels) == [column.key for column in COLUMNS], language


# --- planning --------------------------------------------------------------------------------------------------------


def problems(content, **fields):
    return [(problem.row, problem.column, problem.why) for problem in plan_import(kept(content, **fields)).problems]


@pytest.mark.parametrize(
    ("header", "value", "why"),
    [
        ("Price", "много", "not a number"),
        ("Price", "1,234", "two ways"),
        ("Price", "-5", "too small"),
        ("Price", "1.0055", "Too many digits"),
        ("Price", "=A1", "formula"),
        ("Unit", "вагон", "Write one of these: stems, pcs,"),
        ("Kind", "дракон", "Write one of these: cut flower,"),
        ("Stem length", "4 метра", "not a number"),
        ("Stem length", "401", "too large"),
        ("Barcode", "4006381333932", "does not fit"),
        ("Barcode", "4,00638E+12", "shortened"),
        ("Category", "A / B / C / D", "three levels"),
        ("On sale", "maybe", "yes or no"),
        ("Tags", ",".join(map(str, range(21))), "at most 20"),
        ("Notes", "x" * 5001, "too long"),
    ],
)
def test_a_cell_that_cannot_be_meant_is_told_with_its_row(shop, header, value, why):
    content = csv_of(["Name", header], ["Good", ""], ["Rose", f'"{value}"'])
    [(row, column, said)] = problems(content)
    assert (row, column) == (3, header)
    assert why in said
    assert not Product.objects.exists()


def test_rows_that_cannot_be_meant_are_told(shop):
    product("Rose", sku="R1")
    product("Twin", sku="T1")
    product("Twin", sku="T2")
    save_product(Product(name="Pen", sale_price=Decimal(0), sku="P1"), codes=[MAKERS])
    product("Fee", kind="service", sku="F1")
    found = problems(
        csv_of(
            ["SKU", "Name", "Barcode", "Kind"],
            ["R1", "", "", ""], ["r1", "Again", "", ""], ["", "Twin", "", ""], ["NEW", "", "", ""],
            ["R2", "New", MAKERS, ""], ["F1", "", "", "flower"], ["", "Same", "", ""], ["", "same", "", ""],
        )
    )  # fmt: skip
    assert [(row, why.split(":")[0][:24]) for row, _column, why in found] == [
        (3, "The same product or code"), (4, "Several products have th"), (5, "There is no such product"),
        (6, "The barcode 400638133393"), (7, "Goods can't become a ser"), (9, "The same product or code"),
    ]  # fmt: skip


def test_a_row_means_a_product_by_sku_then_barcode_then_name(shop):
    by_sku, by_name = product("Rose", sku="R1"), product("Tulip")
    by_code = save_product(Product(name="Pen", sale_price=Decimal(0)), codes=[MAKERS])
    plan = plan_import(
        kept(
            csv_of(
                ["SKU", "Name", "Barcode", "Price"],
                ["r1", "Rosa", "", "5"],
                ["", "Pencil", MAKERS, "6"],
                ["", "TULIP", "", "7"],
            )
        )
    )
    assert [row.product_id for row in plan.rows] == [by_sku.pk, by_code.pk, by_name.pk]
    assert (plan.made, plan.changed) == (0, 3)


def test_what_was_deleted_is_asked_about(shop, owner):
    gone = product("Rose", sku="R1")
    delete_row(gone, by=owner, now=timezone.now())
    content = csv_of(["SKU", "Name", "Price"], ["R1", "Rosa", "5"])
    plan = plan_import(kept(content))
    assert (plan.asks, plan.rows, plan.problems) == (1, [], [])
    with pytest.raises(BadInput, match="can't be taken yet"):
        apply_import(kept(content), seen=plan.fingerprint, by=owner)
    made, _plan = apply(content, deleted_ones=NEW)
    assert Product.objects.get(sku="R1").pk != gone.pk
    undo_import(made.pk, by=owner, now=timezone.now())
    made, _plan = apply(content, deleted_ones=RESTORE)
    assert Product.objects.get(sku="R1").name == "Rosa"
    undo_import(made.pk, by=owner, now=timezone.now())
    assert not Product.objects.exists()


# --- applying --------------------------------------------------------------------------------------------------------

FILE = csv_of(
    ["Артикул", "Наименование", "Цена", "Ед.", "Категория", "Ростовка", "Штрихкод", "Метки", "В продаже", "НДС"],
    ["007", "Роза Фридом", "1 250,50 руб.", "шт", "Цветы / Розы", "60", MAKERS, "свадьба, новое", "да", "22%"],
    ["", "Тюльпан", "90", "стебель", "цветы / тюльпаны", "", "", "", "нет", ""],
    encoding="cp1251",
)  # fmt: skip


def test_a_whole_import_through_its_pages_and_back(shop, login, staff):
    browser = login(staff("manager", language="ru"))
    before = state()
    answer = browser.post(reverse("products:import_choose"), {"file": SimpleUploadedFile("Прайс.csv", FILE)})
    page = browser.get(answer.url).content.decode()
    assert "Прайс.csv" in page
    assert "1 250,50 руб." in page, "a sample of each column is shown"
    chosen = dict(re.findall(r'name="(column-\d+)".*?value="(\w+)" selected', page))
    assert chosen["column-0"] == "sku"
    check = browser.post(answer.url, chosen)
    page = browser.get(check.url).content.decode()
    assert "Цветы / Розы" in page
    assert state() == before, "nothing is written before the last step"
    seen = re.search(r'name="seen" value="(\w+)"', page)[1]
    done = browser.post(check.url, {"seen": seen})
    assert done.url == reverse("products:product_list")
    rose = Product.objects.get(sku="007")
    assert (rose.name, rose.sale_price, rose.unit, rose.stem_length) == ("Роза Фридом", Decimal("1250.50"), "stem", 60)
    assert (str(rose.category), str(rose.category.parent), tags_on()[rose.pk], rose.tax_rate) == (
        "Розы",
        "Цветы",
        ["новое", "свадьба"],
        22,
    )
    assert rose.barcodes.get().code == MAKERS
    tulip = Product.objects.get(name="Тюльпан")
    assert (tulip.is_active, len(tulip.sku), str(tulip.category)) == (False, 6, "тюльпаны")
    assert ProductCategory.objects.count() == 3
    again = browser.post(check.url, {"seen": seen})
    assert again.status_code == 409
    assert Product.objects.count() == 2
    assert not GoodsImport.objects.get().content, "the file is forgotten once it is applied"
    action = RecentAction.objects.get()
    browser.post(reverse("undo", args=[action.pk]))
    assert not Product.objects.exists()


def test_all_or_nothing(shop):
    product("Rose", sku="R1")
    file = kept(csv_of(["SKU", "Name", "Price"], ["R1", "Rose", "200"], ["R2", "New", "дорого"]))
    before = state()
    with pytest.raises(BadInput, match="Some rows can't be taken"):
        apply_import(file, seen=plan_import(file).fingerprint, by=None)
    assert state() == before


def test_a_look_that_is_too_old_imports_nothing(shop):
    rose = product("Rose", sku="R1")
    file = kept(csv_of(["SKU", "Price"], ["R1", "200"]))
    seen = plan_import(file).fingerprint
    Product.objects.filter(pk=rose.pk).update(sale_price=150)
    before = state()
    for language, said in (("en", "was changed since you looked"), ("ru", "каталог изменился")):
        with translation.override(language):
            with pytest.raises(StaleForm) as refusal:
                apply_import(file, seen=seen, by=None)
            assert said in str(refusal.value)
    assert state() == before


def test_an_empty_cell_leaves_what_is_there(shop):
    rose = product("Rose", sku="R1", colour="red", notes="Cold water", minimum_stock=Decimal("2.5"))
    _file, plan = apply(csv_of(["SKU", "Name", "Colour", "Price", "Notes"], ["R1", "", "", "120", ""]))
    rose.refresh_from_db()
    assert (plan.changed, rose.name, rose.colour, rose.sale_price, rose.notes) == (1, "Rose", "red", 120, "Cold water")
    assert rose.minimum_stock == Decimal("2.5")
    assert [(line.before, line.after, line.why) for line in PriceChange.objects.all()] == [(100, 120, "import")]


def test_undo_leaves_what_was_changed_or_used_since_and_names_it(shop, owner):
    rose, lily = product("Rose", sku="R1"), product("Lily", sku="L1")
    file, _plan = apply(
        csv_of(
            ["SKU", "Name", "Price"],
            ["R1", "Rose", "200"],
            ["L1", "Lily", "300"],
            ["N1", "New", "1"],
            ["N2", "Used", "1"],
        )
    )
    Product.objects.filter(pk=lily.pk).update(notes="Somebody wrote this since")
    used = Product.objects.get(sku="N2")
    receive_stock(product=used, warehouse=warehouse(), quantity=Decimal(1), unit_cost=Decimal(1))
    with translation.override("ru"):
        [sentence] = undo_import(file.pk, by=owner, now=timezone.now())
    assert "Lily, Used" in sentence
    assert "с тех пор их изменили или использовали" in sentence
    rose.refresh_from_db()
    assert rose.sale_price == 100
    assert Product.objects.get(sku="L1").sale_price == 300
    assert set(Product.objects.values_list("sku", flat=True)) == {"R1", "L1", "N2"}
    before = state()
    with pytest.raises(StaleForm, match="changed or used since"):
        undo_import(file.pk, by=owner, now=timezone.now())
    assert state() == before


def test_statements_do_not_grow_with_the_rows(shop):
    def asked(count):
        rows = [[f"{count}-{number}", f"Rose {count} {number}", "5", ""] for number in range(count)]
        file = kept(csv_of(["SKU", "Name", "Price", "Barcode"], *rows))
        seen = plan_import(file).fingerprint
        with CaptureQueriesContext(connection) as queries:
            apply_import(file, seen=seen, by=None)
            undo_import(file.pk, by=None, now=timezone.now())
        return len(queries)

    assert asked(3) == asked(300)


def test_problems_can_be_taken_along_as_a_table(shop, login, manager):
    file = kept(csv_of(["Name", "Price"], ["Rose", "=HYPERLINK(1)"]))
    answer = login(manager).get(reverse("products:import_problems", args=[file.pk]))
    table = read_table(answer.content)
    assert [cell.text for cell in table.rows[0]][:3] == ["2", "Price", "=HYPERLINK(1)"]
    assert b"'=HYPERLINK" in answer.content
    page = login(manager).get(reverse("products:import_check", args=[file.pk])).content.decode()
    assert "This is a formula" in page
    assert 'id="import_apply"' not in page


def test_columns_have_to_make_sense(shop, login, manager):
    file = kept(csv_of(["Name", "Price"], ["Rose", "5"]))
    url = reverse("products:import_columns", args=[file.pk])
    for columns, said in (
        ({"column-0": "sale_price", "column-1": "sale_price"}, "chosen twice"),
        ({"column-0": "", "column-1": "sale_price"}, "which column holds the names"),
        ({"column-0": "password"}, "which column holds the names"),
    ):
        answer = login(manager).post(url, columns)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    file.refresh_from_db()
    assert file.columns == ["name", "sale_price"]


def test_only_who_may_change_the_catalogue_imports(shop, login, florist):
    file = kept(csv_of(["Name"], ["Rose"]))
    browser = login(florist)
    for name, args in (("choose", []), ("columns", [file.pk]), ("check", [file.pk]), ("problems", [file.pk])):
        assert browser.get(reverse(f"products:import_{name}", args=args)).status_code == 403
    assert browser.get(reverse("products:product_export")).status_code == 200


def test_files_are_forgotten_after_two_days(shop):
    old, fresh = kept(csv_of(["Name"], ["Rose"])), kept(csv_of(["Name"], ["Tulip"]))
    GoodsImport.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(days=3))
    assert forget_imports(now=timezone.now()) > 0
    assert list(GoodsImport.objects.all()) == [fresh]
    assert forget_imports(now=timezone.now()) == 0


# --- exporting -------------------------------------------------------------------------------------------------------

NASTY = ["=1+1", "+7 (912) 345", "-", "@import", 'a;"b" c', "Роза «ё»", "-5", "'=x", "''+y"]


@pytest.fixture
def goods(shop):
    """Products with everything that is hard to write into a table."""
    shelf = ProductCategory.objects.create(name="Roses", parent=ProductCategory.objects.create(name="Flowers"))
    for number, name in enumerate(NASTY):
        save_product(
            Product(
                name=name, sale_price=Decimal("1250.50"), category=shelf if number % 2 else None, minimum_stock=Decimal("1.234"),
                notes="two\nlines", tax_rate=Decimal("22.5"), kind="packaging", colour="lilac",
                sku=f"{number:03}", is_active=number % 2 == 0, stem_length=60, role="line", unit=("stem", "piece", "pot", "metre", "pack")[number % 5],
            ),
            codes=[MAKERS] if number == 0 else [], tags=["b c", "a"],
        )  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_what_is_exported_is_imported_again_unchanged(goods, login, staff, kind, language):
    browser = login(staff("owner", language=language))
    answer = browser.get(reverse("products:product_export"), {"format": kind})
    assert f".{kind}" in answer["Content-Disposition"]
    plan = plan_import(kept(answer.content))
    assert plan.problems == []
    assert (plan.made, plan.changed, plan.same) == (0, 0, len(NASTY))


def test_no_cell_of_an_export_is_a_formula(goods, login, owner):
    for kind in ("csv", "xlsx"):
        content = login(owner).get(reverse("products:product_export"), {"format": kind}).content
        if kind == "xlsx":
            cells = [cell for row in load_workbook(io.BytesIO(content)).active.iter_rows() for cell in row]
            assert not any(cell.data_type == "f" for cell in cells)
            assert any(cell.value == Decimal("1250.5") or cell.value == 1250.5 for cell in cells), "numbers are numbers"
            assert any(cell.value == "001" for cell in cells), "codes keep their zeros"
        else:
            assert b";'=1+1" in content or b",'=1+1" in content
            assert b"'@import" in content


def test_an_export_keeps_to_the_filter(goods, login, owner):
    table = read_table(login(owner).get(reverse("products:product_export"), {"state": "off"}).content)
    assert len(table.rows) == len(NASTY) // 2


def test_tables_are_written_in_the_readers_numbers():
    with translation.override("ru"):
        assert b"".join(write_csv(["a"], [[Decimal("1250.50"), "x"]])).decode() == "\ufeffa\r\n1250,5;x\r\n"
    with translation.override("en"):
        assert b"".join(write_csv(["a"], [[Decimal("1250.50"), None]])).decode() == "\ufeffa\r\n1250.5,\r\n"
    book = load_workbook(io.BytesIO(write_xlsx(["=a"], [["x\x0by", 5]], title="a/b[1]")))
    assert [[cell.value for cell in row] for row in book.active.iter_rows()] == [
        ["'=a"],
        ["x y", 5],
    ] or book.active.max_column == 2


# --- large files -----------------------------------------------------------------------------------------------------


@pytest.fixture
def large(monkeypatch):
    """From a few letters and rows on a file is large."""
    monkeypatch.setattr(views, "BYTES_AT_ONCE", 10)
    monkeypatch.setattr(views, "ROWS_AT_ONCE", 1)


@pytest.fixture
def browser(shop, login, manager):
    """A manager at a browser."""
    found = login(manager)
    found.user = manager
    return found


def upload(browser, content, name="goods.xlsx"):
    return browser.post(reverse("products:import_choose"), {"file": SimpleUploadedFile(name, content)})


ROWS = (["SKU", "Name", "Price"], ["R1", "Rose", 200], ["R2", "Tulip", 90])
PART = {"HTTP_HX_REQUEST": "true"}


def seen_on(browser, url):
    return re.search(r'name="seen" value="(\w+)"', browser.get(url).content.decode())[1]


def looked_at(browser, do_jobs, *rows):
    """A large workbook that is read and compared: the address of its third step."""
    columns = upload(browser, xlsx_of(*rows)).url
    assert do_jobs() == 1
    check = browser.post(columns, {"column-0": "sku", "column-1": "name", "column-2": "sale_price"}).url
    assert do_jobs() == 1
    return check


def test_a_large_workbook_is_worked_on_in_the_background(large, shop, login, manager, do_jobs):
    product("Rose", sku="R1")
    browser, before = login(manager), state()
    columns = upload(browser, xlsx_of(*ROWS)).url
    page = browser.get(columns)
    assert "done in the background" in page.content.decode()
    assert browser.get(columns, **PART).status_code == 204
    assert do_jobs() == 1
    assert browser.get(columns, **PART)["HX-Redirect"] == columns
    assert "2 rows" in browser.get(columns).content.decode()
    assert not GoodsImport.objects.get().file, "a workbook that was read is not kept"
    check = browser.post(columns, {"column-0": "sku", "column-1": "name", "column-2": "sale_price"}).url
    assert "done in the background" in browser.get(check).content.decode()
    assert browser.post(check, {"seen": "x"}).status_code == 200, "nothing is asked for while the worker is at it"
    assert do_jobs() == 1
    page = browser.get(check).content.decode()
    assert "Price: 100 → 200" in page
    assert browser.post(check, {"seen": seen_on(browser, check)}).status_code == 302
    assert state() == before
    assert "The file has 2 rows" in browser.get(check).content.decode()
    assert do_jobs() == 1
    assert list(Product.objects.order_by("sku").values_list("sku", "sale_price")) == [("R1", 200), ("R2", 90)]
    assert browser.get(check, **PART)["HX-Redirect"] == reverse("products:product_list")
    assert browser.get(check).url == reverse("products:product_list")
    assert "Imported: 1 new products, 1 changed" in browser.get(reverse("products:product_list")).content.decode()
    action = RecentAction.objects.get()
    assert action.by == manager
    browser.post(reverse("undo", args=[action.pk]))
    assert state()[0][0]["sale_price"] == 100


def test_what_the_worker_does_twice_is_done_once(large, shop, login, manager, do_jobs):
    browser = login(manager)
    check = looked_at(browser, do_jobs, *ROWS)
    browser.post(check, {"seen": seen_on(browser, check)})
    with in_public():
        [row] = DBTaskResult.objects.ready()
    arguments = row.args_kwargs["args"][1:]
    assert do_jobs() == 1
    after = state()
    work_on_import.func(current_schema_name(), *arguments)
    work_on_import.func(current_schema_name(), arguments[0], "read", *arguments[2:])
    assert state() == after
    assert RecentAction.objects.count() == 1


def test_a_worker_that_dies_in_the_middle_leaves_nothing_and_another_begins_anew(large, browser, do_jobs, monkeypatch):
    before = state()
    check = looked_at(browser, do_jobs, *ROWS)
    browser.post(check, {"seen": seen_on(browser, check)})

    def die(*_args, **_fields):
        assert Product.objects.count() == 2, "it was in the middle of it"
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(importing, "_write_codes", die)
        assert perform(claim("dead")) is Outcome.AGAIN
    assert state() == before
    assert "done in the background" in browser.get(check).content.decode()
    with in_public():
        DBTaskResult.objects.update(run_after=timezone.now())
    assert do_jobs() == 1
    assert (Product.objects.count(), RecentAction.objects.count()) == (2, 1)


def test_what_the_worker_gave_up_is_told_and_asked_for_again(large, browser, do_jobs, monkeypatch):
    columns = upload(browser, xlsx_of(*ROWS)).url
    with monkeypatch.context() as broken:
        broken.setattr("products.jobs.read_kept", lambda kept: 1 / 0)
        for _attempt in range(work_on_import.attempts):
            with in_public():
                DBTaskResult.objects.update(run_after=timezone.now())
            perform(claim("test"))
    page = browser.get(columns, **PART).content.decode()
    assert "could not be worked on" in page
    assert "every 3s" not in page
    assert browser.post(columns).status_code == 302
    assert "done in the background" in browser.get(columns).content.decode()
    assert do_jobs() == 1
    assert "2 rows" in browser.get(columns).content.decode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda: xlsx_of(["Name"]), ("no row below", "нет ни одной строки")),
        (swelling_entities, ("damaged or not an XLSX", "это не XLSX")),
    ],
)
def test_why_a_large_file_can_not_be_read_is_told_in_the_readers_language(large, browser, do_jobs, content, said):
    for language, sentence in zip(("en", "ru"), said, strict=True):
        browser.user.language = language
        browser.user.save()
        columns = upload(browser, content()).url
        assert do_jobs() == 1
        assert sentence in browser.get(columns).content.decode()
    assert upload(browser, broken_zip()).status_code == 422, "what is no table is refused at once"


def test_a_large_file_whose_look_is_too_old_is_looked_at_anew(large, shop, login, manager, do_jobs):
    rose = product("Rose", sku="R1")
    browser = login(manager)
    check = looked_at(browser, do_jobs, *ROWS)
    seen = seen_on(browser, check)
    Product.objects.filter(pk=rose.pk).update(sale_price=150)
    before = state()
    browser.post(check, {"seen": seen})
    assert do_jobs() == 2, "the import that is refused, and the new look"
    page = browser.get(check).content.decode()
    assert "was changed since you looked" in page
    assert "Price: 150 → 200" in page
    assert state() == before
    browser.post(check, {"seen": seen_on(browser, check)})
    assert do_jobs() == 1
    assert Product.objects.get(sku="R1").sale_price == 200


def test_mistakes_and_deleted_ones_of_a_large_file_are_shown_as_of_a_small_one(large, shop, login, manager, do_jobs):
    delete_row(product("Gone", sku="R2"), by=manager, now=timezone.now())
    browser = login(manager)
    check = looked_at(browser, do_jobs, ROWS[0], ["R1", "Rose", "dear"], ROWS[2])
    page = browser.get(check).content.decode()
    assert 'id="import_apply"' not in page
    assert "dear" in page
    assert b"dear" in browser.get(check.replace("check", "problems")).content
    browser.post(check, {"deleted_ones": RESTORE})
    assert "done in the background" in browser.get(check, follow=True).content.decode()
    assert do_jobs() == 1
    assert "restored" in browser.get(check).content.decode()
    browser.post(check, {"seen": "whatever"})
    assert do_jobs() == 2
    assert "Some rows can" in browser.get(check).content.decode()
    assert not Product.objects.exists()


# --- letters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "guessed"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("cp1251", "cp1251"), ("utf-16", "utf-16")]
)
def test_how_letters_are_written_is_guessed(encoding, guessed):
    assert encoding_of(csv_of(["Название"], ["Роза"], encoding=encoding)) == guessed


def test_letters_that_were_guessed_wrong_are_read_anew(shop, login, manager):
    browser = login(manager)
    file = csv_of(["Название", "Цена"], ["Тюльпан", "250"], encoding="cp866")
    columns = upload(browser, file, "goods.csv").url
    assert "Тюльпан" not in browser.get(columns).content.decode()
    refused = browser.post(columns, {"read_anew": "1", "encoding": "utf-8"})
    assert (refused.status_code, "not written as UTF-8" in refused.content.decode()) == (422, True)
    assert browser.post(columns, {"read_anew": "1", "encoding": "cp866"}).url == columns
    page = browser.get(columns).content.decode()
    assert "Тюльпан" in page
    assert '<option value="cp866" selected>' in page
    made = GoodsImport.objects.get()
    assert (made.columns, made.encoding) == (["name", "sale_price"], "cp866")
    for careless in ("rot13", "", "x" * 99):
        assert browser.post(columns, {"read_anew": "1", "encoding": careless}).status_code in {302, 422}
    assert GoodsImport.objects.get().encoding == "cp866"
    workbook = upload(browser, xlsx_of(*ROWS)).url
    assert 'id="encoding"' not in browser.get(workbook).content.decode()
    assert browser.post(workbook, {"read_anew": "1", "encoding": "cp866"}).status_code == 409


# --- at once ---------------------------------------------------------------------------------------------------------


@pytest.mark.race
def test_of_two_who_import_the_same_file_one_is_refused(committed_shop, in_threads):
    for number in range(4):
        file = kept(csv_of(["SKU", "Name"], *[[f"{number}-{each}", f"Rose {number} {each}"] for each in range(20)]))
        seen = plan_import(file).fingerprint
        outcomes = in_threads(
            2, lambda _which, file=file, seen=seen: run(lambda: apply_import(file, seen=seen, by=None))
        )
        assert sum(isinstance(outcome, StaleForm) for outcome in outcomes) == 1, outcomes
        assert Product.objects.filter(sku__startswith=f"{number}-").count() == 20


@pytest.mark.race
def test_without_the_lock_two_files_make_the_same_new_products_twice(committed_shop, in_threads, monkeypatch):
    """The control: both see that there is no such product yet."""
    monkeypatch.setattr(importing, "lock_imports", lambda: None)
    both_looked = threading.Barrier(2)
    plan = importing.plan_import

    def careless(kept, **fields):
        found = plan(kept, **fields)
        both_looked.wait(timeout=10)
        return found

    files = [kept(csv_of(["Name", "Price"], ["Rose", "200"])) for _which in range(2)]
    seen = plan(files[0]).fingerprint
    monkeypatch.setattr(importing, "plan_import", careless)
    in_threads(2, lambda which: run(lambda: apply_import(files[which], seen=seen, by=None)).made)
    assert Product.objects.filter(name="Rose").count() == 2


@pytest.mark.race
def test_of_two_files_with_the_same_new_names_one_is_refused(committed_shop, in_threads):
    for number in range(4):
        content = csv_of(["Name", "Price"], *[[f"Rose {number} {each}", "200"] for each in range(20)])
        files = [kept(content), kept(content)]
        seen = plan_import(files[0]).fingerprint
        outcomes = in_threads(
            2, lambda which, files=files, seen=seen: run(lambda: apply_import(files[which], seen=seen, by=None))
        )
        assert sum(isinstance(outcome, StaleForm) for outcome in outcomes) == 1, outcomes
        assert Product.objects.filter(name__startswith=f"Rose {number} ").count() == 20


@pytest.mark.race
def test_of_two_files_with_the_same_skus_one_is_refused(committed_shop, in_threads):
    for number in range(4):
        content = csv_of(["SKU", "Name"], *[[f"{number}-{each}", f"Rose {number} {each}"] for each in range(20)])
        files = [kept(content), kept(content)]
        seen = plan_import(files[0]).fingerprint
        outcomes = in_threads(
            2, lambda which, files=files, seen=seen: run(lambda: apply_import(files[which], seen=seen, by=None))
        )
        assert sum(isinstance(outcome, BadInput | StaleForm) for outcome in outcomes) == 1, outcomes
        assert Product.objects.filter(sku__startswith=f"{number}-").count() == 20
