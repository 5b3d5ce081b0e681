"""Every e-mail, every variant: the same in text and in HTML, in French, and nothing of anybody in it."""

import re
from email.message import EmailMessage
from html.parser import HTMLParser
from uuid import UUID

import pytest

from portal.mail.account_messages import ACCOUNT_LETTERS
from portal.mail.letter import as_html, as_message, as_text
from portal.mail.messages import LETTERS
from portal.mail.team_messages import TEAM_LETTERS, Team, Waiting
from portal.mail.wording import set_in_french, set_unbroken
from portal.models.outbox import Message
from portal.web.gallery_letters import DAY, Variant, by_audience, variants

BASE = "https://portail.example.org"
LOOK = {"brand": "Collectif", "contact": "contact@example.org"}
ALL = variants(BASE)
EVERY = pytest.mark.parametrize("one", ALL, ids=[f"{one.message}-{one.name}" for one in ALL])
KILOBYTES_100 = 100_000
VOID = frozenset({"meta", "br"})


class Reader(HTMLParser):
    """What somebody reads of a letter: its words without what is hidden, its links, and tags left open."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.open: list[tuple[str, bool]] = []
        self.headings = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self.links.append(given["href"] or "")
        if tag == "table":
            assert given["role"] == "presentation"
        self.headings += tag == "h1"
        if tag not in VOID:
            self.open.append((tag, given.get("aria-hidden") == "true" or tag in {"style", "title"}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if not any(hidden for _, hidden in self.open):
            self.words.append(data)


def read(one: Variant) -> Reader:
    reader = Reader()
    reader.feed(as_html(one.letter, **LOOK))
    reader.close()
    return reader


def text(one: Variant) -> str:
    return as_text(one.letter, **LOOK)


def words_alone(said: str) -> str:
    return " ".join(said.split())


def test_every_message_has_its_letter_once_and_the_gallery_all_of_them() -> None:
    books = (LETTERS, ACCOUNT_LETTERS, TEAM_LETTERS)
    assert sum(len(book) for book in books) == len(Message)
    assert {message for book in books for message in book} == set(Message)
    assert {one.message for one in ALL} == set(Message)
    assert sorted(len(same) for _, letters in by_audience(BASE) for _, same in letters) == sorted(
        sum(one.message is message for one in ALL) for message in Message
    )


@EVERY
def test_text_and_html_say_the_same(one: Variant) -> None:
    html, plain = words_alone("".join(read(one).words)), words_alone(text(one))
    letter = one.letter
    said = [letter.context, letter.title, *letter.paragraphs, letter.action, *letter.after]
    said += [letter.second.label] if letter.second else []
    said += [letter.closing.why] if letter.closing else []
    said += [fact.words for fact in letter.facts]
    for words in said:
        assert words_alone(set_unbroken(words)) in html
        assert words_alone(set_in_french(words)) in plain
    for fact in letter.facts:
        assert f"- {set_in_french(f'{fact.figure} {fact.words}')}" in text(one)


@EVERY
def test_every_link_is_in_both_and_leads_to_the_portal(one: Variant) -> None:
    links = read(one).links
    assert one.letter.url in links
    assert set(links) == set(re.findall(r"https?://\S+", text(one)))
    assert all(link.startswith(f"{BASE}/") for link in links)


@EVERY
def test_the_page_is_well_formed_with_one_heading_and_no_image(one: Variant) -> None:
    reader = read(one)
    assert reader.open == []
    assert reader.headings == 1
    html = as_html(one.letter, **LOOK)
    assert html.startswith('<!doctype html><html lang="fr"')
    assert not re.search(r"<img|<script|url\(|src=|https?://(?!portail\.example\.org)", html)


@EVERY
def test_the_french_is_typeset(one: Variant) -> None:
    subject = str(as_of(one)["Subject"])
    for said in (subject, text(one), "\n".join(read(one).words)):
        for line in said.split("\n"):
            words = re.sub(r"https?://\S+|\S+@\S+", "", line)
            assert "'" not in words
            assert "..." not in words
            assert not re.search(r"[^\u00a0\s][;!?»]|[^\u00a0] :|[^\u00a0\s]:(?=\s|$)| [;!?»]|«[^\u00a0]", words), line
            assert not re.search(r"\d [a-zà-ÿ]", words), line


def as_of(one: Variant) -> EmailMessage:
    return as_message(
        one.letter, to="lea@example.org", sender="ne-pas-repondre@example.org", message_id="<1@example.org>", **LOOK
    )


@EVERY
def test_it_is_short_light_and_its_title_is_said_once(one: Variant) -> None:
    assert 0 < len(one.letter.subject) < 78
    assert len(one.letter.title) < 78
    assert len(bytes(as_of(one))) < KILOBYTES_100
    assert one.letter.context != one.letter.title


@EVERY
def test_nobody_is_named_and_no_address_stands_in_it(one: Variant) -> None:
    body = text(one) + as_html(one.letter, **LOOK)
    assert "lea@" not in body
    assert set(re.findall(r"\S+@\S+", text(one))) == {"contact@example.org"}


@EVERY
def test_the_young_are_said_tu_and_everybody_else_vous(one: Variant) -> None:
    familiar = re.compile(r"\b(tu|te|t’|ta|ton|tes|toi)\b", re.IGNORECASE)
    formal = re.compile(r"\b(vous|votre|vos)\b", re.IGNORECASE)
    said = text(one)
    if one.name == "tu":
        assert familiar.search(said)
        assert not formal.search(said)
    else:
        assert not familiar.search(said)


@pytest.mark.parametrize("message", list(TEAM_LETTERS))
def test_a_member_reads_why_they_get_it_and_where_they_choose(message: Message) -> None:
    for one in (one for one in ALL if one.message is message):
        assert "Vous recevez ce message comme membre" in text(one)
        assert f"{BASE}/compte/courriels" in read(one).links
        assert as_of(one)["List-Unsubscribe"] == f"<{BASE}/compte/courriels>"


OVER = {Message.REFERRAL_CLOSED, Message.ERASURE_NOTICE}


def test_whoever_asked_is_led_to_the_page_where_they_choose_and_the_headers_keep_its_secret() -> None:
    for one in (one for one in ALL if one.message in LETTERS):
        mail = as_of(one)
        assert mail["List-Unsubscribe"] is None
        assert not any("/suivi/" in str(value) for value in mail.values())
        if not one.message.startswith("guardian"):
            assert (f"{BASE}/suivi/exemple#courriels" in read(one).links) is (one.message not in OVER)
            assert any(link.startswith(f"{BASE}/suivi/exemple") for link in read(one).links)


def titles(message: Message) -> dict[str, str]:
    return {one.name: one.letter.title.replace("\u00a0", " ") for one in ALL if one.message is message}


def test_the_title_is_the_finding() -> None:
    assert titles(Message.SILENCE_REMINDER) == {
        "une, aujourd’hui": "1 demande à traiter, 1 part aujourd’hui",
        "plusieurs": "12 demandes à traiter, 2 partent demain",
        "en retard": "3 demandes à traiter, 2 en retard",
    }
    assert titles(Message.REQUESTS_DIGEST)["précision seule"] == "1 précision à relire"
    assert titles(Message.REQUESTS_DIGEST)["précisions seules"] == "2 précisions à relire"
    assert titles(Message.MORNING_FILE) == {
        "une": "1 nouvelle demande attend",
        "plusieurs": "12 demandes attendent, dont 3 nouvelles",
        "toutes nouvelles": "3 nouvelles demandes attendent",
        "deux mots de passe": "12 demandes attendent",
    }
    assert titles(Message.STAFF_DIGEST)["e-mails seuls"] == "2 e-mails qui n’ont pas pu partir"
    assert titles(Message.FOLLOW_UP_DUE)["une"] == "1 demande attend une suite"
    assert titles(Message.PROPOSAL_SETTLED)["refusés"] == "Vos nouveaux critères ne sont pas retenus"


def test_the_digest_of_staff_leads_to_what_it_names_first() -> None:
    found = {one.name: one.letter for one in ALL if one.message is Message.STAFF_DIGEST}
    assert found["une"].url == f"{BASE}/collectif/demandes?vue=nulle-part"
    assert found["e-mails seuls"].url == f"{BASE}/collectif/fonctionnement"
    assert found["plusieurs"].second is not None
    assert found["une"].action == "Ouvrir les demandes à orienter"
    assert found["e-mails seuls"].action == found["plusieurs"].second.label == "Voir les e-mails arrêtés"


def letters(message: Message) -> dict[str, Variant]:
    return {one.name: one for one in ALL if one.message is message}


def test_answers_alone_lead_to_the_folder_where_they_wait_and_speak_of_nothing_else() -> None:
    digest, follow_up = letters(Message.REQUESTS_DIGEST), letters(Message.FOLLOW_UP_DUE)
    for one in (digest["précision seule"], digest["précisions seules"], follow_up["précisions seules"]):
        assert one.letter.url == f"{BASE}/demandes?dossier=en-attente"
        assert one.letter.action == "Relire les précisions reçues"
        assert "« En attente de précision »" in " ".join(one.letter.paragraphs)
        assert "pressée" not in text(one)
        assert "binôme" not in text(one)
    assert digest["une"].letter.url == follow_up["une"].letter.url.partition("?")[0] == f"{BASE}/demandes"
    assert "La plus pressée" in text(digest["plusieurs"])
    assert "La plus pressée" not in text(digest["une"])
    assert "binôme" in text(follow_up["une"])


def test_a_list_never_repeats_the_title() -> None:
    reminders = letters(Message.SILENCE_REMINDER)
    assert reminders["une, aujourd’hui"].letter.facts == ()
    assert reminders["en retard"].letter.facts == ()
    assert [fact.figure for fact in reminders["plusieurs"].letter.facts] == [12, 2, 3, 1]


def test_a_guardian_reads_who_made_the_request() -> None:
    asked = {name: text(one) for name, one in letters(Message.GUARDIAN_CONSENT).items()}
    told = {name: text(one) for name, one in letters(Message.GUARDIAN_INFORMED).items()}
    for said in (asked, told):
        young, family, professional = said.values()
        assert "Un jeune" in young
        assert "La famille d’un jeune" in family
        assert "Un professionnel a demandé" in professional
        assert not any("jeune a demandé" in one or "Un jeune de" in one for one in (family, professional))


def test_places_without_a_limit_are_not_called_a_number() -> None:
    found = {name: text(one).replace("\u00a0", " ") for name, one in letters(Message.PLACES_CHECK).items()}
    assert "26 places libres" in found["plusieurs"]
    assert "ne compte plus de place libre" in found["aucune"]
    assert "sans limite" in found["sans limite"]
    assert not any("ce nombre" in said for said in found.values())


def test_whoever_cannot_sign_in_any_more_is_led_to_a_new_password() -> None:
    (changed,) = letters(Message.PASSWORD_CHANGED).values()
    assert f"\nChoisir un autre mot de passe\u00a0:\n{BASE}/mot-de-passe\n" in text(changed)


def test_the_file_is_called_as_its_page_is_and_tells_the_hour_of_its_content() -> None:
    for one in (one for one in ALL if one.message in {Message.MORNING_FILE, Message.FILE_PASSWORD_RENEWED}):
        assert "fichier du matin" not in f"{one.letter.subject} {text(one)}".lower()
        assert "«\u00a0Fichier de 10\u00a0h\u00a0»" in text(one)
    files = letters(Message.MORNING_FILE)
    assert files["une"].letter.subject.replace("\u00a0", " ") == "Fichier de 10 h : 1 nouvelle demande"
    assert "copie de vos demandes à 10\u00a0h," in text(files["une"])
    assert "copie de vos demandes, sans nom" in text(files["deux mots de passe"])


def test_no_line_breaks_inside_a_word_with_a_hyphen() -> None:
    awaited = letters(Message.APPLICANT_AWAITED)["vous, pour un jeune"]
    assert "reprenez\u2011la" in "".join(read(awaited).words)
    assert "reprenez-la" in text(awaited)


def test_the_password_of_the_file_is_never_written_but_where_it_is_read_is() -> None:
    found = {one.name: one for one in ALL if one.message is Message.FILE_PASSWORD_RENEWED}
    assert all(one.letter.url == f"{BASE}/fichier" for one in found.values())
    assert "jusqu’au lundi 30\u00a0novembre" in text(found["quarter"])
    assert "L’ancien" not in text(found["first"])
    assert all("Le mot de passe se lit sur la page" in text(one) for one in found.values())
    assert "Ce fichier est envoyé" in text(found["first"])
    assert "Ce fichier est envoyé" not in text(found["first, sans fichier"])
    assert "a choisi de ne pas recevoir ce fichier" in text(found["first, sans fichier"])
    assert DAY.day == 30


def test_every_link_to_a_member_names_the_association_it_is_about() -> None:
    team = Team(BASE, "Proxité", UUID(int=7), path="/demandes/1", waiting=Waiting(2, answered=1))
    letter = TEAM_LETTERS[Message.REQUESTS_DIGEST](team)
    assert letter.url == f"{BASE}/demandes?pour={UUID(int=7)}"
    assert letter.second is not None
    assert letter.second.url == f"{BASE}/demandes?dossier=en-attente&pour={UUID(int=7)}"
    assert TEAM_LETTERS[Message.REQUEST_OFFERED](team).url == f"{BASE}/demandes/1?pour={UUID(int=7)}"
    assert Team(BASE).link("/collectif/demandes") == f"{BASE}/collectif/demandes"
