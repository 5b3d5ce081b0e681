"""What is written down when a page breaks."""

import logging

import pytest
from flask import Flask


def test_the_log_names_the_page_and_never_its_address(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with app.test_request_context("/suivi/the-secret-of-a-link"), caplog.at_level(logging.ERROR):
        app.log_exception((ValueError, ValueError("broken"), None))
    assert "tracking.follow" in caplog.text
    assert "the-secret-of-a-link" not in caplog.text
