"""Associations to be oriented to, companies with a link, and a browser."""

from tests.doors.public.conftest import campaign, site

__all__ = ["campaign", "site"]
