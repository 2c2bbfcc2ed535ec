//! Answers each mention once, also after a crash:
//! `MASTODON_SERVER=mastodon.social MASTODON_TOKEN=… cargo run --example auto_reply`

use std::sync::Arc;
use std::time::Duration;

use mastodon_sdk::store::{CheckpointStore, FileStore, Lease};
use mastodon_sdk::{Error, Mastodon, streaming::StreamEvent};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let builder = Mastodon::builder(std::env::var("MASTODON_SERVER")?);
    let mastodon = builder.access_token(std::env::var("MASTODON_TOKEN")?).build()?;
    Ok(run(&mastodon, Arc::new(FileStore::open("auto_reply.state")?)).await?)
}

pub(crate) async fn run(mastodon: &Mastodon, store: Arc<dyn CheckpointStore>) -> Result<(), Error> {
    let lease = Lease::acquire(store, &mastodon.me().await?.acct, Duration::from_secs(30)).await?;
    let mut events = mastodon.stream_user_notifications().resume_from(&lease, "mentions").await?;
    while let Some(event) = events.try_next().await? {
        let StreamEvent::Notification(notification) = event else { continue };
        let Some(mention) = &notification.status else { continue };
        let Some(claim) = lease.claim(mention.id.as_str()).await? else { continue };
        if !claim.is_repeated() || !mastodon.status_has_reply(mention).await? {
            let reply = mastodon.status_reply(mention, "Thank you for your message!");
            reply.idempotency_key(claim.idempotency_key()).await?;
        }
        claim.complete().await?;
    }
    Ok(())
}
