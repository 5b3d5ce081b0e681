"""Where each run starts: three associations, four programmes over two sides, few places."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from matching.vocabulary import Modality, Side
from portal.foundation import clock
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.person import Applicant, Guardian, Person, Referrer
from portal.models.programme import Programme as ProgrammeRow
from portal.models.programme import ProgrammeVersion
from portal.models.referral import Awaited
from portal.operations.consent import Filler
from portal.operations.intake import Submission
from tests.factories import make_association, make_campaign, make_capacity, make_objective, make_programme
from tests.stateful.model import Model, Programme, Row

EVERYBODY = (0, 99)
ROUBAIX, PARIS = "59512", "75056"
BY_SPECIFICITY = {ROUBAIX: ("commune:59512", "country:FR"), PARIS: ("country:FR",)}


@dataclass(frozen=True)
class Kind:
    """Who sends a request, for whom, and what it then waits for, as decisions.md 11 says."""

    side: Side
    filler: Filler
    age: int
    awaits: frozenset[Awaited]
    attested: bool = False


ADDRESS = frozenset({Awaited.ADDRESS})
BOTH = ADDRESS | {Awaited.GUARDIAN}
KINDS = (
    Kind(Side.MENTEE, Filler.SELF, 20, ADDRESS),
    Kind(Side.MENTEE, Filler.SELF, 12, BOTH),
    Kind(Side.MENTEE, Filler.SELF, 16, ADDRESS),
    Kind(Side.MENTEE, Filler.PARENT, 11, ADDRESS),
    Kind(Side.MENTEE, Filler.RELATIVE, 13, BOTH),
    Kind(Side.MENTEE, Filler.PROFESSIONAL, 19, ADDRESS),
    Kind(Side.MENTEE, Filler.PROFESSIONAL, 14, ADDRESS, attested=True),
    Kind(Side.MENTOR, Filler.SELF, 40, ADDRESS),
)
WAYS = (frozenset(Modality), frozenset({Modality.IN_PERSON}), frozenset({Modality.REMOTE}))


def submission(kind: Kind, home: str, ways: frozenset[Modality]) -> Submission:
    minor = kind.age < 18
    return Submission(
        side=kind.side,
        filler=kind.filler,
        person=Person(
            Applicant("Léa", "Martin", "lea@example.org", "0639980001", date(clock.today().year - kind.age, 1, 1)),
            guardian=Guardian("Anne Martin", "anne@example.org") if minor else None,
            referrer=Referrer("Paul Petit", "paul@example.org") if kind.filler is Filler.PROFESSIONAL else None,
        ),
        commune=home,
        modalities=ways,
        attested=kind.attested,
    )


@dataclass
class World:
    """The rows the run starts from, and the model that knows them."""

    arrange: Session
    model: Model

    def __post_init__(self) -> None:
        self.campaign: Campaign = make_campaign(self.arrange)
        first, second, third = (self._association(name) for name in ("Première", "Seconde", "Troisième"))
        self._programme(first, Side.MENTEE)
        capped = self._programme(first, Side.MENTEE)
        both = self._programme(second, Side.MENTEE, Side.MENTOR)
        self._programme(third, Side.MENTEE, Side.MENTOR)
        self._places(first, Side.MENTEE, "country:FR", 1)
        self._places(first, Side.MENTEE, "country:FR", 1, programme=capped)
        self._places(second, Side.MENTEE, "commune:59512", 1)
        self._places(second, Side.MENTEE, "country:FR", 1)
        self._places(second, Side.MENTEE, "remote", 1)
        self._places(third, Side.MENTEE, "country:FR", 2)
        self._places(second, Side.MENTOR, "country:FR", 1)
        self._places(third, Side.MENTOR, "remote", 1)
        assert both.association_id == second.id
        self.arrange.commit()

    def _association(self, name: str) -> Association:
        association = make_association(self.arrange, name)
        self.model.associations.append(association.id)
        for side, objective in ((Side.MENTEE, 10), (Side.MENTOR, 5)):
            make_objective(self.arrange, association, self.campaign, objective, side)
        return association

    def _programme(self, association: Association, *sides: Side) -> ProgrammeRow:
        made = make_programme(self.arrange, association, side=sides[0])
        for side in sides[1:]:
            other: dict[str, Any] = {"association_id": association.id, "programme_id": made.id, "number": 1}
            self.arrange.add(ProgrammeVersion(side=side, criteria={"all": []}, **other))
        self.model.programmes[made.id] = Programme(made.id, association.id, dict.fromkeys(sides, EVERYBODY))
        return made

    def _places(
        self, association: Association, side: Side, place: str, amount: int, *, programme: ProgrammeRow | None = None
    ) -> None:
        owner = programme.id if programme else None
        row = make_capacity(self.arrange, association, self.campaign, amount, place, side, programme_id=owner)
        self.model.rows[row.id] = Row(row.id, association.id, owner, side, place, amount)
