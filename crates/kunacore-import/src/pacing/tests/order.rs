//! Who leaves when: in the order of arrival, whoever else is given up; and nobody waits for ever.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kunacore::gate::{Ending, Gate as _, Operation};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::{Instant, timeout};

use super::sim::{seen, send};
use crate::pacing::{Pacer, Pacing};

fn fixed(number: usize) -> Arc<Pacer> {
    Pacer::new(Pacing { concurrency: Some(number), ..Pacing::default() })
}

fn leave(pacer: &Pacer, operation: Operation) {
    pacer.leave(seen(operation, Ending::Answered(200), Instant::now()));
}

/// Requests that come one after the other, and the order in which they leave.
#[derive(Default)]
struct Crowd {
    requests: Vec<JoinHandle<bool>>,
    left: Arc<Mutex<Vec<usize>>>,
}

impl Crowd {
    async fn comes(&mut self, pacer: &Arc<Pacer>, operation: Operation) {
        let (pacer, left, number) = (pacer.clone(), self.left.clone(), self.requests.len());
        self.requests.push(tokio::spawn(async move {
            let leaves = pacer.enter(operation).await;
            if leaves {
                left.lock().unwrap().push(number);
            }
            leaves
        }));
        yield_now().await;
    }

    fn left(&self) -> Vec<usize> {
        self.left.lock().unwrap().clone()
    }

    async fn answers(self) -> Vec<bool> {
        let mut answers = Vec::new();
        for request in self.requests {
            answers.push(request.await.expect("no panic"));
        }
        answers
    }
}

/// Lets all that is woken run.
async fn settle() {
    for _ in 0..50 {
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn requests_leave_in_the_order_in_which_they_came() {
    let (pacer, mut crowd) = (fixed(1), Crowd::default());
    assert!(pacer.enter(Operation::Create).await);
    for operation in [Operation::Create, Operation::Find, Operation::Find, Operation::Create, Operation::Details] {
        crowd.comes(&pacer, operation).await;
    }
    for count in 0..=5 {
        settle().await;
        assert_eq!(crowd.left(), (0..count).collect::<Vec<_>>());
        assert_eq!(pacer.status().waiting, 5 - count);
        leave(&pacer, Operation::Find);
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_overtakes_one_that_is_woken() {
    let (pacer, mut crowd) = (fixed(1), Crowd::default());
    assert!(pacer.enter(Operation::Create).await);
    crowd.comes(&pacer, Operation::Create).await;
    leave(&pacer, Operation::Create);
    // A place is free, but it is the other's.
    let mut newcomer = pacer.enter(Operation::Find);
    assert!(timeout(Duration::ZERO, &mut newcomer).await.is_err());
    settle().await;
    assert_eq!(crowd.left(), [0]);
    leave(&pacer, Operation::Create);
    assert!(newcomer.await);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_given_up_leaves_its_turn_to_the_next() {
    for given_up in 0..4 {
        for woken in [false, true] {
            let (pacer, mut crowd) = (fixed(1), Crowd::default());
            assert!(pacer.enter(Operation::Create).await);
            for operation in [Operation::Create, Operation::Find, Operation::Create, Operation::Find] {
                crowd.comes(&pacer, operation).await;
            }
            if woken {
                leave(&pacer, Operation::Create);
            }
            // Without running in between: the first of them was just woken.
            crowd.requests[given_up].abort();
            if !woken {
                settle().await;
                leave(&pacer, Operation::Create);
            }
            for _ in 0..3 {
                settle().await;
                leave(&pacer, Operation::Find);
            }
            let others: Vec<_> = (0..4).filter(|number| *number != given_up).collect();
            assert_eq!(crowd.left(), others, "woken {woken}");
            let status = pacer.status();
            assert_eq!((status.in_flight, status.waiting, pacer.room()), (0, 0, 1));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_never_asked_for_takes_nothing() {
    let pacer = fixed(1);
    drop(pacer.enter(Operation::Create));
    let idle = pacer.enter(Operation::Find);
    assert!(pacer.enter(Operation::Create).await);
    drop(idle);
    assert_eq!((pacer.status().in_flight, pacer.status().waiting), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn look_ups_and_creations_share_the_places_without_starving() {
    let pacer = fixed(4);
    let began = Instant::now();
    let counts = [Operation::Create, Operation::Find].map(|operation| {
        let pacer = pacer.clone();
        tokio::spawn(async move {
            let mut requests = tokio::task::JoinSet::new();
            let mut count = 0;
            while began.elapsed() < Duration::from_secs(10) {
                while requests.len() < 20 {
                    let pacer = pacer.clone();
                    requests.spawn(async move {
                        send(&pacer, operation, Ending::Answered(200), Duration::from_millis(20)).await
                    });
                }
                requests.join_next().await;
                count += 1;
            }
            count
        })
    });
    for count in counts {
        let count: usize = count.await.expect("no panic");
        assert!((990..=1010).contains(&count), "{count} of 1000, half of what 4 places let through");
    }
}

#[tokio::test(start_paused = true)]
async fn room_is_what_is_free_and_not_waited_for() {
    let (pacer, mut crowd) = (fixed(3), Crowd::default());
    assert_eq!(pacer.room(), 3);
    for room in [2, 1, 0, 0, 0] {
        crowd.comes(&pacer, Operation::Create).await;
        assert_eq!(pacer.room(), room);
    }
    assert_eq!((pacer.status().in_flight, pacer.status().waiting), (3, 2));
    for room in [0, 0, 1, 2, 3] {
        leave(&pacer, Operation::Create);
        settle().await;
        assert_eq!(pacer.room(), room);
    }
    drop(crowd);
}

#[tokio::test(start_paused = true)]
async fn requests_of_all_kinds_leave_at_the_rate_though_no_answer_comes() {
    let pacer = Pacer::new(Pacing { rate: Some(10.0), concurrency: Some(100), ..Pacing::default() });
    let (began, mut crowd) = (Instant::now(), Crowd::default());
    for operation in [Operation::Create, Operation::Find, Operation::Find, Operation::Create, Operation::Find] {
        crowd.comes(&pacer, operation).await;
    }
    let left = crowd.left.clone();
    assert_eq!(crowd.answers().await, [true; 5]);
    assert_eq!((began.elapsed(), left.lock().unwrap().as_slice()), (Duration::from_millis(400), &[0, 1, 2, 3, 4][..]));
}

#[tokio::test(start_paused = true)]
async fn a_login_waits_for_no_place() {
    let (pacer, mut crowd) = (fixed(1), Crowd::default());
    assert!(pacer.enter(Operation::Create).await);
    for _ in 0..3 {
        crowd.comes(&pacer, Operation::Create).await;
    }
    assert!(send(&pacer, Operation::Login, Ending::Answered(200), Duration::from_millis(20)).await);
    assert_eq!((pacer.status().in_flight, pacer.status().requests.login), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn logins_go_first() {
    let pacer = Pacer::new(Pacing { rate: Some(10.0), ..Pacing::default() });
    let mut crowd = Crowd::default();
    for operation in [Operation::Create, Operation::Create, Operation::Find, Operation::Login, Operation::Login] {
        crowd.comes(&pacer, operation).await;
    }
    let left = crowd.left.clone();
    assert_eq!(crowd.answers().await, [true; 5]);
    assert_eq!(*left.lock().unwrap(), [0, 3, 4, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn draining_refuses_creations_and_lets_look_ups_pass() {
    let (pacer, mut crowd) = (fixed(1), Crowd::default());
    assert!(pacer.enter(Operation::Create).await);
    for operation in [Operation::Create, Operation::Create, Operation::Find, Operation::Create] {
        crowd.comes(&pacer, operation).await;
    }
    let closing = pacer.closing();
    pacer.drain();
    closing.await;
    settle().await;
    assert_eq!(pacer.status().waiting, 1);
    assert!(!pacer.enter(Operation::Create).await);
    leave(&pacer, Operation::Create);
    assert_eq!(crowd.answers().await, [false, false, true, false]);
    leave(&pacer, Operation::Find);
    for operation in [Operation::Find, Operation::Details, Operation::Login] {
        assert!(send(&pacer, operation, Ending::Answered(200), Duration::ZERO).await);
    }
}

#[tokio::test(start_paused = true)]
async fn closing_refuses_all_whatever_they_wait_for() {
    for pause in [None, Some(Duration::from_secs(1_000_000))] {
        let (pacer, mut crowd) = (fixed(1), Crowd::default());
        let left = Instant::now();
        assert!(pacer.enter(Operation::Create).await);
        if let Some(pause) = pause {
            let answer = seen(Operation::Find, Ending::Answered(429), left);
            pacer.leave(kunacore::gate::Seen { retry_after: Some(pause), ..answer });
        }
        for operation in [Operation::Create, Operation::Find, Operation::Create, Operation::Find, Operation::Details] {
            crowd.comes(&pacer, operation).await;
        }
        pacer.drain();
        pacer.close();
        assert_eq!(crowd.answers().await, [false; 5]);
        for operation in [Operation::Create, Operation::Find, Operation::Login] {
            assert!(!pacer.enter(operation).await);
        }
        pacer.closing().await;
        assert_eq!((pacer.status().waiting, left.elapsed()), (0, Duration::ZERO));
    }
}

#[tokio::test(start_paused = true)]
async fn requests_are_counted_unless_they_were_surely_not_sent() {
    let pacer = fixed(10);
    for (operation, endings) in [
        (Operation::Create, vec![Ending::Answered(201), Ending::Answered(500), Ending::Lost, Ending::Dropped]),
        (Operation::Find, vec![Ending::TimedOut, Ending::TurnedAway, Ending::NotSent]),
        (Operation::Details, vec![Ending::Answered(404)]),
        (Operation::Login, vec![Ending::NotSent]),
    ] {
        for ending in endings {
            send(&pacer, operation, ending, Duration::ZERO).await;
        }
    }
    let requests = pacer.status().requests;
    assert_eq!([requests.create, requests.find, requests.details, requests.login], [4, 2, 1, 0]);
}
