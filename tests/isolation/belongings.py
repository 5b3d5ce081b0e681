"""One row of every kind that an address can name: each association's own, and the Collectif's."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.crypto import vault
from portal.foundation.identifiers import new_id
from portal.foundation.permissions import Role
from portal.models.account import IdentityProvider, Invitation, Membership, PasswordReset
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.company import Company, Lead, LeadKind, OfferPage, OfferText
from portal.models.document import Document, DocumentKind, DocumentState
from portal.models.morning import MorningFile, MorningMode, MorningState, MorningWorkbook
from portal.models.outbox import Message, Outbox, OutboxState
from portal.models.programme import CriteriaProposal, Programme, ProgrammeVersion
from portal.models.replay import PolicyProposal, Replay, ReplayState
from tests import factories


def _kept(session: Any, row: Any) -> UUID:
    row.id = new_id()
    session.add(row)
    session.flush()
    key: UUID = row.id
    return key


def _morning_file(session: Any, of: dict[str, UUID]) -> UUID:
    """Made this morning, with its workbook."""
    made = {"state": MorningState.MADE, "at": clock.now(), "made_at": clock.now(), "digest": b"-", "lines": []}
    day = {"day": clock.today(), "mode": MorningMode.ALWAYS, "next_attempt_at": clock.now()}
    file = _kept(session, MorningFile(**of, **day, **made))
    session.add(MorningWorkbook(**of, morning_file_id=file, password_number=1, file=b"PK of its association"))
    return file


def belongings_of(session: Any, association: Association, programme: Programme) -> dict[str, UUID]:
    """By the name an address gives it."""
    account = factories.make_account(session, association=association)
    later = clock.now() + timedelta(days=14)
    of = {"association_id": association.id}
    version = session.query(ProgrammeVersion).filter_by(programme_id=programme.id).first()
    return {
        "version_id": version.id,
        "account_id": account.id,
        "membership_id": session.query(Membership).filter_by(account_id=account.id).one().id,
        "reset_id": _kept(session, PasswordReset(account_id=account.id, expires_at=later)),
        "proposal_id": _kept(
            session,
            CriteriaProposal(**of, programme_id=programme.id, side=Side.MENTEE, criteria=version.criteria, based_on=1),
        ),
        "invitation_id": _kept(
            session, Invitation(**of, mail=f"{new_id()}@example.org", role=Role.COORDINATOR, expires_at=later)
        ),
        "document_id": _kept(
            session,
            Document(
                **of,
                kind=DocumentKind.ASSOCIATION_REPORT,
                title=f"Rapport de {association.name}",
                state=DocumentState.READY,
                progress=100,
                file=f"%PDF of {association.name}".encode(),
                expires_at=later,
            ),
        ),
        "file_id": _morning_file(session, of),
        "provider_id": _kept(
            session,
            IdentityProvider(
                **of, name=association.name, issuer="https://id.example.org", client_id="c", client_secret_sealed=b"-"
            ),
        ),
    }


def belongings_of_the_collectif(session: Any, campaign: Campaign) -> dict[str, UUID]:
    lead, now = new_id(), clock.now()
    contact = vault().seal(b'{"name": "Ada", "mail": "ada@example.org"}', column="lead.contact_sealed", row=lead)
    session.add(
        Lead(
            id=lead,
            number="E-2026-1",
            kind=LeadKind.CONTACT,
            company_name="Filature du Nord",
            contact_sealed=contact,
            state_since=now,
        )
    )
    today = clock.today()
    replay = Replay(side=Side.MENTEE, title="Rejeu", since=today, until=today, seeds=1, state=ReplayState.FAILED)
    proposal = PolicyProposal(name="arm", maximum_hops=4, reason="Un essai de plus.", proposed_by=new_id())
    dead = {"state": OutboxState.DEAD, "dead_at": now, "error": "timeout"}
    return {
        "outbox_id": _kept(
            session, Outbox(deduplication_key="x", message=Message.LEAD_RECEIVED, reference_id=lead, **dead)
        ),
        "lead_id": lead,
        "replay_id": _kept(session, replay),
        "policy_proposal_id": _kept(session, proposal),
        "campaign_id": campaign.id,
        "company_id": _kept(session, Company(slug="filature-du-nord", name="Filature du Nord")),
        "text_id": _kept(session, OfferText(page=OfferPage.HOME, number=1, title="T", lead="L", body="B")),
    }
