"""The commands: python -m flask --app wsgi COMMAND."""

import click
from flask import Flask

from portal.demo.load import load_demo
from portal.demo.logins import print_logins
from portal.foundation import database
from portal.foundation.config import settings
from portal.foundation.queue import queue, redis_connection, serializer
from portal.jobs.schedule import run_schedule
from portal.jobs.worker import run_worker
from portal.local.mailbox import run_mailbox


@click.command("migrate")
@click.argument("revision", default="head")
def migrate(revision: str) -> None:
    """Bring the database to a revision, and give every role its password."""
    database.migrate(settings(), revision)


@click.group("demo")
def demo() -> None:
    """The demo season."""


@demo.command("load")
@click.option("--one-in", default=1, show_default=True, help="Load one request in so many.")
def demo_load(one_in: int) -> None:
    """Load the demo season once; a second call changes nothing."""
    load_demo(echo=click.echo, share=one_in)


@demo.command("logins")
def demo_logins() -> None:
    """Print the demo logins."""
    print_logins(echo=click.echo)


@click.command("worker")
def worker() -> None:
    """Work the queue until told to stop."""
    run_worker(queue(), redis_connection(), serializer())


@click.command("scheduler")
def scheduler() -> None:
    """Wake the jobs of the timetable at their hour, until told to stop."""
    run_schedule()


@click.command("mailbox")
def mailbox() -> None:
    """A real SMTP server on loopback that keeps every message in the data folder (never in production)."""
    run_mailbox(settings().smtp_host, settings().smtp_port, settings().data_dir / "mail")


def register(app: Flask) -> None:
    for command in (migrate, demo, worker, scheduler, mailbox):
        app.cli.add_command(command)
