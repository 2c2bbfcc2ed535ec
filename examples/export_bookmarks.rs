//! Writes all bookmarks as a Markdown list:
//! `MASTODON_SERVER=mastodon.social MASTODON_TOKEN=… cargo run --example export_bookmarks > bookmarks.md`

use std::error::Error;
use std::io::{Write, stdout};

use mastodon_sdk::Mastodon;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mastodon = Mastodon::builder(std::env::var("MASTODON_SERVER")?)
        .access_token(std::env::var("MASTODON_TOKEN")?)
        .build()?;
    export(&mastodon, &mut stdout()).await
}

pub(crate) async fn export(mastodon: &Mastodon, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let mut bookmarks = mastodon.bookmarks().limit(40).items();
    while let Some(status) = bookmarks.try_next().await? {
        let url = status.url.as_ref().unwrap_or(&status.uri);
        let text = status.plain_text().replace('\n', " ");
        writeln!(out, "- [{}]({url}), {:.10}: {text}", status.account.acct, status.created_at)?;
    }
    Ok(())
}
