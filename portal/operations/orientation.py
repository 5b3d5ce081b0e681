"""Orienting by hand: the engine's own list, explained, from which a person of the Collectif chooses."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select

from matching.decision import Outcome, Placed
from matching.excerpt import excerpt
from matching.explanation import Eligibility, Explanation, Judged, explain
from matching.openings import opening_of, places_nearest_first
from matching.profile import Profile
from matching.programme import Programme
from matching.ranking import Opening, TieBreak
from matching.reasoning import Row as Reason
from matching.reasoning import attainment_said
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.models.assignment import TO_ANSWER, Assignment, AssignmentState
from portal.models.event import JournalAct
from portal.models.referral import Referral, ReferralState
from portal.operations.history import journal
from portal.operations.recording import Orienter, Record
from portal.operations.routing import profile_of, take_openings
from portal.operations.sums import give_back
from portal.queries.catalogue import AnySelect
from portal.queries.routing import Board, board_of, tried_by

WAITING = frozenset({ReferralState.TO_ROUTE, ReferralState.WAITLISTED, ReferralState.UNROUTABLE})
TRIED = "déjà sollicitée pour cette demande"
NO_PLACE = "aucune place libre"
REASON_LENGTH = 1000
NBSP = "\u00a0"


@dataclass(frozen=True)
class Candidate:
    """One programme in the list. rank: its association's place in ARM's order. first: whom ARM would choose.

    closed: why it cannot take the request now, in words. rows: the tests that mattered. nearest: what would have
    made it fit.
    """

    programme_id: UUID
    programme: str
    version: int
    association_id: UUID
    association: str
    rank: int | None
    first: bool
    eligibility: Eligibility
    closed: str | None
    tried: bool
    committed: int
    objective: int
    attainment: str
    rows: tuple[Reason, ...]
    nearest: tuple[str, ...]

    @property
    def selectable(self) -> bool:
        return self.closed is None


@dataclass(frozen=True)
class Candidates:
    """What the engine would do now (kind, headline, sentences, nearest), and every programme, best first.

    possible: whether the request may be oriented by hand in its present state.
    """

    referral_id: UUID
    possible: bool
    kind: str
    headline: str
    sentences: tuple[str, ...]
    nearest: tuple[str, ...]
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class Hand:
    """A request laid out for orienting: its facts, what is open, and what the engine would do."""

    referral: Row[Any]
    profile: Profile
    board: Board
    outcome: Outcome

    def opening(self, programme: Programme) -> Opening | str:
        """The place this programme could offer, or why it cannot. Who does not fit may be met either way."""
        closed = programme.closed_because(self.outcome.at.date())
        if programme.association in self.outcome.tried or closed:
            return closed or TRIED
        found = opening_of(programme, self.board.standing, places_nearest_first(self.profile), **self._ways(programme))
        return found or NO_PLACE

    def _ways(self, programme: Programme) -> dict[str, bool]:
        bit = 1 << self.outcome.catalogue.positions[programme.id]
        fits = self.outcome.outcomes
        if not fits.possible & bit:
            return {"in_person": True, "remote": True}
        return {"in_person": bool(fits.in_person_possible & bit), "remote": bool(fits.remote_possible & bit)}


def candidates_for(referral_id: UUID) -> Candidates:
    """Every programme of the side, explained for this request. Raises Hidden when it is unknown.

    Also with an open assignment: its association then counts as tried.
    """
    referral = _referral(referral_id)
    current = db.session.scalar(_open_assignment(referral_id))
    hand = _laid_out(referral)
    said = explain(hand.outcome, hand.profile)
    listed = [_candidate(hand, judged, said) for judged in said.programmes]
    return Candidates(
        referral_id=referral_id,
        possible=_refusal(referral.state, current) is None,
        kind=hand.outcome.kind,
        headline=said.headline,
        sentences=said.sentences,
        nearest=said.nearest,
        candidates=tuple(sorted(listed, key=_best_first)),
    )


def orient_by_hand(referral_id: UUID, programme_id: UUID, *, by: UUID, reason: str = "") -> Assignment:
    """Offer the request to this programme (router's scope); takes its turn behind the batch under way.

    Raises Hidden for an unknown request, DomainError when its state forbids it, when the programme has no room
    (field "programme"), or when no reason is given for choosing another than the first (field "reason").
    """
    referral = _locked(referral_id)
    _withdraw_open(referral)
    take_openings(referral.side)
    hand = _laid_out(referral)
    programme = _programme(hand.outcome, programme_id)
    opening = hand.opening(programme)
    if isinstance(opening, str):
        raise DomainError(f"Ce programme ne peut pas recevoir la demande{NBSP}: {opening}.", field="programme")
    words = _reason(hand.outcome, programme, reason)
    return _offer(hand, opening, Orienter(by, words))


_COLUMNS = (
    Referral.id,
    Referral.number,
    Referral.version,
    Referral.profile,
    Referral.hops,
    Referral.side,
    Referral.state,
)


def _referral(referral_id: UUID) -> Row[Any]:
    return _found(select(*_COLUMNS).where(Referral.id == referral_id))


def _locked(referral_id: UUID) -> Row[Any]:
    """The request, locked before its assignment and before the openings: the order everybody keeps."""
    return _found(select(*_COLUMNS).where(Referral.id == referral_id).with_for_update())


def _found(query: AnySelect) -> Row[Any]:
    found = db.session.execute(query).one_or_none()
    if found is None:
        raise Hidden
    return found


def _open_assignment(referral_id: UUID) -> Select[Assignment]:
    return select(Assignment).where(Assignment.referral_id == referral_id, Assignment.closed_at.is_(None))


def _refusal(state: ReferralState, current: Assignment | None) -> str | None:
    """Why the request cannot be oriented by hand now; None when it can."""
    if state in WAITING:
        return None
    if state is not ReferralState.PLACED:
        return f"Cette demande ne peut pas être orientée{NBSP}: elle est «{NBSP}{state.label}{NBSP}»."
    if current is None or current.state not in TO_ANSWER:
        return "Une association a déjà répondu à cette demande."
    return None


def _withdraw_open(referral: Row[Any]) -> None:
    current = db.session.scalar(_open_assignment(referral.id).with_for_update())
    refusal = _refusal(referral.state, current)
    if refusal:
        raise DomainError(refusal)
    if current is not None:
        current.state, current.closed_at = AssignmentState.WITHDRAWN, clock.now()
        current.undo_until = current.contact_from = current.contact_until = None
        db.session.add(give_back(current))
        db.session.flush()


def _laid_out(referral: Row[Any]) -> Hand:
    profile = profile_of(referral)
    if profile is None:
        raise DomainError("Les informations de cette demande sont illisibles.")
    board = board_of(Side(referral.side))
    tried = tried_by([referral.id]).get(referral.id, frozenset())
    outcome = board.router.route(profile, board.standing, tried, clock.now().astimezone(clock.PARIS))
    return Hand(referral, profile, board, outcome)


def _candidate(hand: Hand, judged: Judged, said: Explanation) -> Candidate:
    outcome, key = hand.outcome, judged.association
    its = hand.board.standing.association(key)
    ranks = {line.association: line.rank for line in said.ranking}
    opening = hand.opening(outcome.catalogue.programme(judged.programme))
    return Candidate(
        programme_id=UUID(judged.programme),
        programme=judged.name,
        version=judged.version,
        association_id=UUID(key),
        association=judged.association_name,
        rank=ranks.get(key) if judged.eligibility is not Eligibility.INELIGIBLE else None,
        first=isinstance(outcome, Placed) and outcome.programme == judged.programme,
        eligibility=judged.eligibility,
        closed=(judged.closed or opening) if isinstance(opening, str) else None,
        tried=judged.tried,
        committed=its.committed,
        objective=its.objective,
        attainment=attainment_said(its.committed, its.objective),
        rows=judged.rows,
        nearest=judged.nearest,
    )


def _best_first(candidate: Candidate) -> tuple[Any, ...]:
    return (
        not candidate.first,
        not candidate.selectable,
        list(Eligibility).index(candidate.eligibility),
        candidate.rank or len(Eligibility) * 1000,
        len(candidate.nearest) or 1000,
        candidate.association,
        candidate.programme,
    )


def _programme(outcome: Outcome, programme_id: UUID) -> Programme:
    if str(programme_id) not in outcome.catalogue.positions:
        raise DomainError("Ce programme n’existe plus.", field="programme")
    return outcome.catalogue.programme(str(programme_id))


def _reason(outcome: Outcome, programme: Programme, reason: str) -> str:
    words = reason.strip()
    first = isinstance(outcome, Placed) and outcome.programme == programme.id
    if not first and not words:
        raise DomainError("Dites pourquoi vous ne choisissez pas la première de la liste.", field="reason")
    if len(words) > REASON_LENGTH:
        raise DomainError(f"Restez sous {REASON_LENGTH} caractères.", field="reason")
    return words


def _offer(hand: Hand, opening: Opening, orienter: Orienter) -> Assignment:
    """The engine's own decision is stored, so that it can be run again; who chose otherwise, and why, beside it."""
    decision = _by_hand(hand, opening)
    record = Record(hand.board, clock.now())
    decision_id = record.keep(hand.referral, hand.outcome, orienter)
    its_part = excerpt(decision, hand.profile)
    standing = hand.board.standing.after(decision, decision.at)
    assignment_id = record.offer(hand.referral, decision, its_part, standing, decision_id, orienter)
    record.write()
    journal(JournalAct.ORIENTED, referral_id=hand.referral.id, detail=opening.programme)
    return db.session.scalars(select(Assignment).where(Assignment.id == assignment_id)).one()


def _by_hand(hand: Hand, opening: Opening) -> Placed:
    outcome = hand.outcome
    placed = outcome if isinstance(outcome, Placed) else None
    return Placed(
        request=outcome.request,
        profile_digest=outcome.profile_digest,
        at=outcome.at,
        policy=outcome.policy,
        catalogue=outcome.catalogue,
        tried=outcome.tried,
        outcomes=outcome.outcomes,
        standing=hand.board.standing,
        association=opening.association,
        programme=opening.programme,
        certain=bool(outcome.outcomes.certain >> outcome.catalogue.positions[opening.programme] & 1),
        way=opening.way,
        place=opening.place,
        tie_break=placed.tie_break if placed else TieBreak.ALONE,
        ranking=placed.ranking if placed else (),
    )
