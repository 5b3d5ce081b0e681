"""The commands: python -m flask --app wsgi COMMAND."""

import os
from datetime import datetime

import click
from flask import Flask

from portal.cli_engine import study
from portal.cli_morning import morning
from portal.demo.load import load_demo
from portal.demo.logins import print_code, print_logins
from portal.foundation import clock, database
from portal.foundation.config import settings
from portal.foundation.queue import MAIL, PAPER, PORTAL, queue, redis_connection, serializer
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as, transaction
from portal.jobs.schedule import run_schedule
from portal.jobs.worker import run_worker
from portal.local.mailbox import run_mailbox
from portal.operations.demo_accounts import refuse_demo_accounts
from portal.operations.figures import figure_differences, mend_figures
from portal.operations.journal_chain import verify
from portal.web.maintenance import close, closed, reopen


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
    type=click.Choice([PORTAL, MAIL, PAPER]),
    multiple=True,
    default=(PORTAL, MAIL, PAPER),
    show_default=True,
    help="Serve only this queue; several, in this order. One worker at least should only route (--queue portal):"
    " neither a slow mail server nor a long drawing holds it up.",
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


@click.group("maintenance")
def maintenance() -> None:
    """Close the pages for a while; nothing else is stopped."""


def instant(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    """« 14:30 » today, or « 2026-11-22 14:30 », in Paris."""
    if text is None:
        return None
    written = text if " " in text else f"{clock.today()} {text}"
    try:
        return datetime.strptime(written, "%Y-%m-%d %H:%M").replace(tzinfo=clock.PARIS)
    except ValueError as error:
        raise click.BadParameter('write "14:30" or "2026-11-22 14:30" (in Paris)') from error


@maintenance.command("on")
@click.option("--until", callback=instant, help='When it should be over, in Paris: "14:30" or "2026-11-22 14:30".')
def maintenance_on(until: datetime | None) -> None:
    """Answer every page with the one that says so."""
    close(settings().data_dir, until)
    click.echo(f"closed{f' until {until:%Y-%m-%d %H:%M}' if until else ''}")


@maintenance.command("off")
def maintenance_off() -> None:
    """Serve the pages again."""
    click.echo("open again" if reopen(settings().data_dir) else "it was open already")


@maintenance.command("status")
def maintenance_status() -> None:
    """Say whether the pages are served."""
    found = closed(settings().data_dir)
    until = found.until.astimezone(clock.PARIS) if found and found.until else None
    click.echo("open" if found is None else f"closed{f' until {until:%Y-%m-%d %H:%M}' if until else ''}")


def serves_pages() -> bool:
    """Whether a server has loaded the application, rather than one of its commands."""
    return "FLASK_RUN_FROM_CLI" not in os.environ


def register(app: Flask) -> None:
    """Give the application its commands; a server that may not serve it stops here. Raises DemoAccountsPresent."""
    if serves_pages():
        with app.app_context():
            refuse_demo_accounts()
    for command in (migrate, demo, worker, scheduler, journal, figures, morning, maintenance, mailbox, study):
        app.cli.add_command(command)
