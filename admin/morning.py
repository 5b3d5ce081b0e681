"""The morning files of all associations on one day, as staff see them: what became of each, and another try."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from admin.navigation import frame, navigation
from portal.foundation import clock
from portal.foundation.clock import PARIS
from portal.foundation.permissions import Permission, requires
from portal.models.morning import MorningMode, MorningState
from portal.operations.morning import HOUR
from portal.operations.morning_retry import retry_all, retry_one
from portal.queries.morning_days import PAGE, FilesOfDay, files_of_day
from portal.web.pages import page
from portal.web.typography import french, plural

STATES = {
    "envoyes": MorningState.MADE,
    "en-preparation": MorningState.WAITING,
    "echecs": MorningState.FAILED,
    "rien": MorningState.EMPTY,
    "tout-vu": MorningState.NOT_NEEDED,
    "non-demandes": MorningState.NOT_WANTED,
    "portail-arrete": MorningState.MISSED,
}
PILLS = {
    MorningState.MADE: "Envoyés",
    MorningState.WAITING: "En préparation",
    MorningState.FAILED: "Échecs",
    MorningState.EMPTY: "Rien n’attendait",
    MorningState.NOT_NEEDED: "Tout avait été vu",
    MorningState.NOT_WANTED: "Non demandés",
    MorningState.MISSED: "Portail arrêté",
}
TONES = {
    MorningState.MADE: ("good", "check"),
    MorningState.WAITING: ("wait", "clock"),
    MorningState.FAILED: ("late", "triangle-alert"),
    MorningState.MISSED: ("late", "x"),
}
MODES = {
    MorningMode.ALWAYS: "Chaque matin",
    MorningMode.WHEN_UNSEEN: "Si une n’est pas vue",
    MorningMode.NEVER: "Jamais",
}
REASONS = {
    "abandoned": "Chaque essai a été interrompu avant la fin.",
    "day_over": "La journée s’est terminée avant que le fichier soit prêt.",
    "timeout": "Le classeur a mis trop de temps à se faire.",
    "memory": "Le classeur demandait trop de mémoire.",
    "broken": "Le programme qui fait le classeur s’est arrêté sur une erreur.",
    "unlike": "Le classeur relu n’était pas celui qui devait partir\u00a0: il n’est pas parti.",
}
FIRST_DAY, MOST_PAGES = date(2000, 1, 1), 1000
morning = Blueprint("admin_morning", __name__, url_prefix="/collectif/fichiers")
morning.context_processor(frame)


@dataclass(frozen=True)
class Asked:
    """What the address asks for: a day up to today, a state or all, a page."""

    day: date
    state: MorningState | None
    page: int

    def url(self, **changes: object) -> str:
        """This page with other values; the defaults stay out of the address."""
        day, state, number = (changes.get(name, getattr(self, name)) for name in ("day", "state", "page"))
        words = next((word for word, one in STATES.items() if one == state), None)
        jour = None if day == clock.today() else day
        return url_for("admin_morning.index", jour=jour, etat=words, page=number if number != 1 else None)


def asked() -> Asked:
    """What cannot be read is the default: today, every state, the first page."""
    today = clock.today()
    day = request.args.get("jour", today, type=date.fromisoformat)
    number = request.args.get("page", 1, type=int)
    return Asked(
        day if FIRST_DAY <= day <= today else today,
        STATES.get(request.args.get("etat", "")),
        number if 1 <= number <= MOST_PAGES else 1,
    )


@morning.get("")
@requires(Permission.PLATFORM_READ)
def index() -> ResponseReturnValue:
    wanted = asked()
    found = files_of_day(wanted.day, wanted.state, wanted.page)
    today = clock.today()
    return page(
        "admin/morning.html",
        wanted=wanted,
        found=found,
        today=today,
        finding=finding(found, wanted.day),
        pills=pills(wanted, found),
        tones=TONES,
        modes=MODES,
        reason_said=reason_said,
        pages=list(range(1, -(-found.matching // PAGE) + 1)),
        page_url=lambda number: wanted.url(page=number),
        day_before=wanted.url(day=wanted.day - timedelta(days=1), page=1),
        day_after=wanted.url(day=wanted.day + timedelta(days=1), page=1) if wanted.day < today else "",
        mends=current_user.can(Permission.PLATFORM_MEND) and wanted.day == today,
        app_nav=navigation("platform"),
    )


def finding(found: FilesOfDay, day: date) -> str:
    """The title: what failed first, then what left."""
    if not found.total:
        return nothing(day)
    failed, waiting = (found.counts.get(one, 0) for one in (MorningState.FAILED, MorningState.WAITING))
    sent = plural(found.counts.get(MorningState.MADE, 0), "fichier envoyé", "fichiers envoyés")
    parts = [sent]
    if failed:
        parts.append(f"{failed} en échec")
    if waiting:
        parts.append(f"{waiting} en préparation")
    return french(", ".join(parts))


def nothing(day: date) -> str:
    if day < clock.today():
        return "Aucun fichier ce jour-là"
    before = clock.now().astimezone(PARIS).time() < HOUR
    return french(
        "Les fichiers du jour se préparent à 10 h" if before else "Les fichiers du jour ne sont pas encore prêts"
    )


def pills(wanted: Asked, found: FilesOfDay) -> list[dict[str, object]]:
    """Every state that there is that day, and the one asked for."""
    everything = {"label": "Toutes", "url": wanted.url(state=None, page=1), "active": wanted.state is None}
    return [
        {**everything, "count": found.total},
        *(
            {
                "label": label,
                "url": wanted.url(state=state, page=1),
                "active": state is wanted.state,
                "count": found.counts.get(state, 0),
            }
            for state, label in PILLS.items()
            if found.counts.get(state) or state is wanted.state
        ),
    ]


def reason_said(code: str | None) -> str:
    """Why a file could not be made, in words; a code we have no words for is told as it is."""
    return french(REASONS.get(code or "", f"Erreur imprévue ({code})." if code else ""))


@morning.post("/<uuid:file_id>/relancer")
@requires(Permission.PLATFORM_MEND)
def retry(file_id: UUID) -> ResponseReturnValue:
    retry_one(file_id)
    flash("Le fichier se prépare de nouveau\u00a0: il part dans la minute s’il le peut.", "good")
    return redirect(url_for("admin_morning.index"), 303)


@morning.post("/relancer")
@requires(Permission.PLATFORM_MEND)
def retry_failed() -> ResponseReturnValue:
    retried = retry_all()
    if retried:
        flash(french(f"{plural(retried, 'fichier se prépare', 'fichiers se préparent')} de nouveau."), "good")
    else:
        flash("Aucun fichier d’aujourd’hui n’est en échec.", "message")
    return redirect(url_for("admin_morning.index"), 303)
