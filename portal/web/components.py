"""What templates need from Python: versioned static files, initials, the brand's colours, the typography filters."""

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path

from flask import Flask, url_for
from wtforms import Field, SelectMultipleField

from portal.foundation import clock
from portal.web import typography

DIGEST_LENGTH = 10
HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
TOKENS = frozenset(
    {"petrol", "petrol-dark", "petrol-light", "petrol-faint", "petrol-mid", "coral", "coral-text", "coral-light"}
    | {"sun", "sun-text", "sun-light", "linen", "linen-2", "ink", "ink-2", "edge", "edge-button", "edge-field"}
)


@lru_cache(maxsize=256)
def digest(path: Path, changed_ns: int) -> str:
    """A short name of a file's content; changed_ns (mtime) is there for the cache to forget an edited file."""
    del changed_ns
    return hashlib.sha256(path.read_bytes()).hexdigest()[:DIGEST_LENGTH]


def asset(folder: Path, path: str, versioned: bool = True) -> str:
    """The address of a static file, with its content's digest so that browsers may keep it for ever.

    Fonts are asked for unversioned: the style sheets name them so.
    """
    if not versioned:
        return url_for("static", filename=path)
    file = folder / path
    return url_for("static", filename=path, v=digest(file, file.stat().st_mtime_ns))


def initials(name: str) -> str:
    """One or two letters for a person or an association: « Claire Vasseur » → CV, « Proxité » → Pr."""
    words = [word for word in re.split(r"[\s’'-]+", name) if word]
    if not words:
        return "?"
    if len(words) == 1:
        return words[0][:2].capitalize()
    return (words[0][0] + words[-1][0]).upper()


def taking_several(field: Field) -> bool:
    """Whether a field of choices takes several answers (boxes) or one (rounds)."""
    return isinstance(field, SelectMultipleField)


def brand_stylesheet(colours: Mapping[str, str]) -> str:
    """The style sheet that replaces tokens by a brand's own colours.

    colours: token name (without dashes in front) → « #rrggbb ». Raises ValueError for any other name or form, since the
    text goes to every browser.
    """
    for name, value in colours.items():
        if name not in TOKENS or not HEX_COLOUR.fullmatch(value):
            raise ValueError(f"not a colour of the look: {name} = {value}")
    lines = "".join(f"--{name}:{value};" for name, value in sorted(colours.items()))
    return f"@layer tokens{{:root{{{lines}}}}}"


def _present(function: Callable[..., object], now: Callable[[], datetime]) -> Callable[..., object]:
    """The filter form of a function that asks for the present instant."""
    return lambda value, *args, **more: function(value, *args, now=now(), **more)


def register(app: Flask, *, now: Callable[[], datetime] = clock.now) -> None:
    """Give templates `asset()` and every filter of the look (see typography.FILTERS and DATED_FILTERS)."""
    environment = app.jinja_env
    environment.globals["asset"] = partial(asset, Path(app.static_folder or ""))
    environment.filters["initials"] = initials
    environment.tests["taking_several"] = taking_several
    environment.filters.update(typography.FILTERS)
    environment.filters.update({name: _present(one, now) for name, one in typography.DATED_FILTERS.items()})
