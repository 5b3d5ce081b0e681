"""A workbook of plain cells: rows in, an .xlsx file out, and the same rows read back from it. Pure, and light to import.

No cell is ever a formula: every one is a number, a date or a text, and a text that a spreadsheet could take for
something else is told apart by a leading apostrophe, whoever saves it in another format afterwards.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from textwrap import wrap
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.utils.escape import unescape

Cell = str | int | date
REQUESTS, TO_READ = "Demandes", "À lire"
LINK = "Ouvrir sur le portail"
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
DARK, PALE, LINE, ALERT, QUIET = "#0f5460", "#e6f1f2", "#cddadc", "#a3271b", "#4d5c60"
A4 = 9
HEADER_HEIGHT = 33
READING_WIDTHS = (24, 92)
LINE_HEIGHT = 15
MOST_HEIGHT = 409  # points: what the format allows


@dataclass(frozen=True)
class Column:
    """width: in characters."""

    heading: str
    width: int


@dataclass(frozen=True)
class Sheet:
    """All that a workbook says. links: one address a row. marked: rows that are new; pressing: rows due very soon.

    due: which column says until when. reading: (heading, text) of the second sheet, after its title and subtitle.
    """

    author: str
    title: str
    subtitle: str
    at: datetime
    columns: tuple[Column, ...]
    due: int
    rows: tuple[tuple[Cell, ...], ...]
    links: tuple[str, ...]
    marked: frozenset[int]
    pressing: frozenset[int]
    reading: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        plain = {name: getattr(self, name) for name in ("author", "title", "subtitle", "due", "links", "reading")}
        return plain | {
            "at": self.at.isoformat(),
            "columns": [(one.heading, one.width) for one in self.columns],
            "rows": [[_packed(cell) for cell in row] for row in self.rows],
            "marked": sorted(self.marked),
            "pressing": sorted(self.pressing),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Sheet":
        return cls(
            author=data["author"],
            title=data["title"],
            subtitle=data["subtitle"],
            at=datetime.fromisoformat(data["at"]),
            columns=tuple(Column(*one) for one in data["columns"]),
            due=data["due"],
            rows=tuple(tuple(_unpacked(cell) for cell in row) for row in data["rows"]),
            links=tuple(data["links"]),
            marked=frozenset(data["marked"]),
            pressing=frozenset(data["pressing"]),
            reading=tuple((heading, words) for heading, words in data["reading"]),
        )


def _packed(cell: Cell) -> str | int | list[str]:
    return [cell.isoformat()] if isinstance(cell, date) else cell


def _unpacked(cell: str | int | list[str]) -> Cell:
    return date.fromisoformat(cell[0]) if isinstance(cell, list) else cell


def drawn(sheet: Sheet) -> bytes:
    """The .xlsx file. Nothing is written to disk on the way."""
    file = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties(
            {"author": sheet.author, "title": sheet.title, "created": sheet.at.replace(tzinfo=None, microsecond=0)}
        )
        _Requests(book, sheet).draw()
        _draw_reading(book, sheet)
    return file.getvalue()


class _Requests:
    """The first sheet: one row a request under a header that stays in sight."""

    def __init__(self, book: Any, sheet: Sheet) -> None:
        self.sheet, self.page = sheet, book.add_worksheet(REQUESTS)
        body = {"valign": "top", "text_wrap": True, "align": "left", "indent": 1, "bottom": 1, "bottom_color": LINE}
        head = {
            "bold": True,
            "font_color": "#ffffff",
            "bg_color": DARK,
            "valign": "vcenter",
            "text_wrap": True,
            "indent": 1,
        }
        strong, pressing = {"bold": True, "font_color": DARK, "bg_color": PALE}, {"bold": True, "font_color": ALERT}
        dated, link = {"num_format": "dd/mm/yyyy"}, {"font_color": DARK, "underline": 1}
        self.head = book.add_format(head)
        self.formats = {
            str: book.add_format(body),
            int: book.add_format(body),
            date: book.add_format(body | dated),
            "marked": book.add_format(body | strong),
            "pressing": book.add_format(body | dated | pressing),
            "link": book.add_format(body | link | {"text_wrap": False}),
        }

    def draw(self) -> None:
        for column, one in enumerate((*self.sheet.columns, Column(LINK, 40))):
            self.page.set_column(column, column, one.width)
            self.page.write_string(0, column, one.heading, self.head)
        self.page.set_row(0, HEADER_HEIGHT)
        for number, row in enumerate(self.sheet.rows):
            self._draw_row(number, row)
        self._set_up()

    def _draw_row(self, number: int, row: Sequence[Cell]) -> None:
        for column, cell in enumerate(row):
            _write(self.page, number + 1, column, cell, self._format(number, column, cell))
        address = self.sheet.links[number]
        self.page.write_url(number + 1, len(row), address, self.formats["link"], address)
        widths = [one.width for one in self.sheet.columns]
        self.page.set_row(number + 1, _height(zip(row, widths, strict=True)))

    def _format(self, number: int, column: int, cell: Cell) -> Any:
        if column == 0 and number in self.sheet.marked:
            return self.formats["marked"]
        if column == self.sheet.due and number in self.sheet.pressing:
            return self.formats["pressing"]
        return self.formats[type(cell)]

    def _set_up(self) -> None:
        last_row, last_column = len(self.sheet.rows), len(self.sheet.columns)
        self.page.freeze_panes(1, 3)
        self.page.autofilter(0, 0, max(last_row, 1), last_column)
        self.page.hide_gridlines(2)
        self.page.set_landscape()
        self.page.set_paper(A4)
        self.page.set_margins(left=0.25, right=0.25, top=0.4, bottom=0.6)
        self.page.fit_to_pages(1, 0)
        self.page.repeat_rows(0)
        self.page.print_area(0, 0, max(last_row, 1), last_column - 1)
        self.page.set_footer(f"&L{_unmarked(self.sheet.subtitle)}&RPage &P sur &N")


def _height(cells: Iterable[tuple[Cell, int]]) -> int:
    """Of a row, in points, from each cell and its width: LibreOffice does not work it out by itself."""
    lines = [len(wrap(cell, width - 1)) for cell, width in cells if isinstance(cell, str) and len(cell) >= width]
    return min(MOST_HEIGHT, LINE_HEIGHT * max([1, *lines]))


def _unmarked(words: str) -> str:
    """In a footer & introduces a code."""
    return words.replace("&", "&&")


def _write(page: Any, row: int, column: int, cell: Cell, style: Any) -> None:
    if isinstance(cell, str):
        page.write_string(row, column, as_text(cell), style)
    elif isinstance(cell, int):
        page.write_number(row, column, cell, style)
    else:
        page.write_datetime(row, column, datetime.combine(cell, datetime.min.time()), style)


def _draw_reading(book: Any, sheet: Sheet) -> None:
    page = book.add_worksheet(TO_READ)
    words = {"text_wrap": True, "valign": "top"}
    heading = book.add_format(words | {"bold": True, "font_color": DARK})
    body = book.add_format(words)
    for column, width in enumerate(READING_WIDTHS):
        page.set_column(column, column, width)
    page.write_string(0, 0, sheet.title, book.add_format({"bold": True, "font_size": 18, "font_color": DARK}))
    page.write_string(1, 0, as_text(sheet.subtitle), book.add_format({"font_color": QUIET}))
    for number, (name, text) in enumerate(sheet.reading):
        row = 3 + 2 * number
        page.set_row(row, _height([(text, READING_WIDTHS[1])]))
        page.write_string(row, 0, name, heading)
        page.write_string(row, 1, as_text(text), body)
    page.set_row(0, 30)
    page.hide_gridlines(2)
    page.set_landscape()
    page.set_paper(A4)
    page.fit_to_pages(1, 0)


def as_text(words: str) -> str:
    """The words as a cell holds them."""
    return f"'{words}" if words.startswith(RISKY) else words


def _as_told(value: Any) -> Cell:
    """What as_text and the file's own types started from."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str):
        return unescape(value).removeprefix("'")
    return "" if value is None else int(value)


def rows_of(file: bytes) -> list[tuple[Cell, ...]]:
    """The rows of the first sheet as they were drawn, each followed by its link."""
    book = openpyxl.load_workbook(BytesIO(file), read_only=True)
    try:
        rows = book[REQUESTS].iter_rows(min_row=2, values_only=True)
        return [tuple(_as_told(value) for value in row) for row in rows]
    finally:
        book.close()
