//! A server of the test's own before the sandbox: it sees every request, answers some itself, and hands on the others.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// A request, and when it came.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) body: String,
    pub(crate) at: Instant,
}

impl Seen {
    pub(crate) fn creates(&self) -> bool {
        self.path.ends_with("/create")
    }
}

/// What the server answers itself: a status, headers, and a body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: &'static str,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self { status, headers: "", body: String::new() }
    }

    pub(crate) fn created(id: &str, wallet: &str, email: &str) -> Self {
        let body = format!(r#"{{"data":{{"id":"{id}","walletId":"{wallet}","email":"{email}"}}}}"#);
        Self { status: 201, headers: "content-type: application/json\r\n", body }
    }
}

/// The server. Its threads live as long as the test's process.
pub(crate) struct Front {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Front {
    /// Stands before the server at this URL. `answer` is asked first, with the number of creations before.
    pub(crate) fn before(url: &str, answer: impl Fn(&Seen, usize) -> Option<Answer> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let front = Self { url: format!("http://{}", listener.local_addr().unwrap()), seen: Arc::default() };
        let (seen, answer) = (front.seen.clone(), Arc::new(answer));
        let behind = url.trim_start_matches("http://").to_owned();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer, behind) = (seen.clone(), answer.clone(), behind.clone());
                // A client that goes away is none of our business.
                std::thread::spawn(move || drop(serve(stream, &behind, &seen, answer.as_ref())));
            }
        });
        front
    }

    /// What came so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// Serves one request, and closes.
fn serve(
    stream: TcpStream,
    behind: &str,
    seen: &Mutex<Vec<Seen>>,
    answer: &dyn Fn(&Seen, usize) -> Option<Answer>,
) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        if !lower.starts_with("connection:") {
            head += &line;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let request = Seen { path, body: String::from_utf8_lossy(&body).into_owned(), at: Instant::now() };
    let before = {
        let mut seen = seen.lock().unwrap();
        seen.push(request.clone());
        seen.iter().filter(|seen| seen.creates()).count() - usize::from(request.creates())
    };
    let mut stream = stream;
    match answer(&request, before) {
        Some(Answer { status, headers, body }) => {
            let head = format!("HTTP/1.1 {status} Own\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
            stream.write_all(format!("{head}{headers}\r\n{body}").as_bytes())
        }
        None => {
            let mut server = TcpStream::connect(behind)?;
            server.write_all(&[format!("{head}connection: close\r\n\r\n").as_bytes(), &body].concat())?;
            let mut answer = Vec::new();
            server.read_to_end(&mut answer)?;
            stream.write_all(&answer)
        }
    }
}
