"""The platform's rules: proposed by one person, on the proof of a replay, published by another; rolled back likewise."""

import math
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from matching.ranking import PolicyName
from matching.vocabulary import Side
from matching.wording import NBSP
from portal.foundation import clock
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import db
from portal.foundation.locks import share_openings
from portal.foundation.queue import Job, enqueue
from portal.foundation.transactions import after_commit
from portal.models.event import EventName, JournalAct
from portal.models.replay import PolicyOutcome, PolicyProposal
from portal.models.routing import RoutingPolicy
from portal.operations.history import happened, journal
from portal.queries.replays import ENOUGH_DAYS, Proof, proofs_of, sides_asked, tries

SHORTEST_REASON, LONGEST_REASON = 10, 1_000
FEWEST_HOPS, MOST_HOPS = 1, 10
SIDES = {Side.MENTEE: "des jeunes", Side.MENTOR: "des bénévoles"}
ONE_AT_A_TIME = f"Une autre proposition attend déjà sa réponse{NBSP}: elle passe d’abord."
SECOND_PERSON = f"Il faut une deuxième personne{NBSP}: vous ne pouvez pas répondre à votre propre proposition."
NOT_YOURS = "Seule la personne qui a proposé ces règles peut les retirer."
SETTLED = "Cette proposition n’attend plus de réponse."
GONE = "Depuis cette proposition, sa preuve ne tient plus."


class PolicyConflict(DomainError):
    """Somebody settled, or proposed, meanwhile."""


def propose_policy(
    name: PolicyName, hops: int, reason: str, *, by: UUID, replay_id: UUID | None = None
) -> PolicyProposal:
    """Rules for a second person to publish (staff role).

    Raises DomainError (fields "reason", "hops") when the words or the number are out of bounds, when nothing would
    change, or when no replay proves on each side that this policy does better than ARM, which itself needs no proof;
    PolicyConflict when another proposal waits. replay_id: the one to show beside it; another is shown when it does not
    count for these rules.
    """
    said = _said(reason)
    if not FEWEST_HOPS <= hops <= MOST_HOPS:
        raise DomainError(f"Indiquez un nombre d’associations, de {FEWEST_HOPS} à {MOST_HOPS}.", field="hops")
    current = policy_now()
    if current is not None and (current.name, current.maximum_hops) == (name.value, hops):
        raise DomainError(f"Rien ne change{NBSP}: ce sont déjà les règles de la version{NBSP}{current.version}.")
    missing = missing_proof(name, hops)
    if missing:
        raise DomainError(missing)
    shown = _shown(name, hops, replay_id)
    return _add(PolicyProposal(name=name.value, maximum_hops=hops, reason=said, replay_id=shown, proposed_by=by))


def _shown(name: PolicyName, hops: int, asked: UUID | None) -> UUID | None:
    """Of the replays that count for these rules, the one asked for, or the first; for ARM any that tries them counts."""
    if name is PolicyName.ARM:
        return asked if asked and tries(asked, name, hops) else None
    counting = [proof.replay_id for proof in proofs_of(name, hops).values()]
    return asked if asked in counting else next(iter(counting), None)


def propose_return(version: int, reason: str, *, by: UUID) -> PolicyProposal:
    """The rules of an older version once more. Raises Hidden, DomainError as proposing does; its replay was its own."""
    said, current = _said(reason), policy_now()
    found = db.session.get(RoutingPolicy, version)
    if found is None or current is None:
        raise Hidden
    if (found.name, found.maximum_hops) == (current.name, current.maximum_hops):
        raise DomainError(f"Rien ne change{NBSP}: la version{NBSP}{version} a les mêmes règles que celle en vigueur.")
    rules = {"name": found.name, "maximum_hops": found.maximum_hops}
    return _add(PolicyProposal(**rules, reason=said, returns_to=version, proposed_by=by))


def missing_proof(name: PolicyName, hops: int) -> str:
    """Why this policy may not be proposed, in words: what replays tell against it, then those that lack; empty when it may."""
    if name is PolicyName.ARM:
        return ""
    proofs, asked = proofs_of(name, hops), sides_asked()
    worse = [_worse(proofs[side], SIDES[side]) for side in SIDES if side in proofs and not proofs[side].beats_arm]
    untold = [words for side, words in SIDES.items() if side in asked and side not in proofs]
    return " ".join([*worse, _untold(untold)] if untold else worse)


def _untold(sides: Sequence[str]) -> str:
    return (
        f"Il manque un rejeu du côté {' et du côté '.join(sides)}{NBSP}: sur {ENOUGH_DAYS}{NBSP}jours au moins,"
        f" avec cette règle seule, et terminé depuis 30{NBSP}jours au plus."
    )


def _worse(proof: Proof, words: str) -> str:
    """What a replay tells in ARM's favour."""
    if proof.served[-1] < 0:
        fewer = math.ceil(-proof.served[1])
        noun = "demande" if fewer == 1 else "demandes"
        return f"Du côté {words}, l’ARM fait accueillir {fewer}{NBSP}{noun} de plus que cette règle."
    if not proof.as_even:
        return f"Du côté {words}, cette règle creuse l’écart entre les associations."
    return (
        f"Du côté {words}, les tirages ne disent pas que cette règle fasse accueillir plus de demandes que l’ARM,"
        " ni qu’elle rende les avancements plus égaux."
    )


def policy_now() -> RoutingPolicy | None:
    return db.session.scalar(select(RoutingPolicy).order_by(RoutingPolicy.version.desc()).limit(1))


def withdraw_policy(proposal_id: UUID, *, by: UUID) -> PolicyProposal:
    """Whoever proposed it changes their mind. Raises Hidden, DomainError for anybody else, PolicyConflict."""
    proposal = _pending(proposal_id)
    if proposal.proposed_by != by:
        raise DomainError(NOT_YOURS)
    _settle(proposal, PolicyOutcome.WITHDRAWN, by=by)
    return proposal


def refuse_policy(proposal_id: UUID, reason: str, *, by: UUID) -> PolicyProposal:
    """A second person says no, and why. Raises Hidden, DomainError (field "reason"), PolicyConflict."""
    proposal = _pending(proposal_id)
    _second(proposal, by)
    proposal.verdict_reason = _said(reason)
    _settle(proposal, PolicyOutcome.REFUSED, by=by)
    return proposal


def publish_policy(proposal_id: UUID, *, by: UUID) -> RoutingPolicy:
    """A second person says yes: the rules are in force from the next batch on, on both sides.

    Raises Hidden, DomainError for whoever proposed it or when replays made since prove it no more, PolicyConflict when
    it was settled meanwhile.
    """
    proposal = _pending(proposal_id)
    _second(proposal, by)
    _still_proved(proposal)
    for side in Side:
        share_openings(side)
    version = RoutingPolicy(
        version=(db.session.scalar(select(func.max(RoutingPolicy.version))) or 0) + 1,
        name=proposal.name,
        maximum_hops=proposal.maximum_hops,
        note=proposal.reason,
        created_by=by,
    )
    db.session.add(version)
    db.session.flush()
    proposal.version = version.version
    happened(EventName.POLICY_PUBLISHED, version=version.version, policy=version.name, hops=version.maximum_hops)
    _settle(proposal, PolicyOutcome.PUBLISHED, by=by)
    _wake(PolicyName(version.name))
    return version


def _wake(name: PolicyName) -> None:
    """More may be placed now; and `projected` has levels to be solved."""
    for side in Side:
        after_commit(partial(enqueue, Job.DRAIN, side.value, "waitlist", "unroutable"))
    if name is PolicyName.PROJECTED:
        after_commit(partial(enqueue, Job.SOLVE_LEVELS))


def _said(reason: str) -> str:
    said = reason.strip()
    if not SHORTEST_REASON <= len(said) <= LONGEST_REASON:
        message = f"Dites pourquoi, en {SHORTEST_REASON} à {LONGEST_REASON} caractères."
        raise DomainError(message, field="reason")
    return said


def _second(proposal: PolicyProposal, by: UUID) -> None:
    if proposal.proposed_by == by:
        raise DomainError(SECOND_PERSON)


def _still_proved(proposal: PolicyProposal) -> None:
    """Going back to an older version wanted no proof."""
    missing = "" if proposal.returns_to else missing_proof(PolicyName(proposal.name), proposal.maximum_hops)
    if missing:
        raise DomainError(f"{GONE} {missing}")


def _add(proposal: PolicyProposal) -> PolicyProposal:
    try:
        with db.session.begin_nested():
            db.session.add(proposal)
    except IntegrityError as error:
        raise PolicyConflict(ONE_AT_A_TIME) from error
    journal(JournalAct.POLICY_PROPOSED, detail=str(proposal.id))
    return proposal


def _settle(proposal: PolicyProposal, outcome: PolicyOutcome, *, by: UUID) -> None:
    proposal.outcome, proposal.settled_by, proposal.settled_at = outcome, by, clock.now()
    db.session.flush()
    journal(JournalAct.POLICY_SETTLED, detail=f"{proposal.id} {outcome.value}")


def _pending(proposal_id: UUID) -> PolicyProposal:
    """Locked. The database lets nobody lock what has been settled, hence the first look."""
    query = select(PolicyProposal).where(PolicyProposal.id == proposal_id)
    if db.session.scalar(query) is None:
        raise Hidden
    proposal = db.session.scalar(query.with_for_update(), execution_options={"populate_existing": True})
    if proposal is None or proposal.outcome is not None:
        raise PolicyConflict(SETTLED)
    return proposal
