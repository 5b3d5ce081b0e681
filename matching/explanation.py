"""The whole explanation of a decision, for staff: why here, why not elsewhere, what was close."""

from collections.abc import Iterator
from dataclasses import dataclass

from matching.counterfactual import TOLD, NearMiss, counterfactuals, near_misses, running
from matching.decision import Outcome, Placed, Unroutable
from matching.index import compiled
from matching.openings import places_nearest_first
from matching.profile import Profile
from matching.programme import Programme
from matching.reasoning import Row, attainment_said, rows_of
from matching.standing import covering_row
from matching.vocabulary import REMOTE, Word
from matching.wording import NBSP, counted, listed, number, quoted


class Eligibility(Word):
    ELIGIBLE = "eligible", "convient"
    TO_VERIFY = "to_verify", "à vérifier"
    INELIGIBLE = "ineligible", "ne convient pas"


@dataclass(frozen=True, slots=True)
class Judged:
    """One programme looked at. `closed`: why it had no room though it fits; `nearest`: what excluded it."""

    programme: str
    name: str
    version: int
    association: str
    association_name: str
    eligibility: Eligibility
    rows: tuple[Row, ...]
    tried: bool
    closed: str | None
    nearest: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        return {
            "programme": self.programme,
            "name": self.name,
            "version": self.version,
            "association": self.association,
            "association_name": self.association_name,
            "eligibility": self.eligibility.value,
            "rows": [row.to_json() for row in self.rows],
            "tried": self.tried,
            "closed": self.closed,
            "nearest": list(self.nearest),
        }


@dataclass(frozen=True, slots=True)
class RankLine:
    """One association in the running: its figures, and them in words."""

    rank: int
    association: str
    name: str
    committed: int
    objective: int
    virtual_start: str
    said: str

    def to_json(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Explanation:
    """`sentences` is the story to read first; `programmes` are all those looked at, those that fit first."""

    headline: str
    sentences: tuple[str, ...]
    programmes: tuple[Judged, ...]
    ranking: tuple[RankLine, ...]
    counterfactuals: tuple[str, ...]
    nearest: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        return {
            "headline": self.headline,
            "sentences": list(self.sentences),
            "programmes": [judged.to_json() for judged in self.programmes],
            "ranking": [line.to_json() for line in self.ranking],
            "counterfactuals": list(self.counterfactuals),
            "nearest": list(self.nearest),
        }


def explain(decision: Outcome, profile: Profile) -> Explanation:
    """Everything, for staff only: it names every association and its figures."""
    near = near_misses(decision, profile)
    ranking = _ranking(decision, profile) if isinstance(decision, Placed) else ()
    return Explanation(
        headline=_headline(decision),
        sentences=tuple(_sentences(decision, profile, ranking)),
        programmes=_judged(decision, profile, near),
        ranking=ranking,
        counterfactuals=tuple(counterfactuals(decision, profile, near)) if isinstance(decision, Placed) else (),
        nearest=tuple(_nearest(decision, near)),
    )


def _headline(decision: Outcome) -> str:
    name = decision.catalogue.name
    match decision:
        case Placed():
            programme = decision.catalogue.programme(decision.programme)
            known = f", {quoted(programme.name)}" if programme.name else ""
            to_verify = "" if decision.certain else ", à vérifier"
            return f"Proposée à {name(decision.association)}{known}, {decision.way.label}{to_verify}."
        case Unroutable(why=why):
            return f"Sans solution{NBSP}: {why.label}."
    fits = (decision.outcomes.possible & decision.untried).bit_count()
    return f"Liste d’attente{NBSP}: {counted(fits, 'programme')} qui {_agree(fits)}, aucune place libre."


def _agree(count: int) -> str:
    return "conviennent" if count > 1 else "convient"


def _sentences(decision: Outcome, profile: Profile, ranking: tuple[RankLine, ...]) -> Iterator[str]:
    certain = decision.outcomes.certain.bit_count()
    possible = decision.outcomes.possible.bit_count() - certain
    looked = counted(len(decision.catalogue.programmes), "programme examiné", "programmes examinés")
    yield f"{looked}{NBSP}: {certain} {_agree(certain)}, {possible} à vérifier."
    if decision.tried:
        tried = listed(sorted(decision.catalogue.name(each) for each in decision.tried), "et")
        yield f"Déjà sollicitées{NBSP}: {tried}."
    if isinstance(decision, Placed):
        yield from _placing(decision, profile, ranking)


def _placing(decision: Placed, profile: Profile, ranking: tuple[RankLine, ...]) -> Iterator[str]:
    judged = compiled(decision.catalogue).judged(decision.catalogue.positions[decision.programme], profile)
    for row in rows_of(judged, profile, decision.catalogue.names, decision.way):
        yield f"{row.criterion}{NBSP}: {row.fact}, {row.state.label} (règle{NBSP}: {row.rule})."
    if ranking[1:]:
        first, second = ranking[:2]
        yield f"{first.name} est à {first.said}, avant {second.name} à {second.said}."
    yield f"Ce qui a décidé{NBSP}: {decision.tie_break.label}."


def _ranking(decision: Placed, profile: Profile) -> tuple[RankLine, ...]:
    lines = []
    for place, ranked in enumerate(running(decision, profile), start=1):
        its = decision.standing.association(ranked.association)
        start = number(its.virtual_start) if its.virtual_start and its.committed < its.objective else ""
        said = attainment_said(its.committed, its.objective)
        lines.append(
            RankLine(
                rank=place,
                association=ranked.association,
                name=decision.catalogue.name(ranked.association),
                committed=its.committed,
                objective=its.objective,
                virtual_start=start,
                said=f"{said}, avec un départ virtuel de {start}" if start else said,
            )
        )
    return tuple(lines)


def _judged(decision: Outcome, profile: Profile, near: list[NearMiss]) -> tuple[Judged, ...]:
    missed = {miss.programme.id: miss.changes for miss in near}
    found = [
        _judge(decision, profile, position, programme, missed.get(programme.id, ()))
        for position, programme in enumerate(decision.catalogue.programmes)
    ]
    order = list(Eligibility)
    return tuple(sorted(found, key=lambda judged: (order.index(judged.eligibility), judged.programme)))


def _judge(
    decision: Outcome, profile: Profile, position: int, programme: Programme, nearest: tuple[str, ...]
) -> Judged:
    certain = decision.outcomes.certain >> position & 1
    possible = decision.outcomes.possible >> position & 1
    tried = programme.association in decision.tried
    chosen = isinstance(decision, Placed) and programme.id == decision.programme
    way = decision.way if isinstance(decision, Placed) and chosen else None
    return Judged(
        programme=programme.id,
        name=programme.name,
        version=programme.version,
        association=programme.association,
        association_name=decision.catalogue.name(programme.association),
        eligibility=ELIGIBILITY[certain, possible],
        rows=rows_of(compiled(decision.catalogue).judged(position, profile), profile, decision.catalogue.names, way),
        tried=tried,
        closed=_closed(decision, profile, position, programme) if possible and not tried else None,
        nearest=nearest,
    )


ELIGIBILITY = {
    (1, 1): Eligibility.ELIGIBLE,
    (0, 1): Eligibility.TO_VERIFY,
    (0, 0): Eligibility.INELIGIBLE,
}


def _closed(decision: Outcome, profile: Profile, position: int, programme: Programme) -> str | None:
    """Why a programme that fits has no room; None when it has."""
    closed = programme.closed_because(decision.at.date())
    if closed or decision.standing.association(programme.association).stopped:
        return closed or "objectif atteint, l’association a demandé à s’arrêter là"
    rows = decision.standing.rows(programme.association, programme.id)
    in_person = decision.outcomes.in_person_possible >> position & 1
    remote = decision.outcomes.remote_possible >> position & 1
    here = covering_row(rows, places_nearest_first(profile), remote=False) if in_person else None
    drawn = [place for place in (here, REMOTE if remote and REMOTE in rows else None) if place]
    if not drawn:
        return "aucune place déclarée pour cette personne"
    if any(rows[place].open for place in drawn):
        return None
    full = [f"{_place(decision, place)} {rows[place].taken} sur {rows[place].declared}" for place in drawn]
    return f"complet{NBSP}: {listed(full, 'et')}"


def _place(decision: Outcome, place: str) -> str:
    return "à distance" if place == REMOTE else decision.catalogue.name(place)


def _nearest(decision: Outcome, near: list[NearMiss]) -> Iterator[str]:
    """For whom nobody fits: the programmes that came closest, and the test that excluded each."""
    if isinstance(decision, Unroutable):
        for miss in near[:TOLD]:
            programme = miss.programme.name and f" ({miss.programme.name})"
            name = decision.catalogue.name(miss.programme.association)
            yield f"{name}{programme} convenait {listed(miss.changes, 'et')}."
