"""/healthz: is the house standing? Database, queue and at least one worker."""

from flask import Blueprint, Flask, Response, jsonify
from rq import Worker
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal.foundation.extensions import db, limiter
from portal.foundation.permissions import public_without_database
from portal.foundation.queue import redis_connection
from portal.foundation.tenancy import DatabaseRole

health = Blueprint("health", __name__)


def database_answers() -> bool:
    try:
        with db.engines[DatabaseRole.PUBLIC].connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


def queue_answers() -> bool:
    try:
        return bool(redis_connection().ping())
    except OSError:
        return False
    except Exception:  # noqa: BLE001 - whatever its client raises, it does not answer
        return False


def worker_answers() -> bool:
    return queue_answers() and Worker.count(connection=redis_connection()) > 0


@health.get("/healthz")
@limiter.exempt
@public_without_database
def healthz() -> tuple[Response, int]:
    parts = {"database": database_answers(), "queue": queue_answers(), "worker": worker_answers()}
    return jsonify({name: "ok" if up else "missing" for name, up in parts.items()}), 200 if all(parts.values()) else 503


def register(app: Flask) -> None:
    app.register_blueprint(health)
