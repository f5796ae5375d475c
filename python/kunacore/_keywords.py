"""From the list of a call's keywords to the call: Python itself checks them, and a signature shows them.

A call is written with ``**fields: Unpack[CustomerFields]``, which type checkers and editors understand. For Python that
would be any keyword at all, so the call passes them through a function that is made of the same list.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NotRequired, TypeVar, get_args, get_origin

from kunacore._fields import CallOptions, ClientOptions, CustomerFields, CustomerFilters, ImportOptions

Call = TypeVar("Call", bound=Callable[..., object])


class Keywords:
    """The keywords of a call, with the defaults of those that may be left out: None, where nothing else is said."""

    __slots__ = ("_hints", "taken")

    taken: Callable[..., dict[str, Any]]
    """Called with the keywords it returns all of them, or raises Python's own TypeError in the name of the call."""

    def __init__(self, call: str, kind: Any, **defaults: object) -> None:
        self._hints: dict[str, Any] = kind.__annotations__
        names = [name if name in kind.__required_keys__ else f"{name}=None" for name in self._hints]
        made: dict[str, Any] = {}
        # As dataclasses do it; nothing but names from this package is in the text.
        exec(f"def {call}(*, {', '.join(names)}): return locals()", made)
        made[call].__kwdefaults__.update(defaults)
        self.taken = made[call]

    def __call__(self, function: Call) -> Call:
        """Decorates the call, so that its signature has each keyword in place of ``**fields``."""
        inspect: Any = sys.modules.get("inspect")
        # It takes half as long to import as the client. Whoever asks for a signature, such as IPython, has it already.
        if inspect is not None:
            own = inspect.signature(function)
            lasting = [one for one in own.parameters.values() if one.kind is not one.VAR_KEYWORD]
            keywords = inspect.signature(self.taken).parameters.values()
            told = [one.replace(annotation=_plain(self._hints[one.name])) for one in keywords]
            vars(function)["__signature__"] = own.replace(parameters=[*lasting, *told])
        return function


def _plain(hint: Any) -> Any:
    """The type of a key, without the word that it may be left out."""
    return get_args(hint)[0] if get_origin(hint) is NotRequired else hint


CLIENT = Keywords(
    "__init__",
    ClientOptions,
    timeout=30.0,
    connect_timeout=5.0,
    deadline=120.0,
    max_attempts=3,
    reconcile=True,
    trust_uniqueness=False,
    allow_http=False,
)
CREATE = Keywords("create_customer", CustomerFields)
ENSURE = Keywords("ensure_customer", CustomerFields)
FIND = Keywords("find_customers", CustomerFilters)
IMPORT = Keywords(
    "create_customers",
    ImportOptions,
    extra="error",
    known=(),
    keep_input=False,
    check=False,
    max_identical_rejections=100,
)
WITH_OPTIONS = Keywords("with_options", CallOptions)
