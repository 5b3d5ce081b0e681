"""Mail leaves inside TLS and signed in where the settings say so, or not at all."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from flask import Flask
from pydantic import SecretStr
from sqlalchemy.orm import Session

from portal.foundation.config import Environment, Settings, SmtpSecurity
from portal.jobs.mail import send_pending
from portal.mail.mailer import ClearTextRefused, Mailer
from tests.mail.engine import Desk, Owner, handed_to
from tests.mail.post_offices import Act, Stage, Trouble, flooding, opened

SIGNED_IN = {"smtp_user": "portal", "smtp_password": SecretStr("let me through")}


@pytest.fixture
def desk(arrange: Session, owner: Owner) -> Desk:
    return Desk(arrange, owner)


def certificate(folder: Path, address: str) -> Path:
    """One for that address, vouched for by nobody else, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "post.example.org")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{address}.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return file


def server_side(file: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The server's side of a certificate that this machine trusts."""
    file = certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return server_side(file)


@pytest.mark.parametrize("security", [SmtpSecurity.STARTTLS, SmtpSecurity.TLS])
def test_mail_travels_inside_tls_and_signed_in(
    app: Flask, desk: Desk, trusted: ssl.SSLContext, security: SmtpSecurity
) -> None:
    desk.messages(2)
    way = {"starttls" if security is SmtpSecurity.STARTTLS else "inside": trusted}
    with (
        opened(sign_in="starttls" in way, **way) as office,
        handed_to(app, office, smtp_security=security, **(SIGNED_IN if "starttls" in way else {})),
    ):
        send_pending()
    assert desk.rows() == [("sent", 1, None)] * 2
    assert office.inside_tls == [True, True]
    assert office.signed_in == (["portal"] if "starttls" in way else [])


def test_a_server_that_signs_in_without_tls_is_served_too(app: Flask, desk: Desk) -> None:
    desk.message()
    with opened(sign_in=True) as office, handed_to(app, office, **SIGNED_IN):
        send_pending()
    assert (desk.rows(), office.signed_in) == ([("sent", 1, None)], ["portal"])


def test_a_wrong_password_is_the_servers_matter_and_costs_one_attempt(
    app: Flask, desk: Desk, trusted: ssl.SSLContext
) -> None:
    desk.messages(2)
    wrong = {"smtp_user": "portal", "smtp_password": SecretStr("let me in")}
    with (
        opened(starttls=trusted, sign_in=True) as office,
        handed_to(app, office, smtp_security=SmtpSecurity.STARTTLS, **wrong),
    ):
        send_pending()
    assert sorted(desk.rows("attempts, state")) == [(0, "pending"), (1, "pending")]
    assert {error for _, _, error in desk.rows() if error} == {"smtp_535"}
    assert office.kept == []


@pytest.mark.parametrize("security", [SmtpSecurity.STARTTLS, SmtpSecurity.TLS])
@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2"])
def test_a_certificate_nobody_vouches_for_or_of_another_host_ends_it(
    app: Flask, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: SmtpSecurity, address: str
) -> None:
    file = certificate(tmp_path, address)
    if address != "127.0.0.1":
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    desk.message()
    way = {"starttls" if security is SmtpSecurity.STARTTLS else "inside": server_side(file)}
    with opened(**way) as office, handed_to(app, office, smtp_security=security):
        send_pending()
    assert (desk.rows(), office.kept) == ([("pending", 1, "tls")], [])


@pytest.mark.parametrize("security", [SmtpSecurity.STARTTLS, SmtpSecurity.TLS])
def test_a_server_without_tls_gets_nothing_where_tls_is_asked_for(
    app: Flask, desk: Desk, security: SmtpSecurity
) -> None:
    desk.message()
    with opened() as office, handed_to(app, office, smtp_security=security, lease_seconds=2):
        send_pending()
    ((state, attempts, error),) = desk.rows()
    assert (state, attempts) == ("pending", 1)
    assert error in {"tls", "timeout"}
    assert (office.kept, office.met[Stage.MAIL]) == ([], 0)


def test_a_tarpit_inside_tls_is_left_in_time_too(app: Flask, desk: Desk, trusted: ssl.SSLContext) -> None:
    desk.message()
    slow = Trouble(Stage.RCPT, Act.WAIT, seconds=3)
    with (
        opened(slow, starttls=trusted) as office,
        handed_to(app, office, smtp_security=SmtpSecurity.STARTTLS, lease_seconds=2),
    ):
        send_pending()
    assert desk.rows() == [("pending", 1, "timeout")]


@pytest.mark.parametrize(
    ("host", "security", "refused"),
    [
        ("mail.example.org", SmtpSecurity.NONE, True),
        ("192.0.2.1", SmtpSecurity.NONE, True),
        ("mail.example.org", SmtpSecurity.STARTTLS, False),
        ("mail.example.org", SmtpSecurity.TLS, False),
        ("127.0.0.1", SmtpSecurity.NONE, False),
        ("::1", SmtpSecurity.NONE, False),
        ("localhost", SmtpSecurity.NONE, False),
    ],
)
def test_in_production_nothing_leaves_this_machine_in_the_clear(
    settings: Settings, host: str, security: SmtpSecurity, refused: bool
) -> None:
    told = settings.model_copy(
        update={"environment": Environment.PRODUCTION, "smtp_host": host, "smtp_security": security}
    )
    if refused:
        with pytest.raises(ClearTextRefused):
            Mailer(told)
    else:
        Mailer(told).close()


@pytest.mark.parametrize("after", ["", "."])
def test_a_reply_without_end_is_hung_up_on_inside_tls_too(
    app: Flask, desk: Desk, trusted: ssl.SSLContext, after: str
) -> None:
    desk.message()
    with flooding(after, inside=trusted) as office, handed_to(app, office, smtp_security=SmtpSecurity.TLS):
        send_pending()
    assert 64 * 1024 < office.flooded < 64 * 1024 * 1024
    assert desk.rows("state, error") == [("pending", "dropped" if after else "unreachable")]
