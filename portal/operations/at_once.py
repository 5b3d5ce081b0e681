"""Writing many rows of a table by one statement with one parameter, a JSON document that the server takes apart.

One statement a row costs as much in the driver as in the server, and a trigger for each statement runs once. COPY
would be as quick, but PostgreSQL does not allow it to a role under row-level security.
"""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import JSON, Select, Table, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import Insert, insert

from portal.foundation.extensions import Base, db

Rows = Sequence[dict[str, Any]]


def insert_at_once(model: type[Base], rows: Rows) -> None:
    """All rows have the names of the first, which are all that are written: Python's own defaults are not.

    Values: what JSON knows, dates with a zone, UUID, bytes, enumerations.
    """
    if rows:
        run(insertion(model, tuple(rows[0])), rows)


def run(statement: Insert, rows: Rows) -> None:
    """rows: with the names the statement was made for."""
    db.session.connection().execute(statement, {"rows": json.dumps(rows, default=_plain)})


@cache
def insertion(model: type[Base], names: tuple[str, ...]) -> Insert:
    """The statement that `run` takes; what to do on a conflict may be added."""
    table: Table = model.__table__  # type: ignore[assignment]
    return insert(table).from_select(names, _taken_apart(table, names), include_defaults=False)


def _taken_apart(table: Table, names: tuple[str, ...]) -> "Select[Any]":
    typed = [column(name, table.columns[name].type) for name in names]
    document = func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON))
    return select(*document.table_valued(*typed).render_derived(name="one", with_types=True).columns)


def _plain(value: object) -> str:
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)
