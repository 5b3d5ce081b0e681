"""The safe mark-up: what it knows, what it shows as typed, and that nothing else ever comes out of it."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.models.company import OfferPage
from portal.queries.offer_builtin import BUILTIN
from portal.web.markup import DEEPEST, LONGEST, allowed_address, plain, refusals, rendered

ALLOWED = {
    "h2": set(),
    "h3": set(),
    "p": set(),
    "ul": set(),
    "ol": {"start"},
    "li": set(),
    "strong": set(),
    "em": set(),
    "blockquote": {"class"},
    "a": {"href", "rel"},
}
PIECES = [
    *(
        "## ",
        "### ",
        "# ",
        "- ",
        "1. ",
        "> ",
        "**",
        "*",
        "_",
        "`",
        "\n",
        "\n\n",
        "    ",
        " ",
        "\\",
        "&",
        "&lt;",
        "&#106;",
    ),
    *("[", "]", "(", ")", "](", "![", "<", ">", '"', "'", "<!--", "-->", "<![CDATA[", "<?", "\x00", "\ue000", "\u202e"),
    *(
        "https://example.org/a?b=c&d",
        "/entreprises",
        "//evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\\evil",
    ),
    *(
        "JaVaScRiPt:",
        "java\tscript:",
        "vbscript:x",
        "mailto:a@example.org",
        "http://example.org",
        "https:evil",
        "https://",
    ),
    *(
        "<script>",
        "</p>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:1'>",
        "<svg/onload=1>",
        "onclick=1",
        "é",
        "mot",
    ),
    *(
        "«",
        "»",
        ":",
        ";",
        "?",
        "!",
        "12",
        "%",
        "l'ami",
        "[x](https://example.org 'a\" onmouseover=\"1')",
        "1234567890123. ",
    ),
]
marks = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=60).map("".join)


class Checker(HTMLParser):
    """Reads HTML as a browser does, and objects to whatever is not on the list."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.addresses: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        if tag not in ALLOWED or {name for name, _ in attrs} - ALLOWED[tag] or len(dict(attrs)) != len(attrs):
            self.faults.append(f"<{tag} {attrs}>")
        found = dict(attrs)
        if tag == "a":
            self.addresses.append(found["href"] or "")
            if (found["href"] or "").startswith("https:") and found.get("rel") != "noopener":
                self.faults.append(f"no rel: {attrs}")
        if tag == "ol" and not (found.get("start") or "0").isdecimal():
            self.faults.append(f"<ol {attrs}>")
        if tag == "blockquote" and attrs != [("class", "quote")]:
            self.faults.append(f"<blockquote {attrs}>")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"<!--{data}")

    handle_decl = handle_pi = unknown_decl = handle_comment


def checked(html: str) -> Checker:
    checker = Checker()
    checker.feed(html)
    checker.close()
    return checker


@settings(max_examples=600, deadline=None)
@given(marks)
def test_nothing_but_the_list_ever_comes_out(text: str) -> None:
    found = checked(rendered(text))
    assert found.faults == []
    assert found.open == []
    assert all(address.startswith("https://") or re.match(r"/(?![/\\])", address) for address in found.addresses)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_at_all_is_safe_and_read_without_fault(text: str) -> None:
    assert checked(rendered(text)).faults == []
    assert isinstance(plain(text), str)
    assert isinstance(refusals(text), list)


@settings(max_examples=200, deadline=None)
@given(marks)
def test_what_stays_of_a_text_without_marks_carries_no_sign_of_ours(text: str) -> None:
    assert "\ue000" not in plain(text)
    assert plain(text) == "" or plain(text).endswith("\n")


def test_the_whole_mark_up() -> None:
    text = (
        "## Un titre\n\n### Un sous-titre\n\nDu **gras**, de l'*italique* et [un lien](https://example.org/a?b=1;c).\n"
        "\n- un\n- deux\n  1. petit a\n\n3. trois\n4. quatre\n\n> ce qui a été dit\n\nVoir [ici](/entreprises)."
    )
    assert rendered(text).replace("\n", "") == (
        "<h2>Un titre</h2><h3>Un sous-titre</h3>"
        '<p>Du <strong>gras</strong>, de l’<em>italique</em> et <a href="https://example.org/a?b=1;c" rel="noopener">un lien</a>.</p>'
        "<ul><li>un</li><li>deux<ol><li>petit a</li></ol></li></ul>"
        '<ol start="3"><li>trois</li><li>quatre</li></ol>'
        '<blockquote class="quote"><p>ce qui a été dit</p></blockquote>'
        '<p>Voir <a href="/entreprises">ici</a>.</p>'
    )


def test_html_is_shown_as_typed() -> None:
    assert rendered("<b>gras</b> & <script>") == ("<p>&lt;b&gt;gras&lt;/b&gt; &amp; &lt;script&gt;</p>\n")


def test_a_title_is_never_above_the_pages_own() -> None:
    assert rendered("# Grand") == "<h2>Grand</h2>\n"
    assert rendered("###### Petit") == "<h3>Petit</h3>\n"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,<b>",
        "http://example.org",
        "//evil.example",
        "https:evil",
        "mailto:a@example.org",
        "entreprises",
        "#ancre",
        "https://utilisateur@example.org\\@evil.example",
    ],
)
def test_other_addresses_are_no_links_and_are_refused_in_words(address: str) -> None:
    text = f"Voir [ceci]({address})"
    assert not allowed_address(address)
    assert "<a" not in rendered(text)
    assert any("n’est pas accepté" in sentence for sentence in refusals(text))


def test_a_page_of_the_site_never_leads_elsewhere() -> None:
    """Signs that browsers read as a second slash are written as characters of the path."""
    assert not allowed_address("/\\evil.example")
    assert not allowed_address("/\t/evil.example")
    assert 'href="/%5Cevil.example"' in rendered("[ici](/\\evil.example)")
    assert 'href="/%09/evil.example"' in rendered("[ici](</\t/evil.example>)")


def test_typography_is_settled_over_the_whole_sentence() -> None:
    assert rendered("**Note** : l'*ami* «vrai» ?") == (
        "<p><strong>Note</strong>\u00a0: l’<em>ami</em> «\u00a0vrai\u00a0»\u00a0?</p>\n"
    )
    assert 'href="https://example.org/?a;b"' in rendered("[ici](https://example.org/?a;b)")


def test_a_text_without_its_marks() -> None:
    text = (
        "## Un titre :\n\nDu **gras** et\n[un lien](https://example.org), [ici](/entreprises).\n\n- un\n- deux\n"
        "  1. a\n  2. b\n\n> dit\n\n- large\n\n  suite\n\n- autre"
    )
    assert plain(text, site="https://portail.example.org") == (
        "Un titre\u00a0:\n\nDu gras et un lien (https://example.org), ici (https://portail.example.org/entreprises).\n\n"
        "- un\n- deux\n   1. a\n   2. b\n\ndit\n\n- large\n\n   suite\n\n- autre\n"
    )
    assert plain("[https://example.org](https://example.org)") == "https://example.org\n"
    assert plain("  \n") == ""


def test_size_nesting_and_images_are_refused_in_words() -> None:
    assert refusals("a" * LONGEST) == []
    assert "trop long" in refusals("a" * (LONGEST + 1))[0]
    assert refusals("> " * DEEPEST + "a") == []
    assert "les unes dans les autres" in refusals("> " * (DEEPEST + 1) + "a")[0]
    assert "les unes dans les autres" in refusals("> " * 5000 + "a")[0]
    assert "Les images" in refusals("![photo](https://example.org/a.png)")[0]
    assert rendered("a" * (LONGEST + 10)) == f"<p>{'a' * LONGEST}</p>\n"


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "[",
            "*a_ ",
            "> ",
            "- ",
            "[a](",
            "**a*",
            "](/",
            "1. ",
            "[](",
            "\\",
            "* a\n",
            "[a](/b) ",
            "<",
            "# ",
            "[[a](/x)",
        ),
        *("_a**", "'", " :", "«   x", "![a](", "&lt;", ">\n", "\n", "- a\n\n", "](<", "(((", "a(b)"),
    ],
)
def test_an_endless_text_is_read_in_no_time(piece: str) -> None:
    """A second is twenty times what the slowest takes; reading in the square of the length takes minutes."""
    text = (piece * LONGEST)[:LONGEST]
    start = time.perf_counter()
    rendered(text)
    refusals(text)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("page", list(OfferPage))
def test_our_own_texts_can_be_kept_and_leave_no_mark_behind(page: OfferPage) -> None:
    text = BUILTIN[page]
    assert refusals(text.body) == []
    found = checked(rendered(text.body))
    assert found.faults == []
    assert "**" not in found.words
    assert "##" not in found.words
    assert 10 < len(text.title) <= 160
    assert 10 < len(text.lead) <= 400
