"""LIBRARY FILE IN_FLIGHT RUN: creates the customers of a Parquet file, which polars or pandas has read before."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from sending import Stopwatch

# Linux forgets the peak when this is written there.
FORGET = Path("/proc/self/clear_refs")


def memory(name: str) -> int:
    """`VmRSS`, what this process has in memory now, or `VmHWM`, the most since the peak was forgotten; in bytes."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in status if line.startswith(f"{name}:"))


def main(library: str, table: str, in_flight: int, run: str) -> None:
    frame: Any = __import__(library).read_parquet(table)
    before = peak = 0
    if FORGET.exists():
        peak = memory("VmHWM")
        FORGET.write_text("5")
        before = memory("VmRSS")
    watch = Stopwatch()
    import kunacore

    kunacore.Client().create_customers(frame, run=run, concurrency=in_flight, progress=False)
    created = json.loads((Path(run) / "summary.json").read_text())["created"]
    most = memory("VmHWM") if before else 0
    watch.tell(created, **({"grown_bytes": most - before, "peak_bytes": max(peak, most)} if before else {}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
