//! What an effect does to a request.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::Value;

use super::{CutBody, Effect, Phase, Struck};
use crate::answer::{self, Body};
use crate::app::App;
use crate::contract::Operation;
use crate::operations::Call;
use crate::refusal::Refusal;
use crate::wire::{Ended, Ending, Line};

/// A body that a proxy might send in place of the answer.
const GARBAGE: &str = "<html><body>It works!</body></html>\n";

/// An answer or a refusal, unless the line has been ended instead.
pub(crate) type Outcome = Result<Result<Response<Body>, Refusal>, Ended>;

impl App {
    /// Carries out an operation, or not, as an effect says.
    pub(crate) async fn suffer(self: &Arc<Self>, struck: Struck, call: Call, line: &Arc<Line>) -> Outcome {
        let Struck { phase, effect } = struck;
        if let Effect::LateCommit { ms } = effect {
            self.commit_late(call, Duration::from_millis(ms));
            return Err(line.end(Ending::Close));
        }
        let done = match phase {
            Phase::Before => None,
            Phase::After => Some(self.operate(&call, 0)),
        };
        let answer = || done.unwrap_or_else(|| self.operate(&call, 0));
        match effect {
            Effect::Reset {} => Err(line.end(Ending::Reset)),
            Effect::Close {} | Effect::LateCommit { .. } => Err(line.end(Ending::Close)),
            Effect::Hang { ms } => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                Err(line.end(Ending::Close))
            }
            Effect::Status { code, retry_after } => Ok(Err(Refusal::fault(code, retry_after))),
            Effect::Garbage {} => Ok(Ok(garbage(call.operation))),
            Effect::Truncate { bytes } => Ok(self.truncate(answer(), bytes, line).await),
            Effect::DropField(field) => Ok(drop_field(answer(), &field).await),
            Effect::Delay { ms } => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                Ok(answer())
            }
            Effect::Twice {} => {
                // Only the second copy's answer finds its way back.
                drop(answer());
                Ok(self.operate(&call, 1))
            }
        }
    }

    /// Carries out a request later, when its sender has long been gone.
    fn commit_late(self: &Arc<Self>, call: Call, after: Duration) {
        let app = Arc::clone(self);
        let generation = app.store.lock().generation();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            // A ledger that was emptied meanwhile must not show what was asked before.
            if app.store.lock().generation() == generation {
                drop(app.operate(&call, 0));
            }
        });
    }

    async fn truncate(
        &self,
        answer: Result<Response<Body>, Refusal>,
        bytes: usize,
        line: &Arc<Line>,
    ) -> Result<Response<Body>, Refusal> {
        let answer = answer.unwrap_or_else(|refusal| answer::refusal(&refusal, self.options.dialect));
        let (head, body) = answer.into_parts();
        let whole = read(body).await?;
        // Of nothing, nothing can be missing.
        let body = if whole.is_empty() {
            Body::Whole(Full::default())
        } else {
            Body::Cut(CutBody::new(&whole, bytes, Arc::clone(line)))
        };
        Ok(Response::from_parts(head, body))
    }
}

/// The status that says that all went well, with a body that says nothing.
fn garbage(operation: Operation) -> Response<Body> {
    let status = if operation == Operation::Create { StatusCode::CREATED } else { StatusCode::OK };
    answer::json(status, Body::Whole(Full::from(GARBAGE)))
}

async fn drop_field(answer: Result<Response<Body>, Refusal>, field: &str) -> Result<Response<Body>, Refusal> {
    let (head, body) = answer?.into_parts();
    let mut value: Value = serde_json::from_slice(&read(body).await?).map_err(|error| Refusal::internal(&error))?;
    let data = &mut value["data"];
    let objects = match data {
        Value::Array(hits) => hits.as_mut_slice(),
        single => std::slice::from_mut(single),
    };
    for object in objects.iter_mut().filter_map(Value::as_object_mut) {
        // The other fields keep their order.
        object.shift_remove(field);
    }
    Ok(Response::from_parts(head, Body::Whole(Full::from(value.to_string()))))
}

/// The bytes of an answer that is at hand.
async fn read(body: Body) -> Result<Bytes, Refusal> {
    body.collect().await.map(|body| body.to_bytes()).map_err(|error| Refusal::internal(&error))
}
