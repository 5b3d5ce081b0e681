"""The composition root: the only module that may know every other."""

from typing import Any

from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

from admin import doors as admin_doors
from portal.association import doors as association_doors
from portal.auth import doors as auth_doors
from portal.company import doors as company_doors
from portal.foundation.config import Settings
from portal.foundation.crypto import Vault
from portal.foundation.database import configure_engines
from portal.foundation.extensions import babel, csrf, db, limiter, login_manager
from portal.foundation.logs import configure_logs
from portal.foundation.permissions import public_without_database, refuse_unguarded_routes
from portal.foundation.queue import init_queue
from portal.public import doors as public_doors
from portal.web import (
    components,
    errors,
    gallery,
    gallery_mail,
    health,
    mailbox,
    maintenance,
    pages,
    requests,
    schemas,
    security,
)

SESSION_HOURS = 10
DEAF_SECONDS = 0.5  # a page never waits longer for counters that do not answer


class Portal(Flask):
    def log_exception(self, exc_info: Any) -> None:
        """By endpoint: an address may hold the secret of a link."""
        self.logger.error("Exception on %s [%s]", request.endpoint, request.method, exc_info=exc_info)


def configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SESSION_COOKIE_NAME="__Host-session" if settings.production else "session",
        SESSION_COOKIE_SECURE=settings.production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=SESSION_HOURS * 3600,
        WTF_CSRF_SSL_STRICT=False,
        BABEL_DEFAULT_LOCALE="fr",
        BABEL_DEFAULT_TIMEZONE="Europe/Paris",
        RATELIMIT_STORAGE_URI=settings.redis_url.replace("unix://", "redis+unix://", 1),
        RATELIMIT_STORAGE_OPTIONS={"socket_timeout": DEAF_SECONDS, "socket_connect_timeout": DEAF_SECONDS},
        RATELIMIT_ENABLED=settings.limits_enabled,
        RATELIMIT_KEY_PREFIX="limits",
        MAX_CONTENT_LENGTH=1_000_000,
        MAX_FORM_PARTS=500,
    )
    if settings.trusted_hosts:
        app.config["TRUSTED_HOSTS"] = settings.trusted_hosts.split(",")
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    configure_engines(app, settings)


def create_app(settings: Settings | None = None) -> Flask:
    """The application, or the reason why it cannot run: settings refused, a route without a guard."""
    settings = settings or Settings()
    configure_logs()
    app = Portal(__name__, static_folder="static", template_folder="templates")
    configure(app, settings)
    app.extensions["vault"] = Vault(
        master_key=settings.master_key.get_secret_value(), secret_key=settings.secret_key.get_secret_value()
    )
    for extension in (db, login_manager, csrf, babel, limiter):
        extension.init_app(app)
    init_queue(app)
    for room in (
        maintenance,
        components,
        pages,
        requests,
        security,
        errors,
        health,
        mailbox,
        schemas,
        gallery,
        gallery_mail,
    ):
        room.register(app)
    for door in (public_doors, company_doors, auth_doors, association_doors, admin_doors):
        door.register(app)
    app.view_functions["static"] = public_without_database(app.view_functions["static"])
    refuse_unguarded_routes(app)
    return app
