"""An import that is awaited: it runs on a thread of its own, so that the event loop stays free."""

from __future__ import annotations

import threading
from asyncio import AbstractEventLoop, CancelledError, Future, get_running_loop
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING

from kunacore._errors import ImportStoppedError
from kunacore._import import Watch, log, run_import
from kunacore._kunacore import Client, ImportControl
from kunacore._progress import Progress, bar
from kunacore._result import ImportResult
from kunacore._table import Table

if TYPE_CHECKING:
    from kunacore._kunacore import Asked


class Relay:
    """Takes progress from the import's thread to the event loop's, where the callback is called."""

    def __init__(self, loop: AbstractEventLoop, control: ImportControl, watch: Watch) -> None:
        self._loop = loop
        self._control = control
        self._watch = watch
        self.failure: BaseException | None = None

    def __call__(self, progress: Progress) -> None:
        to_loop(self._loop, lambda: self._tell(progress))

    def _tell(self, progress: Progress) -> None:
        if self.failure is not None:
            return
        try:
            self._watch(progress)
        except Exception as error:
            self.failure = error
            self._control.stop()


async def import_in_thread(
    core: Client, control: ImportControl, table: Table | None, asked: Asked, progress: bool | Watch | None
) -> ImportResult:
    """Imports the table on another thread, and stops it in order when the awaiting is cancelled.

    Python waits for that thread before it ends, so that what is in flight is settled.
    """
    loop = get_running_loop()
    shown = bar() if progress is None or progress is True else None
    watch = progress if callable(progress) else shown
    relay = None if watch is None else Relay(loop, control, watch)
    ended: Future[ImportResult] = loop.create_future()

    def end(result: ImportResult | None, error: BaseException | None) -> None:
        if shown is not None:
            shown.end()
        failure = None if relay is None else relay.failure
        if ended.done():
            return
        if failure is not None:
            failure.__cause__ = failure.__cause__ or error
            ended.set_exception(failure)
        elif error is not None:
            ended.set_exception(error)
        elif result is not None:
            ended.set_result(result)

    def work() -> None:
        try:
            result = run_import(core, control, table, asked, relay or False)
        except BaseException as error:
            reason = error
            to_loop(loop, lambda: end(None, reason))
        else:
            to_loop(loop, lambda: end(result, None))

    threading.Thread(target=copy_context().run, args=(work,), name="kunacore-import").start()
    try:
        return await ended
    except CancelledError as cancelled:
        control.stop()
        directory = control.directory
        where = "" if directory is None else f"; continue it with create_customers(run={str(directory)!r})"
        cancelled.__cause__ = ImportStoppedError(
            f"the import was cancelled and stops in order in the background{where}.", run=directory
        )
        log().warning("create_customers: %s", cancelled.__cause__)
        raise


def to_loop(loop: AbstractEventLoop, what: Callable[[], None]) -> None:
    """Calls it on the loop's thread; a loop that is closed has nobody to be told."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(what)
