"""What every page is given: the brand, the clock, the signed-in person."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, render_template
from flask_login import current_user

from portal.foundation import clock
from portal.foundation.config import settings

OK = 200
UNPROCESSABLE = 422


@dataclass(frozen=True)
class Brand:
    """Name and contact as shown; both are settings."""

    name: str
    contact_mail: str


def page(template: str, status: int = OK, **values: Any) -> tuple[str, int]:
    """A page of the portal; a form with errors is 422, so that nothing is committed."""
    form = values.get("form")
    if status == OK and form is not None and getattr(form, "errors", None):
        status = UNPROCESSABLE
    return render_template(template, **values), status


def shared_values() -> dict[str, Any]:
    known = settings()
    return {
        "brand": Brand(known.brand_name, known.contact_mail),
        "now": clock.now(),
        "person": current_user,
        "environment": known.environment.value,
    }


def register(app: Flask) -> None:
    app.context_processor(shared_values)
