//! A server that plays a script over HTTP/2 without TLS, in frames of its own making: a library would not send every
//! `GOAWAY` and reset that a test needs.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

/// Of `DATA` and `HEADERS`; of `SETTINGS` the same bit says that it is an acknowledgement.
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

const MAX_CONCURRENT_STREAMS: u16 = 3;

/// What to do with a request that has come whole.
#[derive(Clone, Debug)]
pub enum Reaction {
    /// Write these frames.
    Write(Vec<u8>),
    /// Write these frames and close the connection.
    Close(Vec<u8>),
}

/// The head of a 201, in JSON.
pub fn head(stream: u32) -> Vec<u8> {
    // HPACK: literals without indexing, whose names are entries 8 (:status) and 31 (content-type) of the static table.
    frame(HEADERS, END_HEADERS, stream, b"\x08\x03201\x0f\x10\x10application/json")
}

/// A head that lacks what every answer must have.
pub fn head_without_status(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, b"\x0f\x10\x10application/json")
}

/// A body.
pub fn body(stream: u32, body: &str) -> Vec<u8> {
    frame(DATA, END_STREAM, stream, body.as_bytes())
}

/// An answer with a customer whose ids are these.
pub fn created(stream: u32, id: &str, wallet_id: &str) -> Vec<u8> {
    let customer = serde_json::json!({"data": {"id": id, "walletId": wallet_id}});
    [head(stream), body(stream, &customer.to_string())].concat()
}

/// A promise to push an answer, which no client of ours permits.
pub fn push(stream: u32) -> Vec<u8> {
    // The promised stream, and entries of the static table for GET http://a/.
    frame(PUSH_PROMISE, END_HEADERS, stream, b"\0\0\0\x02\x82\x86\x84\x01\x01a")
}

/// A reset of a stream.
pub fn reset(stream: u32, code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &code.to_be_bytes())
}

/// The news that no stream above `last` was or will be acted upon.
pub fn go_away(last: u32, code: u32) -> Vec<u8> {
    go_away_saying(last, code, "")
}

/// The same, with what the server has to say about it.
pub fn go_away_saying(last: u32, code: u32, why: &str) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[&last.to_be_bytes()[..], &code.to_be_bytes(), why.as_bytes()].concat())
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// A scripted server on loopback; it ends when dropped.
#[derive(Debug)]
pub struct Server {
    url: String,
    bodies: Arc<Mutex<Vec<String>>>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Starts a server that lets a connection have `limit` streams at once and does with each request what `react`
    /// says, which is told the request's stream.
    ///
    /// # Errors
    ///
    /// No port can be listened on.
    pub async fn start(limit: u32, react: impl FnMut(u32) -> Reaction + Send + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let bodies = Arc::<Mutex<Vec<String>>>::default();
        let react = Arc::new(Mutex::new(react));
        let for_connections = bodies.clone();
        let accepting = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let (bodies, react) = (for_connections.clone(), react.clone());
                connections.spawn(async move {
                    serve(socket, limit, &bodies, |stream| react.lock().unwrap_or_else(PoisonError::into_inner)(stream))
                        .await
                });
            }
        });
        Ok(Self { url, bodies, accepting })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What came of every request body of which anything came, whole or not, in the order of their beginnings.
    pub fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(
    socket: TcpStream,
    limit: u32,
    bodies: &Mutex<Vec<String>>,
    react: impl Fn(u32) -> Reaction,
) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut socket = BufReader::new(socket);
    let mut preface = [0; PREFACE.len()];
    socket.read_exact(&mut preface).await?;
    if preface != PREFACE {
        return Err(io::Error::other("the client does not speak HTTP/2"));
    }
    let settings = [&MAX_CONCURRENT_STREAMS.to_be_bytes()[..], &limit.to_be_bytes()].concat();
    // A window that no test fills, so that none has to be given back.
    let window = (1_u32 << 30).to_be_bytes();
    socket.write_all(&[frame(SETTINGS, 0, 0, &settings), frame(WINDOW_UPDATE, 0, 0, &window)].concat()).await?;

    let mut places = HashMap::new();
    loop {
        let mut header = [0; 9];
        socket.read_exact(&mut header).await?;
        let [a, b, c, kind, flags, stream @ ..] = header;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        socket.read_exact(&mut payload).await?;
        let stream = u32::from_be_bytes(stream);
        match kind {
            SETTINGS if flags & ACK == 0 => socket.write_all(&frame(SETTINGS, ACK, 0, &[])).await?,
            DATA => {
                if !payload.is_empty() {
                    let mut bodies = bodies.lock().unwrap_or_else(PoisonError::into_inner);
                    let place = *places.entry(stream).or_insert_with(|| {
                        bodies.push(String::new());
                        bodies.len() - 1
                    });
                    bodies[place] += &String::from_utf8_lossy(&payload);
                }
                if flags & END_STREAM != 0 {
                    match react(stream) {
                        Reaction::Write(frames) => socket.write_all(&frames).await?,
                        Reaction::Close(frames) => {
                            socket.write_all(&frames).await?;
                            socket.shutdown().await?;
                            // Unread bytes would turn the end into a reset, which can overtake the frames.
                            tokio::io::copy(&mut socket, &mut tokio::io::sink()).await?;
                            return Ok(());
                        }
                    }
                }
            }
            _ => {}
        }
    }
}
