//! The main features: registers an application, logs in, posts, replies, uploads, follows, pages, receives a push
//! message, handles errors, and streams.
//!
//! `cargo run --example quickstart` runs against an in-memory test server.
//! `cargo run --example quickstart -- --server mastodon.social --token TOKEN` runs the read-only part against a real
//! server.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use clap::Parser;
use mastodon_sdk::auth::OUT_OF_BAND;
use mastodon_sdk::methods::{NewPoll, PushAlerts};
use mastodon_sdk::push::{PushKeyPair, PushReceiver};
use mastodon_sdk::streaming::StreamEvent;
use mastodon_sdk::{Mastodon, PushNotification, Upload, Visibility};
use mastodon_test_server::TestServer;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

#[derive(Parser)]
struct Options {
    /// Server, such as mastodon.social. Default: a server in memory.
    #[arg(long)]
    server: Option<String>,
    /// Access token of a user of the server.
    #[arg(long, requires = "server")]
    token: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    match &options.server {
        Some(server) => show_account(server, options.token.as_deref()).await,
        None => run_all_steps().await,
    }
}

async fn run_all_steps() -> Result<(), Box<dyn Error>> {
    let server = TestServer::start().await?;
    println!("1. The test server runs at {}.", server.url());

    let anonymous = Mastodon::builder(server.url()).build()?;
    let app = anonymous
        .create_app("quickstart", OUT_OF_BAND, "read write follow push", None)
        .await?;
    println!("2. The application is registered as {}.", app.client_id);

    let request = anonymous
        .auth_request_url(&app, "read write follow push")
        .await?;
    let code = server
        .authorize(&request.url(), "alice")
        .ok_or("the authorization request was rejected")?;
    let (mastodon, token) = anonymous.log_in_with_code(&app, &request, &code).await?;
    let me = mastodon.account_verify_credentials().await?;
    println!(
        "3. Logged in as @{} with the scopes {}.",
        me.acct, token.scope
    );

    let poll = NewPoll::new(["Crab", "Gopher"], Duration::from_secs(3600));
    let status = mastodon
        .status_post("Which one?")
        .spoiler_text("Animals")
        .sensitive(true)
        .poll(poll)
        .await?;
    let options: Vec<&str> = status
        .poll
        .iter()
        .flat_map(|poll| &poll.options)
        .map(|option| option.title.as_str())
        .collect();
    println!(
        "4. Posted {} with the content warning {:?} and a poll: {}.",
        status.id,
        status.spoiler_text,
        options.join(" or ")
    );

    let bob = Mastodon::builder(server.url())
        .access_token(server.token("bob", "read write follow"))
        .build()?;
    let reply = bob.status_reply(&status, "Crab, of course.").await?;
    let thread = mastodon.status_context(&status).await?;
    println!(
        "5. @bob replied: {} The thread has {} reply.",
        reply.content.to_text(),
        thread.descendants.len()
    );

    let image = Upload::bytes(&PIXEL[..]).file_name("pixel.png");
    let media = mastodon
        .media_post(image)
        .description("A single pixel")
        .await?;
    let status = mastodon
        .status_post("An image")
        .media_ids([&media])
        .visibility(Visibility::Unlisted)
        .await?;
    println!(
        "6. Uploaded {} and posted it: {} attachment.",
        media.id,
        status.media_attachments.len()
    );

    let relationship = mastodon.account_follow(&reply.account).await?;
    println!(
        "7. Following @{}: {}.",
        reply.account.acct, relationship.following
    );

    for number in 1..=100 {
        bob.status_post(format!("Number {number}")).await?;
    }
    let first = mastodon.timeline_home().limit(40).await?;
    let second = first.next().await?.ok_or("there is no second page")?;
    println!(
        "8. The home timeline: a page of {} statuses, then a page of {}.",
        first.len(),
        second.len()
    );
    let mut items = mastodon.timeline_home().limit(40).items();
    let mut count = 0;
    while items.try_next().await?.is_some() {
        count += 1;
    }
    println!("   All pages together: {count} statuses.");

    let mut notifications = subscribe(&mastodon).await?;
    bob.status_post("@alice Crab it is.").await?;
    let notification = notifications
        .recv()
        .await
        .ok_or("no push message arrived")?;
    println!(
        "9. Verified and decrypted a push message: {}: {}",
        notification.title, notification.body
    );

    let error = mastodon
        .status_post("x".repeat(501))
        .await
        .err()
        .ok_or("the status was accepted")?;
    println!(
        "10. Errors are typed: is_validation() is {}: {error}",
        error.is_validation()
    );
    let error = mastodon
        .status("1")
        .await
        .err()
        .ok_or("the status exists")?;
    println!("    is_not_found() is {}: {error}", error.is_not_found());
    stream_own_posts(&mastodon).await
}

async fn stream_own_posts(mastodon: &Mastodon) -> Result<(), Box<dyn Error>> {
    let mut events = mastodon.stream_user().await?;
    mastodon.status_post("Is anybody there?").await?;
    while let Some(event) = events.try_next().await? {
        if let StreamEvent::Update(status) = event {
            println!("11. Received from the stream: {}", status.content.to_text());
            break;
        }
    }
    Ok(())
}

/// Subscribes to mentions, and receives the push messages at an address of this process.
async fn subscribe(
    mastodon: &Mastodon,
) -> Result<mpsc::Receiver<PushNotification>, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}/push", listener.local_addr()?);
    let keys = PushKeyPair::generate()?;
    let subscription = mastodon
        .push_subscription_set(keys.subscription(address))
        .data(PushAlerts::new().mention(true).into())
        .await?;
    let (sender, notifications) = mpsc::channel(10);
    let endpoint = (PushReceiver::new(keys, &subscription)?, sender);
    let app = Router::new()
        .route("/push", post(handle_push))
        .with_state(endpoint);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(notifications)
}

type Endpoint = (PushReceiver, mpsc::Sender<PushNotification>);

async fn handle_push(
    State((receiver, sender)): State<Endpoint>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let Ok(notification) = receiver.receive(&headers, &body) else {
        return StatusCode::FORBIDDEN;
    };
    let _receiver_dropped = sender.send(notification).await;
    StatusCode::CREATED
}

/// Prints what the server and the account are, without changing anything.
async fn show_account(server: &str, token: Option<&str>) -> Result<(), Box<dyn Error>> {
    let builder = Mastodon::builder(server);
    let mastodon = token
        .map_or_else(
            || builder.clone(),
            |token| builder.clone().access_token(token),
        )
        .build()?;
    println!(
        "{} runs {}.",
        mastodon.server(),
        mastodon.retrieve_mastodon_version().await?
    );
    let instance = mastodon.instance().await?;
    println!(
        "Its title is {:?}: {}",
        instance.title, instance.description
    );
    if token.is_some() {
        println!(
            "You are @{}.",
            mastodon.account_verify_credentials().await?.acct
        );
        for status in &mastodon.timeline_home().limit(5).await? {
            println!(
                "@{}: {}",
                status.account.acct,
                status.url.as_deref().unwrap_or("(no URL)")
            );
        }
    }
    Ok(())
}

/// A PNG image of one pixel.
const PIXEL: [u8; 67] = [
    137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0,
    0, 0, 31, 21, 196, 137, 0, 0, 0, 10, 73, 68, 65, 84, 120, 156, 99, 0, 1, 0, 0, 5, 0, 1, 13, 10,
    45, 180, 0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
];
