//! How fast requests leave, and when none may: against a limit, a plea for slowness, and an outage.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use kunacore_sandbox::{Sandbox, SandboxOptions};

use crate::desk::{Desk, ended, wait};
use crate::front::{Answer, Front};
use crate::table;

/// Milliseconds of the time of a customer's creation, since midnight.
fn milliseconds(created_at: &str) -> f64 {
    let time = created_at.split('T').nth(1).unwrap().trim_end_matches('Z');
    time.split(':').fold(0.0, |sum, part| sum * 60.0 + part.parse::<f64>().unwrap()) * 1000.0
}

#[test]
fn the_rate_settles_at_what_the_server_takes() {
    let limit = 100.0;
    let desk = Desk::with(SandboxOptions { limit: Some(limit), ..SandboxOptions::default() });
    desk.write("customers.csv", table::csv(1..=1200));
    desk.expect(0, &["customers.csv", "--run", "run"]);
    desk.everyone_has_one_wallet("run", 1200);
    let times: Vec<f64> = desk.created().iter().map(|customer| milliseconds(&customer.created_at)).collect();
    // The search for the rate is over in the second half. A block of it may hold one of the server's pauses of a second.
    let mut rates: Vec<f64> =
        times[600..].windows(101).step_by(50).map(|block| 100_000.0 / (block[100] - block[0])).collect();
    rates.sort_by(f64::total_cmp);
    let rate = rates[rates.len() / 2];
    assert!((0.9..=1.1).contains(&(rate / limit)), "{rate} a second: {rates:?}");
}

#[test]
fn nothing_is_sent_before_the_time_is_over_that_the_server_asks_for() {
    let desk = Desk::of(30);
    let pleas = |request: &crate::front::Seen, before: usize| {
        let asks = request.creates() && (before == 5 || before == 12);
        asks.then(|| Answer { status: 429, headers: "retry-after: 1\r\n", body: String::new() })
    };
    let front = Front::before(desk.sandbox.url(), pleas);
    let run = ["customers.csv", "--run", "run", "--concurrency", "1"];
    ended(desk.command_at(&front.url, &run).output().unwrap()).expect(0);
    desk.everyone_has_one_wallet("run", 30);
    let seen = front.seen();
    let creates: Vec<usize> = (0..seen.len()).filter(|index| seen[*index].creates()).collect();
    assert_eq!(creates.len(), 32, "the two that were not taken were sent again");
    for plea in [creates[5], creates[12]] {
        let wait = seen[plea + 1].at - seen[plea].at;
        assert!(wait >= Duration::from_secs(1), "{wait:?}");
    }
}

#[test]
fn while_the_server_is_out_only_look_ups_ask_for_it_and_the_run_goes_on_by_itself() {
    let (rows, in_flight) = (200, 32);
    for unique in [true, false] {
        let desk = Desk::with(SandboxOptions { unique, ..SandboxOptions::default() });
        desk.write("customers.csv", table::csv(1..=rows));
        let (is_out, probes) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (out, asked) = (is_out, probes.clone());
        // It goes out with the sixtieth creation, and is back when it was looked for twice.
        let front = Front::before(desk.sandbox.url(), move |request, before| {
            if request.creates() && before == 60 {
                out.store(true, Ordering::SeqCst);
            }
            if !out.load(Ordering::SeqCst) {
                return None;
            }
            if !request.creates() && asked.fetch_add(1, Ordering::SeqCst) == 1 {
                out.store(false, Ordering::SeqCst);
            }
            Some(Answer::status(503))
        });
        let run = ["customers.csv", "--run", "run", "--concurrency", "32"];
        ended(desk.command_at(&front.url, &run).output().unwrap()).expect(0);
        desk.everyone_has_one_wallet("run", rows);
        let seen = front.seen();
        assert!(probes.load(Ordering::SeqCst) >= 2, "it was looked for");
        // Four more may leave in the places of the first that are not answered. Each row in doubt is sent once more at most.
        let creates = seen.iter().filter(|request| request.creates()).count();
        assert!(creates <= rows + in_flight + 4, "{creates} creations");
    }
}

#[test]
fn a_server_that_is_stopped_and_started_again_is_waited_for() {
    let desk = Desk::of(120);
    let db = Some(desk.path("server.db"));
    let server = Sandbox::start_blocking(SandboxOptions { db: db.clone(), ..SandboxOptions::default() }).unwrap();
    let (listen, url) = (server.address(), server.url().to_owned());
    let process = desk.command_at(&url, &["customers.csv", "--run", "run", "--rate", "100"]).spawn().unwrap();
    wait(|| server.ledger().unwrap().created.len() >= 20);
    server.stop();
    // Long enough for the import to notice.
    std::thread::sleep(Duration::from_millis(1200));
    let server = Sandbox::start_blocking(SandboxOptions { listen, db, ..SandboxOptions::default() }).unwrap();
    ended(process.wait_with_output().unwrap()).expect(0);
    let created = server.ledger().unwrap().created;
    let emails: std::collections::HashSet<_> = created.iter().map(|customer| &customer.email).collect();
    assert_eq!((created.len(), emails.len(), desk.rows("run/created.csv").len()), (120, 120, 120));
}
