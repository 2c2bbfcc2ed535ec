//! A bot that answers whoever mentions it, and goes on where it stopped.
//!
//! `cargo run --example bot` shows it against a server in memory;
//! `MASTODON_TOKEN=… cargo run --example bot -- --server mastodon.social` runs it for good.

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
    place: shared::Where,
    /// The file that holds how far the bot has come.
    #[arg(long, default_value = "bot.position")]
    position: PathBuf,
    /// How many seconds to wait before looking again.
    #[arg(long, default_value_t = 15)]
    pause: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::exit(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let Some(builder) = options.place.builder()? else {
        return demonstrate(
            &std::env::temp_dir().join(format!("bot-example-{}", std::process::id())),
        )
        .await;
    };
    let mastodon = builder.rate_limit_mode(RateLimitMode::Pace).build()?;
    loop {
        match answer_mentions(&mastodon, &options.position).await {
            Ok(answers) => println!("{answers} answered"),
            // A server that is down for a while ends no bot.
            Err(error) => match error.downcast_ref::<mastodon_sdk::Error>() {
                Some(passing) if passing.is_retryable() => eprintln!("{error}; trying again"),
                _ => return Err(error),
            },
        }
        tokio::time::sleep(Duration::from_secs(options.pause)).await;
    }
}

/// Answers every mention since the position in the file, oldest first, and moves the position on after
/// each. Without a file it begins with what comes from now on.
pub(crate) async fn answer_mentions(
    mastodon: &Mastodon,
    file: &Path,
) -> Result<usize, Box<dyn Error>> {
    let mentions = || mastodon.notifications().types([NotificationType::Mention]);
    let Some(mut position) = load(file)? else {
        let newest = mentions().limit(1).await?;
        store(
            file,
            newest.first().map_or("0", |newest| newest.id.as_str()),
        )?;
        return Ok(0);
    };
    let me = mastodon.me().await?.id;
    // Only the mention after the position can have been answered before a crash.
    let mut in_doubt = true;
    let mut answers = 0;
    loop {
        let page = mentions().min_id(&position).limit(40).await?;
        let Some(newest) = page.first() else {
            return Ok(answers);
        };
        for Notification { id, status, .. } in page.iter().rev() {
            if let Some(status) = status
                && !(std::mem::take(&mut in_doubt) && is_answered(mastodon, status, &me).await?)
            {
                let words = status.plain_text().split_whitespace().count();
                let answer = format!("You said {words} words to me.");
                mastodon.status_reply(status, answer).await?;
                answers += 1;
            }
            store(file, id.as_str())?;
        }
        position = newest.id.clone();
    }
}

async fn is_answered(
    mastodon: &Mastodon,
    status: &Status,
    me: &AccountId,
) -> Result<bool, mastodon_sdk::Error> {
    let thread = mastodon.status_context(status).await?;
    let mut answers = thread.descendants.iter();
    Ok(answers.any(|answer| {
        answer.account.id == *me && answer.in_reply_to_id.as_ref() == Some(&status.id)
    }))
}

fn load(file: &Path) -> std::io::Result<Option<NotificationId>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text.trim().into())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the position beside the file and then puts it in its place, so that a crash leaves one of both.
fn store(file: &Path, position: &str) -> std::io::Result<()> {
    let beside = file.with_extension("new");
    let mut written = std::fs::File::create(&beside)?;
    written.write_all(position.as_bytes())?;
    written.sync_all()?;
    std::fs::rename(beside, file)
}

async fn demonstrate(file: &Path) -> Result<(), Box<dyn Error>> {
    let server = TestServer::start().await?;
    let bot = shared::user(&server, "alice", "read write")
        .rate_limit_mode(RateLimitMode::Pace)
        .build()?;
    let bob = shared::user(&server, "bob", "read write").build()?;
    store(file, "0")?;
    bob.status_post("@alice How many words are these?").await?;
    println!("{} answered", answer_mentions(&bot, file).await?);
    let answer = bob.notifications().limit(1).await?;
    let status = answer.first().and_then(|answer| answer.status.as_ref());
    println!(
        "bob reads: {}",
        status.map(Status::plain_text).unwrap_or_default()
    );
    Ok(std::fs::remove_file(file)?)
}
