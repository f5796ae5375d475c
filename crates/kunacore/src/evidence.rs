//! What a failed attempt proves: a body that can be revoked until its first byte leaves, and a refusal in HTTP/2.
//!
//! An error or a timeout says nothing about whether the server got the request. The body does: it goes
//! `Unsent → Sent` when it is first polled, or `Unsent → Revoked` when the attempt is given up, and each step is one
//! atomic exchange, so exactly one of them happens. Only a *successful revocation* proves that nothing left: hyper can
//! poll a body after it has reported a timeout, and a plain "was it polled?" flag, read at the wrong moment, would call
//! such a request unsent.
//!
//! In HTTP/2 a server can say of a request that left whole that it was not acted upon (RFC 9113, section 8.7).

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::Reason;
use http_body::{Body, Frame, SizeHint};

const UNSENT: u8 = 0;
const SENT: u8 = 1;
const REVOKED: u8 = 2;

/// The sender's hold on a [`RevocableBody`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Revocation(Arc<AtomicU8>);

impl Revocation {
    /// Wraps the bytes of a request body so that this hold governs them.
    pub(crate) fn wrap(&self, bytes: Bytes) -> RevocableBody {
        RevocableBody { state: self.0.clone(), bytes: Some(bytes) }
    }

    /// Forbids the body to be sent. `true` proves that no byte of it was, or ever will be; `false` proves nothing.
    pub(crate) fn revoke(&self) -> bool {
        match self.0.compare_exchange(UNSENT, REVOKED, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => true,
            Err(state) => state == REVOKED,
        }
    }
}

/// The only word of a call that is dropped while its customer may have been created.
pub(crate) fn warn_of_dropped_call() {
    tracing::warn!(
        "a call was dropped after its request had left: the server may have created the customer; look it up before it is \
         sent again"
    );
}

/// A request body of known length, in one frame, that yields an error and no byte once it is revoked.
pub(crate) struct RevocableBody {
    state: Arc<AtomicU8>,
    bytes: Option<Bytes>,
}

impl std::fmt::Debug for RevocableBody {
    /// Without the bytes, which are a customer's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RevocableBody")
    }
}

/// The body was asked for after it had been revoked.
#[derive(Debug)]
pub(crate) struct Revoked;

impl std::fmt::Display for Revoked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the request was given up before it was sent")
    }
}

impl Error for Revoked {}

impl Body for RevocableBody {
    type Data = Bytes;
    type Error = Revoked;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Revoked>>> {
        if self.bytes.is_none() {
            return Poll::Ready(None);
        }
        match self.state.compare_exchange(UNSENT, SENT, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Err(_) => Poll::Ready(Some(Err(Revoked))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

/// Whether the server itself says that it did not act on the request: `REFUSED_STREAM`, or a `GOAWAY` whose last stream
/// is below the request's.
///
/// h2 gives a `GOAWAY` of the server's only to the streams above the last one; those below go on, and end in another
/// error if they must. Any other reset, and what was found or done on this side, says nothing about the server.
pub(crate) fn turned_away(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| (*error).source())
        .filter_map(|error| error.downcast_ref::<h2::Error>())
        .any(|error| error.is_remote() && (error.is_go_away() || error.reason() == Some(Reason::REFUSED_STREAM)))
}

/// What an error says, without what a server says in a `GOAWAY`: that may repeat a request.
pub(crate) fn words(error: &(dyn Error + 'static)) -> String {
    match error.downcast_ref::<h2::Error>() {
        Some(error) if error.is_go_away() && error.is_remote() => {
            let reason = error.reason().unwrap_or(Reason::NO_ERROR);
            format!("the server ended the connection: {reason}")
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    fn poll(body: &mut RevocableBody) -> Option<Result<Bytes, Revoked>> {
        match Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(frame) => frame.map(|frame| frame.map(|frame| frame.into_data().expect("data"))),
            Poll::Pending => panic!("the body is always ready"),
        }
    }

    #[test]
    fn a_refusal_that_did_not_come_from_the_server_proves_nothing() {
        assert!(!turned_away(&h2::Error::from(Reason::REFUSED_STREAM)));
        assert!(!turned_away(&Revoked));
    }

    #[test]
    fn a_body_does_not_show_the_customer() {
        let body = Revocation::default().wrap(Bytes::from_static(b"alexsmith@mail.com"));
        assert_eq!(format!("{body:?}"), "RevocableBody");
    }

    #[test]
    fn a_sent_body_cannot_be_revoked() {
        let hold = Revocation::default();
        let mut body = hold.wrap(Bytes::from_static(b"{}"));
        assert_eq!(body.size_hint().exact(), Some(2));
        assert_eq!(poll(&mut body).expect("a frame").expect("not revoked"), "{}");
        assert!(!hold.revoke());
        assert!(poll(&mut body).is_none());
        assert!(body.is_end_stream());
    }

    #[test]
    fn a_revoked_body_is_never_sent() {
        let hold = Revocation::default();
        let mut body = hold.wrap(Bytes::from_static(b"{}"));
        assert!(hold.revoke());
        assert!(hold.revoke(), "the proof stands when it is asked for again");
        assert!(poll(&mut body).expect("a frame").is_err());
        assert!(poll(&mut body).expect("a frame").is_err(), "also when polled again");
    }

    #[test]
    fn sending_and_revoking_at_once_have_one_winner() {
        for _ in 0..2_000 {
            let hold = Revocation::default();
            let mut body = hold.wrap(Bytes::from_static(b"{}"));
            let sender = std::thread::spawn(move || poll(&mut body).expect("a frame").is_ok());
            let revoked = hold.revoke();
            assert_ne!(sender.join().expect("no panic"), revoked);
        }
    }
}
