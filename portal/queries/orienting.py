"""Which associations suit a company, and why: the criteria in force, judged as the engine judges them.

A programme fits when, at one site at least, it may accompany a young person the company means, and (if employees are to
mentor) may take one of its employees. Order: most sites covered, most wishes met by name, fewest points left to verify,
those lacking mentors; equals in an order drawn by lot from the answers, never by name.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from uuid import UUID

from matching.conditions import TerritoryTest, Truth
from matching.index import Outcomes
from matching.judging import Reason as Ground
from matching.profile import Profile
from matching.vocabulary import Modality, Side
from matching.ways import WAYS, accepted_ways
from portal.queries.orienter_words import Wishes
from portal.queries.orienting_panel import Panel, Shelf
from portal.queries.orienting_profiles import Site, Typical, employees, sites_of, young_people
from portal.queries.orienting_reasons import Matter, Point, against, for_it, unsure

MOST, FEWEST = 5, 2
NEAREST_TRIED = 36
WHOLE = 3  # answers shown when fewer than two fit, the nearest among them
SPECIFIC = {"need": "causes", "public": "publics", "level": "stages", "situation": "stages", "age": "stages"}


@dataclass(frozen=True)
class Candidate:
    """One programme seen from the company's wishes. changes: how many criteria would have to be other."""

    programme: UUID
    association: UUID
    covered: tuple[Site, ...]
    young: Typical
    grown: Typical | None
    changes: int
    elsewhere: bool
    met: int
    matter: Matter = field(compare=False, repr=False)

    @property
    def fits(self) -> bool:
        return not self.changes

    def merit(self, lacking: frozenset[UUID]) -> tuple[Any, ...]:
        """What ranks it, smallest first; equal merits are a tie. lacking: the associations that want mentors."""
        unsettled = sum(1 for _ in unsure(self.matter))
        wanting = self.association in lacking
        return (self.elsewhere, self.changes, -len(self.covered), -self.met, unsettled, not wanting)


@dataclass(frozen=True)
class Answer:
    """An association to show. why: facts that hold; but: what does not, or remains to be asked."""

    association: UUID
    name: str
    slug: str
    programme: UUID
    fits: bool
    lacking: bool
    why: tuple[Point, ...]
    but: tuple[Point, ...]


@dataclass(frozen=True)
class Oriented:
    """answers: two to five, or fewer when the house has no more. others: of the territory, each with a reason.

    tied: how many of the first answers nothing but the lot sets apart; 0 when the first stands alone.
    """

    answers: tuple[Answer, ...]
    others: tuple[Answer, ...]
    tied: int

    @property
    def fitting(self) -> int:
        return sum(one.fits for one in self.answers)


def orient(wishes: Wishes, panel: Panel, *, lacking: Iterable[UUID]) -> Oriented:
    """The answers for a company. lacking: the associations that want mentors."""
    short = frozenset(lacking)
    search = Search(wishes, panel)
    found = _best_of_each(search.fitting(), search, short)
    near = _best_of_each(search.near_misses(found), search, short)
    if len(found) + len(near) < FEWEST:
        near = _best_of_each(search.near_misses(found, anywhere=True), search, short)
    shown = found[:MOST] if len(found) >= FEWEST else [*found, *near][:WHOLE]
    others = [one for one in (*found, *near) if one not in shown and not one.elsewhere]
    tell = Telling(panel, short)
    return Oriented(tuple(map(tell.answer, shown)), tuple(map(tell.answer, others)), _tied(shown, short))


def _tied(shown: Sequence[Candidate], lacking: frozenset[UUID]) -> int:
    merits = [one.merit(lacking) for one in shown]
    equals = merits.count(merits[0]) if merits else 0
    return equals if equals > 1 else 0


def _best_of_each(found: Iterable[Candidate], search: "Search", lacking: frozenset[UUID]) -> list[Candidate]:
    """The best programme of each association, best first; among equals, the lot of these answers decides."""

    def rank(one: Candidate) -> tuple[Any, ...]:
        name = search.panel.programmes[one.programme].name
        return (*one.merit(lacking), search.lot(one.association), name, str(one.programme))

    best: dict[UUID, Candidate] = {}
    for one in sorted(found, key=rank):
        best.setdefault(one.association, one)
    return list(best.values())


class Search:
    """Every programme against one company's wishes, by masks first, one by one where reasons are wanted."""

    def __init__(self, wishes: Wishes, panel: Panel) -> None:
        self.wishes, self.panel = wishes, panel
        self.sites = sites_of(wishes)
        self.young = self._judged(panel.young, young_people)
        self.grown = self._judged(panel.grown, employees) if wishes.mentors else []
        answers = {name: sorted(told) if isinstance(told, list) else told for name, told in wishes.to_json().items()}
        self._seed = json.dumps(answers, sort_keys=True)

    def lot(self, association: UUID) -> str:
        """Its place in a draw that the answers alone settle: the same address shows the same order to everybody."""
        return sha256(f"{self._seed}{association}".encode()).hexdigest()

    def _judged(self, shelf: Shelf, people: Any) -> list[tuple[Typical, Outcomes]]:
        return [
            (person, shelf.index.outcomes(person.profile))
            for site in self.sites
            for person in people(self.wishes, site, shelf.named)
        ]

    def fitting(self) -> list[Candidate]:
        return [found for key in self.panel.programmes if (found := self._fit(key)) is not None]

    def _fit(self, key: UUID) -> Candidate | None:
        covered = tuple(site for site in self.sites if self._holds_at(key, site))
        if not covered:
            return None
        young = _first(self.young, self.panel.young.bit(key), covered)
        assert young is not None
        grown = _first(self.grown, self.panel.grown.bit(key), covered)
        return self._candidate(key, covered, young, grown, 0)

    def _holds_at(self, key: UUID, site: Site) -> bool:
        if _first(self.young, self.panel.young.bit(key), (site,)) is None:
            return False
        bit = self.panel.grown.bit(key)
        return not self.grown or not bit or _first(self.grown, bit, (site,)) is not None

    def near_misses(self, fitting: Iterable[Candidate], *, anywhere: bool = False) -> list[Candidate]:
        """The programmes that do not fit, each with the fewest changes that would open it. anywhere: elsewhere too."""
        done = {one.association for one in fitting}
        keys = [key for key, programme in self.panel.programmes.items() if programme.association_id not in done]
        here = self._around()
        return [self._near(key) for key in keys if anywhere or self.panel.young.bit(key) & here]

    def _around(self) -> int:
        """The programmes that work where the company is, whatever else they ask."""
        mask = 0
        for site in self.sites:
            place = Profile(
                key="around",
                side=Side.MENTEE,
                places=None if site.inside is None else site.inside & self.panel.young.named,
                modalities=frozenset(Modality),
            )
            mask |= self.panel.young.index.outcomes(place).possible
        return mask

    def _near(self, key: UUID) -> Candidate:
        young, mine = _nearest(self.panel.young, key, self.young)
        grown, theirs = _nearest(self.panel.grown, key, self.grown) if self.grown else (None, frozenset())
        assert young is not None
        elsewhere = _elsewhere(mine | theirs)
        covered = () if elsewhere else (young.site,)
        found = self._candidate(key, covered, young, grown, max(len(mine) + len(theirs), 1))
        return replace(found, elsewhere=elsewhere)

    def _candidate(
        self, key: UUID, covered: tuple[Site, ...], young: Typical, grown: Typical | None, changes: int
    ) -> Candidate:
        told = grounds(self.panel.young, key, young)
        lost = {SPECIFIC.get(ground.test.code) for ground in told if ground.state is Truth.NO}
        held = {SPECIFIC.get(ground.test.code) for ground in told if _held(ground)}
        met = (held - lost) & self._asked()
        association = self.panel.programmes[key].association_id
        matter = self._matter(key, told, covered, grown)
        return Candidate(key, association, covered, young, grown, changes, elsewhere=False, met=len(met), matter=matter)

    def _matter(self, key: UUID, told: list[Ground], covered: tuple[Site, ...], grown: Typical | None) -> Matter:
        return Matter(
            young=told,
            grown=grounds(self.panel.grown, key, grown),
            employee=grown,
            covered=covered,
            sites=self.sites,
            wishes=self.wishes,
            mentors=self.panel.grown.programme(key),
            lacking=False,
        )

    def _asked(self) -> set[str | None]:
        wishes = self.wishes
        given = {"causes": wishes.causes, "publics": wishes.groups, "stages": wishes.stages}
        return {name for name, answers in given.items() if answers}


def grounds(shelf: Shelf, key: UUID, person: Typical | None) -> list[Ground]:
    """The tests that made the programme what it is for this person, in its best way of meeting."""
    position = shelf.catalogue.positions.get(str(key))
    if position is None or person is None:
        return []
    judged = shelf.index.judged(position, person.profile)
    return judged.reasons(judged.best_way())


def _held(ground: Ground) -> bool:
    return ground.state is Truth.YES and not ground.excluded


def _first(judged: Sequence[tuple[Typical, Outcomes]], bit: int, sites: tuple[Site, ...]) -> Typical | None:
    """The first person the programme is right for: for certain if there is one, perhaps otherwise."""
    there = [(person, found) for person, found in judged if person.site in sites]
    certain = (person for person, found in there if found.certain & bit)
    possible = (person for person, found in there if found.possible & bit)
    return next(certain, None) or next(possible, None)


def _nearest(
    shelf: Shelf, key: UUID, judged: Sequence[tuple[Typical, Outcomes]]
) -> tuple[Typical | None, frozenset[Any]]:
    """The person that the fewest changed tests would let in, and those changes; none when one fits as it is."""
    position, sites = shelf.catalogue.positions.get(str(key)), tuple({one.site for one, _ in judged})
    fitting = _first(judged, shelf.bit(key), sites)
    if position is None or fitting is not None:
        return fitting or (judged[0][0] if judged else None), frozenset()
    tried = [
        (person, programme.fewest_changes(way))
        for person, _ in judged[:NEAREST_TRIED]
        for programme in (shelf.index.judged(position, person.profile),)
        for way in accepted_ways(person.profile) or WAYS
        if programme.truth(way) is Truth.NO
    ]
    return min(tried, key=lambda each: (not each[1], _elsewhere(each[1]), len(each[1])))


def _elsewhere(changes: Iterable[tuple[Any, bool]]) -> bool:
    """Whether it would have to work in another place: then it is no neighbour, however near its criteria."""
    return any(isinstance(test, TerritoryTest) for test, _ in changes)


class Telling:
    """Candidates put into words."""

    def __init__(self, panel: Panel, lacking: frozenset[UUID]) -> None:
        self.panel, self.lacking = panel, lacking

    def answer(self, one: Candidate) -> Answer:
        association = self.panel.associations[one.association]
        matter = replace(one.matter, lacking=one.association in self.lacking)
        return Answer(
            association=one.association,
            name=association.name,
            slug=association.slug,
            programme=one.programme,
            fits=one.fits,
            lacking=matter.lacking,
            why=tuple(for_it(matter)),
            but=(*against(matter), *unsure(matter)),
        )
