"""The JSON Schemas of the engine, for whoever writes or checks criteria: public, and the same for everyone."""

from flask import Blueprint, Flask, current_app, json, request
from flask.typing import ResponseReturnValue

from matching.schema import schema
from portal.foundation.permissions import public_without_database

schemas = Blueprint("schemas", __name__, url_prefix="/schemas")
MEDIA_TYPE = "application/schema+json"


@schemas.get("/criteres.json")
@public_without_database
def criteria() -> ResponseReturnValue:
    """Criteria alone: what a programme asks of one side."""
    return _published({"title": "Critères d’un programme", "$ref": "#/$defs/criteria"}, "criteria")


@schemas.get("/moteur.json")
@public_without_database
def engine() -> ResponseReturnValue:
    """All that the command line reads and writes."""
    return _published({"title": "Moteur d’orientation : entrées et sorties"})


def _published(head: dict[str, str], *kept: str) -> ResponseReturnValue:
    """kept: the definitions it needs, all of them by default."""
    whole = schema()
    definitions = whole["$defs"]
    assert isinstance(definitions, dict)
    whole = {**whole, **head, "$defs": {name: definitions[name] for name in kept or definitions}}
    response = current_app.response_class(json.dumps(whole, ensure_ascii=False, indent=1), mimetype=MEDIA_TYPE)
    response.add_etag()
    return response.make_conditional(request)


def register(app: Flask) -> None:
    app.register_blueprint(schemas)
