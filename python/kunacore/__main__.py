"""The ``kunacore`` command; the same as the one written in Rust, which runs here inside Python."""

from __future__ import annotations

import signal
import sys

from kunacore._kunacore import run_cli


def main() -> int:
    """Runs the command with the arguments of this process and returns the exit status."""
    # Python only notes Ctrl-C for its own code to see, and none runs meanwhile.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return run_cli(["kunacore", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
