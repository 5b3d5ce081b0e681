"""The morning file as workbooks under passwords: what they say, their making in a process apart, and reading one back."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from portal.foundation import clock
from portal.foundation.config import settings
from portal.paper import bounds
from portal.paper.protecting import unlocked
from portal.paper.sheets import Cell, Column, Sheet, rows_of
from portal.queries.morning import HEADINGS, Content
from portal.web.typography import day_long, french, hour, plural

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = (sys.executable, "-m", "portal.paper.workbook_press")
LENT = ("HOME", "PATH", "LANG", "LD_LIBRARY_PATH")
PATIENCE_SECONDS = 60.0
COMPLAINT_CHARACTERS = 60
TIMEOUT, MEMORY, BROKEN, UNLIKE = "timeout", "memory", "broken", "unlike"
WIDTHS = (10, 12, 14, 6, 10, 21, 16, 17, 34, 21, 12, 12, 12, 14)  # on A4, side by side, these are read at 7.5 points
BESIDE_HEADING = 3  # characters: the margin, and the arrow that filters
DUE = HEADINGS.index("Répondre avant le")
SOON = timedelta(days=1)
TITLE = "Demandes en attente de votre réponse"
READING = {
    "Ce fichier": "Les demandes qui attendaient une réponse de votre association à cette heure-là, telles que le portail"
    " vous les montre avant votre accord. Il vous permet de les lire même quand vous ne pouvez pas ouvrir le portail.",
    "Répondre": "La dernière colonne ouvre chaque demande sur le portail, après connexion. On n’accepte et on ne"
    " réoriente que là : rien de ce que vous écrivez dans ce fichier ne nous parvient.",
    "Jusqu’à quand": "Chaque lien fonctionne tant que la demande est chez vous : jusqu’à votre réponse, ou jusqu’au jour"
    " de la colonne « Répondre avant le ». Passé ce jour, elle part vers une autre association.",
    "Ce qui a pu changer": "Depuis cette heure, une demande a pu être acceptée, réorientée ou retirée : c’est le portail"
    " qui fait foi.",
    "Coordonnées": "Elles n’y sont pas. Elles s’ouvrent sur le portail, une fois la demande acceptée.",
    "À protéger": "Ces personnes, souvent mineures, vous font confiance. Ne transmettez jamais ce fichier avec son mot de"
    " passe, et supprimez-le quand vous l’avez lu.",
}


class NotProtected(Exception):
    """There is no file. code: timeout, memory, broken (the press failed), unlike (what came back is not the file)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def protected_workbook(content: Content, password: str) -> bytes:
    """The encrypted workbook, proved to open with this password and no other. Raises NotProtected."""
    return protected_workbooks(content, [password])[0]


def protected_workbooks(
    content: Content, passwords: Sequence[str], *, seconds: float = PATIENCE_SECONDS
) -> list[bytes]:
    """One workbook a password, made in one process apart. Raises NotProtected."""
    asked = json.dumps({"sheet": sheet_of(content).to_json(), "passwords": list(passwords)}).encode()
    lent = {name: os.environ[name] for name in LENT if name in os.environ}
    try:
        press = subprocess.run(  # noqa: S603 - our own interpreter, our own module
            COMMAND, cwd=ROOT, env=lent, input=asked, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise _refused(TIMEOUT) from None
    if press.returncode:
        raise _refused(_why(press.returncode), press.stderr.decode(errors="replace")[:COMPLAINT_CHARACTERS])
    return _unpacked(press.stdout, rows=len(content.lines), files=len(passwords))


def _why(code: int) -> str:
    """A negative code is the signal that stopped it: what swells or runs for ever is killed."""
    return MEMORY if code < 0 or code == bounds.TOO_BIG else BROKEN


def _refused(code: str, complaint: str = "") -> NotProtected:
    log.error("not_protected", extra={"code": code, "complaint": complaint})
    return NotProtected(code)


def _unpacked(answer: bytes, *, rows: int, files: int) -> list[bytes]:
    head, _, body = answer.partition(b"\n")
    try:
        told = json.loads(head)
        lengths = [int(length) for length in told["files"]]
    except (ValueError, KeyError, TypeError):
        raise _refused(UNLIKE) from None
    if told["rows"] != rows or len(lengths) != files or sum(lengths) != len(body):
        raise _refused(UNLIKE)
    ends = [sum(lengths[: rank + 1]) for rank in range(files)]
    return [body[end - length : end] for end, length in zip(ends, lengths, strict=True)]


def sheet_of(content: Content) -> Sheet:
    """What the workbook says, in words and widths; its links lead to this portal."""
    known, lines = settings(), content.lines
    moment = f"{day_long(content.at.astimezone(clock.PARIS), year=True)} à {hour(content.at)}"
    count = plural(len(lines), "demande en attente", "demandes en attente")
    soon = (content.at + SOON).astimezone(clock.PARIS).date()
    return Sheet(
        author=known.brand_name,
        title=TITLE,
        subtitle=french(f"{content.association} : {count}, {moment}"),
        at=content.at,
        columns=tuple(_column(rank, name, content) for rank, name in enumerate(content.headings)),
        due=DUE,
        rows=tuple(line.cells for line in lines),
        links=tuple(f"{known.base_url.rstrip('/')}/demandes/{line.assignment_id}" for line in lines),
        marked=frozenset(rank for rank, line in enumerate(lines) if line.new),
        pressing=frozenset(rank for rank, line in enumerate(lines) if _presses(line.cells[DUE], soon)),
        reading=(
            *((name, french(words)) for name, words in READING.items()),
            ("Une question", french(f"Écrivez au Collectif : {known.contact_mail}.")),
        ),
    )


def _column(rank: int, name: str, content: Content) -> Column:
    """One that says nothing in any row takes no more room than its heading."""
    told = not content.lines or any(line.cells[rank] != "" for line in content.lines)
    least = max(map(len, name.split())) + BESIDE_HEADING
    return Column(french(name), WIDTHS[rank] if told else min(WIDTHS[rank], least))


def _presses(due: Cell, soon: date) -> bool:
    return isinstance(due, date) and due <= soon


def rows_in(file: bytes, password: str) -> list[tuple[str, tuple[Cell, ...]]]:
    """What a kept workbook says: the id of each request and the cells of its line. Raises protecting.NotOpened."""
    rows = rows_of(unlocked(file, password))
    return [(str(row[-1]).rpartition("/")[2], row[:-1]) for row in rows]
