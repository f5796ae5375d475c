"""How a client is pickled: as what it was made of, and never with a secret."""

from __future__ import annotations

from typing import Any, NamedTuple

SECRETS = ("api_key", "access_token", "email", "password", "merchant_id")


class Recipe(NamedTuple):
    """What a client was made of."""

    arguments: dict[str, Any]
    """Those of its constructor that were given, without the secrets."""
    secret: str | None
    """The name of an argument that no pickle may hold, if one was given."""
    options: dict[str, Any]
    """Those of ``with_options`` since."""

    def with_options(self, options: dict[str, Any]) -> Recipe:
        """The recipe of a client with other options; None leaves one as it is."""
        return self._replace(options=self.options | given(options))


def recipe(arguments: dict[str, Any]) -> Recipe:
    """The recipe of a client that is made with these arguments."""
    arguments = given(arguments)
    secret = next((name for name in SECRETS if name in arguments), None)
    if secret is None and "@" in arguments.get("proxy", ""):
        secret = "proxy"
    kept = {name: value for name, value in arguments.items() if name not in SECRETS and name != secret}
    return Recipe(kept, secret, {})


def reduced(client: Any, made_of: Recipe) -> tuple[Any, ...]:
    """What ``__reduce__`` gives.

    Raises:
        TypeError: the pickle would hold a secret.
    """
    if made_of.secret is not None:
        kind = type(client).__name__
        raise TypeError(
            f"cannot pickle this {kind}: it was given {made_of.secret}, which no pickle should hold. Let it take its "
            f"credentials from the environment (KUNACORE_API_KEY, …), or make the {kind} where it is used."
        )
    return remade, (type(client), made_of.arguments, made_of.options)


def remade(kind: Any, arguments: dict[str, Any], options: dict[str, Any]) -> Any:
    """The client, made anew with the credentials of the environment it is now in."""
    client = kind(**arguments)
    return client.with_options(**options) if options else client


def given(arguments: dict[str, Any]) -> dict[str, Any]:
    """Those that are not None."""
    return {name: value for name, value in arguments.items() if value is not None}
