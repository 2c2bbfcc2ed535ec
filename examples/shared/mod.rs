//! Helpers of several examples: the connection options, and clients of the test server.

use std::path::PathBuf;
use std::process::ExitCode;

use mastodon_sdk::auth::Credentials;
use mastodon_sdk::{Error, Mastodon, MastodonBuilder};
use mastodon_test_server::TestServer;

/// Exit code of an example. Prints the error with `Display`, because its message is meant for people.
pub(crate) fn exit_code(result: Result<(), Box<dyn std::error::Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Command-line options that select the server and the access token.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ConnectionOptions {
    /// Server, such as mastodon.social. The environment variable MASTODON_TOKEN contains the access token.
    #[arg(long)]
    pub(crate) server: Option<String>,
    /// File with saved credentials, of this library or of Mastodon.py.
    #[arg(long, conflicts_with = "server")]
    pub(crate) credentials: Option<PathBuf>,
}

impl ConnectionOptions {
    /// Builder of the selected client, or `None` if no server is selected and the example runs against the
    /// test server.
    pub(crate) fn builder(&self) -> Result<Option<MastodonBuilder>, Error> {
        if let Some(file) = &self.credentials {
            return Credentials::load(file)?.builder().map(Some);
        }
        let Some(server) = &self.server else {
            return Ok(None);
        };
        let builder = Mastodon::builder(server);
        Ok(Some(match std::env::var("MASTODON_TOKEN") {
            Ok(token) => builder.access_token(token),
            Err(_) => builder,
        }))
    }
}

/// Builder of a client of the test server, with a new token for this user and these scopes.
pub(crate) fn client_builder(server: &TestServer, user: &str, scopes: &str) -> MastodonBuilder {
    Mastodon::builder(server.url()).access_token(server.token(user, scopes))
}
