"""A letter: one source for the text and the HTML of an e-mail, in the site's look."""

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from markupsafe import Markup

from portal.foundation import clock

PAGE = Markup(
    '<!doctype html><html lang="fr"><head><meta charset="utf-8"><meta name="viewport" '
    'content="width=device-width,initial-scale=1"><title>{subject}</title></head>'
    '<body style="margin:0;background:#fbf6ee;color:#1c2630;font:17px/1.5 Verdana,Arial,sans-serif">'
    '<div style="max-width:560px;margin:0 auto;padding:24px 16px">'
    '<p style="margin:0 0 16px;font-weight:bold;color:#0f5460">{brand}</p>'
    '<div style="background:#fff;border:1px solid #e2d8c8;border-radius:12px;padding:24px">'
    '<h1 style="margin:0 0 16px;font-size:22px;line-height:1.25">{title}</h1>{body}</div>'
    '<p style="margin:16px 0 0;font-size:14px;color:#4a5763">{foot}</p></div></body></html>'
)
PARAGRAPH = Markup('<p style="margin:0 0 16px">{}</p>')
BUTTON = Markup(
    '<p style="margin:24px 0"><a href="{url}" style="display:inline-block;background:#0f5460;color:#fff;'
    'padding:14px 20px;border-radius:8px;text-decoration:none;font-weight:bold">{label}</a></p>'
    '<p style="margin:0 0 16px;font-size:14px;color:#4a5763">Si le bouton ne s’ouvre pas, copiez cette adresse :<br>'
    '<a href="{url}" style="color:#0f5460;word-break:break-all">{url}</a></p>'
)
FOOT = "Message envoyé automatiquement. Pour nous écrire : {contact}"


@dataclass(frozen=True)
class Letter:
    """What to say. Nothing here names anybody: subjects and bodies travel in the clear."""

    subject: str
    title: str
    paragraphs: tuple[str, ...]
    action: str
    url: str
    after: tuple[str, ...] = ()


def as_text(letter: Letter, *, brand: str, contact: str) -> str:
    parts = [letter.title, *letter.paragraphs, f"{letter.action} :\n{letter.url}", *letter.after]
    return "\n\n".join([*parts, f"-- \n{brand}\n{FOOT.format(contact=contact)}\n"])


def as_html(letter: Letter, *, brand: str, contact: str) -> str:
    body = Markup("").join(
        [
            *(PARAGRAPH.format(words) for words in letter.paragraphs),
            BUTTON.format(url=letter.url, label=letter.action),
            *(PARAGRAPH.format(words) for words in letter.after),
        ]
    )
    return str(
        PAGE.format(
            subject=letter.subject, brand=brand, title=letter.title, body=body, foot=FOOT.format(contact=contact)
        )
    )


def as_message(letter: Letter, *, to: str, sender: str, brand: str, contact: str) -> EmailMessage:
    """One message to one recipient."""
    message = EmailMessage()
    message["Subject"] = letter.subject
    message["From"] = Address(brand, addr_spec=sender)
    message["To"] = Address(addr_spec=to)
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = make_msgid(domain=sender.partition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(as_text(letter, brand=brand, contact=contact))
    message.add_alternative(as_html(letter, brand=brand, contact=contact), subtype="html")
    return message
