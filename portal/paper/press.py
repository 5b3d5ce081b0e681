"""The press, a process of its own: HTML in, PDF out, with bounded memory and time and none of our secrets.

`python -m portal.paper.press` reads a page from standard input. It answers a line with the number of sheets as soon
as they are laid out, then the file. Only it may import this module: weasyprint needs libraries that may be missing.
"""

import sys

from weasyprint import HTML, Document

from portal.paper.bounds import TOO_BIG, bound
from portal.paper.own_files import ADDRESS, OwnFiles, resolve_own_addresses

VARIANT = "pdf/ua-1"


def laid_out(html: str) -> Document:
    """The sheets, with their tags for a screen reader; only our own files are fetched."""
    resolve_own_addresses()
    return HTML(string=html, base_url=ADDRESS, url_fetcher=OwnFiles()).render(pdf_variant=VARIANT)


def press(html: str) -> None:
    document, answer = laid_out(html), sys.stdout.buffer
    answer.write(f"{len(document.pages)}\n".encode())
    answer.flush()
    document.write_pdf(answer, pdf_variant=VARIANT)


def main() -> int:
    bound()
    try:
        press(sys.stdin.buffer.read().decode())
    except MemoryError:
        return TOO_BIG
    return 0


if __name__ == "__main__":
    sys.exit(main())
