"""What every page of an association is given: its navigation, its name, and who is here."""

from typing import Any

from flask import url_for
from flask_login import current_user

from portal.foundation.permissions import Role, SignedIn
from portal.queries.inbox import awaiting_answer
from portal.web.pages import page

SECTIONS = (
    ("inbox.index", "Demandes", "inbox"),
    ("capacity.index", "Capacité", "gauge"),
    ("criteria.index", "Critères", "list-checks"),
    ("figures.index", "Chiffres", "chart-column"),
    ("sheet.index", "Fiche", "id-card"),
    ("morning.index", "Fichier de 10\u00a0h", "file-lock-2"),
    ("team.index", "Équipe", "users-round"),
)


def signed_in() -> SignedIn:
    """The person of this request: the guard has let nobody else in."""
    person: SignedIn = current_user._get_current_object()  # noqa: SLF001 - the person, not its proxy
    return person


def association_name() -> str:
    membership = signed_in().membership
    return membership.association_name if membership else ""


def association_page(template: str, section: str, status: int = 200, **values: Any) -> tuple[str, int]:
    """A page of the section whose endpoint is given."""
    frame = {
        "app_nav": navigation(section),
        "home_url": url_for("inbox.index"),
        "person": {"name": signed_in().name, "role": role_said()},
        "association": association_name(),
    }
    return page(f"association/{template}", status, **frame, **values)


def navigation(section: str) -> list[dict[str, Any]]:
    counts = {"inbox.index": awaiting_answer()}
    return [
        {
            "label": label,
            "url": url_for(endpoint),
            "icon": icon,
            "active": endpoint == section,
            "count": counts.get(endpoint, 0),
        }
        for endpoint, label, icon in SECTIONS
    ]


def role_said() -> str:
    """« Coordination, Proxité »."""
    role = signed_in().role
    words = "Administration" if role is Role.ADMINISTRATOR else "Coordination"
    return f"{words}, {association_name()}"
