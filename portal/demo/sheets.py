"""The shapes of an association and of what it declares, as the demonstration makes them."""

from dataclasses import dataclass

from matching.vocabulary import Modality, Side
from portal.demo.criteria import Criteria


@dataclass(frozen=True, slots=True)
class DemoProgramme:
    """One programme, with its criteria for each side (None: it takes nobody on that side).

    Criteria are the JSON that ``matching.criteria.read_criteria`` reads. ``notes`` say in French
    how the sheet was read.
    """

    key: str
    name: str
    summary: str
    mentee_criteria: Criteria | None
    mentor_criteria: Criteria | None
    mentors_wanted: str
    duration: str
    frequency: str
    meeting: str
    modalities: tuple[Modality, ...]
    partners: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    source: str = ""

    def criteria(self, side: Side) -> Criteria | None:
        """The criteria of one side."""
        return self.mentee_criteria if side is Side.MENTEE else self.mentor_criteria


@dataclass(frozen=True, slots=True)
class DemoCapacity:
    """Places declared for one side and place, shared by the association's programmes."""

    side: Side
    place: str
    places: int
    or_more: bool = False


@dataclass(frozen=True, slots=True)
class DemoObjective:
    """The objective of the demonstration's campaign, and the figures published, kept apart."""

    side: Side
    target: int
    published_national: int | None = None
    published_local: int | None = None
    published_local_place: str | None = None


@dataclass(frozen=True, slots=True)
class DemoCoordinator:
    """Somebody who answers requests; the mailbox is at example.org."""

    first_name: str
    last_name: str
    email: str


@dataclass(frozen=True, slots=True)
class DemoAssociation:
    """A member association. ``site`` is a host name or empty; ``invented`` ones say so in their summary."""

    key: str
    name: str
    summary: str
    founder: bool
    invented: bool
    created: int | None
    site: str
    home: str
    territories: tuple[str, ...]
    contact_email: str
    contact_phone: str
    coordinators: tuple[DemoCoordinator, ...]
    programmes: tuple[DemoProgramme, ...] = ()
    capacities: tuple[DemoCapacity, ...] = ()
    objectives: tuple[DemoObjective, ...] = ()
    source: str = ""
    notes: tuple[str, ...] = ()

    def objective(self, side: Side) -> int:
        """The demonstration's objective for a side; 0 is undeclared."""
        return sum(objective.target for objective in self.objectives if objective.side is side)
