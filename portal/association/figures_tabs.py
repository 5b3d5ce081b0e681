"""The tabs of the section « Chiffres »: its figures, its objective, its reports."""

from typing import Any

from flask import current_app, request, url_for

TABS = (
    ("figures.index", "Chiffres"),
    ("objective.index", "Objectif"),
    ("reports.index", "Rapports"),
)


def figures_tabs() -> list[dict[str, Any]]:
    """Those that exist; the one whose blueprint answers this request is current."""
    return [
        {"label": label, "url": url_for(endpoint), "active": endpoint.partition(".")[0] == request.blueprint}
        for endpoint, label in TABS
        if endpoint in current_app.view_functions
    ]
