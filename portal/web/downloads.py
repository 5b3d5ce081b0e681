"""Handing out a document of the portal: a file to keep, named by us, that no browser runs nor remembers."""

import re

from flask import Response

from portal.places.folding import fold

PDF = "application/pdf"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST = 80


def file_name(*words: str) -> str:
    """« rapport-2026-10.pdf »: plain letters, figures and hyphens, whatever the words are."""
    plain = re.sub(r"[^a-z0-9]+", "-", fold(" ".join(words))).strip("-")[:LONGEST]
    return f"{plain or 'document'}.pdf"


def pdf_answer(file: bytes, name: str) -> Response:
    """The PDF as an attachment."""
    return _attachment(file, name, PDF)


def workbook_answer(file: bytes, name: str) -> Response:
    """The workbook as an attachment; name: with its extension."""
    return _attachment(file, name, WORKBOOK)


def _attachment(file: bytes, name: str, kind: str) -> Response:
    answer = Response(file, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
