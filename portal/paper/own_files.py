"""What the press may fetch: our own static files and data held in the page itself. Nothing else, on any pretext."""

from pathlib import Path
from urllib import parse

from weasyprint.urls import URLFetcher, URLFetcherResponse

STATIC = Path(__file__).resolve().parent.parent / "static"
SCHEME = "own"
ADDRESS = f"{SCHEME}://portal/"
TYPES = {".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml", ".png": "image/png"}


class Refused(ValueError):
    """An address that a document has no business to fetch."""


def resolve_own_addresses() -> None:
    """A style sheet of ours names its fonts by their place beside it."""
    for table in (parse.uses_relative, parse.uses_netloc):
        if SCHEME not in table:
            table.append(SCHEME)


class OwnFiles(URLFetcher):
    """Answers own://portal/… and data:; refuses the network and the machine's other files."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols={"data"}, allow_redirects=False)

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Raises Refused for any other address."""
        if url.startswith("data:"):
            return super().fetch(url, headers)
        if not url.startswith(ADDRESS):
            raise Refused(url.partition(":")[0])
        file = own_file(parse.unquote(parse.urlsplit(url).path))
        return URLFetcherResponse(url, file.read_bytes(), {"Content-Type": TYPES[file.suffix]})


def own_file(path: str) -> Path:
    """The static file at this path. Raises Refused outside the folder, for another kind, and when there is none."""
    file = (STATIC / path.lstrip("/")).resolve()
    if not file.is_relative_to(STATIC) or file.suffix not in TYPES or not file.is_file():
        raise Refused(SCHEME)
    return file
