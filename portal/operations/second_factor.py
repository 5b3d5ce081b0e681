"""The second factor: a code of six figures that an application on the telephone makes every 30 seconds (TOTP).

Each code counts once, one step early or late is accepted, and eight recovery codes stand in for a lost telephone.
"""

import base64
import binascii
import hmac
import secrets
from datetime import datetime
from uuid import UUID

import pyotp
from cryptography.exceptions import InvalidTag
from sqlalchemy import CursorResult, Update, any_, func, literal, update

from portal.foundation import clock
from portal.foundation.crypto import vault
from portal.foundation.errors import DomainError
from portal.foundation.extensions import db
from portal.foundation.permissions import SignedIn
from portal.models.account import Account
from portal.models.event import JournalAct
from portal.operations.sign_in import end_sessions, remember, remember_refusal

STEP_SECONDS = 30
DRIFT = 1
DIGITS = 6
RECOVERY_CODES = 8
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # without what is read one for the other
RECOVERY_PARTS, PART_LENGTH = 3, 5
COLUMN, OFFERED = "account.totp_sealed", "account.totp_offered"
WRONG_CODE = "Ce code n’est pas le bon, ou a déjà servi. Attendez le suivant et écrivez-le."
WRONG_RECOVERY = "Ce code de secours n’est pas le bon, ou a déjà servi."


class WrongCode(DomainError):
    """The code, or the recovery code, is not right; or it was taken already."""

    def __init__(self, message: str = WRONG_CODE, *, field: str = "code") -> None:
        super().__init__(message, field=field)


def new_secret() -> str:
    """160 random bits in base32, as applications expect them."""
    return pyotp.random_base32()


def step_at(instant: datetime) -> int:
    return int(instant.timestamp()) // STEP_SECONDS


def code_of(secret: str, step: int) -> str:
    return pyotp.TOTP(secret).generate_otp(step)


def enrolment_address(secret: str, *, mail: str, brand: str) -> str:
    """What the QR code holds (otpauth://…)."""
    return pyotp.TOTP(secret).provisioning_uri(name=mail, issuer_name=brand)


def seal_offer(secret: str, account_id: UUID) -> str:
    """A secret not confirmed yet, for the form that confirms it: only we can open it, and only for this account."""
    return base64.urlsafe_b64encode(vault().seal(secret.encode(), column=OFFERED, row=account_id)).decode()


def open_offer(sealed: str, account_id: UUID) -> str | None:
    """None for anything that seal_offer did not make for this account."""
    try:
        return vault().open(base64.urlsafe_b64decode(sealed.encode()), column=OFFERED, row=account_id).decode()
    except (InvalidTag, binascii.Error, ValueError):
        return None


def step_of(secret: str, code: str) -> int | None:
    """The step this code is for, around now; None when it is wrong."""
    now, typed = step_at(clock.now()), "".join(code.split()).encode()
    around = range(now - DRIFT, now + DRIFT + 1)
    return next((step for step in around if hmac.compare_digest(code_of(secret, step).encode(), typed)), None)


def set_factor(account: Account, secret: str, code: str) -> list[str]:
    """Confirm an offered secret by its first code; it takes the place of any other. Returns the recovery codes.

    Raises WrongCode.
    """
    step = step_of(secret, code)
    if step is None:
        raise WrongCode
    codes = _recovery_codes()
    changed = update(Account).where(Account.id == account.id).values(
        totp_sealed=vault().seal(secret.encode(), column=COLUMN, row=account.id),
        totp_confirmed_at=clock.now(),
        totp_last_step=step,
        recovery_digests=_digests(account.id, codes),
    )  # fmt: skip
    db.session.execute(changed.execution_options(synchronize_session=False))
    remember(JournalAct.SECOND_FACTOR_SET, account.id)
    return codes


def use_code(account: Account, code: str) -> None:
    """Accept the code of now, once. Raises WrongCode, which the journal keeps."""
    secret = _secret_of(account)
    step = step_of(secret, code) if secret else None
    if step is None or not _changed(
        update(Account)
        .where(Account.id == account.id, func.coalesce(Account.totp_last_step, 0) < step)
        .values(totp_last_step=step)
    ):
        remember_refusal(account.id, JournalAct.SECOND_FACTOR_REFUSED)
        raise WrongCode


def use_recovery_code(account: Account, code: str) -> None:
    """Accept a recovery code, once. Raises WrongCode, which the journal keeps."""
    digest = _digest(account.id, code)
    if not _changed(
        update(Account)
        .where(Account.id == account.id, literal(digest) == any_(Account.recovery_digests))
        .values(recovery_digests=func.array_remove(Account.recovery_digests, digest))
    ):
        remember_refusal(account.id, JournalAct.SECOND_FACTOR_REFUSED)
        raise WrongCode(WRONG_RECOVERY)


def use_either(account: Account, code: str) -> None:
    """The code of now, or a recovery code: told apart by their letters. Raises WrongCode."""
    if any(sign.isalpha() for sign in code):
        use_recovery_code(account, code)
    else:
        use_code(account, code)


def renew_factor(account: Account, secret: str, code: str, *, current: str, keep: SignedIn) -> list[str]:
    """Replace the factor, with a code of the current one; the other sessions end. Returns the recovery codes.

    Raises WrongCode, on the field current or code.
    """
    if step_of(secret, code) is None:
        raise WrongCode
    try:
        use_either(account, current)
    except WrongCode as error:
        raise WrongCode(error.message, field="current") from error
    end_sessions(account.id, but=keep.session_digest)
    return set_factor(account, secret, code)


def renew_recovery_codes(account_id: UUID) -> list[str]:
    """Eight new ones; those that were left are worth nothing."""
    codes = _recovery_codes()
    _changed(update(Account).where(Account.id == account_id).values(recovery_digests=_digests(account_id, codes)))
    remember(JournalAct.SECOND_FACTOR_SET, account_id, detail="recovery_codes")
    return codes


def _secret_of(account: Account) -> str | None:
    if account.totp_sealed is None or account.totp_confirmed_at is None:
        return None
    return vault().open(account.totp_sealed, column=COLUMN, row=account.id).decode()


def _recovery_codes() -> list[str]:
    def part() -> str:
        return "".join(secrets.choice(ALPHABET) for _ in range(PART_LENGTH))

    return ["-".join(part() for _ in range(RECOVERY_PARTS)) for _ in range(RECOVERY_CODES)]


def _digests(account_id: UUID, codes: list[str]) -> list[str]:
    return [_digest(account_id, code) for code in codes]


def _digest(account_id: UUID, code: str) -> str:
    """Keyed: a copy of the database is not enough to look for them."""
    plain = "".join(sign for sign in code.lower() if sign.isalnum())
    return vault().blind_index("recovery_code", f"{account_id}:{plain}").hex()


def _changed(statement: Update) -> bool:
    """Whether exactly the one row was still as the statement wanted it."""
    done = db.session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(done, CursorResult)
    return done.rowcount == 1
