"""Where the database is, for each role; engines, passwords and migrations."""

import hmac
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from flask import Flask
from psycopg import sql
from sqlalchemy import URL, Connection, create_engine, make_url

from portal.foundation.config import Settings
from portal.foundation.tenancy import DatabaseRole

MIGRATIONS = Path(__file__).parents[2] / "migrations"
STATEMENT_TIMEOUT_MILLISECONDS = 20_000


def owner_url(settings: Settings) -> URL:
    """The login that migrates; the application itself never uses it."""
    return make_url(settings.database_url).set(drivername="postgresql+psycopg")


def role_password(settings: Settings, role: DatabaseRole) -> str:
    return hmac.digest(settings.roles_secret.get_secret_value().encode(), role.value.encode(), "sha256").hex()


def role_url(settings: Settings, role: DatabaseRole) -> URL:
    return owner_url(settings).set(username=role.value, password=role_password(settings, role))


def configure_engines(app: Flask, settings: Settings) -> None:
    """One engine a role; none for the owner."""
    options: dict[str, Any] = {
        "pool_size": settings.pool_size,
        "max_overflow": settings.pool_size,
        "pool_pre_ping": True,
        "hide_parameters": True,  # an error in the log names columns, never what somebody typed
        "connect_args": {"options": f"-c statement_timeout={STATEMENT_TIMEOUT_MILLISECONDS} -c timezone=UTC"},
    }
    app.config["SQLALCHEMY_BINDS"] = {role: {"url": role_url(settings, role), **options} for role in DatabaseRole}


def _give_passwords(connection: Connection, settings: Settings) -> None:
    for role in DatabaseRole:
        statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(
            sql.Identifier(role.value), sql.Literal(role_password(settings, role))
        )
        connection.exec_driver_sql(statement.as_string())


def _shut_out_others(connection: Connection) -> None:
    """Rights on the database itself do not travel with its content: they are given here, at each migration."""
    database = sql.Identifier(connection.exec_driver_sql("SELECT current_database()").scalar_one())
    roles = sql.SQL(", ").join(sql.Identifier(role.value) for role in DatabaseRole)
    for statement in (
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {database} TO {roles}",
    ):
        connection.exec_driver_sql(sql.SQL(statement).format(database=database, roles=roles).as_string())


def migrate(settings: Settings, revision: str = "head") -> None:
    """Bring the database to a revision, give every login role its password, and shut the door on any other role."""
    engine = create_engine(owner_url(settings))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
        _give_passwords(connection, settings)
        _shut_out_others(connection)
        connection.commit()
    engine.dispose()


def roll_back(settings: Settings, revision: str) -> None:
    """Take the database back to an earlier revision ("base" for none)."""
    engine = create_engine(owner_url(settings))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
        connection.commit()
    engine.dispose()
