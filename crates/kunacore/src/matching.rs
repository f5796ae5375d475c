//! Is a customer that a look-up found the one that was sent, and is it this call that created it?

use std::time::{Duration, SystemTime};

use unicode_normalization::UnicodeNormalization as _;

use crate::answer::Headers;
use crate::clock::Instant;
use crate::customer::Customer;
use crate::defaults;
use crate::field::Field;
use crate::new_customer::NewCustomer;

/// Whether two e-mails name the same customer: blanks around, case and the form of code points do not count (inferred). To
/// take two for one only costs a look at the names; to take one for two could create it twice.
pub(crate) fn same_email(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim(), other.trim());
    one.eq_ignore_ascii_case(other) || email_key(one) == email_key(other)
}

/// What is the same of all spellings of an e-mail.
pub(crate) fn email_key(email: &str) -> String {
    folded(email)
}

/// The spellings in which a server may store an e-mail that it was sent, each once; the first as it was sent.
pub(crate) fn spellings(email: &str) -> Vec<String> {
    let composed: String = email.trim().nfc().collect();
    let mut all = vec![email.to_owned()];
    for other in [email.trim().to_lowercase(), email.trim().to_owned(), composed.to_lowercase(), composed] {
        if !all.contains(&other) {
            all.push(other);
        }
    }
    all
}

/// Whether a customer with our e-mail is the person that was sent.
///
/// Both external ids decide, where there are both. Else the names: one at least on both sides, and none different. The
/// other fields do not count: the referral id means another thing in answers, and a phone number may come back in another
/// form.
pub(crate) fn matches(sent: &NewCustomer, found: &Customer) -> bool {
    let filled = |id: Option<&'_ str>| id.is_some_and(|id| !id.trim().is_empty());
    let (ours, theirs) = (sent.get(Field::ExternalId), found.external_id());
    if filled(ours) && filled(theirs) {
        return ours == theirs;
    }
    let names = [(sent.get(Field::FirstName), found.first_name()), (sent.get(Field::LastName), found.last_name())];
    let compared: Vec<bool> =
        names.into_iter().filter_map(|(ours, theirs)| Some(folded(ours?) == folded(theirs?))).collect();
    !compared.is_empty() && compared.into_iter().all(|same| same)
}

/// Without blanks around, case, or the difference between a letter and the same letter in two code points.
fn folded(text: &str) -> String {
    // Upper case last: it also makes ß and SS, or both forms of the small sigma, alike.
    text.trim().nfc().collect::<String>().to_lowercase().to_uppercase().nfc().collect()
}

/// What a look-up found for one e-mail.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hits {
    /// Every customer with that e-mail that was seen; at least one.
    pub(crate) customers: Vec<Customer>,
    /// Whether those are all.
    pub(crate) complete: bool,
    /// The server's clock, and our own when its answer was here.
    pub(crate) server_time: Option<(SystemTime, Instant)>,
    /// The status, request id and headers of the last answer.
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
    pub(crate) headers: Headers,
}

impl Hits {
    /// The one that was created last; `None` only of no customers.
    pub(crate) fn newest(&self) -> Option<&Customer> {
        self.customers.iter().max_by_key(|customer| customer.created_at())
    }
}

/// What the hits are to a call that may have created one of them.
#[derive(Debug, PartialEq)]
pub(crate) enum Claim<'a> {
    /// Created by this call.
    Ours(&'a Customer),
    /// Somebody else's from before this call: the newest. Ours may still appear beside it.
    Earlier(&'a Customer),
    /// Created shortly before this call: perhaps somebody else's, perhaps the clocks err. Ours may still appear.
    Unclear,
    /// It can no longer be told: two in the window, another person in it, or no time to go by.
    Conflict,
}

/// When the first attempt began that may have created a customer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Began {
    /// By our clock: an attempt of this call.
    Here(Instant),
    /// By the server's clock: one of an earlier process, where that has noted it.
    There(Option<SystemTime>),
}

/// Judges the hits for a customer that was first sent when `began` says.
pub(crate) fn whose<'a>(hits: &'a Hits, sent: &NewCustomer, began: Began) -> Claim<'a> {
    let start = match began {
        Began::Here(first) => {
            hits.server_time.and_then(|(server, seen)| server.checked_sub(seen.duration_since(first)))
        }
        Began::There(start) => start,
    };
    let Some(start) = start else { return Claim::Conflict };
    let before = |time: Duration| start.checked_sub(time).unwrap_or(SystemTime::UNIX_EPOCH);
    let (window, surely_earlier) = (before(defaults::WINDOW_TOLERANCE), before(defaults::SURELY_EARLIER));
    let mut dated = Vec::new();
    for customer in &hits.customers {
        let Some(created) = customer.created_at() else { return Claim::Conflict };
        dated.push((created, customer));
    }
    let in_window: Vec<&Customer> =
        dated.iter().filter(|(created, _)| *created >= window).map(|(_, customer)| *customer).collect();
    match (&in_window[..], dated.iter().max_by_key(|(created, _)| *created)) {
        ([one], _) if matches(sent, one) => Claim::Ours(one),
        ([_, ..], _) => Claim::Conflict,
        ([], Some((created, newest))) if *created < surely_earlier && hits.complete => Claim::Earlier(newest),
        ([], _) => Claim::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn sent(external_id: Option<&str>) -> NewCustomer {
        let builder = NewCustomer::builder()
            .email("alexsmith@mail.com")
            .first_name("Zoë")
            .last_name(" Strauß")
            .country("FR")
            .verification_document_id("FV633452")
            .residence_address("Champ de Mars, Paris");
        match external_id {
            Some(id) => builder.external_id(id),
            None => builder,
        }
        .build()
        .expect("valid")
    }

    fn found(fields: Value) -> Customer {
        let mut raw = json!({"id": "1", "walletId": "2"});
        raw.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        Customer::read(raw).expect("a customer")
    }

    #[test]
    fn names_match_whatever_their_case_blanks_and_code_points() {
        for (first, last, same) in [
            (json!("Zoë"), json!("Strauß"), true),
            (json!(" ZOE\u{308}"), json!("STRAUSS "), true),
            (json!("Zoë"), Value::Null, true),
            (Value::Null, json!("strauss"), true),
            (Value::Null, Value::Null, false),
            (json!("Zoe"), json!("Strauß"), false),
            (json!("Zoë"), json!("Smith"), false),
            (json!("Zoë"), json!(""), false),
        ] {
            let found = found(json!({"firstName": first, "lastName": last, "phoneNumber": "+1", "referralId": "x"}));
            assert_eq!(matches(&sent(None), &found), same, "{first} {last}");
        }
    }

    #[test]
    fn external_ids_decide_where_there_are_two() {
        let other_name = json!({"externalId": "a", "firstName": "Bob", "lastName": "Bobson"});
        let same_name = json!({"externalId": "b", "firstName": "Zoë", "lastName": "Strauß"});
        assert!(matches(&sent(Some("a")), &found(other_name.clone())));
        assert!(!matches(&sent(Some("a")), &found(same_name.clone())));
        assert!(matches(&sent(None), &found(same_name)));
        assert!(!matches(&sent(None), &found(other_name)));
        assert!(matches(&sent(Some("a")), &found(json!({"firstName": "Zoë"}))));
    }

    #[test]
    fn e_mails_are_the_same_whatever_their_case_and_blanks() {
        assert!(same_email(" AlexSmith@mail.com", "alexsmith@MAIL.COM "));
        assert!(!same_email("alexsmith@mail.com", "alex.smith@mail.com"));
    }

    /// What the hits are whose creation times are these seconds after (or before) the call's first attempt, which was 10
    /// seconds ago; each with the name that was sent or another one.
    fn claim(hits: &[(Option<i64>, bool)], complete: bool) -> (Claim<'static>, &'static Hits) {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let customers = hits
            .iter()
            .map(|(seconds, ours)| {
                let name = if *ours { "Zoë" } else { "Bob" };
                let time = seconds.map(|seconds| jiff::Timestamp::from_second(1_800_000_000 - 10 + seconds).unwrap());
                found(json!({"firstName": name, "createdAt": time.map(|time| time.to_string())}))
            })
            .collect();
        let seen = crate::clock::now();
        let hits = Hits { customers, complete, server_time: Some((now, seen)), status: 200, ..Hits::default() };
        let hits: &'static Hits = Box::leak(Box::new(hits));
        (whose(hits, &sent(None), Began::Here(seen - Duration::from_secs(10))), hits)
    }

    #[test]
    fn one_in_the_window_that_matches_is_ours() {
        for hits in [
            &[(Some(3), true)][..],
            &[(Some(-5), true)],
            &[(Some(-4000), false), (Some(3), true)],
            &[(Some(3), true), (Some(-100), true)],
        ] {
            let (claim, hits) = claim(hits, true);
            let Claim::Ours(ours) = claim else { panic!("{claim:?}") };
            assert_eq!(ours, hits.newest().expect("one"));
        }
    }

    #[test]
    fn another_person_or_a_second_one_in_the_window_is_a_conflict() {
        assert_eq!(claim(&[(Some(3), false)], true).0, Claim::Conflict);
        assert_eq!(claim(&[(Some(3), true), (Some(4), true)], true).0, Claim::Conflict);
        assert_eq!(claim(&[(Some(3), true), (Some(-5), false)], true).0, Claim::Conflict);
        assert_eq!(claim(&[(None, true)], true).0, Claim::Conflict);
        assert_eq!(claim(&[(Some(3), true), (None, true)], true).0, Claim::Conflict);
    }

    #[test]
    fn what_is_much_older_is_somebody_else_s_but_only_if_nothing_was_hidden() {
        let (earlier, hits) = claim(&[(Some(-301), true), (Some(-900), true)], true);
        assert_eq!(earlier, Claim::Earlier(&hits.customers[0]));
        assert_eq!(claim(&[(Some(-301), true)], false).0, Claim::Unclear);
        assert_eq!(claim(&[(Some(-300), true)], true).0, Claim::Unclear);
        assert_eq!(claim(&[(Some(-6), true)], true).0, Claim::Unclear);
    }

    #[test]
    fn without_the_server_s_time_nothing_can_be_told() {
        let customers = vec![found(json!({"firstName": "Zoë", "createdAt": "2026-01-01T00:00:00Z"}))];
        let hits = Hits { customers, complete: true, ..Hits::default() };
        assert_eq!(whose(&hits, &sent(None), Began::Here(crate::clock::now())), Claim::Conflict);
        assert_eq!(whose(&hits, &sent(None), Began::There(None)), Claim::Conflict);
    }

    #[test]
    fn an_earlier_process_s_start_is_the_window_s_start_whatever_the_time_now() {
        let customers = vec![found(json!({"firstName": "Zoë", "createdAt": "2026-01-01T00:00:00Z"}))];
        let hits = Hits { customers, complete: true, ..Hits::default() };
        let at = |time: &str| Began::There(Some(time.parse::<jiff::Timestamp>().expect("a time").into()));
        assert!(matches!(whose(&hits, &sent(None), at("2025-12-31T23:00:00Z")), Claim::Ours(_)));
        assert!(matches!(whose(&hits, &sent(None), at("2026-01-01T01:00:00Z")), Claim::Earlier(_)));
    }
}
