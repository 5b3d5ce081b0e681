"""The association's own part of a decision: why it, and its own figures. Nobody else's figures are in it."""

from dataclasses import dataclass

from matching.decision import Outcome, Placed
from matching.index import compiled
from matching.profile import Profile
from matching.ranking import PolicyName, TieBreak
from matching.reasoning import Row, State, attainment_said, rows_of
from matching.vocabulary import Modality

FURTHEST = (TieBreak.DECLARED, TieBreak.ATTAINMENT, TieBreak.LEVEL, TieBreak.GAP)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """`rows` are [criterion, the person's fact, your rule, held or to_verify]; `rank` is among `competitors`.

    `rank` is None when staff chose an association that was not in the running; so are `committed` and
    `objective` when its standing was not looked at.
    """

    programme: str
    version: int
    way: Modality | None
    rows: tuple[Row, ...]
    to_verify: tuple[str, ...]
    committed: int | None
    objective: int | None
    attainment: str
    rank: int | None
    competitors: int
    sentence: str

    def to_json(self) -> dict[str, object]:
        return {
            "programme": self.programme,
            "version": self.version,
            "way": self.way and self.way.value,
            "rows": [row.to_json() for row in self.rows],
            "to_verify": list(self.to_verify),
            "committed": self.committed,
            "objective": self.objective,
            "attainment": self.attainment,
            "rank": self.rank,
            "competitors": self.competitors,
            "sentence": self.sentence,
        }


def excerpt(decision: Outcome, profile: Profile, programme: str | None = None) -> Excerpt:
    """What the association may read. `programme` is the one staff chose, when they oriented by hand.

    Raises ValueError when nothing was decided and no programme is given.
    """
    placed = decision if isinstance(decision, Placed) else None
    if programme is None and placed is None:
        raise ValueError("nothing was decided: name the programme chosen by hand")
    chosen = decision.catalogue.programme(programme or (placed.programme if placed else ""))
    way = placed.way if placed and chosen.id == placed.programme else None
    judged = compiled(decision.catalogue).judged(decision.catalogue.positions[chosen.id], profile)
    rows = rows_of(judged, profile, decision.catalogue.names, way)
    its = decision.standing.associations.get(chosen.association)
    ranking = placed.ranking if placed else ()
    rank = ranking.index(chosen.association) + 1 if chosen.association in ranking else None
    return Excerpt(
        programme=chosen.id,
        version=chosen.version,
        way=way,
        rows=rows,
        to_verify=tuple(f"{row.criterion}\u00a0: {row.rule}" for row in rows if row.state is State.TO_VERIFY),
        committed=its.committed if its else None,
        objective=its.objective if its else None,
        attainment=attainment_said(its.committed, its.objective) if its else "",
        rank=rank,
        competitors=len(ranking),
        sentence=_sentence(placed, rank),
    )


def _sentence(decision: Placed | None, rank: int | None) -> str:
    if decision is None or rank is None:
        return "Demande orientée à la main par le Collectif."
    count = len(decision.ranking)
    if count == 1:
        return "La vôtre est la seule association qui convenait et avait de la place."
    among = f"De {count} associations qui convenaient, la vôtre"
    if rank > 1:
        return f"Demande orientée à la main. {among} est la {rank}e dans l’ordre d’orientation."
    if decision.tie_break in FURTHEST and decision.policy.name is not PolicyName.ARM_ABSOLUTE:
        return f"{among} est la plus loin de son objectif."
    return f"{among} passe en premier ({decision.tie_break.label})."
