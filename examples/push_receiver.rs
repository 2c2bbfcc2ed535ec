//! Receives push messages: makes keys, subscribes, checks and decrypts what comes, and shows it.
//!
//! `cargo run --example push_receiver` shows it against a server in memory;
//! `MASTODON_TOKEN=… cargo run --example push_receiver -- --server mastodon.social --endpoint https://bot.example/push`
//! does it for good, where what comes to that address is passed on to `--listen`.

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

/// How many notifications are remembered, so that one that comes again is not shown again.
const REMEMBERED: usize = 1000;

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    place: shared::Where,
    /// The address to push to. It has to be reached from outside, by HTTPS.
    #[arg(long)]
    endpoint: Option<String>,
    /// Where to listen for what comes there.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::exit(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let Some(builder) = options.place.builder()? else {
        return demonstrate().await;
    };
    let mastodon = builder.build()?;
    let endpoint = options
        .endpoint
        .ok_or("--endpoint tells the server where to push to")?;
    let listener = TcpListener::bind(options.listen).await?;
    let mut told = subscribe(&mastodon, listener, &endpoint).await?;
    println!(
        "Listening at {}. Ctrl-C ends the subscription.",
        options.listen
    );
    loop {
        tokio::select! {
            Some(notification) = told.recv() => println!("{}", line(&notification)),
            ended = tokio::signal::ctrl_c() => {
                mastodon.push_subscription_delete().await?;
                return Ok(ended?);
            }
        }
    }
}

/// What is done with a request to the endpoint.
struct Inbox {
    receiver: PushReceiver,
    known: Mutex<BTreeSet<NotificationId>>,
    tell: mpsc::Sender<PushNotification>,
}

/// Subscribes to notifications of every type, and hands on what is pushed to the endpoint, each once. The keys
/// live as long as the program; one that has to read what was sent before it started stores its `PushReceiver`.
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
    let (tell, told) = mpsc::channel(100);
    let inbox = Inbox {
        receiver: PushReceiver::new(keys, &subscription)?,
        known: Mutex::default(),
        tell,
    };
    let app = Router::new()
        .fallback(post(take))
        .with_state(Arc::new(inbox));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(told)
}

/// Answers a request. For the server 201 is success; a status from 400 on, but for 408 and 429, ends the
/// subscription, and one from 500 on lets it send the message again later.
async fn take(State(inbox): State<Arc<Inbox>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let notification = match inbox.receiver.receive(&headers, &body) {
        Ok(notification) => notification,
        Err(error) => {
            eprintln!("{error}");
            return match error {
                // Perhaps the clock of this machine is wrong, and soon is not.
                PushError::Expired { .. } | PushError::Lifetime { .. } => {
                    StatusCode::SERVICE_UNAVAILABLE
                }
                error if error.is_forged() => StatusCode::FORBIDDEN,
                _ => StatusCode::GONE,
            };
        }
    };
    let id = notification.notification_id.clone();
    let Ok(place) = inbox.tell.try_reserve() else {
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    let mut known = inbox.known.lock().unwrap_or_else(PoisonError::into_inner);
    if known.insert(id) {
        place.send(notification);
    }
    if known.len() > REMEMBERED {
        known.pop_first();
    }
    StatusCode::CREATED
}

pub(crate) fn line(notification: &PushNotification) -> String {
    format!("{}: {}", notification.title, notification.body)
}

async fn demonstrate() -> Result<(), Box<dyn Error>> {
    let server = TestServer::start().await?;
    let alice = shared::user(&server, "alice", "push").build()?;
    let bob = shared::user(&server, "bob", "write").build()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}/push", listener.local_addr()?);
    let mut told = subscribe(&alice, listener, &endpoint).await?;
    println!("alice is sent push messages at {endpoint}");
    bob.status_post("@alice Are you there?").await?;
    let notification = told.recv().await.ok_or("nothing came")?;
    println!("{}", line(&notification));
    alice.push_subscription_delete().await?;
    Ok(())
}
