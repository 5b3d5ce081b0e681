"""What holds after each act: what stands in the database, and who reads it, is what the model says."""

from typing import Any

import psycopg
from hypothesis.stateful import RuleBasedStateMachine, invariant

from portal.foundation.tenancy import DatabaseRole, Scope
from tests.stateful import acting, looking
from tests.stateful.model import Model, Offer, Request


class Promises(RuleBasedStateMachine):
    """The model, the database's owner, and the invariants between them."""

    model: Model
    owner: "psycopg.Connection[Any]"

    @property
    def requests(self) -> list[Request]:
        return list(self.model.requests.values())

    @property
    def offers(self) -> list[tuple[Request, Offer]]:
        return sorted(self.model.offers, key=lambda both: both[1].offered_at)

    def all_is_kept(self) -> None:
        """Every promise at once, for sequences that are not drawn."""
        for promise in self.invariants:
            promise.function(self)

    @invariant()
    def nothing_stands_that_never_may(self) -> None:
        found = {name: self.owner.execute(query).fetchall() for name, query in looking.NEVER.items()}
        assert {name: rows for name, rows in found.items() if rows} == {}

    @invariant()
    def every_request_and_every_offer_stands_where_it_should(self) -> None:
        assert looking.referrals(self.owner) == {
            each.id: (each.state, each.why, each.hops, each.awaiting) for each in self.requests
        }
        assert looking.assignments(self.owner) == {
            each.id: (
                request.id, each.association, each.state, each.reason, each.applied, each.closed,
                *(each.contact or (None, None)),
            )
            for request, each in self.offers
        }  # fmt: skip

    @invariant()
    def the_sums_are_those_of_a_recount(self) -> None:
        assert looking.sums(self.owner) == self.model.counted()

    @invariant()
    def the_journal_holds_every_act_and_its_chain_is_whole(self) -> None:
        assert looking.journal(self.owner) == self.model.journal
        verdict = acting.chain()
        assert (verdict.broken_at, verdict.sealed) == (None, self.model.sealed)
        assert verdict.pending == self.model.journal.total() - self.model.sealed

    @invariant()
    def each_association_reads_what_it_should_and_nothing_else(self) -> None:
        for association in self.model.associations:
            scope = Scope(DatabaseRole.ASSOCIATION, association_id=association, read_only=True)
            at, seen = looking.seen_by(scope)
            own = [(request.id, offer) for request, offer in self.offers if offer.association == association]
            told = ("referral", "preview", "key of the preview")
            sight = {(kind, key) for key, offer in own if offer.in_sight(at) for kind in told}
            contact = {
                (kind, key)
                for key, offer in own
                if offer.in_contact(at)
                for kind in ("identity", "key of the identity")
            }
            assert seen == sight | contact

    @invariant()
    def nobody_reads_anything_without_a_link(self) -> None:
        assert looking.seen_by(Scope(DatabaseRole.PUBLIC, read_only=True))[1] == set()

    @invariant()
    def an_erased_request_is_found_by_nobody(self) -> None:
        for erased in self.model.erased:
            assert acting.tracked_by_owner(erased) is None
