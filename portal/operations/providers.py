"""An association's OpenID Connect provider: setting it, and whom it vouches for.

Somebody is known by the issuer and the subject it gave them, never by a mail address. The first link is made only by
a person whose session is open, or by an invitation that was mailed.
"""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from portal.foundation import clock
from portal.foundation.config import settings
from portal.foundation.crypto import vault
from portal.foundation.errors import DomainError
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.outbound import may_be_asked
from portal.foundation.permissions import SignedIn
from portal.models.account import Account, ExternalIdentity, IdentityProvider, Invitation, LoginSession
from portal.models.event import JournalAct
from portal.operations.discovery import inside_too
from portal.operations.history import journal
from portal.operations.invitations import accept_as_member
from portal.operations.links import still_open
from portal.operations.sign_in import remember
from portal.queries.accounts import account_of_mail, associations_of
from portal.queries.providers import Provider, account_known_as

SECRET = "identity_provider.client_secret"  # noqa: S105 - the column it is sealed for
LONGEST_NAME = 80
INVITATION_OVER = "Cette invitation n’est plus valable. Demandez qu’on vous la renvoie."
MEANWHILE = "Ces réglages ont changé pendant ce temps\u00a0: vérifiez-les, puis enregistrez de nouveau."


class ProviderMoved(DomainError):
    """Somebody else of the association changed or removed the provider meanwhile."""

    def __init__(self) -> None:
        super().__init__(MEANWHILE)


class NotVouched(DomainError):
    """The provider's word opens nothing here; the message says what to do."""


@dataclass(frozen=True)
class Vouched:
    """Whom the provider says is there. mail: only when the provider has verified it itself."""

    issuer: str
    subject: str
    mail: str | None
    name: str | None


@dataclass(frozen=True)
class ProviderSettings:
    """What an association sets. secret: None keeps the one there is."""

    name: str
    issuer: str
    client_id: str
    secret: str | None = field(repr=False)
    enabled: bool


def set_provider(wanted: ProviderSettings, association_id: UUID, *, by: UUID, found: IdentityProvider | None) -> UUID:
    """Keep the settings (association's scope); returns the provider's id. found: as it was when its page was drawn.

    The database ends the sessions of a provider that is switched off or becomes another one.
    Raises DomainError (fields issuer, secret) or ProviderMoved.
    """
    _refuse_address(wanted.issuer)
    if found is None:
        return _first(wanted, association_id, by)
    if wanted.secret is None and (found.issuer, found.client_id) != (wanted.issuer, wanted.client_id):
        raise DomainError("Donnez aussi le secret de ce nouveau service.", field="secret")
    key, act = found.id, "enabled" if wanted.enabled else "disabled"
    found.name, found.issuer, found.client_id = wanted.name, wanted.issuer, wanted.client_id
    found.enabled, found.updated_at, found.updated_by = wanted.enabled, clock.now(), by
    if wanted.secret is not None:
        found.client_secret_sealed = _sealed(wanted.secret, key)
    _flush()
    journal(JournalAct.PROVIDER_CHANGED, detail=act)
    return key


def _refuse_address(issuer: str) -> None:
    if not may_be_asked(issuer, inside_too=inside_too()) or "?" in issuer:
        raise DomainError("Écrivez une adresse complète, en https.", field="issuer")


def _first(wanted: ProviderSettings, association_id: UUID, by: UUID) -> UUID:
    if wanted.secret is None:
        raise DomainError("Donnez le secret que ce service a remis pour le portail.", field="secret")
    key = new_id()
    row = IdentityProvider(
        id=key,
        association_id=association_id,
        name=wanted.name,
        issuer=wanted.issuer,
        client_id=wanted.client_id,
        client_secret_sealed=_sealed(wanted.secret, key),
        enabled=wanted.enabled,
        updated_by=by,
    )
    db.session.add(row)
    _flush()
    journal(JournalAct.PROVIDER_CHANGED, detail="enabled" if wanted.enabled else "created")
    return key


def _sealed(secret: str, key: UUID) -> bytes:
    return vault().seal(secret.encode(), column=SECRET, row=key)


def _flush() -> None:
    try:
        db.session.flush()
    except (StaleDataError, IntegrityError) as error:
        raise ProviderMoved from error


def secret_of(provider: Provider) -> str:
    return vault().open(provider.secret_sealed, column=SECRET, row=provider.id).decode()


def remove_provider(found: IdentityProvider) -> None:
    """Forget the provider; the database ends the sessions it opened at once. Raises ProviderMoved."""
    db.session.delete(found)
    _flush()
    journal(JournalAct.PROVIDER_CHANGED, detail="removed")


def account_vouched_for(provider: Provider, vouched: Vouched) -> Account:
    """The account that may come in (sign-in role). Raises NotVouched."""
    account = account_known_as(vouched.issuer, vouched.subject)
    if account is None:
        raise NotVouched(
            f"Ce compte n’est encore relié à personne. Connectez-vous une fois avec votre mot de passe, puis reliez-le"
            f" depuis «\u00a0Mon compte\u00a0». Pas encore de compte ici\u00a0? Demandez une invitation à"
            f" {provider.association}."
        )
    if not _may_come_in(account) or provider.association_id not in associations_of(account.id):
        raise NotVouched(f"Ce compte ne fait plus partie de l’équipe de {provider.association} sur le portail.")
    return account


def _may_come_in(account: Account) -> bool:
    """The Collectif's own accounts never depend on an association's provider."""
    return account.closed_at is None and not account.staff and not (account.demo and settings().production)


def link_identity(person: SignedIn, provider: Provider, vouched: Vouched) -> None:
    """The person, whose session is open, will be recognised by this provider (sign-in role). Raises NotVouched."""
    refuse_to_link(person, provider)
    _link(person.account_id, vouched)
    remember(JournalAct.IDENTITY_LINKED, person.account_id, provider.association_id, detail=str(provider.id))


def refuse_to_link(person: SignedIn, provider: Provider) -> None:
    """Raises NotVouched for whom this provider may never vouch."""
    if person.is_staff:
        raise NotVouched("Un compte de l’équipe du Collectif ne se relie pas au compte d’une association.")
    if person.association_id != provider.association_id:
        raise NotVouched(f"Ce compte est celui de {provider.association}\u00a0: travaillez d’abord pour elle.")


def _link(account_id: UUID, vouched: Vouched) -> None:
    """Of two people linking the same identity at once, one is told. One account has one identity an issuer."""
    own = ExternalIdentity
    known = account_known_as(vouched.issuer, vouched.subject)
    if known is not None and known.id != account_id:
        raise NotVouched("Ce compte est déjà relié à une autre personne du portail.")
    db.session.execute(delete(own).where(own.account_id == account_id, own.issuer == vouched.issuer))
    row = insert(own).values(
        id=new_id(), account_id=account_id, issuer=vouched.issuer, subject=vouched.subject, created_at=clock.now()
    )
    if db.session.scalar(row.on_conflict_do_nothing().returning(own.id)) is None:
        raise NotVouched("Ce compte vient d’être relié à une autre personne du portail.")


def unlink_identity(person: SignedIn, provider: Provider) -> None:
    """The provider no longer opens this account, and what it has opened elsewhere ends.

    Raises DomainError for who would be left outside.
    """
    account = db.session.get_one(Account, person.account_id)
    if not account.password_hash:
        raise DomainError("Choisissez d’abord un mot de passe, par «\u00a0Mot de passe oublié\u00a0».")
    own = ExternalIdentity
    opened = delete(LoginSession).where(LoginSession.account_id == account.id, LoginSession.via == provider.id)
    db.session.execute(opened.where(LoginSession.digest != person.session_digest))
    db.session.execute(delete(own).where(own.account_id == account.id, own.issuer == provider.issuer))
    remember(JournalAct.IDENTITY_LINKED, account.id, provider.association_id, detail=f"removed:{provider.id}")


def accept_vouched(invitation: Invitation, provider: Provider, vouched: Vouched) -> Account:
    """Join with a new account, which this provider opens; it has no password. invitation: locked, opened by its link.

    Raises NotVouched: another address, one that the provider has not verified, or one that has an account already.
    """
    if not still_open(invitation) or invitation.association_id != provider.association_id:
        raise NotVouched(INVITATION_OVER)
    if vouched.mail is None:
        raise NotVouched("Ce service n’a pas vérifié votre adresse e-mail. Acceptez l’invitation avec un mot de passe.")
    if vouched.mail.lower() != invitation.mail.lower():
        raise NotVouched("L’invitation est pour une autre adresse que celle de ce compte.")
    if account_of_mail(invitation.mail) is not None:
        raise NotVouched("Cette adresse a déjà un compte sur le portail\u00a0: connectez-vous pour accepter.")
    if account_known_as(vouched.issuer, vouched.subject) is not None:
        raise NotVouched("Ce compte est déjà relié à une autre personne du portail.")
    account = Account(id=new_id(), mail=invitation.mail, name=_name(vouched, invitation), password_hash="")
    db.session.add(account)
    db.session.flush()
    _link(account.id, vouched)
    accept_as_member(invitation, SignedIn(account.id, account.name, session_digest=""))
    remember(JournalAct.IDENTITY_LINKED, account.id, provider.association_id, detail=str(provider.id))
    return account


def _name(vouched: Vouched, invitation: Invitation) -> str:
    """As the provider gives it; else what stands before the @."""
    given = " ".join((vouched.name or "").split())
    legible = given.isprintable() and any(sign.isalpha() for sign in given)
    return given[:LONGEST_NAME] if legible else invitation.mail.partition("@")[0][:LONGEST_NAME]
