"""How the platform is doing: jobs, messages that could not leave, what staff can start again."""

from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from redis import RedisError

from admin.filters import read_cursor, write_cursor
from admin.navigation import frame, navigation
from admin.platform_state import QUEUE_LABELS, could_not, platform_state
from admin.platform_words import message_label, reason, technical
from admin.turns import turn_named
from portal.foundation.errors import Hidden
from portal.foundation.permissions import Permission, requires
from portal.foundation.queue import enqueue
from portal.models.event import JournalAct
from portal.operations.documents import retry_document
from portal.operations.history import journal
from portal.operations.outbox import retry_dead
from portal.queries import platform as queries
from portal.queries import referrals as referral_queries
from portal.web.limits import WAKES, refuse_too_many
from portal.web.pages import page
from portal.web.typography import NBSP, plural

MOST_AT_ONCE = 200
NUL = "\0"  # no text of the database holds one
DEAF = (
    f"La file d’attente ne répond pas{NBSP}: rien n’a été relancé. Les tâches reprendront d’elles-mêmes à son retour."
)
platform = Blueprint("admin_platform", __name__, url_prefix="/collectif/fonctionnement")
platform.context_processor(frame)


@platform.get("")
@requires(Permission.PLATFORM_READ)
def index() -> ResponseReturnValue:
    cursor = read_cursor(request.args.get("apres"))
    shown = queries.dead_page(cursor and queries.Cursor(*cursor))
    return page(
        "admin/platform.html",
        state=platform_state(),
        queue_labels=QUEUE_LABELS,
        dead=shown.rows,
        after=shown.after
        and url_for("admin_platform.index", apres=write_cursor(referral_queries.Cursor(*shown.after))),
        before=cursor and url_for("admin_platform.index"),
        members=queries.refusing_members(),
        requests=queries.refusing_requests(),
        most=queries.MOST_SHOWN,
        message_label=message_label,
        reason=reason,
        technical=technical,
        could_not=could_not,
        app_nav=navigation("platform"),
    )


@platform.get("/nouvelles")
@requires(Permission.PLATFORM_READ)
def news() -> ResponseReturnValue:
    """A link to the page when it would say something else by now; nothing otherwise."""
    now = platform_state().signature
    changed = request.args.get("vu") != now
    answer: Response = make_response(render_template("admin/platform_news.html") if changed else ("", 204))
    answer.set_etag(now)
    return answer.make_conditional(request)


def back() -> ResponseReturnValue:
    return redirect(url_for("admin_platform.index"), 303)


@platform.post("/taches/<name>")
@requires(Permission.PLATFORM_MEND)
def wake(name: str) -> ResponseReturnValue:
    """Wake a turn now, whenever it is due."""
    turn = turn_named(name)
    if turn is None:
        raise Hidden
    refuse_too_many(WAKES, "wake")
    try:
        enqueue(turn.job, *turn.arguments)
    except (RedisError, OSError):
        flash(DEAF, "late")
        return back()
    journal(JournalAct.JOB_WOKEN, detail=turn.name)
    flash(f"C’est relancé{NBSP}: {turn.label[0].lower()}{turn.label[1:]}.", "good")
    return back()


@platform.post("/messages/<uuid:outbox_id>")
@requires(Permission.PLATFORM_MEND)
def retry(outbox_id: UUID) -> ResponseReturnValue:
    try:
        retry_dead(outbox_id)
    except Hidden:  # most often the second of two clicks
        flash("Ce message n’est plus parmi ceux qui n’ont pas pu partir.", "wait")
        return back()
    flash(f"Le message repart{NBSP}: il sera essayé pendant deux jours.", "good")
    return back()


@platform.post("/messages")
@requires(Permission.PLATFORM_MEND)
def retry_all() -> ResponseReturnValue:
    """All those of one reason, so many at a time."""
    why = request.form.get("raison") or None
    found = [] if why and NUL in why else queries.dead_of(why, MOST_AT_ONCE)
    if not found:
        flash("Plus aucun message n’attend pour cette raison.", "wait")
        return back()
    for outbox_id in found:
        retry_dead(outbox_id)
    again = "repart" if len(found) == 1 else "repartent"
    flash(f"{plural(len(found), 'message')} {again}, et seront essayés pendant deux jours.", "good")
    return back()


@platform.post("/documents/<uuid:document_id>")
@requires(Permission.PLATFORM_MEND)
def redraw(document_id: UUID) -> ResponseReturnValue:
    retry_document(document_id)
    flash(f"Le document se dessine de nouveau{NBSP}: il sera prêt dans quelques secondes.", "good")
    return back()
