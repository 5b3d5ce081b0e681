"""The capacity editor's state: what is declared, what the person has typed, and the changes between the two."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from matching.vocabulary import REMOTE, Side
from portal.association.wording import place_said
from portal.operations.capacity import OR_MORE_FROM, Change, field_of, known_places
from portal.places import commune_codes_of, kind_of
from portal.queries.capacity import Declared
from portal.web.typography import NBSP, plural

MOST_PLACES = 120
Sent = MultiDict[str, str]


@dataclass(frozen=True)
class Cell:
    """One side at one place. typed: what stands in the field; before: the row as it is stored, None for none."""

    side: Side
    place: str
    typed: str
    or_more: bool
    version: int
    before: Declared | None

    @property
    def field(self) -> str:
        return field_of(self.side, self.place)

    @property
    def dom_id(self) -> str:
        return "c-" + re.sub(r"[^0-9a-z]+", "-", f"{self.side.value}-{self.place}".lower())

    @property
    def amount(self) -> int | None:
        """What was typed, None for nothing. Raises ValueError for anything but a number."""
        text = self.typed.replace(NBSP, "").replace(" ", "")
        if not text:
            return None
        if not text.isdecimal() or len(text) > 9:  # noqa: PLR2004 - far above any capacity
            raise ValueError(text)
        return int(text)

    @property
    def readable(self) -> bool:
        try:
            return self.amount is not None or not self.typed.strip()
        except ValueError:
            return False

    @property
    def changed(self) -> bool:
        if not self.readable:
            return True
        stored = (self.before.amount, self.before.or_more) if self.before else (None, False)
        return (self.amount, self.or_more and self.amount is not None) != stored

    @property
    def may_be_more(self) -> bool:
        """Whether « ou plus » can be said of this number."""
        return self.or_more or (self.readable and (self.amount or 0) >= OR_MORE_FROM)

    @property
    def note(self) -> str:
        """« 18 prises · complet »."""
        if self.before is None:
            return "à déclarer" if not self.typed else "nouveau"
        taken = plural(self.before.taken, *(("prise",) if self.side is Side.MENTEE else ("pris", "pris")))
        if self.before.or_more and not self.changed:
            return f"{taken} · ne se remplit jamais"
        full = self.readable and self.amount is not None and not self.or_more and self.before.taken >= self.amount
        return f"{taken} · complet" if full and self.amount else taken

    @property
    def was(self) -> int | None:
        return self.before.amount if self.before and self.changed else None

    def change(self) -> Change:
        return Change(self.side, self.place, self.amount, self.or_more and self.amount is not None, self.version)


@dataclass(frozen=True)
class Line:
    """One place. removed: its rows would go."""

    place: str
    cells: tuple[Cell, ...]
    removed: bool = False

    @property
    def name(self) -> str:
        return place_said(self.place)

    @property
    def detail(self) -> str:
        """« 95 communes », or what remote means."""
        if self.place == REMOTE:
            return "toute la France"
        inside = len(commune_codes_of(self.place)) if self.place in known_places([self.place]) else 0
        return plural(inside, "commune") if inside > 1 else ""

    @property
    def removable(self) -> bool:
        """Nothing was ever counted there."""
        return not any(cell.before and cell.before.used for cell in self.cells)

    @property
    def added(self) -> bool:
        """Nothing is declared there yet."""
        return not any(cell.before for cell in self.cells)

    @property
    def changed(self) -> bool:
        return self.removed or any(cell.changed for cell in self.cells)

    @property
    def kind(self) -> str:
        return kind_of(self.place).label


def stored_lines(rows: Iterable[Declared], sides: Sequence[Side]) -> list[Line]:
    """What is declared, one line a place, in the order it was declared; remote last."""
    found = _by_place(rows)
    return [_stored_line(place, found[place], sides) for place in sorted(found, key=lambda code: code == REMOTE)]


def _by_place(rows: Iterable[Declared]) -> dict[str, dict[Side, Declared]]:
    found: dict[str, dict[Side, Declared]] = {}
    for row in rows:
        if row.programme is None:
            found.setdefault(row.place, {})[row.side] = row
    return found


def _stored_line(place: str, found: Mapping[Side, Declared], sides: Sequence[Side]) -> Line:
    return Line(place, tuple(_stored_cell(side, place, found.get(side)) for side in sides))


def _stored_cell(side: Side, place: str, row: Declared | None) -> Cell:
    if row is None:
        return Cell(side, place, "", or_more=False, version=0, before=None)
    return Cell(side, place, str(row.amount), row.or_more, row.version, row)


def typed_lines(sent: Sent, rows: Iterable[Declared], sides: Sequence[Side]) -> list[Line]:
    """What the person has typed, line by line; added and removed places included."""
    found, removed = _by_place(rows), _removed(sent)
    places = known_places(dict.fromkeys([*sent.getlist("place"), *sent.getlist("add"), *found]))[:MOST_PLACES]
    ordered = sorted(places, key=lambda code: code == REMOTE)
    return [
        Line(
            place,
            tuple(_typed_cell(sent, side, place, found.get(place, {}).get(side)) for side in sides),
            removed=place in removed,
        )
        for place in ordered
        if place in found or place not in removed
    ]


def _removed(sent: Sent) -> set[str]:
    return (set(sent.getlist("removed")) | set(sent.getlist("remove"))) - set(sent.getlist("restore"))


def _typed_cell(sent: Sent, side: Side, place: str, row: Declared | None) -> Cell:
    name = field_of(side, place)
    if name not in sent:
        return _stored_cell(side, place, row)
    version = sent.get(f"version:{name}", "0")
    return Cell(
        side,
        place,
        sent[name].strip()[:12],
        or_more=f"more:{name}" in sent,
        version=int(version) if version.isdecimal() and len(version) < 9 else 0,  # noqa: PLR2004 - fits an integer
        before=row,
    )


def unreadable(lines: Iterable[Line]) -> list[Cell]:
    """The fields that hold no number."""
    return [cell for line in lines if not line.removed for cell in line.cells if not cell.readable]


def changes_of(lines: Iterable[Line]) -> list[Change]:
    """What would be saved. Raises ValueError while a field is unreadable."""
    return [change for line in lines for change in _changes_of(line)]


def _changes_of(line: Line) -> list[Change]:
    if line.removed:
        return [Change(cell.side, cell.place, None, version=cell.version) for cell in line.cells if cell.before]
    return [cell.change() for cell in line.cells if cell.changed]
