"""Writing down what a batch decided: a few statements for hundreds of requests."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import Row, insert, select, text

from matching.decision import Outcome, Placed, Unroutable, Waitlisted
from matching.excerpt import Excerpt, excerpt
from matching.profile import Profile
from matching.programme import Catalogue
from matching.standing import Places, Standing
from matching.storing import pack
from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.extensions import Base, db
from portal.foundation.identifiers import new_id
from portal.models.assignment import Assignment, AssignmentState
from portal.models.event import Event, EventName
from portal.models.outbox import Message
from portal.models.referral import ReferralState, UnroutableWhy
from portal.models.routing import RoutingCatalogue, RoutingDecision
from portal.operations.at_once import insert_at_once
from portal.operations.sums import Change, add_to_sums
from portal.operations.telling import Told, tell_once
from portal.queries.catalogue import place_name
from portal.queries.routing import Board

MOVE = text(
    "UPDATE referral SET state = moved.state, state_since = :at, unroutable_why = moved.why,"
    " version = referral.version + 1"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS integer[]), CAST(:states AS text[]), CAST(:whys AS text[]))"
    " AS moved (id, version, state, why)"
    " WHERE referral.id = moved.id AND referral.version = moved.version"
)
# The excerpt's fields, one by one: its own to_json copies every value, at a tenth of the time of a whole batch.
TOLD = ("programme", "version", "way", "committed", "objective", "attainment", "rank", "competitors", "sentence")
ROW = ("code", "criterion", "fact", "rule", "state")
EVENTS = {
    ReferralState.PLACED: EventName.REFERRAL_PLACED,
    ReferralState.WAITLISTED: EventName.REFERRAL_WAITLISTED,
    ReferralState.UNROUTABLE: EventName.REFERRAL_UNROUTABLE,
}


class LostReferralError(RuntimeError):
    """A request changed although its row was locked: nothing of the batch is kept."""


@dataclass(frozen=True)
class Orienter:
    """Who oriented by hand, and why; the event and the decision keep both."""

    account_id: UUID
    reason: str


@dataclass
class Record:
    """The rows of one batch, written together by `write`. at: the batch's instant, UTC."""

    board: Board
    at: datetime
    catalogue_id: UUID | None = None
    moved: list[tuple[UUID, int, ReferralState, UnroutableWhy | None]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    rows: dict[type[Base], list[dict[str, Any]]] = field(
        default_factory=lambda: {RoutingDecision: [], Assignment: [], Event: []}
    )

    def __post_init__(self) -> None:
        settings: Settings = current_app.config["SETTINGS"]
        self.late_at = clock.after_working_days(self.at, settings.late_working_days)
        self.patience = timedelta(days=settings.expiry_days)

    def decide(self, referral: Row[Any], profile: Profile, decision: Outcome, standing: Standing) -> None:
        """Keep the decision and what follows from it. standing: that after the offer, if there is one."""
        decision_id = self.keep(referral, decision)
        match decision:
            case Placed():
                its_part = excerpt(decision, profile)
                self.offer(referral, decision, its_part, standing, decision_id)
            case Waitlisted():
                self.told.append(_waiting_for_a_place(referral))
                self.move(referral, ReferralState.WAITLISTED)
            case Unroutable(why=why):
                self.move(referral, ReferralState.UNROUTABLE, UnroutableWhy(why.value))

    def keep(self, referral: Row[Any], decision: Outcome, orienter: Orienter | None = None) -> UUID:
        """Store the decision; returns its id."""
        decision_id = new_id()
        self.catalogue_id = self.catalogue_id or stored_catalogue(decision.catalogue)
        self.rows[RoutingDecision].append(
            {
                "id": decision_id,
                "referral_id": referral.id,
                "catalogue_id": self.catalogue_id,
                "decided_at": decision.at,
                "packed": pack(decision),
                "profile": referral.profile,
                "orienter_id": orienter and orienter.account_id,
                "orienter_reason": orienter and orienter.reason,
            }
        )
        return decision_id

    def offer(
        self,
        referral: Row[Any],
        decision: Placed,
        its_part: Excerpt,
        standing: Standing,
        decision_id: UUID,
        orienter: Orienter | None = None,
    ) -> UUID:
        """The request goes to the programme decided on; returns the assignment's id."""
        campaign_id = self.board.campaign_id
        assert campaign_id is not None
        association_id, programme_id = UUID(decision.association), UUID(decision.programme)
        capacity_id = self.board.capacity_of(decision)
        assignment_id = new_id()
        self.rows[Assignment].append(
            {
                "id": assignment_id,
                "referral_id": referral.id,
                "association_id": association_id,
                "programme_id": programme_id,
                "campaign_id": campaign_id,
                "capacity_id": capacity_id,
                "decision_id": decision_id,
                "side": self.board.side,
                "referral_number": referral.number,
                "place": decision.place,
                "hop": referral.hops,
                "by_hand": orienter is not None,
                "state": AssignmentState.OFFERED,
                "offered_at": decision.at,
                "late_at": self.late_at,
                "due_at": decision.at + self.patience,
                "excerpt": _shown(its_part, decision, standing),
                "to_verify": list(its_part.to_verify),
                "version": 1,
            }
        )
        self.changes.append(
            Change(association_id, campaign_id, self.board.side, programme_id, capacity_id, 1, decision.at)
        )
        self.told += _offered(referral.id, assignment_id, association_id)
        self.move(
            referral,
            ReferralState.PLACED,
            event=EventName.REFERRAL_ORIENTED_BY_HAND if orienter else EventName.REFERRAL_PLACED,
            association_id=association_id,
            assignment_id=assignment_id,
            account_id=orienter and orienter.account_id,
            data={"programme": decision.programme, "hop": referral.hops, "certain": decision.certain},
        )
        return assignment_id

    def move(
        self,
        referral: Row[Any],
        state: ReferralState,
        why: UnroutableWhy | None = None,
        *,
        event: EventName | None = None,
        **event_fields: Any,
    ) -> None:
        self.moved.append((referral.id, referral.version, state, why))
        fields = {
            "id": new_id(),
            "association_id": None,
            "assignment_id": None,
            "account_id": None,
            "data": {"why": why} if why else {},
        }
        self.rows[Event].append(
            fields | event_fields | {"at": self.at, "name": event or EVENTS[state], "referral_id": referral.id}
        )

    def write(self) -> None:
        """Write everything. Raises LostReferralError, which keeps nothing."""
        if not self.moved:
            return
        ids, versions, states, whys = zip(*self.moved, strict=True)
        moved = db.session.connection().execute(
            MOVE,
            {"at": self.at, "ids": list(ids), "versions": list(versions), "states": list(states), "whys": list(whys)},
        )
        if moved.rowcount != len(self.moved):
            raise LostReferralError(f"{moved.rowcount} of {len(self.moved)} requests were as they had been read")
        for model, rows in self.rows.items():
            insert_at_once(model, rows)
        add_to_sums(self.changes)
        tell_once(self.told)


def _offered(referral_id: UUID, assignment_id: UUID, association_id: UUID) -> tuple[Told, Told]:
    """Whoever asked is told where the request went; the association's team that it has come."""
    return (
        Told(Message.REFERRAL_PLACED, str(assignment_id), referral_id=referral_id),
        Told(Message.REQUEST_OFFERED, str(assignment_id), reference_id=assignment_id, association_id=association_id),
    )


def _waiting_for_a_place(referral: Row[Any]) -> Told:
    """Once, and once more each time an association gives the request back; never for a further look at the list."""
    return Told(Message.REFERRAL_WAITLISTED, f"{referral.id}:{referral.hops}", referral_id=referral.id)


def _shown(its_part: Excerpt, decision: Placed, standing: Standing) -> dict[str, object]:
    """The association's own part, with the names and the places left that its inbox shows."""
    row: Places = standing.rows(decision.association, decision.programme)[decision.place]
    return {
        **{name: getattr(its_part, name) for name in TOLD},
        "rows": [{name: getattr(row, name) for name in ROW} for row in its_part.rows],
        "programme_name": decision.catalogue.programme(decision.programme).name,
        "way_label": decision.way.label,
        "place": decision.place,
        "place_label": place_name(decision.place),
        "declared": row.declared,
        "free": None if row.or_more else max(row.declared - row.taken, 0),
    }


def stored_catalogue(catalogue: Catalogue) -> UUID:
    """The row that keeps this catalogue, made the first time it is decided on."""
    digest = bytes.fromhex(catalogue.digest)
    found = db.session.scalar(select(RoutingCatalogue.id).where(RoutingCatalogue.digest == digest))
    if found is None:
        found = new_id()
        db.session.execute(
            insert(RoutingCatalogue),
            [{"id": found, "side": catalogue.side, "digest": digest, "programmes": catalogue.to_json()}],
        )
    return found
