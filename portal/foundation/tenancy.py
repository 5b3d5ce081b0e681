"""Who a transaction acts for. No scope, no connection; the database's own rules do the rest.

Each database role has its own login and its own engine, so what staff or the router may see can never be reached
by flipping a setting inside another role's transaction.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import SessionTransaction


class DatabaseRole(StrEnum):
    """The login roles of the application; the value is the role's name in PostgreSQL."""

    PUBLIC = "portal_public"
    SIGN_IN = "portal_signin"
    ASSOCIATION = "portal_association"
    STAFF = "portal_staff"
    ROUTER = "portal_router"
    JOBS = "portal_jobs"


@dataclass(frozen=True)
class Scope:
    """What is bound to a transaction: role, tenant, account, checked link, and whether it may write."""

    role: DatabaseRole
    association_id: UUID | None = None
    account_id: UUID | None = None
    link_digest: str | None = None
    read_only: bool = False

    def settings(self) -> dict[str, str]:
        return {
            "association": str(self.association_id or ""),
            "account": str(self.account_id or ""),
            "link": self.link_digest or "",
            "read_only": "on" if self.read_only else "off",
        }


class NoScope(RuntimeError):
    """Code touched the database without saying for whom."""


@dataclass(eq=False)
class OpenScope:
    """A scope in use; one session belongs to each, so nested scopes never share a transaction."""

    scope: Scope


open_scopes: ContextVar[tuple[OpenScope, ...]] = ContextVar("open_scopes", default=())

BIND = text(
    "SELECT set_config('app.association_id', :association, true), set_config('app.account_id', :account, true),"
    " set_config('app.link', :link, true), set_config('transaction_read_only', :read_only, true)"
)


def innermost() -> OpenScope:
    scopes = open_scopes.get()
    if not scopes:
        raise NoScope("open a transaction with a Scope first")
    return scopes[-1]


def current_scope() -> Scope:
    return innermost().scope


def session_key() -> int:
    """What tells the sessions of a context apart: the scope in use, if any."""
    scopes = open_scopes.get()
    return id(scopes[-1]) if scopes else 0


class ScopedSession(FlaskSession):
    """A session whose engine is that of its scope's database role."""

    def get_bind(self, *_: Any, **__: Any) -> Engine:
        return self._db.engines[current_scope().role]


@event.listens_for(ScopedSession, "after_begin")
def bind_scope(_: ScopedSession, transaction: SessionTransaction, connection: Connection) -> None:
    """Tenant, account and link live exactly as long as the transaction."""
    if not transaction.nested:
        connection.execute(BIND, current_scope().settings())
