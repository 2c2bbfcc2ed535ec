//! Answers each mention once, also after a crash:
//! `MASTODON_SERVER=mastodon.social MASTODON_TOKEN=… cargo run --example auto_reply`

use std::{env, sync::Arc, time::Duration};

use mastodon_sdk::store::{FileStore, Lease};
use mastodon_sdk::streaming::StreamEvent;
use mastodon_sdk::{Error, Mastodon, NotificationType};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let var = |name| env::var(name).or(Err(format!("set the variable {name}")));
    let (server, token) = (var("MASTODON_SERVER")?, var("MASTODON_TOKEN")?);
    let mastodon = Mastodon::builder(server).access_token(token).build()?;
    Ok(run(&mastodon, "auto_reply.state").await?)
}

pub(crate) async fn run(mastodon: &Mastodon, folder: &str) -> Result<(), Error> {
    let store = Arc::new(FileStore::open(folder)?);
    let lease = Lease::acquire(store, "auto_reply", Duration::from_secs(30)).await?;
    let notifications = mastodon.stream_user_notifications();
    let mut events = notifications.resume_from(&lease, "mentions").await?;
    while let Some(event) = events.try_next().await? {
        if let StreamEvent::Notification(notification) = event
            && notification.kind == NotificationType::Mention
            && let Some(mention) = &notification.status
            && let Some(claim) = lease.claim(mention.id.as_str()).await?
            && !(claim.is_repeated() && mastodon.status_has_reply(mention).await?)
        {
            let reply = mastodon.status_reply(mention, "Thank you for your message!");
            reply.idempotency_key(claim.idempotency_key()).await?;
            claim.complete().await?;
        }
    }
    Ok(())
}
