"""What surrounds every page that anyone may open, whichever door it belongs to."""

from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _

FIGURES = "public_figures.index"


def navigation(active: str = "") -> list[dict[str, Any]]:
    """The entries of the masthead; active: "companies", "figures" or "find"."""
    top = url_for("home.index")
    entries = [
        {"label": _("Le mentorat"), "url": f"{top}#le-mentorat"},
        {"label": _("Et après ?"), "url": f"{top}#et-apres"},
        {"label": _("Entreprises"), "url": url_for("companies.index"), "active": active == "companies"},
    ]
    if FIGURES in current_app.view_functions:
        entries.append({"label": _("Chiffres"), "url": url_for(FIGURES), "active": active == "figures"})
    find = {"label": _("Suivre une demande"), "url": url_for("home.find_request"), "active": active == "find"}
    return [*entries, find]


def surroundings() -> dict[str, Any]:
    """Footer, help and home: a context processor."""
    links = (
        (_("Accessibilité : pas encore auditée"), "home.accessibility"),
        (_("Données personnelles"), "home.privacy"),
        (_("Règles de répartition"), "home.fair_shares"),
        (_("Mentions légales"), "home.legal_notice"),
    )
    return {
        "footer_links": [{"label": label, "url": url_for(endpoint)} for label, endpoint in links],
        "help_url": f"{url_for('home.find_request')}#aide",
        "home_url": url_for("home.index"),
    }
