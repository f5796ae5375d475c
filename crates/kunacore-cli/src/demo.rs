//! `kunacore demo`: the main job, start to end, on a sandbox of its own.

use kunacore::{Client, Credentials, Error, ErrorKind, NewCustomer};
use kunacore_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

use crate::output::{Failure, Output};

/// Creates the documented example customer, shows request and answer, then shows that a second one is refused.
pub(crate) async fn run(output: &Output) -> Result<(), Failure> {
    let sandbox = Sandbox::start(SandboxOptions::default()).await?;
    let client = Client::builder(sandbox.url()).credentials(Credentials::api_key(sandbox.api_key())).build()?;
    let alex = example()?;
    let created = client.create_customer(&alex).detailed().await?;
    let refusal = match client.create_customer(&alex).await {
        Err(error) if error.kind() == ErrorKind::Duplicate => error,
        Err(error) => return Err(error.into()),
        Ok(_) => return Err(Failure::usage("the sandbox created the same customer twice")),
    };
    let in_ledger = sandbox.ledger()?.created.len();

    let request: Value = serde_json::from_str(&alex.to_json()).unwrap_or_default();
    let answer = json!({"data": created.customer.raw()});
    if output.json {
        return output.result(
            &json!({
                "request": request,
                "status": created.status,
                "response": answer,
                "duplicate": {"outcome": refusal.outcome().as_str(), "code": refusal.code(), "status": refusal.status()},
                "created": in_ledger,
            })
            .to_string(),
        );
    }
    output.result(&format!(
        "A sandbox listens on {url}.

1. The documented example customer is created:

POST /v2/customer/create
api-key: (the sandbox's)

{request:#}

The server answers with status {status}:

{answer:#}

   customer id  {id}
   wallet id    {wallet_id}

2. The same customer is sent again, and refused:

   {refused}

   outcome      {outcome}

The sandbox's ledger holds {in_ledger} customer.

Next: `kunacore sandbox` runs a sandbox to program against; `kunacore create --help` creates customers of your own.",
        url = sandbox.url(),
        status = created.status,
        id = created.customer.id(),
        wallet_id = created.customer.wallet_id(),
        refused = refusal.message(),
        outcome = refusal.outcome(),
    ))
}

/// The customer of the API's own documentation.
fn example() -> Result<NewCustomer, Error> {
    NewCustomer::builder()
        .email("alexsmith@mail.com")
        .phone_number("+380991234567")
        .first_name("Alex")
        .last_name("Smith")
        .comment("Alex is a special client. Hi is a refferal of Denis.")
        .external_id("12124d80-dd80-4c70-aa9c-c2aa014cc29e")
        .referral_id("1f44b1c7-9fd4-4d20-b9a4-7aca3646d0d5")
        .country("FR")
        .verification_document_id("FV633452")
        .residence_address("Champ de Mars, 5 Av. Anatole France, 75007 Paris, France")
        .itn("633-123-92-12")
        .build()
}
