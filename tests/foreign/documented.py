"""The documented Python program; only the base URL and the token are filled in."""

import os
from types import SimpleNamespace

import requests

BASE_URL = os.environ["BASE_URL"]
data = SimpleNamespace(accessToken=os.environ["ACCESS_TOKEN"])

url = BASE_URL
path = "/v2/customer/create"
headers = {
    "accept": "application/json",
    "Content-Type": "application/json",
    "Authorization": "Bearer " + data.accessToken,
}
body = {
    "email": "alexsmith@mail.com",
    "phoneNumber": "+380991234567",
    "firstName": "Alex",
    "lastName": "Smith",
    "comment": "Alex is a special client. Hi is a refferal of Denis.",
    "externalId": "12124d80-dd80-4c70-aa9c-c2aa014cc29e",
    "referralId": "1f44b1c7-9fd4-4d20-b9a4-7aca3646d0d5",
    "country": "FR",
    "verificationDocumentId": "FV633452",
    "residenceAddress": "Champ de Mars, 5 Av. Anatole France, 75007 Paris, France",
    "itn": "633-123-92-12",
}

request = requests.post(url + path, headers=headers, json=body)
print(request.json())
