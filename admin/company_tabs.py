"""The three rooms of « Entreprises »: requests, employees' links, texts."""

from typing import Any

from flask import url_for

ROOMS = (
    ("leads.index", "Demandes"),
    ("company_links.index", "Liens des salariés"),
    ("offer.index", "Textes de l’offre"),
)


def company_tabs(current: str) -> list[dict[str, Any]]:
    """current: the endpoint of the room we are in."""
    return [{"label": label, "url": url_for(endpoint), "active": endpoint == current} for endpoint, label in ROOMS]
