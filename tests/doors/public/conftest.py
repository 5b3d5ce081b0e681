"""Forms filled in as typical people would, a campaign for them to fall in, and a browser."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from portal.models.campaign import Campaign
from tests.factories import make_campaign


@pytest.fixture
def campaign(arrange: Session) -> Campaign:
    made = make_campaign(arrange)
    arrange.commit()
    return made


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The address of the portal, served from this very process."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
