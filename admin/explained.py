"""A stored decision, put as the page tells it: who was chosen and why, how ARM ranked, why not the others."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from matching.decision import Placed, Unroutable, Waitlisted
from matching.explanation import Eligibility, Explanation, Judged, RankLine
from matching.reasoning import Row, State
from matching.vocabulary import REMOTE
from portal.queries.decisions import StoredDecision
from portal.web.typography import NBSP, number, plural

WORDS = ("Aucune", "Une", "Deux", "Trois", "Quatre", "Cinq", "Six", "Sept", "Huit", "Neuf", "Dix")
STATES = {State.HELD: "yes", State.TO_VERIFY: "unknown", State.FAILED: "no"}
SHOWN = 8
DIGEST_GROUP = 4


class Offered(Protocol):
    """Where a request was sent: a row of its assignments."""

    association_id: UUID
    association: str
    programme_id: UUID


@dataclass(frozen=True)
class Told:
    """title: the outcome. advice: what the engine said when somebody decided otherwise. why: rows for why_table. ranked: its title and lines. others, more: rows for ticks.

    digest: its first eight signs, in two groups.
    """

    title: str
    icon: str
    tone: str
    advice: str
    why: list[dict[str, str]]
    ranked_title: str
    ranked: tuple[RankLine, ...]
    counterfactuals: tuple[str, ...]
    others_title: str
    others: list[dict[str, str]]
    rules: str
    digest: str

    @property
    def first(self) -> list[dict[str, str]]:
        return self.others[:SHOWN]

    @property
    def more(self) -> list[dict[str, str]]:
        return self.others[SHOWN:]


def counted(count: int) -> str:
    """« Trois », « 12 »: in words up to ten."""
    return WORDS[count] if count < len(WORDS) else str(count)


def told(decision: StoredDecision, offered: Offered | None = None) -> Told | None:
    """None once the facts have been erased. offered: where the request was sent after this decision, if it was."""
    explanation = decision.explanation
    if explanation is None:
        return None
    title, icon, tone = _by_hand(offered) if decision.orienter and offered else _title(decision, explanation)
    others = list(_others(decision, explanation, offered))
    return Told(
        title=title,
        icon=icon,
        tone=tone,
        advice=f"L’ARM disait{NBSP}: {explanation.headline}" if decision.orienter else "",
        why=_why(decision, explanation, offered),
        ranked_title=_ranked_title(decision, explanation),
        ranked=explanation.ranking,
        counterfactuals=explanation.counterfactuals or explanation.nearest,
        others_title=_others_title(decision, len(others)),
        others=others,
        rules=_rules(decision),
        digest=short(decision.outcome.digest),
    )


def short(digest: str) -> str:
    """The first eight signs, in two groups: enough to compare by eye."""
    return f"{digest[:DIGEST_GROUP]}{NBSP}{digest[DIGEST_GROUP : 2 * DIGEST_GROUP]}"


def _title(decision: StoredDecision, explanation: Explanation) -> tuple[str, str, str]:
    match decision.outcome:
        case Placed(association=association) as outcome:
            return f"Confiée à {outcome.catalogue.name(association)}", "circle-check", "good"
        case Waitlisted():
            fitting = {judged.association for judged in explanation.programmes if _fits(judged)}
            return (
                f"{counted(len(fitting))} {_agree(len(fitting), 'convient', 'conviennent')}, sans place",
                "pause",
                "warn",
            )
        case Unroutable(why=why):
            return f"Nulle part{NBSP}: {why.label}", "circle-x", "bad"


def _fits(judged: Judged) -> bool:
    return judged.eligibility is not Eligibility.INELIGIBLE and not judged.tried


def _agree(count: int, one: str, many: str) -> str:
    return one if count < 2 else many  # noqa: PLR2004 - French is plural from two


def _by_hand(offered: Offered) -> tuple[str, str, str]:
    return f"Orientée à la main vers {offered.association}", "hand", "good"


def _why(decision: StoredDecision, explanation: Explanation, offered: Offered | None) -> list[dict[str, str]]:
    """The criteria of the programme it went to against the person's facts, its places last."""
    outcome = decision.outcome
    placed = outcome.programme if isinstance(outcome, Placed) else None
    went = str(offered.programme_id) if offered else placed
    chosen = next((judged for judged in explanation.programmes if judged.programme == went), None)
    if chosen is None:
        return []
    rows = [_row(row) for row in chosen.rows]
    return [*rows, _places(outcome)] if isinstance(outcome, Placed) and went == placed else rows


def _row(row: Row) -> dict[str, str]:
    return {"name": row.criterion, "fact": row.fact, "rule": row.rule, "state": STATES[row.state]}


def _places(outcome: Placed) -> dict[str, str]:
    row = outcome.standing.rows(outcome.association, outcome.programme)[outcome.place]
    where = "à distance" if outcome.place == REMOTE else ""
    free = max(row.declared - row.taken, 0)
    declared = number(row.declared)
    said = f"{declared} ou plus" if row.or_more else f"{plural(free, 'libre')} sur {declared}"
    return {"name": "Places", "fact": "—", "rule": f"{said} {where}".strip(), "state": "yes" if row.open else "no"}


def _ranked_title(decision: StoredDecision, explanation: Explanation) -> str:
    count = len(explanation.ranking)
    if not isinstance(decision.outcome, Placed):
        return "Aucun classement"
    if count == 1:
        return "Une seule en lice"
    return f"{counted(count)} en lice, l’ARM a classé"


def _others_title(decision: StoredDecision, count: int) -> str:
    if isinstance(decision.outcome, Placed):
        return (
            f"{counted(count)} {_agree(count, 'autre', 'autres')}{NBSP}: pourquoi pas {_agree(count, 'elle', 'elles')}"
        )
    return f"{counted(count)} {_agree(count, 'association examinée', 'associations examinées')}, et pourquoi"


def _rules(decision: StoredDecision) -> str:
    outcome = decision.outcome
    said = f"Règles v{outcome.policy.version}"
    if isinstance(outcome, Placed):
        return f"{said}, critères v{outcome.catalogue.programme(outcome.programme).version}"
    return said


def _others(decision: StoredDecision, explanation: Explanation, offered: Offered | None) -> Iterator[dict[str, str]]:
    """One line an association that was not in the running, by its programme that came nearest."""
    running = {line.association for line in explanation.ranking}
    if isinstance(decision.outcome, Placed):
        running.add(decision.outcome.association)
    if offered:
        running.add(str(offered.association_id))
    for judged in sorted(_best(explanation.programmes), key=_nearness):
        if judged.association not in running:
            yield _other(judged)


def _best(programmes: Iterable[Judged]) -> Iterable[Judged]:
    best: dict[str, Judged] = {}
    for judged in programmes:
        known = best.get(judged.association)
        if known is None or _nearness(judged) < _nearness(known):
            best[judged.association] = judged
    return best.values()


def _nearness(judged: Judged) -> tuple[bool, int, int, str]:
    """Those already tried last; then by eligibility, by the fewest tests failed, by name."""
    failed = sum(row.state is State.FAILED for row in judged.rows)
    order = list(Eligibility).index(judged.eligibility)
    return judged.tried, order, len(judged.nearest) or failed, judged.association_name


def _other(judged: Judged) -> dict[str, str]:
    """Its name and the one reason: tried, full or closed, something to verify, a test failed."""
    name = {"strong": judged.association_name}
    if judged.tried:
        return name | {"text": "déjà sollicitée pour cette demande", "tone": "quiet", "icon": "undo-2"}
    if judged.closed:
        return name | {"text": judged.closed, "tone": "warn", "icon": "pause"}
    failed = [row for row in judged.rows if row.state is State.FAILED]
    if failed:
        return name | {"text": against(failed[0]), "tone": "bad", "icon": "x"}
    unknown = [row for row in judged.rows if row.state is State.TO_VERIFY]
    said = f"à vérifier{NBSP}: {unknown[0].criterion.lower()} ({unknown[0].rule})" if unknown else "convenait"
    return name | {"text": said, "tone": "warn", "icon": "circle-question-mark"}


def against(row: Row) -> str:
    """« Âge : 14 ans ; règle : de 18 à 33 ans »."""
    return f"{row.criterion}{NBSP}: {row.fact}{NBSP}; règle{NBSP}: {row.rule}"
