//! The cases of `tests/conformance`, which every language runs; their form is described there.

use std::path::Path;
use std::time::Duration;

use kunacore::{Client, Credentials, Customer, CustomerFilter, DuplicateRule, Error, Field, How, Login, NewCustomer};
use kunacore_tests::{Answer, Server};
use serde_json::Value;

#[tokio::test]
async fn every_case_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance");
    let mut count = 0;
    let mut failures = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("a file").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let cases: Vec<Value> =
            serde_json::from_slice(&std::fs::read(&path).expect("readable")).expect("a list of cases");
        for case in cases {
            count += 1;
            if let Err(why) = run(&case).await {
                failures.push(format!("{}: {}\n    {why}", path.file_name().expect("a name").display(), case["name"]));
            }
        }
    }
    println!("{count} conformance cases");
    assert!(count > 150, "only {count} cases were found");
    assert!(failures.is_empty(), "{} of {count} cases fail:\n{}", failures.len(), failures.join("\n"));
}

macro_rules! ensure {
    ($condition:expr, $($why:tt)+) => {
        if !$condition {
            return Err(format!($($why)+));
        }
    };
}

async fn run(case: &Value) -> Result<(), String> {
    let exchanges = case["exchanges"].as_array().expect("exchanges");
    let server = Server::start(exchanges.iter().map(answer).collect()).await.expect("a port");
    let result = call(case, &client(&case["client"], server.url())).await;

    let seen = server.seen();
    ensure!(seen.len() == exchanges.len(), "{} requests were sent, not {}", seen.len(), exchanges.len());
    for (seen, exchange) in seen.iter().zip(exchanges) {
        let expected = &exchange["request"];
        let line = format!("POST {} HTTP/1.1", expected["path"].as_str().expect("a path"));
        ensure!(seen.line == line, "sent {}", seen.line);
        ensure!(seen.body == expected["body"].as_str().expect("a body"), "sent {}", seen.body);
        let listed = expected["headers"].as_object().expect("headers");
        for (name, value) in listed {
            ensure!(seen.header(name) == value.as_str(), "sent {name}: {:?}", seen.header(name));
        }
        for name in ["authorization", "api-key", "merchant_id", "api-version"] {
            ensure!(listed.contains_key(name) || seen.header(name).is_none(), "sent {name}");
        }
    }

    let expected = case["result"].as_object().expect("a result").iter().next().expect("one result");
    match (expected.0.as_str(), result) {
        ("customer", Ok(Found::One(customer, how))) => matches(&customer, how, expected.1),
        ("customers", Ok(Found::Many(customers))) => {
            let expected = expected.1.as_array().expect("a list");
            ensure!(customers.len() == expected.len(), "{} customers", customers.len());
            customers.iter().zip(expected).try_for_each(|(customer, expected)| matches(customer, None, expected))
        }
        ("error", Err(error)) => check_error(&error, expected.1, case),
        (wanted, Ok(_)) => Err(format!("succeeded, but {wanted} was expected")),
        (wanted, Err(error)) => Err(format!("{wanted} was expected: {error}")),
    }
}

enum Found {
    /// A customer, and how it was gained by a call that tells.
    One(Box<Customer>, Option<How>),
    Many(Vec<Customer>),
}

async fn call(case: &Value, client: &Client) -> Result<Found, Error> {
    let (name, arguments) = case["call"].as_object().expect("a call").iter().next().expect("one call");
    let arguments = arguments.as_object().expect("arguments");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    match name.as_str() {
        "create_customer" | "ensure_customer" => {
            let mut builder = NewCustomer::builder();
            for (name, value) in arguments.iter().filter(|(name, _)| *name != "maybe_sent") {
                builder = builder.set(Field::from_name(name).expect("a field"), text(value));
            }
            let customer = builder.build()?;
            let created = if name == "create_customer" {
                client.create_customer(&customer).detailed().await?
            } else {
                let maybe_sent = arguments.get("maybe_sent").is_none_or(|maybe| maybe == true);
                client.ensure_customer(&customer).maybe_sent(maybe_sent).detailed().await?
            };
            Ok(Found::One(Box::new(created.customer), Some(created.how)))
        }
        "find_customers" => {
            let mut filter = CustomerFilter::new();
            for (name, value) in arguments {
                let number = || u32::try_from(value.as_u64().expect("a number")).expect("a small number");
                filter = match name.as_str() {
                    "email" => filter.email(text(value)),
                    "wallet_id" => filter.wallet_id(text(value)),
                    "phone_number" => filter.phone_number(text(value)),
                    "full_name" => filter.full_name(text(value)),
                    "comment" => filter.comment(text(value)),
                    "external_id" => filter.external_id(text(value)),
                    "referral_id" => filter.referral_id(text(value)),
                    "created_from" => filter.created_from(text(value)),
                    "created_to" => filter.created_to(text(value)),
                    "take" => filter.take(number()),
                    "skip" => filter.skip(number()),
                    other => panic!("unknown filter {other}"),
                };
            }
            client.find_customers(&filter).await.map(Found::Many)
        }
        "customer_details" => {
            client.customer_details(text(&arguments["id"])).await.map(|customer| Found::One(Box::new(customer), None))
        }
        other => panic!("unknown call {other}"),
    }
}

fn client(options: &Value, url: &str) -> Client {
    let text = |name: &str| options[name].as_str();
    let credentials = match (text("api_key"), text("access_token")) {
        (Some(key), _) => Credentials::api_key(key),
        (_, Some(token)) => Credentials::access_token(token),
        _ => Login {
            email: text("email").expect("an e-mail").into(),
            password: text("password").expect("a password").into(),
            merchant_id: text("merchant_id").expect("a merchant id").into(),
        }
        .into(),
    };
    let mut builder = Client::builder(url).credentials(credentials);
    for (name, value) in options.as_object().expect("options") {
        let time = || Duration::from_secs_f64(value.as_f64().expect("seconds"));
        let flag = || value.as_bool().expect("true or false");
        builder = match name.as_str() {
            "api_key" | "access_token" | "email" | "password" | "merchant_id" => builder,
            "timeout" => builder.timeout(time()),
            "deadline" => builder.deadline(time()),
            "settle" => builder.settle(time()),
            "max_attempts" => builder.max_attempts(u32::try_from(value.as_u64().expect("a number")).expect("small")),
            "reconcile" => builder.reconcile(flag()),
            "trust_uniqueness" => builder.trust_uniqueness(flag()),
            "duplicate_rules" => builder
                .duplicate_rules(DuplicateRule::list_from_json(value.to_string().as_bytes()).expect("duplicate rules")),
            other => panic!("unknown option {other}"),
        };
    }
    builder.build().expect("a client")
}

fn answer(exchange: &Value) -> Answer {
    if exchange["close"] == true {
        return Answer::Close;
    }
    if exchange["hang"] == true {
        return Answer::Hang;
    }
    let response = &exchange["response"];
    let body = match (&response["repeat"], &response["body"]) {
        (Value::Array(repeat), _) => {
            let times = usize::try_from(repeat[1].as_u64().expect("a number")).expect("a size");
            repeat[0].as_str().expect("text").repeat(times)
        }
        (_, Value::String(text)) => text.clone(),
        (_, value) => value.to_string(),
    };
    let headers = response["headers"].as_object().into_iter().flatten();
    Answer::Reply {
        status: u16::try_from(response["status"].as_u64().expect("a status")).expect("a status"),
        headers: headers.map(|(name, value)| (name.clone(), value.as_str().expect("text").to_owned())).collect(),
        body: body.into_bytes(),
        truncate: response["truncate"] == true,
    }
}

fn matches(customer: &Customer, how: Option<How>, expected: &Value) -> Result<(), String> {
    for (name, value) in expected.as_object().expect("values") {
        let actual = match name.as_str() {
            "id" => Some(customer.id().as_str()),
            "walletId" => Some(customer.wallet_id().as_str()),
            "email" => customer.email(),
            "firstName" => customer.first_name(),
            "lastName" => customer.last_name(),
            "phoneNumber" => customer.phone_number(),
            "comment" => customer.comment(),
            "externalId" => customer.external_id(),
            "referralId" => customer.referral_id(),
            "createdAt" => customer.created_at().and(customer.raw()["createdAt"].as_str()),
            "how" => how.map(How::as_str),
            other => panic!("unknown name {other}"),
        };
        ensure!(actual == value.as_str(), "{name} is {actual:?}, not {value}");
    }
    Ok(())
}

fn ids(customer: &Customer) -> Value {
    serde_json::json!({"id": customer.id().as_str(), "walletId": customer.wallet_id().as_str()})
}

fn check_error(error: &Error, expected: &Value, case: &Value) -> Result<(), String> {
    let texts =
        [error.to_string(), format!("{error:?}"), format!("{error:#?}"), error.message(), error.next().to_owned()];
    for (name, value) in expected.as_object().expect("values") {
        let actual: Value = match name.as_str() {
            "exception" => continue,
            "kind" => format!("{:?}", error.kind()).into(),
            "outcome" => error.outcome().as_str().into(),
            "status" => error.status().into(),
            "code" => error.code().into(),
            "request_id" => error.request_id().into(),
            "retry_after" => error.retry_after().map(|wait| wait.as_secs()).into(),
            "attempts" => error.attempts().into(),
            "problems" => error.problems().iter().map(|p| (p.field().to_owned(), Value::from(p.reason()))).collect(),
            "message" => {
                let wanted = value.as_str().expect("text");
                ensure!(texts[0].contains(wanted), "the text lacks “{wanted}”: {}", texts[0]);
                continue;
            }
            "existing" => error.existing().map(ids).into(),
            "candidates" => error.candidates().iter().map(ids).collect(),
            "may_show" => continue,
            other => panic!("unknown name {other}"),
        };
        ensure!(actual == *value, "{name} is {actual}, not {value}: {error}");
    }
    let sent =
        case["call"].as_object().expect("a call").values().flat_map(|a| a.as_object().expect("arguments").values());
    let may_show = expected["may_show"].as_array().cloned().unwrap_or_default();
    for value in sent.chain(case["client"].as_object().expect("options").values()) {
        if let Some(secret) = value.as_str().map(str::trim).filter(|text| !text.is_empty() && !may_show.contains(value))
        {
            for text in &texts {
                ensure!(!text.contains(secret), "“{secret}” shows: {text}");
            }
        }
    }
    Ok(())
}
