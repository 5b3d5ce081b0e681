"""Who may do what: every route says it, or the application does not boot.

A guard names a permission (or that anyone may come) and, with it, the database role its transaction runs under.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from flask import Flask
from flask_login import UserMixin

from portal.foundation.tenancy import DatabaseRole

View = TypeVar("View", bound=Callable[..., Any])


class Role(StrEnum):
    """What an account may be; COORDINATOR and ADMINISTRATOR within one association, STAFF for the Collectif."""

    COORDINATOR = "coordinator"
    ADMINISTRATOR = "administrator"
    STAFF = "staff"

    @property
    def label(self) -> str:
        return ROLE_LABELS[self]


ROLE_LABELS = {
    Role.COORDINATOR: "Coordination",
    Role.ADMINISTRATOR: "Administration de l’association",
    Role.STAFF: "Équipe du Collectif",
}


class Permission(StrEnum):
    """One act that a guard can ask for."""

    SIGNED_IN = "signed_in"
    INBOX_READ = "inbox_read"
    INBOX_ANSWER = "inbox_answer"
    CAPACITY_READ = "capacity_read"
    CAPACITY_EDIT = "capacity_edit"
    CRITERIA_READ = "criteria_read"
    SHEET_READ = "sheet_read"
    TEAM_READ = "team_read"
    REFERRALS_READ = "referrals_read"
    REFERRALS_ORIENT = "referrals_orient"
    ASSOCIATIONS_READ = "associations_read"
    CRITERIA_EDIT = "criteria_edit"
    COUNT_DECLARE = "count_declare"
    FIGURES_READ = "figures_read"
    TEAM_EDIT = "team_edit"
    PROVIDER_EDIT = "provider_edit"
    CRITERIA_REVIEW = "criteria_review"
    OBJECTIVES_SET = "objectives_set"
    ASSOCIATIONS_EDIT = "associations_edit"
    STATISTICS_READ = "statistics_read"
    OFFER_EDIT = "offer_edit"
    LEADS_FOLLOW = "leads_follow"
    ACCOUNTS_EDIT = "accounts_edit"
    MORNING_FILE_READ = "morning_file_read"
    MORNING_FILE_SET = "morning_file_set"
    NOTICES_CHOOSE = "notices_choose"
    PLATFORM_READ = "platform_read"
    PLATFORM_MEND = "platform_mend"
    ENGINE_READ = "engine_read"
    ENGINE_TRY = "engine_try"
    POLICY_PROPOSE = "policy_propose"
    POLICY_SETTLE = "policy_settle"


COORDINATION = frozenset(
    {
        Permission.SIGNED_IN,
        Permission.INBOX_READ,
        Permission.INBOX_ANSWER,
        Permission.CAPACITY_READ,
        Permission.CAPACITY_EDIT,
        Permission.CRITERIA_READ,
        Permission.SHEET_READ,
        Permission.TEAM_READ,
        Permission.FIGURES_READ,
        Permission.MORNING_FILE_READ,
        Permission.NOTICES_CHOOSE,
    }
)
ADMINISTRATION = COORDINATION | {
    Permission.CRITERIA_EDIT,
    Permission.COUNT_DECLARE,
    Permission.TEAM_EDIT,
    Permission.PROVIDER_EDIT,
    Permission.MORNING_FILE_SET,
}
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.COORDINATOR: COORDINATION,
    Role.ADMINISTRATOR: ADMINISTRATION,
    Role.STAFF: frozenset(
        {
            Permission.SIGNED_IN,
            Permission.REFERRALS_READ,
            Permission.REFERRALS_ORIENT,
            Permission.ASSOCIATIONS_READ,
            Permission.CRITERIA_REVIEW,
            Permission.OBJECTIVES_SET,
            Permission.ASSOCIATIONS_EDIT,
            Permission.STATISTICS_READ,
            Permission.OFFER_EDIT,
            Permission.LEADS_FOLLOW,
            Permission.ACCOUNTS_EDIT,
            Permission.NOTICES_CHOOSE,
            Permission.PLATFORM_READ,
            Permission.PLATFORM_MEND,
            Permission.ENGINE_READ,
            Permission.ENGINE_TRY,
            Permission.POLICY_PROPOSE,
            Permission.POLICY_SETTLE,
        }
    ),
}


@dataclass(frozen=True)
class MembershipView:
    """One association the signed-in person belongs to."""

    association_id: UUID
    association_name: str
    role: Role


@dataclass(frozen=True)
class SignedIn(UserMixin):
    """The signed-in person, read once a request by the sign-in role; never a database object.

    proof_at: the latest proof of identity, which the gravest acts want fresh. via: the provider that vouched for the
    person, None for a password.
    """

    account_id: UUID
    name: str
    session_digest: str
    is_staff: bool = False
    memberships: tuple[MembershipView, ...] = field(default=())
    association_id: UUID | None = None
    proof_at: datetime | None = None
    via: UUID | None = None

    def get_id(self) -> str:
        return self.session_digest

    @property
    def membership(self) -> MembershipView | None:
        """The association this person is working for now."""
        return next((one for one in self.memberships if one.association_id == self.association_id), None)

    @property
    def role(self) -> Role | None:
        if self.association_id is None:
            return Role.STAFF if self.is_staff else None
        return self.membership.role if self.membership else None

    def can(self, permission: Permission) -> bool:
        if permission is Permission.SIGNED_IN:
            return True
        return self.role is not None and permission in GRANTS[self.role]


@dataclass(frozen=True)
class Guard:
    """What a route asks of whoever knocks. permission None: anyone."""

    permission: Permission | None
    role: DatabaseRole | None


def _mark(view: View, guard: Guard) -> View:
    view.guard = guard  # type: ignore[attr-defined]
    return view


def requires(permission: Permission, *, role: DatabaseRole | None = None) -> Callable[[View], View]:
    """Only a signed-in person holding this permission; role overrides the person's own database role."""
    return lambda view: _mark(view, Guard(permission, role))


def public(view: View) -> View:
    """Anyone, as the public database role."""
    return _mark(view, Guard(None, DatabaseRole.PUBLIC))


def public_sign_in(view: View) -> View:
    """Anyone, as the sign-in database role: the doors of authentication only."""
    return _mark(view, Guard(None, DatabaseRole.SIGN_IN))


def public_without_database(view: View) -> View:
    """Anyone, and no database at all (static files, health)."""
    return _mark(view, Guard(None, None))


class UnguardedRoute(RuntimeError):
    """A route says nothing of who may use it."""


def refuse_unguarded_routes(app: Flask) -> None:
    """Raise UnguardedRoute unless every route carries a guard."""
    bare = sorted(
        {rule.endpoint for rule in app.url_map.iter_rules()}
        - {name for name, view in app.view_functions.items() if hasattr(view, "guard")}
    )
    if bare:
        raise UnguardedRoute(f"add @requires or @public to: {', '.join(bare)}")
