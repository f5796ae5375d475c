"""How far an import is: what a callback is given, and the bar that is shown without one."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal, TextIO


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of an import. Numbers only.

    Attributes:
        phase: ``"checking"`` while the table is read and checked and nothing is sent; ``"sending"``; ``"settling"``
            when all rows were sent, and those in doubt are looked up; ``"stopping"`` after it was asked to stop, until
            what is in flight is settled; ``"reporting"``.
        rows: how many rows the table has; while it is checked, how many were read.
        done: how many rows have a durable result.
        created: those of them that have a customer.
        rejected: those of them that were refused.
        unresolved: those of them whose fate is unknown.
        in_doubt: rows that wait for a look-up.
        in_flight: requests that are on their way.
        rate: rows done in a second, of late; 0 before that is known.
        pause: why nothing is sent now, or None.
        seconds: since the first row could be sent.
        seconds_left: how long the rest takes at this rate; None where that cannot be told.
    """

    phase: Literal["checking", "sending", "settling", "stopping", "reporting"]
    rows: int
    done: int
    created: int
    rejected: int
    unresolved: int
    in_doubt: int
    in_flight: int
    rate: float
    pause: str | None
    seconds: float
    seconds_left: float | None


Progress.__module__ = "kunacore"

WIDTH = 24


class Bar:
    """A line on stderr that is written over and over, and taken away at the end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._length = 0

    def __call__(self, progress: Progress) -> None:
        self._write(line(progress))

    def end(self) -> None:
        """Takes the line away."""
        if self._length:
            self._write("")
            self._stream.write("\r")
            self._stream.flush()

    def _write(self, text: str) -> None:
        self._stream.write("\r" + text.ljust(self._length))
        self._stream.flush()
        self._length = len(text)


def bar() -> Bar | None:
    """A bar, if somebody would see it: on a terminal or in a notebook."""
    stream = sys.stderr
    if stream is None:
        return None
    # The notebook's stream is no terminal, but understands a carriage return.
    return Bar(stream) if stream.isatty() or type(stream).__module__.startswith("ipykernel.") else None


def line(progress: Progress) -> str:
    """A moment in words, in one line, with a bar where there is something to show."""
    if progress.phase in ("checking", "reporting"):
        return words(progress)
    share = progress.done / progress.rows if progress.rows else 1.0
    filled = int(share * WIDTH)
    return f"[{'#' * filled}{'.' * (WIDTH - filled)}] {words(progress)}"


def words(progress: Progress) -> str:
    """A moment in words."""
    if progress.phase == "checking":
        return f"checking the table: {progress.rows:,} rows read"
    if progress.phase == "reporting":
        return "writing the reports"
    parts = [f"{progress.done:,} of {progress.rows:,} rows"]
    for count, what in [
        (progress.rejected, "rejected"),
        (progress.unresolved, "unresolved"),
        (progress.in_doubt, "in doubt"),
    ]:
        if count:
            parts.append(f"{count:,} {what}")
    parts.append(f"{progress.rate:,.0f} rows/s")
    if progress.phase == "stopping":
        parts.append(f"stopping: {progress.in_flight} requests in flight (Ctrl-C again stops at once)")
    elif progress.pause is not None:
        parts.append(f"paused: {progress.pause}")
    elif progress.seconds_left is not None:
        parts.append(f"{duration(progress.seconds_left)} left")
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """A time to the second."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
