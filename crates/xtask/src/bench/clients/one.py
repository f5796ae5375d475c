"""CLIENT URL FILE COUNT: creates customers one after the other, as a caller does who waits for each.

Every client gets the customer as a dict and reads the ids from the answer; all but `requests.post`, which is what the
API's own page shows, keep their connection.
"""

from __future__ import annotations

import io
import json
import re
import sys
import time
from collections.abc import Callable
from typing import Any

from sending import HEADERS, KEY, Stopwatch, checked, lines

Call = Callable[[dict[str, Any]], None]
WARM_UP = 50


def with_kunacore(url: str) -> Call:
    import kunacore

    client = kunacore.Client(url, api_key=KEY)

    def call(fields: dict[str, Any]) -> None:
        if not client.create_customer(**fields).wallet_id:
            raise SystemExit("a customer had no wallet")

    return call


def with_pycurl(url: str) -> Call:
    import pycurl

    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, f"{url}/v2/customer/create")
    curl.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in HEADERS.items()])

    def call(body: dict[str, Any]) -> None:
        answer = io.BytesIO()
        curl.setopt(pycurl.POSTFIELDS, json.dumps(body))
        curl.setopt(pycurl.WRITEDATA, answer)
        curl.perform()
        checked(json.loads(answer.getvalue()))

    return call


def with_urllib3(url: str) -> Call:
    import urllib3

    pool = urllib3.PoolManager()
    create = f"{url}/v2/customer/create"
    return lambda body: checked(pool.request("POST", create, headers=HEADERS, json=body).json())


def with_primp(url: str) -> Call:
    import primp

    client = primp.Client(headers=HEADERS)
    create = f"{url}/v2/customer/create"
    return lambda body: checked(client.post(create, json=body).json())


def with_post_of(module: str, kept: str | None) -> Callable[[str], Call]:
    """`module.kept()`, or the module itself, has a `post` as requests has it."""

    def made(url: str) -> Call:
        imported = __import__(module)
        session = getattr(imported, kept)() if kept else imported
        create = f"{url}/v2/customer/create"
        return lambda body: checked(session.post(create, headers=HEADERS, json=body).json())

    return made


CLIENTS: dict[str, Callable[[str], Call]] = {
    "kunacore": with_kunacore,
    "pycurl": with_pycurl,
    "urllib3": with_urllib3,
    "primp": with_primp,
    "niquests.Session": with_post_of("niquests", "Session"),
    "httpx.Client": with_post_of("httpx", "Client"),
    "requests.Session": with_post_of("requests", "Session"),
    "requests.post": with_post_of("requests", None),
}


def fields(body: dict[str, Any]) -> dict[str, Any]:
    """A body under the names that Python has for its fields."""
    return {re.sub("([A-Z])", lambda match: "_" + match[1].lower(), name): value for name, value in body.items()}


def main(client: str, url: str, file: str, count: int) -> None:
    bodies = [json.loads(line) for line in lines(file, count + WARM_UP)]
    if client == "kunacore":
        bodies = [fields(body) for body in bodies]
    call = CLIENTS[client](url)
    for body in bodies[:WARM_UP]:
        call(body)
    times = []
    watch = Stopwatch()
    for body in bodies[WARM_UP:]:
        start = time.perf_counter()
        call(body)
        times.append(time.perf_counter() - start)
    watch.tell(len(times), times)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
