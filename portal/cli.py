"""The commands: python -m flask --app wsgi COMMAND."""

import os

import click
from flask import Flask

from portal.demo.load import load_demo
from portal.demo.logins import print_code, print_logins
from portal.foundation import database
from portal.foundation.config import settings
from portal.foundation.queue import PAPER, PORTAL, queue, redis_connection, serializer
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as, transaction
from portal.jobs.schedule import run_schedule
from portal.jobs.worker import run_worker
from portal.local.mailbox import run_mailbox
from portal.operations.demo_accounts import refuse_demo_accounts
from portal.operations.figures import figure_differences, mend_figures
from portal.operations.journal_chain import verify


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


@demo.command("code")
def demo_code() -> None:
    """Print the six figures that demo accounts sign in with now."""
    print_code(echo=click.echo)


@click.command("worker")
@click.option(
    "--queue",
    "names",
    type=click.Choice([PORTAL, PAPER]),
    multiple=True,
    default=(PORTAL, PAPER),
    show_default=True,
    help="Serve only this queue; several, in this order. One worker at least should never draw (--queue portal).",
)
def worker(names: tuple[str, ...]) -> None:
    """Work the queues until told to stop."""
    refuse_demo_accounts()
    run_worker([queue(name) for name in names], redis_connection(), serializer())


@click.command("scheduler")
def scheduler() -> None:
    """Wake the jobs of the timetable at their hour, until told to stop."""
    refuse_demo_accounts()
    run_schedule()


@click.group("journal")
def journal() -> None:
    """The audit journal."""


@journal.command("verify")
def journal_verify() -> None:
    """Walk the whole chain of the journal; fails at the first entry altered, removed or put in between."""
    with acting_as(Scope(DatabaseRole.JOBS, read_only=True)):
        verdict = verify()
    if not verdict.intact:
        raise click.ClickException(f"the journal's chain is broken at position {verdict.broken_at}")
    click.echo(f"{verdict.sealed} entries hold, {verdict.pending} wait for their seal")


@click.group("figures")
def figures() -> None:
    """The sums of the figures."""


@figures.command("check")
def figures_check() -> None:
    """Count everything again from the events; fails, and says where, when the sums differ."""
    with transaction(Scope(DatabaseRole.JOBS, read_only=True)):
        found = figure_differences()
    for one in found:
        whose = one.association_id or "network"
        click.echo(
            f"{whose} {one.side} {one.measure} {one.dimension} {one.day} «{one.value}»: {one.kept} kept, {one.recounted} counted"
        )
    if found:
        raise click.ClickException(f"{len(found)} sums differ; `flask figures recount` mends them")
    click.echo("the sums are those of a recount")


@figures.command("recount")
def figures_recount() -> None:
    """Make the sums those of a recount; whatever happens meanwhile is counted too."""
    with transaction(Scope(DatabaseRole.JOBS)):
        mended = mend_figures()
    click.echo(f"{mended} sums mended")


@click.command("mailbox")
def mailbox() -> None:
    """A real SMTP server on loopback that keeps every message in the data folder (never in production)."""
    run_mailbox(settings().smtp_host, settings().smtp_port, settings().data_dir / "mail")


def serves_pages() -> bool:
    """Whether a server has loaded the application, rather than one of its commands."""
    return "FLASK_RUN_FROM_CLI" not in os.environ


def register(app: Flask) -> None:
    """Give the application its commands; a server that may not serve it stops here. Raises DemoAccountsPresent."""
    if serves_pages():
        with app.app_context():
            refuse_demo_accounts()
    for command in (migrate, demo, worker, scheduler, journal, figures, mailbox):
        app.cli.add_command(command)
