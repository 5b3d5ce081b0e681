"""What a change of capacity does, in the association's own figures: before and after, side by side."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from matching.vocabulary import REMOTE, Side
from portal.association.editor import Cell, Line
from portal.association.wording import place_said
from portal.places import commune_codes_of
from portal.web.typography import NBSP, french, number, percent, plural, signed

WHO = {Side.MENTEE: "jeunes", Side.MENTOR: "bénévoles"}
FEW = 4


def effects_of(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """The rows of « Ce que cela change », only with readable numbers."""
    found = [effect for line in lines for cell in line.cells if cell.readable for effect in _of_cell(line, cell)]
    return [*found, *_of_coverage(lines)]


def _after(line: Line, cell: Cell) -> tuple[int, bool]:
    """Places and « ou plus » once saved."""
    return (0, False) if line.removed else (cell.amount or 0, cell.or_more)


def _of_cell(line: Line, cell: Cell) -> Iterator[dict[str, Any]]:
    if not (cell.changed or line.removed) or not (cell.before or cell.typed):
        return
    before, endless = (cell.before.amount, cell.before.or_more) if cell.before else (0, False)
    (after, without_end), taken = _after(line, cell), cell.before.taken if cell.before else 0
    where = f"à {line.name}, {WHO[cell.side]}" if line.place != REMOTE else f"à distance, {WHO[cell.side]}"
    if without_end:
        yield {"figure": "∞", "tone": "good", "title": f"sans limite {where}", "text": "La ligne ne se remplit jamais."}
        return
    freed = max(0, after - taken) - (0 if endless else max(0, before - taken))
    word = "place libre" if abs(freed) < 2 else "places libres"  # noqa: PLR2004 - French is plural from two
    yield {
        "figure": signed(freed),
        "tone": "good" if freed > 0 else "bad" if freed < 0 else "",
        "title": f"{word} {where}",
        "text": _filling(taken, before, after),
    }
    if taken > after:
        yield _under(cell, taken, after)


def _filling(taken: int, before: int, after: int) -> str:
    if not after:
        return "Plus aucune demande n’y sera proposée."
    was = f", au lieu de {number(before)}" if before else ""
    return f"{plural(taken, 'place prise', 'places prises')} sur {number(after)}{was} ({percent(taken / after)})."


def _under(cell: Cell, taken: int, after: int) -> dict[str, Any]:
    waiting = cell.before.unanswered if cell.before else 0
    one = "attend encore votre réponse" if waiting < 2 else "attendent encore votre réponse"  # noqa: PLR2004 - idem
    said = f" {plural(waiting, 'demande')} {one}." if waiting else ""
    return {
        "icon": "triangle-alert",
        "title": french(f"Moins que ce qui est pris : {taken} pour {plural(after, 'place')}"),
        "text": f"Rien n’est retiré à personne ; il ne viendra plus rien tant qu’une place n’est pas libre.{said}".replace(
            " ;", f"{NBSP};"
        ),
    }


def _of_coverage(lines: Sequence[Line]) -> Iterator[dict[str, Any]]:
    for side in Side:
        closed, opened = set(_open_before(lines, side)), set(_open_after(lines, side))
        before, after = _covered(closed), _covered(opened)
        change = len(after) - len(before)
        if change:
            names = [place_said(place) for place in sorted(opened ^ closed)][:FEW]
            yield {
                "figure": signed(change),
                "tone": "good" if change > 0 else "bad",
                "title": f"{'commune' if abs(change) < 2 else 'communes'} où vous prenez des {WHO[side]}",  # noqa: PLR2004 - idem
                "text": ", ".join(names) + ".",
            }


def _open_before(lines: Iterable[Line], side: Side) -> list[str]:
    cells = [cell for line in lines for cell in line.cells if cell.side is side and cell.before]
    return [cell.place for cell in cells if cell.before and (cell.before.amount or cell.before.or_more)]


def _open_after(lines: Iterable[Line], side: Side) -> list[str]:
    return [
        cell.place
        for line in lines
        for cell in line.cells
        if cell.side is side and cell.readable and any(_after(line, cell))
    ]


def _covered(places: Iterable[str]) -> set[str]:
    """Communes with a row; remote is no place to live."""
    return {code for place in places if place != REMOTE for code in commune_codes_of(place)}


def summary_of(lines: Sequence[Line]) -> list[str]:
    """The bar below: « Lille, jeunes 40 → 48 »."""
    said = []
    for line in lines:
        if line.removed:
            said.append(f"{line.name} retiré")
            continue
        said += [
            f"{line.name}, {WHO[cell.side]} {_from(cell)}{_to(cell)}"
            for cell in line.cells
            if cell.changed and cell.readable
        ]
    return said


def _from(cell: Cell) -> str:
    return f"{number(cell.before.amount)}{' ou plus' if cell.before.or_more else ''} → " if cell.before else ""


def _to(cell: Cell) -> str:
    if cell.amount is None:
        return "rien"
    return f"{number(cell.amount)}{' ou plus' if cell.or_more else ''}"
