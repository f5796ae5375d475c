//! A server that does as little as a server can: every creation gets the same answer but for its two ids, every look-up an
//! empty list. It runs in a process of its own, so that its work is not counted.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

use crate::Result;

/// How many digits of an id are the number of its customer.
const DIGITS: usize = 12;

/// What is the same in all answers.
const HEAD: &str = "content-type: application/json\r\nx-request-id: 0d9f2a46-6a3e-4d0b-9a57-5f3c1f0e7a11\r\n\
                    date: Fri, 02 Jan 2026 10:00:00 GMT\r\n";

/// Serves for ever. The customers of its answers have this e-mail, or none; each answer is given `latency` after the
/// request has come.
pub(crate) async fn serve(email: Option<&str>, latency: Duration) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    let created = Created::new(email);
    let tasks = LocalSet::new();
    tasks
        .run_until(async {
            loop {
                let (socket, _) = listener.accept().await?;
                let created = created.clone();
                tokio::task::spawn_local(async move {
                    // A client that goes away ends its connection.
                    let _ = serve_one(socket, created, latency).await;
                });
            }
        })
        .await
}

async fn serve_one(mut socket: TcpStream, mut created: Created, latency: Duration) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let nothing_found = r#"{"data":[]}"#;
    let nothing_found =
        format!("HTTP/1.1 200 OK\r\n{HEAD}content-length: {}\r\n\r\n{nothing_found}", nothing_found.len());
    let mut received = Vec::with_capacity(8192);
    loop {
        let request = loop {
            if let Some(request) = Request::read(&received)? {
                break request;
            }
            if socket.read_buf(&mut received).await? == 0 {
                return Ok(());
            }
        };
        received.drain(..request.length);
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let answer = if request.is_find { nothing_found.as_bytes() } else { created.next() };
        socket.write_all(answer).await?;
    }
}

/// What must be known of a request.
struct Request {
    is_find: bool,
    /// Head and body, in bytes.
    length: usize,
}

impl Request {
    /// The first request, once all of it is there.
    fn read(received: &[u8]) -> std::io::Result<Option<Self>> {
        let odd = |why: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, why);
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut head = httparse::Request::new(&mut headers);
        let httparse::Status::Complete(head_length) = head.parse(received).map_err(|error| odd(&error.to_string()))?
        else {
            return Ok(None);
        };
        let header = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
        let body_length = header.and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<usize>().ok());
        let length = head_length + body_length.ok_or_else(|| odd("a body of unknown length"))?;
        let is_find = head.path.is_some_and(|path| path.ends_with("/find"));
        Ok((received.len() >= length).then_some(Self { is_find, length }))
    }
}

/// The answer to a creation. All connections count on together, so that no id is given twice.
#[derive(Clone)]
struct Created {
    answer: Vec<u8>,
    /// Where the numbers of the two ids are in it.
    slots: [usize; 2],
    count: Rc<Cell<u64>>,
}

impl Created {
    fn new(email: Option<&str>) -> Self {
        let zero = "0".repeat(DIGITS);
        let email = email.map_or("null".to_owned(), |email| format!("\"{email}\""));
        let id = format!("6d962783-f0cf-420d-a511-{zero}");
        let wallet_id = format!("7a1f51d0-a4f1-4b9f-8f3c-{zero}");
        let body = format!(
            r#"{{"data":{{"id":"{id}","walletId":"{wallet_id}","email":{email},"firstName":"Alex","lastName":"Smith","phoneNumber":"+380991234567","comment":"Alex is a special client.","externalId":"12124d80-dd80-4c70-aa9c-c2aa014cc29e","referralId":"1f44b1c7-9fd4-4d20-b9a4-7aca3646d0d5","createdAt":"2024-02-26T16:36:14.499Z"}}}}"#
        );
        let answer = format!("HTTP/1.1 201 Created\r\n{HEAD}content-length: {}\r\n\r\n{body}", body.len());
        let slot = |id: &str| answer.find(id).unwrap_or_default() + id.len() - DIGITS;
        let slots = [slot(&id), slot(&wallet_id)];
        Self { answer: answer.into_bytes(), slots, count: Rc::default() }
    }

    /// The answer to one more creation.
    fn next(&mut self) -> &[u8] {
        let count = self.count.get() + 1;
        self.count.set(count);
        for slot in self.slots {
            let mut rest = count;
            for digit in self.answer[slot..slot + DIGITS].iter_mut().rev() {
                // Less than ten.
                *digit = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
        }
        &self.answer
    }
}
