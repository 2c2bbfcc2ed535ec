//! Shared by several test modules: servers, clients, responses and the parts of requests.

#[cfg(any(feature = "rustls", feature = "rustls-aws-lc", feature = "native-tls"))]
pub(crate) mod authority;
mod captured_log;
pub(crate) mod fixtures;
pub(crate) mod forwarder;
pub(crate) mod paused_time;
mod recorded_request;
mod scripted_server;

use std::path::PathBuf;

use mastodon_sdk::{Error, Mastodon, MastodonBuilder};
use mastodon_test_server::TestServer;

pub(crate) use captured_log::CapturedLog;
pub(crate) use recorded_request::{
    form_body, json_body, multipart_body, request_body, request_header, request_line,
};
pub(crate) use scripted_server::{
    ScriptedServer, error_response, json_response, ok_json, response,
};

/// Builder of a client of the test server with a new token for this user and these scopes.
pub(crate) fn client_builder(server: &TestServer, user: &str, scopes: &str) -> MastodonBuilder {
    Mastodon::builder(server.url()).access_token(server.token(user, scopes))
}

/// Client of the test server with a new token for this user, with the scopes `read` and `write`.
pub(crate) fn client_for(server: &TestServer, user: &str) -> Mastodon {
    client_builder(server, user, "read write").build().unwrap()
}

/// Name of an error's variant.
pub(crate) fn error_variant(error: &Error) -> String {
    format!("{error:?}")
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect()
}

/// Folder of recordings of real servers, from the environment variable `MASTODON_RECORDINGS`.
pub(crate) fn recordings_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("MASTODON_RECORDINGS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: MASTODON_RECORDINGS is not set to a folder of recordings");
    }
    folder
}
