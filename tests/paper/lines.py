"""Lines of morning files, made up: no database is needed to draw them."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid5

from portal.queries.morning import Cell, Content, Line

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
HERE = UUID(int=4)
WHY = "De 3 associations qui convenaient, la vôtre est la plus loin de son objectif. Vos critères remplis\u00a0: âge."


def line(number: int = 1, first_name: str = "Léa", **fields: Cell) -> Line:
    """The cells in the order of HEADINGS; fields: those that differ, by name."""
    cells: dict[str, Cell] = {
        "new": "Nouvelle" if number % 3 == 0 else "",
        "number": f"2026-{number:05}",
        "first_name": f"{first_name} M.",
        "age": 17,
        "who": "Jeune",
        "needs": "Soutien scolaire, confiance en soi",
        "home": "Villeneuve-d’Ascq",
        "programme": "Mentorat au collège",
        "why": WHY,
        "verify": "Public\u00a0: quartier prioritaire (QPV)",
        "received": date(2026, 11, 20),
        "offered": date(2026, 11, 21),
        "due": date(2026, 11, 28),
        "state": "Proposée",
    }
    return Line(uuid5(HERE, str(number)), tuple((cells | fields).values()), new=number % 3 == 0, seen=False)


def content(*lines: Line, association: str = "Proxité") -> Content:
    return Content(association, AT, "10:10:", lines)


def many(count: int) -> Content:
    return content(*(line(number) for number in range(1, count + 1)))
