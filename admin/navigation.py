"""What surrounds every page of the Collectif's door."""

from typing import Any

from flask import url_for
from flask_login import current_user

TEAM = "Équipe du Collectif"
ENTRIES = (
    ("referrals", "referrals.index", "Demandes", "inbox"),
    ("associations", "associations.index", "Associations", "building-2"),
    ("statistics", "statistics.index", "Chiffres", "chart-column"),
    ("leads", "leads.index", "Entreprises", "briefcase"),
    ("review", "review.index", "Critères", "list-checks"),
    ("objectives", "objectives.index", "Objectifs", "flag"),
    ("engine", "engine.index", "Moteur", "git-branch"),
    ("documents", "documents.index", "Documents", "file-text"),
    ("platform", "admin_platform.index", "Fonctionnement", "refresh-cw"),
    ("accounts", "accounts.index", "Équipe", "users"),
)


def navigation(current: str, *, to_decide: int = 0) -> list[dict[str, Any]]:
    """to_decide: requests that wait for staff, counted beside « Demandes »."""
    counts = {"referrals": to_decide}
    return [
        {
            "label": label,
            "url": url_for(endpoint),
            "icon": icon,
            "active": name == current,
            "count": counts.get(name, 0),
        }
        for name, endpoint, label, icon in ENTRIES
    ]


def frame() -> dict[str, Any]:
    """Context of every template of this door."""
    return {
        "person": {"name": current_user.name, "role": TEAM},
        "home_url": url_for("referrals.index"),
        "app_nav": navigation(""),
    }
