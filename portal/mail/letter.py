"""A letter: one source for the text and the HTML of an e-mail, in the site's look."""

from collections.abc import Iterable
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from markupsafe import Markup

from portal.foundation import clock
from portal.foundation.mailboxes import in_ascii
from portal.mail import look
from portal.mail.wording import set_in_french, set_unbroken

FOOT = "Message envoyé automatiquement. Pour nous écrire : {contact}"
COPY = "Si le bouton ne s’ouvre pas, copiez cette adresse :"


@dataclass(frozen=True)
class Link:
    """Words that lead to an address, absolute."""

    label: str
    url: str


@dataclass(frozen=True)
class Fact:
    """A figure and what it counts, one line of a letter."""

    figure: int
    words: str


@dataclass(frozen=True)
class Closing:
    """Why somebody gets this letter, and where they choose what they get. open_to_headers: its address is no secret."""

    why: str
    link: Link | None = None
    open_to_headers: bool = False


@dataclass(frozen=True)
class Letter:
    """What to say. Nothing here names anybody: subjects and bodies travel in the clear.

    title: the finding; context: a few words above it. facts: figures, below the paragraphs. second: another link, under
    the button.
    """

    subject: str
    title: str
    paragraphs: tuple[str, ...]
    action: str
    url: str
    after: tuple[str, ...] = ()
    context: str = ""
    facts: tuple[Fact, ...] = ()
    second: Link | None = None
    closing: Closing | None = None

    @property
    def preview(self) -> str:
        """What a list of mails shows after the subject."""
        return " · ".join(f"{fact.figure} {fact.words}" for fact in self.facts) or self.paragraphs[0]


@dataclass(frozen=True)
class Attachment:
    """A file of a letter. kind: its media type (type/subtype). name: says nothing of anybody."""

    name: str
    content: bytes
    kind: str


def as_text(letter: Letter, *, brand: str, contact: str) -> str:
    parts = [
        letter.context,
        letter.title,
        *letter.paragraphs,
        "\n".join(f"- {fact.figure} {fact.words}" for fact in letter.facts),
        _line(Link(letter.action, letter.url)),
        _line(letter.second),
        *letter.after,
    ]
    closing = [letter.closing.why, _line(letter.closing.link)] if letter.closing else []
    foot = ["-- \n" + brand, *closing, FOOT.format(contact=contact)]
    return "\n\n".join(_french(one) for one in (*parts, *foot) if one) + "\n"


def _french(part: str) -> str:
    """Set in French, line by line; a line that is an address alone stays as it is."""
    return "\n".join(one if "://" in one and " " not in one else set_in_french(one) for one in part.split("\n"))


def _line(link: Link | None) -> str:
    return f"{link.label} :\n{link.url}" if link else ""


def as_html(letter: Letter, *, brand: str, contact: str) -> str:
    said = set_unbroken
    body = _join(
        [
            look.CONTEXT.format(said(letter.context)) if letter.context else Markup(""),
            look.TITLE.format(said(letter.title)),
            *(look.PARAGRAPH.format(said(words)) for words in letter.paragraphs),
            _facts(letter.facts),
            look.BUTTON.format(url=letter.url, label=said(letter.action)),
            look.SECOND.format(url=letter.second.url, label=said(letter.second.label)) if letter.second else Markup(""),
            *(look.AFTER.format(said(words)) for words in letter.after),
        ]
    )
    return look.PAGE.format(
        style=look.STYLE,
        subject=said(letter.subject),
        preview=said(letter.preview),
        filler=look.FILLER,
        mark=look.MARK,
        brand=brand,
        body=body,
        foot=_foot(letter, contact),
    )


def _facts(facts: tuple[Fact, ...]) -> Markup:
    rows = [look.FACT.format(figure=fact.figure, words=set_unbroken(fact.words)) for fact in facts]
    return look.FACTS.format(_join(rows)) if rows else Markup("")


def _foot(letter: Letter, contact: str) -> Markup:
    lines = [look.COPY.format(words=set_unbroken(COPY), url=letter.url)]
    if letter.closing:
        link = letter.closing.link
        choice = look.CHOICE.format(url=link.url, label=set_unbroken(link.label)) if link else Markup("")
        lines.append(look.CLOSING.format(why=set_unbroken(letter.closing.why), choice=choice))
    return _join([*lines, look.FOOT.format(set_in_french(FOOT.format(contact=contact)))])


def _join(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def as_message(
    letter: Letter,
    *,
    to: str,
    sender: str,
    brand: str,
    contact: str,
    message_id: str,
    attachments: tuple[Attachment, ...] = (),
) -> EmailMessage:
    """One message to one recipient. message_id: the whole header, angle brackets included."""
    message = EmailMessage()
    message["Subject"] = set_in_french(letter.subject)
    message["From"] = Address(brand, addr_spec=sender)
    message["To"] = Address(addr_spec=in_ascii(to))
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if letter.closing and letter.closing.link and letter.closing.open_to_headers:
        message["List-Unsubscribe"] = f"<{letter.closing.link.url}>"
    message.set_content(as_text(letter, brand=brand, contact=contact))
    message.add_alternative(as_html(letter, brand=brand, contact=contact), subtype="html")
    for one in attachments:
        main, _, sub = one.kind.partition("/")
        message.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
    message["Content-Language"] = "fr"  # last: each part added would take it along
    return message
