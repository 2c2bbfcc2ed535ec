//! Posts a status:
//! `MASTODON_SERVER=mastodon.social MASTODON_TOKEN=… cargo run --example post -- Hello, world!`

use std::env;
use std::error::Error;

use mastodon_sdk::{Mastodon, Status, Visibility};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let var = |name| env::var(name).or(Err(format!("set the variable {name}")));
    let (server, token) = (var("MASTODON_SERVER")?, var("MASTODON_TOKEN")?);
    let mastodon = Mastodon::builder(server).access_token(token).build()?;
    let words: Vec<String> = env::args().skip(1).collect();
    let status = post(&mastodon, &words.join(" ")).await?;
    println!("{}", status.url.unwrap_or_default());
    Ok(())
}

pub(crate) async fn post(mastodon: &Mastodon, text: &str) -> Result<Status, mastodon_sdk::Error> {
    let call = mastodon.status_post(text);
    call.visibility(Visibility::Unlisted).await
}
