"""The demo's mailbox opens its own messages; an address that names none is not found."""

import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize(
    "key", ["inconnu", "%00", "a%00b", "1" * 400, "..", "..%2Fkeys", "%ED%A0%80", "%D9%A1", "a%0A", "%C3%A9" * 190]
)
def test_a_message_that_cannot_be_is_not_found(client: FlaskClient, key: str) -> None:
    assert client.get(f"/courrier/{key}").status_code == 404
