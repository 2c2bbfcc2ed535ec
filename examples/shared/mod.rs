//! What the examples have in common: where they run, and as whom.

use std::path::PathBuf;
use std::process::ExitCode;

use mastodon_sdk::auth::Credentials;
use mastodon_sdk::{Error, Mastodon, MastodonBuilder};
use mastodon_test_server::TestServer;

/// Ends a program, with a failure told as the sentence that it is.
pub(crate) fn exit(result: Result<(), Box<dyn std::error::Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Where a program runs.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Where {
    /// The server, such as mastodon.social, with the token in the environment variable MASTODON_TOKEN.
    #[arg(long)]
    pub(crate) server: Option<String>,
    /// A file with saved credentials, of this library or of Mastodon.py.
    #[arg(long, conflicts_with = "server")]
    pub(crate) credentials: Option<PathBuf>,
}

impl Where {
    /// Begins the client that the options ask for; `None` where they ask for none, and the program is to
    /// run against a server in memory.
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

/// A client of a server in memory, for a user with these scopes.
pub(crate) fn user(server: &TestServer, name: &str, scopes: &str) -> MastodonBuilder {
    Mastodon::builder(server.url()).access_token(server.token(name, scopes))
}
