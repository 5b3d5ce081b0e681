"""The texts of the offer: drafted, published, put back. A version is never rewritten, only followed by another."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from portal.foundation import clock
from portal.foundation.errors import AlreadyAnswered, DomainError, Hidden
from portal.foundation.extensions import db
from portal.models.company import OfferPage, OfferText
from portal.models.event import JournalAct
from portal.operations.documents import ask_company_kit
from portal.operations.history import journal
from portal.operations.meanwhile import faster
from portal.queries.offer_texts import latest_version, text_numbered

JUST_WRITTEN = (
    "Quelqu’un vient d’enregistrer une version\u00a0: la vôtre est gardée ci-dessous, relisez-la avant d’enregistrer."
)


@dataclass(frozen=True)
class Words:
    """What a page says: a title of one line, a lead without marks, a body in the safe mark-up."""

    title: str
    lead: str
    body: str


def save_draft(page: OfferPage, words: Words, *, based_on: int, by: UUID) -> OfferText:
    """A new version, shown to nobody yet. based_on: the number of the latest version its author had seen (0: none).

    Raises AlreadyAnswered when another was written meanwhile.
    """
    return _write(page, words, based_on=based_on, by=by)


def publish_words(page: OfferPage, words: Words, *, based_on: int, by: UUID) -> OfferText:
    """A new version, shown at once. Raises AlreadyAnswered as save_draft does."""
    return _write(page, words, based_on=based_on, by=by, published=True)


def publish_draft(page: OfferPage, number: int, *, by: UUID) -> None:
    """Show the draft that follows every other version. Raises Hidden, or DomainError when it is no longer that."""
    latest = latest_version(page)
    if latest is None or number > latest.number or number < 1:
        raise Hidden
    if number < latest.number:
        raise DomainError(f"{faster(latest.author, latest.created_at, 'écrit une version plus récente')}.")
    changed = db.session.execute(
        update(OfferText)
        .where(OfferText.page == page, OfferText.number == number, OfferText.published_at.is_(None))
        .values(published_at=clock.now(), published_by=by)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        raise DomainError("Cette version est déjà publiée.")
    _announce(page, number, by, published=True)


def put_back(page: OfferPage, number: int, *, based_on: int, by: UUID) -> OfferText:
    """An earlier version shown again, as a new one; 0 is the built-in text. Raises Hidden when there is none."""
    earlier = text_numbered(page, number)
    if earlier is None:
        raise Hidden
    words = Words(earlier.title, earlier.lead, earlier.body)
    return _write(page, words, based_on=based_on, by=by, published=True)


def _write(page: OfferPage, words: Words, *, based_on: int, by: UUID, published: bool = False) -> OfferText:
    latest = latest_version(page)
    if (latest.number if latest else 0) != based_on:
        told = faster(latest.author, latest.created_at, "enregistré une version") if latest else "Une version a changé"
        raise AlreadyAnswered(f"{told}\u00a0: la vôtre est gardée ci-dessous, relisez-la avant d’enregistrer.")
    text = OfferText(
        page=page,
        number=based_on + 1,
        title=words.title,
        lead=words.lead,
        body=words.body,
        created_by=by,
        published_at=clock.now() if published else None,
        published_by=by if published else None,
    )
    _insert(text)
    _announce(page, text.number, by, published=published)
    return text


def _insert(text: OfferText) -> None:
    """Two people at once write the same number: the database keeps the first."""
    try:
        with db.session.begin_nested():
            db.session.add(text)
    except IntegrityError as error:
        raise AlreadyAnswered(JUST_WRITTEN) from error


def _announce(page: OfferPage, number: int, by: UUID, *, published: bool) -> None:
    if published and page.kit:
        ask_company_kit(page, number, by=by)
    journal(JournalAct.OFFER_CHANGED, detail=f"{page.value}:{number}")
