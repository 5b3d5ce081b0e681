"""What stands on each page of a document, as laid out: the press's own layout, read back box by box."""

import zlib
from itertools import pairwise
from typing import Any

from portal.paper.press import laid_out


def sheets_of(html: str) -> list[str]:
    """The text of each page, margins included, in reading order; spaces that do not break are spaces."""
    return [" ".join(_words(page._page_box)).replace("\u00a0", " ") for page in laid_out(html).pages]


def _words(box: Any) -> list[str]:
    if hasattr(box, "text"):
        return [box.text]
    return [word for child in getattr(box, "children", ()) for word in _words(child)]


def streams_of(pdf: bytes) -> list[bytes]:
    """Every stream of a PDF, inflated: what its objects say, object streams included."""
    found = []
    for part, _ in pairwise([*pdf.split(b"endstream"), b""]):
        _, _, body = part.partition(b"stream\n")
        try:
            found.append(zlib.decompress(body))
        except zlib.error:
            found.append(body)
    return found


def plain(pdf: bytes) -> bytes:
    """The PDF with its streams inflated, to look for words in."""
    return pdf + b"\n".join(streams_of(pdf))
