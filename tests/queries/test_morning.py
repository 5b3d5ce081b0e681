"""The content of a morning file: exactly what the inbox shows before acceptance, of one instant, for one association."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, update
from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.extensions import db
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import acting_as, transaction
from portal.models.assignment import TO_ANSWER, Assignment, AssignmentState
from portal.models.referral import Referral
from portal.operations import assignments as operations
from portal.queries.inbox import Cursor, Filters, Folder, Item, assignments_in
from portal.queries.morning import HEADINGS, Content, Line, NotPinned, Standing, lines_told_again, waiting_content
from tests import factories
from tests.doors.association.house import House, make_house

_S = AssignmentState
PERSONAL = ("Martin", "example.org", "39980001", "Je voudrais reprendre confiance.")


@pytest.fixture
def house(arrange: Session) -> House:
    return make_house(arrange, factories.make_campaign(arrange), "Proxité")


@pytest.fixture
def neighbour(arrange: Session, house: House) -> House:
    return make_house(arrange, house.campaign, "Voisine")


def reader(house: House) -> Scope:
    return Scope(DatabaseRole.ASSOCIATION, association_id=house.association.id, read_only=True)


def content(house: House, at: datetime | None = None) -> Content:
    with acting_as(reader(house)):
        return waiting_content(house.association.id, at or clock.now())


def said(line: Line, heading: str) -> Any:
    return line.cells[HEADINGS.index(heading)]


def inbox(house: House) -> list[Item]:
    """Every page of the two folders where an answer is awaited."""
    found: list[Item] = []
    with acting_as(reader(house)):
        for folder in (Folder.TO_ANSWER, Folder.HELD):
            cursor: Cursor | None = None
            while True:
                page = assignments_in(folder, Filters(), cursor)
                found += page.items
                if (cursor := page.after) is None:
                    break
    return [one for one in found if one.assignment.state in TO_ANSWER]


def test_the_lines_are_those_of_the_inbox_in_its_order(house: House, neighbour: House) -> None:
    for number in range(56):
        house.offer("Léa", days_ago=(number * 7) % 11)
    for state in _S:
        house.offer("Noé", state=state, days_ago=3)
        neighbour.offer("Zoé", state=state)
    lines, items = content(house).lines, inbox(house)
    assert [line.assignment_id for line in lines] == [one.id for one in items]
    assert len(lines) == 56 + len(TO_ANSWER)
    for line, item in zip(lines, items, strict=True):
        one, profile = item.assignment, item.profile
        assert profile is not None
        assert said(line, "N°") == one.referral_number
        assert said(line, "Prénom") == str(item.preview)
        assert said(line, "Âge") == profile.age
        assert said(line, "Habite") == profile.home
        assert said(line, "Programme") == item.programme
        assert said(line, "Où elle en est") == one.state.label
        assert said(line, "Répondre avant le") == one.due_at.astimezone(clock.PARIS).date()


def test_what_is_only_shown_after_acceptance_is_not_there(house: House) -> None:
    house.offer("Léa")
    found = content(house)
    words = repr(found)
    assert "Léa M." in words
    assert not [word for word in PERSONAL if word in words]


def test_another_association_is_never_told(house: House, neighbour: House) -> None:
    house.offer("Léa")
    with acting_as(reader(neighbour)), pytest.raises(Exception, match="No row was found"):
        waiting_content(house.association.id, clock.now())
    assert content(neighbour).lines == ()


def test_a_line_says_why_the_association_and_what_to_verify(house: House) -> None:
    house.offer("Léa", facts={"needs": ["first_job", "self_confidence"]})
    line = content(house).lines[0]
    assert said(line, "Pourquoi vous") == (
        "De 3 associations qui convenaient, la vôtre est la plus loin de son objectif. Vos critères remplis\u00a0: âge."
    )
    assert said(line, "À vérifier") == "Public\u00a0: quartier prioritaire (QPV)"
    assert "premier emploi" in said(line, "Souhaite").lower()
    assert (said(line, "Qui"), said(line, "Âge")) == ("Jeune", 20)


def test_a_volunteer_is_told_from_a_young_person(house: House) -> None:
    house.offer("Paul", side=Side.MENTOR)
    assert said(content(house).lines[0], "Qui") == "Bénévole"


def test_unknown_facts_leave_their_cells_empty(house: House, arrange: Session) -> None:
    one = house.offer("Léa", facts={"needs": None, "home": None, "places": None, "level": None}, age=None)
    arrange.execute(update(Assignment).where(Assignment.id == one.id).values(excerpt={}, to_verify=[]))
    arrange.commit()
    line = content(house).lines[0]
    names = ("Âge", "Souhaite", "Habite", "Pourquoi vous", "À vérifier")
    assert [said(line, name) for name in names] == [""] * len(names)


def test_new_is_since_midnight_in_paris_the_day_before(house: House, arrange: Session) -> None:
    morning = datetime(2026, 3, 30, 10, tzinfo=clock.PARIS)  # the day after the change of hour
    midnight = datetime(2026, 3, 29, 0, tzinfo=clock.PARIS)
    ones = [house.offer("Léa") for _ in range(3)]
    for one, offered in zip(ones, (midnight - timedelta(seconds=1), midnight, morning), strict=True):
        arrange.execute(update(Assignment).where(Assignment.id == one.id).values(offered_at=offered))
    arrange.commit()
    by_id = {line.assignment_id: line for line in content(house, morning).lines}
    assert [by_id[one.id].new for one in ones] == [False, True, True]
    assert [said(by_id[one.id], "Nouvelle") for one in ones] == ["", "Nouvelle", "Nouvelle"]


def test_seen_is_whatever_somebody_opened_once(house: House) -> None:
    never, opened, undone = house.offer(), house.offer(state=_S.SEEN), house.offer(seen_at=clock.now())
    by_id = {line.assignment_id: line for line in content(house).lines}
    assert [by_id[one.id].seen for one in (never, opened, undone)] == [False, True, True]


def test_dates_are_those_of_paris(house: House, arrange: Session) -> None:
    one = house.offer()
    late = datetime(2026, 7, 14, 22, 30, tzinfo=UTC)
    arrange.execute(update(Assignment).where(Assignment.id == one.id).values(offered_at=late, due_at=late))
    arrange.execute(update(Referral).values(received_at=late))
    arrange.commit()
    line = content(house).lines[0]
    assert {said(line, name) for name in ("Reçue le", "Proposée le", "Répondre avant le")} == {date(2026, 7, 15)}


@pytest.mark.parametrize("start", ["\t", "\r", "\n", "\x1b", "_x000D_", "x005F_"])
def test_what_no_cell_can_hold_is_left_out(house: House, start: str) -> None:
    house.offer(f"{start}Léa")
    assert said(content(house).lines[0], "Prénom").lstrip("_ ") == "Léa M."


def test_everything_is_of_one_snapshot(house: House) -> None:
    """What another transaction commits while the file is read is not in it."""
    first = house.offer("Léa")
    with acting_as(reader(house)):
        found = waiting_content(house.association.id, clock.now())
        house.offer("Noé")
        assert [one.id for one in db.session.scalars(db.select(Assignment))] == [first.id]
    assert len(found.lines) == 1
    least, most, _ = found.snapshot.split(":")
    assert int(least) <= int(most)


def test_the_next_transaction_is_not_pinned(house: House) -> None:
    for _ in range(4):
        content(house)
    with acting_as(reader(house)):
        found = db.session.scalar(db.text("SELECT current_setting('transaction_isolation')"))
    assert found == "read committed"


def test_it_is_read_first_or_not_at_all(house: House) -> None:
    with acting_as(reader(house)):
        db.session.scalar(db.text("SELECT 1"))
        with pytest.raises(NotPinned):
            waiting_content(house.association.id, clock.now())


def test_five_hundred_lines_take_as_many_questions_as_one(house: House, app: Flask) -> None:
    house.offer()
    one = questions(house, app)
    for _ in range(60):
        house.offer()
    assert questions(house, app) == one <= 6


def questions(house: House, app: Flask) -> int:
    asked: list[str] = []
    engine: Engine = db.engines[DatabaseRole.ASSOCIATION]

    def note(*args: Any) -> None:
        asked.append(args[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        content(house)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(asked)


def test_lines_are_told_again_without_those_out_of_sight(house: House) -> None:
    kept, sent_back = house.offer("Léa"), house.offer("Noé")
    found = {line.assignment_id: line for line in content(house).lines}
    with transaction(house.scope):
        operations.accept_assignment(operations.assignment_to_answer(kept.id), by=house.person)
    house.session.execute(
        update(Assignment).where(Assignment.id == sent_back.id).values(state=_S.BOUNCED, closed_at=clock.now())
    )
    house.session.commit()
    then = {one.id: stood(one) for one in (kept, sent_back)}
    with acting_as(reader(house)):
        again = lines_told_again(then, clock.now())
    assert again == {kept.id: found[kept.id]}


def stood(one: Assignment) -> Standing:
    return Standing(_S.OFFERED, one.due_at, seen=False)
