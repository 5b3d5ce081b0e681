"""The texts of the offer under each role of the database, and when two people write at once."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.errors import AlreadyAnswered
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as, transaction
from portal.models.account import Account
from portal.models.company import OfferPage, OfferText
from portal.operations import offer as operations
from portal.operations.offer import Words, publish_words, save_draft
from portal.queries.offer_builtin import BUILTIN
from portal.queries.offer_texts import text_in_force, text_numbered, texts_in_force
from tests.factories import make_account

PAGE = OfferPage.INFORMER
WORDS = Words("Le mentorat", "En deux mots.", "Parce que **oui**.")


@pytest.fixture
def samir(arrange: Session) -> Account:
    account = make_account(arrange, staff=True)
    arrange.commit()
    return account


def as_staff(account: Account) -> Scope:
    return Scope(DatabaseRole.STAFF, account_id=account.id)


def public() -> Scope:
    return Scope(DatabaseRole.PUBLIC, read_only=True)


def test_the_public_reads_the_built_in_text_until_another_is_published(app: Flask, samir: Account) -> None:
    with acting_as(public()):
        assert text_in_force(PAGE).title == BUILTIN[PAGE].title
        assert list(texts_in_force()) == list(OfferPage)
    with transaction(as_staff(samir)):
        save_draft(PAGE, WORDS, based_on=0, by=samir.id)
    with acting_as(public()):
        assert text_in_force(PAGE).number == 0
        assert text_numbered(PAGE, 1) is None
    with transaction(as_staff(samir)):
        publish_words(PAGE, WORDS, based_on=1, by=samir.id)
        save_draft(PAGE, WORDS, based_on=2, by=samir.id)
    with acting_as(public()):
        assert (text_in_force(PAGE).number, text_in_force(PAGE).body) == (2, WORDS.body)
        assert texts_in_force()[PAGE] == text_in_force(PAGE)
        assert texts_in_force()[OfferPage.HOME].number == 0


def test_two_writers_of_one_number_leave_one(arrange: Session, samir: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second looked before the first had written: the database keeps the first, and the second is told."""
    seen: list[Any] = [None]
    monkeypatch.setattr(operations, "latest_version", lambda _: seen[0])
    with transaction(as_staff(samir)):
        save_draft(PAGE, WORDS, based_on=0, by=samir.id)
    with transaction(as_staff(samir)), pytest.raises(AlreadyAnswered, match="Quelqu’un vient d’enregistrer"):
        save_draft(PAGE, Words("Autre", "", "Autre."), based_on=0, by=samir.id)
    assert [one.title for one in arrange.scalars(select(OfferText))] == ["Le mentorat"]


def test_a_version_is_never_rewritten_nor_signed_for_another(arrange: Session, samir: Account) -> None:
    other = make_account(arrange, staff=True)
    arrange.commit()
    with transaction(as_staff(samir)):
        publish_words(PAGE, WORDS, based_on=0, by=samir.id)
    for statement in (
        "UPDATE offer_text SET body = 'autre'",
        "UPDATE offer_text SET number = 9",
        "DELETE FROM offer_text",
    ):
        with acting_as(as_staff(samir)), pytest.raises(ProgrammingError, match="permission denied"):
            db.session.execute(text(statement))
    with acting_as(as_staff(samir)):
        hidden = db.session.execute(text("UPDATE offer_text SET published_at = NULL"))
        assert hidden.rowcount == 0  # type: ignore[attr-defined]
    with acting_as(as_staff(samir)), pytest.raises(ProgrammingError, match="row-level security"):
        save_draft(PAGE, WORDS, based_on=1, by=other.id)
    signed = OfferText(page=PAGE, number=2, title="", lead="", body="", created_by=samir.id, published_at=clock.now())
    signed.published_by = other.id
    with acting_as(as_staff(samir)), pytest.raises(ProgrammingError, match="row-level security"):  # noqa: PT012
        db.session.add(signed)
        db.session.flush()


@pytest.mark.parametrize("role", [DatabaseRole.ASSOCIATION, DatabaseRole.ROUTER, DatabaseRole.SIGN_IN])
def test_roles_that_have_no_business_with_the_offer_read_nothing_of_it(
    app: Flask, samir: Account, role: DatabaseRole
) -> None:
    for table in ("offer_text", "company", "company_volunteer"):
        with acting_as(Scope(role, account_id=samir.id)), pytest.raises(ProgrammingError, match="permission denied"):
            db.session.execute(text(f"SELECT count(*) FROM {table}"))
