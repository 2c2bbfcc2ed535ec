//! Programs that are known to a server.

use crate::client::Mastodon;
use crate::error::{Error, OAuthError};
use crate::facts::Scopes;
use mastodon_types::SecretString;

/// The address that stands for "show the code to the user, who types it in".
pub const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// Where users may be sent after they gave leave: one address, or several.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct RedirectUris(Vec<String>);

impl RedirectUris {
    /// The addresses, the first one first.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// The address that is used unless another one is asked for.
    pub fn first(&self) -> &str {
        self.0.first().map_or(OUT_OF_BAND, String::as_str)
    }
}

impl From<&str> for RedirectUris {
    fn from(uri: &str) -> Self {
        Self(uri.split_whitespace().map(str::to_owned).collect())
    }
}

impl From<String> for RedirectUris {
    fn from(uri: String) -> Self {
        uri.as_str().into()
    }
}

impl<const N: usize> From<[&str; N]> for RedirectUris {
    fn from(uris: [&str; N]) -> Self {
        Self(uris.map(str::to_owned).into())
    }
}

impl From<Vec<String>> for RedirectUris {
    fn from(uris: Vec<String>) -> Self {
        Self(uris)
    }
}

/// A program that is known to a server. It can be stored; its secret is written along.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct App {
    /// Names the program to the server.
    pub client_id: String,
    /// Proves that it is the program.
    pub client_secret: SecretString,
    /// Where users may be sent after they gave leave.
    pub redirect_uris: RedirectUris,
    /// The scopes that it may ask for.
    pub scopes: Scopes,
}

impl App {
    /// A program that was registered earlier.
    pub fn new(
        client_id: impl Into<String>,
        client_secret: impl Into<SecretString>,
        redirect_uris: impl Into<RedirectUris>,
        scopes: impl Into<Scopes>,
    ) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            redirect_uris: redirect_uris.into(),
            scopes: scopes.into(),
        }
    }
}

/// # Leave to act for somebody: the program
impl Mastodon {
    /// Registers a program with the server.
    ///
    /// - `name`: What users read on the page that asks them.
    /// - `redirect_uris`: Where users may be sent after they gave leave; [`OUT_OF_BAND`] for programs
    ///   without an address.
    /// - `scopes`: The most that it can ever ask for.
    /// - `website`: The address of the program's own page.
    ///
    /// Mastodon's documentation: <https://docs.joinmastodon.org/methods/apps/#create>
    ///
    /// # Errors
    ///
    /// When the server refuses, or cannot be reached.
    pub async fn create_app(
        &self,
        name: &str,
        redirect_uris: impl Into<RedirectUris>,
        scopes: impl Into<Scopes>,
        website: Option<&str>,
    ) -> Result<App, Error> {
        let (redirect_uris, scopes) = (redirect_uris.into(), scopes.into());
        self.warn_of_unlisted_scopes(&scopes).await;
        // Lines in one text: only servers since 4.3 take a list.
        let mut call = self
            .app_create(name, redirect_uris.0.join("\n"))
            .scopes(scopes.to_string());
        if let Some(website) = website {
            call = call.website(website);
        }
        let app = call.await?;
        Ok(App::new(
            app.client_id,
            app.client_secret,
            redirect_uris,
            scopes,
        ))
    }

    /// Makes the token of a client worthless.
    ///
    /// Mastodon's documentation: <https://docs.joinmastodon.org/methods/oauth/#revoke>
    ///
    /// # Errors
    ///
    /// When the client has no token, or the server refuses.
    pub async fn revoke_access_token(&self, app: &App) -> Result<(), Error> {
        let Some(token) = &self.core().token else {
            return Err(OAuthError::NoAccessToken.into());
        };
        self.oauth_revoke(
            app.client_id.as_str(),
            app.client_secret.expose(),
            token.expose(),
        )
        .await
    }
}
