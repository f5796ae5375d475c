"""URL FILE COUNT IN_FLIGHT: sends the file's bodies in batches of baseten-performance-client, and reads the ids."""

from __future__ import annotations

import json
import sys
from urllib.parse import urlsplit

from baseten_performance_client import PerformanceClient, RequestProcessingPreference
from sending import HEADERS, Stopwatch, lines

# Larger batches are no faster, and need memory for all answers of a batch.
BATCH = 1_000


def main(url: str, bodies: list[object], in_flight: int) -> int:
    parts = urlsplit(url)
    client = PerformanceClient(base_url=f"{parts.scheme}://{parts.netloc}", api_key="none")
    preference = RequestProcessingPreference(
        max_concurrent_requests=in_flight,
        timeout_s=30.0,
        # A creation that is sent again is a second creation.
        max_retries=0,
        extra_headers=HEADERS,
    )
    count = 0
    for first in range(0, len(bodies), BATCH):
        batch = bodies[first : first + BATCH]
        for answer in client.batch_post(url_path=parts.path, payloads=batch, preference=preference).data:
            customer = answer["data"]
            count += bool(customer["id"] and customer["walletId"])
    return count


if __name__ == "__main__":
    bodies = [json.loads(line) for line in lines(sys.argv[2], int(sys.argv[3]))]
    watch = Stopwatch()
    watch.tell(main(sys.argv[1], bodies, int(sys.argv[4])))
