//! Irregularities of the API, and how the SDK handles them.
//!
//! Regular behavior has its own modules: edits (`replies_and_edits`), limits (`status_limits`, `rate_limits`),
//! retries (`retries`), deprecated endpoints (`logs`).

mod error_responses;
mod nested_parameters;
mod paging;
mod parameters;
mod path_parameters;
mod response_variants;
mod success_statuses;
mod values;

use mastodon_sdk::Mastodon;

use crate::support::{ScriptedServer, json_response};

/// A server that responds to the first nine requests with `{}`, and a client of it.
async fn ok_server() -> (ScriptedServer, Mastodon) {
    let server = ScriptedServer::start(vec![json_response(200, "", "{}"); 9]).await;
    let client = server.client();
    (server, client)
}
