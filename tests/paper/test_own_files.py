"""The press fetches our own static files, and nothing else."""

import pytest

from portal.paper.own_files import ADDRESS, OwnFiles, Refused, resolve_own_addresses
from portal.paper.press import laid_out

ELSEWHERE = (
    "http://127.0.0.1/secret.css",
    "https://example.org/logo.png",
    "file:///etc/passwd",
    "FILE:///etc/passwd",
    "ftp://example.org/logo.png",
    "own://elsewhere/css/tokens.css",
    "//example.org/logo.png",
    "css/tokens.css",
)
OUTSIDE = ("../models/document.py", "%2e%2e/models/document.py", "css/../../app.py", "/etc/passwd", "css", "js/page.js", "none.css")  # fmt: skip


@pytest.mark.parametrize("address", ELSEWHERE)
def test_every_other_address_is_refused(address: str) -> None:
    with pytest.raises(Refused):
        OwnFiles().fetch(address)


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_outside_the_static_folder_is_read_nor_what_paper_does_not_need(path: str) -> None:
    with pytest.raises(Refused):
        OwnFiles().fetch(ADDRESS + path)


def test_our_style_sheets_and_fonts_are_read() -> None:
    resolve_own_addresses()
    answer = OwnFiles().fetch(f"{ADDRESS}css/paper.css")
    assert answer.content_type == "text/css"
    assert b"@page" in answer.read()
    assert OwnFiles().fetch(f"{ADDRESS}fonts/bricolage-grotesque-latin-wght-normal.woff2").read(4) == b"wOF2"


def test_data_held_in_the_page_is_read() -> None:
    assert OwnFiles().fetch("data:text/css,p%7B%7D").read() == b"p{}"


def test_a_page_that_asks_for_the_network_is_laid_out_without_it(caplog: pytest.LogCaptureFixture) -> None:
    html = '<html lang="fr"><title>T</title><img src="http://127.0.0.1:9/a.png" alt="absente"><p>Bonjour</p></html>'
    assert len(laid_out(html).pages) == 1
    assert "Refused: http" in caplog.text
