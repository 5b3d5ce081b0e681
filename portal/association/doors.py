"""The blueprints of this door, and the words its templates need."""

from typing import Any

from flask import Flask, request
from markupsafe import Markup

from portal.association.addresses import act_url, context_values, list_url
from portal.association.answers import inbox
from portal.association.capacity import capacity
from portal.association.criteria_programmes import criteria
from portal.association.drawn_for import mark, refuse_another_association
from portal.association.figures import figures
from portal.association.figures_tabs import figures_tabs
from portal.association.forms import tomorrow
from portal.association.morning import morning
from portal.association.objective import objective
from portal.association.provider import provider
from portal.association.reports import reports
from portal.association.sheet import sheet
from portal.association.team import team
from portal.association.wording import (
    done_line,
    line_of,
    marks_of,
    name_of,
    place_said,
    subject_of_panel,
)
from portal.web.elsewhere import offer_named_place, offer_named_place_or_refuse
from portal.web.telephones import telephone_said
from portal.web.typography import NBSP

FILTERS = {
    "request_name": name_of,
    "request_line": line_of,
    "request_marks": marks_of,
    "request_done": done_line,
    "place_said": place_said,
    "subject": subject_of_panel,
    "telephone": telephone_said,
}
ROOMS = (inbox, capacity, criteria, objective, reports, sheet, team, provider, figures, morning)
ROOM_NAMES = frozenset(room.name for room in ROOMS)


def template_values() -> dict[str, Any]:
    """For the templates of this door."""
    return {
        "nbsp": NBSP,
        "here": context_values(),
        "back_to_list": list_url(),
        "request_url": act_url,
        "tomorrow": tomorrow(),
        "figures_tabs": figures_tabs,
    }


def form_marks() -> Markup:
    """What the shared form macros print beside their token: nothing outside this door."""
    return mark() if request.blueprint in ROOM_NAMES else Markup()


for _room in ROOMS:
    _room.context_processor(template_values)
    _room.before_request(offer_named_place)
    _room.register_error_handler(403, offer_named_place_or_refuse)
    _room.before_request(refuse_another_association)


def register(app: Flask) -> None:
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals["form_marks"] = form_marks
    for room in ROOMS:
        app.register_blueprint(room)
