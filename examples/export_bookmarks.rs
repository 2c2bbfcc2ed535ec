//! Writes all bookmarks as a Markdown list:
//! `MASTODON_SERVER=mastodon.social MASTODON_TOKEN=… cargo run --example export_bookmarks > bookmarks.md`

use std::{env, io};

use mastodon_sdk::Mastodon;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let var = |name| env::var(name).or(Err(format!("set the variable {name}")));
    let (server, token) = (var("MASTODON_SERVER")?, var("MASTODON_TOKEN")?);
    let mastodon = Mastodon::builder(server).access_token(token).build()?;
    export(&mastodon, &mut io::stdout()).await
}

pub(crate) async fn export(mastodon: &Mastodon, out: &mut impl io::Write) -> Result<()> {
    let mut bookmarks = mastodon.bookmarks().limit(40).items();
    while let Some(status) = bookmarks.try_next().await? {
        let url = status.url.as_ref().unwrap_or(&status.uri);
        let text = status.content.to_text().replace('\n', " ");
        writeln!(out, "- [{}]({url}): {text}", status.account.acct)?;
    }
    Ok(())
}
