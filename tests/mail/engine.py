"""What the proofs of the outbox arrange and look at."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy.orm import Session

from portal.foundation.config import Settings
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.jobs.mail import send_pending
from portal.models.campaign import Campaign
from portal.models.outbox import Message, Outbox
from portal.models.person import Applicant, Guardian, Person
from portal.models.referral import Referral
from portal.operations.claims import Claim, claim
from tests import factories
from tests.mail.post_offices import PostOffice, Trouble, opened

Owner = psycopg.Connection[Any]
JOBS = Scope(DatabaseRole.JOBS)
HOUR = timedelta(hours=1)
REFUSAL = "550 5.1.1 No such mailbox"


class Desk:
    """Writes messages into the outbox of the test's database, and moves its clock on."""

    def __init__(self, session: Session, owner: Owner) -> None:
        self.session = session
        self.owner = owner
        self.campaign: Campaign = factories.make_campaign(session)
        session.commit()

    def request(self, mail: str = "lea@example.org", guardian: str | None = None) -> Referral:
        minding = Guardian("Anne Martin", guardian) if guardian else None
        who = Person(Applicant("Léa", "Martin", mail), guardian=minding)
        found = factories.make_referral(self.session, self.campaign, person=who)
        self.session.commit()
        return found

    def message(self, mail: str = "lea@example.org", **fields: Any) -> Outbox:
        """One that anybody may be sent, about a request of its own, due now."""
        request = self.request(mail)
        row = Outbox(
            **{
                "deduplication_key": f"{Message.REFERRAL_RECEIVED}:{request.id}",
                "message": Message.REFERRAL_RECEIVED,
                "referral_id": request.id,
                **fields,
            }
        )
        self.session.add(row)
        self.session.commit()
        return row

    def messages(self, amount: int) -> list[Outbox]:
        return [self.message(f"personne{number}@example.org") for number in range(amount)]

    def later(self, wait: timedelta = timedelta(hours=7)) -> None:
        """As if that long had passed for whatever waits."""
        self.owner.execute(
            "UPDATE outbox SET next_attempt_at = next_attempt_at - %(wait)s, leased_until = leased_until - %(wait)s,"
            " gives_up_at = gives_up_at - %(wait)s WHERE state = 'pending'",
            {"wait": wait},
        )

    def due_again(self) -> None:
        """Whatever waits may leave now; it has not come closer to being given up."""
        self.owner.execute("UPDATE outbox SET next_attempt_at = now() WHERE state = 'pending'")

    def rows(self, columns: str = "state, attempts, error") -> list[tuple[Any, ...]]:
        return self.owner.execute(f"SELECT {columns} FROM outbox ORDER BY created_at, id").fetchall()


@contextmanager
def handed_to(app: Flask, office: PostOffice, **fields: Any) -> Iterator[PostOffice]:
    """The application's mail goes to that office meanwhile."""
    before: Settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = before.model_copy(update={"smtp_port": office.port, **fields})
    try:
        yield office
    finally:
        app.config["SETTINGS"] = before


def sent_to(app: Flask, *troubles: Trouble) -> PostOffice:
    with opened(*troubles) as office, handed_to(app, office):
        send_pending()
    return office


def claimed(settings: Settings, most: int = 10) -> list[Claim]:
    with transaction(JOBS):
        return claim(settings, most)


def in_background(app: Flask, act: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        with app.app_context():
            act()

    thread = threading.Thread(target=run)
    thread.start()
    return thread
