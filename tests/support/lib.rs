//! A server that plays a script: it answers each request with the next line of the script and remembers what it saw,
//! byte for byte.

pub mod arguments;
pub mod http2;
pub mod random;
pub mod recorder;
pub mod warnings;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What to do with a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Answer it.
    Reply {
        /// The status code.
        status: u16,
        /// Headers beside the length; `content-type: application/json` unless there is another.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
        /// Promise ten bytes more than the body has, then close.
        truncate: bool,
    },
    /// Close the connection without an answer.
    Close,
    /// Keep the connection open and never answer.
    Hang,
}

impl Answer {
    /// A JSON answer.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, &body.to_string())
    }

    /// An answer with this body.
    pub fn text(status: u16, body: &str) -> Self {
        Self::Reply { status, headers: Vec::new(), body: body.as_bytes().to_vec(), truncate: false }
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Self::Reply { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Method, path and version.
    pub line: String,
    /// Names (as sent) and values, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Seen {
    /// The path.
    pub fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The e-mail in the body of a creation, or the body if there is none.
pub fn email(body: &str) -> &str {
    let after = body.split_once(r#""email":""#).map(|(_, after)| after);
    after.and_then(|after| after.split_once('"')).map_or(body, |(email, _)| email)
}

/// A scripted server on loopback; it ends when dropped.
#[derive(Debug)]
pub struct Server {
    url: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    script: Mutex<std::vec::IntoIter<Answer>>,
    seen: Mutex<Vec<Seen>>,
}

impl Server {
    /// Starts a server that answers so. A request beyond the script's end closes the connection, and is remembered.
    ///
    /// # Errors
    ///
    /// No port can be listened on.
    pub async fn start(script: Vec<Answer>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared { script: Mutex::new(script.into_iter()), seen: Mutex::default() });
        let for_connections = shared.clone();
        let accepting = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(serve(socket, for_connections.clone()));
            }
        });
        Ok(Self { url, shared, accepting })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it saw so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(socket: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    // Else the body of an answer waits until its head is acknowledged, for 40 ms on Linux.
    socket.set_nodelay(true)?;
    let mut socket = BufReader::new(socket);
    loop {
        let Some(request) = read(&mut socket).await? else {
            return Ok(());
        };
        shared.seen.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let answer = shared.script.lock().unwrap_or_else(PoisonError::into_inner).next();
        match answer {
            None | Some(Answer::Close) => return Ok(()),
            Some(Answer::Hang) => std::future::pending().await,
            Some(Answer::Reply { status, headers, body, truncate }) => {
                let length = body.len() + if truncate { 10 } else { 0 };
                let mut head = format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {length}\r\n");
                if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                    head += "content-type: application/json\r\n";
                }
                for (name, value) in headers {
                    head += &format!("{name}: {value}\r\n");
                }
                // In one piece: a second one would wait until the client acknowledges the first.
                socket.write_all(&[format!("{head}\r\n").as_bytes(), &body].concat()).await?;
                socket.flush().await?;
                if truncate {
                    return Ok(());
                }
            }
        }
    }
}

async fn read(socket: &mut BufReader<TcpStream>) -> io::Result<Option<Seen>> {
    let mut line = String::new();
    if socket.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut headers = Vec::new();
    let mut length = 0;
    loop {
        let mut header = String::new();
        socket.read_line(&mut header).await?;
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().unwrap_or_default();
        }
        headers.push((name.to_owned(), value.to_owned()));
    }
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(Seen { line: line.trim_end().to_owned(), headers, body }))
}
