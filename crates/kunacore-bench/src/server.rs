//! A server that gives every request the same answer. It runs in a process of its own, so that its work is not counted.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::Result;

const BODY: &str = r#"{"data":{"id":"6d962783-f0cf-420d-a511-3a48c71c5595","walletId":"7a1f51d0-a4f1-4b9f-8f3c-3f4d0c6c9b57","email":"alexsmith@mail.com","firstName":"Alex","lastName":"Smith","phoneNumber":"+380991234567","comment":"Alex is a special client.","externalId":"12124d80-dd80-4c70-aa9c-c2aa014cc29e","referralId":"1f44b1c7-9fd4-4d20-b9a4-7aca3646d0d5","createdAt":"2024-02-26T16:36:14.499Z"}}"#;

/// Serves for ever.
pub(crate) async fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    let answer = format!(
        "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         x-request-id: 0d9f2a46-6a3e-4d0b-9a57-5f3c1f0e7a11\r\ndate: Fri, 02 Jan 2026 10:00:00 GMT\r\n\r\n{BODY}",
        BODY.len()
    );
    loop {
        let (socket, _) = listener.accept().await?;
        let answer = answer.clone();
        tokio::spawn(async move {
            // A client that goes away ends its connection.
            let _ = serve_one(socket, answer.as_bytes()).await;
        });
    }
}

async fn serve_one(mut socket: TcpStream, answer: &[u8]) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut request = Vec::new();
    loop {
        while length(&request).is_none_or(|length| request.len() < length) {
            if socket.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        }
        socket.write_all(answer).await?;
        request.clear();
    }
}

/// How long the request is that begins so, once its head is there.
fn length(request: &[u8]) -> Option<usize> {
    let text = String::from_utf8_lossy(request);
    let (head, _) = text.split_once("\r\n\r\n")?;
    let header = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    Some(head.len() + 4 + header.unwrap_or(0))
}
