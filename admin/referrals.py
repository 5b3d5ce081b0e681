"""The live table of requests, one request with its whole decision, and the search."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row

from admin.explained import Told, told
from admin.facts import contact_facts, known_facts
from admin.filters import Asked, asked_by, id_of, read_cursor, write_cursor
from admin.lines import Line
from admin.marks import orientable
from admin.menus import menus, views
from admin.navigation import frame, navigation
from admin.past import steps
from matching.storing import ReplayError
from matching.vocabulary import Need
from portal.foundation.errors import Hidden
from portal.foundation.permissions import Permission, requires
from portal.models.bounce import BOUNCES
from portal.models.event import JournalAct
from portal.models.person import Person
from portal.operations.history import journal
from portal.places import search_places
from portal.queries import referrals as queries
from portal.queries.associations import association_names
from portal.queries.decisions import StoredDecision, assignments_of, decisions_of, events_of
from portal.queries.people import person_of, previews_of, referrals_matching
from portal.web.pages import page

SUGGESTED = 8
referrals = Blueprint("referrals", __name__, url_prefix="/collectif/demandes")
referrals.context_processor(frame)
referrals.context_processor(lambda: {"can_orient": orientable, "bounces": BOUNCES, "replay": None})


@referrals.get("")
@requires(Permission.REFERRALS_READ)
def index() -> ResponseReturnValue:
    asked = asked_by(request.args)
    typed = printable(request.args.get("territoire", ""))
    found = search_places(typed, SUGGESTED) if typed else []
    if len(found) == 1:
        return redirect(asked.url(ou=found[0].code))
    return table(asked, typed=typed, places=found)


def printable(text: str) -> str:
    """Without the signs that are nowhere on a keyboard, nor spaces around."""
    return "".join(sign for sign in text if sign.isprintable()).strip()


def table(asked: Asked, **more: Any) -> ResponseReturnValue:
    """The table under these filters; one row open when the address says so."""
    wanted = asked.wanted
    shown = queries.referrals_page(
        wanted, after=read_cursor(request.args.get("apres")), before=read_cursor(request.args.get("avant"))
    )
    previews = previews_of([row.id for row in shown.rows])
    figures = queries.table_figures()
    opened = id_of(request.args.get("ouverte"))
    names = association_names()
    return page(
        "admin/referrals.html",
        names=names,
        needs=list(Need),
        asked=asked,
        lines=[Line(row, previews.get(row.id)) for row in shown.rows],
        figures=figures,
        total=queries.referrals_count(wanted),
        cap=queries.CAP,
        views=views(asked, figures),
        menus=menus(asked, names),
        opened=opened,
        detail=detail_of(opened) if opened in {row.id for row in shown.rows} else None,
        before=shown.before and asked.url(avant=write_cursor(shown.before)),
        after=shown.after and asked.url(apres=write_cursor(shown.after)),
        newest=write_cursor(queries.newest_key()) or "aucune",
        cursors={name: request.args[name] for name in ("apres", "avant") if name in request.args},
        app_nav=navigation("referrals", to_decide=figures.to_decide),
        **more,
    )


@dataclass(frozen=True)
class Detail:
    """The last decision told, those before it, and what happened."""

    decisions: list[StoredDecision]
    told: Told | None
    assignments: list[Row[Any]]
    steps: list[dict[str, Any]]

    @property
    def last(self) -> StoredDecision | None:
        return self.decisions[0] if self.decisions else None


def detail_of(referral_id: UUID | None) -> Detail | None:
    if referral_id is None:
        return None
    decisions, assignments = decisions_of(referral_id), assignments_of(referral_id)
    last = decisions[0] if decisions else None
    offered = next((one for one in assignments if last and one.decision_id == last.id), None)
    return Detail(
        decisions,
        told(last, offered) if last else None,
        assignments,
        steps(events_of(referral_id)),
    )


@referrals.get("/nouvelles")
@requires(Permission.REFERRALS_READ)
def news() -> ResponseReturnValue:
    """How many requests have come since the table was drawn, as a link; nothing when none has."""
    asked = asked_by(request.args)
    count = queries.newer_count(asked.wanted, read_cursor(request.args.get("depuis")))
    answer: Response = make_response(
        render_template("admin/news.html", count=count, asked=asked) if count else ("", 204)
    )
    answer.set_etag(f"{count}")
    return answer.make_conditional(request)


@referrals.get("/chercher")
@requires(Permission.REFERRALS_READ)
def searched() -> ResponseReturnValue:
    """The address of a search, asked for again: what was searched is nowhere, so the table it is."""
    return redirect(url_for("referrals.index"), 303)


@referrals.post("/chercher")
@requires(Permission.REFERRALS_READ)
def search() -> ResponseReturnValue:
    """By number, or by exact mail, telephone, last name or whole name: what was typed never stays in an address."""
    typed = printable(request.form.get("q", ""))
    if not typed:
        return redirect(url_for("referrals.index"), 303)
    found = queries.numbers_like(typed) or people_found(typed)
    if found:
        return redirect(Asked().url(numeros=",".join(found)), 303)
    return table(Asked(), missed=typed)


def people_found(typed: str) -> list[str]:
    """Looking somebody up is an act: the journal keeps that it was done, and how many were found, never for whom."""
    found = queries.numbers_of(referrals_matching(typed)[: queries.PAGE])
    journal(JournalAct.SEARCHED, detail=str(len(found)))
    return found


@referrals.get("/<uuid:referral_id>")
@requires(Permission.REFERRALS_READ)
def show(referral_id: UUID) -> ResponseReturnValue:
    return one(referral_id)


def one(referral_id: UUID, **more: Any) -> ResponseReturnValue:
    row = queries.referral_facts(referral_id)
    if row is None:
        raise Hidden
    preview = previews_of([referral_id]).get(referral_id)
    return page(
        "admin/referral.html",
        line=Line(row, preview),
        detail=detail_of(referral_id),
        app_nav=navigation("referrals"),
        known=known_facts(row),
        refused=refused_mailboxes(row),
        **{"contact_rows": [], "person_found": None, **more},
    )


def refused_mailboxes(row: Row[Any]) -> list[tuple[str, datetime]]:
    """Whose mailbox refuses our messages, and since when; never the address."""
    both = [
        ("de la personne qui suit la demande", row.mail_refused_at),
        ("du responsable légal", row.guardian_refused_at),
    ]
    return [(whose, since) for whose, since in both if since]


@referrals.post("/<uuid:referral_id>/coordonnees")
@requires(Permission.REFERRALS_READ)
def contact(referral_id: UUID) -> ResponseReturnValue:
    """The whole person, once: the next look is another line of the journal."""
    person: Person | None = person_of(referral_id)
    if person is not None:
        journal(JournalAct.CONTACT_READ, referral_id=referral_id)
    return one(referral_id, person_found=person, contact_rows=person and contact_facts(person), erased=person is None)


@dataclass(frozen=True)
class Replay:
    """What running a decision again gave: the same digest, another one, or the reason why it cannot be run."""

    decision: StoredDecision
    digest: str = ""
    refused: bool = False

    @property
    def same(self) -> bool:
        return self.digest == self.decision.outcome.digest


@referrals.get("/<uuid:referral_id>/rejouer/<uuid:decision_id>")
@requires(Permission.REFERRALS_READ)
def replay(referral_id: UUID, decision_id: UUID) -> ResponseReturnValue:
    decision = next((one for one in decisions_of(referral_id) if one.id == decision_id), None)
    if decision is None:
        raise Hidden
    result = run_again(decision)
    if request.headers.get("HX-Request"):
        return render_template("admin/replay.html", replay=result)
    return one(referral_id, replay=result)


def run_again(decision: StoredDecision) -> Replay:
    try:
        return Replay(decision, decision.replayed().digest)
    except ReplayError:
        return Replay(decision, refused=True)
