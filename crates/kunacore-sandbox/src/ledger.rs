//! The ledger: what was really created, and how many requests have been received.
//!
//! It may hold millions of rows, so it is read in pages between which the server goes on serving, and sent while it is
//! read. It ends with the creations that were there when the reading began.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::Frame;
use serde::Serialize;

use crate::store::SharedStore;

/// How many rows are read at a time.
const PAGE: i64 = 512;

/// What a sandbox has done since it was made or reset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// Every creation, in order.
    pub created: Vec<Created>,
    /// How many requests have been received, refused ones included.
    pub requests: RequestCounts,
}

/// One customer that was really created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Created {
    /// Its place among the creations, from 1.
    pub seq: i64,
    /// The customer's id.
    pub id: String,
    /// The id of the customer's wallet.
    pub wallet_id: String,
    /// The e-mail as it was sent.
    pub email: String,
    /// The partner's id of the customer.
    pub external_id: Option<String>,
    /// The partner's comment.
    pub comment: Option<String>,
    /// When it was created, by the sandbox's clock; ISO 8601.
    pub created_at: String,
    /// The number of the request that created it, among all requests below `/v2`, from 1.
    pub request: i64,
    /// Which copy of that request it was: 0 is the one that the client sent.
    pub copy: i64,
}

/// How many requests each operation has received, refused ones included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RequestCounts {
    /// Requests to log in.
    pub login: i64,
    /// Requests to create a customer.
    pub create: i64,
    /// Requests to find customers.
    pub find: i64,
    /// Requests for the details of a customer.
    pub details: i64,
}

/// A reading of the ledger that is under way.
#[derive(Debug)]
pub(crate) struct Reader {
    store: SharedStore,
    requests: RequestCounts,
    after: i64,
    last: i64,
    generation: u64,
}

impl Reader {
    /// Begins a reading of the creations whose `seq` is greater than `since`.
    pub(crate) fn new(store: SharedStore, since: i64) -> rusqlite::Result<Self> {
        let (requests, (last, generation)) = {
            let store = store.lock();
            (store.counts(), store.end()?)
        };
        Ok(Self { store, requests, after: since, last, generation })
    }

    /// The next creations; none at the end, or when the ledger was reset meanwhile.
    fn page(&mut self) -> rusqlite::Result<Vec<Created>> {
        let store = self.store.lock();
        if store.end()?.1 != self.generation {
            return Ok(Vec::new());
        }
        let page = store.created(self.after, self.last, PAGE)?;
        if let Some(row) = page.last() {
            self.after = row.seq;
        }
        Ok(page)
    }

    /// Reads all at once.
    pub(crate) fn collect(mut self) -> rusqlite::Result<Ledger> {
        let mut created = Vec::new();
        loop {
            let page = self.page()?;
            if page.is_empty() {
                return Ok(Ledger { created, requests: self.requests });
            }
            created.extend(page);
        }
    }
}

/// The ledger as a body that is written while it is read.
#[derive(Debug)]
pub(crate) struct LedgerBody {
    reader: Reader,
    started: bool,
    ended: bool,
}

impl LedgerBody {
    /// Sends what the reader reads.
    pub(crate) fn new(reader: Reader) -> Self {
        Self { reader, started: false, ended: false }
    }

    fn chunk(&mut self) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
        let page = self.reader.page()?;
        let mut chunk = Vec::new();
        if !self.started {
            chunk.extend_from_slice(br#"{"created":["#);
        }
        for (index, row) in page.iter().enumerate() {
            if self.started || index > 0 {
                chunk.push(b',');
            }
            serde_json::to_writer(&mut chunk, row)?;
        }
        self.started = true;
        if page.is_empty() {
            self.ended = true;
            chunk.extend_from_slice(br#"],"requests":"#);
            serde_json::to_writer(&mut chunk, &self.reader.requests)?;
            chunk.push(b'}');
        }
        Ok(chunk)
    }
}

impl http_body::Body for LedgerBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let chunk = self.chunk();
        self.ended |= chunk.is_err();
        Poll::Ready(Some(chunk.map(|bytes| Frame::data(bytes.into()))))
    }
}
