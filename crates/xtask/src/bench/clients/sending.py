"""What the measured Python programs share: the bodies to send, and the tale of how long that took.

A program has its bodies ready before its time begins: the reading of a table is not held against it.
"""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

KEY = "a key of the length that keys have"
HEADERS = {"accept": "application/json", "content-type": "application/json", "api-key": KEY}


def lines(path: str, count: int) -> list[bytes]:
    """The first so many bodies of the file."""
    with Path(path).open("rb") as file:
        return [line.rstrip() for line in islice(file, count)]


def checked(answer: Any) -> None:
    """Reads the two ids, which are what a creation is for."""
    customer = answer["data"]
    if not (customer["id"] and customer["walletId"]):
        raise SystemExit("an answer had no ids")


class Stopwatch:
    """Runs from when it is made."""

    def __init__(self) -> None:
        self._cpu = _cpu_seconds()
        self._start = time.perf_counter()

    def tell(self, created: int, times: Sequence[float] = (), **more: int) -> None:
        """Prints how many customers were created, what it took so far, and what single ones took, where it is known."""
        seconds = time.perf_counter() - self._start
        sending = {"seconds": seconds, "cpu_seconds": _cpu_seconds() - self._cpu}
        latency = {f"p{of}": sorted(times)[(len(times) - 1) * of // 100] for of in (50, 99)} if times else {}
        print(json.dumps({"created": created, "sending": sending, "latency": latency, **more}))


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
