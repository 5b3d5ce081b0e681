"""Drawings where they are met: in a card of a page, at any width, and in a document."""

import re
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from flask import Flask, render_template_string
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from portal.web import components
from portal.web.charts import Bar, Bars, Chart, FranceMap, Line, Spark, Trend, palette, samples
from portal.web.gallery import gallery
from portal.web.security import POLICY

PORTAL = Path(components.__file__).parents[1]
MACROS = "{% import 'components/charts.html' as charts %}"
SVG = "{http://www.w3.org/2000/svg}"
READABLE_PX = 12
VISIBLE = "[...document.querySelectorAll('.drawings > svg')].filter(s => getComputedStyle(s).display !== 'none')"
TEXT_PX = (
    f"{VISIBLE}.flatMap(s => [...s.querySelectorAll('text')])"
    ".map(t => parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a)"
)
SHOWN_IN_EACH = (
    "[...document.querySelectorAll('.drawings')].map(group => [...group.children]"
    ".filter(s => getComputedStyle(s).display !== 'none').map(s => s.getAttribute('class')).join(' '))"
)


@pytest.fixture
def look() -> Flask:
    app = Flask("look", static_folder=str(PORTAL / "static"), template_folder=str(PORTAL / "templates"))
    app.config.update(SECRET_KEY="only for this test", WTF_CSRF_ENABLED=False, TESTING=True)
    app.jinja_env.undefined = StrictUndefined
    CSRFProtect(app)
    components.register(app)
    app.register_blueprint(gallery)
    app.context_processor(lambda: {"brand": {"name": "Collectif Mentorat"}, "home_url": "/"})
    app.after_request(lambda answer: answer.headers.update({"Content-Security-Policy": POLICY}) or answer)
    return app


@pytest.fixture
def address(look: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, look, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def render(look: Flask, source: str, **values: object) -> str:
    with look.test_request_context("/"):
        return render_template_string(MACROS + source, **values)


def card(look: Flask, chart: Chart, **more: str) -> str:
    return render(look, "{{ charts.chart_with_table(chart, 'Le constat', **more) }}", chart=chart, more=more)


# ---- in a page -------------------------------------------------------------------------------------------------------


def test_a_reader_finds_the_finding_the_drawing_and_its_figures(look: Flask) -> None:
    drawn = card(look, samples.levels(), csv_url="/chiffres.csv?de=2026&a=2027", aside="depuis juin")
    assert "<h2>Le constat</h2><small>depuis juin</small>" in drawn
    assert drawn.count('role="img"') == 3
    assert "Données et CSV" in drawn
    assert 'href="/chiffres.csv?de=2026&amp;a=2027"' in drawn
    assert '<th scope="row">CFA</th><td class="num">moins de\u00a05</td>' in drawn
    assert '<th scope="col" class="num ">Demandes</th>' in drawn
    assert "style=" not in drawn


def test_without_a_csv_none_is_promised(look: Flask) -> None:
    drawn = card(look, samples.levels())
    assert ">Données</summary>" in drawn
    assert "CSV" not in drawn


def test_without_data_a_sentence_stands_alone(look: Flask) -> None:
    drawn = card(look, Bars(()), csv_url="/chiffres.csv")
    assert "Aucune donnée sur cette période." in drawn
    assert "<svg" not in drawn
    assert "<details" not in drawn


@pytest.mark.parametrize("name", sorted(samples.charts()))
def test_every_card_is_well_formed(look: Flask, name: str) -> None:
    drawn = card(look, samples.charts()[name], id="constat")
    assert ET.fromstring(drawn).get("id") == "constat"


def test_the_map_is_sent_once_with_all_its_departements_and_whose_work_it_is(look: Flask) -> None:
    drawn = card(look, FranceMap({"59": 812}), summary="Voir le tableau")
    assert drawn.count('class="france"') == 1
    assert drawn.count('<th scope="row">') == 101
    assert "Victor Cazanave, svg-maps, CC-BY-4.0" in drawn
    assert len(drawn) < 150_000


def test_key_figures_have_their_small_line(look: Flask) -> None:
    items = [{"label": "Reçues", "figure": "12", "spark": Spark((1, 2))}, {"label": "Sans place", "figure": "0"}]
    drawn = render(look, "{{ charts.key_figures(items) }}", items=items)
    assert drawn.count("<polyline") == 1
    assert drawn.count('class="stat"') == 2


def test_a_brand_replaces_every_colour_it_may_change() -> None:
    css = (PORTAL / "static/css/figures.css").read_text()
    followed = {value for _, value in re.findall(r'\[(fill|stroke)="(#[0-9a-f]{6})"\] \{ \1: var', css)}
    assert {palette.PETROL, palette.CORAL, palette.CORAL_TEXT, palette.INK, palette.INK_2, palette.SUN} <= followed


@pytest.mark.browser
def test_text_can_be_read_at_every_width_in_the_one_drawing_shown(chromium: Browser, address: str) -> None:
    for width in (320, 390, 620, 768, 1024, 1280, 1600):
        page = chromium.new_page(viewport={"width": width, "height": 900})
        page.goto(address + "/galerie/", wait_until="networkidle")
        assert min(page.evaluate(TEXT_PX)) >= READABLE_PX, width
        shown = [re.findall(r"chart--\w+|france", names) for names in page.evaluate(SHOWN_IN_EACH)]
        assert [len(names) for names in shown] == [2 if "france" in names else 1 for names in shown], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.close()


@pytest.mark.browser
def test_figures_open_by_keyboard(chromium: Browser, address: str) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 900})
    page.goto(address + "/galerie/", wait_until="networkidle")
    summary = page.locator("#graphiques details summary").first
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "chart-figures"
    assert page.locator("#graphiques .chart-figures td").first.is_visible()
    page.close()


# ---- in a document ---------------------------------------------------------------------------------------------------


def fills(document: bytes) -> set[str]:
    """The colours a document fills with, as #rrggbb."""
    found = re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) rg\b", document)
    return {"#" + "".join(f"{round(float(part) * 255):02x}" for part in one) for one in found}


@pytest.fixture
def press() -> Callable[[str], bytes]:
    """WeasyPrint, where the machine has the Pango it needs; elsewhere the portal says that documents are unavailable."""
    try:
        weasyprint = import_module("weasyprint")
    except OSError as missing:
        pytest.skip(f"no Pango on this machine: {missing}")
    return lambda page: weasyprint.HTML(string=page).write_pdf(uncompressed_pdf=True)


@pytest.mark.parametrize(
    ("chart", "colours"),
    [
        (samples.trend(), [palette.PETROL, palette.CORAL_TEXT]),
        (samples.funnel(), [palette.PETROL, palette.CORAL, palette.LINEN_2]),
        (samples.levels(), [palette.PETROL, palette.CORAL]),
        (samples.ages(), [palette.PETROL, palette.CORAL]),
        (samples.answers(), [palette.PETROL, palette.MAP_2, palette.SUN]),
        (samples.france(), list(palette.RAMP)),
        (Trend((), (Line("Reçues", ()),)), [palette.INK_2]),
        (Bars((Bar("Lycée", 0),)), [palette.LINEN_2, palette.INK]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_document_draws_the_same_colours_without_any_style_sheet(
    look: Flask, press: Callable[[str], bytes], chart: Chart, colours: list[str]
) -> None:
    page = render(look, "{{ charts.printed_chart(chart, 'Le constat', size='wide') }}", chart=chart)
    assert set(colours) <= fills(press(page))
