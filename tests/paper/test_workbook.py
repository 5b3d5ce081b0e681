"""The morning file's workbook: what it says, whom it opens to, and that no cell of it can ever act."""

import json
import sys
import zipfile
from datetime import date, datetime
from io import BytesIO
from time import monotonic
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from flask import Flask

from portal.paper import workbook
from portal.paper.protecting import NotOpened, unlocked
from portal.paper.sheets import Sheet, as_text, drawn, rows_of
from portal.paper.workbook import NotProtected, protected_workbook, protected_workbooks, rows_in, sheet_of
from portal.paper.workbook_press import Unlike, another, protected, prove
from portal.queries.morning import HEADINGS, Content
from tests.paper.lines import content, line, many
from tests.paper.office import Office, Refused, office  # noqa: F401 - a fixture

PASSWORD = "abcd-efgh-jkmn-pqrs-tuvw"
CELLS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
DANGEROUS = ("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1;2)", "\t=1+1", "\r=1+1", "'=1+1", '=HYPERLINK("x")')

pytestmark = pytest.mark.usefixtures("app")


def opened(file: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(BytesIO(unlocked(file, PASSWORD)))


def test_libreoffice_opens_it_with_the_password(office: Office) -> None:  # noqa: F811
    rows = office.saved_as_csv(protected_workbook(many(3), PASSWORD), PASSWORD)
    assert rows[0][:-1] == list(HEADINGS)
    assert len(rows) == 4
    assert rows[1][1:4] == ["2026-00001", "Léa M.", "17"]
    assert rows[3][0] == "Nouvelle"
    assert rows[1][10:13] == ["20/11/2026", "21/11/2026", "28/11/2026"]
    assert rows[1][-1].endswith(f"/demandes/{line(1).assignment_id}")


@pytest.mark.parametrize("wrong", [another(PASSWORD), PASSWORD.upper(), ""])
def test_libreoffice_refuses_another_password(office: Office, wrong: str) -> None:  # noqa: F811
    with pytest.raises(Refused):
        office.saved_as_csv(protected_workbook(many(1), PASSWORD), wrong)


def test_what_a_spreadsheet_could_run_stays_text_in_libreoffice(office: Office) -> None:  # noqa: F811
    lines = [line(rank, name, why=name) for rank, name in enumerate(DANGEROUS)]
    rows = office.saved_as_csv(protected_workbook(content(*lines), PASSWORD), PASSWORD)
    for name, row in zip(DANGEROUS, rows[1:], strict=True):
        assert row[2].split() == f"'{name} M.".split()
        assert row[8].startswith("'")


def test_no_cell_is_a_formula_a_number_in_disguise_or_a_link_to_elsewhere() -> None:
    lines = [
        line(rank, name, programme=name) for rank, name in enumerate((*DANGEROUS, "https://evil.example.org", "12"))
    ]
    with opened(protected_workbook(content(*lines), PASSWORD)) as book:
        parts = book.namelist()
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
        links = book.read("xl/worksheets/_rels/sheet1.xml.rels").decode()
    assert not sheet.findall(f".//{CELLS}f")
    assert not [part for part in parts if "vba" in part.lower() or "external" in part.lower()]
    names = [cell for cell in sheet.iter(f"{CELLS}c") if cell.get("r", "").startswith("C")]
    assert {cell.get("t") for cell in names} == {"s"}
    assert links.count("Target=") == len(lines)
    assert "evil" not in links


@pytest.mark.parametrize("words", [*DANGEROUS, "Léa", "", "'", "''", "O’Neil", "d'Arc", "1 = 1"])
def test_a_text_comes_back_as_it_was(words: str) -> None:
    assert not as_text(words).startswith(("=", "+", "-", "@", "\t", "\r"))
    file = protected_workbook(content(line(1, programme=words)), PASSWORD)
    assert rows_in(file, PASSWORD)[0][1][7] == words


def test_it_is_read_back_as_it_was_told() -> None:
    told = many(7)
    found = rows_in(protected_workbook(told, PASSWORD), PASSWORD)
    assert found == [(str(one.assignment_id), one.cells) for one in told.lines]


def test_dates_are_dates_shown_as_in_france() -> None:
    book = openpyxl.load_workbook(BytesIO(unlocked(protected_workbook(many(1), PASSWORD), PASSWORD)))
    cell = book["Demandes"].cell(2, HEADINGS.index("Répondre avant le") + 1)
    assert (cell.value, cell.number_format) == (datetime.fromisoformat("2026-11-28"), "dd/mm/yyyy")


def test_the_header_stays_in_sight_and_every_column_can_be_filtered(app: Flask) -> None:
    book = openpyxl.load_workbook(BytesIO(unlocked(protected_workbook(many(9), PASSWORD), PASSWORD)))
    assert book.sheetnames == ["Demandes", "À lire"]
    page = book["Demandes"]
    assert page.freeze_panes == "D2"
    assert page.auto_filter.ref == "A1:O10"
    assert page.print_title_rows == "$1:$1"
    assert page.page_setup.orientation == "landscape"
    words = " ".join(str(cell.value) for row in book["À lire"].iter_rows() for cell in row if cell.value)
    assert "Proxité\u00a0: 9\u00a0demandes en attente, lundi 23\u00a0novembre 2026\u00a0à 10\u00a0h" in words
    assert app.config["SETTINGS"].contact_mail in words


def test_nothing_about_anybody_is_outside_the_cells(app: Flask) -> None:
    lines = [line(1, "Zéphyrine", home="Trifouillis", programme="Cap vers")]
    with opened(protected_workbook(content(*lines), PASSWORD)) as book:
        told = {name: book.read(name).decode() for name in book.namelist() if name != "xl/sharedStrings.xml"}
    for name, words in told.items():
        assert not [word for word in ("Zéphyrine", "Trifouillis", "Cap vers") if word in words], name
    assert app.config["SETTINGS"].brand_name in told["docProps/core.xml"]
    assert "2026-11-23T09:00:00Z" in told["docProps/core.xml"]


def widths(told: Content) -> dict[str, int]:
    return {name: one.width for name, one in zip(HEADINGS, sheet_of(told).columns, strict=True)}


def test_a_column_that_says_nothing_takes_little_room() -> None:
    full, empty = widths(many(3)), widths(content(line(1, verify="", needs=""), line(2, verify="")))
    assert empty["À vérifier"] < full["À vérifier"]
    assert empty["À vérifier"] > len("vérifier")
    assert {name for name in HEADINGS if empty[name] != full[name]} == {"À vérifier"}


def test_on_a4_side_by_side_it_is_read_at_seven_points_and_a_half() -> None:
    with opened(protected_workbook(many(2), PASSWORD)) as book:
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    setup, margins = sheet.find(f"{CELLS}pageSetup"), sheet.find(f"{CELLS}pageMargins")
    assert setup is not None
    assert margins is not None
    assert (setup.get("paperSize"), setup.get("orientation"), setup.get("fitToHeight")) == ("9", "landscape", "0")
    room = 297 / 25.4 - float(margins.get("left", 0)) - float(margins.get("right", 0))
    wide = {int(one.get("max", 0)): one for one in sheet.iter(f"{CELLS}col")}
    printed = sum(
        (last - int(one.get("min", 0)) + 1) * float(one.get("width", 0)) * 7 / 96
        for last, one in wide.items()
        if last <= len(HEADINGS)
    )
    assert 11 * room / printed >= 7.5


def test_no_row_is_higher_than_the_format_allows() -> None:
    long = "Une longue explication. " * 60
    with opened(protected_workbook(content(line(1, why=long, verify=long)), PASSWORD)) as book:
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert max(float(row.get("ht", 0)) for row in sheet.iter(f"{CELLS}row")) == pytest.approx(409, abs=0.5)


def test_what_is_due_very_soon_is_marked_so_is_what_is_new() -> None:
    told = sheet_of(content(line(3), line(1, due=date(2026, 11, 24)), line(2, due=date(2026, 11, 25))))
    assert (told.marked, told.pressing) == (frozenset({0}), frozenset({1}))


def test_each_password_opens_its_own_workbook_and_not_the_other() -> None:
    older = "wxyz-2345-6789-abcd-efgh"
    new, old = protected_workbooks(many(2), [PASSWORD, older])
    assert rows_in(new, PASSWORD) == rows_in(old, older)
    with pytest.raises(NotOpened):
        rows_in(old, PASSWORD)


def test_a_workbook_that_was_touched_does_not_open() -> None:
    file = bytearray(protected_workbook(many(2), PASSWORD))
    file[len(file) // 2] ^= 1
    with pytest.raises(NotOpened):
        rows_in(bytes(file), PASSWORD)


def test_five_hundred_rows_under_two_passwords_take_seconds() -> None:
    started = monotonic()
    files = protected_workbooks(many(500), [PASSWORD, another(PASSWORD)])
    assert monotonic() - started < 20
    assert [
        len(rows_of(unlocked(file, word))) for file, word in zip(files, (PASSWORD, another(PASSWORD)), strict=True)
    ] == [
        500,
        500,
    ]


def test_nothing_waits_and_there_is_still_a_workbook() -> None:
    assert rows_in(protected_workbook(content(), PASSWORD), PASSWORD) == []


def press_like(monkeypatch: pytest.MonkeyPatch, work: str) -> None:
    monkeypatch.setattr(workbook, "COMMAND", (sys.executable, "-c", work))


def refusal(told: Content, **more: float) -> str:
    with pytest.raises(NotProtected) as refused:
        protected_workbooks(told, [PASSWORD], **more)
    return refused.value.code


def test_a_press_that_takes_too_long_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    assert refusal(many(500), seconds=0.05) == "timeout"
    assert "not_protected" in caplog.text


def test_a_press_that_is_killed_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    press_like(monkeypatch, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert refusal(many(1)) == "memory"


def test_a_press_that_swells_is_stopped_by_its_own_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    press_like(
        monkeypatch,
        "import sys; from portal.paper import bounds, workbook_press; bounds.MEMORY_BYTES = 300_000_000\n"
        "workbook_press.drawn = lambda sheet: bytearray(10**9)\nsys.exit(workbook_press.main())",
    )
    assert refusal(many(1)) == "memory"


def test_a_press_that_breaks_names_what_went_wrong_and_quotes_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    press_like(
        monkeypatch,
        "import sys; from portal.paper import workbook_press\n"
        "def broken(sheet): raise ValueError(sheet.rows[0][2])\n"
        "workbook_press.drawn = broken\nsys.exit(workbook_press.main())",
    )
    assert refusal(content(line(1, "Zéphyrine"))) == "broken"
    assert [record.__dict__["complaint"] for record in caplog.records if record.msg == "not_protected"] == [
        "ValueError"
    ]


@pytest.mark.parametrize("answer", ["", "{}", '{"rows": 2, "files": [3]}\nabc', '{"rows": 1, "files": [4]}\nabc'])
def test_an_answer_that_is_not_the_file_is_refused(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    press_like(monkeypatch, f"import sys; sys.stdin.read(); sys.stdout.write({answer!r})")
    assert refusal(many(1)) == "unlike"


def test_the_press_is_told_none_of_our_secrets_and_the_password_only_on_its_input(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spy = (
        "import json, os, sys; sys.stdin.read(); told = json.dumps([dict(os.environ), sys.argv]).encode();"
        "sys.stdout.buffer.write(json.dumps({'rows': 1, 'files': [len(told)]}).encode() + b'\\n' + told)"
    )
    press_like(monkeypatch, spy)
    monkeypatch.setenv("MASTER_KEY", "secret")
    told = protected_workbooks(many(1), [PASSWORD])[0].decode()
    environment, _ = json.loads(told)
    assert "secret" not in told
    assert PASSWORD not in told
    assert set(environment) <= {*workbook.LENT, "LC_CTYPE"}


def test_the_press_proves_what_it_made(monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = Sheet.from_json(json.loads(json.dumps(sheet_of(many(2)).to_json())))
    assert sheet == sheet_of(many(2))
    file = next(iter(protected(sheet, [PASSWORD])))
    expected = [(*row, link) for row, link in zip(sheet.rows, sheet.links, strict=True)]
    prove(file, PASSWORD, expected)
    with pytest.raises(Unlike):
        prove(file, PASSWORD, expected[:1])
    with pytest.raises(NotOpened):
        prove(file, another(PASSWORD), expected)
    monkeypatch.setattr("portal.paper.workbook_press.unlocked", lambda *_: drawn(sheet))
    with pytest.raises(Unlike):
        prove(file, PASSWORD, expected)
