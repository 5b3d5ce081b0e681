"""A replay's report in words and rows: the headline, the measures, the associations, the places, the requests."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

from matching.vocabulary import Side
from portal.queries.catalogue import place_name
from portal.web.charts.shifts import Shift, Shifts
from portal.web.typography import NBSP, french, number, percent, plural, signed

PEOPLE = {Side.MENTEE: ("jeune", "jeunes"), Side.MENTOR: ("bénévole", "bénévoles")}
EVEN = 0.005  # of a Gini: less is not worth a word
Report = Mapping[str, Any]
Cell = str | int | float | None


@dataclass(frozen=True)
class Measure:
    """A line of the comparison. better: 1 when more is better, -1 when less is, 0 when it only tells."""

    key: str
    label: str
    better: int = 0
    decimals: int = 0
    unit: str = ""
    share: bool = False
    least: float = 0.0  # less than this is neither good nor bad

    def words(self, value: float | None) -> str:
        if value is None:
            return "—"
        return percent(value) if self.share else number(value, self.decimals) + self.unit

    def change(self, value: float | None) -> str:
        """« +3 », « −0,2 j », « +4 pts »; what rounds to nothing is 0."""
        if value is None:
            return "—"
        told = self._told(value)
        if not self._tells(told):
            told = "0"
        return told + (self._points(value) if self.share else self.unit)

    def tone(self, value: float | None) -> str:
        if value is None or not self.better or abs(value) < self.least or not self._tells(self._told(value)):
            return ""
        return "good" if value * self.better > 0 else "bad"

    def _told(self, value: float) -> str:
        return signed(value * 100 if self.share else value, self.decimals)

    @staticmethod
    def _tells(told: str) -> bool:
        return any(sign in "123456789" for sign in told)

    @staticmethod
    def _points(value: float) -> str:
        return f"{NBSP}pts" if round(abs(value) * 100) > 1 else f"{NBSP}pt"


MEASURES = (
    Measure("served", "Accueillies, renoncements compris", 1),
    Measure("placed", "Chez une association à la fin", 1),
    Measure("placed_at_once", "Proposées dès leur arrivée", 1),
    Measure("waitlisted", "Encore en liste d’attente", -1),
    Measure("nowhere", "Laissées à l’équipe, sans association", -1),
    Measure("withdrawn", "Renoncements", 0),
    Measure("hops", "Propositions qui n’aboutissent pas", -1),
    Measure("days_median", "Délai médian jusqu’à l’association", -1, 1, f"{NBSP}j"),
    Measure("days_p90", "Délai pour neuf demandes sur dix", -1, 1, f"{NBSP}j"),
    Measure("lowest", "Avancement le plus bas", 1, share=True),
    Measure("tenth_percentile", "Avancement du dixième le plus bas", 1, share=True),
    Measure("gini", "Inégalité des avancements (Gini, 0 = égal)", -1, 3, least=EVEN),
    Measure("mean_shortfall", "Retard moyen sur l’objectif", -1, share=True),
)


@dataclass(frozen=True)
class Line:
    """One measure as it is shown: before, after, difference with its tone, and what the draws say."""

    measure: Measure
    before: float | None
    after: float | None
    draws: Sequence[float | None] | None

    @property
    def difference(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def shown(self) -> tuple[str, str, str]:
        return self.measure.words(self.before), self.measure.words(self.after), self.measure.change(self.difference)

    @property
    def tone(self) -> str:
        return self.measure.tone(self.difference)

    @property
    def middle(self) -> float | None:
        """The difference of the draw in the middle: what is said in a line."""
        return self.draws[1] if self.draws else self.difference

    @property
    def interval(self) -> str:
        """« +4, de −2 à +9 »: the middle, the least and the most over all draws; empty when there is none."""
        if not self.draws or None in self.draws:
            return ""
        low, middle, high = (self.measure.change(each) for each in self.draws)
        return low if low == high else f"{middle}, de{NBSP}{low} à{NBSP}{high}"


def lines(report: Report) -> list[Line]:
    before, after = _figures(report["before"]), _figures(report["after"])
    return [Line(one, before.get(one.key), after.get(one.key), report["differences"].get(one.key)) for one in MEASURES]


def _figures(told: Report) -> dict[str, float | None]:
    return {**told, "nowhere": sum(told["unroutable"].values())}


def headline(report: Report, side: Side) -> str:
    """What a coordinator would say of it, in a line."""
    by_key = {line.measure.key: line for line in lines(report)}
    return french(f"{_served(by_key['served'], side)}, {_fair(by_key['gini'])}")


def _served(line: Line, side: Side) -> str:
    one, many = PEOPLE[side]
    middle, draws = line.middle or 0, [each or 0 for each in line.draws or (line.difference,)]
    if not any(draws):
        return f"Autant de {many} accueillis"
    if draws[0] <= 0 <= draws[-1]:
        return f"À peu près autant de {many} accueillis"
    return plural(ceil(abs(middle)), one, many) + (" de plus" if middle > 0 else " de moins")


def _fair(line: Line) -> str:
    change = line.middle
    if change is None or abs(change) < EVEN:
        return "et des associations servies aussi également"
    return "et des associations servies " + ("plus" if change < 0 else "moins") + " également"


def speaks_against(report: Report) -> bool:
    """At every draw fewer are welcomed, or attainments are noticeably less alike."""
    by_key = {line.measure.key: line for line in lines(report)}
    served, gini = by_key["served"].draws, by_key["gini"].draws
    return bool(served and (served[-1] or 0) < 0) or bool(gini and (gini[0] or 0) > EVEN)


def honesty(report: Report) -> str:
    """In how many requests today's settings find the very association that was chosen."""
    same, of = report["same_as_recorded"]["same"], report["same_as_recorded"]["of"]
    if not of:
        return ""
    return french(
        f"Sur {plural(of, 'demande vraiment proposée', 'demandes vraiment proposées')} à une association, les règles "
        f"d’aujourd’hui commencent par la même {number(same)} fois ({percent(Fraction(same, of))})."
    )


@dataclass(frozen=True)
class AssociationLine:
    """One association under both settings; an objective of 0 is undeclared."""

    id: str
    name: str
    before: tuple[int, int]
    after: tuple[int, int]

    @property
    def attained(self) -> tuple[Fraction | None, Fraction | None]:
        return _attained(*self.before), _attained(*self.after)

    @property
    def points(self) -> Fraction | None:
        """By how much attainment moves; None without an objective on both sides."""
        before, after = self.attained
        return None if before is None or after is None else after - before

    @property
    def moved(self) -> str:
        """« +3 pts », « 0 pt »."""
        return Measure("", "", share=True).change(None if self.points is None else float(self.points))


MOST_DRAWN = 12


def shifts(found: Iterable[AssociationLine]) -> Shifts:
    """The attainments that move most, from the highest to the lowest."""
    told = [(one.points, one) for one in found if one.points]
    drawn = [one for _, one in sorted(told, key=lambda each: -abs(each[0]))[:MOST_DRAWN]]
    rows = [Shift(one.name, *(float(share or 0) for share in one.attained)) for one in drawn]
    return Shifts(tuple(sorted(rows, key=lambda row: -row.after)))


def shifts_title(report: Report) -> str:
    """What the drawing shows, in the words of the headline."""
    change = next(line for line in lines(report) if line.measure.key == "gini").middle
    if change is None or abs(change) < EVEN:
        return french("Équité : l’écart reste le même")
    return french("Équité : l’écart se resserre" if change < 0 else "Équité : l’écart se creuse")


def _attained(committed: int, objective: int) -> Fraction | None:
    return Fraction(committed, objective) if objective else None


def associations(report: Report, names: Mapping[str, str]) -> list[AssociationLine]:
    """Those that move most first: by their attainment, then by what they are given."""
    found = [
        AssociationLine(
            one["id"], names.get(one["id"], "Association retirée"), tuple(one["before"]), tuple(one["after"])
        )
        for one in report["associations"]
    ]
    return sorted(
        found, key=lambda one: (-abs(one.points or 0), -abs(one.after[0] - one.before[0]), one.name.casefold())
    )


def places_named(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Code and name, by name."""
    return sorted(((code, place_name(code)) for code in codes), key=lambda one: one[1].casefold())


@dataclass(frozen=True)
class Moved:
    """A request that goes elsewhere; "" is no association."""

    key: str
    number: str
    before: str
    after: str


def moved(rows: Iterable[Sequence[str | None]], numbers: Mapping[str, str], names: Mapping[str, str]) -> list[Moved]:
    """Requests erased since have no number any more."""
    return [Moved(str(key), numbers.get(str(key), ""), _name(old, names), _name(new, names)) for key, old, new in rows]


def _name(key: str | None, names: Mapping[str, str]) -> str:
    return names.get(key, "Association retirée") if key else "Sans association"
