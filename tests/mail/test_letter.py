"""A letter becomes one e-mail: its headers, its two bodies, its files, and words that cannot break out."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

from portal.foundation import clock
from portal.mail.letter import Attachment, Closing, Fact, Letter, Link, as_html, as_message, as_text
from portal.mail.wording import day, hour, plural, set_in_french, set_unbroken
from portal.web.gallery_letters import DAY

LETTER = Letter(
    subject="Une question : laquelle ?",
    title="<b>Ici</b> & là",
    paragraphs=("Une <i>ligne</i>.",),
    action="Ouvrir",
    url='https://p.example.org/suivi/a"onclick=1',
)
LOOK = {"brand": "Collectif <s>", "contact": "contact@example.org"}


def sent(letter: Letter, *files: Attachment) -> EmailMessage:
    """The message as whoever receives it reads it."""
    made = as_message(
        letter,
        to="lea@example.org",
        sender="ne-pas-repondre@example.org",
        message_id="<7@example.org>",
        attachments=files,
        **LOOK,
    )
    found = message_from_bytes(bytes(made), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_the_headers_say_who_when_in_what_language_and_that_nobody_need_answer() -> None:
    with clock.at(DAY):
        mail = sent(LETTER)
    assert mail["Subject"] == "Une question\u00a0: laquelle\u00a0?"
    assert mail["From"].addresses[0].addr_spec == "ne-pas-repondre@example.org"
    assert mail["To"] == "lea@example.org"
    assert mail["Message-ID"] == "<7@example.org>"
    assert mail["Date"].datetime == DAY
    assert mail["Content-Language"] == "fr"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["List-Unsubscribe"] is None


def test_where_to_choose_is_a_header_only_when_its_address_is_no_secret() -> None:
    link = Link("Choisir", "https://p.example.org/compte/courriels")
    for known, header in ((True, "<https://p.example.org/compte/courriels>"), (False, None)):
        letter = Letter("S", "T", ("P",), "A", "https://p.example.org/", closing=Closing("Pourquoi.", link, known))
        assert sent(letter)["List-Unsubscribe"] == header


def test_it_carries_its_text_its_html_and_its_files() -> None:
    file = Attachment("demandes-2026-11-30.xlsx", b"PK\x03\x04", "application/vnd.ms-excel")
    mail = sent(LETTER, file)
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/vnd.ms-excel"]
    (kept,) = mail.iter_attachments()
    assert (kept.get_filename(), kept.get_content()) == ("demandes-2026-11-30.xlsx", b"PK\x03\x04")


def test_words_stay_words_and_an_address_stays_in_its_attribute() -> None:
    html = as_html(LETTER, **LOOK)
    assert "<b>" not in html
    assert "<i>" not in html
    assert "<s>" not in html
    assert 'a"onclick' not in html
    assert "<b>Ici</b> & là" in as_text(LETTER, **LOOK)


def test_a_list_of_mails_shows_the_figures_after_the_subject_or_the_first_words() -> None:
    bare = Letter("S", "T", ("Premier.", "Second."), "A", "https://p.example.org/")
    assert bare.preview == "Premier."
    counted = replace(bare, facts=(Fact(3, "à traiter"), Fact(1, "part demain")))
    html = as_html(counted, **LOOK)
    assert html.index("3\u00a0à traiter · 1\u00a0part demain") < html.index("<h1")


def test_french_keeps_its_signs_and_its_figures_together() -> None:
    assert set_in_french("Quoi ? « Oui » : 14 jours") == "Quoi\u00a0? «\u00a0Oui\u00a0»\u00a0: 14\u00a0jours"
    assert (
        set_unbroken("Reprenez-la : un e-mail, un après-midi")
        == "Reprenez\u2011la\u00a0: un e\u2011mail, un après-midi"
    )
    assert [hour(DAY), hour(DAY.replace(minute=5))] == ["10\u00a0h", "10\u00a0h\u00a005"]
    assert [plural(count, "part", "partent") for count in (0, 1, 2)] == ["0\u00a0part", "1\u00a0part", "2\u00a0partent"]
    assert day(DAY) == "lundi 30\u00a0novembre"
    assert day(DAY.replace(month=12, day=1)) == "mardi 1er\u00a0décembre"
