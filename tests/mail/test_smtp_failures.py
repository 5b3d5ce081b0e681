"""Whatever a mail server does, each message arrives in the end, once; where that cannot be known, as the same one."""

import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.jobs import mail
from portal.jobs.mail import send_pending
from tests.mail.engine import Desk, Owner, handed_to
from tests.mail.post_offices import Act, PostOffice, Stage, Trouble, flooding, opened

AT_THE_MAILBOX = (Stage.RCPT, Stage.DATA, Stage.CONTENT)
SERVERS_OWN = (Stage.CONNECT, Stage.MAIL)
A_FEW_MB = 16 * 1024  # in KB; an honest conversation needs none


@pytest.fixture
def desk(arrange: Session, owner: Owner) -> Desk:
    return Desk(arrange, owner)


def send_until_settled(desk: Desk) -> int:
    """Turn after turn, as if hours lay between; how many it took."""
    for turn in range(1, 12):
        send_pending()
        if not any(state == "pending" for state, *_ in desk.rows()):
            return turn
        desk.due_again()
    raise AssertionError(f"still waiting: {desk.rows()}")


def each_once(desk: Desk, office: PostOffice) -> bool:
    return office.times_kept == {f"<{key}@collectif.example.org>": 1 for (key,) in desk.rows("id")}


@pytest.mark.parametrize("code", [421, 450, 451])
@pytest.mark.parametrize("stage", Stage)
def test_a_passing_refusal_delays_and_loses_nothing(app: Flask, desk: Desk, stage: Stage, code: int) -> None:
    desk.messages(3)
    with opened(Trouble(stage, reply=f"{code} 4.3.2 Later", times=1)) as office, handed_to(app, office):
        send_pending()
        waiting = [(state, error) for state, _, error in desk.rows() if state == "pending" and error]
        assert waiting == [("pending", f"smtp_{code}")]
        send_until_settled(desk)
    assert each_once(desk, office)
    assert {state for state, *_ in desk.rows()} == {"sent"}


@pytest.mark.parametrize("stage", AT_THE_MAILBOX)
def test_a_mailbox_that_refuses_is_not_tried_again_and_holds_nobody(app: Flask, desk: Desk, stage: Stage) -> None:
    desk.messages(3)
    refused = Trouble(stage, reply="550 5.1.1 No such mailbox", to="personne1@example.org")
    with opened(refused) as office, handed_to(app, office):
        assert send_until_settled(desk) == 1
    assert desk.rows() == [("sent", 1, None), ("dead", 1, "smtp_550"), ("sent", 1, None)]
    assert sorted(office.mailboxes) == ["personne0@example.org", "personne2@example.org"]


@pytest.mark.parametrize("stage", SERVERS_OWN)
@pytest.mark.parametrize("code", [550, 554, 535])
def test_a_server_that_refuses_us_says_nothing_of_the_mailboxes(
    app: Flask, desk: Desk, stage: Stage, code: int
) -> None:
    desk.messages(3)
    with opened(Trouble(stage, reply=f"{code} 5.7.1 Not from you", times=2)) as office, handed_to(app, office):
        send_pending()
        assert sorted(desk.rows("state, attempts")) == [("pending", 0), ("pending", 0), ("pending", 1)]
        send_until_settled(desk)
    assert each_once(desk, office)
    assert desk.owner.execute("SELECT count(*) FROM referral WHERE mail_refused_at IS NOT NULL").fetchone() == (0,)


def test_a_demand_to_sign_in_is_no_mailboxs_fault(app: Flask, desk: Desk) -> None:
    desk.messages(2)
    demand = Trouble(Stage.RCPT, reply="530 5.7.0 Authentication required", times=1)
    with opened(demand) as office, handed_to(app, office):
        send_pending()
        assert {error for _, _, error in desk.rows() if error} == {"smtp_530"}
        send_until_settled(desk)
    assert each_once(desk, office)


@pytest.mark.parametrize("stage", Stage)
def test_a_line_that_drops_before_250_loses_nothing(app: Flask, desk: Desk, stage: Stage) -> None:
    desk.messages(3)
    with opened(Trouble(stage, Act.DROP, times=2)) as office, handed_to(app, office):
        send_until_settled(desk)
    assert each_once(desk, office)


def test_a_line_that_drops_after_250_costs_nothing(app: Flask, desk: Desk) -> None:
    desk.messages(4)
    with opened(Trouble(Stage.CONTENT, Act.LEAVE)) as office, handed_to(app, office):
        send_pending()
    assert each_once(desk, office)
    assert desk.rows() == [("sent", 1, None)] * 4


def test_a_250_that_never_arrives_is_repeated_under_the_same_name(app: Flask, desk: Desk) -> None:
    first, *_ = desk.messages(3)
    lost = Trouble(Stage.CONTENT, Act.SWALLOW, times=1, to="personne0@example.org")
    with opened(lost) as office, handed_to(app, office):
        send_until_settled(desk)
    expected = {f"<{key}@collectif.example.org>": 1 for (key,) in desk.rows("id")}
    assert office.times_kept == expected | {f"<{first.id}@collectif.example.org>": 2}


@pytest.mark.parametrize("stage", Stage)
def test_a_silent_server_holds_nobody_beyond_the_deadline(app: Flask, desk: Desk, stage: Stage) -> None:
    desk.messages(2)
    silent = Trouble(stage, Act.WAIT, seconds=3, times=1)
    with opened(silent) as office, handed_to(app, office, lease_seconds=2):
        started = monotonic()
        send_pending()
        assert monotonic() - started < 2.9
        assert [error for _, _, error in desk.rows() if error] == ["timeout"]
        assert desk.owner.execute("SELECT max(leased_until) FROM outbox").fetchone() == (None,)


def test_a_tarpit_is_left_in_time_however_it_dribbles(app: Flask, desk: Desk) -> None:
    """Each character comes before a plain timeout would notice."""
    desk.messages(2)
    with opened(dribble=0.2) as office, handed_to(app, office, lease_seconds=2):
        started = monotonic()
        send_pending()
        assert monotonic() - started < 4
        assert sorted(desk.rows()) == [("pending", 0, None), ("pending", 1, "timeout")]
        office.dribble = 0.0
        send_until_settled(desk)
    assert each_once(desk, office)


@pytest.mark.parametrize(
    ("after", "error"), [("", "unreachable"), ("EHLO", "unreachable"), ("RCPT", "dropped"), (".", "dropped")]
)
def test_a_reply_without_end_is_hung_up_on_and_fills_no_memory(app: Flask, desk: Desk, after: str, error: str) -> None:
    desk.message()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with flooding(after) as office, handed_to(app, office, lease_seconds=20):
        started = monotonic()
        send_pending()
        assert monotonic() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < A_FEW_MB
    assert office.flooded > 64 * 1024
    assert desk.rows() == [("pending", 1, error)]
    desk.due_again()
    with opened() as sane, handed_to(app, sane):
        send_until_settled(desk)
    assert each_once(desk, sane)


@pytest.fixture
def dead_port() -> Iterator[int]:
    """Where whoever calls waits for ever: the queue of its door is full, and nobody opens."""
    with ExitStack() as kept:
        door = kept.enter_context(socket.socket())
        door.bind(("127.0.0.1", 0))
        door.listen(0)
        for _ in range(4):
            caller = kept.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(door.getsockname())
        yield door.getsockname()[1]


def named(monkeypatch: pytest.MonkeyPatch, name: str, ports: list[int]) -> None:
    """Have the name lead to these doors of this machine."""
    known: Callable[..., Any] = socket.getaddrinfo
    doors = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **k: doors if host == name else known(host, *a, **k))


def test_dead_addresses_of_a_name_take_no_more_than_the_deadline_together(
    app: Flask, desk: Desk, dead_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.message()
    named(monkeypatch, "mx.example.org", [dead_port] * 4)
    with opened() as office, handed_to(app, office, smtp_host="mx.example.org", lease_seconds=4):
        started = monotonic()
        send_pending()
        assert 1 < monotonic() - started < 3
    assert desk.rows() == [("pending", 1, "timeout")]


def test_dead_addresses_of_a_name_leave_time_for_the_one_that_answers(
    app: Flask, desk: Desk, dead_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.message()
    with opened() as office, handed_to(app, office, smtp_host="mx.example.org", lease_seconds=6):
        named(monkeypatch, "mx.example.org", [dead_port, dead_port, office.port])
        send_pending()
    assert each_once(desk, office)


def test_an_address_stored_with_an_accent_is_reached_by_its_ascii_name(app: Flask, desk: Desk) -> None:
    desk.message("lea@exämple.org")
    with opened() as office, handed_to(app, office):
        send_pending()
    assert (office.mailboxes, office.met[Stage.RCPT]) == (["lea@xn--exmple-cua.org"], 1)
    assert desk.rows() == [("sent", 1, None)]


def test_a_turn_ends_in_time_and_asks_for_another(app: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "RUN_SECONDS", 0.5)
    desk.messages(6)
    slow = Trouble(Stage.CONTENT, Act.WAIT, seconds=0.3)
    with opened(slow) as office, handed_to(app, office, lease_seconds=2):
        started = monotonic()
        monkeypatch.setattr(mail, "BATCH", 2)
        send_pending()
        assert monotonic() - started < 2
        assert {state for state, *_ in desk.rows()} == {"sent", "pending"}
        assert app.extensions["redis"].llen("rq:queue:mail") == 1
        send_until_settled(desk)
    assert each_once(desk, office)


def test_a_server_out_of_reach_costs_one_attempt_and_everything_leaves_when_it_is_back(app: Flask, desk: Desk) -> None:
    desk.messages(5)
    with opened() as office:
        pass
    with handed_to(app, office):
        for _ in range(3):
            send_pending()
    assert sorted(desk.rows()) == [("pending", 0, None)] * 2 + [("pending", 1, "unreachable")] * 3
    with opened() as office, handed_to(app, office):
        send_until_settled(desk)
    assert each_once(desk, office)


def test_one_line_serves_a_whole_batch(app: Flask, desk: Desk) -> None:
    desk.messages(5)
    with opened() as office, handed_to(app, office):
        send_pending()
    assert office.met[Stage.CONNECT] == 1
    assert each_once(desk, office)


def test_refused_for_48_hours_it_is_given_up_and_says_why(app: Flask, desk: Desk) -> None:
    desk.message()
    with opened(Trouble(Stage.RCPT, reply="451 4.7.1 Greylisted")) as office, handed_to(app, office):
        for _ in range(9):
            send_pending()
            desk.later(timedelta(hours=7))
    ((state, attempts, error, died),) = desk.rows("state, attempts, error, dead_at IS NOT NULL")
    assert (state, error, died) == ("dead", "smtp_451", True)
    assert attempts == 8
    assert office.kept == []
