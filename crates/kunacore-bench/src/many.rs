//! The yardstick of a table: what a careful program does with reqwest alone that has the bodies ready, in a file of
//! lines, and sends many at once. It checks each status, reads the two ids, and keeps nothing.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Url;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use tokio::task::JoinSet;

use crate::{API_KEY, Result, bare};

type Bodies = Arc<Mutex<BufReader<File>>>;
/// An error that a task may hand over.
type Failure = Box<dyn std::error::Error + Send + Sync>;

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

/// Creates the customers whose bodies are the lines of the file, so many at once; says how many they were.
pub(crate) async fn run(url: &str, bodies: &Path, in_flight: usize) -> Result<()> {
    let client = bare::client()?;
    let url: Url = format!("{url}/v2/customer/create").parse()?;
    let bodies: Bodies = Arc::new(Mutex::new(BufReader::new(File::open(bodies)?)));
    let mut tasks = JoinSet::new();
    for _ in 0..in_flight {
        tasks.spawn(send_all(client.clone(), url.clone(), bodies.clone()));
    }
    let mut count = 0;
    while let Some(sent) = tasks.join_next().await {
        count += sent?.map_err(|error| error.to_string())?;
    }
    println!(r#"{{"created":{count}}}"#);
    Ok(())
}

/// Sends one body after the other until there are no more; how many it sent.
async fn send_all(client: reqwest::Client, url: Url, bodies: Bodies) -> std::result::Result<u64, Failure> {
    let mut key = HeaderValue::from_static(API_KEY);
    key.set_sensitive(true);
    let mut count = 0;
    while let Some(body) = next(&bodies)? {
        let request = client
            .post(url.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header("api-key", key.clone())
            .body(body);
        let body = request.send().await?.error_for_status()?.bytes().await?;
        let Answer { data: Ids { id, wallet_id } } = serde_json::from_slice(&body)?;
        std::hint::black_box((id, wallet_id));
        count += 1;
    }
    Ok(count)
}

fn next(bodies: &Bodies) -> std::io::Result<Option<String>> {
    let mut line = String::with_capacity(512);
    let length = bodies.lock().unwrap_or_else(PoisonError::into_inner).read_line(&mut line)?;
    line.truncate(line.trim_end().len());
    Ok((length > 0).then_some(line))
}
