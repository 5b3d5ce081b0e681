"""A workbook under a password, as spreadsheets themselves do it: AES-256, the password hashed 100,000 times (SHA-512).

The library draws 128 of the key's 256 bits: still more than any password of ours holds (99).
"""

from io import BytesIO

from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError
from msoffcrypto.format.ooxml import OOXMLFile


class NotOpened(Exception):
    """The password does not open the file, or the file is not what was locked."""


def locked(file: bytes, password: str) -> bytes:
    """file: an .xlsx workbook."""
    found = BytesIO()
    OOXMLFile(BytesIO(file)).encrypt(password, found)
    return found.getvalue()


def unlocked(file: bytes, password: str) -> bytes:
    """The workbook that was locked, untouched since. Raises NotOpened."""
    found = BytesIO()
    try:
        one = OOXMLFile(BytesIO(file))
        one.load_key(password=password)
        one.decrypt(found, verify_integrity=True)
    except (DecryptionError, FileFormatError, InvalidKeyError, OSError, ValueError) as why:
        raise NotOpened from why
    return found.getvalue()
