//! Receives push messages: generates keys, subscribes, verifies and decrypts the messages, and prints them.
//!
//! `cargo run --example push_receiver` runs against an in-memory test server.
//! `MASTODON_TOKEN=… cargo run --example push_receiver -- --server mastodon.social --endpoint https://bot.example/push`
//! runs against a real server. A reverse proxy has to forward the endpoint to the address in `--listen`.

mod shared;

use std::collections::BTreeSet;
use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use clap::Parser;
use mastodon_sdk::methods::PushAlerts;
use mastodon_sdk::push::{PushError, PushKeyPair, PushReceiver};
use mastodon_sdk::{Mastodon, NotificationId, PushNotification};
use mastodon_test_server::TestServer;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Number of recent notification IDs that are kept to drop duplicates.
const MAX_SEEN_IDS: usize = 1000;

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    connection: shared::ConnectionOptions,
    /// Public HTTPS URL that the server sends push messages to.
    #[arg(long)]
    endpoint: Option<String>,
    /// Local address that receives the requests to the endpoint.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::exit_code(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let Some(builder) = options.connection.builder()? else {
        return demonstrate().await;
    };
    let mastodon = builder.build()?;
    let endpoint = options
        .endpoint
        .ok_or("--endpoint is missing: the URL that the server sends push messages to")?;
    let listener = TcpListener::bind(options.listen).await?;
    let mut notifications = subscribe(&mastodon, listener, &endpoint).await?;
    println!(
        "Listening on {}. Ctrl-C deletes the subscription and exits.",
        options.listen
    );
    loop {
        tokio::select! {
            Some(notification) = notifications.recv() => println!("{}", line(&notification)),
            interrupted = tokio::signal::ctrl_c() => {
                mastodon.push_subscription_delete().await?;
                return Ok(interrupted?);
            }
        }
    }
}

/// State of the request handler.
struct Endpoint {
    receiver: PushReceiver,
    seen: Mutex<BTreeSet<NotificationId>>,
    notifications: mpsc::Sender<PushNotification>,
}

/// Subscribes to all notification types and returns the notifications that arrive at the endpoint, without
/// duplicates. The keys are lost on exit: an application that has to decrypt earlier messages after a restart
/// stores its `PushReceiver`.
pub(crate) async fn subscribe(
    mastodon: &Mastodon,
    listener: TcpListener,
    endpoint: &str,
) -> Result<mpsc::Receiver<PushNotification>, Box<dyn Error>> {
    let keys = PushKeyPair::generate()?;
    let subscription = mastodon
        .push_subscription_set(keys.subscription(endpoint))
        .data(PushAlerts::all().into())
        .await?;
    let (sender, notifications) = mpsc::channel(100);
    let endpoint = Endpoint {
        receiver: PushReceiver::new(keys, &subscription)?,
        seen: Mutex::default(),
        notifications: sender,
    };
    let app = Router::new()
        .fallback(post(handle_push))
        .with_state(Arc::new(endpoint));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(notifications)
}

/// Responds to a push message. Mastodon takes 201 as success, deletes the subscription after a 4xx status other
/// than 408 and 429, and sends the message again later after a 5xx status.
async fn handle_push(
    State(endpoint): State<Arc<Endpoint>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let notification = match endpoint.receiver.receive(&headers, &body) {
        Ok(notification) => notification,
        Err(error) => {
            eprintln!("{error}");
            return match error {
                // The clock of this machine may be wrong; ask the server to try again later.
                PushError::Expired { .. } | PushError::LifetimeTooLong { .. } => {
                    StatusCode::SERVICE_UNAVAILABLE
                }
                error if error.is_unauthenticated() => StatusCode::FORBIDDEN,
                _ => StatusCode::GONE,
            };
        }
    };
    let id = notification.notification_id.clone();
    let Ok(permit) = endpoint.notifications.try_reserve() else {
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    let mut seen = endpoint.seen.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.insert(id) {
        permit.send(notification);
    }
    if seen.len() > MAX_SEEN_IDS {
        seen.pop_first();
    }
    StatusCode::CREATED
}

/// The notification as a line of output.
pub(crate) fn line(notification: &PushNotification) -> String {
    format!("{}: {}", notification.title, notification.body)
}

async fn demonstrate() -> Result<(), Box<dyn Error>> {
    let server = TestServer::start().await?;
    let alice = shared::client_builder(&server, "alice", "push").build()?;
    let bob = shared::client_builder(&server, "bob", "write").build()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}/push", listener.local_addr()?);
    let mut notifications = subscribe(&alice, listener, &endpoint).await?;
    println!("The server sends push messages for alice to {endpoint}");
    bob.status_post("@alice Are you there?").await?;
    let notification = notifications
        .recv()
        .await
        .ok_or("no notification arrived")?;
    println!("{}", line(&notification));
    alice.push_subscription_delete().await?;
    Ok(())
}
