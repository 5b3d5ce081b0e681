"""A PDF comes out of a process apart: tagged, with its fonts, in bounded time, or with a sentence saying why not."""

import json
import sys
from collections.abc import Iterator

import pytest

from portal.paper import printing
from portal.paper.pages import rendered
from portal.paper.printing import TOO_BIG, UNAVAILABLE, NotPrinted, print_pages, why_unavailable
from tests.paper.reading import plain

WORDS = {"title": "Essai d’été", "subject": "Sujet", "brand": "Collectif", "edition": "Édition"}
LONG = "<!doctype html><html lang='fr'><title>T</title>" + "<p>Un paragraphe de plus.</p>" * 60_000


@pytest.fixture
def fresh() -> Iterator[None]:
    why_unavailable.cache_clear()
    yield
    why_unavailable.cache_clear()


def test_this_machine_has_what_the_press_needs() -> None:
    """make test installs it (portal.local.prerequisites): the documents are never left untested in silence."""
    assert why_unavailable() == ""


def test_the_pdf_is_tagged_titled_and_carries_its_fonts() -> None:
    told: list[int] = []
    printed = print_pages(rendered("base.html", **WORDS), told.append)
    said = plain(printed.file)
    assert printed.file.startswith(b"%PDF-")
    assert (printed.pages, told) == (1, [1])
    assert b"/StructTreeRoot" in said
    assert b"pdfuaid" in said
    assert b"/Lang (fr)" in said
    assert b"Essai d\xe2\x80\x99\xc3\xa9t\xc3\xa9" in said


def test_fonts_are_those_of_the_pages() -> None:
    html = rendered("kit.html", **WORDS, kit={"title": "Bonjour", "lead": "", "body": ""}, publisher=printer())
    said = plain(print_pages(html).file)
    assert b"Bricolage-Grotesque" in said
    assert b"Atkinson-Hyperlegible-Next" in said
    assert said.count(b"/FontFile2") + said.count(b"/FontFile3") >= 2


def printer() -> dict[str, str]:
    return {"address": "https://portail.example.org", "mail": "contact@example.org"}


def test_a_page_that_takes_too_long_is_given_up_and_says_so() -> None:
    with pytest.raises(NotPrinted, match="trop grand"):
        print_pages(LONG, seconds=1.5)


def test_a_page_that_swells_is_stopped_by_its_own_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    swollen = "import sys; from portal.paper import bounds; bounds.MEMORY_BYTES = 150_000_000; bounds.bound();"
    work = "sys.stdin.read()\ntry:\n    bytearray(10**9)\nexcept MemoryError:\n    sys.exit(bounds.TOO_BIG)"
    monkeypatch.setattr(printing, "COMMAND", (sys.executable, "-c", f"{swollen}{work}"))
    with pytest.raises(NotPrinted) as refused:
        print_pages("<p>Bonjour</p>")
    assert str(refused.value) == TOO_BIG


def test_a_press_that_breaks_says_so(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(printing, "COMMAND", (sys.executable, "-c", "raise SystemExit('cassée')"))
    with pytest.raises(NotPrinted, match="échoué"):
        print_pages("<p>Bonjour</p>")
    assert "not_printed" in caplog.text


def test_the_press_is_told_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    spy = "import os, sys, json; sys.stdin.read(); print(1); print(json.dumps(dict(os.environ)))"
    monkeypatch.setattr(printing, "COMMAND", (sys.executable, "-c", spy))
    monkeypatch.setenv("MASTER_KEY", "secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    told = json.loads(print_pages("").file)
    assert "secret" not in json.dumps(told)
    assert set(told) <= {*printing.LENT, "LC_CTYPE"}


@pytest.mark.usefixtures("fresh")
def test_without_pango_nothing_is_printed_and_the_sentence_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "LIBRARIES", ("libpango-of-no-machine.so.0",))
    assert why_unavailable() == UNAVAILABLE
    with pytest.raises(NotPrinted, match="Pango"):
        print_pages("<p>Bonjour</p>")
