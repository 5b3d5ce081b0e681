"""More to tell: the events, acts and messages of criteria, objectives, members and companies."""

from alembic import op

revision = "0012"
down_revision = "0011"

NEW_EVENTS = """
    referral_confirmed criteria_proposed proposal_settled programme_changed outside_count_declared
    campaign_changed association_changed
"""
EVENTS = """
    referral_submitted address_confirmed guardian_consented guardian_refused referral_placed
    referral_waitlisted referral_unroutable referral_oriented_by_hand referral_withdrawn referral_closed
    referral_merged referral_reopened assignment_seen assignment_accepted assignment_bounced
    assignment_expired assignment_undone assignment_contacted assignment_paired assignment_ended
    assignment_given_up assignment_unreachable information_asked assignment_postponed capacity_changed
    pause_changed criteria_changed objective_declared
"""
NEW_ACTS = """
    criteria_changed programme_changed objective_changed association_changed member_invited member_joined
    member_left role_changed password_changed second_factor_set second_factor_reset second_factor_refused
    provider_changed identity_linked lead_read lead_changed offer_changed company_changed document_made
    figures_exported
"""
ACTS = """
    contact_read referral_seen answered oriented capacity_changed signed_in sign_in_refused signed_out
    searched consent_given
"""
NEW_MESSAGES = """
    invitation password_reset password_changed lead_received second_factor_reset
"""
MESSAGES = """
    referral_received confirm_address guardian_consent guardian_informed referral_placed referral_accepted
    clarification_asked applicant_awaited
"""
OUTBOX = """
ALTER TABLE outbox ALTER COLUMN referral_id DROP NOT NULL, ADD COLUMN reference_id UUID;
ALTER TABLE outbox ADD CONSTRAINT ck_outbox_about CHECK (num_nonnulls(referral_id, reference_id) = 1);
CREATE INDEX ix_event_assignment ON event (assignment_id, at) WHERE assignment_id IS NOT NULL;
"""


def allow(table: str, column: str, words: str) -> None:
    """The closed list of a column, written anew."""
    name = f"ck_{table}_{column}"
    listed = ", ".join(f"'{word}'" for word in words.split())
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN ({listed}))")


def forget(table: str, column: str, words: str) -> None:
    listed = ", ".join(f"'{word}'" for word in words.split())
    op.execute(f"DELETE FROM {table} WHERE {column} IN ({listed})")


def upgrade() -> None:
    op.execute("SET LOCAL ROLE portal_owner")
    allow("event", "name", EVENTS + NEW_EVENTS)
    allow("journal_entry", "act", ACTS + NEW_ACTS)
    allow("outbox", "message", MESSAGES + NEW_MESSAGES)
    op.execute(OUTBOX)
    op.execute("RESET ROLE")


def downgrade() -> None:
    forget("event", "name", NEW_EVENTS)
    forget("outbox", "message", NEW_MESSAGES)
    op.execute("DELETE FROM journal_seal")
    forget("journal_entry", "act", NEW_ACTS)
    allow("event", "name", EVENTS)
    allow("journal_entry", "act", ACTS)
    allow("outbox", "message", MESSAGES)
    op.execute("DROP INDEX ix_event_assignment")
    op.execute("ALTER TABLE outbox DROP COLUMN reference_id, ALTER COLUMN referral_id SET NOT NULL")
