//! Calls that are given up at every moment of their lives: what is said not to be sent never reaches the server.
//!
//! Threads of their own drive the calls. On a thread of the runtime a call would wake its connection's task there, which
//! then runs after the call has paused, and giving up would hardly ever meet it half-way.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::collections::HashSet;
use std::future::{IntoFuture as _, poll_fn};
use std::task::Poll;
use std::time::{Duration, Instant};

use kunacore::{Client, ClientBuilder, Credentials, Customer, Error, NewCustomer, Outcome};
use kunacore_tests::email;
use kunacore_tests::http2::{self, Reaction};
use kunacore_tests::random::Random;
use kunacore_tests::recorder::Recorder;
use kunacore_tests::warnings::{may_listen, warns_when_dropped};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

const DRIVERS: u64 = 2;

/// For machines that are slower than two old cores.
const LONGEST: Duration = Duration::from_secs(20);

fn runtime() -> Runtime {
    // Every test begins here.
    may_listen();
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn client(url: &str, configure: impl Fn(ClientBuilder) -> ClientBuilder) -> Client {
    let builder = Client::builder(url).credentials(Credentials::api_key("test-api-key"));
    configure(builder.max_attempts(1).reconcile(false)).build().unwrap()
}

fn customer(email: &str) -> NewCustomer {
    let builder = NewCustomer::builder().email(email).first_name("Alex").last_name("Smith").country("FR");
    builder.verification_document_id("FV633452").residence_address("Champ de Mars, 75007 Paris").build().unwrap()
}

/// What is claimed of a creation that ended or was given up.
enum Claim {
    Created,
    Unknown,
    /// Nothing of it reached the server.
    Unsent,
}

impl From<Result<Customer, Error>> for Claim {
    fn from(result: Result<Customer, Error>) -> Self {
        match result.map_err(|error| error.outcome()) {
            Ok(_) => Self::Created,
            Err(Outcome::NotApplied) => Self::Unsent,
            Err(_) => Self::Unknown,
        }
    }
}

/// A call is dropped, and the log is the only one to whom it can say that its request had left.
fn drop_call<T>(call: T) -> Claim {
    if warns_when_dropped(call) { Claim::Unknown } else { Claim::Unsent }
}

/// All claims.
#[derive(Default)]
struct Claims {
    created: usize,
    unknown: usize,
    unsent: Vec<String>,
}

impl Claims {
    fn add(&mut self, email: String, claim: Claim) {
        match claim {
            Claim::Created => self.created += 1,
            Claim::Unknown => self.unknown += 1,
            Claim::Unsent => self.unsent.push(email),
        }
    }

    /// Compares them with the e-mails that reached the server.
    fn check(self, arrived: &[String]) {
        let Self { created, unknown, unsent } = self;
        println!("{created} created, {unknown} unknown, {} not sent; {} arrived", unsent.len(), arrived.len());
        let distinct: HashSet<_> = arrived.iter().collect();
        assert_eq!(distinct.len(), arrived.len(), "none may arrive twice");
        let broken = unsent.iter().filter(|email| distinct.contains(email)).count();
        assert_eq!(broken, 0, "claims that nothing was sent, of customers that arrived");
        assert!(!unsent.is_empty() && !arrived.is_empty(), "some must be given up early, and some late");
    }
}

/// Lets each driver play its share of the rounds, with numbers and a name of its own, and collects what is claimed.
fn drive(runtime: &Runtime, rounds: u64, round: impl Fn(&mut Random, &str, &mut Claims) + Sync) -> Claims {
    let (start, mut random) = (Instant::now(), Random::from_env());
    let drive = |driver: u64, mut random: Random| {
        let _inside = runtime.enter();
        let mut claims = Claims::default();
        for number in (0..rounds / DRIVERS).take_while(|_| start.elapsed() < LONGEST) {
            round(&mut random, &format!("{driver}-{number}"), &mut claims);
        }
        claims
    };
    let all = std::thread::scope(|scope| {
        let spawn = |driver| {
            let random = random.fork();
            scope.spawn(move || drive(driver, random))
        };
        let drivers: Vec<_> = (0..DRIVERS).map(spawn).collect();
        drivers.into_iter().fold(Claims::default(), |mut all, driver| {
            let claims = driver.join().unwrap();
            all.created += claims.created;
            all.unknown += claims.unknown;
            all.unsent.extend(claims.unsent);
            all
        })
    });
    println!("{:?} for at most {rounds} rounds", start.elapsed());
    all
}

#[test]
fn a_call_that_is_dropped_warns_or_has_sent_nothing() {
    let (runtime, server) = (runtime(), Recorder::start().unwrap());
    let client = client(server.url(), |builder| builder);
    let claims = drive(&runtime, 100_000, |random, name, claims| {
        let email = format!("{name}@example.com");
        let customer = customer(&email);
        let mut call = client.create_customer(&customer).into_future();
        let moment = Instant::now() + Duration::from_micros(random.below(300));
        let claim = runtime.block_on(async {
            loop {
                if let Poll::Ready(result) = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await {
                    return result.into();
                }
                if Instant::now() >= moment {
                    return drop_call(call);
                }
                tokio::task::yield_now().await;
            }
        });
        claims.add(email, claim);
    });
    drop(client);
    claims.check(&server.emails());
}

/// Waits until the timers of a runtime, which tick once a millisecond from its birth on, will tick in less than `before`.
fn await_tick(born: Instant, before: Duration) {
    let since = || Duration::from_nanos(u64::from(born.elapsed().subsec_nanos() % 1_000_000));
    while Duration::from_millis(1) - since() > before {
        std::hint::spin_loop();
    }
}

#[test]
fn a_timeout_is_not_applied_only_if_nothing_was_sent() {
    let born = Instant::now();
    let (runtime, server) = (runtime(), Recorder::start().unwrap());
    // A worker that is never idle looks at the timers all the time; else they wait for an event on a connection.
    runtime.spawn(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
    let client = client(server.url(), |builder| builder.timeout(Duration::from_nanos(1)));
    let claims = drive(&runtime, 5_000, |random, name, claims| {
        let email = format!("{name}@example.com");
        await_tick(born, Duration::from_micros(1 + random.below(200)));
        let claim = runtime.block_on(client.create_customer(&customer(&email)).into_future()).into();
        claims.add(email, claim);
    });
    claims.check(&server.emails());
}

#[test]
fn a_call_that_gives_up_waiting_for_a_stream_has_sent_nothing() {
    const CALLS: u64 = 32;
    let runtime = runtime();
    // Two of three requests are answered at once. The third holds the only stream until its caller gives up.
    let mut requests = 0;
    let react = move |stream| {
        requests += 1;
        Reaction::Write(if requests % 3 == 0 { Vec::new() } else { http2::created(stream, "1", "2") })
    };
    let server = runtime.block_on(http2::Server::start(1, react)).unwrap();
    let client = client(server.url(), |builder| builder.http2_prior_knowledge(true));
    // A client learns of the limit with the first answer.
    runtime.block_on(client.create_customer(&customer("first@example.com")).into_future()).unwrap();
    let claims = drive(&runtime, 400, |random, name, claims| {
        let mut calls = JoinSet::new();
        for call in 0..CALLS {
            let (client, email) = (client.clone(), format!("{name}-{call}@example.com"));
            let (drops, limit) = (random.below(2) == 0, Duration::from_millis(5 + random.below(15)));
            let call = async move {
                let customer = customer(&email);
                let claim = if drops {
                    let mut call = client.create_customer(&customer).into_future();
                    match tokio::time::timeout(limit, &mut call).await {
                        Ok(result) => result.into(),
                        Err(_) => drop_call(call),
                    }
                } else {
                    client.create_customer(&customer).deadline(limit).await.into()
                };
                (email, claim)
            };
            calls.spawn_on(call, runtime.handle());
        }
        for (email, claim) in runtime.block_on(calls.join_all()) {
            claims.add(email, claim);
        }
    });
    // When another is answered, all that was given up before has been dealt with.
    let another = |number: u32| {
        let customer = customer(&format!("{number}@example.com"));
        runtime.block_on(client.create_customer(&customer).deadline(Duration::from_millis(100)).into_future())
    };
    assert!((0..3).any(|number| another(number).is_ok()));
    let arrived: Vec<_> = server.bodies().iter().map(|body| email(body).to_owned()).collect();
    claims.check(&arrived);
}
