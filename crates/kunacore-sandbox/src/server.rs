//! The accept loop, on a thread and a runtime of its own.
//!
//! One thread is enough and makes the server independent of the runtime it is started from: a caller may block, or drop
//! its runtime, without stopping the sandbox. When the loop ends, the runtime is dropped, and with it every connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::app::App;
use crate::clock::Clock;
use crate::error::SandboxError;
use crate::faults::Faults;
use crate::options::SandboxOptions;
use crate::store::SharedStore;
use crate::stream::Stream;
use crate::tls::Tls;
use crate::wire::{Line, Wire};

/// How long to wait after a failure to accept, which usually means that file descriptors have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// A server that listens.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    /// The certificate of the authority to trust, with TLS.
    pub(crate) ca_pem: Option<String>,
    pub(crate) store: SharedStore,
    pub(crate) faults: Faults,
    pub(crate) clock: Clock,
    /// The server ends when this is used or dropped.
    pub(crate) stop: oneshot::Sender<()>,
}

/// Starts the thread, which reports once that it listens, or why it does not.
pub(crate) fn spawn<F>(options: SandboxOptions, report: F) -> Result<JoinHandle<()>, SandboxError>
where
    F: FnOnce(Result<Running, SandboxError>) + Send + 'static,
{
    let run = move || match listen(options) {
        Err(error) => report(Err(error)),
        Ok(Listening { runtime, listener, address, tls, app }) => {
            let (stop, stopped) = oneshot::channel();
            let (store, faults, clock) = (app.store.clone(), app.faults.clone(), app.clock.clone());
            let ca_pem = tls.as_ref().map(|tls| tls.ca_pem().to_owned());
            report(Ok(Running { address, ca_pem, store, faults, clock, stop }));
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, tls, app) => {}
                    // An error means that the sender is gone, which is as good as a word from it.
                    _ = stopped => {}
                }
            });
        }
    };
    let thread = std::thread::Builder::new().name("kunacore-sandbox".to_owned());
    thread.spawn(run).map_err(|error| SandboxError::Thread(error.to_string()))
}

/// All that the loop needs.
struct Listening {
    runtime: tokio::runtime::Runtime,
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Arc<Tls>>,
    app: Arc<App>,
}

fn listen(options: SandboxOptions) -> Result<Listening, SandboxError> {
    options.check()?;
    let address = options.listen;
    let tls = options.tls.then(|| Tls::new(address.ip())).transpose()?.map(Arc::new);
    let app = Arc::new(App::new(options)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = runtime.map_err(|error| SandboxError::Thread(error.to_string()))?;
    let bound = runtime.block_on(TcpListener::bind(address));
    let (listener, address) = bound
        .and_then(|listener| listener.local_addr().map(|bound| (listener, bound)))
        .map_err(|source| SandboxError::Listen { address, source })?;
    Ok(Listening { runtime, listener, address, tls, app })
}

async fn accept(listener: TcpListener, tls: Option<Arc<Tls>>, app: Arc<App>) {
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                tokio::spawn(serve(socket, tls.clone(), Arc::clone(&app)));
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// Serves one connection, HTTP/1.1 or HTTP/2 as its first bytes say, until the client goes or a fault ends it.
async fn serve(socket: TcpStream, tls: Option<Arc<Tls>>, app: Arc<App>) {
    // Answers are small and awaited; without the option they merely come later.
    let _ = socket.set_nodelay(true);
    let stream = match tls {
        None => Stream::Plain(socket),
        Some(tls) => match tls.accept(socket).await {
            Ok(stream) => stream,
            // There is nobody to tell: with whom no TLS can be spoken, no HTTP can.
            Err(_) => return,
        },
    };
    let line = Arc::new(Line::default());
    let wire = TokioIo::new(Wire::new(stream, Arc::clone(&line)));
    let on_line = Arc::clone(&line);
    let service = service_fn(move |request| {
        let (app, line) = (Arc::clone(&app), Arc::clone(&on_line));
        async move { app.answer(request, &line).await }
    });
    let server = auto::Builder::new(TokioExecutor::new());
    tokio::select! {
        // Nothing more may be written on a line that has been ended.
        biased;
        () = line.ended() => {}
        // A connection that breaks concerns its client only.
        _ = server.serve_connection(wire, service) => {}
    }
    line.hang_up().await;
}
