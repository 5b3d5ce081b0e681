"""The migrations give exactly the models, and can be taken back and forth."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

import portal.models  # noqa: F401 - registers every table
from portal.foundation import database
from portal.foundation.config import Settings
from portal.foundation.extensions import Base


@pytest.fixture
def fresh(portal_environment: dict[str, str], empty_database_url: str) -> Settings:
    values = {name.lower(): value for name, value in portal_environment.items()}
    return Settings(**{**values, "database_url": empty_database_url})


def differences(settings: Settings) -> list[object]:
    engine = create_engine(database.owner_url(settings))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_schemas": True, "compare_type": True})
        found = compare_metadata(context, Base.metadata)
    engine.dispose()
    return found


def test_the_database_is_what_the_models_say(fresh: Settings) -> None:
    database.migrate(fresh)
    assert differences(fresh) == []


def test_every_migration_can_be_taken_back_and_made_again(fresh: Settings) -> None:
    database.migrate(fresh)
    database.roll_back(fresh, "base")
    database.migrate(fresh)
    assert differences(fresh) == []
