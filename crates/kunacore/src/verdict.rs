//! What look-ups make of an error: the customer that stands in the way, the candidates, and why the fate of a call stays
//! unknown.

use crate::customer::Customer;
use crate::error::{Error, ErrorKind, Parts};
use crate::judge::{LOOK_FIRST, NO_FURTHER, taken};
use crate::matching::Hits;

/// Codes of answers that mean "most likely created"; what look-ups add to them is told in the text.
const KEPT_CODES: [&str; 3] = ["created_unread", "encrypted_response", "redirect"];

/// Why a look-up that found nothing proves nothing.
const UNPROVEN: &str = "the look-up found nothing, and was never seen to find a customer that exists";
/// The code of a request that a closed gate held back.
const STOPPED: &str = "stopped";

const USE_EXISTING: &str = "Use the wallet of the customer that exists, if it is the same person.";
const COMPARE: &str = "Compare the candidates with what was sent, and use the wallet of the one that is yours.";
const ENSURE_AGAIN: &str = "Call ensure_customer (kunacore ensure) again later.";

impl Error {
    /// As the end of a call of which an earlier attempt may have acted.
    pub(crate) fn into_unknown(mut self) -> Self {
        if self.kind() != ErrorKind::Unknown {
            let parts = self.parts_mut();
            parts.kind = ErrorKind::Unknown;
            parts.meaning = "An earlier attempt of this call may have created the customer.".into();
            parts.next = LOOK_FIRST.into();
        }
        self
    }

    /// Look-ups did not find the customer.
    pub(crate) fn not_found(self) -> Self {
        self.looked_up("Look-ups do not find it so far.")
    }

    /// A customer that the server calls a duplicate is not found.
    pub(crate) fn contradicted(self) -> Self {
        self.looked_up("The server says that its e-mail is taken, but look-ups do not find it.")
            .with_code("lookup_contradicts")
    }

    /// Look-ups found nothing, and prove nothing by that.
    pub(crate) fn unproven(self) -> Self {
        let mut error = self.inconclusive(UNPROVEN);
        error.parts_mut().unproven = true;
        error
    }

    /// Whether all that is missing is a look-up that was seen to find somebody.
    pub(crate) fn is_unproven(&self) -> bool {
        self.parts().unproven
    }

    /// An earlier process may have sent the customer.
    pub(crate) fn interrupted() -> Self {
        let what = "an earlier process may have sent the customer, and did not note what became of it";
        Parts::new(ErrorKind::Unknown, what, "The customer may or may not have been created.", LOOK_FIRST)
            .code("interrupted")
            .into()
    }

    /// No request may leave any more.
    pub(crate) fn stop() -> Self {
        let what = "the request was stopped before it left";
        Parts::new(ErrorKind::Unavailable, what, "Nothing was sent.", "Try again.").code(STOPPED).into()
    }

    /// Whether it is [`Self::stop`].
    pub(crate) fn is_stop(&self) -> bool {
        self.code() == Some(STOPPED)
    }

    /// The call was told to wait no longer.
    pub(crate) fn stopped(self) -> Self {
        self.looked_up("It was stopped before it could be looked up when the server must be done (settle).")
    }

    /// Look-ups do not tell.
    pub(crate) fn inconclusive(self, why: &str) -> Self {
        let keep = self.code().is_some_and(|code| KEPT_CODES.contains(&code));
        let error = self.looked_up(&format!("Looking it up did not settle it: {why}."));
        if keep { error } else { error.with_code("lookup_inconclusive") }
    }

    /// The deadline is too near to wait until the server must be done.
    pub(crate) fn out_of_time(self) -> Self {
        self.looked_up("The deadline left no time to look again when the server must be done (settle).")
    }

    /// Look-ups find customers of which it cannot be told whether this call created one.
    pub(crate) fn conflict(self, candidates: &[Customer]) -> Self {
        let mut error = self
            .looked_up("Look-ups find this e-mail, but cannot tell whether this call created that customer.")
            .with_code("conflict");
        let parts = error.parts_mut();
        parts.candidates = candidates.to_vec();
        parts.next = COMPARE.into();
        error
    }

    /// A call that may have created its customer did not: an older one has the e-mail, and ours did not appear.
    pub(crate) fn refused_for(mut self, existing: &Customer, all: &[Customer]) -> Self {
        let before = std::mem::replace(
            self.parts_mut(),
            taken(
                "This call created no customer: look-ups find one with this e-mail that is older by its date, and no other.",
            ),
        );
        let parts = self.parts_mut();
        parts.what = format!("{}; then its e-mail turned out to be taken", before.what);
        parts.attempts = before.attempts;
        parts.status = before.status;
        parts.request_id = before.request_id;
        self.duplicate_of(existing, all)
    }

    /// A refused customer's e-mail belongs to this one.
    pub(crate) fn duplicate_of(mut self, existing: &Customer, all: &[Customer]) -> Self {
        let parts = self.parts_mut();
        if parts.kind != ErrorKind::Duplicate {
            let Parts { what, meaning, code, .. } = taken(NO_FURTHER);
            parts.kind = ErrorKind::Duplicate;
            parts.what = what;
            parts.meaning = meaning;
            parts.code = parts.code.take().or(code);
        }
        parts.next = USE_EXISTING.into();
        parts.existing = Some(existing.clone());
        if all.len() > 1 {
            parts.candidates = all.to_vec();
        }
        self
    }

    /// Looking first found customers with the e-mail, but none of them is the person that was to be ensured.
    pub(crate) fn other_person(hits: &Hits) -> Self {
        let what = "a customer with this e-mail exists, and does not match by external id or names";
        let next = "Check the data: the e-mail, the external id, the names.";
        let mut parts =
            Parts::new(ErrorKind::Duplicate, what, "No customer was created by this call.", next).code("conflict");
        parts.status = Some(hits.status);
        parts.request_id = hits.request_id.clone();
        parts.existing = hits.newest().cloned();
        parts.candidates = hits.customers.clone();
        parts.into()
    }

    /// Looking first did not tell.
    pub(crate) fn not_looked_up(why: &str, status: Option<u16>) -> Self {
        let what = format!("it cannot be told whether the customer exists: {why}");
        let mut parts = Parts::new(ErrorKind::Unknown, what, SENT_NOTHING, ENSURE_AGAIN).code("lookup_inconclusive");
        parts.status = status;
        parts.into()
    }

    /// Looking first found nothing, at a server where nothing was ever found.
    pub(crate) fn nothing_ever_found() -> Self {
        let next = "If nobody has sent it before, say so: maybe_sent(false) (kunacore ensure --never-sent). If the server \
                    refuses e-mails that are taken, trust_uniqueness goes on as well.";
        let mut error = Self::not_looked_up(UNPROVEN, None);
        let parts = error.parts_mut();
        parts.next = next.into();
        parts.unproven = true;
        error
    }

    /// Looking first found nothing, but a request that is still under way may yet create it.
    pub(crate) fn too_soon() -> Self {
        let what = "the customer does not exist, but a request that was sent before may still create it";
        let next = "Call ensure_customer (kunacore ensure) with a deadline longer than settle.";
        Parts::new(ErrorKind::Unknown, what, SENT_NOTHING, next).code("timeout").into()
    }

    /// Another call for the same e-mail took all the time.
    pub(crate) fn busy() -> Self {
        let what = "another call of this client is ensuring a customer with the same e-mail, and did not end in time";
        Parts::new(ErrorKind::Unknown, what, SENT_NOTHING, ENSURE_AGAIN).code("timeout").into()
    }

    fn looked_up(mut self, what: &str) -> Self {
        let parts = self.parts_mut();
        parts.meaning = format!("{} {what}", parts.meaning).into();
        self
    }
}

const SENT_NOTHING: &str = "This call sent nothing; an earlier one may have created the customer.";
