import smtplib
import stat
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

from portal.local.mailbox import mailbox
from portal.local.ports import first_free


def letter(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "portail@example.org", "zoe@example.org", subject
    message.set_content("Votre demande est arrivée.")
    return message


def test_every_message_is_kept_in_order_and_only_for_its_owner(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    port = first_free(range(21025, 21100))
    server = mailbox("127.0.0.1", port, folder)
    server.start()
    try:
        with smtplib.SMTP("127.0.0.1", port) as client:
            for subject in ("Première", "Seconde"):
                client.send_message(letter(subject))
    finally:
        server.stop()
    files = sorted(folder.iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    read = [BytesParser(policy=default).parsebytes(file.read_bytes()) for file in files]
    assert [message["Subject"] for message in read] == ["Première", "Seconde"]
    assert "arrivée" in read[0].get_content()
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
