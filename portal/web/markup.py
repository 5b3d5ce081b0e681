"""The mark-up of the offer's texts: a small part of Markdown, read by markdown-it with everything else turned off.

Paragraphs, titles (## and ###), lists (- and 1.), **gras**, *italique*, [liens](https://… or /page) and quotes (>).
HTML is text like any other: it is shown as typed, never passed on. Reading takes a time that grows with the length, and
both length and nesting are bounded.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from portal.web.typography import NBSP, french

LONGEST = 20_000
DEEPEST = 4
MOST_LEVELS = 20  # far above what DEEPEST lists take: beyond it the library drops words
RULES = ("heading", "list", "blockquote", "emphasis", "link", "escape")
TITLES = {"h1": "h2", "h4": "h3", "h5": "h3", "h6": "h3"}
KEPT = {"link_open": ("href",), "ordered_list_open": ("start",)}
# A private sign stands between two pieces of a sentence, so that its typography is settled over the whole of it.
SEAM = "\ue000"
ADDRESS = re.compile(r"https://[\w.-]+(?::\d+)?(?:[/?#][^\s<>\"\\]*)?|/(?![/\\])[^\s<>\"\\]*")
LINK = re.compile(r"(?<!\\)\]\(<?((?:[^\s()<>]|\([^\s()]*\))+)")
IMAGE = re.compile(r"(?<!\\)!\[[^\]\[]*\]\(")
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ue000]")
INDENT = "   "


def allowed_address(address: str) -> bool:
    """An https address, or a page of this site (« /entreprises »); nothing else can be linked to."""
    return ADDRESS.fullmatch(address) is not None


class _Reader(MarkdownIt):
    """markdown-it with a few rules only, and our own idea of a link."""

    def __init__(self) -> None:
        super().__init__("zero", {"html": False, "linkify": False, "typographer": False, "maxNesting": MOST_LEVELS})
        self.enable(list(RULES))

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name for it
        return allowed_address(url)


_reader = _Reader()


def _read(text: str) -> list[Token]:
    """The text as markdown-it's tokens, with only the attributes we keep and French typography."""
    tokens = _reader.parse(UNSEEN.sub("", text.replace("\r\n", "\n"))[:LONGEST])
    for token in tokens:
        _narrow(token)
        if token.children:
            _settle_words(token.children)
    return tokens


def _narrow(token: Token) -> None:
    """Only two sizes of title, and only the attributes of the closed list."""
    token.tag = TITLES.get(token.tag, token.tag)
    token.attrs = {name: value for name, value in token.attrs.items() if name in KEPT.get(token.type, ())}
    if token.type == "blockquote_open":
        token.attrs["class"] = "quote"


def _settle_words(children: Sequence[Token]) -> None:
    """One sentence's typography, across its bold and its links; a line broken by a backslash goes on."""
    for child in children:
        if child.type == "hardbreak":
            child.type, child.tag, child.content = "text", "", "\n"
    words = [child for child in children if child.type == "text"]
    for child, settled in zip(words, french(SEAM.join(child.content for child in words)).split(SEAM), strict=True):
        child.content = settled
    for child in children:
        _narrow(child)
        if child.type == "link_open" and str(child.attrs.get("href", "")).startswith("https:"):
            child.attrs["rel"] = "noopener"


def rendered(text: str) -> Markup:
    """The text as HTML that is safe to print: h2, h3, p, ul, ol, li, strong, em, blockquote and a, nothing else.

    Past LONGEST characters it is cut: `refusals` says so before anything is kept.
    """
    return Markup(_reader.renderer.render(_read(text), _reader.options, {}))  # noqa: S704 - every text is escaped by the renderer


def refusals(text: str) -> list[str]:
    """Why a text cannot be kept, a French sentence each; none when it can."""
    found = []
    if len(text) > LONGEST:
        found.append(f"Ce texte est trop long{NBSP}: 20{NBSP}000 caractères au plus.")
    if _depth(_read(text)) > DEEPEST:
        found.append(f"Ce texte a trop de listes ou de citations les unes dans les autres{NBSP}: {DEEPEST} au plus.")
    if IMAGE.search(text[:LONGEST]):
        found.append(f"Les images ne sont pas acceptées{NBSP}: décrivez-les en mots, ou mettez un lien.")
    wrong = [address for address in LINK.findall(text[:LONGEST]) if not allowed_address(address)]
    if wrong:
        found.append(
            f"Le lien «{NBSP}{wrong[0][:80]}{NBSP}» n’est pas accepté{NBSP}: écrivez une adresse qui commence par"
            " https:// ou par / pour une page de ce site."
        )
    return found


def _depth(tokens: Sequence[Token]) -> int:
    """How many lists and quotes stand within one another at most."""
    steps = (token.nesting for token in tokens if token.type.startswith(("bullet_list", "ordered_list", "blockquote")))
    return max(accumulate(steps), default=0)


def plain(text: str, *, site: str = "") -> str:
    """The text without its marks, for a .txt file or a mail. site: put in front of this site's own addresses."""
    lines: list[str] = []
    close = False
    for line, tight in _plain_lines(_read(text), site):
        if lines and not (tight and close):
            lines.append("")
        lines.append(line)
        close = tight
    return "\n".join([*lines, ""]) if lines else ""


def _plain_lines(tokens: Sequence[Token], site: str) -> Iterator[tuple[str, bool]]:
    """Each paragraph, title or item on a line of its own, and whether it follows the item before it closely."""
    lists: list[int] = []  # the number of the next item, 0 in a list without numbers
    marker, tight = "", False
    for token in tokens:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                lists.append(int(token.attrs.get("start", 1)) if token.tag == "ol" else 0)
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                marker = f"{lists[-1]}. " if lists[-1] else "- "
                lists[-1] += bool(lists[-1])
            case "paragraph_open":
                tight = token.hidden
            case "inline":
                indent = INDENT * (len(lists) - bool(marker))
                yield f"{indent}{marker}{_plain_words(token.children or (), site)}", tight
                marker, tight = "", False


def _plain_words(children: Sequence[Token], site: str) -> str:
    """A sentence; a link is followed by its address."""
    words, address = "", ""
    for child in children:
        if child.type == "link_open":
            address = str(child.attrs["href"])
        elif child.type == "link_close" and not words.endswith(address):
            words += f" ({site}{address})" if address.startswith("/") else f" ({address})"
        words += child.content
    return " ".join(words.split("\n"))
