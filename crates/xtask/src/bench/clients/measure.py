"""Runs a command and prints, as the last line, what it took as a whole: seconds, its processor's seconds, its peak."""

from __future__ import annotations

import json
import os
import resource
import sys
import time


def main() -> int:
    start = time.perf_counter()
    process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
    _, status, usage = os.wait4(process, 0)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took = {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        # Linux counts kibibytes. What is no more than this process has may be its own, which the other one began as.
        "peak_bytes": usage.ru_maxrss * 1024 if usage.ru_maxrss > own else None,
    }
    print(json.dumps(took))
    return abs(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    sys.exit(main())
