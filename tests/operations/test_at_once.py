"""Rows written many at once are those that a statement each would have written."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from flask import Flask
from sqlalchemy import insert
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation.identifiers import new_id
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.event import Event, EventName
from portal.models.routing import RoutingCatalogue, RoutingDecision
from portal.operations.at_once import insert_at_once
from tests.factories import make_campaign, make_referral

ROUTER = Scope(DatabaseRole.ROUTER)
AT = datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=UTC)
Owner = psycopg.Connection[tuple[Any, ...]]


def decision(referral_id: UUID, catalogue_id: UUID, number: int) -> dict[str, Any]:
    return {
        "id": new_id(),
        "referral_id": referral_id,
        "catalogue_id": catalogue_id,
        "decided_at": AT + timedelta(microseconds=number),
        "packed": bytes(range(256)) + bytes([number]),
        "profile": {"home": 'L’Haÿ « des » Roses \\ " 😀', "places": ["region:32"], "age": None, "deep": {"1": [1.5]}},
        "orienter_id": None if number else new_id(),
        "orienter_reason": None if number else "Une 'phrase' ; \t de deux\nlignes",
    }


def test_bytes_dates_documents_and_nothing_come_out_as_they_went_in(app: Flask, arrange: Session, owner: Owner) -> None:
    referral, catalogue_id = make_referral(arrange, make_campaign(arrange)), new_id()
    catalogue = {"id": catalogue_id, "side": Side.MENTEE, "digest": b"\x00\xff", "programmes": {}}
    arrange.execute(insert(RoutingCatalogue), [catalogue])
    arrange.commit()
    rows = [decision(referral.id, catalogue_id, number) for number in range(3)]

    with transaction(ROUTER):
        insert_at_once(RoutingDecision, rows)

    columns = ", ".join(rows[0])
    found = owner.execute(f"SELECT {columns} FROM routing_decision ORDER BY decided_at").fetchall()
    assert found == [tuple(row.values()) for row in rows]


def test_a_closed_list_is_stored_by_its_code_and_what_is_not_named_stays_empty(app: Flask, owner: Owner) -> None:
    with transaction(ROUTER):
        insert_at_once(Event, [{"id": new_id(), "at": AT, "name": EventName.REFERRAL_PLACED, "data": {"hop": 1}}])

    found = owner.execute("SELECT name, at, data, referral_id FROM event").fetchall()
    assert found == [("referral_placed", AT, {"hop": 1}, None)]


def test_no_row_is_no_statement(app: Flask, owner: Owner) -> None:
    with transaction(ROUTER):
        insert_at_once(Event, [])

    assert owner.execute("SELECT count(*) FROM event").fetchone() == (0,)
