"""The inbox: its folders, one request in full, and the news that announce themselves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue

from matching.vocabulary import Need, Side
from portal.association.addresses import (
    EPOCH,
    MICROSECOND,
    SIDE_NAMES,
    cursor_asked,
    filters_asked,
    folder_asked,
    list_url,
    page_url,
)
from portal.association.detail import detail_values
from portal.association.frame import association_page, signed_in
from portal.association.wording import pause_said, place_said
from portal.foundation import clock
from portal.foundation.errors import Hidden
from portal.foundation.permissions import MembershipView, Permission, requires
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.operations.assignments import assignment_to_answer, mark_seen
from portal.queries.capacity import (
    Declared,
    current_campaign,
    declared_rows,
    own_association,
    own_programmes,
    room_of,
    sides_worked,
)
from portal.queries.inbox import (
    NEWS_MARGIN,
    RISING,
    Counts,
    Filters,
    Folder,
    Item,
    Listing,
    assignment_shown,
    assignments_in,
    counts_by_folder,
    folder_holding,
    is_held_here,
    offered_since,
    place_in_folder,
)
from portal.web.elsewhere import offer_place, other_places
from portal.web.errors import show_hidden
from portal.web.requests import SAFE_METHODS
from portal.web.typography import NBSP, number, plural

inbox = Blueprint("inbox", __name__, url_prefix="/demandes")
FOUND = {
    Folder.HELD: ("demande en attente", "demandes en attente"),
    Folder.ACCEPTED: ("demande acceptée", "demandes acceptées"),
    Folder.GONE: ("demande réorientée ou partie", "demandes réorientées ou parties"),
    Folder.ALL: ("demande en tout", "demandes en tout"),
}
LATEST = 2**53  # microseconds: the year 2255
SIDE_WORDS = {Side.MENTEE: "Jeunes", Side.MENTOR: "Bénévoles"}


@inbox.get("")
@requires(Permission.INBOX_READ)
def index() -> ResponseReturnValue:
    folder, filters = folder_asked(), filters_asked()
    listing = assignments_in(folder, filters, cursor_asked())
    opened = next((one for one in listing.items if not one.undoable), None)
    return inbox_page(folder, filters, listing, opened, split="list")


@inbox.get("/<uuid:assignment_id>")
@requires(Permission.INBOX_READ)
def detail(assignment_id: UUID) -> ResponseReturnValue:
    return detail_page(assignment_id)


@inbox.errorhandler(Hidden)
def not_here(error: Hidden) -> ResponseReturnValue:
    """A request of another of the reader's associations is said to be there; any other is nowhere."""
    asked = (request.view_args or {}).get("assignment_id")
    there = holder_of(asked) if asked and request.method in SAFE_METHODS else None
    return offer_place(there) if there else show_hidden(error)


def holder_of(assignment_id: UUID) -> MembershipView | None:
    """Which of the reader's other associations has this request, each asked in its own scope."""
    person = signed_in()
    for one in other_places(person):
        with acting_as(Scope(DatabaseRole.ASSOCIATION, one.association_id, person.account_id, read_only=True)):
            if is_held_here(assignment_id):
                return one
    return None


def detail_page(assignment_id: UUID, status: int = 200, **more: Any) -> tuple[str, int]:
    """One request beside its list (alone on a phone). more: what an act adds, such as contact details or an error."""
    folder = folder_asked() if "dossier" in request.args else folder_holding(assignment_id)
    filters = filters_asked()
    opened = assignment_shown(assignment_id, folder)
    listing = assignments_in(folder, filters, cursor_asked())
    return inbox_page(folder, filters, listing, opened, split="detail", status=status, **more)


def inbox_page(
    folder: Folder,
    filters: Filters,
    listing: Listing,
    opened: Item | None,
    *,
    split: str,
    status: int = 200,
    **more: Any,
) -> tuple[str, int]:
    campaign = current_campaign()
    rows = declared_rows(campaign.id) if campaign else []
    counts = counts_by_folder(filters)
    place = (
        place_in_folder(folder, filters, opened.assignment, opened.sorted_at) if opened and split == "detail" else None
    )
    return association_page(
        "inbox.html",
        "inbox.index",
        status,
        folder=folder,
        listing=listing,
        opened=opened,
        split=split,
        place=place,
        title=finding(folder, counts, filters),
        tabs_shown=folder_tabs(folder, counts),
        both_sides=len(sides_worked(rows)) > 1,
        menus=filter_menus(filters, own_programmes(), rows),
        filtered=bool(filters),
        room=room_of(rows) if rows else None,
        paused=None if listing.items else pause_said(own_association(signed_in().association_id or abort(404))),
        pages=(page_url(listing.before), page_url(listing.after)),
        news_url=list_url_of_news(),
        selectable=folder in RISING,
        rising=folder in RISING,
        **(detail_values(opened, rows) if opened else {}),
        **more,
    )


@inbox.post("/<uuid:assignment_id>/vue")
@requires(Permission.INBOX_ANSWER)
def seen(assignment_id: UUID) -> ResponseReturnValue:
    mark_seen(assignment_to_answer(assignment_id))
    return "", 204


@inbox.get("/nouvelles")
@requires(Permission.INBOX_READ)
def news() -> ResponseReturnValue:
    """How many requests came since the list was drawn: a fragment, 204 for none, 304 when nothing changed.

    Its endpoint's name is what tells the session that nobody is there (live polling prolongs nothing).
    """
    since, known = (max(0, min(request.args.get(name, 0, int), LATEST)) for name in ("depuis", "connues"))
    fresh = offered_since(EPOCH + since * MICROSECOND) - known
    answer: Response = make_response(render_template("association/news.html", count=fresh) if fresh > 0 else ("", 204))
    answer.set_etag(f"{since}-{fresh}")
    return answer.make_conditional(request)


def list_url_of_news() -> str:
    """The margin is for offers committed a little after their hour: counting what it already holds, none is missed."""
    from_then = clock.now() - NEWS_MARGIN
    return list_news(from_then, offered_since(from_then))


def list_news(from_then: datetime, known: int) -> str:
    return f"{inbox.url_prefix}/nouvelles?depuis={(from_then - EPOCH) // MICROSECOND}&connues={known}"


def finding(folder: Folder, counts: Counts, filters: Filters) -> str:
    """The title: « 6 demandes à traiter, 1 part demain »."""
    if folder is not Folder.TO_ANSWER:
        return plural(counts.folders[folder], *FOUND[folder]) + (told(counts) if folder is Folder.HELD else "")
    if not counts.to_answer:
        return "Aucune demande pour ces filtres" if filters else "Rien à traiter pour l’instant"
    return f"{plural(counts.to_answer, 'demande')} à traiter{pressing(counts)}"


def told(counts: Counts) -> str:
    """« , 2 réponses reçues »: of what is held, what can now be answered."""
    return f", {plural(counts.answered, 'réponse reçue', 'réponses reçues')}" if counts.answered else ""


def pressing(counts: Counts) -> str:
    for count, when in ((counts.leaving_today, "aujourd’hui"), (counts.leaving_tomorrow, "demain")):
        if count:
            return f", {number(count)}{NBSP}{'part' if count == 1 else 'partent'} {when}"
    return f", {number(counts.late)}{NBSP}en retard" if counts.late else ""


def folder_tabs(current: Folder, counts: Counts) -> list[dict[str, Any]]:
    return [
        {
            "label": folder.label,
            "url": list_url(dossier=None if folder is Folder.TO_ANSWER else folder.value),
            "active": folder is current,
            "count": None if folder is Folder.ALL else counts.folders[folder],
            "hot": counts.to_answer > 0
            if folder is Folder.TO_ANSWER
            else folder is Folder.HELD and counts.answered > 0,
        }
        for folder in Folder
    ]


Option = tuple[str, str]


def filter_menus(filters: Filters, known: Sequence[tuple[UUID, str]], rows: Sequence[Declared]) -> list[dict[str, Any]]:
    """The menus that narrow the list; one that would leave no choice is not shown."""
    sides = [(SIDE_NAMES[side], SIDE_WORDS[side]) for side in Side if side in {row.side for row in rows}]
    programmes = [(str(key), name) for key, name in known]
    places = sorted(((code, place_said(code)) for code in {row.place for row in rows}), key=lambda one: one[1])
    needs = [(need.value, need.label.capitalize()) for need in Need]
    chosen_programme = str(filters.programme_id) if filters.programme_id else ""
    menus = [
        _menu("cote", "Côté", sides, SIDE_NAMES[filters.side] if filters.side else ""),
        _menu("programme", "Programme", programmes, chosen_programme),
        _menu("lieu", "Territoire", places, filters.place or ""),
        _menu("besoin", "Besoin", needs, filters.need.value if filters.need else ""),
    ]
    return [menu for menu in menus if len(menu["options"]) > 1 or menu["value"]]


def _menu(name: str, label: str, options: Sequence[Option], value: str) -> dict[str, Any]:
    return {"name": name, "label": label, "options": options, "value": value}
