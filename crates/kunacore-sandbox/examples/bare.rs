//! The yardstick of the benchmark: a bare axum handler that parses a creation and answers it, and does nothing else.

use axum::http::StatusCode;
use axum::routing::post;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use serde_json::{Value, json};

fn main() -> std::io::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_io().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("listening on http://{}", listener.local_addr()?);
        let listener = listener.tap_io(|socket| {
            // As the sandbox does; without it the comparison would be of delays.
            let _ = socket.set_nodelay(true);
        });
        axum::serve(listener, Router::new().route("/v2/customer/create", post(create))).await
    })
}

async fn create(Json(customer): Json<Value>) -> (StatusCode, Json<Value>) {
    let data = json!({
        "id": "6d962783-f0cf-420d-a511-3a48c71c5595",
        "walletId": "6d962783-f0cf-420d-a511-3a48c71c5595",
        "email": customer["email"],
        "firstName": customer["firstName"],
        "lastName": customer["lastName"],
        "createdAt": "2026-01-01T00:00:00.000Z",
    });
    (StatusCode::CREATED, Json(json!({"data": data})))
}
