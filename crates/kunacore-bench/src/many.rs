//! The same bodies by three clients, so many at once: hyper alone, reqwest alone, and the core. Each has its bodies, or
//! customers, ready before its time begins, checks each status, reads the two ids, and keeps nothing.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use kunacore::{Client, Credentials, NewCustomer};
use reqwest::Url;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::{API_KEY, Result, bare, tale};

const AGENT: &str = concat!("kunacore/", env!("CARGO_PKG_VERSION"));
const PATH: &str = "/v2/customer/create";

/// An error that a task may hand over.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// One of those that send at once.
trait Sender: Send + 'static {
    /// What it makes a customer of.
    type Work: Send + 'static;

    /// Makes it of a body.
    fn prepare(body: String) -> std::result::Result<Self::Work, Failure>;

    /// Creates a customer.
    fn create(&mut self, work: Self::Work) -> impl Future<Output = std::result::Result<(), Failure>> + Send;
}

/// Creates the customers whose bodies are the lines of the file with this client, so many at once.
pub(crate) async fn run(client: &str, url: &str, bodies: &Path, in_flight: usize) -> Result<()> {
    match client {
        "hyper" => {
            let mut senders = Vec::new();
            for _ in 0..in_flight {
                senders.push(Hyper::connect(url).await?);
            }
            send(bodies, senders).await
        }
        "reqwest" => {
            let sender = Reqwest { client: bare::client()?, url: format!("{url}{PATH}").parse()?, key: key() };
            send(bodies, vec![sender; in_flight]).await
        }
        "core" => {
            let client = Client::builder(url).credentials(Credentials::api_key(API_KEY)).build()?;
            send(bodies, vec![Core(client); in_flight]).await
        }
        _ => Err("the clients are hyper, reqwest and core".into()),
    }
}

async fn send<S: Sender>(bodies: &Path, senders: Vec<S>) -> Result<()> {
    let mut work = Vec::new();
    for line in BufReader::new(File::open(bodies)?).lines() {
        work.push(S::prepare(line?).map_err(|error| error.to_string())?);
    }
    let work = Arc::new(Mutex::new(work.into_iter()));
    let watch = tale::Watch::start();
    let mut tasks = JoinSet::new();
    for sender in senders {
        tasks.spawn(send_all(sender, work.clone()));
    }
    let mut times = Vec::new();
    while let Some(sent) = tasks.join_next().await {
        times.extend(sent?.map_err(|error| error.to_string())?);
    }
    watch.tell(times);
    Ok(())
}

/// Sends one after the other until there are no more; how long each took.
async fn send_all<S: Sender>(
    mut sender: S,
    work: Arc<Mutex<std::vec::IntoIter<S::Work>>>,
) -> std::result::Result<Vec<Duration>, Failure> {
    let next = || work.lock().unwrap_or_else(PoisonError::into_inner).next();
    let mut times = Vec::new();
    while let Some(one) = next() {
        let start = Instant::now();
        sender.create(one).await?;
        times.push(start.elapsed());
    }
    Ok(times)
}

fn key() -> HeaderValue {
    let mut key = HeaderValue::from_static(API_KEY);
    key.set_sensitive(true);
    key
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    data: Ids<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ids<'a> {
    id: &'a str,
    wallet_id: &'a str,
}

fn read(answer: &[u8]) -> std::result::Result<(), Failure> {
    let Answer { data: Ids { id, wallet_id } } = serde_json::from_slice(answer)?;
    std::hint::black_box((id, wallet_id));
    Ok(())
}

/// hyper alone, on one connection: no pool, no redirects, no time limit.
struct Hyper {
    connection: http1::SendRequest<Full<Bytes>>,
    host: HeaderValue,
    key: HeaderValue,
}

impl Hyper {
    async fn connect(url: &str) -> Result<Self> {
        let address = url.strip_prefix("http://").ok_or("an address with http://")?;
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (connection, driver) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(driver);
        Ok(Self { connection, host: address.parse()?, key: key() })
    }
}

impl Sender for Hyper {
    type Work = Bytes;

    fn prepare(body: String) -> std::result::Result<Bytes, Failure> {
        Ok(body.into())
    }

    async fn create(&mut self, body: Bytes) -> std::result::Result<(), Failure> {
        let request = hyper::Request::post(PATH)
            .header(HOST, self.host.clone())
            .header(USER_AGENT, HeaderValue::from_static(AGENT))
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header("api-key", self.key.clone())
            .body(Full::new(body))?;
        self.connection.ready().await?;
        let response = self.connection.send_request(request).await?;
        if !response.status().is_success() {
            return Err(format!("status {}", response.status()).into());
        }
        read(&response.into_body().collect().await?.to_bytes())
    }
}

/// What a careful program does with reqwest alone.
#[derive(Clone)]
struct Reqwest {
    client: reqwest::Client,
    url: Url,
    key: HeaderValue,
}

impl Sender for Reqwest {
    type Work = Bytes;

    fn prepare(body: String) -> std::result::Result<Bytes, Failure> {
        Ok(body.into())
    }

    async fn create(&mut self, body: Bytes) -> std::result::Result<(), Failure> {
        let request = self
            .client
            .post(self.url.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header("api-key", self.key.clone())
            .body(body);
        read(&request.send().await?.error_for_status()?.bytes().await?)
    }
}

#[derive(Clone)]
struct Core(Client);

impl Sender for Core {
    type Work = NewCustomer;

    fn prepare(body: String) -> std::result::Result<NewCustomer, Failure> {
        Ok(NewCustomer::from_json(body.as_bytes())?)
    }

    async fn create(&mut self, customer: NewCustomer) -> std::result::Result<(), Failure> {
        std::hint::black_box(self.0.create_customer(&customer).await?.wallet_id());
        Ok(())
    }
}
