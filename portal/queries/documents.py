"""The documents that whoever asks may read, newest first; the database's rules say which those are."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select

from portal.foundation.extensions import db
from portal.models.company import OfferPage
from portal.models.document import Document, DocumentKind, DocumentState

PAGE = 20
AnySelect = Select[*tuple[Any, ...]]


def documents_asked(kinds: Sequence[DocumentKind], before: UUID | None = None) -> list[Document]:
    """One page of them, without their files. before: the last one of the page above."""
    query = select(Document).where(Document.kind.in_(kinds)).order_by(Document.id.desc()).limit(PAGE)
    return list(db.session.scalars(query.where(Document.id < before) if before else query))


def document_file(document_id: UUID) -> Row[Any] | None:
    """Its kind, parameters and file; None when it is not there, not ready, or another's."""
    query: AnySelect = select(Document.kind, Document.parameters, Document.file).where(
        Document.id == document_id, Document.state == DocumentState.READY
    )
    return db.session.execute(query).one_or_none()


def company_kits() -> dict[tuple[OfferPage, int], UUID]:
    """The kits ready to be handed out: which document holds each version of each text, the latest one drawn."""
    query: AnySelect = (
        select(Document.id, Document.parameters)
        .where(Document.kind == DocumentKind.COMPANY_KIT, Document.state == DocumentState.READY)
        .order_by(Document.id)
    )
    return {
        (OfferPage(row.parameters["page"]), int(row.parameters["number"])): row.id for row in db.session.execute(query)
    }
