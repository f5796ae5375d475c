"""URL FILE COUNT IN_FLIGHT: sends the file's bodies with aiohttp, so many at once, and reads each answer's ids."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

import aiohttp
from sending import HEADERS, Stopwatch, lines


async def send_all(session: aiohttp.ClientSession, url: str, bodies: Iterator[bytes]) -> int:
    count = 0
    for body in bodies:
        async with session.post(url, data=body) as response:
            response.raise_for_status()
            customer = (await response.json())["data"]
            count += bool(customer["id"] and customer["walletId"])
    return count


async def main(url: str, bodies: list[bytes], in_flight: int) -> int:
    left = iter(bodies)
    connector = aiohttp.TCPConnector(limit=in_flight)
    async with aiohttp.ClientSession(connector=connector, headers=HEADERS) as session:
        return sum(await asyncio.gather(*(send_all(session, url, left) for _ in range(in_flight))))


if __name__ == "__main__":
    bodies = lines(sys.argv[2], int(sys.argv[3]))
    watch = Stopwatch()
    watch.tell(asyncio.run(main(sys.argv[1], bodies, int(sys.argv[4]))))
