"""What the programs beside the import share: the bodies to send, and the tale of how long that took.

A program has its bodies ready before its time begins: the reading of a table is not held against it.
"""

from __future__ import annotations

import json
import resource
import time
from itertools import islice
from pathlib import Path

HEADERS = {
    "accept": "application/json",
    "content-type": "application/json",
    "api-key": "a key of the length that keys have",
}


def lines(path: str, count: int) -> list[bytes]:
    """The first so many bodies of the file."""
    with Path(path).open("rb") as file:
        return [line.rstrip() for line in islice(file, count)]


class Stopwatch:
    """Runs from when it is made."""

    def __init__(self) -> None:
        self._cpu = _cpu_seconds()
        self._start = time.perf_counter()

    def tell(self, created: int, **more: int) -> None:
        """Prints how many customers were created, and what it took so far."""
        seconds = time.perf_counter() - self._start
        sending = {"seconds": seconds, "cpu_seconds": _cpu_seconds() - self._cpu}
        print(json.dumps({"created": created, "sending": sending, **more}))


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
