"""CLIENT URL FILE COUNT IN_FLIGHT: creates the file's customers, so many at once, and reads each answer's ids.

With `generated` as the client, the package that openapi-python-client made of the contract is on the path.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from one import fields
from sending import HEADERS, KEY, Stopwatch, checked, lines

# Larger batches of baseten's are no faster, and need memory for all answers of a batch.
BATCH = 1_000

Times = list[float]
# Everything is ready for it: its time is what is measured.
Run = Callable[[], Times]


async def all_at_once(call: Callable[[Any], Awaitable[None]], bodies: Iterator[Any], in_flight: int) -> Times:
    times = []

    async def send() -> None:
        for body in bodies:
            start = time.perf_counter()
            await call(body)
            times.append(time.perf_counter() - start)

    await asyncio.gather(*(send() for _ in range(in_flight)))
    return times


def with_aiohttp(url: str, bodies: list[Any], in_flight: int) -> Run:
    import aiohttp

    # It takes bytes as they are, which is the fastest that it can be.
    encoded = [json.dumps(body).encode() for body in bodies]

    async def run() -> Times:
        connector = aiohttp.TCPConnector(limit=in_flight)
        async with aiohttp.ClientSession(connector=connector, headers=HEADERS) as session:

            async def call(body: bytes) -> None:
                async with session.post(f"{url}/v2/customer/create", data=body) as response:
                    response.raise_for_status()
                    checked(await response.json())

            return await all_at_once(call, iter(encoded), in_flight)

    return lambda: asyncio.run(run())


def with_httpx(url: str, bodies: list[Any], in_flight: int) -> Run:
    import httpx

    async def run() -> Times:
        limits = httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
        async with httpx.AsyncClient(limits=limits, headers=HEADERS) as client:

            async def call(body: Any) -> None:
                response = await client.post(f"{url}/v2/customer/create", json=body)
                checked(response.raise_for_status().json())

            return await all_at_once(call, iter(bodies), in_flight)

    return lambda: asyncio.run(run())


def with_generated(url: str, bodies: list[Any], in_flight: int) -> Run:
    import httpx
    from kuna_core_customer_api_client import AuthenticatedClient
    from kuna_core_customer_api_client.api.customer import create_customer
    from kuna_core_customer_api_client.models import CreateCustomerRequest

    customers = [CreateCustomerRequest.from_dict(body) for body in bodies]

    async def run() -> Times:
        limits = httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
        arguments = {"base_url": url, "token": KEY, "prefix": "", "auth_header_name": "api-key"}
        client = AuthenticatedClient(**arguments, httpx_args={"limits": limits})
        async with client:

            async def call(customer: CreateCustomerRequest) -> None:
                answer = await create_customer.asyncio(client=client, body=customer)
                if not (answer.data.id and answer.data.wallet_id):
                    raise SystemExit("an answer had no ids")

            return await all_at_once(call, iter(customers), in_flight)

    return lambda: asyncio.run(run())


def with_kunacore(url: str, bodies: list[Any], in_flight: int) -> Run:
    import kunacore

    customers = [fields(body) for body in bodies]

    async def run() -> Times:
        async with kunacore.AsyncClient(url, api_key=KEY) as client:

            async def call(customer: Any) -> None:
                if not (await client.create_customer(**customer)).wallet_id:
                    raise SystemExit("a customer had no wallet")

            return await all_at_once(call, iter(customers), in_flight)

    return lambda: asyncio.run(run())


def with_requests(url: str, bodies: list[Any], in_flight: int) -> Run:
    import requests

    left, lock, times = iter(bodies), threading.Lock(), Times()

    def send() -> None:
        with requests.Session() as session:
            while True:
                with lock:
                    body = next(left, None)
                if body is None:
                    return
                start = time.perf_counter()
                response = session.post(f"{url}/v2/customer/create", headers=HEADERS, json=body)
                response.raise_for_status()
                checked(response.json())
                times.append(time.perf_counter() - start)

    def run() -> Times:
        threads = [threading.Thread(target=send) for _ in range(in_flight)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return times

    return run


def with_baseten(url: str, bodies: list[Any], in_flight: int) -> Run:
    from baseten_performance_client import PerformanceClient, RequestProcessingPreference

    client = PerformanceClient(base_url=url, api_key="none")
    preference = RequestProcessingPreference(
        max_concurrent_requests=in_flight,
        timeout_s=30.0,
        # A creation that is sent again is a second creation.
        max_retries=0,
        extra_headers=HEADERS,
    )

    def run() -> Times:
        times = []
        for first in range(0, len(bodies), BATCH):
            batch = bodies[first : first + BATCH]
            answers = client.batch_post(url_path="/v2/customer/create", payloads=batch, preference=preference)
            for answer in answers.data:
                checked(answer)
            times.extend(answers.individual_request_times)
        return times

    return run


CLIENTS: dict[str, Callable[[str, list[Any], int], Run]] = {
    "aiohttp": with_aiohttp,
    "baseten": with_baseten,
    "generated": with_generated,
    "httpx": with_httpx,
    "kunacore": with_kunacore,
    "requests": with_requests,
}


def main(client: str, url: str, file: str, count: int, in_flight: int) -> None:
    bodies = [json.loads(line) for line in lines(file, count)]
    run = CLIENTS[client](url, bodies, in_flight)
    watch = Stopwatch()
    times = run()
    if len(times) != count:
        raise SystemExit(f"{len(times)} of {count} were created")
    watch.tell(count, times)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
