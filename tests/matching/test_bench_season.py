"""The benchmark's season is the same for the same seed, and is what its options say."""

from datetime import timedelta
from itertools import islice, pairwise

from matching.index import Index
from matching.season import End
from tests.bench.demand import FIRST_DAY
from tests.bench.season import BenchSeason, season


def small(seed: int = 1, **more: object) -> BenchSeason:
    return season(seed, **{"requests": 300, "associations": 10, "programmes": 25, "days": 60, **more})


def test_a_seed_makes_one_season_and_a_draw_another_demand_over_the_same_world() -> None:
    one, again, last, other = small(), small(), small(draw=1), small(2)
    assert (one.season, one.settings) == (again.season, again.settings)
    assert last.settings == one.settings
    assert last.season != one.season
    assert other.settings != one.settings


def test_objectives_capacities_and_rates_are_as_asked() -> None:
    bench = small(objectives=0.6, bounces=(0.2, 0.3), capacities=(0.5, 0.8))
    its = bench.settings.standing.associations.values()
    assert abs(sum(each.objective for each in its) - 180) <= len(its)
    assert all(row.declared <= each.objective for each in its for row in each.places.values())
    assert all(200 <= 1000 - habit.counts[End.KEPT] <= 300 for habit in bench.habits.own.values())


def test_requests_come_in_order_within_the_days_and_many_fit_somebody() -> None:
    bench = small()
    arrivals = bench.season.kept
    assert len(arrivals) == 300
    assert all(first.at <= second.at for first, second in pairwise(arrivals))
    assert arrivals[-1].at.date() < FIRST_DAY + timedelta(days=60)
    assert len({arrival.profile.key for arrival in arrivals}) == 300
    assert 100 < sum(bench.kinds.values()) <= 300
    assert all(bench.kinds)


def test_a_newcomer_is_closed_until_its_day() -> None:
    bench = small(joins_at=20)
    own = [each for each in bench.settings.catalogue.programmes if each.association == bench.newcomer]
    assert own
    assert all(each.closed_because(FIRST_DAY + timedelta(days=19)) for each in own)
    assert not any(each.closed_because(FIRST_DAY + timedelta(days=20)) for each in own)


def test_drift_changes_what_is_asked_at_the_end_only() -> None:
    still, moved = small(requests=600), small(requests=600, drift=1)
    index = Index(still.settings.catalogue)

    def fitting(bench: BenchSeason, late: bool) -> int:
        part = bench.season.kept[-200:] if late else bench.season.kept[:200]
        return sum(index.outcomes(arrival.profile).possible.bit_count() for arrival in part)

    assert abs(fitting(still, late=False) - fitting(moved, late=False)) < abs(
        fitting(still, late=True) - fitting(moved, late=True)
    )


def test_a_stream_is_drawn_as_it_is_read() -> None:
    bench = small(requests=10**7, stream=True)
    assert [arrival.profile.key for arrival in islice(bench.season.arrivals, 3)] == ["r0000000", "r0000001", "r0000002"]
