//! A connection's bytes, as they are or under TLS, with the socket below them in reach.
//!
//! What is said goes through TLS; how the connection ends is a matter of the socket.

use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// What can be read and written.
pub(crate) trait ReadWrite: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> ReadWrite for T {}

/// A connection that is ready to be served.
#[derive(Debug)]
pub(crate) enum Stream {
    /// Bytes go as they are.
    Plain(TcpStream),
    /// Bytes go encrypted, after the handshake.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// What is said. Its shutdown says, on either kind, that nothing more will come.
    pub(crate) fn bytes(&mut self) -> Pin<&mut dyn ReadWrite> {
        match self {
            Self::Plain(socket) => Pin::new(socket),
            Self::Tls(stream) => Pin::new(stream.as_mut()),
        }
    }

    /// The socket, for what is no matter of its bytes. Whatever TLS has not handed to it yet is gone.
    pub(crate) fn into_socket(self) -> TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => stream.into_inner().0,
        }
    }
}
