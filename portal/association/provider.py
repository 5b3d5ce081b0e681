"""The provider by which an association's members may sign in (OpenID Connect): its settings, and their trial."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address
from flask_login import current_user
from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, Length

from portal.association.frame import association_page, signed_in
from portal.foundation.config import settings
from portal.foundation.errors import DomainError, Hidden
from portal.foundation.extensions import limiter
from portal.foundation.permissions import Permission, SignedIn, requires
from portal.foundation.transactions import rollback
from portal.models.account import IdentityProvider
from portal.operations.discovery import discover
from portal.operations.providers import (
    LONGEST_NAME,
    ProviderMoved,
    ProviderSettings,
    remove_provider,
    set_provider,
)
from portal.queries.providers import provider_of
from portal.web.forms import PortalForm, one_line
from portal.web.proof import proof_first

OK, CONFLICT, REFUSED = 200, 409, 422
LONGEST_ISSUER, LONGEST_CLIENT, LONGEST_SECRET = 255, 255, 500
CHECKS = "6 per minute"
provider = Blueprint("provider", __name__, url_prefix="/equipe/connexion")


def who_asks() -> str:
    """The account; whoever is not signed in goes no further than the guard."""
    person = current_user._get_current_object()  # noqa: SLF001 - the person, not its proxy
    return str(person.account_id) if isinstance(person, SignedIn) else get_remote_address()


def line(label: str, missing: str, longest: int, **attributes: str) -> StringField:
    too_long = Length(max=longest, message=f"Écrivez {longest} caractères au plus.")
    drawn = {"autocomplete": "off", "spellcheck": "false", **attributes}
    return StringField(label, [DataRequired(missing), too_long], filters=[one_line], render_kw=drawn)


class ProviderForm(PortalForm):
    """seen: the version of the settings that were on the page, empty when there were none."""

    seen = HiddenField()
    name = line("Nom affiché sur le bouton", "Donnez un nom, par exemple « Compte Proxité ».", LONGEST_NAME)
    issuer = line(
        "Adresse de l’émetteur (issuer)", "Donnez l’adresse de votre service.", LONGEST_ISSUER, inputmode="url"
    )
    client_id = line("Identifiant du client", "Donnez l’identifiant que ce service a remis.", LONGEST_CLIENT)
    secret = PasswordField(
        "Secret du client",
        [Length(max=LONGEST_SECRET, message=f"Écrivez {LONGEST_SECRET} caractères au plus.")],
        render_kw={"autocomplete": "off"},
    )
    enabled = BooleanField("Proposer cette connexion à l’équipe")


@provider.get("")
@requires(Permission.PROVIDER_EDIT)
def index() -> ResponseReturnValue:
    return proof_first() or provider_page(own(), form_of(own()))


@provider.post("")
@requires(Permission.PROVIDER_EDIT)
def save() -> ResponseReturnValue:
    found, form = own(), ProviderForm(request.form)
    if (proof := proof_first()) is not None:
        return proof
    if not form.validate():
        return provider_page(found, form, REFUSED)
    try:
        set_provider(typed(form), own_id(), by=signed_in().account_id, found=as_seen(found, form))
    except ProviderMoved as error:
        return refused(form, error, CONFLICT)
    except DomainError as error:
        return refused(form, error, REFUSED)
    flash("C’est enregistré. Vérifiez que le service répond, puis essayez vous-même.", "good")
    return redirect(url_for("provider.index"), 303)


@provider.post("/verifier")
@limiter.limit(CHECKS, key_func=who_asks)
@requires(Permission.PROVIDER_EDIT)
def check() -> ResponseReturnValue:
    """Ask the service as it is set: nothing is written, and no connection is held while it makes up its mind."""
    found = own()
    if found is None:
        raise Hidden
    name, issuer = found.name, found.issuer
    rollback()
    try:
        discover(issuer)
    except DomainError as error:
        flash(f"{name}\u00a0: {error.message}", "late")
    else:
        flash(f"{name} répond, et sait tout ce que le portail lui demande.", "good")
    return redirect(url_for("provider.index"), 303)


@provider.post("/retirer")
@requires(Permission.PROVIDER_EDIT)
def remove() -> ResponseReturnValue:
    found = own()
    if found is None:
        raise Hidden
    if (proof := proof_first()) is not None:
        return proof
    try:
        remove_provider(found)
    except ProviderMoved as error:
        return refused(form_of(found), error, CONFLICT)
    flash("C’est retiré. Les sessions ouvertes par ce service sont fermées.", "good")
    return redirect(url_for("provider.index"), 303)


def own_id() -> UUID:
    return signed_in().association_id or abort(404)


def own() -> IdentityProvider | None:
    return provider_of(own_id())


def form_of(found: IdentityProvider | None) -> ProviderForm:
    """What is stored; the secret is never shown again."""
    if found is None:
        return ProviderForm()
    return ProviderForm(
        data={
            "seen": str(found.version),
            "name": found.name,
            "issuer": found.issuer,
            "client_id": found.client_id,
            "enabled": found.enabled,
        }
    )


def typed(form: ProviderForm) -> ProviderSettings:
    return ProviderSettings(
        name=form.name.data,
        issuer=form.issuer.data,
        client_id=form.client_id.data,
        secret=(form.secret.data or "").strip() or None,
        enabled=form.enabled.data,
    )


def as_seen(found: IdentityProvider | None, form: ProviderForm) -> IdentityProvider | None:
    """Raises ProviderMoved when what was on the page is no longer what is stored."""
    if (form.seen.data or "") != (str(found.version) if found else ""):
        raise ProviderMoved
    return found


def refused(form: ProviderForm, error: DomainError, status: int) -> ResponseReturnValue:
    """What was typed stays; the version is the new one, so that saving once more is a choice."""
    rollback()
    form.refuse(error.message, error.field)
    found = own()
    form.seen.data = str(found.version) if found else ""
    return provider_page(found, form, status)


def provider_page(found: IdentityProvider | None, form: ProviderForm, status: int = OK) -> tuple[str, int]:
    return association_page("provider.html", "team.index", status, form=form, **shown(found))


def shown(found: IdentityProvider | None) -> dict[str, Any]:
    """The address to copy exists as soon as the settings do."""
    back = settings().base_url.rstrip("/") + url_for("openid.back", provider_id=found.id) if found else ""
    return {"found": found, "redirect_uri": back}
