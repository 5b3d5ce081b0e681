"""Requests that came to an association as they really come: with the events that the proof of a morning file reads."""

from typing import Any

from portal.foundation import clock
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as, transaction
from portal.models.assignment import Assignment, AssignmentState
from portal.models.event import Event, EventName
from portal.models.morning import FilePassword, MorningFile, MorningMode, MorningState, MorningWorkbook, RenewedBecause
from portal.operations import assignments as operations
from portal.operations.file_passwords import first_password, opened
from portal.operations.morning_proof import content_digest, stored_lines
from portal.paper.workbook import protected_workbooks
from portal.queries.morning import Content, waiting_content
from tests.doors.association.house import House

JOBS = Scope(DatabaseRole.JOBS)


def offer(house: House, first_name: str = "Léa", **fields: Any) -> Assignment:
    """House.offer, and the event that says so."""
    one = house.offer(first_name, **fields)
    house.session.add(placed(house, one))
    house.session.commit()
    return one


def placed(house: House, one: Assignment, name: EventName = EventName.REFERRAL_PLACED) -> Event:
    return Event(
        at=one.offered_at,
        name=name,
        referral_id=one.referral_id,
        association_id=one.association_id,
        assignment_id=one.id,
    )


def act(house: House, one: Assignment, operation: Any, **more: Any) -> None:
    with transaction(house.scope):
        operation(operations.assignment_to_answer(one.id), by=house.person, **more)


def see(house: House, one: Assignment) -> None:
    with transaction(house.scope):
        operations.mark_seen(operations.assignment_to_answer(one.id))


def close(house: House, one: Assignment, state: AssignmentState, name: EventName) -> None:
    """It leaves the association, which loses sight of it, as the router or the person does it."""
    row = house.reread(one)
    row.state, row.closed_at = state, clock.now()
    why = {"reason": "no_place"} if name is EventName.ASSIGNMENT_BOUNCED else {}
    told = {"referral_id": row.referral_id, "association_id": row.association_id, "assignment_id": row.id}
    house.session.add(Event(name=name, data=why, **told))
    house.session.commit()


def gathered(house: House) -> Content:
    with acting_as(Scope(DatabaseRole.ASSOCIATION, house.association.id, read_only=True)):
        return waiting_content(house.association.id, clock.now())


def make_file(house: House, found: Content | None = None, *, keep: bool = False) -> MorningFile:
    """The morning file of what waits now, as the job writes it. keep: with its workbook, under the first password."""
    found = found or gathered(house)
    file = MorningFile(
        id=new_id(),
        association_id=house.association.id,
        day=found.at.astimezone(clock.PARIS).date(),
        mode=MorningMode.ALWAYS,
        state=MorningState.MADE if found.lines else MorningState.EMPTY,
        next_attempt_at=found.at,
        at=found.at,
        snapshot=found.snapshot,
        lines=stored_lines(found.lines) if found.lines else None,
        digest=content_digest(found.lines) if found.lines else None,
    )
    with transaction(JOBS) as session:
        session.add(file)
        session.flush()
        session.expunge(file)
        if keep:
            session.add(_workbook(house, found, file))
    return file


def _workbook(house: House, found: Content, file: MorningFile) -> MorningWorkbook:
    password: FilePassword = first_password(house.association.id)
    assert password.because is RenewedBecause.FIRST
    made = protected_workbooks(found, [opened(password)])
    return MorningWorkbook(
        morning_file_id=file.id,
        association_id=house.association.id,
        password_number=password.number,
        file=made[0],
    )
