"""Calls as coroutines: the answer comes through a mailbox that the running event loop looks into when it rings.

Each event loop has a mailbox of its own, made at its first call and gone with it.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, Future, get_running_loop
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

from kunacore._kunacore import Mailbox, Pending

Argument = TypeVar("Argument")
Result = TypeVar("Result")

_mailboxes: WeakKeyDictionary[AbstractEventLoop, Mailbox] = WeakKeyDictionary()


async def answer(start: Callable[[Argument, Mailbox, Future[Result]], Pending], argument: Argument) -> Result:
    """Starts a call and waits for its answer; the call is given up when the waiting is cancelled."""
    loop = get_running_loop()
    mailbox = _mailboxes.get(loop)
    if mailbox is None:
        mailbox = Mailbox()
        loop.add_reader(mailbox.fileno(), mailbox.deliver)
        _mailboxes[loop] = mailbox
    future: Future[Result] = loop.create_future()
    pending = start(argument, mailbox, future)
    try:
        return await future
    finally:
        pending.abort()
