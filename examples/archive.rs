//! Keeps all statuses of an account as JSON lines, and their media as files. It can be cut off and
//! started again at any time: nothing is fetched twice.
//!
//! `cargo run --example archive` shows it against a server in memory;
//! `cargo run --example archive -- --server mastodon.social Mastodon` archives an account that everyone sees.

mod shared;

use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use indicatif::ProgressBar;
use mastodon_sdk::{Mastodon, MediaAttachment, Status, StatusId, Upload};
use mastodon_test_server::TestServer;

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    place: shared::Where,
    /// The account, such as Gargron or Gargron@mastodon.social.
    #[arg(default_value = "alice")]
    account: String,
    /// The folder to keep it in.
    #[arg(long, default_value = "archive")]
    folder: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::exit(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let Options {
        place,
        account,
        folder,
    } = Options::parse();
    match place.builder()? {
        Some(builder) => archive(&builder.build()?, &account, &folder).await,
        None => demonstrate(&account).await,
    }
}

/// Brings an archive up to date.
pub(crate) async fn archive(
    mastodon: &Mastodon,
    acct: &str,
    folder: &Path,
) -> Result<(), Box<dyn Error>> {
    let account = mastodon.account_lookup(acct).await?;
    std::fs::create_dir_all(folder.join("media"))?;
    let path = folder.join("statuses.jsonl");
    let (mut file, ends) = open(&path)?;
    let bar = ProgressBar::new(u64::try_from(account.statuses_count).unwrap_or(0));

    // The archive has no gaps: what is missing is older than all of it, or newer.
    let mut older = mastodon.account_statuses(&account).limit(40);
    if let Some((oldest, _)) = &ends {
        older = older.max_id(oldest);
    }
    let mut older = older.items();
    while let Some(status) = older.try_next().await? {
        append(&mut file, &status)?;
        bar.inc(1);
    }
    if let Some((_, mut newest)) = ends {
        loop {
            let page = mastodon
                .account_statuses(&account)
                .min_id(&newest)
                .limit(40)
                .await?;
            let Some(first) = page.first() else { break };
            newest = first.id.clone();
            for status in page.iter().rev() {
                append(&mut file, status)?;
                bar.inc(1);
            }
        }
    }
    bar.finish();
    fetch_media(mastodon, &path, &folder.join("media")).await
}

/// The oldest and the newest status.
type Ends = (StatusId, StatusId);

/// Opens the statuses for more, without a last line that was cut off, and finds the oldest and the newest.
fn open(path: &Path) -> Result<(File, Option<Ends>), Box<dyn Error>> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    let (mut end, mut ends, mut line) = (0, None::<Ends>, String::new());
    let mut lines = BufReader::new(&file);
    while lines.read_line(&mut line)? > 0 && line.ends_with('\n') {
        let Status { id, .. } = serde_json::from_str(&line)?;
        ends = Some(ends.map_or_else(
            || (id.clone(), id.clone()),
            |(oldest, newest)| (oldest.min(id.clone()), newest.max(id.clone())),
        ));
        end += line.len() as u64;
        line.clear();
    }
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    Ok((file, ends))
}

fn append(file: &mut File, status: &Status) -> Result<(), Box<dyn Error>> {
    let line = serde_json::to_string(status)? + "\n";
    Ok(file.write_all(line.as_bytes())?)
}

/// Fetches the media that are not there yet. Media that are gone are told and passed over.
async fn fetch_media(
    mastodon: &Mastodon,
    statuses: &Path,
    folder: &Path,
) -> Result<(), Box<dyn Error>> {
    let bar = ProgressBar::no_length();
    for line in BufReader::new(File::open(statuses)?).lines() {
        let status: Status = serde_json::from_str(&line?)?;
        for media in &status.media_attachments {
            let download = mastodon
                .download(media)
                .to_file(folder.join(file_name(media)))
                .resume(true);
            match download.await {
                Ok(file) => bar.inc(file.fetched),
                Err(error) => bar.suspend(|| eprintln!("{}: {error}", media.id)),
            }
        }
    }
    bar.finish();
    Ok(())
}

/// The id, and the ending of the address if it looks like one.
fn file_name(media: &MediaAttachment) -> String {
    let plain = |text: &str| text.replace(|c: char| !c.is_ascii_alphanumeric(), "");
    let address = media.url.as_deref().unwrap_or_default();
    let ending = address
        .rsplit('.')
        .next()
        .filter(|ending| ending.len() <= 4);
    format!(
        "{}.{}",
        plain(media.id.as_str()),
        plain(ending.unwrap_or("bin"))
    )
}

async fn demonstrate(account: &str) -> Result<(), Box<dyn Error>> {
    let server = TestServer::start().await?;
    let mastodon = shared::user(&server, account, "read write").build()?;
    let media = mastodon
        .media_post_v2(Upload::bytes(&include_bytes!("shared/pixel.png")[..]))
        .await?;
    mastodon
        .status_post("A picture")
        .media_ids([&media])
        .await?;
    let folder = std::env::temp_dir().join(format!("archive-example-{}", std::process::id()));
    archive(&mastodon, account, &folder).await?;
    for entry in [folder.join("statuses.jsonl"), folder.join("media")] {
        println!("{} is there: {}", entry.display(), entry.exists());
    }
    Ok(std::fs::remove_dir_all(folder)?)
}
