"""The platform's rules: every version, the one in force, and the proposals to change them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import aliased

from portal.foundation.extensions import db
from portal.models.account import Account
from portal.models.replay import PolicyProposal
from portal.models.routing import RoutingPolicy

AnySelect = Select[*tuple[Any, ...]]
PAGE = 20
MOST = 2**31 - 1  # what an INTEGER holds


def policy_versions(before: int | None = None) -> Sequence[Row[Any]]:
    """RoutingPolicy and its publisher's name, latest first; the first of all is in force. before: a version."""
    query: AnySelect = (
        select(RoutingPolicy, Account.name.label("publisher"))
        .outerjoin(Account, Account.id == RoutingPolicy.created_by)
        .order_by(RoutingPolicy.version.desc())
        .limit(PAGE)
    )
    if before is not None:
        query = query.where(RoutingPolicy.version < min(before, MOST))
    return db.session.execute(query).all()


def pending_proposal() -> Row[Any] | None:
    """The proposal that waits for a second person, if any: PolicyProposal, proposer, settler (None)."""
    return db.session.execute(_proposals().where(PolicyProposal.outcome.is_(None))).one_or_none()


def settled_proposals() -> Sequence[Row[Any]]:
    """The last ones, latest first: PolicyProposal, proposer, settler."""
    query = _proposals().where(PolicyProposal.outcome.is_not(None))
    return db.session.execute(query.order_by(PolicyProposal.settled_at.desc()).limit(PAGE)).all()


def _proposals() -> AnySelect:
    proposer, settler = aliased(Account), aliased(Account)
    return (
        select(PolicyProposal, proposer.name.label("proposer"), settler.name.label("settler"))
        .outerjoin(proposer, proposer.id == PolicyProposal.proposed_by)
        .outerjoin(settler, settler.id == PolicyProposal.settled_by)
    )


def version_numbered(version: int) -> RoutingPolicy | None:
    return db.session.get(RoutingPolicy, version) if version <= MOST else None
