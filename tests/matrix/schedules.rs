//! Random schedules: many calls at once, while faults come and go, all drawn from one seed.

use std::time::Duration;

use kunacore_sandbox::Operation;
use kunacore_tests::random::Random;
use tokio::task::JoinSet;

use crate::calls::{Before, customer, email, prepare};
use crate::faults;
use crate::oracle::{Counts, Ended, Excuse};
use crate::world::{FINDS, Find, LONG_SETTLE, World};

/// How many calls a schedule makes.
const CALLS: u64 = 100;
/// How many of them are under way at once.
const AT_ONCE: usize = 16;
/// After how many calls the faults change.
const PERIOD: usize = 20;

/// Runs the schedule of a seed.
pub(crate) async fn run(seed: u64) -> Counts {
    let mut random = Random::new(seed);
    let mut chance = |of: u64| random.below(of) == 0;
    let (unique, http2, login) = (chance(2), chance(2), chance(3));
    let find = FINDS[usize::try_from(random.below(FINDS.len() as u64)).unwrap()];
    let world = World { http2, login, unique, trusted: unique && random.below(3) == 0, find };
    let name = format!("schedule of seed {seed}: {world}");
    let server = world.server(usize::try_from(random.below(15)).unwrap()).await;
    let setup = World { login: false, ..world }.client(&server, LONG_SETTLE);
    let calls: Vec<(String, Before)> = (0..CALLS)
        .map(|index| {
            let before = match random.below(20) {
                0 => Before::Older,
                1 => Before::Stranger,
                _ => Before::Nobody,
            };
            (format!("c{index:03}"), before)
        })
        .collect();
    let earlier = prepare(&server, &setup, &calls).await;

    let client = world.client(&server, LONG_SETTLE);
    let find_slow = world.find == Find::Slow;
    let mut excuse = Excuse { sent_twice: false, find_broken: !world.find.works(), find_slow };
    let mut tasks = JoinSet::new();
    let mut ended = Vec::new();
    for (index, (call, _)) in calls.iter().enumerate() {
        if index % PERIOD == 0 {
            let mut rules = faults::some(&mut random);
            excuse.sent_twice |= rules.iter().any(|rule| rule.effect == kunacore_sandbox::Effect::Twice {});
            excuse.find_broken |= rules.iter().any(|rule| rule.operation == Operation::Find);
            rules.extend(world.find.fault());
            server.set_faults(&rules).unwrap();
        }
        if tasks.len() == AT_ONCE {
            ended.extend(tasks.join_next().await);
        }
        let (client, call) = (client.clone(), call.clone());
        tasks.spawn(async move {
            let new = customer(&email(&call), "Alex", &call);
            (index, client.create_customer(&new).detailed().await)
        });
    }
    ended.extend(tasks.join_all().await.into_iter().map(Ok));
    tokio::time::sleep(Duration::from_millis(30)).await;
    let ended: Vec<Ended> = ended
        .into_iter()
        .map(|result| {
            let (index, result) = result.unwrap();
            Ended { comment: calls[index].0.clone(), earlier_id: earlier[index].clone(), result }
        })
        .collect();
    let mut counts = Counts::default();
    counts.check(&name, &server.ledger().unwrap(), &ended, excuse);
    for broken in &mut counts.broken {
        broken.push_str(&format!("\n    cargo test -p kunacore-tests --test matrix -- --seed {seed}"));
    }
    counts
}
