"""Logs: events with fields, as JSON lines on standard error, and never a value (R-103).

Only names of fields that are known to be harmless pass. What foreign libraries log comes through
the same chain without its text, which can quote anything.
"""

import logging
import sys
import traceback
import warnings
from types import TracebackType
from typing import Any, Final

import structlog
from structlog.typing import EventDict, WrappedLogger

HARMLESS: Final = frozenset(
    {
        "event", "level", "timestamp", "attempts", "batch_size", "code", "codes", "command",
        "connection", "count", "epoch", "error", "fields", "group", "id", "left", "lag",
        "lane", "likely_fields", "limit", "logger", "missing", "module", "of", "offset",
        "operation", "organization", "owner", "part", "partition", "people", "person", "port",
        "reason", "requests", "result", "role", "rows", "run", "seconds", "since", "signal",
        "stage", "state", "status", "store", "sync", "topic", "type", "until", "url", "version",
        "wait", "where", "why",
    }
)  # fmt: skip
"""Ids, counts, codes, names of ours. `why` is a sentence of ours, never a foreign text."""


def only_harmless(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop every field that is not known to be harmless, and say its name."""
    dropped = sorted(name for name in event if name not in HARMLESS)
    kept = {name: value for name, value in event.items() if name in HARMLESS}
    if dropped:
        kept["missing"] = dropped
    return kept


class _Foreign(logging.Handler):
    """What a library logs, as an event of ours: where it comes from, not what it says."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        method = log.warning if record.levelno >= logging.WARNING else log.debug
        method("library.says", module=record.name, type=kind, level=record.levelname.lower())


def set_up(level: str) -> None:
    """Send every log of this process through one chain.

    Args:
        level: debug, info, warning or error.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            only_harmless,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(default=repr, ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers = [_Foreign()]
    root.setLevel(logging.WARNING)
    warnings.showwarning = _warned  # type: ignore[assignment]
    sys.excepthook = died


def _warned(_message: Warning | str, category: type[Warning], *_: Any) -> None:
    structlog.get_logger().warning("library.warns", type=category.__name__)


def died(kind: type[BaseException], _error: BaseException, trace: TracebackType | None) -> None:
    """Log an error that nobody expected: its class and our own lines, not its text."""
    frames = traceback.extract_tb(trace)
    where = [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno}" for frame in frames]
    structlog.get_logger().error("process.died", type=kind.__name__, where=where)
