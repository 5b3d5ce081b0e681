"""A company's request is written once and for all: sealed, numbered, answered by a letter, unreadable to the public."""

import re
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.identifiers import new_id
from portal.foundation.queue import Job, queue_of
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as, rollback, transaction
from portal.models.company import Lead, LeadKind, LeadState
from portal.models.outbox import Message, Outbox
from portal.operations.leads_intake import LeadAsked, submit_lead
from portal.queries.leads import Contact
from tests.factories import make_account, make_association

CONTACT = Contact("Hélène Marquis", "DRH", "helene@example.org", "+33199001234", "Soixante volontaires.")
PUBLIC = Scope(DatabaseRole.PUBLIC)


def submitted(**fields: object) -> str:
    with transaction(PUBLIC):
        return submit_lead(LeadAsked(LeadKind.CONTACT, "Filature du Nord", CONTACT, **fields))  # type: ignore[arg-type]


def test_a_request_is_kept_whole_and_its_contact_sealed(app: Flask, arrange: Session) -> None:
    association = make_association(arrange)
    arrange.commit()
    number = submitted(answers={"causes": ["job"]}, associations=[association.id])
    lead = arrange.scalars(select(Lead)).one()
    assert re.fullmatch(r"E-\d{4}-[2-9A-HJKMNP-TV-Z]{6}", number)
    assert (lead.number, lead.kind, lead.state) == (number, LeadKind.CONTACT, LeadState.RECEIVED)
    assert (lead.company_name, lead.answers, lead.associations) == (
        "Filature du Nord",
        {"causes": ["job"]},
        [str(association.id)],
    )
    assert b"helene" not in lead.contact_sealed
    assert Contact.opened(lead.contact_sealed, lead.id) == CONTACT


def test_a_sealed_contact_moved_to_another_request_does_not_open(app: Flask, arrange: Session) -> None:
    submitted()
    lead = arrange.scalars(select(Lead)).one()
    with pytest.raises(InvalidTag):
        Contact.opened(lead.contact_sealed, new_id())


def test_the_letter_is_written_with_the_request_and_leaves_after_it(app: Flask, arrange: Session) -> None:
    submitted()
    lead = arrange.scalars(select(Lead)).one()
    letter = arrange.scalars(select(Outbox)).one()
    assert (letter.message, letter.reference_id, letter.referral_id) == (Message.LEAD_RECEIVED, lead.id, None)
    assert [job.func_name for job in queue_of(Job.SEND_MAIL).jobs] == [Job.SEND_MAIL.value]


def test_a_request_that_fails_leaves_no_letter(app: Flask, arrange: Session) -> None:
    with acting_as(PUBLIC):
        submit_lead(LeadAsked(LeadKind.CONTACT, "Filature du Nord", CONTACT))
        rollback()
    assert arrange.scalars(select(Lead)).all() == []
    assert arrange.scalars(select(Outbox)).all() == []
    assert queue_of(Job.SEND_MAIL).jobs == []


def test_numbers_differ_and_say_nothing_of_how_many_came(app: Flask, arrange: Session) -> None:
    assert len({submitted() for _ in range(20)}) == 20


@pytest.mark.parametrize(
    "statement", ["SELECT number FROM lead", "UPDATE lead SET company_name = ''", "DELETE FROM lead"]
)
def test_the_public_can_write_a_request_and_nothing_more(app: Flask, arrange: Session, statement: str) -> None:
    submitted()
    with pytest.raises(ProgrammingError), acting_as(PUBLIC) as session:
        session.execute(text(statement))
    assert arrange.scalars(select(Lead)).one().company_name == "Filature du Nord"


def test_the_public_cannot_write_a_request_already_in_somebodys_hands(app: Flask, arrange: Session) -> None:
    taken = Lead(
        number="E-2026-AAAAAA",
        kind=LeadKind.CONTACT,
        company_name="x",
        contact_sealed=b"x",
        state=LeadState.ENGAGED,
        state_since=clock.now(),
    )
    with acting_as(PUBLIC) as session:
        session.add(taken)
        with pytest.raises(DBAPIError, match="row-level security"):
            session.flush()


def test_an_association_reads_no_request_of_a_company_even_one_that_names_it(app: Flask, arrange: Session) -> None:
    association = make_association(arrange)
    account = make_account(arrange, association=association)
    arrange.commit()
    submitted(associations=[association.id])
    scope = Scope(DatabaseRole.ASSOCIATION, association_id=association.id, account_id=account.id)
    for statement in (select(Lead.id), update(Lead).values(company_name="x")):
        with pytest.raises(ProgrammingError), acting_as(scope):
            db.session.execute(statement)


def test_staff_read_every_request(app: Flask, arrange: Session) -> None:
    submitted()
    account = make_account(arrange, staff=True)
    arrange.commit()
    with acting_as(Scope(DatabaseRole.STAFF, account_id=UUID(str(account.id)), read_only=True)):
        assert db.session.scalars(select(Lead.company_name)).all() == ["Filature du Nord"]
