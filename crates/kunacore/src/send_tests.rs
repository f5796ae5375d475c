//! Every sequence of events that a creation can meet, against the rules stated as properties; time leaps.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use super::*;
use crate::error::Parts;
use crate::judge::LOOK_FIRST;
use crate::retry::Budget;
use serde_json::json;

const SETTLE: Duration = Duration::from_secs(30);
/// How long every attempt takes.
const ATTEMPT: Duration = Duration::from_secs(1);
/// The server's clock when a test begins.
const SERVER_START: u64 = 1_800_000_000;

/// What a look-up shows.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shows {
    /// One customer, who matches, created so many seconds after the call began, or before.
    Match(i64),
    /// Another person, created while the call went on.
    Stranger,
    /// That one, and a customer from before who matches.
    Both,
    /// Another person, and perhaps more that could not be read.
    Half,
    Absent,
    Unproven,
    Inconclusive,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    Created(Class),
    Looked(Shows),
}

/// A server that plays a script: the classes one by one (then success), the look-ups one by one (the last again and again).
struct Script {
    began: Instant,
    classes: Vec<Class>,
    shows: Vec<Shows>,
    /// What happened, with when it began.
    log: Mutex<Vec<(Instant, Event)>>,
}

impl Script {
    fn new(classes: &[Class], shows: &[Shows]) -> Self {
        Self { began: clock::now(), classes: classes.to_vec(), shows: shows.to_vec(), log: Mutex::default() }
    }

    fn log(&self) -> Vec<(Instant, Event)> {
        self.log.lock().unwrap().clone()
    }

    fn count(&self, creates: bool) -> usize {
        self.log().iter().filter(|(_, event)| matches!(event, Event::Created(_)) == creates).count()
    }

    /// The classes that were used up, and whether the last create succeeded.
    fn used(&self) -> Vec<Class> {
        let classes = self.log().into_iter().filter_map(|(_, event)| match event {
            Event::Created(class) => Some(class),
            Event::Looked(_) => None,
        });
        classes.collect()
    }
}

fn found(id: &str, first_name: &str, seconds: i64) -> Customer {
    let created = jiff::Timestamp::from_second(i64::try_from(SERVER_START).unwrap() + seconds).unwrap();
    Customer::read(json!({"id": id, "walletId": "w", "firstName": first_name, "createdAt": created.to_string()}))
        .unwrap()
}

fn failure(class: Class) -> Error {
    let kind = match class {
        Class::NotSent | Class::TurnedAway => ErrorKind::Unavailable,
        Class::Throttled => ErrorKind::RateLimited,
        Class::Refused => ErrorKind::Rejected,
        Class::Contested => ErrorKind::Duplicate,
        Class::Lost | Class::Sealed => ErrorKind::Unknown,
    };
    Parts::new(kind, format!("{class:?}"), "…", LOOK_FIRST).into()
}

impl Server for Script {
    async fn create(&self, before: u32) -> Attempt {
        let class = self.classes.get(usize::try_from(before).unwrap());
        let began = clock::now();
        tokio::time::sleep(ATTEMPT).await;
        let result = match class {
            Some(class) => {
                self.log.lock().unwrap().push((began, Event::Created(*class)));
                Err((*class, failure(*class)))
            }
            None => Ok((found("new", "Alex", 0), Facts::none())),
        };
        Attempt { times: 1, result }
    }

    async fn look_up(&self) -> Sighting {
        let looked = self.count(false);
        let shows = self.shows[looked.min(self.shows.len() - 1)];
        self.log.lock().unwrap().push((clock::now(), Event::Looked(shows)));
        let customer = match shows {
            Shows::Match(seconds) => found("found", "Alex", seconds),
            Shows::Stranger | Shows::Both | Shows::Half => found("stranger", "Bob", 1),
            Shows::Absent => return Sighting::Absent,
            Shows::Unproven => return Sighting::Unproven,
            Shows::Inconclusive => return Sighting::Inconclusive(failure(Class::NotSent)),
        };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(SERVER_START) + self.began.elapsed();
        Sighting::Present(Hits {
            customers: match shows {
                Shows::Both => vec![customer, found("found", "Alex", -3600)],
                _ => vec![customer],
            },
            complete: shows != Shows::Half,
            server_time: Some((now, clock::now())),
            status: 200,
            ..Hits::default()
        })
    }
}

fn alex() -> NewCustomer {
    NewCustomer::builder()
        .email("alexsmith@mail.com")
        .first_name("Alex")
        .last_name("Smith")
        .country("FR")
        .verification_document_id("FV633452")
        .residence_address("Champ de Mars, Paris")
        .build()
        .expect("valid")
}

fn options() -> Options {
    Options { settle: Some(SETTLE), deadline: Duration::from_secs(600), ..Options::default() }
}

async fn create(script: &Script, options: Options) -> Result<Gained, Error> {
    let (customer, budget, deadline) = (alex(), Budget::new(), Deadline::after(options.deadline));
    let creation = Creation { server: script, customer: &customer, options, deadline, paced: false };
    creation.run(Retry::new(&budget, deadline, &options)).await
}

async fn ensure(script: &Script, maybe_sent: bool, options: Options) -> Result<Gained, Error> {
    let (customer, budget, deadline) = (alex(), Budget::new(), Deadline::after(options.deadline));
    let creation = Creation { server: script, customer: &customer, options, deadline, paced: false };
    creation.ensure(maybe_sent, Retry::new(&budget, deadline, &options)).await
}

const CLASSES: [Class; 7] =
    [Class::NotSent, Class::TurnedAway, Class::Throttled, Class::Refused, Class::Contested, Class::Lost, Class::Sealed];

const SHOWS: [Shows; 7] = [
    Shows::Match(1),
    Shows::Match(-60),
    Shows::Match(-3600),
    Shows::Stranger,
    Shows::Absent,
    Shows::Unproven,
    Shows::Inconclusive,
];

/// Every sequence of up to three classes (a success follows) with every pair of sights.
fn scripts() -> Vec<(Vec<Class>, Vec<Shows>)> {
    let mut sequences: Vec<Vec<Class>> = vec![vec![]];
    for length in 0..3 {
        let longer = sequences.iter().filter(|known| known.len() == length).flat_map(|known| {
            CLASSES.map(|class| {
                let mut longer = known.clone();
                longer.push(class);
                longer
            })
        });
        sequences.extend(longer.collect::<Vec<_>>());
    }
    let pairs: Vec<Vec<Shows>> = SHOWS.iter().flat_map(|one| SHOWS.map(|two| vec![*one, two])).collect();
    sequences.iter().flat_map(|classes| pairs.iter().map(|shows| (classes.clone(), shows.clone()))).collect()
}

fn may_have_acted(class: Class) -> bool {
    matches!(class, Class::Lost | Class::Sealed)
}

/// Checks one call that ended, against the promises of the crate.
fn check(script: &Script, result: &Result<Gained, Error>, trust: bool) {
    let (log, used) = (script.log(), script.used());
    let tainted = used.iter().any(|class| may_have_acted(*class));
    assert!(!used[..used.len().saturating_sub(1)].contains(&Class::Sealed), "sent after a seal");

    // Whatever was sent after an attempt that may have acted had the proof.
    let lost = log.iter().position(|(_, event)| *event == Event::Created(Class::Lost));
    let sent_after = lost.is_some_and(|at| {
        log[at + 1..].iter().any(|(_, event)| matches!(event, Event::Created(_)))
            || result.as_ref().is_ok_and(|gained| gained.how == How::Created)
    });
    if let (Some(at), true) = (lost, sent_after) {
        let until = log[at + 1..].iter().position(|(_, event)| matches!(event, Event::Created(_)));
        let looks: Vec<_> = log[at + 1..until.map_or(log.len(), |until| at + 1 + until)].iter().collect();
        assert!(looks.iter().all(|(_, look)| !matches!(look, Event::Looked(Shows::Match(_) | Shows::Stranger))));
        if trust {
            assert!(!looks.is_empty());
        } else {
            let absents = looks.iter().filter(|(_, look)| *look == Event::Looked(Shows::Absent)).count();
            let (last, look) = looks.last().expect("look-ups");
            assert!(absents >= 2 && *look == Event::Looked(Shows::Absent));
            assert!(*last >= log[at].0 + ATTEMPT + SETTLE, "before the server was done");
        }
    }

    let shown = |shows: &[Shows]| log.iter().any(|(_, event)| matches!(event, Event::Looked(s) if shows.contains(s)));
    match result {
        Ok(gained) if gained.how == How::Created => assert_eq!(gained.customer.id().as_str(), "new"),
        Ok(gained) => {
            assert_eq!((gained.how, gained.customer.id().as_str()), (How::Reconciled, "found"));
            assert!(tainted && shown(&[Shows::Match(1)]), "not ours to take");
        }
        Err(error) => match error.outcome() {
            Outcome::NotApplied => assert!(!tainted && !used.is_empty()),
            Outcome::Rejected if tainted => {
                assert_eq!(error.existing().map(|customer| customer.id().as_str()), Some("found"));
                assert!(shown(&[Shows::Match(-3600)]), "only a look-up may say so");
            }
            Outcome::Rejected => assert!(matches!(used.last(), Some(Class::Refused | Class::Contested))),
            Outcome::Unknown => {
                assert!(tainted, "nothing may have been created");
                if !shown(&[Shows::Match(1), Shows::Match(-60), Shows::Match(-3600), Shows::Stranger]) {
                    assert_eq!(error.candidates(), []);
                }
            }
        },
    }
}

#[tokio::test(start_paused = true)]
async fn every_sequence_keeps_the_promises() {
    let (mut count, mut resent) = (0, 0);
    for (classes, shows) in scripts() {
        for trust_uniqueness in [false, true] {
            let script = Script::new(&classes, &shows);
            let result = create(&script, Options { trust_uniqueness, ..options() }).await;
            let caught = std::panic::catch_unwind(|| check(&script, &result, trust_uniqueness));
            assert!(caught.is_ok(), "{classes:?} {shows:?} trust {trust_uniqueness}: {:?}\n{result:?}", script.log());
            count += 1;
            let lost = classes.first() == Some(&Class::Lost);
            resent += u32::from(lost && script.used().len() + usize::from(result.is_ok()) > 1);
        }
    }
    println!("{count} scripts, {resent} sent again after a loss");
    assert!(count == 400 * 49 * 2 && resent > 1000, "{count} {resent}");
}

#[tokio::test(start_paused = true)]
async fn a_customer_that_appears_late_is_ours_and_soon_noticed() {
    let script = Script::new(&[Class::Lost], &[Shows::Absent, Shows::Absent, Shows::Match(1)]);
    let gained = create(&script, options()).await.expect("reconciled");
    assert_eq!((gained.how, gained.attempts, gained.status), (How::Reconciled, 1, 200));
    assert!(script.began.elapsed() < Duration::from_secs(10), "{:?}", script.began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_absent_customer_is_sent_once_more_when_the_server_is_done() {
    let script = Script::new(&[Class::Lost], &[Shows::Absent]);
    let gained = create(&script, options()).await.expect("created");
    assert_eq!((gained.how, gained.attempts), (How::Created, 2));
    let elapsed = script.began.elapsed();
    assert!((SETTLE..SETTLE + 4 * ATTEMPT).contains(&elapsed), "{elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn where_the_server_refuses_duplicates_nothing_is_waited_for() {
    let script = Script::new(&[Class::Lost], &[Shows::Unproven]);
    let gained = create(&script, Options { trust_uniqueness: true, ..options() }).await.expect("created");
    assert_eq!((gained.how, gained.attempts), (How::Created, 2));
    assert!(script.began.elapsed() < Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn up_to_a_deadline_before_the_server_must_be_done_it_is_looked_for_but_never_sent_again() {
    let script = Script::new(&[Class::Lost], &[Shows::Absent]);
    let error = create(&script, Options { deadline: SETTLE, ..options() }).await.expect_err("unknown");
    assert_eq!((error.outcome(), script.count(true)), (Outcome::Unknown, 1));
    assert!(error.to_string().contains("The deadline left no time"), "{error}");
    assert!((2..8).contains(&script.count(false)), "{} look-ups", script.count(false));
    let script = Script::new(&[Class::Lost], &[Shows::Absent, Shows::Absent, Shows::Match(1)]);
    let gained = create(&script, Options { deadline: SETTLE, ..options() }).await.expect("it turned up");
    assert_eq!((gained.how, script.count(true)), (How::Reconciled, 1));
}

#[tokio::test(start_paused = true)]
async fn without_reconcile_nothing_is_looked_up() {
    for class in [Class::Lost, Class::Sealed, Class::Contested] {
        let script = Script::new(&[class], &[Shows::Match(1)]);
        let error = create(&script, Options { reconcile: false, ..options() }).await.expect_err("an error");
        assert_eq!((script.count(true), script.count(false)), (1, 0));
        assert_eq!(error.outcome() == Outcome::Unknown, may_have_acted(class));
    }
}

#[tokio::test(start_paused = true)]
async fn what_stays_unknown_says_why() {
    for (classes, shows, code) in [
        (&[Class::Lost][..], Shows::Inconclusive, Some("lookup_inconclusive")),
        (&[Class::Lost], Shows::Unproven, Some("lookup_inconclusive")),
        (&[Class::Lost], Shows::Stranger, Some("conflict")),
        (&[Class::Lost], Shows::Match(-60), Some("conflict")),
        (&[Class::Lost, Class::Contested], Shows::Absent, Some("lookup_contradicts")),
        (&[Class::Lost, Class::Lost], Shows::Absent, None),
        (&[Class::Sealed], Shows::Absent, None),
    ] {
        let script = Script::new(classes, &[shows]);
        let error = create(&script, options()).await.expect_err("unknown");
        assert_eq!((error.outcome(), error.code()), (Outcome::Unknown, code), "{classes:?} {shows:?}: {error}");
        assert_eq!(error.candidates().len(), usize::from(code == Some("conflict")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_duplicate_names_the_customer_that_exists() {
    let script = Script::new(&[Class::Contested], &[Shows::Stranger]);
    let error = create(&script, options()).await.expect_err("a duplicate");
    assert_eq!((error.kind(), script.count(false)), (ErrorKind::Duplicate, 1));
    assert_eq!(error.existing().map(|customer| customer.id().as_str()), Some("stranger"));
    let script = Script::new(&[Class::Contested], &[Shows::Inconclusive]);
    let error = create(&script, options()).await.expect_err("a duplicate");
    assert_eq!((error.outcome(), error.existing()), (Outcome::Rejected, None));
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_that_find_does_not_show_yet_is_waited_for_but_not_for_ever() {
    let script = Script::new(&[Class::Contested], &[Shows::Absent, Shows::Absent, Shows::Match(1)]);
    let error = create(&script, options()).await.expect_err("a duplicate");
    assert_eq!(error.existing().map(|customer| customer.id().as_str()), Some("found"));
    assert!(script.began.elapsed() < SETTLE / 2);
    let script = Script::new(&[Class::Contested], &[Shows::Absent]);
    let error = create(&script, options()).await.expect_err("a duplicate");
    assert_eq!((error.outcome(), error.existing(), script.count(true)), (Outcome::Rejected, None, 1));
    assert!(script.began.elapsed() < SETTLE + 2 * ATTEMPT);
}

#[tokio::test(start_paused = true)]
async fn ensuring_adopts_who_is_there_whenever_created() {
    for shows in [Shows::Match(1), Shows::Match(-60), Shows::Match(-3600)] {
        let script = Script::new(&[], &[shows]);
        let gained = ensure(&script, true, options()).await.expect("adopted");
        assert_eq!((gained.how, gained.attempts, script.count(true)), (How::Adopted, 0, 0));
        assert_eq!(script.began.elapsed(), Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn ensuring_creates_who_is_absent_when_an_earlier_request_must_be_done() {
    let script = Script::new(&[], &[Shows::Absent]);
    let gained = ensure(&script, true, options()).await.expect("created");
    assert_eq!((gained.how, gained.attempts), (How::Created, 1));
    assert!(script.began.elapsed() >= SETTLE);
    assert!(script.count(false) >= 2);

    for (maybe_sent, trust_uniqueness, shows) in [
        (false, false, Shows::Absent),
        (false, false, Shows::Unproven),
        (true, true, Shows::Absent),
        (true, true, Shows::Unproven),
        (true, true, Shows::Inconclusive),
    ] {
        let script = Script::new(&[], &[shows]);
        let gained = ensure(&script, maybe_sent, Options { trust_uniqueness, ..options() }).await.expect("created");
        assert_eq!((gained.how, script.began.elapsed(), script.count(false)), (How::Created, ATTEMPT, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn ensuring_creates_nobody_on_a_look_up_that_tells_nothing() {
    for (maybe_sent, shows, outcome) in [
        (true, Shows::Inconclusive, Outcome::Unknown),
        (true, Shows::Unproven, Outcome::Unknown),
        (false, Shows::Inconclusive, Outcome::NotApplied),
    ] {
        let script = Script::new(&[], &[shows]);
        let error = ensure(&script, maybe_sent, options()).await.expect_err("not known");
        assert_eq!((error.outcome(), script.count(true)), (outcome, 0), "{maybe_sent} {shows:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn ensuring_refuses_another_person_once_an_earlier_request_must_be_done() {
    let script = Script::new(&[], &[Shows::Stranger]);
    let error = ensure(&script, true, options()).await.expect_err("another person");
    assert_eq!((error.outcome(), error.code()), (Outcome::Rejected, Some("conflict")));
    assert!(error.existing().is_some() && script.began.elapsed() >= SETTLE);
    let script = Script::new(&[], &[Shows::Stranger, Shows::Match(1)]);
    assert_eq!(ensure(&script, true, options()).await.expect("ours appeared").how, How::Adopted);
    let script = Script::new(&[], &[Shows::Stranger]);
    ensure(&script, false, options()).await.expect_err("another person");
    assert_eq!(script.began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn ensuring_refuses_nobody_on_half_a_look_up() {
    for maybe_sent in [true, false] {
        let script = Script::new(&[], &[Shows::Half]);
        let error = ensure(&script, maybe_sent, options()).await.expect_err("not known");
        assert_eq!((error.outcome(), script.count(true)), (Outcome::Unknown, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn ensuring_adopts_what_its_own_lost_request_may_have_created() {
    // Created shortly before, by the server's clock: whether by this call cannot be told, and does not matter here.
    let script = Script::new(&[Class::Lost], &[Shows::Absent, Shows::Match(-60)]);
    let gained = ensure(&script, false, options()).await.expect("adopted");
    assert_eq!((gained.how, gained.attempts), (How::Adopted, 1));
}

#[tokio::test(start_paused = true)]
async fn ensuring_at_the_same_time_as_another_adopts_what_the_other_created() {
    let script = Script::new(&[Class::Contested], &[Shows::Absent, Shows::Match(1)]);
    let gained = ensure(&script, false, options()).await.expect("adopted");
    assert_eq!((gained.how, gained.attempts), (How::Adopted, 1));
    let script = Script::new(&[Class::Contested], &[Shows::Absent, Shows::Stranger]);
    let error = ensure(&script, false, options()).await.expect_err("another person");
    assert_eq!((error.outcome(), error.code()), (Outcome::Rejected, Some("conflict")));
    let script = Script::new(&[Class::Contested], &[Shows::Absent, Shows::Both]);
    let gained = ensure(&script, false, options()).await.expect("adopted beside another person");
    assert_eq!(gained.customer.id().as_str(), "found");
}

#[tokio::test(start_paused = true)]
async fn ensuring_with_too_little_time_left_creates_nothing() {
    let script = Script::new(&[], &[Shows::Absent]);
    let error = ensure(&script, true, Options { deadline: SETTLE / 2, ..options() }).await.expect_err("too soon");
    assert_eq!((error.outcome(), script.count(true)), (Outcome::Unknown, 0));
    let script = Script::new(&[], &[Shows::Absent, Shows::Match(1)]);
    let gained = ensure(&script, true, Options { deadline: SETTLE / 2, ..options() }).await.expect("it turned up");
    assert_eq!(gained.how, How::Adopted);
}

#[path = "send_row_tests.rs"]
mod rows;
