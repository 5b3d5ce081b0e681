"""An e-mail address as mail servers read it. Pure."""

from email_validator import EmailNotValidError, validate_email

UNREADABLE = "=?"  # mail headers read what follows as another text


def address_of(typed: str) -> str | None:
    """The normal form of what was typed, its domain in ASCII (xn--…); None when no message could reach it."""
    try:
        found = validate_email(typed, check_deliverability=False, allow_smtputf8=False).ascii_email
    except EmailNotValidError:
        return None
    return None if found is None or UNREADABLE in found else found


def in_ascii(address: str) -> str:
    """The same mailbox, its domain in ASCII; unchanged when it cannot be said so."""
    return address if address.isascii() else address_of(address) or address


def accented_before_at(typed: str) -> bool:
    """Whether its only fault may be an accent before the @: few servers take one."""
    name, at, _ = typed.rpartition("@")
    return bool(at) and not name.isascii()
