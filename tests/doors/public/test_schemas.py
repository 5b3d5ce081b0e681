"""Anyone reads the schemas of the engine, and may keep them for an hour."""

import jsonschema
import pytest
from flask.testing import FlaskClient

from matching.schema import schema

CRITERIA = {"all": [{"test": "age", "min": 14}, {"not": {"test": "situation", "any_of": ["student"]}}]}


@pytest.mark.parametrize("name", ["criteres", "moteur"])
def test_a_schema_is_public_and_cacheable(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/schemas/{name}.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/schema+json")
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert "Set-Cookie" not in answer.headers
    jsonschema.Draft202012Validator.check_schema(answer.get_json(force=True))
    again = client.get(f"/schemas/{name}.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_criteria_are_checked_with_the_schema_of_criteria(client: FlaskClient) -> None:
    published = client.get("/schemas/criteres.json").get_json(force=True)
    assert set(published["$defs"]) == {"criteria"}
    checker = jsonschema.Draft202012Validator(published)
    assert checker.is_valid(CRITERIA)
    assert not checker.is_valid({"all": [{"test": "age", "min": "14"}]})


def test_the_engine_s_schema_is_the_command_line_s(client: FlaskClient) -> None:
    assert client.get("/schemas/moteur.json").get_json(force=True)["$defs"] == schema()["$defs"]
