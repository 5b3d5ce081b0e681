"""Transactions: reads cannot write, writes commit once at the edge, and only then is the world told."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import text

from portal.foundation.extensions import db
from portal.foundation.tenancy import OpenScope, Scope, innermost, open_scopes

log = logging.getLogger(__name__)
REBIND = text("SELECT set_config('app.link', :link, true)")


def after_commit(callback: Callable[[], object]) -> None:
    """Run once the current transaction has committed; never when it is rolled back."""
    db.session.info.setdefault("after_commit", []).append(callback)


def commit() -> None:
    """Commit, then tell the world. A deaf world changes nothing: the sweep finds what it missed."""
    callbacks: list[Callable[[], object]] = db.session.info.pop("after_commit", [])
    db.session.commit()
    for callback in callbacks:
        try:
            callback()
        except Exception:
            log.exception("after_commit_failed")


def rollback() -> None:
    db.session.info.pop("after_commit", None)
    db.session.rollback()


def bind_link(digest: str) -> None:
    """From here on the current transaction also sees what this link opens (public role)."""
    opened = innermost()
    opened.scope = replace(opened.scope, link_digest=digest)
    db.session.execute(REBIND, {"link": digest})


@contextmanager
def acting_as(scope: Scope) -> Iterator[Any]:
    """Everything inside runs under this scope in a session of its own; yields it. Neither commits nor rolls back."""
    token = open_scopes.set((*open_scopes.get(), OpenScope(scope)))
    try:
        yield db.session
    finally:
        db.session.remove()
        open_scopes.reset(token)


@contextmanager
def transaction(scope: Scope) -> Iterator[Any]:
    """acting_as, committed at the end, rolled back on any error."""
    with acting_as(scope) as session:
        try:
            yield session
        except BaseException:
            rollback()
            raise
        commit()
