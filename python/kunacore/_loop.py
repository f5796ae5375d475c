"""Calls as coroutines: the answer comes through a mailbox that the running event loop looks into when it rings.

Each event loop has a mailbox of its own, made at its first call and gone with it.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, Future, get_running_loop
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple
from weakref import WeakKeyDictionary

from kunacore._interrupted import kept
from kunacore._kunacore import Mailbox, Pending

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

_mailboxes: WeakKeyDictionary[AbstractEventLoop, Mailbox] = WeakKeyDictionary()


async def answer(start: Callable[[*Arguments, Mailbox, Future[Result]], Pending], *arguments: *Arguments) -> Result:
    """Starts a call and waits for its answer; the call is given up when the waiting is cancelled."""
    loop = get_running_loop()
    mailbox = _mailboxes.get(loop)
    if mailbox is None:
        mailbox = Mailbox()
        loop.add_reader(mailbox.fileno(), mailbox.deliver)
        _mailboxes[loop] = mailbox
    future: Future[Result] = loop.create_future()
    pending = start(*arguments, mailbox, future)
    try:
        return await future
    except BaseException:
        if future.done() and not future.cancelled() and future.exception() is None:
            # It was cancelled between the coming of the answer and its own next turn.
            kept(future.result())
        raise
    finally:
        pending.abort()
