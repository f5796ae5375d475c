//! What one observation means: for a creation, whose answer may hide a new wallet, and for a read, which changes nothing.
//!
//! The rule for a creation: *Created* only with both ids and our e-mail; *Rejected* only on a definite refusal; *not
//! applied* only with proof; everything else is *Unknown*.

use std::time::SystemTime;

use reqwest::header::{HeaderMap, HeaderName};
use serde_json::Value;

use crate::customer::Customer;
use crate::dialect::ServerError;
use crate::duplicate::{self, DuplicateRule};
use crate::error::{Error, ErrorKind, Parts};
use crate::fold::Class;
use crate::lenient;
use crate::matching::same_email;
use crate::retry;
use crate::text::{self, Scrubber};
use crate::transport::{Body, Cause, End, Observation, Reply};

/// Headers in which servers and gateways name a request, the most specific first.
static REQUEST_ID_HEADERS: [HeaderName; 5] = [
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("request-id"),
    HeaderName::from_static("x-correlation-id"),
    HeaderName::from_static("x-amzn-requestid"),
    HeaderName::from_static("cf-ray"),
];

const NOT_CREATED: &str = "No customer was created.";
/// Of a duplicate. A gateway may have sent our own request twice; then the customer that exists is ours.
pub(crate) const NO_FURTHER: &str = "No further customer was created.";
const NO_REASON: &str = "It gave no reason, so it is not known whether the e-mail is taken.";
const MAYBE_CREATED: &str = "The customer may or may not have been created.";
const CREATED_UNREAD: &str = "The customer was most likely created, but its ids could not be read.";
const OTHER_EMAIL: &str = "A customer was most likely created; whether it is the one in the answer is not certain.";
const NOTHING_CHANGED: &str = "Nothing was changed at the server.";
pub(crate) const LOOK_FIRST: &str = "Do not send it again as if it were new: ensure_customer (kunacore ensure) looks first \
    and creates it only if it is absent.";
const TRY_AGAIN: &str = "It can be tried again.";
const CHECK_SERVER: &str = "Check the base URL, the network and that the server runs; then try again.";
const TRUST_AUTHORITY: &str = "Check the base URL; if the certificate is from an authority of your own, trust that with \
    ca_bundle (--ca-bundle) or SSL_CERT_FILE.";
const CHECK_CREDENTIALS: &str = "Check the credentials and what they are allowed to do.";
const TURN_OFF_ENCRYPTION: &str =
    "Message encryption is switched on for this partner; this client needs it switched off.";

/// A read, for its texts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    Login,
    Find,
    Details,
}

impl Read {
    fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Find => "look-up",
            Self::Details => "request for a customer's details",
        }
    }
}

/// The customer of a creation for `email`, and the status it came with; else what the attempt showed, and the error that
/// tells of it.
///
/// `hide` is asked for only when there is an error to tell.
pub(crate) fn creation(
    observation: Observation,
    email: &str,
    rules: &[DuplicateRule],
    hide: impl FnOnce() -> Scrubber,
) -> Result<(Customer, Facts), (Class, Error)> {
    let unanswered = |class, kind, cause: Cause, what, meaning, next| {
        (class, Parts::new(kind, cause.sentence(what), meaning, next).code(cause.code).into())
    };
    let Reply { status, headers, body } = match observation {
        Observation::Reply(reply) => reply,
        Observation::NotSent(cause) => {
            let what = "the customer was not sent";
            let next = cause.advice();
            return Err(unanswered(Class::NotSent, ErrorKind::Unavailable, cause, what, NOT_CREATED, next));
        }
        Observation::TurnedAway(cause) => {
            let what = "the server turned the customer away unseen";
            return Err(unanswered(Class::TurnedAway, ErrorKind::Unavailable, cause, what, NOT_CREATED, TRY_AGAIN));
        }
        Observation::Lost(cause) => {
            let what = "the customer was sent, but no answer came";
            return Err(unanswered(Class::Lost, ErrorKind::Unknown, cause, what, MAYBE_CREATED, LOOK_FIRST));
        }
    };
    let facts = Facts::of(status, headers, &body);
    let unknown = |class, what: &str| (class, Parts::new(ErrorKind::Unknown, what, MAYBE_CREATED, LOOK_FIRST));
    let refused = |kind, what: &str, next| (Class::Refused, Parts::new(kind, what, NOT_CREATED, next));
    let (class, parts) = match status {
        200..=299 => match read_creation(&body, email) {
            Ok(customer) => return Ok((customer, facts)),
            Err(parts) => (Class::Sealed, *parts),
        },
        301 | 307 | 308 => (Class::Refused, redirect(NOT_CREATED)),
        300..=399 => {
            let (class, parts) = unknown(Class::Sealed, "the server answered with a redirect, which is not followed");
            (class, parts.code("redirect"))
        }
        401 => {
            let (class, parts) =
                refused(ErrorKind::Authentication, "the server refused the credentials", CHECK_CREDENTIALS);
            (class, parts.code("unauthorized"))
        }
        429 => {
            let parts = Parts::new(ErrorKind::RateLimited, "the server asks to slow down", NOT_CREATED, TRY_AGAIN);
            (Class::Throttled, parts.code("rate_limited"))
        }
        408 | 500..=599 => {
            let (class, parts) = unknown(Class::Lost, "the server failed");
            (class, parts.code("unexpected_response"))
        }
        400..=499 if duplicate::says_so(rules, status, &facts.said) => (Class::Contested, taken(NO_FURTHER)),
        403 => {
            let what = "the server does not allow these credentials to create customers";
            let (class, parts) = refused(ErrorKind::Authentication, what, CHECK_CREDENTIALS);
            (class, parts.code("forbidden"))
        }
        404 | 405 => refused(
            ErrorKind::Rejected,
            "the server does not know this endpoint",
            "Check the base URL: is it this API, and is a prefix missing?",
        ),
        400..=499 => {
            let (class, parts) = refused(
                ErrorKind::Rejected,
                "the server refused the customer",
                "Mend what the server complains about. If it gives no reason, look the e-mail up: it may be taken.",
            );
            let silent = matches!(status, 400 | 422) && facts.said.is_silent();
            if silent {
                // It may be that the e-mail is taken, even by this very request, sent twice by a gateway.
                (Class::Contested, Parts { meaning: NO_REASON.into(), ..parts })
            } else {
                (if status == 409 { Class::Contested } else { class }, parts)
            }
        }
        _ => {
            let (class, parts) = unknown(Class::Lost, "the server answered with an unknown status");
            (class, parts.code("unexpected_response"))
        }
    };
    Err((class, facts.into_error(parts, &hide())))
}

/// The refusal of a customer whose e-mail belongs to another one.
pub(crate) fn taken(meaning: &'static str) -> Parts {
    let what = "the server refused the customer: its e-mail is taken";
    let next = "Look the customer up by its e-mail: its wallet exists.";
    Parts::new(ErrorKind::Duplicate, what, meaning, next).code("duplicate_email")
}

/// The `data` of a read's answer, by way of `decode`, which gives `None` for a shape that is not expected.
pub(crate) fn reading<T>(
    read: Read,
    observation: Observation,
    hide: impl FnOnce() -> Scrubber,
    decode: impl FnOnce(Value) -> Option<T>,
) -> Result<(T, Facts), Error> {
    let name = read.name();
    let unavailable = |what: String, next| {
        Parts::new(ErrorKind::Unavailable, what, NOTHING_CHANGED, next).code("unexpected_response")
    };
    let Reply { status, headers, body } = match observation {
        Observation::Reply(reply) => reply,
        Observation::NotSent(cause) | Observation::TurnedAway(cause) | Observation::Lost(cause) => {
            let what = cause.sentence(&format!("the {name} got no answer"));
            return Err(unavailable(what, cause.advice()).code(cause.code).into());
        }
    };
    let facts = Facts::of(status, headers, &body);
    let refused = |kind, what: String, next| Parts::new(kind, what, NOTHING_CHANGED, next);
    let parts = match status {
        200..=299 => match envelope(&body) {
            Envelope::Data(data) => match decode(data) {
                Some(value) => return Ok((value, facts)),
                None => unreadable(name, "its data has another shape than expected"),
            },
            Envelope::Encrypted => encrypted(ErrorKind::InvalidResponse, NOTHING_CHANGED, TURN_OFF_ENCRYPTION),
            Envelope::Other(why) => unreadable(name, why),
        },
        429 => refused(ErrorKind::RateLimited, format!("the server asks to slow down ({name})"), TRY_AGAIN)
            .code("rate_limited"),
        401 => refused(
            ErrorKind::Authentication,
            format!("the server refused the credentials ({name})"),
            CHECK_CREDENTIALS,
        )
        .code("unauthorized"),
        403 => refused(
            ErrorKind::Authentication,
            format!("the server does not allow these credentials this {name}"),
            CHECK_CREDENTIALS,
        )
        .code("forbidden"),
        404 if read == Read::Details => refused(
            ErrorKind::NotFound,
            "the server knows no customer with this id".to_owned(),
            "Check the id; if no id is ever known, check the base URL.",
        ),
        301 | 307 | 308 => redirect(NOTHING_CHANGED),
        300..=399 => unreadable(name, "it is a redirect, which is not followed").code("redirect"),
        400..=499 if status != 408 => refused(
            ErrorKind::Rejected,
            format!("the server refused the {name}"),
            "Check what was asked for, and the base URL.",
        ),
        408 | 500..=599 => unavailable(format!("the server failed ({name})"), TRY_AGAIN),
        _ => unreadable(name, "its status is unknown"),
    };
    Err(facts.into_error(parts, &hide()))
}

fn unreadable(name: &str, why: &str) -> Parts {
    let next = "Check the base URL: is it this API? A proxy in between may answer in its place.";
    let what = format!("the answer to the {name} cannot be read: {why}");
    Parts::new(ErrorKind::InvalidResponse, what, NOTHING_CHANGED, next).code("unexpected_response")
}

fn redirect(meaning: &'static str) -> Parts {
    let what = "the server says that it has moved; redirects are never followed, as keys would go along";
    Parts::new(ErrorKind::Redirect, what, meaning, "Set the base URL to where the server is now.").code("redirect")
}

fn encrypted(kind: ErrorKind, meaning: &'static str, next: &'static str) -> Parts {
    Parts::new(kind, "the server answered with an encrypted body", meaning, next).code("encrypted_response")
}

fn read_creation(body: &Body, email: &str) -> Result<Customer, Box<Parts>> {
    let unread = |what: String| {
        Box::new(Parts::new(ErrorKind::Unknown, what, CREATED_UNREAD, LOOK_FIRST).code("created_unread"))
    };
    let ours = |customer: Customer, echoed: Option<&str>| match echoed {
        Some(echoed) if !same_email(echoed, email) => {
            let mut parts = unread("the server answered with a customer of another e-mail".to_owned());
            parts.meaning = OTHER_EMAIL.into();
            // It may be ours all the same, shown in another form.
            parts.candidates = vec![customer];
            Err(parts)
        }
        _ => Ok(customer),
    };
    if body.end == End::Whole
        && let Some((customer, echoed)) = Customer::read_answer(&body.bytes)
    {
        return ours(customer, echoed.as_deref());
    }
    match envelope(body) {
        Envelope::Data(data) => match Customer::read(data) {
            Some(customer) => {
                let echoed = customer.email().map(str::to_owned);
                ours(customer, echoed.as_deref())
            }
            None => Err(unread("the server accepted the customer, but its answer lacks an id".to_owned())),
        },
        Envelope::Encrypted => Err(Box::new(encrypted(
            ErrorKind::Unknown,
            CREATED_UNREAD,
            "Do not send it again as if it were new. Message encryption is switched on for this partner; this client \
             needs it switched off to read the answer or look the customer up.",
        ))),
        // A gateway's way to say "error" with status 200: it may have failed before or after the server acted.
        Envelope::Other(ERROR_BODY) => {
            let what = format!("the server accepted the customer, but {ERROR_BODY}");
            let parts = Parts::new(ErrorKind::Unknown, what, MAYBE_CREATED, LOOK_FIRST);
            Err(Box::new(parts.code("unexpected_response")))
        }
        Envelope::Other(why) => Err(unread(format!("the server accepted the customer, but {why}"))),
    }
}

const ERROR_BODY: &str = "its answer holds an error and no customer";

enum Envelope {
    Data(Value),
    Encrypted,
    Other(&'static str),
}

fn envelope(body: &Body) -> Envelope {
    let why = match body.end {
        End::TooLong => Some("its answer is longer than 1 MiB"),
        End::Cut => Some("its answer broke off"),
        End::Whole if body.bytes.is_empty() => Some("its answer is empty"),
        End::Whole => None,
    };
    let Some(mut fields) = lenient::object(&body.bytes) else {
        return Envelope::Other(why.unwrap_or("its answer is not a JSON object"));
    };
    match fields.remove("data") {
        Some(data) if !data.is_null() => Envelope::Data(data),
        _ if fields.get("token").is_some_and(Value::is_string) => Envelope::Encrypted,
        _ if !ServerError::of(&Value::Object(fields)).is_silent() => Envelope::Other(ERROR_BODY),
        _ => Envelope::Other(why.unwrap_or("its answer has no data")),
    }
}

/// What every answer tells beside its data.
pub(crate) struct Facts {
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
    pub(crate) headers: HeaderMap,
    said: ServerError,
}

impl Facts {
    fn of(status: u16, headers: HeaderMap, body: &Body) -> Self {
        let refused = !(200..300).contains(&status) && body.end == End::Whole;
        let said = if refused { ServerError::read(&body.bytes) } else { ServerError::default() };
        let request_id = REQUEST_ID_HEADERS.iter().find_map(|name| text::request_id(headers.get(name)?.to_str().ok()?));
        Self { status, request_id, headers, said }
    }

    /// The server's clock when it answered.
    pub(crate) fn date(&self) -> Option<SystemTime> {
        retry::date(&self.headers).map(Into::into)
    }

    /// Without a request id that repeats something.
    pub(crate) fn hiding(mut self, repeats: impl FnOnce(&str) -> bool) -> Self {
        self.request_id = self.request_id.filter(|id| !repeats(id));
        self
    }

    /// Those of an answer that told nothing.
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self { status: 201, request_id: None, headers: HeaderMap::new(), said: ServerError::default() }
    }

    fn into_error(self, parts: Parts, hide: &Scrubber) -> Error {
        let code = self.said.code.and_then(|code| hide.code(&code));
        Parts {
            status: Some(self.status),
            request_id: self.request_id.filter(|id| !hide.finds(id)),
            retry_after: retry::retry_after(&self.headers),
            code: code.map(Into::into).or(parts.code),
            said: self.said.message.map(|message| hide.message(&message)).filter(|message| !message.is_empty()),
            ..parts
        }
        .into()
    }
}

impl Cause {
    /// What to do about a server that was not reached.
    fn advice(&self) -> &'static str {
        if self.distrusted { TRUST_AUTHORITY } else { CHECK_SERVER }
    }

    fn sentence(&self, what: &str) -> String {
        match self.detail.as_str() {
            "" => format!("{what} in time"),
            detail => format!("{what}: {detail}"),
        }
    }
}
