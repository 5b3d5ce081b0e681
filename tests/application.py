"""The application of a test: made once a worker, on a database emptied before each test that used it."""

from collections.abc import Iterator

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

import portal.models  # noqa: F401 - registers every table
from portal.app import create_app
from portal.foundation.config import Settings
from portal.foundation.extensions import Base

# Twenty times quicker than TRUNCATE on tables of a few rows.
EMPTY = "; ".join(f"DELETE FROM {table.fullname}" for table in Base.metadata.sorted_tables)


@pytest.fixture(scope="session")
def settings(portal_environment: dict[str, str]) -> Settings:
    values = {name.lower(): value for name, value in portal_environment.items()}
    return Settings(**{**values, "undo_minutes": 0, "limits_enabled": False, "pool_size": 2})


@pytest.fixture(scope="session")
def application(settings: Settings) -> Flask:
    app = create_app(settings)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return app


@pytest.fixture
def app(application: Flask, database_url: str) -> Iterator[Flask]:
    """The application, with an empty database and an empty queue."""
    with psycopg.connect(database_url) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(EMPTY)
    application.extensions["redis"].flushdb()
    with application.app_context():
        yield application


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def owner(app: Flask, database_url: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """A connection that sees everything: to look at what really stands in the database."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection
