"""What the demonstration shows of its sixty associations."""

import re

import pytest

from matching import criteria
from matching.vocabulary import Side
from portal.demo import DEMAND, FICTIONAL_RANGES, demo_associations
from portal.demo.invented import SEEDS
from portal.demo.themes import THEMES
from portal.places import label

ALL = demo_associations(2021)
INVENTED = [each for each in ALL if each.invented]


def test_there_are_sixty_associations_and_a_hundred_and_fifty_programmes() -> None:
    assert len(ALL) == 60
    assert len({each.key for each in ALL}) == 60
    programmes = [programme.key for each in ALL for programme in each.programmes]
    assert len(programmes) == len(set(programmes)) == 150


@pytest.mark.parametrize("side", Side)
def test_objectives_add_up_to_85_per_cent_of_the_demand(side: Side) -> None:
    assert sum(each.objective(side) for each in ALL) == DEMAND[side] * 85 // 100


def test_the_same_seed_gives_the_same_associations() -> None:
    demo_associations.cache_clear()
    assert demo_associations(2021) == ALL
    assert demo_associations(7) != ALL


def test_invented_associations_say_so_and_have_no_site() -> None:
    assert len(INVENTED) == 46
    assert all(each.summary.startswith("Association inventée pour la démonstration.") for each in INVENTED)
    assert not any(each.site for each in INVENTED)


def test_every_criterion_can_be_read_and_every_programme_takes_both_sides() -> None:
    for each in ALL:
        for programme in each.programmes:
            for side in Side:
                assert list(criteria.tests_of(criteria.read_criteria(programme.criteria(side))))


def test_every_place_named_is_known() -> None:
    for each in ALL:
        places = {each.home, *each.territories, *(row.place for row in each.capacities)}
        assert all(label(place) for place in places)


def test_everybody_with_a_programme_declares_places_and_an_objective_for_each_side() -> None:
    for each in ALL:
        if each.programmes:
            assert {row.side for row in each.capacities if row.places > 0} == set(Side)
            assert all(each.objective(side) > 0 for side in Side)


def test_no_association_declares_one_place_twice_for_a_side() -> None:
    for each in ALL:
        rows = [(row.side, row.place) for row in each.capacities]
        assert len(rows) == len(set(rows))


def test_no_true_mailbox_or_telephone_is_shown() -> None:
    for each in ALL:
        mails = [each.contact_email, *(coordinator.email for coordinator in each.coordinators)]
        assert all(re.fullmatch(r"[a-z0-9.-]+@example\.org", mail) for mail in mails)
        assert not each.contact_phone or each.contact_phone.startswith(FICTIONAL_RANGES)


def test_every_kind_of_programme_and_way_of_meeting_is_there() -> None:
    assert {theme for seed in SEEDS for theme in seed.themes} == set(THEMES)
    assert {each.ways for each in SEEDS} == {"i", "b", "r"}
    kinds = {row.place.partition(":")[0] for each in ALL for row in each.capacities}
    assert kinds == {"country", "region", "departement", "epci", "zone", "remote"}


def test_french_is_typeset() -> None:
    for each in ALL:
        shown = [each.name, each.summary, *each.notes]
        for programme in each.programmes:
            shown += [
                programme.name,
                programme.summary,
                programme.mentors_wanted,
                programme.frequency,
                *programme.notes,
            ]
        for text in shown:
            assert "'" not in text
            assert not re.search(r" [:;!?»]|« |  ", text), text
