"""The morning files of all associations on one day, as staff see them: what became of each, and another try."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from admin.marks import Mark
from admin.navigation import frame, navigation
from admin.platform_state import could_not
from portal.foundation import clock
from portal.foundation.clock import PARIS
from portal.foundation.permissions import Permission, requires
from portal.models.morning import MorningMode, MorningState
from portal.operations.morning import HOUR
from portal.operations.morning_retry import retry_all, retry_one
from portal.queries.morning_days import PAGE, FileOfDay, FilesOfDay, files_of_day
from portal.queries.morning_post import Post, held_up, posts_of_day
from portal.web.pages import page
from portal.web.typography import french, plural

STATES = {
    "prets": MorningState.MADE,
    "en-preparation": MorningState.WAITING,
    "echecs": MorningState.FAILED,
    "rien": MorningState.EMPTY,
    "tout-vu": MorningState.NOT_NEEDED,
    "non-demandes": MorningState.NOT_WANTED,
    "portail-arrete": MorningState.MISSED,
}
PILLS = {
    MorningState.MADE: "Prêts",
    MorningState.WAITING: "En préparation",
    MorningState.FAILED: "Échecs",
    MorningState.EMPTY: "Rien n’attendait",
    MorningState.NOT_NEEDED: "Tout avait été vu",
    MorningState.NOT_WANTED: "Non demandés",
    MorningState.MISSED: "Portail arrêté",
}
MARKS = {
    MorningState.WAITING: Mark("En préparation", "wait", "clock"),
    MorningState.FAILED: Mark("Échec", "late", "triangle-alert"),
    MorningState.EMPTY: Mark("Rien n’attendait"),
    MorningState.NOT_NEEDED: Mark("Tout avait été vu"),
    MorningState.NOT_WANTED: Mark("Non demandé"),
    MorningState.MISSED: Mark("Portail arrêté", "late", "x"),
}
LOOKED_AT = {MorningState.MADE: "Préparé à", MorningState.EMPTY: "Regardé à", MorningState.NOT_NEEDED: "Regardé à"}
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


def to_come(today: date) -> bool:
    """A day was asked for that has not come: today's is shown, and that is said."""
    day = request.args.get("jour", today, type=date.fromisoformat)
    return day > today


@morning.get("")
@requires(Permission.PLATFORM_READ)
def index() -> ResponseReturnValue:
    wanted = asked()
    found, posts = files_of_day(wanted.day, wanted.state, wanted.page), posts_of_day(wanted.day)
    last = max(1, -(-found.matching // PAGE))
    if wanted.page > last:
        return redirect(wanted.url(page=last), 303)
    today = clock.today()
    return page(
        "admin/morning.html",
        wanted=wanted,
        found=found,
        today=today,
        to_come=to_come(today),
        finding=finding(found, wanted.day, posts),
        badge_of=lambda one: mark_of(one, posts.get(one.id, Post())),
        post_said=lambda one: post_said(posts[one.id]) if one.id in posts else "",
        looked=LOOKED_AT,
        pills=pills(wanted, found),
        modes=MODES,
        reason_said=reason_said,
        pages=list(range(1, last + 1)),
        page_url=lambda number: wanted.url(page=number),
        day_before=wanted.url(day=wanted.day - timedelta(days=1), page=1),
        day_after=wanted.url(day=wanted.day + timedelta(days=1), page=1) if wanted.day < today else "",
        mends=current_user.can(Permission.PLATFORM_MEND) and wanted.day == today,
        app_nav=navigation("platform"),
    )


def finding(found: FilesOfDay, day: date, posts: Mapping[UUID, Post]) -> str:
    """The title: how many there are, or have left, and whatever did not go well."""
    if not found.total:
        return nothing(day)
    failed, waiting = (found.counts.get(one, 0) for one in (MorningState.FAILED, MorningState.WAITING))
    parts = [*left(found.counts.get(MorningState.MADE, 0), posts)]
    if failed:
        parts.append(f"{failed} en échec")
    if waiting:
        parts.append(f"{waiting} en préparation")
    return french(", ".join(parts))


def left(made: int, posts: Mapping[UUID, Post]) -> Iterator[str]:
    """« 20 fichiers envoyés »; « 20 fichiers prêts, 1 pas encore envoyé, 2 non remis, 1 sans destinataire »."""
    if made and all(post.gone for post in posts.values()):
        yield plural(made, "fichier envoyé", "fichiers envoyés")
        return
    yield plural(made, "fichier prêt", "fichiers prêts")
    waiting, unreached = held_up(posts.values())
    if waiting:
        yield f"{waiting} pas encore {'envoyé' if waiting == 1 else 'envoyés'}"
    if unreached:
        yield f"{unreached} non remis"
    if nobody := sum(post == Post() for post in posts.values()):
        yield f"{nobody} sans destinataire"


def mark_of(one: FileOfDay, post: Post) -> Mark:
    """Made is not sent: what its messages became is said too."""
    if one.state is not MorningState.MADE:
        return MARKS[one.state]
    if post.waiting:
        return Mark("Prêt, à envoyer", "wait", "clock")
    if post.sent:
        return Mark("Envoyé", "good", "check")
    return Mark("Non remis", "late", "triangle-alert") if post.refused else Mark("Sans destinataire", "wait", "x")


def post_said(post: Post) -> str:
    """« À 2 personnes, 1 courriel attend encore, 1 n’a pas pu partir »."""
    if post == Post():
        return "Personne ne le reçoit"
    sent = f"À {plural(post.sent, 'personne')}" if post.sent else ""
    waiting = plural(post.waiting, "courriel attend encore", "courriels attendent encore") if post.waiting else ""
    refused = could_not(post.refused, "courriel", "partir")
    return ", ".join(filter(None, (sent, waiting, refused)))


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
