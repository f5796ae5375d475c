"""Creates and finds a customer with the client that openapi-python-client generated from the contract."""

import os

from kuna_core_customer_api_client import AuthenticatedClient
from kuna_core_customer_api_client.api.customer import create_customer, find_customers
from kuna_core_customer_api_client.models import CreateCustomerRequest, FindCustomersRequest

client = AuthenticatedClient(base_url=os.environ["BASE_URL"], token=os.environ["ACCESS_TOKEN"])
alex = CreateCustomerRequest(
    email="alexsmith@mail.com",
    first_name="Alex",
    last_name="Smith",
    country="FR",
    verification_document_id="FV633452",
    residence_address="Champ de Mars, 5 Av. Anatole France, 75007 Paris, France",
)
created = create_customer.sync(client=client, body=alex)
found = find_customers.sync(client=client, body=FindCustomersRequest(email="alexsmith@mail.com"))
assert [customer.wallet_id for customer in found.data] == [created.data.wallet_id]
print(created.data.wallet_id)
