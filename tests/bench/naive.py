"""The plain way to send mail: one job of the queue each, a connection each, nothing kept in the database.

python -m tests.bench.naive runs its worker (the portal's own takes no job but the portal's).
"""

from functools import cache
from smtplib import SMTP
from uuid import UUID

from flask import Flask
from redis import Redis
from rq import Queue, SimpleWorker

from portal.app import create_app
from portal.foundation import clock
from portal.foundation.config import settings
from portal.foundation.queue import redis_connection
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as
from portal.mail.letter import as_message
from portal.models.outbox import Message, Outbox
from portal.operations.addressing import addressed

QUEUE = "naive"


@cache
def application() -> Flask:
    return create_app()


def send(referral_id: str, mark: str) -> None:
    """The same letter, with a mark in its Message-ID to know it by."""
    with application().app_context(), acting_as(Scope(DatabaseRole.JOBS, read_only=True)):
        told = settings()
        row = Outbox(message=Message.REFERRAL_RECEIVED, referral_id=UUID(referral_id), created_at=clock.now())
        found = addressed(row, told)
        assert found
        look = {"sender": told.mail_from, "brand": told.brand_name, "contact": told.contact_mail}
        message = as_message(found.letter, to=found.to, **look, message_id=f"<{mark}@collectif.example.org>")
        with SMTP(told.smtp_host, told.smtp_port, timeout=10) as server:
            server.send_message(message)


def plain_queue(connection: Redis) -> Queue:
    return Queue(QUEUE, connection=connection)


if __name__ == "__main__":
    with application().app_context():
        waiting = plain_queue(redis_connection())
        SimpleWorker([waiting], connection=redis_connection()).work(logging_level="WARNING")
