"""Logs: structured, one line an event; the library's own loggers go the same way."""

import logging
import sys
from contextvars import ContextVar

import structlog

from kit.settings import Settings

SECRETS = {"authorization", "cookie", "password", "token", "refresh_token", "access_token", "secret"}

REQUEST: ContextVar[str | None] = ContextVar("request", default=None)
"""The id of what is being answered; read only where a line is written."""


def name_request(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """The id of the request, on each line that is written for it."""
    request = REQUEST.get()
    return event if request is None else {"request": request, **event}


def hide_secrets(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """A last net: a value under such a name is not written."""
    return {key: "[hidden]" if key.lower() in SECRETS else value for key, value in event.items()}


def configure_logs(settings: Settings) -> None:
    """Once, at the start of a process."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[structlog.typing.Processor] = [
        name_request,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    is_json = settings.log_format == "json"
    plain = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    renderer = structlog.processors.JSONRenderer() if is_json else plain
    last: list[structlog.typing.Processor] = [structlog.processors.format_exc_info] if is_json else []
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for noisy in ("uvicorn.access", "httpx", "httpcore", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
