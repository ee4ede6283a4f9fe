"""Tables from files that people keep in spreadsheets: CSV of any make and XLSX, read and written.

Nothing of a file is trusted. Its kind is judged by its first bytes, its size before it is unpacked, its rows and columns
while they are read; a formula is never computed, links to other files are not followed.
"""

import csv
import io
import json
import logging
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook, load_workbook

from core.errors import BadInput
from core.numbers import decimal_mark, typed_decimal

logger = logging.getLogger(__name__)

BYTES_AT_MOST = 10 * 1024 * 1024
UNPACKED_AT_MOST = 100 * 1024 * 1024
PARTS_AT_MOST = 1000
ROWS_AT_MOST = 50_000
COLUMNS_AT_MOST = 60
CELL_AT_MOST = 10_000
DELIMITERS = ";,\t|"

_ZEROS = re.compile(r"0{2,20}")
# What a spreadsheet takes for a formula; a mere number does no harm.
FORMULA = re.compile(r"\A(?![+-]?[\d\s.,]+\Z)[=+@\t\r-]")


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: its text, and the number when the file itself says that it is one."""

    text: str = ""
    number: Decimal | None = None
    is_formula: bool = False


@dataclass(frozen=True)
class Table:
    """A file as rows of cells, the first row being the names of the columns; `numbers` are the rows' own in the file."""

    header: list[str]
    rows: list[list[Cell]]
    numbers: list[int]


# How the letters of a CSV file may be written: Python's name of it, what people call it.
ENCODINGS = {
    "utf-8": "UTF-8", "cp1251": "Windows-1251", "utf-16": "UTF-16", "cp866": "DOS (866)", "koi8-r": "KOI8-R",
}  # fmt: skip


def encoding_of(content: bytes) -> str:
    """How the letters of a text file are written, one of ENCODINGS; empty for a workbook. Raises BadInput when it is
    neither."""
    return "" if _is_workbook(content) else _guessed(content)[0]


def refuse_no_table(content: bytes) -> None:
    """What can be told of a file without reading its rows. Raises BadInput."""
    if len(content) > BYTES_AT_MOST:
        raise BadInput(_too_large(), field="file")
    if not content.strip():
        raise BadInput(_("The file is empty. Choose another one."), field="file")
    if _is_workbook(content):
        _check_package(content)
    elif content.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadInput(_("This is an old Excel file. Save it as XLSX or CSV and choose it again."), field="file")


def read_table(content: bytes, *, encoding: str = "") -> Table:
    """Read a file, the letters of a text file as `encoding` says or as they are guessed. Raises BadInput: not a table, too
    large, more rows or columns than are taken, no header, letters that can't be read so."""
    refuse_no_table(content)
    return _table(_read_xlsx(content) if _is_workbook(content) else _read_csv(content, encoding))


def _is_workbook(content: bytes) -> bool:
    return content.startswith(b"PK\x03\x04")


def packed(table: Table) -> bytes:
    """A table that was read, to be kept: reading it back takes a fraction of reading the file again, and is safe."""
    cells = [
        [
            [cell.text, None if cell.number is None else str(cell.number), cell.is_formula] if cell.text else 0
            for cell in row
        ]
        for row in table.rows
    ]
    return zlib.compress(json.dumps([table.header, table.numbers, cells], ensure_ascii=False).encode(), 1)


def unpacked(content: bytes) -> Table:
    """A table that `packed` wrote."""
    header, numbers, cells = json.loads(zlib.decompress(content))
    empty = Cell()
    return Table(
        header,
        [
            [Cell(cell[0], None if cell[1] is None else Decimal(cell[1]), cell[2]) if cell else empty for cell in row]
            for row in cells
        ],
        numbers,
    )


def _too_large() -> Any:
    return _("The file is larger than %(limit)s MB. Split it into several ones.") % {"limit": BYTES_AT_MOST // 1024**2}


def _table(rows: Iterable[tuple[int, list[Cell]]]) -> Table:
    header: list[str] = []
    found: list[list[Cell]] = []
    numbers: list[int] = []
    for number, row in rows:
        if not any(cell.text.strip() for cell in row):
            continue
        if not header:
            header = [cell.text.strip() for cell in row]
            while header and not header[-1]:
                header.pop()
            if len(header) > COLUMNS_AT_MOST:
                raise BadInput(
                    _("The file has more than %(limit)s columns. Leave out those that are not needed.")
                    % {"limit": COLUMNS_AT_MOST}, field="file",
                )  # fmt: skip
            continue
        if len(found) >= ROWS_AT_MOST:
            raise BadInput(
                _("The file has more than %(limit)s rows. Split it into several ones.") % {"limit": ROWS_AT_MOST},
                field="file",
            )
        found.append(row[: len(header)] + [Cell()] * (len(header) - len(row)))
        numbers.append(number)
    if not found:
        raise BadInput(
            _("There is no row below the names of the columns. The first row names them, goods follow."), field="file"
        )
    return Table(header, found, numbers)


# --- CSV -------------------------------------------------------------------------------------------------------------


def _read_csv(content: bytes, encoding: str) -> Iterator[tuple[int, list[Cell]]]:
    text = _decoded(content, encoding) if encoding else _guessed(content)[1]
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=lambda mark: len(next(csv.reader([first], delimiter=mark), [])))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            yield reader.line_num, [_csv_cell(value) for value in row[: COLUMNS_AT_MOST + 1]]
    except csv.Error as error:
        raise BadInput(
            _("Row %(number)s can't be read: a quotation mark is not closed, or a cell is far too long. Correct it.")
            % {"number": reader.line_num}, field="file",
        ) from error  # fmt: skip


_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def _guessed(content: bytes) -> tuple[str, str]:
    """Encoding and text of a CSV file: with a mark of its encoding, else UTF-8, else the Windows encoding of Russian.
    Raises BadInput."""
    marked = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)
    if marked is None and (b"\x00" in content or content.lstrip()[:1] == b"<"):
        raise BadInput(_("This is not a table. Choose a CSV or XLSX file."), field="file")
    for attempt in [marked] if marked else ["utf-8", "cp1251"]:
        with suppress(BadInput):
            return attempt, _decoded(content, attempt)
    raise BadInput(
        _("The letters of this file can't be read. Save it as “CSV UTF-8” and choose it again."), field="file"
    )


def _decoded(content: bytes, encoding: str) -> str:
    """The text in this encoding, without its mark. Raises BadInput."""
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except (UnicodeError, LookupError):
        text = "\x00"
    if "\x00" in text:
        raise BadInput(
            _("The letters of this file are not written as %(encoding)s. Choose how they are.")
            % {"encoding": ENCODINGS.get(encoding, encoding)}, field="encoding",
        )  # fmt: skip
    return text


def _csv_cell(value: str) -> Cell:
    return Cell(_without_guard(value[:CELL_AT_MOST]), is_formula=value.startswith("="))


def _without_guard(text: str) -> str:
    """A text that was kept from being a formula by an apostrophe, without it."""
    return text[1:] if text.startswith("'") and FORMULA.match(text.lstrip("'")) else text


# --- XLSX ------------------------------------------------------------------------------------------------------------


def _read_xlsx(content: bytes) -> Iterator[tuple[int, list[Cell]]]:
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        # Files of other makers may lie about how large they are, or say nothing.
        sheet.reset_dimensions()
        rows = sheet.iter_rows(max_col=COLUMNS_AT_MOST + 1)
        for number, row in enumerate(rows, start=1):
            yield number, [_xlsx_cell(cell) for cell in row]
    except BadInput:
        raise
    except Exception as error:
        # The library raises whatever it meets in a broken file: KeyError, ParseError, ValueError, EntitiesForbidden …
        logger.info("a spreadsheet was refused: %s: %s", type(error).__name__, error)
        raise BadInput(
            _("This spreadsheet can't be read: it is damaged or not an XLSX file. Save it anew and choose it again."),
            field="file",
        ) from error


def _check_package(content: bytes) -> None:
    """What the package says it holds, before any of it is unpacked; more than it says is never unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise BadInput(
            _("This spreadsheet can't be read: it is damaged or not an XLSX file. Save it anew and choose it again."),
            field="file",
        ) from error
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise BadInput(_("This is not a table. Choose a CSV or XLSX file."), field="file")
    if len(parts) > PARTS_AT_MOST or sum(part.file_size for part in parts) > UNPACKED_AT_MOST:
        raise BadInput(
            _("Unpacked, this file is far too large. Leave the goods alone in it and save it anew."), field="file"
        )


def _xlsx_cell(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return Cell()
    if isinstance(value, bool):
        return Cell("yes" if value else "no")
    if isinstance(value, int | float):
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if not number.is_finite():
            return Cell(str(value))
        if number == int(number):
            number = Decimal(int(number))
        text = f"{number:f}"
        if _ZEROS.fullmatch(str(cell.number_format)) and number >= 0:
            text = text.zfill(len(cell.number_format))  # a code that is shown with its leading zeros
        return Cell(text[:CELL_AT_MOST], number)
    if isinstance(value, datetime | date):
        return Cell(value.isoformat()[:10])
    text = str(value)[:CELL_AT_MOST]
    return Cell(_without_guard(text), is_formula=cell.data_type == "f")


# --- writing ---------------------------------------------------------------------------------------------------------

Value = str | Decimal | int | None


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if FORMULA.match(text.lstrip("'")) else text


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[bytes]:
    """UTF-8 with its mark; parted by semicolons where the decimal mark is a comma, by commas elsewhere."""
    delimiter = ";" if decimal_mark() == "," else ","
    for number, row in enumerate([header, *rows] if isinstance(rows, list) else _after(header, rows)):
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=delimiter).writerow([_written(value) for value in row])
        yield (("\ufeff" if not number else "") + buffer.getvalue()).encode()


def _after(header: Sequence[Value], rows: Iterable[Sequence[Value]]) -> Iterator[Sequence[Value]]:
    yield header
    yield from rows


def _written(value: Value) -> str:
    if value is None:
        return ""
    return guarded(value) if isinstance(value, str) else typed_decimal(value)


def write_xlsx(header: Sequence[str], rows: Iterable[Sequence[Value]], *, title: str) -> bytes:
    """A workbook of one sheet; numbers are numbers, codes stay texts with their zeros."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31])
    sheet.freeze_panes = "A2"
    sheet.append([guarded(name) for name in header])
    for row in rows:
        sheet.append([_printable(guarded(value)) if isinstance(value, str) else value for value in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _printable(text: str) -> str:
    """Without characters that the format can't hold."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", " ", text)
