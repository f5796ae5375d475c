//! The outcome of a call is a fold over its attempts: what each of them showed, and what it leaves of the call.
//!
//! An attempt that may have created the customer taints the call for good: whatever a later attempt says, the call can then
//! only end as created, or as unknown, or by a look-up. An answer that says "created" but cannot be read seals the call:
//! nothing may be sent any more, whatever a look-up says. This module decides and does nothing else; see `send` for the
//! doing.

/// What one attempt to create showed, when it did not show the customer. (An answer with the customer ends the call,
/// whatever came before.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Its body was revoked before the first byte left.
    NotSent,
    /// The server's HTTP/2 layer says that it did not act.
    TurnedAway,
    /// 429: taken as "not acted on" by convention.
    Throttled,
    /// A definite refusal.
    Refused,
    /// A refusal that is, or may be, for a customer that exists: only a look-up can tell whose.
    Contested,
    /// The server may have acted.
    Lost,
    /// The server most likely acted, and said so in an answer that cannot be read (a 2xx), or sent us elsewhere after
    /// acting (302, 303).
    Sealed,
}

/// What the attempts so far leave of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Every attempt is proved not to have acted.
    Clean,
    /// One of them may have acted.
    Tainted,
    /// One of them most likely acted: nothing more is sent.
    Sealed,
}

/// What an attempt asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Send again, as far as attempts, budget and deadline allow; else the call was not applied.
    Resend,
    /// The refusal is final.
    Refuse,
    /// The refusal is final; a look-up may name the customer that exists.
    Inquire,
    /// Only a look-up can settle it. If it proves that there is no such customer, one more attempt is allowed where
    /// `resend` says so; else the outcome is unknown.
    Reconcile {
        /// Whether the customer may be sent once more.
        resend: bool,
    },
}

/// Adds one attempt.
pub(crate) fn step(before: Standing, class: Class) -> (Standing, Next) {
    let after = match (before, class) {
        (Standing::Sealed, _) | (_, Class::Sealed) => Standing::Sealed,
        (Standing::Tainted, _) | (_, Class::Lost) => Standing::Tainted,
        (Standing::Clean, _) => Standing::Clean,
    };
    let next = match (before, class) {
        (Standing::Clean, Class::NotSent | Class::TurnedAway | Class::Throttled) => Next::Resend,
        (Standing::Clean, Class::Refused) => Next::Refuse,
        (Standing::Clean, Class::Contested) => Next::Inquire,
        (Standing::Clean, Class::Lost) => Next::Reconcile { resend: true },
        // The one attempt that a tainted call may make after a look-up was made.
        _ => Next::Reconcile { resend: false },
    };
    (after, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Class; 7] = [
        Class::NotSent,
        Class::TurnedAway,
        Class::Throttled,
        Class::Refused,
        Class::Contested,
        Class::Lost,
        Class::Sealed,
    ];

    /// Every sequence of up to four classes that a call can meet, with what its last step gave. Look-ups are taken to
    /// allow every resend that the fold allows, the worst case for the promises below.
    fn sequences() -> Vec<(Vec<Class>, Standing, Next)> {
        let mut all = Vec::new();
        let mut open = vec![(Vec::new(), Standing::Clean)];
        while let Some((classes, standing)) = open.pop() {
            for class in ALL {
                let mut longer: Vec<Class> = classes.clone();
                longer.push(class);
                let (after, next) = step(standing, class);
                if longer.len() < 4 && matches!(next, Next::Resend | Next::Reconcile { resend: true }) {
                    open.push((longer.clone(), after));
                }
                all.push((longer, after, next));
            }
        }
        all
    }

    fn proves_nothing_happened(class: Class) -> bool {
        matches!(class, Class::NotSent | Class::TurnedAway | Class::Throttled)
    }

    fn may_have_acted(class: Class) -> bool {
        matches!(class, Class::Lost | Class::Sealed)
    }

    #[test]
    fn there_are_sequences_of_every_length() {
        let lengths: Vec<usize> = sequences().iter().map(|(classes, ..)| classes.len()).collect();
        // A clean call goes on after 3 classes, a tainted one after none.
        let expected = [7, (3 + 1) * 7, (9 + 3) * 7, (27 + 9) * 7];
        for (length, count) in expected.into_iter().enumerate() {
            assert_eq!(lengths.iter().filter(|known| **known == length + 1).count(), count, "of {}", length + 1);
        }
    }

    #[test]
    fn a_call_was_not_applied_only_if_every_attempt_was_not() {
        for (classes, _, next) in sequences() {
            if next == Next::Resend {
                assert!(classes.iter().all(|class| proves_nothing_happened(*class)), "{classes:?}");
            }
        }
    }

    #[test]
    fn a_call_is_refused_on_the_server_s_word_only_if_no_attempt_may_have_acted() {
        for (classes, _, next) in sequences() {
            if matches!(next, Next::Refuse | Next::Inquire) {
                assert!(!classes.iter().any(|class| may_have_acted(*class)), "{classes:?}");
            }
        }
    }

    #[test]
    fn what_may_have_acted_taints_for_good() {
        for (classes, standing, next) in sequences() {
            if classes.iter().any(|class| may_have_acted(*class)) {
                assert_ne!(standing, Standing::Clean, "{classes:?}");
                assert!(matches!(next, Next::Reconcile { .. }), "{classes:?}");
            } else {
                assert_eq!(standing, Standing::Clean, "{classes:?}");
            }
        }
    }

    #[test]
    fn nothing_is_sent_after_a_seal_and_once_at_most_after_a_taint() {
        for (classes, standing, next) in sequences() {
            let before_last = &classes[..classes.len() - 1];
            assert!(!before_last.contains(&Class::Sealed), "{classes:?}");
            assert!(before_last.iter().filter(|class| **class == Class::Lost).count() <= 1, "{classes:?}");
            if let Some(taint) = before_last.iter().position(|class| *class == Class::Lost) {
                assert_eq!(taint + 1, before_last.len(), "one attempt after the taint: {classes:?}");
            }
            if standing == Standing::Sealed {
                assert_eq!(next, Next::Reconcile { resend: false }, "{classes:?}");
            }
        }
    }
}
