//! A fast HTTP/1.1 server, on a thread of its own, that creates every customer and remembers whose request came whole.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::email;

const CREATED: &[u8] = b"HTTP/1.1 201 Created\r\ncontent-length: 34\r\ncontent-type: application/json\r\n\r\n\
    {\"data\":{\"id\":\"1\",\"walletId\":\"2\"}}";

/// A server on loopback; it ends when dropped.
#[derive(Debug)]
pub struct Recorder {
    url: String,
    emails: Arc<Mutex<Vec<String>>>,
    // The server ends when this is dropped.
    _running: oneshot::Sender<()>,
}

impl Recorder {
    /// Starts a server.
    ///
    /// # Errors
    ///
    /// No port can be listened on, or no thread be started.
    pub fn start() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let url = format!("http://{}", listener.local_addr()?);
        let emails = Arc::<Mutex<Vec<String>>>::default();
        let (running, ended) = oneshot::channel::<()>();
        let for_connections = emails.clone();
        let accept = async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, for_connections.clone()));
            }
        };
        std::thread::Builder::new().spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept => {}
                    _ = ended => {}
                }
            });
        })?;
        Ok(Self { url, emails, _running: running })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The e-mails of all customers that came, after what was still under way has come too.
    pub fn emails(&self) -> Vec<String> {
        loop {
            let known = self.known().len();
            std::thread::sleep(Duration::from_millis(200));
            let emails = self.known();
            if emails.len() == known {
                return emails;
            }
        }
    }

    fn known(&self) -> Vec<String> {
        self.emails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(socket: TcpStream, emails: Arc<Mutex<Vec<String>>>) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut socket = BufReader::new(socket);
    while let Some(request) = crate::read(&mut socket).await? {
        emails.lock().unwrap_or_else(PoisonError::into_inner).push(email(&request.body).to_owned());
        socket.write_all(CREATED).await?;
    }
    Ok(())
}
