//! A live timeline in the terminal, which tells how the connection fares and misses nothing.
//!
//! `cargo run --example watch` shows it against a server in memory, which loses the connection once;
//! `MASTODON_TOKEN=… cargo run --example watch -- --server mastodon.social --stream hashtag:rust` watches a
//! real one until it is stopped.

mod shared;

use std::error::Error;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use clap::Parser;
use mastodon_sdk::{EventStream, Mastodon, Status, StreamEvent};
use mastodon_test_server::{Fault, TestServer};

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    place: shared::Where,
    /// public, local, remote, user, notifications, direct, hashtag:TAG or list:ID.
    #[arg(long, default_value = "user")]
    stream: Source,
}

/// What is watched.
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
            _ => return Err(format!("there is no stream `{text}`; see --help")),
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
    shared::exit(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let Some(builder) = options.place.builder()? else {
        return demonstrate(Duration::from_millis(400), |line| println!("{line}")).await;
    };
    let mut events = options.stream.open(&builder.build()?).await?;
    // A refusal is the only end that there is.
    while let Some(event) = events.try_next().await? {
        if let Some(line) = describe(&event, events.is_catching_up()) {
            println!("{line}");
        }
    }
    Ok(())
}

/// What is shown of an event, if anything.
pub(crate) fn describe(event: &StreamEvent, late: bool) -> Option<String> {
    let mark = if late { '<' } else { ' ' };
    Some(match event {
        StreamEvent::Update(status) => format!("{mark} {}", describe_status(status)),
        StreamEvent::StatusUpdate(status) => format!("  edited: {}", describe_status(status)),
        StreamEvent::Delete(id) => format!("  deleted: {id}"),
        StreamEvent::Notification(told) => {
            let about = told.status.as_ref().map(describe_status);
            let (who, about) = (&told.account.acct, about.unwrap_or_default());
            plain(&format!("{mark} {} by @{who} {about}", told.kind.as_str()))
        }
        StreamEvent::Conversation(talk) => {
            let last = talk.last_status.as_ref().map(describe_status);
            format!("{mark} direct: {}", last.unwrap_or_default())
        }
        StreamEvent::Announcement(news) => plain(&format!("{mark} news: {}", news.content)),
        StreamEvent::Connected => "* connected".to_owned(),
        StreamEvent::Disconnected(lost) => {
            let wait = lost.retry_in.as_secs_f32();
            format!(
                "* connection lost ({}); trying again in {wait:.1} s",
                lost.why
            )
        }
        StreamEvent::CatchingUp => "* looking for what was missed, marked with <".to_owned(),
        StreamEvent::CaughtUp(caught_up) => {
            let mut line = format!("* up to date again, {} told late", caught_up.events);
            for missing in &caught_up.missing {
                line += &format!("; missing: {:?} after {:?}", missing.kind, missing.after);
            }
            line
        }
        StreamEvent::Lagged(dropped) => format!("* too slow: {dropped} events were dropped"),
        StreamEvent::Malformed(broken) => format!("* not understood: {}", broken.error),
        _ => return None,
    })
}

fn describe_status(status: &Status) -> String {
    let (shown, by) = match &status.reblog {
        Some(original) => (&**original, format!(" boosted @{}", original.account.acct)),
        None => (status, String::new()),
    };
    let text = match &*shown.spoiler_text {
        "" => shown.plain_text(),
        warning => format!("[{warning}]"),
    };
    let media = match shown.media_attachments.len() {
        0 => String::new(),
        number => format!(" ({number} attached)"),
    };
    let time = status.created_at.strftime("%H:%M:%S");
    plain(&format!(
        "{time} @{}{by}: {text}{media}",
        status.account.acct
    ))
}

/// In one line, without what a terminal would obey.
fn plain(text: &str) -> String {
    let shown = |letter: char| if letter.is_control() { ' ' } else { letter };
    text.chars().map(shown).collect()
}

/// Watches a server in memory on which somebody posts, with pauses, and a connection is cut.
pub(crate) async fn demonstrate(
    pause: Duration,
    mut show: impl FnMut(&str),
) -> Result<(), Box<dyn Error>> {
    let server = TestServer::start().await?;
    let scopes = "read write follow";
    let alice = shared::user(&server, "alice", scopes).build()?;
    let bob = shared::user(&server, "bob", scopes).build()?;
    alice.account_follow(bob.me().await?).await?;
    let mut events = Source::User.open(&alice).await?;
    let posting = async {
        for number in 1..=9 {
            tokio::time::sleep(pause).await;
            if number == 4 {
                server.inject(Fault::cut_in_event());
                server.inject(Fault::status(503).on("GET", "/api/v1/streaming"));
            }
            bob.status_post(format!("Number {number} of 9")).await?;
        }
        Ok::<(), mastodon_sdk::Error>(())
    };
    let watching = async {
        let mut is_last = false;
        while let Some(event) = events.try_next().await? {
            if let Some(line) = describe(&event, events.is_catching_up()) {
                show(&line);
                is_last |= line.ends_with("Number 9 of 9");
            }
            if is_last && !events.is_catching_up() {
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
