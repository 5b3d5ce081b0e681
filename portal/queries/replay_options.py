"""What a replay may change on one side: objectives, places, criteria, as they are in force (staff's scope)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from matching.vocabulary import Side
from portal.foundation.extensions import db
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.capacity import Capacity
from portal.models.programme import Programme, ProgrammeVersion
from portal.models.referral import Referral
from portal.queries.campaigns import running_campaign
from portal.queries.catalogue import place_name
from portal.queries.criteria import Proposal, pending_proposals
from portal.queries.objectives import ObjectiveLine, objective_lines

AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class PlaceLine:
    """One row of capacity. programme: whose own cap it is, None when the association's programmes share it."""

    id: UUID
    association_id: UUID
    association: str
    programme_id: UUID | None
    programme: str | None
    place: str
    amount: int
    or_more: bool

    @property
    def where(self) -> str:
        """« Proxité, Roubaix », with the programme when it is its own."""
        return ", ".join(filter(None, (self.association, self.programme, place_name(self.place))))


@dataclass(frozen=True)
class ProgrammeLine:
    """A programme that takes requests of that side."""

    id: UUID
    association: str
    name: str


@dataclass(frozen=True)
class Options:
    """All that can be changed; campaign None: nothing is in force, and nothing can be replayed."""

    campaign: Campaign | None
    objectives: Sequence[ObjectiveLine]
    places: Sequence[PlaceLine]
    programmes: Sequence[ProgrammeLine]
    proposals: Sequence[Proposal]


def options_of(side: Side) -> Options:
    """Five statements."""
    campaign = running_campaign()
    return Options(
        campaign,
        objective_lines(campaign.id, side) if campaign else (),
        _places(side, campaign.id) if campaign else (),
        _programmes(side),
        [one for one in pending_proposals() if one.side is side],
    )


def _places(side: Side, campaign_id: UUID) -> list[PlaceLine]:
    query: AnySelect = (
        select(
            Capacity.id,
            Capacity.association_id,
            Association.name.label("association"),
            Capacity.programme_id,
            Programme.name.label("programme"),
            Capacity.place,
            Capacity.amount,
            Capacity.or_more,
        )
        .join(Association, Association.id == Capacity.association_id)
        .outerjoin(Programme, Programme.id == Capacity.programme_id)
        .where(Capacity.side == side, Capacity.campaign_id == campaign_id)
        .order_by(func.lower(Association.name), Capacity.id)
    )
    return [PlaceLine(**row._asdict()) for row in db.session.execute(query)]


def _programmes(side: Side) -> list[ProgrammeLine]:
    told = select(ProgrammeVersion.programme_id).where(ProgrammeVersion.side == side)
    query: AnySelect = (
        select(Programme.id, Association.name.label("association"), Programme.name)
        .join(Association, Association.id == Programme.association_id)
        .where(Programme.archived_at.is_(None), Programme.id.in_(told))
        .order_by(func.lower(Association.name), func.lower(Programme.name), Programme.id)
    )
    return [ProgrammeLine(**row._asdict()) for row in db.session.execute(query)]


def referral_numbers(keys: Sequence[str]) -> Mapping[str, str]:
    """The number of each of these requests that is still there."""
    query: AnySelect = select(Referral.id, Referral.number).where(Referral.id.in_([UUID(key) for key in keys]))
    return {str(row.id): row.number for row in db.session.execute(query)}
