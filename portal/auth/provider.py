"""Signing in, joining and linking by the provider of one's association (OpenID Connect).

Only a POST sets out; it answers a page that leads on by itself, because our forms may be sent to nobody but us. The
way back is a GET, as the protocol wants it, and writes in a transaction of its own once the state has shown that this
very browser set out less than ten minutes ago: no link that somebody else made can get that far.
"""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.auth.account import frame
from portal.auth.destinations import home_of
from portal.auth.entering import enter
from portal.auth.limits import POST_ONLY
from portal.auth.openid import Flow, Purpose, arrival, departure, flow_of, new_flow
from portal.auth.session import own_digest
from portal.foundation.config import settings
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import limiter
from portal.foundation.permissions import Permission, SignedIn, public_sign_in, requires
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.operations.discovery import ProviderDown, ProviderUnfit
from portal.operations.invitations import opened
from portal.operations.providers import (
    INVITATION_OVER,
    NotVouched,
    Vouched,
    accept_vouched,
    account_vouched_for,
    link_identity,
    refuse_to_link,
    unlink_identity,
)
from portal.operations.sign_in import begin_session, end_session, remember_refusal
from portal.queries import providers as queries
from portal.queries.providers import Provider, ProviderChoice, ProviderLink
from portal.web.pages import page
from portal.web.proof import proof_first
from portal.web.typography import french

FLOW = "openid"
DEPARTURES = "20 per 5 minutes"
ELSEWHERE = frozenset({"auth.switch", "invitations.accept"})
STAY = (
    "Cette session est ouverte par le compte de votre association : il n’ouvre qu’elle. Pour une autre, déconnectez-vous, puis"
    " connectez-vous avec votre mot de passe (« Mot de passe oublié » si vous n’en avez pas)."
)
REFUSED, FORBIDDEN, UNAVAILABLE = 400, 403, 503
openid = Blueprint("openid", __name__, url_prefix="/connexion")
set_out = limiter.shared_limit(DEPARTURES, scope="openid", methods=POST_ONLY)


@openid.app_template_global()
def any_provider() -> bool:
    return queries.any_provider()


@openid.app_template_global()
def provider_for_invitation(invitation_id: UUID) -> ProviderChoice | None:
    return queries.provider_for_invitation(invitation_id)


@openid.app_template_global()
def own_provider() -> ProviderLink | None:
    """That of the association somebody works for now."""
    person = person_here()
    if person is None or person.association_id is None or person.is_staff:
        return None
    return queries.provider_link(person.account_id, person.association_id)


def person_here() -> SignedIn | None:
    person = current_user._get_current_object()  # noqa: SLF001 - the person, not its proxy
    return person if isinstance(person, SignedIn) else None


@openid.before_app_request
def stay_where_vouched() -> ResponseReturnValue | None:
    """What the database refuses to a session that a provider opened is first refused in words."""
    if request.method != "POST" or request.endpoint not in ELSEWHERE:
        return None
    person = person_here()
    if person is None or person.via is None:
        return None
    flash(french(STAY), "late")
    return redirect(home_of(person.association_id), 303)


def usable(provider_id: UUID) -> Provider:
    """Read and let go: no connection is held while the provider makes up its mind. Raises Hidden."""
    with transaction(Scope(DatabaseRole.SIGN_IN, read_only=True)):
        provider = queries.usable_provider(provider_id)
    if provider is None:
        raise Hidden
    return provider


def redirect_uri(provider_id: UUID) -> str:
    """One a provider, from the fixed base address."""
    return settings().base_url.rstrip("/") + url_for("openid.back", provider_id=provider_id)


@openid.get("/associations")
@public_sign_in
def choose() -> ResponseReturnValue:
    return page("auth/provider_choose.html", offered=queries.providers_offered(), suite=request.args.get("suite", ""))


@openid.route("/<uuid:provider_id>", methods=["GET", "POST"])
@set_out
@public_sign_in
def sign_in(provider_id: UUID) -> ResponseReturnValue:
    provider, suite = usable(provider_id), request.args.get("suite", "")
    if request.method == "POST":
        return leave(provider, new_flow(provider, Purpose.SIGN_IN, suite))
    return page("auth/provider.html", provider=provider, suite=suite)


@openid.route("/<uuid:provider_id>/relier", methods=["GET", "POST"])
@set_out
@requires(Permission.SIGNED_IN)
def link(provider_id: UUID) -> ResponseReturnValue:
    provider, person = own(provider_id), current_user
    proof = proof_first()
    if proof is not None:
        return proof
    if request.method == "POST":
        return leave(provider, new_flow(provider, Purpose.LINK, str(person.account_id)))
    return page("auth/provider_link.html", provider=provider, **frame())


@openid.post("/<uuid:provider_id>/delier")
@requires(Permission.SIGNED_IN)
def unlink(provider_id: UUID) -> ResponseReturnValue:
    provider = own(provider_id)
    try:
        unlink_identity(current_user, provider)
    except DomainError as error:
        flash(error.message, "late")
    else:
        flash(french(f"C’est fait : {provider.name} n’ouvre plus votre compte."), "good")
    return redirect(url_for("account.show"), 303)


def own(provider_id: UUID) -> Provider:
    """The provider of the association this person works for; any other is as unknown. Raises Hidden."""
    provider = usable(provider_id)
    try:
        refuse_to_link(current_user, provider)
    except NotVouched as error:
        raise Hidden from error
    return provider


@openid.post("/<uuid:provider_id>/invitation/<uuid:invitation_id>/<token>")
@set_out
@public_sign_in
def join(provider_id: UUID, invitation_id: UUID, token: str) -> ResponseReturnValue:
    """From an invitation's own page: whoever holds its link had its mail."""
    provider = usable(provider_id)
    with transaction(Scope(DatabaseRole.SIGN_IN, read_only=True)):
        inviting = opened(invitation_id, token).association_id
    if inviting != provider.association_id:
        raise Hidden
    return leave(provider, new_flow(provider, Purpose.INVITATION, f"{invitation_id}/{token}"))


def leave(provider: Provider, flow: Flow) -> ResponseReturnValue:
    try:
        address = departure(provider, flow, redirect_uri(provider.id))
    except (ProviderDown, ProviderUnfit):
        return unavailable(provider, flow)
    session[FLOW] = flow.kept()
    return page("auth/provider_leaving.html", provider=provider, address=address)


@openid.get("/<uuid:provider_id>/retour")
@public_sign_in
def back(provider_id: UUID) -> ResponseReturnValue:
    provider = usable(provider_id)
    try:
        flow = flow_of(session.get(FLOW), provider, request.args.get("state", ""))
    except NotVouched as error:
        return told(provider, url_for("openid.sign_in", provider_id=provider.id), error.message, REFUSED)
    session.pop(FLOW)
    try:
        vouched = arrival(provider, flow, request.args, redirect_uri(provider.id))
        return finish(provider, flow, vouched)
    except (ProviderDown, ProviderUnfit):
        return unavailable(provider, flow)
    except NotVouched as error:
        remember_refusal(None)
        return told(provider, again(provider, flow), error.message, FORBIDDEN)


def finish(provider: Provider, flow: Flow, vouched: Vouched) -> ResponseReturnValue:
    """Raises NotVouched; nothing is then written."""
    person = person_here()
    scope = Scope(DatabaseRole.SIGN_IN, account_id=person.account_id if person else None)
    with transaction(scope):
        return ENDINGS[Purpose(flow.purpose)](provider, flow, vouched)


def come_in(provider: Provider, flow: Flow, vouched: Vouched) -> ResponseReturnValue:
    account = account_vouched_for(provider, vouched)
    end_former_session()
    return enter(begin_session(account, provider.association_id, via=provider.id), flow.about)


def end_former_session() -> None:
    """What this browser was signed in as before, whoever it was."""
    held = own_digest()
    if held:
        end_session(held)


def be_known(provider: Provider, flow: Flow, vouched: Vouched) -> ResponseReturnValue:
    """The very person who set out, still signed in."""
    person = person_here()
    if person is None or str(person.account_id) != flow.about:
        raise NotVouched("Votre session s’est fermée entre-temps\u00a0: connectez-vous, puis recommencez.")
    link_identity(person, provider, vouched)
    flash(french(f"C’est fait : vous pouvez vous connecter avec {provider.name}."), "good")
    return redirect(url_for("account.show"), 303)


def accept(provider: Provider, flow: Flow, vouched: Vouched) -> ResponseReturnValue:
    invitation_id, _, token = flow.about.partition("/")
    try:
        invitation = opened(UUID(invitation_id), token, lock=True)
    except Hidden as error:
        raise NotVouched(INVITATION_OVER) from error
    account = accept_vouched(invitation, provider, vouched)
    end_former_session()
    return enter(begin_session(account, provider.association_id, via=provider.id), "")


Ending = Callable[[Provider, Flow, Vouched], ResponseReturnValue]
ENDINGS: dict[Purpose, Ending] = {Purpose.SIGN_IN: come_in, Purpose.LINK: be_known, Purpose.INVITATION: accept}


def again(provider: Provider, flow: Flow) -> str:
    """Where this attempt began."""
    if flow.purpose == Purpose.INVITATION:
        return f"/invitation/{flow.about}"
    if flow.purpose == Purpose.LINK:
        return url_for("openid.link", provider_id=provider.id)
    return url_for("openid.sign_in", provider_id=provider.id, suite=flow.about or None)


def unavailable(provider: Provider, flow: Flow) -> ResponseReturnValue:
    words = (
        f"{provider.name} ne répond pas en ce moment. Réessayez dans quelques minutes, ou utilisez votre mot de passe."
    )
    return told(provider, again(provider, flow), words, UNAVAILABLE)


def told(provider: Provider, onward: str, words: str, status: int) -> ResponseReturnValue:
    heading = "Ce service ne répond pas" if status == UNAVAILABLE else "La connexion n’a pas abouti"
    return page("auth/provider_refused.html", status, provider=provider, heading=heading, words=words, again=onward)
