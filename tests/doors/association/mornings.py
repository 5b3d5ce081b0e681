"""Morning files of the tests: their days, the workbooks kept of them, the passwords that open them."""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.clock import PARIS
from portal.foundation.crypto import vault
from portal.foundation.identifiers import new_id
from portal.models.account import LoginSession
from portal.models.morning import FilePassword, MorningFile, MorningMode, MorningState, MorningWorkbook, RenewedBecause
from tests.doors.association.house import House


def show_who_it_is(session: Session) -> None:
    session.execute(update(LoginSession).values(proof_at=clock.now()))
    session.commit()


def make_day(house: House, day: date, state: MorningState = MorningState.MADE, **fields: Any) -> MorningFile:
    made = state is MorningState.MADE
    at = datetime.combine(day, time(10, 0, 4), PARIS)
    known = {"at": at, "made_at": at, "lines": [[str(new_id()), "00"]] * 6, "digest": b"d", "new": 2} if made else {}
    row = MorningFile(
        association_id=house.association.id,
        day=day,
        state=state,
        **{"mode": MorningMode.ALWAYS, "opened_at": at, "next_attempt_at": at, "unseen": 0, **known, **fields},
    )
    house.session.add(row)
    house.session.commit()
    return row


def keep(house: House, row: MorningFile, content: bytes, number: int = 1) -> None:
    house.session.add(
        MorningWorkbook(
            morning_file_id=row.id, association_id=house.association.id, password_number=number, file=content
        )
    )
    house.session.commit()


def make_password(house: House, secret: str, number: int = 1, **fields: Any) -> FilePassword:
    key = new_id()
    row = FilePassword(
        id=key,
        association_id=house.association.id,
        number=number,
        sealed=vault().seal(secret.encode(), column="file_password.sealed", row=key),
        **{"because": RenewedBecause.FIRST, "created_at": clock.now() - timedelta(days=1), **fields},
    )
    house.session.add(row)
    house.session.commit()
    return row
