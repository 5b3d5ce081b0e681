"""Loading the demo season: written once, in one go, lived through by the real engine."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import Enum
from time import monotonic
from typing import Any
from uuid import UUID

import psycopg
from flask import current_app
from psycopg import sql
from sqlalchemy import Connection, create_engine, inspect, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.demo.company_rows import company_rows
from portal.demo.history import History
from portal.demo.journey import Journey
from portal.demo.rows import consent_rows, person_rows, referral_row
from portal.demo.season import demo_season
from portal.demo.world import key_of, write_world
from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.database import owner_url
from portal.foundation.extensions import Base
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.identity import Consent
from portal.models.referral import Referral, ReferralState
from portal.models.routing import AssociationStanding, CapacityUse, ProgrammeStanding
from portal.operations.forecasts import make_forecasts
from portal.operations.reach import measure_reach
from portal.operations.recording import stored_catalogue
from portal.queries.routing import Board, board_of

SEED = 2021
PROGRESS_EVERY_SECONDS = 2.0
START_OVER = text("TRUNCATE campaign, routing_policy, routing_catalogue, account, association, company, lead CASCADE")
Echo = Callable[[str], object]
Rows = dict[type[Any], list[dict[str, Any]]]


def load_demo(echo: Echo, seed: int = SEED, share: int = 1) -> None:
    """Load the season once; a second call changes nothing. share: one request in so many (tests take fewer).

    Raises RuntimeError in production.
    """
    settings: Settings = current_app.config["SETTINGS"]
    if settings.production:
        raise RuntimeError("the demo season is never loaded in production")
    started, engine = monotonic(), create_engine(owner_url(settings))
    with engine.connect() as connection:
        if connection.scalar(select(Referral.id).limit(1)) is not None:
            echo("Les données de démonstration sont déjà là.")
            return
        _load(connection, settings, seed, share, echo)
    engine.dispose()
    for side in Side:
        with transaction(Scope(DatabaseRole.ROUTER)):
            measure_reach(side)
    with transaction(Scope(DatabaseRole.JOBS)):
        make_forecasts()
    echo(f"Saison de démonstration chargée en {monotonic() - started:.0f} s.")


def _load(connection: Connection, settings: Settings, seed: int, share: int, echo: Echo) -> None:
    """Two commits: the associations, then all their requests at once. A load cut short starts over."""
    now = clock.now()
    end = clock.today() - timedelta(days=1)
    echo("Associations, programmes et places…")
    connection.execute(START_OVER)
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        world = write_world(session, seed, end)
        session.commit()
    connection.commit()
    boards, catalogues = _boards()
    echo("Demandes…")
    journeys = list(_journeys(seed, end, now, settings, share))
    history = History(world, settings, boards, catalogues, now)
    history.live(journeys, _progress(echo, journeys[0].request.received_at, now))
    echo("Écriture…")
    _write(connection, journeys, history)
    connection.commit()


def _boards() -> tuple[dict[Side, Board], dict[Side, UUID]]:
    """What the engine will rank on, read as the portal itself reads it."""
    boards, catalogues = {}, {}
    with transaction(Scope(DatabaseRole.ROUTER)):
        for side in Side:
            boards[side] = board_of(side)
            catalogues[side] = stored_catalogue(boards[side].router.catalogue)
    return boards, catalogues


def _journeys(seed: int, end: date, now: datetime, settings: Settings, share: int) -> Iterator[Journey]:
    """Every request of the season but those that the rule on unconfirmed ones has erased since."""
    for number, request in enumerate(demo_season(seed, end), start=1):
        if number % share:
            continue
        patience = timedelta(hours=settings.unconfirmed_hours)
        if request.needs_guardian and request.address_confirmed_at is not None:
            patience = timedelta(days=settings.guardian_days)
        if request.received_at > now or (request.ready_at is None and request.received_at + patience < now):
            continue
        key = key_of("referral", str(seed), end.isoformat(), request.key)
        journey = Journey(
            id=key,
            number=f"{request.received_at.year}-{number:05}",
            request=request,
            facts=replace(request.profile, key=str(key)),
            state=ReferralState.AWAITING_CONSENT,
            state_since=request.received_at,
        )
        journey.awaiting = journey.still_awaited(now)
        yield journey


def _progress(echo: Echo, first: datetime, now: datetime) -> Callable[[datetime], None]:
    whole, last = (now - first).total_seconds(), monotonic()

    def tick(instant: datetime) -> None:
        nonlocal last
        if monotonic() - last > PROGRESS_EVERY_SECONDS:
            last = monotonic()
            share = (instant - first).total_seconds() / whole
            echo(f"  {share:4.0%}  {instant.astimezone(clock.PARIS):%d/%m/%Y}")

    return tick


def _write(connection: Connection, journeys: list[Journey], history: History) -> None:
    rows: Rows = defaultdict(list)
    for journey in journeys:
        with clock.at(journey.request.received_at):
            rows[Referral].append(referral_row(journey, history.world.campaign_id))
            rows[Consent] += consent_rows(journey, history.now)
            for row in person_rows(journey):
                rows[type(row)].append(_values(row))
    companies = company_rows(journeys, history.now)
    for model, found in (*rows.items(), *history.rows.items(), *_sums(history).items(), *companies.items()):
        _copy(connection, model, found)
    connection.exec_driver_sql("SELECT setval('referral_number', %s)", (int(journeys[-1].number[5:]),))


def _values(row: Base) -> dict[str, Any]:
    values = {column.key: getattr(row, column.key) for column in inspect(type(row)).columns}
    return values | {"id": new_id()} if "id" in values else values


def _sums(history: History) -> Rows:
    """The sums the drainer goes on from."""
    rows: Rows = {AssociationStanding: [], ProgrammeStanding: [], CapacityUse: []}
    association_of = {
        programme.id: programme.association
        for board in history.boards.values()
        for programme in board.router.catalogue.programmes
    }
    for side, standing in history.standings.items():
        of = {"campaign_id": history.world.campaign_id, "side": side}
        for key, its in standing.associations.items():
            served = {"committed": its.committed, "last_served_at": its.last_served, "reach": 0}
            rows[AssociationStanding].append({"association_id": UUID(key), **of, **served})
            rows[CapacityUse] += [
                {
                    "capacity_id": history.boards[side].capacity_ids[key, None, place],
                    "association_id": UUID(key),
                    "taken": row.taken,
                }
                for place, row in its.places.items()
            ]
        rows[ProgrammeStanding] += [
            {
                "programme_id": UUID(key),
                "association_id": UUID(association_of[key]),
                **of,
                "committed": own.committed,
                "last_served_at": own.last_served,
            }
            for key, own in standing.programmes.items()
            if key in association_of
        ]
    return rows


def _copy(connection: Connection, model: type[Any], rows: Iterable[dict[str, Any]]) -> None:
    """COPY: a hundred times quicker than inserting one by one."""
    table = model.__table__
    columns = list(table.columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(*table.fullname.split(".")),
        sql.SQL(", ").join(sql.Identifier(column.name) for column in columns),
    )
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([_plain(column, row) for column in columns])


def _plain(column: Any, row: dict[str, Any]) -> Any:
    if column.name == "id" and row.get("id") is None:
        return new_id()
    value = row.get(column.name)
    if value is None and column.default is not None and column.default.is_scalar:
        value = column.default.arg
    if isinstance(column.type, JSONB) and value is not None:
        return json.dumps(value, ensure_ascii=False, default=str)
    return value.value if isinstance(value, Enum) else value
