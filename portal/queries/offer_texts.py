"""Which text of the offer is in force, and those before it. Public, staff and jobs read here alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from portal.foundation.extensions import db
from portal.models.account import Account
from portal.models.company import OfferPage, OfferText
from portal.queries.offer_builtin import BUILTIN

COLUMNS = (OfferText.page, OfferText.number, OfferText.title, OfferText.lead, OfferText.body, OfferText.published_at)
author, publisher = aliased(Account), aliased(Account)


@dataclass(frozen=True)
class Shown:
    """A text as a page shows it. number 0: the built-in one, of no date."""

    page: OfferPage
    number: int
    title: str
    lead: str
    body: str
    published_at: datetime | None = None


def builtin_text(page: OfferPage) -> Shown:
    """What is shown while nothing is published."""
    text = BUILTIN[page]
    return Shown(page, 0, text.title, text.lead, text.body.strip())


def _published() -> Select[*tuple[Any, ...]]:
    newest = select(*COLUMNS).where(OfferText.published_at.is_not(None)).ext(distinct_on(OfferText.page))
    return newest.order_by(OfferText.page, OfferText.number.desc())


def texts_in_force() -> dict[OfferPage, Shown]:
    """Every page of the offer, in the order of the closed list."""
    found = {row.page: Shown(*row) for row in db.session.execute(_published())}
    return {page: found.get(page) or builtin_text(page) for page in OfferPage}


def text_in_force(page: OfferPage) -> Shown:
    row = db.session.execute(_published().where(OfferText.page == page)).one_or_none()
    return Shown(*row) if row else builtin_text(page)


def text_numbered(page: OfferPage, number: int) -> Shown | None:
    """That version of a page; 0 is the built-in one."""
    if number == 0:
        return builtin_text(page)
    query = select(*COLUMNS).where(OfferText.page == page, OfferText.number == number)
    row = db.session.execute(query).one_or_none()
    return Shown(*row) if row else None


@dataclass(frozen=True)
class Drafted:
    """Where a page stands for staff: what is shown, who wrote it, and the draft after it if there is one."""

    shown: Shown
    by: str | None
    draft: Row[Any] | None


def _with_names() -> Select[*tuple[Any, ...]]:
    return (
        select(
            OfferText.id,
            *COLUMNS,
            OfferText.created_at,
            author.name.label("author"),
            publisher.name.label("publisher"),
        )
        .outerjoin(author, author.id == OfferText.created_by)
        .outerjoin(publisher, publisher.id == OfferText.published_by)
    )


def pages_drafted() -> list[Drafted]:
    """Every page with its version in force and its draft (staff)."""
    latest = select(OfferText.page, func.max(OfferText.number).label("number")).group_by(OfferText.page)
    newest = latest.subquery()
    force = latest.where(OfferText.published_at.is_not(None)).subquery()
    query = (
        _with_names()
        .join(newest, newest.c.page == OfferText.page)
        .outerjoin(force, force.c.page == OfferText.page)
        .where(OfferText.number.in_([newest.c.number, force.c.number]))
    )
    rows = db.session.execute(query).all()
    return [_drafted(page, [row for row in rows if row.page is page]) for page in OfferPage]


def _drafted(page: OfferPage, rows: Sequence[Row[Any]]) -> Drafted:
    shown = next((row for row in rows if row.published_at is not None), None)
    draft = next((row for row in rows if row.published_at is None), None)
    text = Shown(*(getattr(shown, column.key) for column in COLUMNS)) if shown else builtin_text(page)
    return Drafted(text, shown.publisher if shown else None, draft)


def latest_version(page: OfferPage) -> Row[Any] | None:
    """The last version written of a page, published or not (staff)."""
    query = _with_names().where(OfferText.page == page).order_by(OfferText.number.desc()).limit(1)
    return db.session.execute(query).one_or_none()


def versions_of(page: OfferPage) -> Sequence[Row[Any]]:
    """Every version kept of a page, newest first, with who wrote and who published it (staff)."""
    return db.session.execute(_with_names().where(OfferText.page == page).order_by(OfferText.number.desc())).all()
