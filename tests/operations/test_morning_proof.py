"""A morning file is proved afterwards: from the history, from today's rows, and from the workbook while it is kept."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.config import Settings
from portal.foundation.database import owner_url
from portal.foundation.errors import Hidden
from portal.foundation.transactions import transaction
from portal.models.assignment import Assignment, AssignmentState, BounceReason
from portal.models.event import Event, EventName
from portal.models.morning import MorningFile, MorningState
from portal.models.referral import Referral
from portal.operations import assignments as operations
from portal.operations.morning_proof import Unchecked, Verdict, verify_file
from portal.paper.workbook import rows_in
from tests import factories
from tests.doors.association.house import House, make_house
from tests.operations.morning_house import JOBS, act, close, gathered, make_file, offer, placed, see

Owner = psycopg.Connection[tuple[object, ...]]
_E, _S = EventName, AssignmentState


@pytest.fixture
def house(arrange: Session) -> House:
    return make_house(arrange, factories.make_campaign(arrange), "Proxité")


@pytest.fixture
def undo_window(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update={"undo_minutes": 5}))


def verdict(file: MorningFile) -> Verdict:
    return verify_file(file.id, rows_in)


def in_three_days() -> Any:
    return clock.today() + timedelta(days=3)


def waiting_in_every_way(house: House) -> list[Assignment]:
    ones = [offer(house, name, days_ago=2) for name in ("Léa", "Noé", "Zoé", "Ali", "Eva")]
    see(house, ones[1])
    act(house, ones[2], operations.postpone, until=in_three_days())
    act(house, ones[3], operations.ask_information, until=in_three_days())
    return ones


def rewrite(owner: Owner, file: MorningFile, change: Callable[[list[Any]], Any]) -> None:
    """Somebody with the database in hand writes other lines."""
    lines = file.lines
    assert lines is not None
    owner.execute("UPDATE morning_file SET lines = %s WHERE id = %s", (json.dumps(change(list(lines))), file.id))


def test_a_file_nobody_touched_is_intact(house: House) -> None:
    waiting_in_every_way(house)
    file = make_file(house, keep=True)
    found = verdict(file)
    assert found.intact
    assert (found.expected, found.unchecked, found.opened, found.by_time) == (5, {}, (1,), False)
    assert found.sentence == "intact: 5 requests waited; 1 workbook read back"


def test_what_had_been_answered_or_had_left_before_is_not_expected(house: House, undo_window: None) -> None:
    ones = waiting_in_every_way(house)
    act(house, ones[0], operations.accept_assignment)
    act(house, ones[1], operations.bounce_assignment, reason=BounceReason.OTHER_NEED)
    act(house, ones[2], operations.accept_assignment)
    act(house, ones[2], operations.undo_answer)
    close(house, ones[3], _S.EXPIRED, _E.ASSIGNMENT_EXPIRED)
    close(house, ones[4], _S.WITHDRAWN, _E.REFERRAL_WITHDRAWN)
    file = make_file(house)
    assert file.lines is not None
    assert [key for key, _ in file.lines] == [str(ones[2].id)]
    assert verdict(file).sentence == "intact: 1 request waited"


@pytest.mark.parametrize("later", ["seen", "accepted", "bounced", "postponed", "asked", "undone"])
def test_an_answer_since_breaks_nothing(house: House, undo_window: None, later: str) -> None:
    one, other = offer(house, "Léa"), offer(house, "Noé")
    if later == "undone":
        act(house, one, operations.accept_assignment)
        act(house, one, operations.undo_answer)
    file = make_file(house, keep=True)
    answers: dict[str, Callable[[], None]] = {
        "seen": lambda: see(house, one),
        "accepted": lambda: act(house, one, operations.accept_assignment),
        "bounced": lambda: act(house, one, operations.bounce_assignment, reason=BounceReason.NO_PLACE),
        "postponed": lambda: act(house, one, operations.postpone, until=in_three_days()),
        "asked": lambda: act(house, one, operations.ask_information, until=in_three_days()),
        "undone": lambda: _accept_and_take_back(house, one),
    }
    answers[later]()
    offer(house, "Zoé")
    found = verdict(file)
    assert found.sentence == "intact: 2 requests waited; 1 workbook read back"
    assert not found.unchecked
    assert other.id not in found.missing


def _accept_and_take_back(house: House, one: Assignment) -> None:
    act(house, one, operations.postpone, until=in_three_days())
    act(house, one, operations.accept_assignment)
    act(house, one, operations.undo_answer)


def test_an_event_committed_after_the_snapshot_but_dated_before_breaks_nothing(
    house: House, settings: Settings
) -> None:
    one = offer(house, "Léa")
    engine = create_engine(owner_url(settings))
    with Session(engine, expire_on_commit=False) as slow:
        two = _offered_by(slow, house)
        answered = Event(
            at=clock.now() - timedelta(seconds=30),
            name=_E.ASSIGNMENT_ACCEPTED,
            referral_id=one.referral_id,
            association_id=one.association_id,
            assignment_id=one.id,
        )
        slow.add(answered)
        slow.flush()
        file = make_file(house)
        slow.commit()
    engine.dispose()
    assert file.at is not None
    assert answered.at < file.at
    assert two.offered_at < file.at
    found = verdict(file)
    assert (found.sentence, found.by_time) == ("intact: 1 request waited", False)


def _offered_by(slow: Session, house: House) -> Assignment:
    """A second offer, whose transaction is still under way."""
    other = House(slow, house.campaign, house.association, house.programme, house.capacity, house.coordinator)
    slow.commit = slow.flush  # type: ignore[method-assign] - House.offer commits
    one = offer(other, "Noé")
    del slow.commit
    return one


def test_a_line_that_was_rewritten_is_found(house: House, owner: Owner) -> None:
    ones = [offer(house, name) for name in ("Léa", "Noé", "Zoé")]
    file = make_file(house)
    rewrite(owner, file, lambda lines: [lines[0], [lines[1][0], "0" * 64], lines[2]])
    found = verdict(file)
    assert (found.intact, found.sealed, found.changed) == (False, False, (ones[1].id,))
    assert found.sentence == "NOT INTACT: 1 changed, 1 digest of all lines differs"


def test_a_line_that_was_added_is_found(house: House, owner: Owner) -> None:
    offer(house, "Léa")
    file = make_file(house)
    stranger = uuid4()
    rewrite(owner, file, lambda lines: [*lines, [str(stranger), lines[0][1]]])
    found = verdict(file)
    assert (found.intact, found.sealed, found.added, found.missing) == (False, False, (stranger,), ())


def test_a_line_written_twice_is_found(house: House, owner: Owner) -> None:
    one = offer(house, "Léa")
    file = make_file(house)
    rewrite(owner, file, lambda lines: lines * 2)
    assert verdict(file).added == (one.id,)


def test_a_line_that_was_taken_out_is_found(house: House, owner: Owner) -> None:
    offer(house, "Léa")
    two = offer(house, "Noé")
    file = make_file(house)
    rewrite(owner, file, lambda lines: [one for one in lines if one[0] != str(two.id)])
    found = verdict(file)
    assert (found.intact, found.sealed, found.missing, found.added) == (False, False, (two.id,), ())


def test_lines_in_another_order_or_that_are_no_lines_are_found(house: House, owner: Owner) -> None:
    for name in ("Léa", "Noé"):
        offer(house, name)
    file = make_file(house)
    rewrite(owner, file, lambda lines: lines[::-1])
    assert verdict(file).sentence == "NOT INTACT: 1 digest of all lines differs"
    rewrite(owner, file, lambda lines: ["nonsense", ["x", "y"], [1], *lines])
    assert verdict(file).sealed
    rewrite(owner, file, lambda _: {"a": 1})
    assert len(verdict(file).missing) == 2


def test_a_file_that_forgot_somebody_is_found_although_its_digests_agree(house: House) -> None:
    offer(house, "Léa")
    told = gathered(house)
    hidden = offer(house, "Noé")
    later = gathered(house)
    file = make_file(house, type(told)(told.association, later.at, later.snapshot, told.lines))
    found = verdict(file)
    assert (found.intact, found.sealed, found.missing) == (False, True, (hidden.id,))


def test_nothing_waited_is_proved_too(house: House) -> None:
    file = make_file(house)
    assert file.state is MorningState.EMPTY
    assert verdict(file).sentence == "intact: 0 requests waited"
    one = offer(house)
    with transaction(JOBS) as session:
        session.get(MorningFile, file.id).snapshot = gathered(house).snapshot
    assert verdict(file).missing == (one.id,)


def test_days_without_a_file_have_nothing_to_prove(house: House, owner: Owner) -> None:
    file = make_file(house)
    owner.execute("UPDATE morning_file SET state = 'missed', at = NULL WHERE id = %s", (file.id,))
    found = verdict(file)
    assert (found.intact, found.sentence) == (True, "nothing to prove (missed)")


def test_an_unknown_file_is_hidden(house: House) -> None:
    with pytest.raises(Hidden):
        verify_file(uuid4(), rows_in)


def test_lines_out_of_sight_or_erased_are_said_not_to_be_checkable(house: House, owner: Owner) -> None:
    left, erased, kept = (offer(house, name) for name in ("Léa", "Noé", "Zoé"))
    file = make_file(house)
    close(house, left, _S.BOUNCED, _E.ASSIGNMENT_BOUNCED)
    owner.execute("DELETE FROM referral WHERE id = %s", (erased.referral_id,))
    found = verdict(file)
    assert found.intact
    assert found.unchecked == {left.id: Unchecked.OUT_OF_SIGHT, erased.id: Unchecked.ERASED}
    assert found.sentence == (
        "intact: 3 requests waited; 1 line erased since; 1 line out of the association's sight since"
    )
    assert kept.id not in found.unchecked


def test_a_request_oriented_elsewhere_by_hand_waits_here_no_longer(house: House, arrange: Session) -> None:
    """That way of leaving has no event here: the one of its arrival elsewhere tells."""
    one = offer(house, "Léa", days_ago=1)
    neighbour = make_house(arrange, house.campaign, "Voisine")
    row = house.reread(one)
    row.state, row.closed_at = _S.WITHDRAWN, clock.now()
    house.session.flush()
    referral = house.session.get(Referral, one.referral_id)
    moved = factories.make_assignment(house.session, referral, neighbour.association, neighbour.programme)
    house.session.add(placed(neighbour, moved, _E.REFERRAL_ORIENTED_BY_HAND))
    house.session.commit()
    assert verdict(make_file(house)).sentence == "intact: 0 requests waited"
    assert verdict(make_file(neighbour)).sentence == "intact: 1 request waited"


def test_a_due_day_moved_by_an_event_that_does_not_say_from_when_is_not_checkable(house: House, owner: Owner) -> None:
    one = offer(house)
    file = make_file(house)
    act(house, one, operations.postpone, until=in_three_days())
    owner.execute("SET session_replication_role = replica")
    owner.execute("UPDATE event SET data = data - 'was_due' WHERE name = 'assignment_postponed'")
    found = verdict(file)
    assert (found.intact, found.unchecked) == (True, {one.id: Unchecked.DUE_MOVED})


def test_a_programme_renamed_since_makes_its_lines_uncheckable(house: House, owner: Owner) -> None:
    one = offer(house)
    file = make_file(house)
    owner.execute("UPDATE programme SET name = 'Autre nom'")
    assert verdict(file).changed == (one.id,)
    house.session.add(Event(name=_E.PROGRAMME_CHANGED, association_id=house.association.id))
    house.session.commit()
    found = verdict(file)
    assert (found.changed, found.unchecked) == ((), {one.id: Unchecked.PROGRAMME_CHANGED})


@pytest.mark.parametrize("damage", ["file", "password", "swapped"])
def test_a_workbook_that_says_something_else_is_found(house: House, owner: Owner, damage: str) -> None:
    offer(house, "Léa")
    file = make_file(house, keep=True)
    if damage == "file":
        owner.execute("UPDATE morning_workbook SET file = 'nothing'")
    elif damage == "password":
        owner.execute("DELETE FROM file_password")
    else:
        offer(house, "Noé")
        owner.execute("UPDATE morning_file SET day = day - 1")
        other = make_file(house, keep=True)
        owner.execute(
            "UPDATE morning_workbook SET file = (SELECT file FROM morning_workbook WHERE morning_file_id = %s)"
            " WHERE morning_file_id = %s",
            (other.id, file.id),
        )
    found = verdict(file)
    assert (found.intact, found.opened, found.spoilt) == (False, (), (1,))
    assert found.sentence == "NOT INTACT: 1 spoilt workbook"


@pytest.mark.parametrize("snapshot", ["9000000000:9000000000:", "1:1:", "nonsense", "5:3:", "3:5:9", None])
def test_in_a_copy_whose_transactions_are_numbered_anew_the_instants_do(
    house: House, owner: Owner, snapshot: str | None
) -> None:
    for name in ("Léa", "Noé"):
        offer(house, name, days_ago=2)
    file = make_file(house)
    offer(house, "Zoé")
    owner.execute("UPDATE morning_file SET snapshot = %s WHERE id = %s", (snapshot, file.id))
    found = verdict(file)
    assert (found.intact, found.by_time, found.expected) == (True, True, 2)
    assert found.sentence.endswith("transactions are numbered anew in this copy: proved by the instants of the history")


def test_a_restored_dump_is_known_by_its_rows(house: House, owner: Owner) -> None:
    """Every row is rewritten, as a restoration does: what was visible then no longer is."""
    offer(house, "Léa", days_ago=2)
    file = make_file(house)
    owner.execute("SET session_replication_role = replica")
    for table in ("event", "morning_file"):
        owner.execute(f"CREATE TEMP TABLE copied AS SELECT * FROM {table}")
        owner.execute(f"DELETE FROM {table}")
        owner.execute(f"INSERT INTO {table} SELECT * FROM copied")
        owner.execute("DROP TABLE copied")
    found = verdict(file)
    assert (found.intact, found.by_time, found.expected) == (True, True, 1)


def add_dated(house: House, name: EventName, at: datetime, one: Assignment | None = None) -> None:
    """An event written now, by somebody who dates it as they like."""
    event = Event(at=at, name=name, association_id=house.association.id)
    if one is not None:
        event.referral_id, event.assignment_id = one.referral_id, one.id
    house.session.add(event)
    house.session.commit()


def test_events_added_afterwards_and_dated_before_neither_count_nor_take_the_snapshot_away(house: House) -> None:
    one = offer(house, "Léa", days_ago=2)
    file = make_file(house, keep=True)
    add_dated(house, _E.ASSOCIATION_CHANGED, clock.now() - timedelta(days=21))
    add_dated(house, _E.ASSIGNMENT_ACCEPTED, clock.now() - timedelta(hours=10), one)
    found = verdict(file)
    assert (found.intact, found.by_time, found.misdated) == (True, False, 2)
    assert found.sentence == (
        "intact: 1 request waited; 1 workbook read back; 2 events dated before it but added after it: not counted"
    )


def test_an_event_added_before_and_dated_long_after_does_not_take_the_snapshot_away(house: House) -> None:
    offer(house, "Léa", days_ago=2)
    add_dated(house, _E.ASSOCIATION_CHANGED, clock.now() + timedelta(days=30))
    found = verdict(make_file(house))
    assert (found.sentence, found.by_time) == ("intact: 1 request waited", False)


def test_a_copy_restored_table_by_table_around_the_snapshots_numbers_is_known(
    house: House, arrange: Session, owner: Owner
) -> None:
    """Its events all seem seen, those of the days after too, and the file itself not."""
    offer(house, "Léa", days_ago=2)
    file = make_file(house)
    neighbour = make_house(arrange, house.campaign, "Voisine")
    add_dated(neighbour, _E.ASSOCIATION_CHANGED, clock.now() + timedelta(days=1))
    offer(house, "Noé")
    ((now,),) = owner.execute("SELECT pg_current_snapshot()::text").fetchall()
    owner.execute("UPDATE morning_file SET snapshot = %s WHERE id = %s", (now, file.id))
    found = verdict(file)
    assert (found.intact, found.by_time, found.expected) == (True, True, 1)


def test_ids_are_told_as_they_are(house: House) -> None:
    one = offer(house)
    file = make_file(house)
    assert file.lines is not None
    key, digest = file.lines[0]
    assert UUID(key) == one.id
    assert len(bytes.fromhex(digest)) == 32
