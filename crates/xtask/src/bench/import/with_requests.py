"""URL FILE COUNT: sends the file's bodies as the API's own page does, with `requests.post` for each customer."""

from __future__ import annotations

import json
import sys

import requests
from sending import HEADERS, Stopwatch, lines


def main(url: str, bodies: list[object]) -> int:
    count = 0
    for body in bodies:
        response = requests.post(url, headers=HEADERS, json=body)
        response.raise_for_status()
        customer = response.json()["data"]
        count += bool(customer["id"] and customer["walletId"])
    return count


if __name__ == "__main__":
    bodies = [json.loads(line) for line in lines(sys.argv[2], int(sys.argv[3]))]
    watch = Stopwatch()
    watch.tell(main(sys.argv[1], bodies))
