"""What the pages of this door share: the blueprint, its navigation, and the way to the mentors' form."""

from typing import Any

from flask import Blueprint, url_for

from portal.web.pages import page
from portal.web.public_frame import navigation

companies = Blueprint("companies", __name__, url_prefix="/entreprises")
HOME = "Entreprises"


def company_page(template: str, *trail: str, **values: Any) -> tuple[str, int]:
    """A page of the door. trail: what follows « Entreprises » in the path; the last one is the page itself."""
    crumbs = [(HOME, url_for("companies.index")), *((label, "") for label in trail)]
    return page(f"company/{template}", public_nav=navigation(active="companies"), crumbs=crumbs, **values)
