"""The demo's companies: fictional, consistent with the rest of the season, and at every stage."""

from portal.demo.associations import demo_associations
from portal.demo.companies import COMPANIES, LEADS
from portal.demo.load import SEED
from portal.demo.logins import STAFF
from portal.models.company import LeadKind, LeadState
from portal.queries.leads import SETTLED
from portal.queries.orienter_words import QUESTIONS, said


def test_three_companies_have_a_link_of_their_own() -> None:
    assert len({company.slug for company in COMPANIES}) == 3
    assert all(company.volunteers > 0 for company in COMPANIES)


def test_six_requests_show_every_kind_and_every_state() -> None:
    assert len({lead.key[:6] for lead in LEADS}) == 6
    assert {lead.kind for lead in LEADS} == set(LeadKind)
    assert {lead.state for lead in LEADS} == set(LeadState)


def test_what_a_request_names_exists() -> None:
    known = {one.key for one in demo_associations(SEED)}
    slugs = {company.slug for company in COMPANIES}
    for lead in LEADS:
        assert set(lead.associations) <= known
        assert lead.company is None or lead.company in slugs
        assert lead.owner is None or lead.owner < len(STAFF)
        answered = set(lead.answers) & set(QUESTIONS)
        assert len(said(lead.answers)) >= len(answered)


def test_whatever_is_being_followed_has_somebody_and_a_next_action() -> None:
    for lead in LEADS:
        if lead.steps and lead.state not in SETTLED:
            assert lead.owner is not None
            assert lead.next_action
            assert lead.next_in_days is not None
        if lead.state in SETTLED:
            assert lead.next_action is None
