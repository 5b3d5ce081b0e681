"""Templates of paper: an environment of their own, since a page of paper has no request, no person and no address."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from portal.web.charts import Progress
from portal.web.charts.palette import CORAL, INK, PETROL, SUN
from portal.web.typography import FILTERS, NBSP

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
INKS = {
    'class="art-sun"': f'fill="{SUN}"',
    'class="art-coral"': f'fill="{CORAL}"',
    'class="art-ink"': f'stroke="{INK}"',
    'class="art-petrol"': f'stroke="{PETROL}"',
}


def inked(art: Markup) -> Markup:
    """A drawing of ours with its colours in it: a style sheet does not reach inside an SVG on paper."""
    drawn = str(art)
    for name, colour in INKS.items():
        drawn = drawn.replace(name, colour)
    return Markup(drawn)  # noqa: S704 - from one of our own macros, which takes no value


@cache
def environment() -> Environment:
    """Every value is escaped, and one that is missing is an error rather than a hole in the page."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FILTERS)
    made.filters["inked"] = inked
    made.globals.update(nbsp=NBSP, progress=Progress)
    return made


def rendered(template: str, **values: Any) -> str:
    """The whole HTML of a document, from templates/paper."""
    return environment().get_template(f"paper/{template}").render(**values)
