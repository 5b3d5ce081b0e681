"""The application, with its commands."""

from portal.app import create_app
from portal.cli import register

app = create_app()
register(app)
