"""route(): the decision tree, then openings, then ARM. Pure: time, key and standing are arguments."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Self

from matching.decision import Given, Outcome, Placed, Unroutable, Waitlisted, Why, digest_of
from matching.index import Index, Outcomes
from matching.openings import find_openings, open_mask, places_nearest_first, standing_used
from matching.profile import Profile
from matching.programme import Catalogue, Programme
from matching.ranking import Contest, Opening, Policy, choose_programme, decided_by, rank
from matching.standing import Standing


class Router:
    """A catalogue and a policy, compiled once, for one side."""

    def __init__(self, catalogue: Catalogue, policy: Policy | None = None) -> None:
        self.catalogue = catalogue
        self.policy = policy or Policy()
        self.index = Index(catalogue)
        self._open: dict[date, int] = {}

    def under(self, policy: Policy) -> Self:
        """The same compiled catalogue under another policy."""
        router = object.__new__(type(self))
        router.catalogue, router.policy, router.index = self.catalogue, policy, self.index
        router._open = self._open
        return router

    def amended(self, catalogue: Catalogue) -> Self:
        """Another catalogue of the same side under the same policy: only what changed is compiled again."""
        router = object.__new__(type(self))
        router.catalogue, router.policy, router.index = catalogue, self.policy, self.index.amended(catalogue)
        router._open = {}
        return router

    def route(self, profile: Profile, standing: Standing, already_tried: Iterable[str], at: datetime) -> Outcome:
        """Decide for one request, leaving out associations already tried. The date of `at` counts as today.

        Raises ValueError when the profile is of the other side, or `at` has no zone.
        """
        places = places_nearest_first(profile)
        given, left = self._given(profile, standing, frozenset(already_tried), at, places)

        if not given["outcomes"].possible:
            return Unroutable(why=Why.NONE, **given)
        if not left.possible:
            return Unroutable(why=Why.EXHAUSTED, **given)
        if len(given["tried"]) >= self.policy.hops:
            return Unroutable(why=Why.HOPS, **given)

        now = left.among(self._open_on(at.date()))
        if sure := find_openings(self.catalogue, now.sure, places, given["standing"]):
            return self._place(sure, given, certain=True)
        if to_verify := find_openings(self.catalogue, now, places, given["standing"]):
            return self._place(to_verify, given, certain=False)
        return Waitlisted(**given)

    def _place(self, openings: list[Opening], given: Given, *, certain: bool) -> Placed:
        contest = Contest(given["request"], given["standing"], self.policy)
        ranking = rank(openings, contest)
        chosen = choose_programme(ranking[0].openings, contest)
        return Placed(
            association=chosen.association,
            programme=chosen.programme,
            certain=certain,
            way=chosen.way,
            place=chosen.place,
            tie_break=decided_by(ranking, self.policy),
            ranking=tuple([ranked.association for ranked in ranking]),
            **given,
        )

    def _given(
        self, profile: Profile, standing: Standing, tried: frozenset[str], at: datetime, places: tuple[str, ...]
    ) -> tuple[Given, Outcomes]:
        """What the decision keeps of its inputs, and who fits among those that were not tried."""
        if profile.side is not self.catalogue.side:
            raise ValueError(f"a {profile.side} among programmes for a {self.catalogue.side}")
        if at.tzinfo is None:
            raise ValueError("a time needs its zone")
        outcomes = self.index.outcomes(profile)
        left = outcomes.among(~self._programmes_of(tried)) if tried else outcomes
        given = Given(
            request=profile.key,
            profile_digest=digest_of(profile),
            at=at,
            policy=self.policy,
            catalogue=self.catalogue,
            tried=tried,
            outcomes=outcomes,
            standing=standing_used(self.catalogue, left.possible, places, standing),
        )
        return given, left

    def _programmes_of(self, associations: frozenset[str]) -> int:
        mask = 0
        for association in associations:
            mask |= self.catalogue.bits_of.get(association, 0)
        return mask

    def _open_on(self, today: date) -> int:
        """The programmes neither paused nor out of their intake window; kept for the day."""
        if today not in self._open:
            self._open = {today: open_mask(self.catalogue, today)}
        return self._open[today]


def route(
    profile: Profile,
    programmes: Iterable[Programme],
    standing: Standing,
    already_tried: Iterable[str],
    policy: Policy,
    at: datetime,
) -> Outcome:
    """One request among programmes in any order. For many requests, keep a Router: it compiles once."""
    return Router(Catalogue.of(profile.side, programmes), policy).route(profile, standing, already_tried, at)
