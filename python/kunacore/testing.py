"""Testing code that uses kunacore, without a network: a sandbox, and an environment that points at it.

With pytest nothing needs to be imported: the package brings the fixture ``kunacore_sandbox``, and a marker of the same
name for its options. ``sandbox_environment`` does the same as a context manager, for unittest and all else:

    from kunacore.testing import sandbox_environment

    class OnboardingTest(unittest.TestCase):
        def setUp(self):
            self.sandbox = self.enterContext(sandbox_environment())
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager

# Importing typing is left to type checkers, as in the package itself.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from os import PathLike
    from typing import Any, Literal, TypedDict, Unpack

    from kunacore._kunacore import Sandbox

    class Options(TypedDict, total=False):
        """What ``kunacore.sandbox`` takes, apart from the seed."""

        db: str | PathLike[str] | None
        tls: bool
        latency: float
        dialect: Literal["errors", "nest", "plain", "html", "empty"]
        duplicate_status: int
        unique: bool
        find: Literal["exact", "partial"]
        page_size: int | None
        find_delay: float
        limit: float | None


__all__ = ["sandbox_environment"]


@contextmanager
def sandbox_environment(
    *, faults: Sequence[Mapping[str, Any]] = (), seed: int | None = 7, **options: Unpack[Options]
) -> Generator[Sandbox]:
    """Starts a sandbox that calls without a client, clients without arguments, and subprocesses reach in the block.

    ``KUNACORE_BASE_URL`` and ``KUNACORE_API_KEY`` name the sandbox, with ``tls`` also ``SSL_CERT_FILE``. All other
    variables that begin with ``KUNACORE_`` are taken away. After the block they are as they were, and the sandbox is
    stopped. The environment belongs to the process: one such block at a time.

    Args:
        faults: rules of what goes wrong, as ``Sandbox.faults`` takes them.
        seed: makes ids the same in every run; None makes them random.
        options: what else ``kunacore.sandbox`` takes.

    Raises:
        TypeError: there is no such option.
        ValueError: an option or a fault cannot be served.
        OSError: the database file cannot be used, the CA bundle cannot be written, or no port is free.
    """
    with start(faults=faults, seed=seed, **options) as sandbox:
        wanted = variables(sandbox)
        before = {name: os.environ.get(name) for name in wanted}
        _set(wanted)
        try:
            yield sandbox
        finally:
            # Those that the block itself has set go too.
            _set(dict.fromkeys(_ours()) | before)


def start(*, faults: Sequence[Mapping[str, Any]] = (), seed: int | None = 7, **options: Unpack[Options]) -> Sandbox:
    """A sandbox with these faults and options."""
    # Only now: this loads the extension, and pytest loads this file in every run.
    from kunacore._sandbox import sandbox

    started = sandbox(seed=seed, **options)
    started.faults(faults)
    return started


def variables(sandbox: Sandbox) -> dict[str, str | None]:
    """What each variable must be so that nothing but the sandbox is reached; None for one that must not be there."""
    return {**dict.fromkeys(_ours()), **sandbox.env()}


def _ours() -> list[str]:
    return [name for name in os.environ if name.startswith("KUNACORE_")]


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
