//! Prints the events of a stream in the terminal, with connection changes and backfilled events.
//!
//! `cargo run --example watch` runs against an in-memory test server that cuts the connection once.
//! `MASTODON_TOKEN=… cargo run --example watch -- --server mastodon.social --stream hashtag:rust` watches a
//! real server until it is stopped.

mod shared;

use std::error::Error;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use clap::Parser;
use mastodon_sdk::streaming::{EventStream, StreamEvent};
use mastodon_sdk::{Mastodon, Status};
use mastodon_test_server::{Fault, TestServer};

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    connection: shared::ConnectionOptions,
    /// public, local, remote, user, notifications, direct, hashtag:TAG or list:ID.
    #[arg(long, default_value = "user")]
    stream: Source,
}

/// The stream to watch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    Public,
    Local,
    Remote,
    User,
    Notifications,
    Direct,
    Hashtag(String),
    List(String),
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text.split_once(':') {
            None if text == "public" => Self::Public,
            None if text == "local" => Self::Local,
            None if text == "remote" => Self::Remote,
            None if text == "user" => Self::User,
            None if text == "notifications" => Self::Notifications,
            None if text == "direct" => Self::Direct,
            Some(("hashtag", tag)) => Self::Hashtag(tag.trim_start_matches('#').to_owned()),
            Some(("list", id)) => Self::List(id.to_owned()),
            _ => return Err(format!("unknown stream `{text}`; see --help")),
        })
    }
}

impl Source {
    async fn open(&self, mastodon: &Mastodon) -> Result<EventStream, mastodon_sdk::Error> {
        match self {
            Self::Public => mastodon.stream_public().await,
            Self::Local => mastodon.stream_local().await,
            Self::Remote => mastodon.stream_public_remote().await,
            Self::User => mastodon.stream_user().await,
            Self::Notifications => mastodon.stream_user_notifications().await,
            Self::Direct => mastodon.stream_direct().await,
            Self::Hashtag(tag) => mastodon.stream_hashtag(tag).await,
            Self::List(id) => mastodon.stream_list(id).await,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::exit_code(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let Some(builder) = options.connection.builder()? else {
        return demonstrate(Duration::from_millis(400), |line| println!("{line}")).await;
    };
    let mut events = options.stream.open(&builder.build()?).await?;
    // The stream ends only if the server rejects it.
    while let Some(event) = events.try_next().await? {
        if let Some(line) = describe(&event, events.is_backfilling()) {
            println!("{line}");
        }
    }
    Ok(())
}

/// Returns the line to print for an event, if any. Backfilled events are marked with `<`.
pub(crate) fn describe(event: &StreamEvent, is_backfilled: bool) -> Option<String> {
    let mark = if is_backfilled { '<' } else { ' ' };
    Some(match event {
        StreamEvent::Update(status) => format!("{mark} {}", describe_status(status)),
        StreamEvent::StatusUpdate(status) => format!("  edited: {}", describe_status(status)),
        StreamEvent::Delete(id) => format!("  deleted: {id}"),
        StreamEvent::Notification(notification) => {
            let status = notification.status.as_ref().map(describe_status);
            let status = status.unwrap_or_default();
            let (kind, acct) = (notification.kind.as_str(), &notification.account.acct);
            strip_control(&format!("{mark} {kind} by @{acct} {status}"))
        }
        StreamEvent::Conversation(conversation) => {
            let last = conversation.last_status.as_ref().map(describe_status);
            format!("{mark} direct: {}", last.unwrap_or_default())
        }
        StreamEvent::Announcement(announcement) => {
            strip_control(&format!("{mark} announcement: {}", announcement.content))
        }
        StreamEvent::Connected => "* connected".to_owned(),
        StreamEvent::Disconnected(disconnected) => {
            let delay = disconnected.retry_in.as_secs_f32();
            format!(
                "* disconnected ({}); retrying in {delay:.1} s",
                disconnected.error
            )
        }
        StreamEvent::Backfilling => "* backfilling missed events, marked with <".to_owned(),
        StreamEvent::Backfilled(backfilled) => {
            let mut line = format!("* {} events backfilled", backfilled.events);
            for gap in &backfilled.gaps {
                line += &format!("; gap: {:?} after {:?}", gap.kind, gap.after);
            }
            line
        }
        StreamEvent::Lagged(dropped) => format!("* {dropped} events were dropped"),
        StreamEvent::Malformed(malformed) => format!("* malformed event: {}", malformed.error),
        _ => return None,
    })
}

fn describe_status(status: &Status) -> String {
    let (source, by) = match &status.reblog {
        Some(original) => (&**original, format!(" boosted @{}", original.account.acct)),
        None => (status, String::new()),
    };
    let text = match &*source.spoiler_text {
        "" => source.content.to_text(),
        warning => format!("[{warning}]"),
    };
    let media = match source.media_attachments.len() {
        0 => String::new(),
        number => format!(" ({number} attached)"),
    };
    let time = status.created_at.strftime("%H:%M:%S");
    strip_control(&format!(
        "{time} @{}{by}: {text}{media}",
        status.account.acct
    ))
}

/// Replaces control characters, which could control the terminal, with spaces.
fn strip_control(text: &str) -> String {
    let replace = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(replace).collect()
}

/// Watches a test server on which a user posts with pauses, and cuts the connection once.
pub(crate) async fn demonstrate(
    pause: Duration,
    mut show: impl FnMut(&str),
) -> Result<(), Box<dyn Error>> {
    let server = TestServer::start().await?;
    let scopes = "read write follow";
    let alice = shared::client_builder(&server, "alice", scopes).build()?;
    let bob = shared::client_builder(&server, "bob", scopes).build()?;
    alice.account_follow(bob.me().await?).await?;
    let mut events = Source::User.open(&alice).await?;
    let posting = async {
        for number in 1..=9 {
            tokio::time::sleep(pause).await;
            if number == 4 {
                server.inject(Fault::disconnect_in_event());
                server.inject(Fault::status(503).on("GET", "/api/v1/streaming"));
            }
            bob.status_post(format!("Number {number} of 9")).await?;
        }
        Ok::<(), mastodon_sdk::Error>(())
    };
    let watching = async {
        let mut is_last = false;
        while let Some(event) = events.try_next().await? {
            if let Some(line) = describe(&event, events.is_backfilling()) {
                show(&line);
                is_last |= line.ends_with("Number 9 of 9");
            }
            if is_last && !events.is_backfilling() {
                break;
            }
        }
        Ok::<(), mastodon_sdk::Error>(())
    };
    let (posted, watched) = tokio::join!(posting, watching);
    posted?;
    watched?;
    Ok(())
}
