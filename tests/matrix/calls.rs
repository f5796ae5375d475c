//! One combination: a fault, a kind of server, and a handful of calls at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kunacore::{Client, NewCustomer, Outcome};
use kunacore_sandbox::{Operation, Sandbox};
use tokio::task::JoinSet;

use crate::faults::{Case, STRIKES};
use crate::oracle::{Counts, Ended, Excuse};
use crate::world::{Find, LONG_SETTLE, SETTLE, World};

/// A customer whose comment tells which call it is from.
pub(crate) fn customer(email: &str, first_name: &str, comment: &str) -> NewCustomer {
    NewCustomer::builder()
        .email(email)
        .first_name(first_name)
        .last_name("Smith")
        .country("FR")
        .verification_document_id("FV633452")
        .residence_address("Champ de Mars, Paris")
        .comment(comment)
        .build()
        .unwrap()
}

/// Who has the e-mail of a call before it begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    Nobody,
    /// The same person, an hour ago.
    Older,
    /// Another person, just now: another system's doing.
    Stranger,
}

/// The e-mail of a call, half of them in a spelling that the server stores otherwise.
pub(crate) fn email(name: &str) -> String {
    format!("{name}@Example.com")
}

/// Creates those who are there before, and gives the id of each older customer.
pub(crate) async fn prepare(server: &Sandbox, client: &Client, calls: &[(String, Before)]) -> Vec<Option<String>> {
    // Somebody who is found, so that an absent customer can be told from a find that finds nobody.
    client.create_customer(&customer("somebody@example.com", "Some", "somebody")).await.unwrap();
    let mut ids = Vec::new();
    for (name, before) in calls {
        ids.push(match before {
            Before::Older => {
                let older = customer(&email(name), "Alex", &format!("older {name}"));
                Some(client.create_customer(&older).await.unwrap().id().to_string())
            }
            _ => None,
        });
    }
    server.advance(Duration::from_secs(3600));
    for (name, before) in calls {
        // Others whose e-mails contain ours, for a find that compares in part.
        for other in 0..3 {
            let similar = customer(&format!("x{other}{}", email(name)), "Alex", "similar");
            client.create_customer(&similar).await.unwrap();
        }
        if *before == Before::Stranger {
            let stranger = customer(&email(name), "Bob", &format!("stranger {name}"));
            client.create_customer(&stranger).await.unwrap();
        }
    }
    ids
}

/// Tries one fault in one world.
pub(crate) async fn combination(name: String, fault: Case, world: World) -> Counts {
    static SOUND: AtomicUsize = AtomicUsize::new(0);
    let server = world.server(SOUND.fetch_add(1, Ordering::Relaxed)).await;
    let settle = if fault.late || world.find == Find::Slow { LONG_SETTLE } else { SETTLE };
    let setup = World { login: false, ..world }.client(&server, settle);
    let kinds = [Before::Nobody, Before::Nobody, Before::Nobody, Before::Older, Before::Stranger];
    assert_eq!(kinds.len() as u64, STRIKES);
    let calls: Vec<(String, Before)> = kinds.into_iter().enumerate().map(|(i, kind)| (format!("c{i}"), kind)).collect();
    let earlier = prepare(&server, &setup, &calls).await;

    let client = world.client(&server, settle);
    let mut rules = fault.rules.clone();
    rules.extend(world.find.fault());
    server.set_faults(&rules).unwrap();
    let mut tasks = JoinSet::new();
    for (index, (call, _)) in calls.iter().enumerate() {
        let (client, new) = (client.clone(), customer(&email(call), "Alex", call));
        tasks.spawn(async move { (index, client.create_customer(&new).detailed().await) });
    }
    let mut ended = Vec::new();
    while let Some(result) = tasks.join_next().await {
        let (index, result) = result.unwrap();
        ended.push(Ended { comment: calls[index].0.clone(), earlier_id: earlier[index].clone(), result });
    }
    if fault.late {
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    let excuse = Excuse {
        sent_twice: fault.name == "sent twice by a gateway",
        find_broken: !world.find.works(),
        find_slow: world.find == Find::Slow,
    };
    let mut counts = Counts::default();
    let ledger = server.ledger().unwrap();
    counts.check(&name, &ledger, &ended, excuse);
    if world.find.works() && fault.rules.iter().all(|rule| rule.operation != Operation::Find) {
        let nobody_before =
            |call: &&Ended| calls.iter().any(|(name, kind)| *name == call.comment && *kind == Before::Nobody);
        counts.check_settled(&name, &ledger, ended.iter().filter(nobody_before));
    }

    // What a user is told to do with an unknown outcome, once the server is well again.
    server.clear_faults();
    if let Some(broken) = world.find.fault() {
        server.set_faults(&[broken]).unwrap();
    }
    let unknown = ended.iter().filter(|call| {
        call.result.as_ref().is_err_and(|error| error.outcome() == Outcome::Unknown && error.candidates().is_empty())
    });
    let mut after = Vec::new();
    for call in unknown.filter(|_| world.find.works()) {
        let new = customer(&email(&call.comment), "Alex", &call.comment);
        let result = client.ensure_customer(&new).detailed().await;
        if let Err(error) = &result {
            counts.broken.push(format!("could not be ensured: {}: {error}\n    {name}", call.comment));
        }
        counts.ensured += usize::from(result.is_ok());
        after.push(Ended { comment: call.comment.clone(), earlier_id: call.earlier_id.clone(), result });
    }
    let mut ensured = Counts::default();
    ensured.check(&format!("{name} (ensured)"), &server.ledger().unwrap(), &after, Excuse::default());
    (ensured.calls, ensured.unknown) = (0, 0);
    counts.add(ensured);
    for broken in &mut counts.broken {
        broken.push_str(&format!("\n    cargo test -p kunacore-tests --test matrix -- --case \"{name}\""));
    }
    counts
}
