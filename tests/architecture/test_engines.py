"""How the application speaks to the database: bounded in time, and silent about what people typed."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.foundation.database import STATEMENT_TIMEOUT_MILLISECONDS
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole


@pytest.mark.parametrize("role", DatabaseRole)
def test_no_statement_of_any_role_lasts_for_ever(app: Flask, role: DatabaseRole) -> None:
    with db.engines[role].connect() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == f"{STATEMENT_TIMEOUT_MILLISECONDS // 1000}s"
        assert connection.scalar(text("SHOW timezone")) == "UTC"


@pytest.mark.parametrize("role", DatabaseRole)
def test_what_somebody_typed_is_in_no_error(app: Flask, role: DatabaseRole) -> None:
    with db.engines[role].connect() as connection, pytest.raises(DBAPIError) as refused:
        connection.execute(text("SELECT 1 / (:typed = 'lea@example.org')::int, nowhere"), {"typed": "lea@example.org"})
    assert "lea@example.org" not in str(refused.value).replace("= 'lea@example.org'", "")
