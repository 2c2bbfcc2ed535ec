//! Saves all statuses of an account as JSON lines, and their media as files. It can be interrupted and
//! restarted at any time: nothing is downloaded twice.
//!
//! `cargo run --example archive` runs against an in-memory test server.
//! `cargo run --example archive -- --server mastodon.social Mastodon` archives a public account.

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
    connection: shared::ConnectionOptions,
    /// Account, such as Gargron or Gargron@mastodon.social.
    #[arg(default_value = "alice")]
    account: String,
    /// Folder of the archive.
    #[arg(long, default_value = "archive")]
    folder: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::exit_code(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let Options {
        connection,
        account,
        folder,
    } = Options::parse();
    match connection.builder()? {
        Some(builder) => archive(&builder.build()?, &account, &folder).await,
        None => demonstrate(&account).await,
    }
}

/// Creates or updates an archive.
pub(crate) async fn archive(
    mastodon: &Mastodon,
    acct: &str,
    folder: &Path,
) -> Result<(), Box<dyn Error>> {
    let account = mastodon.account_lookup(acct).await?;
    std::fs::create_dir_all(folder.join("media"))?;
    let path = folder.join("statuses.jsonl");
    let (mut file, archived) = open(&path)?;
    let bar = ProgressBar::new(u64::try_from(account.statuses_count).unwrap_or(0));

    // An archive has no gaps: missing statuses are older than its oldest or newer than its newest status.
    let statuses = || mastodon.account_statuses(&account).limit(40);
    let missing = match archived {
        None => vec![statuses().items()],
        Some((oldest, newest)) => vec![
            statuses().older_than(oldest).items(),
            statuses().newer_than(newest).items(),
        ],
    };
    for mut statuses in missing {
        while let Some(status) = statuses.try_next().await? {
            append(&mut file, &status)?;
            bar.inc(1);
        }
    }
    bar.finish();
    download_media(mastodon, &path, &folder.join("media")).await
}

/// IDs of the oldest and the newest status.
type IdRange = (StatusId, StatusId);

/// Opens the file of statuses for appending, and returns the range of its IDs. Removes an incomplete last line.
fn open(path: &Path) -> Result<(File, Option<IdRange>), Box<dyn Error>> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    let (mut length, mut range, mut line) = (0, None::<IdRange>, String::new());
    let mut lines = BufReader::new(&file);
    while lines.read_line(&mut line)? > 0 && line.ends_with('\n') {
        let Status { id, .. } = serde_json::from_str(&line)?;
        range = Some(range.map_or_else(
            || (id.clone(), id.clone()),
            |(oldest, newest)| (oldest.min(id.clone()), newest.max(id.clone())),
        ));
        length += line.len() as u64;
        line.clear();
    }
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length))?;
    Ok((file, range))
}

fn append(file: &mut File, status: &Status) -> Result<(), Box<dyn Error>> {
    let line = serde_json::to_string(status)? + "\n";
    Ok(file.write_all(line.as_bytes())?)
}

/// Downloads media that is not in the archive. Prints an error for media that cannot be downloaded.
async fn download_media(
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
                .continue_partial(true);
            match download.await {
                Ok(file) => bar.inc(file.fetched),
                Err(error) => bar.suspend(|| eprintln!("{}: {error}", media.id)),
            }
        }
    }
    bar.finish();
    Ok(())
}

/// The ID, with the extension of the URL if it has one. The server must not choose the path of a file, so other
/// characters than letters and digits are removed.
fn file_name(media: &MediaAttachment) -> String {
    let sanitize = |text: &str| text.replace(|c: char| !c.is_ascii_alphanumeric(), "");
    let url = media.url.as_deref().unwrap_or_default();
    let extension = url
        .rsplit('.')
        .next()
        .filter(|extension| extension.len() <= 4);
    format!(
        "{}.{}",
        sanitize(media.id.as_str()),
        sanitize(extension.unwrap_or("bin"))
    )
}

async fn demonstrate(account: &str) -> Result<(), Box<dyn Error>> {
    let server = TestServer::start().await?;
    let mastodon = shared::client_builder(&server, account, "read write").build()?;
    let media = mastodon
        .media_post_v2(Upload::bytes(&include_bytes!("shared/pixel.png")[..]))
        .await?;
    mastodon.status_post("An image").media_ids([&media]).await?;
    let folder = std::env::temp_dir().join(format!("archive-example-{}", std::process::id()));
    archive(&mastodon, account, &folder).await?;
    for entry in [folder.join("statuses.jsonl"), folder.join("media")] {
        println!("{} exists: {}", entry.display(), entry.exists());
    }
    Ok(std::fs::remove_dir_all(folder)?)
}
