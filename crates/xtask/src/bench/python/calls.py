"""CLIENT URL COUNT: creates one customer after the other on one connection; prints seconds and CPU seconds of a call.

Each client reads the wallet's id from the answer, which is what the call is made for.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable

KEY = "a key of the length that keys have"
ALEX = {
    "email": "alexsmith@mail.com",
    "first_name": "Alex",
    "last_name": "Smith",
    "country": "FR",
    "verification_document_id": "FV633452",
    "residence_address": "Champ de Mars, Paris",
}
WIRE = {
    "email": "alexsmith@mail.com",
    "firstName": "Alex",
    "lastName": "Smith",
    "country": "FR",
    "verificationDocumentId": "FV633452",
    "residenceAddress": "Champ de Mars, Paris",
}
WARM_UP = 100


def with_kunacore(url: str) -> Callable[[], str]:
    import kunacore

    client = kunacore.Client(url, api_key=KEY)
    return lambda: client.create_customer(**ALEX).wallet_id


def with_pycurl(url: str) -> Callable[[], str]:
    import pycurl

    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, f"{url}/v2/customer/create")
    curl.setopt(pycurl.HTTPHEADER, ["accept: application/json", "content-type: application/json", f"api-key: {KEY}"])

    def call() -> str:
        answer = io.BytesIO()
        curl.setopt(pycurl.POSTFIELDS, json.dumps(WIRE))
        curl.setopt(pycurl.WRITEDATA, answer)
        curl.perform()
        return json.loads(answer.getvalue())["data"]["walletId"]

    return call


def with_requests(url: str) -> Callable[[], str]:
    import requests

    def call() -> str:
        response = requests.post(f"{url}/v2/customer/create", headers={"api-key": KEY}, json=WIRE)
        return response.json()["data"]["walletId"]

    return call


CLIENTS = {"kunacore": with_kunacore, "pycurl": with_pycurl, "requests": with_requests}


def main(client: str, url: str, count: int) -> None:
    call = CLIENTS[client](url)
    for _ in range(WARM_UP):
        call()
    cpu, start = time.process_time(), time.perf_counter()
    for _ in range(count):
        if not call():
            raise SystemExit("an answer had no wallet")
    took = time.perf_counter() - start
    print(took / count, (time.process_time() - cpu) / count)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
