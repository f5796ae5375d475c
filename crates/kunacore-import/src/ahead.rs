//! Reading ahead: what is read next is read and decoded on a thread of its own, while what came before it is worked on.
//!
//! Whoever works sees the same items in the same order, errors among them, as if it read them itself. A panic of the reading
//! goes on where the item was asked for: it must never look like the end, since the rest of a table would be taken for no rows.
//!
//! The thread has ended when this returns. Where a read may wait for somebody else, as that of a pipe, and the work stops
//! early, that could take for ever; such things must not be read ahead.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, ScopedJoinHandle};

/// How many items wait at most. One more is being read.
const AHEAD: usize = 2;

/// Works on items that are read ahead; where the system gives no thread, they are read when they are asked for.
pub(crate) fn read_ahead<I, T>(items: I, work: impl FnOnce(&mut dyn Iterator<Item = I::Item>) -> T) -> T
where
    I: Iterator + Send,
    I::Item: Send,
{
    let name = "kunacore-reader".to_owned();
    read_ahead_on(thread::Builder::new().name(name), items, work)
}

fn read_ahead_on<I, T>(
    thread: thread::Builder,
    mut items: I,
    work: impl FnOnce(&mut dyn Iterator<Item = I::Item>) -> T,
) -> T
where
    I: Iterator + Send,
    I::Item: Send,
{
    thread::scope(|scope| {
        let (read, waiting) = sync_channel(AHEAD);
        // The items are handed over only once there is a thread: one that fails to begin would take them along.
        let (give, given) = sync_channel(1);
        match thread.spawn_scoped(scope, move || fill(&given, &read)) {
            Ok(thread) => {
                // It waits for this and nothing else.
                let _ = give.send(items);
                work(&mut Ahead { waiting, thread: Some(thread) })
            }
            Err(_) => work(&mut items),
        }
    })
}

/// Reads until there is no more, or nobody wants more.
fn fill<I: Iterator>(given: &Receiver<I>, read: &SyncSender<I::Item>) {
    if let Ok(mut items) = given.recv() {
        while items.next().is_some_and(|item| read.send(item).is_ok()) {}
    }
}

/// The items as they come from the thread. Dropped, it lets the thread end after the item that it reads.
struct Ahead<'scope, T> {
    waiting: Receiver<T>,
    /// Until it was seen how it ended.
    thread: Option<ScopedJoinHandle<'scope, ()>>,
}

impl<T> Iterator for Ahead<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let item = self.waiting.recv().ok();
        if item.is_none()
            && let Some(Err(panic)) = self.thread.take().map(ScopedJoinHandle::join)
        {
            resume_unwind(panic);
        }
        item
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread::ThreadId;

    use super::*;

    fn threads(thread: thread::Builder) -> Vec<(u32, ThreadId)> {
        let items = (0..100).map(|number| (number, thread::current().id()));
        read_ahead_on(thread, items, |items| items.collect())
    }

    #[test]
    fn all_items_come_in_their_order_from_another_thread() {
        let found = threads(thread::Builder::new());
        assert!(found.iter().map(|(number, _)| *number).eq(0..100));
        assert!(found.iter().all(|(_, thread)| *thread != thread::current().id()));
    }

    #[test]
    fn without_a_thread_all_items_are_read_in_place() {
        // A name that no thread can have would panic; a stack that no memory can hold only fails.
        let found = threads(thread::Builder::new().stack_size(1 << 60));
        assert!(found.iter().map(|(number, _)| *number).eq(0..100));
        assert!(found.iter().all(|(_, thread)| *thread == thread::current().id()));
    }

    #[test]
    fn an_error_comes_after_what_was_read_before_it() {
        for before in [0, 1, AHEAD, 10] {
            let items = (0..before).map(Ok).chain([Err("damaged")]);
            let found = read_ahead(items, |items| items.collect::<Vec<Result<usize, _>>>());
            assert_eq!(found.len(), before + 1);
            assert!(found[..before].iter().all(Result::is_ok));
            assert_eq!(found[before], Err("damaged"));
        }
    }

    #[test]
    fn a_panic_of_the_reading_is_one_of_the_work_and_never_the_end() {
        for before in [0, 1, AHEAD, 10] {
            let items = (0..=before).map(|number| if number < before { number } else { panic!("a mistake") });
            let (mut seen, mut ended) = (0, false);
            let panic = catch_unwind(AssertUnwindSafe(|| {
                read_ahead(items, |items| {
                    items.for_each(|_| seen += 1);
                    ended = true;
                });
            }));
            assert_eq!(panic.expect_err("a panic").downcast_ref(), Some(&"a mistake"));
            assert_eq!((seen, ended), (before, false));
        }
    }

    #[test]
    fn whoever_stops_early_waits_for_one_item_at_most_and_no_more_are_read() {
        for wanted in [0, 1, 5] {
            let read = AtomicUsize::new(0);
            let items = std::iter::repeat_with(|| read.fetch_add(1, Ordering::Relaxed));
            assert_eq!(read_ahead(items, |items| items.take(wanted).count()), wanted);
            // Those that waited, and the one that was being read, beside those that were taken.
            assert!(read.load(Ordering::Relaxed) <= wanted + AHEAD + 1);
        }
    }

    #[test]
    fn a_panic_of_the_work_ends_the_reading() {
        let items = std::iter::repeat(7);
        let panic = catch_unwind(|| read_ahead(items, |items| panic!("at {:?}", items.next())));
        let panic: Result<(), _> = panic;
        assert_eq!(panic.expect_err("a panic").downcast_ref::<String>().map(String::as_str), Some("at Some(7)"));
    }

    #[test]
    fn after_the_end_there_is_nothing() {
        assert!(read_ahead(0..3, |items| (&mut *items).count() == 3 && items.next().is_none()));
    }
}
