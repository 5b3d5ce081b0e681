"""Runs the migrations as the owner role, in one transaction, on the connection the command opened."""

from alembic import context
from sqlalchemy import Connection, text

import portal.models  # noqa: F401 - registers every table
from portal.foundation.extensions import Base

LOCK = 7_264_501


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, include_schemas=True)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        context.run_migrations()


migrate(context.config.attributes["connection"])
