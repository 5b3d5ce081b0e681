"""The sums of the figures: what each event counts for, what is taken back, and that nothing is ever lost."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.cli import figures_check, figures_recount
from portal.foundation import clock
from portal.foundation.crypto import token_digest, vault
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import bind_link, transaction
from portal.jobs.figures import fold
from portal.models.event import EventName
from portal.models.identity import LinkPurpose, ReferralLink
from portal.models.referral import Referral, ReferralState
from portal.operations.figures import figure_differences, fold_figures, mend_figures
from tests import factories
from tests.figures import JOBS, Network, assert_sums_hold, noon, sums

E = EventName


@pytest.fixture
def network(arrange: Session) -> Network:
    return Network(arrange, factories.make_campaign(arrange))


def totals(owner: Any, whose: Any = None) -> dict[str, int]:
    return {measure: n for (measure, _), n in sums(owner, whose=whose).items()}


def test_a_request_is_received_once_nothing_more_is_awaited(arrange: Session, owner: Any, network: Network) -> None:
    referral = factories.make_referral(
        arrange, network.campaign, state=ReferralState.AWAITING_CONSENT, awaiting=["address", "guardian"]
    )
    digests = {}
    for purpose in (LinkPurpose.ADDRESS, LinkPurpose.GUARDIAN):
        digests[purpose] = token_digest(vault().link_token(purpose, referral.id, 1))
        arrange.add(ReferralLink(digest=digests[purpose], referral_id=referral.id, purpose=purpose))
    arrange.commit()
    with transaction(Scope(DatabaseRole.PUBLIC)) as session:
        bind_link(digests[LinkPurpose.ADDRESS])
        session.execute(text("SELECT confirm_linked_address(:at)"), {"at": clock.now()})
    assert totals(owner) == {}
    with transaction(Scope(DatabaseRole.PUBLIC)) as session:
        bind_link(digests[LinkPurpose.GUARDIAN])
        session.execute(text("SELECT consent_as_linked_guardian('guardian-link-1', :at)"), {"at": clock.now()})
        session.execute(text("SELECT consent_as_linked_guardian('guardian-link-1', :at)"), {"at": clock.now()})
    assert totals(owner) == {"received": 1}
    assert_sums_hold()


def test_each_step_counts_for_the_network_and_for_the_association_whose_it_is(owner: Any, network: Network) -> None:
    offer = network.offered("Proxité", noon(5))
    for name, hours in ((E.ASSIGNMENT_ACCEPTED, 30), (E.ASSIGNMENT_CONTACTED, 50), (E.ASSIGNMENT_PAIRED, 80)):
        network.told(offer, name, hours)
    network.told(offer, E.ASSIGNMENT_ENDED, 100)
    own = {"offered": 1, "accepted": 1, "contacted": 1, "paired": 1, "ended": 1}
    assert totals(owner) == {"received": 1, **own}
    assert totals(owner, network.association("Proxité").id) == own
    assert totals(owner, network.association("Télémaque").id) == {}
    assert_sums_hold()


def test_delays_are_counted_in_whole_hours(owner: Any, network: Network) -> None:
    offer = network.offered("Proxité", noon(6))
    network.told(offer, E.ASSIGNMENT_ACCEPTED, 30.9)
    network.told(offer, E.ASSIGNMENT_CONTACTED, 50.9)
    sent_back = network.offered("Proxité", noon(6))
    network.told(sent_back, E.ASSIGNMENT_BOUNCED, 7.5, reason="no_place")
    assert sums(owner, "hours") == {("accepted", "30"): 1, ("contacted", "20"): 1, ("bounced", "7"): 1}
    assert sums(owner, "wait") == {("accepted", "30"): 1}
    assert sums(owner, "reason") == {("bounced", "no_place"): 1}


def test_a_bounce_after_acceptance_is_a_bounce_but_no_first_answer(owner: Any, network: Network) -> None:
    offer = network.accepted("Proxité", noon(9))
    network.told(offer, E.ASSIGNMENT_BOUNCED, 120, reason="no_follow_up")
    assert totals(owner)["bounced"] == totals(owner)["accepted"] == 1
    assert ("bounced", "120") not in sums(owner, "hours")
    assert_sums_hold()


@pytest.mark.parametrize(
    ("answer", "name", "data"),
    [("accepted", E.ASSIGNMENT_ACCEPTED, {}), ("bounced", E.ASSIGNMENT_BOUNCED, {"reason": "territory"})],
)
def test_an_answer_taken_back_counts_for_nothing(
    owner: Any, network: Network, answer: str, name: EventName, data: dict[str, str]
) -> None:
    offer = network.offered("Proxité", noon(3))
    network.told(offer, name, 2, **data)
    assert answer in totals(owner)
    network.told(offer, E.ASSIGNMENT_UNDONE, 2.05, answer=answer)
    assert totals(owner) == {"received": 1, "offered": 1}
    assert sums(owner, "hours") == sums(owner, "reason") == {}
    network.told(offer, name, 30, **data)
    assert totals(owner)[answer] == 1
    assert sums(owner, "hours") == {(answer, "30"): 1}
    assert_sums_hold()


def test_an_answer_given_before_midnight_and_taken_back_after_leaves_both_days_clean(
    owner: Any, network: Network
) -> None:
    at = noon(3).replace(hour=21, minute=58)  # 22:58 or 23:58 in Paris: the undoing is past midnight in summer
    offer = network.offered("Proxité", at)
    network.told(offer, E.ASSIGNMENT_ACCEPTED, 1)
    network.told(offer, E.ASSIGNMENT_UNDONE, 1.08, answer="accepted")
    fold()
    left = owner.execute("SELECT day, amount FROM daily_figure WHERE measure = 'accepted' AND amount <> 0").fetchall()
    assert left == []


def test_accepting_again_after_a_bounce_was_taken_back_is_no_second_acceptance(owner: Any, network: Network) -> None:
    offer = network.accepted("Proxité", noon(9), hours=10)
    network.told(offer, E.ASSIGNMENT_CONTACTED, 20)
    network.told(offer, E.ASSIGNMENT_BOUNCED, 30, reason="no_follow_up")
    network.told(offer, E.ASSIGNMENT_UNDONE, 30.05, answer="bounced")
    network.told(offer, E.ASSIGNMENT_ACCEPTED, 31)
    assert (totals(owner)["accepted"], "bounced" in totals(owner)) == (1, False)
    network.told(offer, E.ASSIGNMENT_UNDONE, 31.05, answer="accepted")
    assert totals(owner)["accepted"] == 1
    network.told(offer, E.ASSIGNMENT_ACCEPTED, 40)
    network.told(offer, E.ASSIGNMENT_CONTACTED, 45)
    assert (totals(owner)["accepted"], totals(owner)["contacted"]) == (1, 1)
    assert_sums_hold()


def test_only_the_first_contact_and_the_first_vain_try_count(owner: Any, network: Network) -> None:
    offer = network.accepted("Proxité", noon(9), hours=10)
    for hours in (12, 14):
        network.told(offer, E.ASSIGNMENT_UNREACHABLE, hours)
    for hours in (20, 40):
        network.told(offer, E.ASSIGNMENT_CONTACTED, hours)
    network.told(offer, E.ASSIGNMENT_PAIRED, 60)
    assert (totals(owner)["contacted"], totals(owner)["unreachable"], totals(owner)["paired"]) == (1, 1, 1)
    assert sums(owner, "hours")["contacted", "10"] == 1
    assert_sums_hold()


def test_whoever_is_paired_at_once_has_been_contacted(owner: Any, network: Network) -> None:
    network.told(network.accepted("Proxité", noon(9), hours=10), E.ASSIGNMENT_PAIRED, 34)
    assert (totals(owner)["contacted"], totals(owner)["paired"]) == (1, 1)
    assert sums(owner, "hours")["contacted", "24"] == 1


def test_who_they_are_counts_once_received_and_for_the_network_alone(owner: Any, network: Network) -> None:
    network.received(
        noon(1), departement="974", age=16, needs=["guidance", "motivation"], publics={"qpv": True, "rural": False}
    )
    network.offered(
        "Proxité", noon(1), referral=network.received(noon(1), departement="2A", level=None, channel="family")
    )
    assert sums(owner, "departement") == {("received", "974"): 1, ("received", "2A"): 1}
    assert sums(owner, "age") == {("received", "16"): 1, ("received", "20"): 1}
    assert sums(owner, "level") == {("received", "bac+2"): 1, ("received", ""): 1}
    assert sums(owner, "channel") == {("received", "self"): 1, ("received", "family"): 1}
    assert sums(owner, "public") == {("received", "qpv"): 1}
    assert sums(owner, "need")["received", "guidance"] == 1
    own = network.association("Proxité").id
    assert [sums(owner, one, own) for one in ("departement", "age", "level", "channel", "public")] == [{}] * 5


def test_folding_moves_amounts_and_changes_none(app: Flask, owner: Any, network: Network) -> None:
    for days in (1, 1, 2):
        network.accepted("Proxité", noon(days), hours=3)
    before = totals(owner)
    with transaction(JOBS):
        assert fold_figures() > 0
    assert owner.execute("SELECT count(*) FROM figure_delta").fetchone() == (0,)
    assert totals(owner) == before
    network.accepted("Proxité", noon(1), hours=4)
    fold()
    rows = owner.execute(
        "SELECT amount FROM daily_figure WHERE measure = 'offered' AND dimension = 'total' AND association_id IS NULL"
        " ORDER BY day"
    ).fetchall()
    assert [n for (n,) in rows] == [1, 3]
    assert_sums_hold()


def test_two_folds_do_not_wait_for_each_other(app: Flask, owner: Any, network: Network) -> None:
    network.received(noon(1))
    with transaction(JOBS):
        assert fold_figures() > 0
        with transaction(JOBS):
            assert fold_figures() == 0


def test_a_sum_that_was_tampered_with_is_found_and_mended(app: Flask, owner: Any, network: Network) -> None:
    network.accepted("Proxité", noon(2))
    fold()
    owner.execute("UPDATE daily_figure SET amount = 7 WHERE measure = 'accepted' AND dimension = 'total'")
    owner.execute("DELETE FROM daily_figure WHERE measure = 'received' AND dimension = 'age'")
    with transaction(JOBS):
        found = figure_differences()
    assert {(one.measure, one.dimension, one.kept, one.recounted) for one in found} == {
        ("accepted", "total", 7, 1),
        ("received", "age", 0, 1),
    }
    run = app.test_cli_runner()
    told = run.invoke(figures_check)
    assert told.exit_code == 1
    assert "accepted total" in told.output
    assert "7 kept, 1 counted" in told.output
    assert run.invoke(figures_recount).output == "3 sums mended\n"
    mended = run.invoke(figures_check)
    assert (mended.exit_code, mended.output) == (0, "the sums are those of a recount\n")
    with transaction(JOBS):
        assert mend_figures() == 0


@pytest.mark.parametrize("how", ["anonymised", "erased"])
def test_figures_outlive_the_facts_they_were_made_of(
    app: Flask, arrange: Session, owner: Any, network: Network, how: str
) -> None:
    kept, gone = network.accepted("Proxité", noon(4)), network.accepted("Proxité", noon(4))
    network.told(gone, E.ASSIGNMENT_CONTACTED, 60)
    dimensions = ("total", "age", "level", "departement", "hours", "wait", "need", "channel")
    before = {one: sums(owner, one) for one in dimensions}
    fold()
    with transaction(JOBS) as session:
        if how == "erased":
            session.execute(text("DELETE FROM referral WHERE id = :id"), {"id": gone.referral_id})
        else:
            session.execute(
                text("UPDATE referral SET state = 'anonymised', profile = '{}', age = NULL, departement = NULL, needs = '{}'"
                     " WHERE id = :id"),
                {"id": gone.referral_id},
            )  # fmt: skip
    assert {one: sums(owner, one) for one in dimensions} == before
    assert_sums_hold()
    network.told(kept, E.ASSIGNMENT_PAIRED, 90)
    assert totals(owner)["paired"] == 1
    assert_sums_hold()


def test_an_unconfirmed_request_that_is_erased_never_counted(
    app: Flask, arrange: Session, owner: Any, network: Network
) -> None:
    old = clock.now() - timedelta(days=9)
    referral = factories.make_referral(
        arrange, network.campaign, state=ReferralState.AWAITING_CONSENT, awaiting=["address"], received_at=old
    )
    network.happened(E.REFERRAL_SUBMITTED, old, referral)
    arrange.query(Referral).filter_by(id=referral.id).delete()
    arrange.commit()
    assert totals(owner) == {}
    assert owner.execute("SELECT count(*) FROM figure_kept").fetchone() == (0,)
    assert_sums_hold()
