"""The look's components: what a reader, a keyboard or a screen reader meets."""

import hashlib
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, render_template_string
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from playwright.sync_api import Browser, Page
from werkzeug.datastructures import MultiDict
from werkzeug.serving import make_server

from portal.web import components
from portal.web.gallery import SampleForm, gallery
from portal.web.gallery import register as register_gallery
from portal.web.security import POLICY

PORTAL = Path(components.__file__).parents[1]
STATIC, TEMPLATES = PORTAL / "static", PORTAL / "templates"
AXE = Path(__file__).parent / "axe.min.js"
NOW = datetime(2026, 11, 23, 12, 3, tzinfo=UTC)
ERRORS = ("403", "404", "409", "419", "429", "500", "503")
WIDTHS = (320, 390, 1280)


@pytest.fixture
def look() -> Flask:
    """An application made of the look alone: the gallery, and pages written by the tests."""
    app = Flask("look", static_folder=str(STATIC), template_folder=str(TEMPLATES))
    app.config.update(SECRET_KEY="only for this test", WTF_CSRF_ENABLED=False, TESTING=True)
    app.jinja_env.undefined = StrictUndefined
    CSRFProtect(app)
    components.register(app, now=lambda: NOW)
    app.register_blueprint(gallery)
    app.context_processor(lambda: {"brand": {"name": "Collectif Mentorat"}, "home_url": "/"})
    app.add_url_rule("/erreur/<code>", "error", lambda code: app.jinja_env.get_template(f"errors/{code}.html").render())
    app.after_request(lambda answer: answer.headers.update({"Content-Security-Policy": POLICY}) or answer)
    return app


def render(look: Flask, source: str, **values: object) -> str:
    with look.test_request_context("/"):
        return render_template_string(source, **values)


def field(look: Flask, source: str, **answers: str) -> str:
    """A field of the sample form, drawn after these answers have been sent and checked."""
    with look.test_request_context("/", method="POST", data=MultiDict(answers)):
        form = SampleForm()
        form.validate()
        return render_template_string("{% import 'components/forms.html' as forms %}" + source, form=form)


# ---- fields ----------------------------------------------------------------------------------------------------------


def test_a_wrong_field_says_why_and_is_tied_to_its_words(look: Flask) -> None:
    drawn = field(look, "{{ forms.text(form.postal_code) }}", postal_code="5910")
    assert 'aria-invalid="true"' in drawn
    assert 'aria-describedby="postal_code-hint postal_code-error"' in drawn
    assert 'id="postal_code-error"' in drawn
    assert "Il faut 5 chiffres, par exemple 59100." in drawn
    assert 'value="5910"' in drawn


def test_help_stands_between_the_label_and_the_field(look: Flask) -> None:
    drawn = field(look, "{{ forms.text(form.postal_code) }}", postal_code="59100")
    assert drawn.index("</label>") < drawn.index("Pour trouver une association proche.") < drawn.index("<input")
    assert "aria-invalid" not in drawn
    assert 'autocomplete="postal-code"' in drawn


def test_only_what_is_optional_says_so(look: Flask) -> None:
    assert "(facultatif)" in field(look, "{{ forms.textarea(form.words) }}")
    assert "(facultatif)" not in field(look, "{{ forms.text(form.first_name) }}")
    assert "(facultatif)" not in field(look, "{{ forms.text(form.mail, optional=false) }}")


def test_one_answer_is_asked_with_rounds_and_several_with_boxes(look: Flask) -> None:
    one = field(look, "{{ forms.choices(form.situation) }}", situation="college")
    several = field(look, "{{ forms.choices(form.needs) }}", needs="school")
    assert one.count('type="radio"') == 2
    assert re.search(r'value="college"[^>]*checked', one)
    assert several.count('type="checkbox"') == 2
    assert "Devoirs, méthode, examens" in several


def test_each_reason_says_where_the_request_goes(look: Flask) -> None:
    drawn = field(look, "{{ forms.reasons(form.reason, {'full': 'va à Télémaque'}) }}", reason="full")
    assert re.search(r"Plus de place pour l’instant</span><span[^>]*>va à Télémaque", drawn)


def test_the_summary_leads_to_each_wrong_field_even_a_group(look: Flask) -> None:
    drawn = field(look, "{{ forms.error_summary(form) }}{{ forms.choices(form.situation) }}", first_name="Léa")
    assert 'href="#postal_code"' in drawn
    assert 'href="#situation-0"' in drawn
    assert 'id="situation-0"' in drawn
    assert "Prénom" not in drawn


def test_nothing_is_summed_up_when_nothing_is_wrong(look: Flask) -> None:
    good = {
        "first_name": "Léa",
        "postal_code": "59100",
        "situation": "school",
        "needs": "school",
        "agreed": "y",
        "district": "no",
    }
    assert field(look, "{{ forms.error_summary(form) }}", **good, reason="full").strip() == ""


def test_a_changed_number_says_what_it_was(look: Flask) -> None:
    drawn = render(
        look,
        "{% from 'components/forms.html' import stepper %}{{ stepper('lille', 48, 'jeunes à Lille', note='31 prises', was=40) }}",
    )
    assert "31 prises · <strong>était 40</strong>" in drawn
    assert 'aria-label="jeunes à Lille"' in drawn
    assert 'type="number"' in drawn


def test_what_people_type_is_never_markup(look: Flask) -> None:
    drawn = field(
        look,
        "{{ forms.text(form.first_name) }}{{ forms.textarea(form.words) }}",
        first_name='"><script>',
        words="</textarea><script>",
    )
    assert "<script>" not in drawn


# ---- other pieces ----------------------------------------------------------------------------------------------------


def test_a_button_that_acts_posts_with_its_token(look: Flask) -> None:
    drawn = render(
        look,
        "{% from 'components/buttons.html' import post_button %}{{ post_button('Accepter', '/a', 'primary', fields={'v': 3}) }}",
    )
    assert 'method="post"' in drawn
    assert 'name="csrf_token"' in drawn
    assert '<input type="hidden" name="v" value="3">' in drawn


@pytest.mark.parametrize(("value", "whole", "width"), [(12, 40, "30.0"), (50, 40, "100"), (0, 0, "0"), (-3, 10, "0")])
def test_a_bar_stays_within_its_frame(look: Flask, value: int, whole: int, width: str) -> None:
    drawn = render(
        look, "{% from 'components/progress.html' import bar %}{{ bar(value, whole) }}", value=value, whole=whole
    )
    assert f'width="{width}"' in drawn or f'width="{width}.0"' in drawn


def test_the_thread_says_in_words_what_colour_shows(look: Flask) -> None:
    steps = [
        {"title": "Reçue", "when": "hier", "state": "done"},
        {"title": "Réponse", "state": "here"},
        {"title": "Mentor", "state": "todo"},
    ]
    drawn = render(look, "{% from 'components/thread.html' import thread %}{{ thread(steps) }}", steps=steps)
    assert [words in drawn for words in ("(fait)", "(en cours)", "(à venir)")] == [True] * 3
    assert drawn.count('aria-current="step"') == 1


def test_why_you_says_yes_no_or_to_verify_in_words(look: Flask) -> None:
    rows = [
        {"name": "Âge", "fact": "14 ans", "rule": "11 à 18"},
        {"name": "Forme", "fact": "à distance", "rule": "en présence", "state": "no"},
    ]
    drawn = render(look, "{% from 'components/tables.html' import why_table %}{{ why_table(rows, 'Léa') }}", rows=rows)
    assert " : oui" in drawn
    assert " : non" in drawn


def test_the_phone_has_four_tabs_and_the_rest_under_plus(look: Flask) -> None:
    nav = [{"label": f"Page {n}", "url": f"/{n}", "icon": "inbox", "active": n == 5} for n in range(6)]
    drawn = render(look, "{% from 'components/layout.html' import bottom_tabs %}{{ bottom_tabs(nav) }}", nav=nav)
    before, after = drawn.split("Plus</span>")
    assert [f"Page {n}" in before for n in range(6)] == [True] * 4 + [False] * 2
    assert "Page 4" in after
    assert 'aria-current="page"' in after


def test_pages_of_a_long_list_only_offer_what_exists(look: Flask) -> None:
    source = "{% from 'components/tables.html' import keyset %}{{ keyset('1 à 50 sur 452', after='?apres=x') }}"
    drawn = render(look, source)
    assert 'rel="next"' in drawn
    assert 'rel="prev"' not in drawn


def test_initials_of_people_and_associations() -> None:
    assert [components.initials(name) for name in ("Claire Vasseur", "Proxité", "Jean-Paul Roy", "  ")] == [
        "CV",
        "Pr",
        "JR",
        "?",
    ]


def test_a_brand_may_change_colours_but_nothing_else() -> None:
    assert components.brand_stylesheet({"petrol": "#112233"}) == "@layer tokens{:root{--petrol:#112233;}}"
    for name, value in (("petrol", "red;}body{display:none"), ("s1", "#112233"), ("petrol", "url(x)")):
        with pytest.raises(ValueError, match="not a colour"):
            components.brand_stylesheet({name: value})


def test_a_changed_file_has_a_new_address(look: Flask, tmp_path: Path) -> None:
    sheet = tmp_path / "a.css"
    with look.test_request_context("/"):
        sheet.write_text("a{}")
        first = components.asset(tmp_path, "a.css")
        sheet.write_text("b{color:red}")
        assert components.asset(tmp_path, "a.css") != first


# ---- whole pages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/galerie/", "/galerie/formulaire", *(f"/erreur/{code}" for code in ERRORS)])
def test_no_page_carries_a_script_or_a_style_of_its_own(look: Flask, path: str) -> None:
    page = look.test_client().get(path).text
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:|hx-on", page)
    assert not re.search(r"<script(?![^>]*\ssrc=\"/static/)", page)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_page_holds_without_any_context_and_shows_a_way_on(code: str) -> None:
    bare = Flask("bare", static_folder=str(STATIC), template_folder=str(TEMPLATES))
    bare.jinja_env.undefined = StrictUndefined
    components.register(bare)
    bare.add_url_rule("/", "page", lambda: bare.jinja_env.get_template(f"errors/{code}.html").render())
    page = bare.test_client().get("/")
    assert page.status_code == 200
    assert {"503": "Maintenance"}.get(code, code) in page.text
    assert "button--primary" in page.text


def test_a_sent_form_comes_back_with_its_errors_and_what_was_typed(look: Flask) -> None:
    answer = look.test_client().post("/galerie/formulaire", data={"first_name": "Léa", "postal_code": "5910"})
    assert answer.status_code == 422
    assert 'value="5910"' in answer.text
    assert "Rien n’a été perdu" in answer.text
    assert "<title>Erreur : " in answer.text


def test_a_good_form_is_thanked(look: Flask) -> None:
    good = {
        "first_name": "Léa",
        "postal_code": "59100",
        "situation": "school",
        "needs": "school",
        "agreed": "y",
        "district": "no",
        "reason": "full",
    }
    answer = look.test_client().post("/galerie/formulaire", data=good, follow_redirects=True)
    assert "Réponses reçues" in answer.text


@pytest.mark.parametrize(("production", "status"), [(False, 200), (True, 404)])
def test_the_gallery_is_not_served_in_production(production: bool, status: int) -> None:
    app = Flask("look", static_folder=str(STATIC), template_folder=str(TEMPLATES))
    app.config.update(
        SECRET_KEY="only for this test", WTF_CSRF_ENABLED=False, SETTINGS=SimpleNamespace(production=production)
    )
    CSRFProtect(app)
    components.register(app)
    register_gallery(app)
    assert app.test_client().get("/galerie/").status_code == status


# ---- files -----------------------------------------------------------------------------------------------------------


def test_every_vendored_file_is_the_one_that_was_declared() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", (STATIC / "VENDOR.md").read_text(), re.MULTILINE)
    declared = dict(rows)
    found = {path: hashlib.sha256((PORTAL.parent / path).read_bytes()).hexdigest() for path in declared}
    assert found == declared
    vendored = [*STATIC.glob("fonts/*.woff2"), *STATIC.glob("vendor/*.js"), STATIC / "icons/sprite.svg", AXE]
    assert {str(path.relative_to(PORTAL.parent)) for path in vendored} <= set(declared)


def test_every_icon_named_by_a_template_or_a_module_is_in_the_sprite() -> None:
    known = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons/sprite.svg").read_text()))
    calls = r"(?:icon|draw)\('([a-z0-9-]+)'|icon='([a-z0-9-]+)'|after='([a-z0-9-]+)'|'icon': '([a-z0-9-]+)'"
    text = "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    named = {name for found in re.findall(calls, text) for name in found if name}
    assert named - known == set()


def luminance(colour: str) -> float:
    def linear(part: str) -> float:
        value = int(part, 16) / 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(colour[i : i + 2]) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("text", "ground", "least"),
    [
        ("ink", "paper", 7), ("ink-2", "paper", 7), ("ink-2", "linen", 4.5), ("ink-2", "linen-2", 4.5), ("petrol", "paper", 7),
        ("petrol", "petrol-light", 4.5), ("coral-text", "coral-light", 4.5), ("coral-text", "linen", 4.5), ("sun-text", "sun-light", 4.5),
        ("sage", "sage-light", 4.5), ("brick", "brick-light", 4.5), ("plum", "plum-light", 4.5), ("ink", "sun", 4.5),
        ("ink-2", "sun-light", 4.5), ("ink-2", "petrol-light", 4.5), ("edge-field", "paper", 3), ("petrol-dark", "linen", 3),
    ],
)  # fmt: skip
def test_every_pair_of_colours_can_be_read(text: str, ground: str, least: float) -> None:
    css = (STATIC / "css/tokens.css").read_text()
    tokens = {
        name: value if len(value) == 7 else "#" + "".join(c * 2 for c in value[1:])
        for name, value in re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{3,6});", css)
    }
    light, dark = sorted((luminance(tokens[text]), luminance(tokens[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= least


# ---- in a browser ----------------------------------------------------------------------------------------------------


@pytest.fixture
def address(look: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, look, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    yield page
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/galerie/", "/galerie/formulaire", "/erreur/404"])
def test_everyone_can_use_it_at_every_width_under_the_policy(chromium: Browser, address: str, path: str) -> None:
    for width in WIDTHS:
        page = chromium.new_page(viewport={"width": width, "height": 900})
        complaints: list[str] = []
        page.on("console", lambda said, heard=complaints: heard.append(said.text) if said.type == "error" else None)
        page.goto(address + path, wait_until="networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.evaluate(AXE.read_text())
        found = page.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => v.id + ' ' + v.nodes[0].html))"
        )
        assert found == []
        assert [one for one in complaints if "favicon" not in one] == []
        page.close()


@pytest.mark.browser
def test_scripts_help_without_being_needed(page: Page, address: str) -> None:
    page.goto(address + "/galerie/", wait_until="networkidle")
    page.click('[data-stepper] [data-step="1"]')
    assert page.input_value("#sample-places") == "31"
    page.fill("#words", "abc")
    assert page.inner_text("#words-count") == "Encore 297 caractères."
    page.click('[data-reveal="secret"]')
    assert page.get_attribute("#secret", "type") == "text"
    page.click('[data-opens="#sample-dialog"]')
    assert page.evaluate("document.querySelector('#sample-dialog').open")
    page.keyboard.press("Escape")
    assert not page.evaluate("document.querySelector('#sample-dialog').open")


@pytest.mark.browser
def test_keys_move_in_the_list_only_when_it_has_the_focus(page: Page, address: str) -> None:
    page.goto(address + "/galerie/", wait_until="networkidle")
    page.focus("#first_name")
    page.keyboard.type("jjx")
    assert page.input_value("#first_name") == "jjxLéa"
    assert page.locator(".rows .is-current").count() == 0
    page.focus("#row-1 .row__name")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.innerText") == "Nour S., 17 ans"
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.is_checked("#row-3 input")


@pytest.mark.browser
def test_whoever_sends_a_wrong_form_is_taken_to_what_is_wrong(page: Page, address: str) -> None:
    page.goto(address + "/galerie/formulaire")
    page.click("button:has-text('Continuer')")
    page.wait_for_selector(".errors")
    page.locator(".errors:focus").wait_for()
    page.click(".errors a >> nth=1")
    assert page.evaluate("document.activeElement.id") == "postal_code"
