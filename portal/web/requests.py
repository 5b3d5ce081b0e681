"""The edge of every request: who knocks, under which database role, read-only or not, and the one commit."""

from flask import Flask, Response, abort, current_app, g, request
from flask_login import current_user

from portal.foundation.extensions import db, login_manager
from portal.foundation.permissions import Guard, Permission, Role, SignedIn
from portal.foundation.tenancy import DatabaseRole, OpenScope, Scope, open_scopes
from portal.foundation.transactions import commit, rollback

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FIRST_ERROR = 400
DATABASE_ROLE = {
    Role.STAFF: DatabaseRole.STAFF,
    Role.COORDINATOR: DatabaseRole.ASSOCIATION,
    Role.ADMINISTRATOR: DatabaseRole.ASSOCIATION,
}


def guard_of_request() -> Guard | None:
    if request.endpoint is None:
        return None
    guard: Guard = vars(current_app.view_functions[request.endpoint])["guard"]
    return guard


def scope_of(guard: Guard) -> Scope | None:
    """The scope of a request the guard lets in; 401 (to the sign-in page) or 403 otherwise."""
    read_only = request.method in SAFE_METHODS
    if guard.permission is None:
        return None if guard.role is None else Scope(guard.role, read_only=read_only)
    person = current_user._get_current_object()  # noqa: SLF001 - the person, not its proxy
    if not isinstance(person, SignedIn):
        return abort(login_manager.unauthorized())
    if not person.can(guard.permission):
        abort(403)
    role = guard.role or (DATABASE_ROLE[person.role] if person.role else DatabaseRole.SIGN_IN)
    if guard.permission is Permission.SIGNED_IN and guard.role is None:
        role = DatabaseRole.SIGN_IN
    return Scope(role, association_id=person.association_id, account_id=person.account_id, read_only=read_only)


def open_scope() -> None:
    guard = guard_of_request()
    scope = scope_of(guard) if guard else None
    if scope is not None:
        g.scope_token = open_scopes.set((*open_scopes.get(), OpenScope(scope)))


def settle(response: Response) -> Response:
    """Commit what a successful write did; anything else leaves no trace."""
    if "scope_token" not in g:
        return response
    if request.method in SAFE_METHODS or response.status_code >= FIRST_ERROR:
        rollback()
    else:
        commit()
    return response


def close_scope(_: BaseException | None) -> None:
    token = g.pop("scope_token", None)
    if token is not None:
        db.session.remove()
        open_scopes.reset(token)


def register(app: Flask) -> None:
    app.before_request(open_scope)
    app.after_request(settle)
    app.teardown_request(close_scope)
