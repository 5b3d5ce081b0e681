"""Structured logs: one JSON line an event, with codes and identifiers, never personal data."""

import logging
from collections.abc import MutableMapping
from typing import Any

import structlog

NEVER_LOGGED = frozenset({"mail", "email", "name", "first_name", "last_name", "telephone", "password", "token", "note"})


def drop_personal_data(_: Any, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A field whose name says it holds personal data never reaches the log."""
    for name in NEVER_LOGGED & fields.keys():
        fields[name] = "[removed]"
    return fields


def configure_logs(level: int = logging.INFO) -> None:
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        drop_personal_data,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processor=structlog.processors.JSONRenderer(ensure_ascii=False)
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("werkzeug", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
