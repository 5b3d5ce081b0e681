"""The form as a browser sends it, with the acts of its buttons: a criterion added, removed, « ou », a place picked."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from werkzeug.datastructures import MultiDict

from matching.vocabulary import Channel
from portal.association.criteria_form import (
    LISTS,
    MAY_BE_EXCLUDED,
    MOST_PLACES,
    WITH_PLACES,
    Clause,
    Form,
    Kept,
    Kind,
    Line,
    Part,
)
from portal.foundation.errors import DomainError
from portal.places import REMOTE, Place, UnknownPlaceError, label, search_places

Sent = MultiDict[str, str]
MARK = re.compile(r"(\d{1,3})\.(\d{1,3}):(\w{1,20})")
MOST_LINES, LONGEST = 60, 20
FOUND_AT_ONCE, LONGEST_SEARCH = 8, 80


@dataclass(frozen=True)
class Search:
    """What was looked for in a line, and what was found."""

    clause: int
    number: int
    text: str
    found: tuple[Place, ...]


def typed_form(sent: Sent, base: Form) -> Form:
    """What stands in the fields. base: the version that kept clauses come from; those left out of it come last."""
    marks = [found.groups() for text in sent.getlist("line")[:MOST_LINES] if (found := MARK.fullmatch(text))]
    parts = [_part(sent, list(group), base) for _, group in groupby(marks, key=lambda mark: mark[0])]
    return with_kept(_bounded(Form(tuple(part for part in parts if part))), base)


def _bounded(form: Form) -> Form:
    """One place more than a form may hold, at most: `faults_of` then says so, and the page stays small."""
    room, parts = MOST_PLACES + 1, []
    for part in form.parts:
        lines = []
        for line in part.lines if isinstance(part, Clause) else ():
            lines.append(replace(line, places=line.places[:room]))
            room -= len(lines[-1].places)
        parts.append(Clause(tuple(lines)) if lines else part)
    return Form(tuple(parts))


def with_kept(form: Form, base: Form) -> Form:
    """Nobody of the association takes away what only staff edit."""
    there = [part.part for part in form.kept]
    return Form((*form.parts, *(part for part in base.kept if part.part not in there)))


def _part(sent: Sent, marks: list[tuple[str, ...]], base: Form) -> Part | None:
    if marks[0][2] == "kept":
        place = sent.get(f"kept:{marks[0][0]}.{marks[0][1]}", "")
        return next((part for part in base.kept if str(part.place) == place), None)
    lines = [_line(sent, f"{clause}.{number}", Kind(kind)) for clause, number, kind in marks if kind in set(Kind)]
    return Clause(tuple(lines)) if lines else None


def _line(sent: Sent, key: str, kind: Kind) -> Line:
    return Line(
        kind,
        excluded=kind in MAY_BE_EXCLUDED and sent.get(f"except:{key}") == "1",
        chosen=_in_order(kind, sent.getlist(f"any:{key}")),
        places=known_places(sent.getlist(f"place:{key}")),
        least=_short(sent.get(f"least:{key}")),
        most=_short(sent.get(f"most:{key}")),
    )


def _short(text: str | None) -> str:
    return (text or "").strip()[:LONGEST]


def _in_order(kind: Kind, values: list[str]) -> tuple[str, ...]:
    """The values of the closed list, in its order; others are left out."""
    words = LISTS.get(Kind.MODALITY if kind is Kind.MEETING else kind)
    return tuple(word.value for word in words.words if word.value in values) if words and words.words else ()


def known_places(codes: list[str]) -> tuple[str, ...]:
    """Sorted, each once; codes of no place are left out."""
    return tuple(sorted({code for code in codes[: MOST_PLACES + 1] if _known(code)}))


def _known(code: str) -> bool:
    try:
        label(code)
    except UnknownPlaceError:
        return False
    return code != REMOTE


def hidden_marks(form: Form) -> Iterator[str]:
    """The value of the hidden field that each line carries, in order."""
    for clause, part in enumerate(form.parts):
        if isinstance(part, Kept):
            yield f"{clause}.0:kept"
            continue
        for number, line in enumerate(part.lines):
            yield f"{clause}.{number}:{line.kind.value}"


def fields_of(form: Form) -> Sent:
    """What a browser would send for this form."""
    sent: Sent = MultiDict([("line", mark) for mark in hidden_marks(form)])
    for clause, part in enumerate(form.parts):
        if isinstance(part, Kept):
            sent.add(f"kept:{clause}.0", str(part.place))
    for clause, number, line in form.lines():
        key = f"{clause}.{number}"
        sent.setlist(f"any:{key}", list(line.chosen))
        sent.setlist(f"place:{key}", list(line.places))
        sent.update({f"least:{key}": line.least, f"most:{key}": line.most, f"except:{key}": str(int(line.excluded))})
    return sent


def after_act(form: Form, act: str) -> Form:
    """The form once a button has been pressed. Unknown acts change nothing."""
    name, _, rest = act.partition(":")
    change = ACTS.get(name)
    return change(form, rest) if change else form


def line_of_act(act: str) -> str:
    """The line whose places the button was about: it stays open."""
    name, _, rest = act.partition(":")
    return rest.partition(":")[0] if name in {"place", "unplace", "find"} else ""


def _added(form: Form, rest: str) -> Form:
    kind, _, without = rest.partition(":")
    if kind not in set(Kind) or len(form.parts) >= MOST_LINES:
        return form
    line = Line(Kind(kind), excluded=without == "not" and kind in MAY_BE_EXCLUDED)
    return Form((*form.parts, Clause((line,))))


def _alternative(form: Form, rest: str) -> Form:
    """« ou … »: one more sentence of which one is enough; « professional » is ready made."""
    place, _, kind = rest.partition(":")
    clause = _clause(form, place)
    if clause is None:
        return form
    if kind == "professional":
        line = Line(Kind.CHANNEL, chosen=(Channel.PROFESSIONAL.value,))
    elif kind in set(Kind):
        line = Line(Kind(kind))
    else:
        return form
    return _with(form, int(place), Clause((*clause.lines, line)))


def _dropped(form: Form, rest: str) -> Form:
    place, _, number = rest.partition(".")
    clause = _clause(form, place)
    if clause is None or not number.isdecimal():
        return form
    lines = tuple(line for at, line in enumerate(clause.lines) if at != int(number))
    return _with(form, int(place), Clause(lines) if lines else None)


def _placed(form: Form, rest: str) -> Form:
    return _places_changed(form, rest, lambda line, code: known_places([*line.places, code]))


def _unplaced(form: Form, rest: str) -> Form:
    return _places_changed(form, rest, lambda line, code: tuple(one for one in line.places if one != code))


def _places_changed(form: Form, rest: str, change: Callable[[Line, str], tuple[str, ...]]) -> Form:
    where, _, code = rest.partition(":")
    place, _, number = where.partition(".")
    clause = _clause(form, place)
    if clause is None or not number.isdecimal() or int(number) >= len(clause.lines):
        return form
    lines = list(clause.lines)
    lines[int(number)] = replace(lines[int(number)], places=change(lines[int(number)], code))
    return _with(form, int(place), Clause(tuple(lines)))


def _clause(form: Form, place: str) -> Clause | None:
    if not place.isdecimal() or int(place) >= len(form.parts):
        return None
    part = form.parts[int(place)]
    return part if isinstance(part, Clause) else None


def _with(form: Form, place: int, part: Clause | None) -> Form:
    changed = (part,) if part else ()
    return Form((*form.parts[:place], *changed, *form.parts[place + 1 :]))


ACTS: Mapping[str, Callable[[Form, str], Form]] = {
    "add": _added,
    "or": _alternative,
    "drop": _dropped,
    "place": _placed,
    "unplace": _unplaced,
}


def search_asked(sent: Sent, form: Form) -> Search | None:
    """The places found under the name typed in the line whose button was pressed, or by Enter in its field."""
    act, _, where = sent.get("act", "").partition(":")
    if act and act != "find":
        return None
    for clause, number, line in form.lines():
        key = f"{clause}.{number}"
        text = (sent.get(f"search:{key}") or "").strip()[:LONGEST_SEARCH]
        if text and where in {key, ""} and line.kind in WITH_PLACES:
            found = tuple(place for place in search_places(text, limit=FOUND_AT_ONCE) if place.code != REMOTE)
            return Search(clause, number, text, found)
    return None


def number_sent(sent: Sent, name: str) -> int:
    """A version's number; 0 for none. Raises DomainError for anything else."""
    text = sent.get(name, "0")
    if not text.isdecimal() or len(text) > 6:  # noqa: PLR2004 - far above any version
        raise DomainError("Ce formulaire est incomplet : rechargez la page.")
    return int(text)
