"""Figures as CSV: semicolons and a byte-order mark for French spreadsheets, and no cell that one would compute."""

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

from portal.web.charts import DataTable, Masked

# What makes a spreadsheet compute a cell; a minus sign before a number is a number.
LIVE = ("=", "+", "-", "@", "\t", "\r", "\n")
MARK = "\ufeff"
UNITS = {"j": "jours"}


def csv_answer(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A file to download. name: without extension, never personal data."""
    answer = Response(MARK + csv_text(columns, rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def table_answer(name: str, table: DataTable) -> Response:
    """The table of a chart; its figures' unit, if they have one, is in their headings."""
    unit = UNITS.get(table.measure.unit, table.measure.unit)
    names, *figures = table.columns
    headings = [f"{one} ({unit})" for one in figures] if unit else figures
    return csv_answer(name, [names, *headings], table.rows)


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerows([cell(one) for one in row] for row in (columns, *rows))
    return file.getvalue()


def cell(value: object) -> str:
    """Figures with a comma, as French spreadsheets read them; a text that would be computed gets an apostrophe."""
    match value:
        case None:
            return ""
        case Masked():
            return str(value).replace("\u00a0", " ")
        case float():
            return f"{value:.4f}".rstrip("0").rstrip(".").replace(".", ",")
        case int():
            return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(LIVE) else text
