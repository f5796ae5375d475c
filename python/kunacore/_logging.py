"""Lines of the Rust side for ``logging``: told by the thread that waits for the call or import which they are about."""

from __future__ import annotations

import logging


def tell(level: int, at: float | None, text: str) -> None:
    """Logs a line under the name ``kunacore``, as of the time when it was written, in seconds since 1970."""
    logger = logging.getLogger("kunacore")
    if not logger.isEnabledFor(level):
        return
    record = logger.makeRecord(logger.name, level, "(kunacore)", 0, "%s", (text,), None)
    if at is not None:
        record.created = at
        record.msecs = at % 1 * 1000
    logger.handle(record)
