//! Where the API is not what one would think, and what a program gets to see of that.
//!
//! Told elsewhere, because they are the rule and no exception: what an edit keeps (`posting`), limits and
//! retries (`failures`), a warning when an endpoint is going to be dropped (`logs`).

mod answers;
mod empty;
mod lists;
mod nested;
mod parameters;
mod paths;
mod refusals;
mod values;

use mastodon_sdk::Mastodon;

use crate::server::{Server, json};

/// A server that says yes to everything, for a while, and a client of it.
async fn yes() -> (Server, Mastodon) {
    let server = Server::start(vec![json(200, "", "{}"); 9]).await;
    let client = server.client();
    (server, client)
}
