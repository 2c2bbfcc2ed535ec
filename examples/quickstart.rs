//! The main job from end to end: register, log in, post, reply, upload, follow, page, be pushed a notification, meet
//! an error, stream.
//!
//! `cargo run --example quickstart` does it against a server in memory;
//! `cargo run --example quickstart -- --server mastodon.social --token TOKEN` does the part that changes nothing.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use mastodon_sdk::auth::OUT_OF_BAND;
use mastodon_sdk::methods::{NewPoll, PushAlerts};
use mastodon_sdk::push::{PushKeyPair, PushReceiver};
use mastodon_sdk::streaming::StreamEvent;
use mastodon_sdk::{Mastodon, PushNotification, Upload, Visibility};
use mastodon_test_server::TestServer;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

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
    let (mut server, mut token) = (None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(option) = arguments.next() {
        let place = match option.as_str() {
            "--server" => &mut server,
            "--token" => &mut token,
            _ => {
                return Err(
                    format!("`{option}` is no option; there are --server and --token").into(),
                );
            }
        };
        *place = Some(arguments.next().ok_or(format!("{option} wants a value"))?);
    }
    match server {
        Some(server) => look_around(&server, token.as_deref()).await,
        None => whole_tour().await,
    }
}

async fn whole_tour() -> Result<(), Box<dyn Error>> {
    let server = TestServer::start().await?;
    println!("1. A server in memory runs at {}.", server.url());

    let visitor = Mastodon::builder(server.url()).build()?;
    let app = visitor
        .create_app("quickstart", OUT_OF_BAND, "read write follow push", None)
        .await?;
    println!("2. The program is registered as {}.", app.client_id);

    let login = visitor
        .auth_request_url(&app, "read write follow push")
        .await?;
    let code = server
        .authorize(&login.url(), "alice")
        .ok_or("the user was refused")?;
    let (mastodon, token) = visitor.log_in_with_code(&app, &login, &code).await?;
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
        .map(|o| o.title.as_str())
        .collect();
    println!(
        "4. Posted {} behind the warning {:?}, with a poll: {}.",
        status.id,
        status.spoiler_text,
        options.join(" or ")
    );

    let bob = Mastodon::builder(server.url())
        .access_token(server.token("bob", "read write follow"))
        .build()?;
    let answer = bob.status_reply(&status, "Crab, of course.").await?;
    let thread = mastodon.status_context(&status).await?;
    println!(
        "5. @bob replied: {} The thread has {} answer.",
        answer.content,
        thread.descendants.len()
    );

    let picture = Upload::bytes(&PIXEL[..]).file_name("pixel.png");
    let media = mastodon
        .media_post(picture)
        .description("A single pixel")
        .await?;
    let shown = mastodon
        .status_post("A picture")
        .media_ids([&media])
        .visibility(Visibility::Unlisted)
        .await?;
    println!(
        "6. Uploaded {} and posted it: {} attachment.",
        media.id,
        shown.media_attachments.len()
    );

    let relationship = mastodon.account_follow(&answer.account).await?;
    println!(
        "7. Following @{}: {}.",
        answer.account.acct, relationship.following
    );

    for number in 1..=100 {
        bob.status_post(format!("Number {number}")).await?;
    }
    let first = mastodon.timeline_home().limit(40).await?;
    let second = first.next().await?.ok_or("there is no second page")?;
    println!(
        "8. The home timeline: a page of {}, then one of {}.",
        first.len(),
        second.len()
    );
    let mut items = mastodon.timeline_home().limit(40).items();
    let mut count = 0;
    while items.try_next().await?.is_some() {
        count += 1;
    }
    println!("   Item by item over all pages: {count} statuses.");

    let mut pushed = subscribe(&mastodon).await?;
    bob.status_post("@alice Crab it is.").await?;
    let told = pushed.recv().await.ok_or("nothing came")?;
    println!(
        "9. Pushed, checked and decrypted: {}: {}",
        told.title, told.body
    );

    let error = mastodon
        .status_post("x".repeat(501))
        .await
        .err()
        .ok_or("it was accepted")?;
    println!(
        "10. A refusal is typed: validation {}, {error}",
        error.is_validation()
    );
    let error = mastodon.status("1").await.err().ok_or("it was found")?;
    println!(
        "   And so is another: not found {}, {error}",
        error.is_not_found()
    );
    stream_own_posts(&mastodon).await
}

async fn stream_own_posts(mastodon: &Mastodon) -> Result<(), Box<dyn Error>> {
    let mut events = mastodon.stream_user().await?;
    mastodon.status_post("Who hears me?").await?;
    while let Some(event) = events.try_next().await? {
        if let StreamEvent::Update(status) = event {
            println!("11. The stream told at once: {}", status.plain_text());
            break;
        }
    }
    Ok(())
}

/// Has mentions pushed to an address of this program's own.
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
    let (tell, told) = mpsc::channel(10);
    let inbox = (PushReceiver::new(keys, &subscription)?, tell);
    let app = Router::new().route("/push", post(take)).with_state(inbox);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(told)
}

type Inbox = (PushReceiver, mpsc::Sender<PushNotification>);

async fn take(
    State((receiver, tell)): State<Inbox>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let Ok(told) = receiver.receive(&headers, &body) else {
        return StatusCode::FORBIDDEN;
    };
    let _nobody_waits = tell.send(told).await;
    StatusCode::CREATED
}

async fn look_around(server: &str, token: Option<&str>) -> Result<(), Box<dyn Error>> {
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
        "It calls itself {:?}: {}",
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
                status.url.as_deref().unwrap_or("(no address)")
            );
        }
    }
    Ok(())
}

/// The smallest PNG.
const PIXEL: [u8; 67] = [
    137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0,
    0, 0, 31, 21, 196, 137, 0, 0, 0, 10, 73, 68, 65, 84, 120, 156, 99, 0, 1, 0, 0, 5, 0, 1, 13, 10,
    45, 180, 0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
];
