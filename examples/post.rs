//! Posts a status:
//! `MASTODON_SERVER=mastodon.social MASTODON_TOKEN=… cargo run --example post -- Hello, world!`

use std::env;
use std::error::Error;

use mastodon_sdk::{Mastodon, Status, Visibility};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mastodon = Mastodon::builder(env::var("MASTODON_SERVER")?)
        .access_token(env::var("MASTODON_TOKEN")?)
        .build()?;
    let words: Vec<String> = env::args().skip(1).collect();
    let status = post(&mastodon, &words.join(" ")).await?;
    println!("{}", status.url.unwrap_or_default());
    Ok(())
}

pub(crate) async fn post(mastodon: &Mastodon, text: &str) -> Result<Status, mastodon_sdk::Error> {
    let call = mastodon.status_post(text);
    call.visibility(Visibility::Unlisted).await
}
