//! Prints new statuses with any of some hashtags, as they are published:
//! `MASTODON_SERVER=mastodon.social MASTODON_TOKEN=… cargo run --example follow_hashtags -- rust rustlang`

use std::env;

use mastodon_sdk::{Error, Mastodon, Status, streaming::StreamEvent};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let var = |name| env::var(name).or(Err(format!("set the variable {name}")));
    let (server, token) = (var("MASTODON_SERVER")?, var("MASTODON_TOKEN")?);
    let mastodon = Mastodon::builder(server).access_token(token).build()?;
    let mut streams = tokio::task::JoinSet::new();
    let show = |it: &Status| println!("{}: {}\n", it.account.acct, it.content.to_text());
    for tag in env::args().skip(1) {
        streams.spawn(follow(mastodon.clone(), tag, show));
    }
    while let Some(ended) = streams.join_next().await {
        ended??;
    }
    Ok(())
}

pub(crate) async fn follow(
    mastodon: Mastodon,
    tag: String,
    mut show: impl FnMut(&Status),
) -> Result<(), Error> {
    let mut events = mastodon.stream_hashtag(tag).await?;
    while let Some(event) = events.try_next().await? {
        if let StreamEvent::Update(status) = event {
            show(&status);
        }
    }
    Ok(())
}
