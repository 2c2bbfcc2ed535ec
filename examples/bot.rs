//! A bot that replies to each mention once, and continues where it stopped.
//!
//! `cargo run --example bot` runs against an in-memory test server.
//! `MASTODON_TOKEN=… cargo run --example bot -- --server mastodon.social` runs until it is stopped.

mod shared;

use std::error::Error;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use mastodon_sdk::rate_limit::RateLimitMode;
use mastodon_sdk::{AccountId, Mastodon, Notification, NotificationId, NotificationType, Status};
use mastodon_test_server::TestServer;

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    connection: shared::ConnectionOptions,
    /// File with the ID of the last notification that the bot handled.
    #[arg(long, default_value = "bot.position")]
    position: PathBuf,
    /// Seconds between two requests for new mentions.
    #[arg(long, default_value_t = 15)]
    interval: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::exit_code(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let Some(builder) = options.connection.builder()? else {
        return demonstrate(
            &std::env::temp_dir().join(format!("bot-example-{}", std::process::id())),
        )
        .await;
    };
    let mastodon = builder.rate_limit_mode(RateLimitMode::Pace).build()?;
    loop {
        match reply_to_mentions(&mastodon, &options.position).await {
            Ok(replies) => println!("{replies} replies"),
            // The bot survives a temporary failure of the server.
            Err(error) => match error.downcast_ref::<mastodon_sdk::Error>() {
                Some(temporary) if temporary.is_retryable() => eprintln!("{error}; trying again"),
                _ => return Err(error),
            },
        }
        tokio::time::sleep(Duration::from_secs(options.interval)).await;
    }
}

/// Replies to each mention after the position in the file, oldest first, and saves the position after each.
/// Returns the number of replies. Without a file, earlier mentions are ignored.
pub(crate) async fn reply_to_mentions(
    mastodon: &Mastodon,
    file: &Path,
) -> Result<usize, Box<dyn Error>> {
    let mentions = || mastodon.notifications().types([NotificationType::Mention]);
    let Some(position) = load_position(file)? else {
        let newest = mentions().limit(1).await?;
        save_position(
            file,
            newest.first().map_or("0", |newest| newest.id.as_str()),
        )?;
        return Ok(0);
    };
    let me = mastodon.me().await?.id;
    // If the bot crashed after a reply, only the first mention after the position can have one already.
    let mut maybe_replied = true;
    let mut replies = 0;
    let mut new_mentions = mentions().limit(40).newer_than(position).items();
    while let Some(Notification { id, status, .. }) = new_mentions.try_next().await? {
        if let Some(status) = &status
            && !(std::mem::take(&mut maybe_replied) && has_reply(mastodon, status, &me).await?)
        {
            let words = status.content.to_text().split_whitespace().count();
            let reply = format!("You said {words} words to me.");
            mastodon.status_reply(status, reply).await?;
            replies += 1;
        }
        save_position(file, id.as_str())?;
    }
    Ok(replies)
}

/// Whether the user has replied to a status.
async fn has_reply(
    mastodon: &Mastodon,
    status: &Status,
    user: &AccountId,
) -> Result<bool, mastodon_sdk::Error> {
    let thread = mastodon.status_context(status).await?;
    let mut replies = thread.descendants.iter();
    Ok(replies.any(|reply| {
        reply.account.id == *user && reply.in_reply_to_id.as_ref() == Some(&status.id)
    }))
}

fn load_position(file: &Path) -> std::io::Result<Option<NotificationId>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text.trim().into())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the position to a temporary file and renames that, so that a crash leaves the old or the new position.
fn save_position(file: &Path, position: &str) -> std::io::Result<()> {
    let path = file.with_extension("new");
    let mut temporary = std::fs::File::create(&path)?;
    temporary.write_all(position.as_bytes())?;
    temporary.sync_all()?;
    std::fs::rename(path, file)
}

async fn demonstrate(file: &Path) -> Result<(), Box<dyn Error>> {
    let server = TestServer::start().await?;
    let bot = shared::client_builder(&server, "alice", "read write")
        .rate_limit_mode(RateLimitMode::Pace)
        .build()?;
    let bob = shared::client_builder(&server, "bob", "read write").build()?;
    save_position(file, "0")?;
    bob.status_post("@alice How many words are these?").await?;
    println!("{} replies", reply_to_mentions(&bot, file).await?);
    let newest = bob.notifications().limit(1).await?;
    let reply = newest.first().and_then(|newest| newest.status.as_ref());
    if let Some(reply) = reply {
        println!("reply to bob: {}", reply.content.to_text());
    }
    Ok(std::fs::remove_file(file)?)
}
