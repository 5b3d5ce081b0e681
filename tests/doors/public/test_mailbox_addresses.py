"""The demo's mailbox opens its own messages; an address that names none is not found."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from portal.web import mailbox


@pytest.mark.parametrize(
    "key", ["inconnu", "%00", "a%00b", "1" * 400, "..", "..%2Fkeys", "%ED%A0%80", "%D9%A1", "a%0A", "%C3%A9" * 190]
)
def test_a_message_that_cannot_be_is_not_found(client: FlaskClient, key: str) -> None:
    assert client.get(f"/courrier/{key}").status_code == 404


@pytest.mark.parametrize(("received", "listed"), [(0, 0), (1, 1), (50, 50), (52, 50)])
def test_every_message_is_counted_and_the_latest_are_listed(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, received: int, listed: int
) -> None:
    monkeypatch.setattr(mailbox, "folder", lambda: tmp_path)
    for number in range(received):
        head = f"To: lea@example.org\nSubject: Message {number:03}\nDate: Mon, 30 Nov 2026 10:00:00 +0100\n\nBonjour.\n"
        (tmp_path / f"{number:03}.eml").write_text(head)
    page = client.get("/courrier").text.replace("\u00a0", " ")
    title = "Aucun message" if not received else f"{received} message{'s' * (received > 1)} reçu{'s' * (received > 1)}"
    assert f"<h1>{title}</h1>" in page
    assert page.count('href="/courrier/') == listed
    assert ("Voici les 50 derniers." in page) is (received > listed)
    if received > listed:
        assert "Message 051" in page
        assert "Message 001" not in page
