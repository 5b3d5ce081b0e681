"""Whatever dies, nothing is lost, nothing is accepted twice, no mail leaves twice outside its honest window."""

import sys
from collections.abc import Iterator

import pytest

from tests.kills import promises
from tests.kills.blows import every_blow
from tests.kills.points import POINTS, STOPS
from tests.kills.rounds import Game, Round, play_all, played, table
from tests.kills.war import AT_LEISURE, blows, wage

SLOW_MACHINE_SECONDS = 45.0  # the whole suite runs beside it; by itself, see rounds.BOUND_SECONDS
KILLS, WORLDS = 1000, 3
SAMPLE = (
    "submit.before_commit",
    "answer.after_commit",
    "drain.before_commit",
    "apply.before_commit",
    "schedule.claimed",
    "mail.before_data_ends",
    "mail.after_250",
    "mail.after_250 (stopped)",
    "document.drawing",
    "morning.claimed.after_commit",
    "workbook_press.killed",
    "postgres.killed",
    "valkey.killed",
    "valkey.flushed",
)
AGAIN = (
    "INSERT INTO event SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid()))).*"
    " FROM event e WHERE name = 'assignment_accepted' LIMIT 1"
)
NEVER_SENT = (
    "INSERT INTO outbox SELECT (jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid(),"
    " 'deduplication_key', 'never sent'))).* FROM outbox o WHERE state = 'sent' LIMIT 1"
)
# What a fault of ours would leave behind, done by hand; and the promise that must tell of it.
FAULTS = {
    "an acceptance lost": (
        "DELETE FROM event WHERE id = (SELECT id FROM event WHERE name = 'assignment_accepted' LIMIT 1)",
        "a request not accepted exactly once",
    ),
    "accepted twice": (
        AGAIN,
        "a request not accepted exactly once",
    ),
    "a request lost": ("DELETE FROM referral WHERE id = (SELECT id FROM referral LIMIT 1)", "requests for"),
    "an answer never applied": (
        "UPDATE assignment SET applied_at = NULL WHERE state = 'accepted'",
        "a request not accepted exactly once",
    ),
    "a place counted twice": (
        "UPDATE association_standing SET committed = committed + 1 WHERE committed > 0",
        "the sums are not those of the assignments",
    ),
    "sent, and marked as dropped": (
        "UPDATE outbox SET state = 'dropped' WHERE state = 'sent'",
        "deaths in the window, and is dropped",
    ),
    "marked as sent before it was": (
        NEVER_SENT,
        "sent, but it never came",
    ),
    "a mail given up": ("UPDATE outbox SET state = 'dead' WHERE state = 'sent'", "a mail given up"),
    "a team not told": ("DELETE FROM outbox WHERE state = 'spread'", "the team was not told once"),
    "a document abandoned": ("UPDATE document SET state = 'failed', file = NULL", "a document not drawn"),
    "a file abandoned": (
        "UPDATE morning_file SET state = 'failed', digest = NULL WHERE mode <> 'never'",
        "a morning file not made",
    ),
    "a file made and not sent": ("DELETE FROM outbox WHERE message = 'morning_file'", "its member did not get once"),
    "a lease left": ("UPDATE outbox SET leased_until = now() WHERE state = 'sent'", "something left under a lease"),
}


@pytest.fixture(scope="module")
def game() -> Iterator[Game]:
    with played() as made:
        made.bound = SLOW_MACHINE_SECONDS
        yield made


def assert_nothing_lost(rounds: list[Round], blows_fallen: int) -> None:
    sys.stdout.write(table(rounds))
    assert [one for one in rounds if not one.well] == []
    assert len(rounds) == blows_fallen


@pytest.mark.timeout(600)
def test_nothing_is_lost_whatever_dies(game: Game) -> None:
    chosen = [blow for blow in every_blow() if blow.name in SAMPLE]

    rounds = play_all(game, chosen, seed=1, tell=lambda _: None)

    assert len(chosen) == len(SAMPLE)
    assert_nothing_lost(rounds, len(SAMPLE))


@pytest.mark.timeout(600)
def test_every_promise_would_tell_a_fault(game: Game) -> None:
    game.stir_everything()
    assert game.settled()
    owner = game.world.owner()

    unnoticed = []
    for fault, (statement, told) in FAULTS.items():
        with owner.transaction(force_rollback=True):
            owner.execute("SET LOCAL session_replication_role = replica")
            assert owner.execute(statement).rowcount, fault
            if not any(told in line for line in promises.broken(game.world, game.season)):
                unnoticed.append(fault)

    assert unnoticed == []
    assert promises.broken(game.world, game.season) == []


@pytest.mark.timeout(600)
def test_a_message_that_came_twice_is_noticed_unless_somebody_died_in_the_window(game: Game) -> None:
    game.stir_everything()
    assert game.settled()
    twice = next(iter(game.world.post_office.taken))
    game.world.post_office.taken[twice] += 1

    assert [line for line in promises.ill_mailed(game.world) if line.startswith("came 2 times for 0 deaths")]

    excuse = game.world.control / "window" / f"{twice.partition('@')[0]}=1"
    excuse.touch()
    assert promises.ill_mailed(game.world) == []
    excuse.unlink()
    game.world.post_office.taken[twice] -= 1


def test_every_point_has_words_and_its_turn() -> None:
    names = [blow.name for blow in blows(len(every_blow()), seed=3)]

    assert sorted(names) == sorted(blow.name for blow in every_blow())
    assert len(set(names)) == len(names)
    assert set(SAMPLE) | set(AT_LEISURE) <= set(names)
    assert set(STOPS) <= set(POINTS)
    assert all(blow.words for blow in every_blow())


def test_the_same_seed_is_the_same_war() -> None:
    first, again, other = ([blow.name for blow in blows(80, seed=seed)] for seed in (5, 5, 6))

    assert first == again
    assert first != other


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_a_thousand_kills_lose_nothing() -> None:
    rounds = list(wage(KILLS, WORLDS))

    assert_nothing_lost(rounds, KILLS)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_ten_kills_at_the_portal_s_own_leases_are_made_good_within_a_lease_and_a_sweep() -> None:
    rounds = list(wage(len(AT_LEISURE), WORLDS, leisure=True))

    assert_nothing_lost(rounds, len(AT_LEISURE))
