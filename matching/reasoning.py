"""Why a programme fits or not, in words: one row for each test that mattered."""

from dataclasses import asdict, dataclass
from fractions import Fraction

from matching.conditions import AgeTest, LevelTest, ModalityTest, TerritoryTest, Test, Truth
from matching.judging import Change, Judgement
from matching.profile import Profile
from matching.vocabulary import Modality, Word
from matching.wording import NBSP, Names, percent, quoted, rule, told


class State(Word):
    HELD = "held", "rempli"
    TO_VERIFY = "to_verify", "à vérifier"
    FAILED = "failed", "non rempli"


STATES = {Truth.YES: State.HELD, Truth.UNKNOWN: State.TO_VERIFY, Truth.NO: State.FAILED}


@dataclass(frozen=True, slots=True)
class Row:
    """A test that mattered: its subject, the person's fact, the programme's rule, and how it came out."""

    code: str
    criterion: str
    fact: str
    rule: str
    state: State

    def to_json(self) -> dict[str, str]:
        return {name: str(value) for name, value in asdict(self).items()}


def rows_of(judged: Judgement, profile: Profile, names: Names, way: Modality | None = None) -> tuple[Row, ...]:
    """The rows for one way of meeting (in person or remote), or for the best one."""
    remote = None if way is None else way is Modality.REMOTE
    chosen = judged.best_way(remote=remote)
    found = (
        Row(
            reason.test.code,
            reason.test.title,
            told(reason.test, profile, names),
            rule(reason.test, names, excluded=reason.excluded),
            STATES[reason.state],
        )
        for reason in judged.reasons(chosen)
    )
    return tuple(dict.fromkeys(found))


def changes_of(judged: Judgement, profile: Profile, names: Names) -> tuple[str, ...]:
    """The fewest changes that would have made it fit, in words; empty when none could."""
    return tuple(sorted(change_said(change, profile, names) for change in judged.changes))


def change_said(change: Change, profile: Profile, names: Names) -> str:
    """Such as "avec une limite d’âge à 26 ans": the rule as it would have had to be."""
    test, wanted = change
    if not wanted:
        return f"sans l’exclusion {quoted(rule(test, names))}"
    return _relaxed(test, profile, names) or f"sans la condition {quoted(rule(test, names))}"


def _relaxed(test: Test, profile: Profile, names: Names) -> str | None:
    match test:
        case AgeTest(_, most) if profile.age is not None:
            bound = "une limite d’âge" if most is not None and profile.age > most else "un âge minimal"
            return f"avec {bound} à {profile.age}{NBSP}ans"
        case LevelTest() if profile.level:
            return f"avec un niveau ouvert à {quoted(profile.level.label)}"
        case TerritoryTest() if profile.home:
            return f"avec {profile.home} dans son territoire"
        case ModalityTest():
            return f"en acceptant de se rencontrer {rule(test, names)}"
    return None


def attainment_said(committed: int, objective: int) -> str:
    """Such as "12 sur 40 (30 %)"."""
    if not objective:
        return f"{committed}, sans objectif déclaré"
    return f"{committed} sur {objective} ({percent(Fraction(committed, objective))})"
