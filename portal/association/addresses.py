"""Where we are in the inbox, as its address says it: folder, filters, page. Bad values are a page that is not there."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from flask import abort, request, url_for
from werkzeug.datastructures import MultiDict

from matching.vocabulary import Need, Side
from portal.queries.inbox import Cursor, Filters, Folder

E = TypeVar("E", bound=StrEnum)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SIDES = {"jeunes": Side.MENTEE, "benevoles": Side.MENTOR}
SIDE_NAMES = {side: name for name, side in SIDES.items()}
LONGEST_PLACE = 80
KEPT = ("dossier", "cote", "programme", "lieu", "besoin")


def folder_asked() -> Folder:
    return _member(Folder, request.args.get("dossier")) or Folder.TO_ANSWER


def filters_asked() -> Filters:
    asked = request.args
    side = asked.get("cote", "")
    if side and side not in SIDES:
        abort(404)
    return Filters(
        side=SIDES.get(side),
        programme_id=_uuid(asked.get("programme")),
        place=_words(asked.get("lieu")),
        need=_member(Need, asked.get("besoin")),
    )


def cursor_asked() -> Cursor | None:
    """The page of a folder: ?apres=… or ?avant=…, as written by `page_url`."""
    for name, forward in (("apres", True), ("avant", False)):
        if name in request.args:
            return _cursor(request.args[name], forward=forward)
    return None


def _cursor(text: str, *, forward: bool) -> Cursor:
    moment, _, row = text.partition("-")
    if not moment.isdecimal() or len(moment) > 17:  # noqa: PLR2004 - microseconds until the year 5138
        abort(404)
    return Cursor(EPOCH + int(moment) * MICROSECOND, _uuid(row) or abort(404), forward)


def _uuid(text: str | None) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        return abort(404)


def _words(text: str | None) -> str | None:
    """What could be a place's code: the database refuses to compare with a control character."""
    if not text:
        return None
    return text if text.isprintable() and len(text) <= LONGEST_PLACE else abort(404)


def _member(words: type[E], text: str | None) -> E | None:
    if not text:
        return None
    try:
        return words(text)
    except ValueError:
        return abort(404)


def context_values(**changes: str | None) -> dict[str, Any]:
    """What an address keeps of the present one: folder and filters, with some changed (None: dropped)."""
    kept = {name: value for name in KEPT if (value := request.args.get(name))}
    return {name: value for name, value in {**kept, **changes}.items() if value}


def list_url(**changes: str | None) -> str:
    """The inbox, in the same folder with the same filters unless changed."""
    return url_for("inbox.index", **context_values(**changes))


def page_url(cursor: Cursor | None) -> str:
    """A neighbouring page of the list; '' at the end."""
    if cursor is None:
        return ""
    moment = (cursor.at - EPOCH) // MICROSECOND
    name = "apres" if cursor.forward else "avant"
    return url_for("inbox.index", **{**context_values(), name: f"{moment}-{cursor.id.hex}"})


def act_url(endpoint: str, assignment_id: UUID, **changes: str | None) -> str:
    """A page or an act on one request, remembering the folder it was opened from unless changed."""
    return url_for(endpoint, assignment_id=assignment_id, **context_values(**changes))


def chosen_ids(sent: "MultiDict[str, str]") -> list[UUID]:
    """The boxes ticked in the list."""
    return [_uuid(value) or abort(404) for value in sent.getlist("chosen")]
