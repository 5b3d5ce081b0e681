"""The addresses that are mailed to those who come in: derived from an id, so that they can be mailed again."""

import hmac
from datetime import timedelta
from uuid import UUID

from portal.foundation import clock
from portal.foundation.crypto import vault
from portal.models.account import Invitation

INVITATION_DAYS = 14
RESET_MINUTES = 30
INVITATION_LIFE = timedelta(days=INVITATION_DAYS)
RESET_LIFE = timedelta(minutes=RESET_MINUTES)


def invitation_path(invitation_id: UUID, version: int) -> str:
    return f"/invitation/{invitation_id}/{vault().link_token('invitation', invitation_id, version)}"


def opens_invitation(token: str, invitation_id: UUID, version: int) -> bool:
    return hmac.compare_digest(token.encode(), vault().link_token("invitation", invitation_id, version).encode())


def reset_path(reset_id: UUID) -> str:
    return f"/mot-de-passe/{reset_id}/{reset_token(reset_id)}"


def opens_reset(token: str, reset_id: UUID) -> bool:
    return hmac.compare_digest(token.encode(), reset_token(reset_id).encode())


def reset_token(reset_id: UUID) -> str:
    """Two derived halves: 384 bits."""
    return "".join(vault().link_token("password_reset", reset_id, half) for half in (1, 2))


def still_open(invitation: Invitation) -> bool:
    """Whether it can be accepted now."""
    settled = invitation.accepted_at is not None or invitation.withdrawn_at is not None
    return not settled and invitation.expires_at > clock.now()
