//! Prints new statuses with any of some hashtags, as they are published:
//! `MASTODON_SERVER=mastodon.social MASTODON_TOKEN=… cargo run --example follow_hashtags -- rust rustlang`

use mastodon_sdk::streaming::StreamEvent;
use mastodon_sdk::{Error, Mastodon, Status};
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let builder = Mastodon::builder(std::env::var("MASTODON_SERVER")?);
    let mastodon = builder.access_token(std::env::var("MASTODON_TOKEN")?).build()?;
    let mut statuses = follow(&mastodon, std::env::args().skip(1)).await?;
    while let Some(status) = statuses.recv().await {
        println!("{}: {}\n", status.account.acct, status.plain_text());
    }
    Ok(())
}

/// Opens a stream for each hashtag.
pub(crate) async fn follow(
    mastodon: &Mastodon,
    hashtags: impl Iterator<Item = String>,
) -> Result<mpsc::Receiver<Box<Status>>, Error> {
    let (sender, statuses) = mpsc::channel(100);
    for hashtag in hashtags {
        let (sender, mut events) = (sender.clone(), mastodon.stream_hashtag(hashtag).await?);
        tokio::spawn(async move {
            while let Ok(Some(event)) = events.try_next().await {
                if let StreamEvent::Update(status) = event && sender.send(status).await.is_err() {
                    return;
                }
            }
        });
    }
    Ok(statuses)
}
