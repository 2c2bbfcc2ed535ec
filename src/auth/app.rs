//! OAuth applications: registers an application, revokes its access tokens.

use crate::client::Mastodon;
use crate::error::{Error, OAuthError};
use crate::facts::Scopes;
use crate::serde_impls::{deserialize_struct, serialize_struct, transparent};
use mastodon_types::SecretString;

/// Redirect URI for applications that cannot receive a redirect: the server shows the code, and the user
/// enters it in the application.
pub const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// Redirect URIs of an application: where the server can send the user after the authorization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUris(Vec<String>);

transparent!(RedirectUris(Vec<String>));

impl RedirectUris {
    /// Returns the redirect URIs, in the order given.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// Returns the redirect URI that an authorization request uses by default; [`OUT_OF_BAND`] if there is
    /// none.
    pub fn first(&self) -> &str {
        self.0.first().map_or(OUT_OF_BAND, String::as_str)
    }
}

impl From<&str> for RedirectUris {
    /// Parses one redirect URI, or several separated by whitespace.
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

/// An application that is registered with a server. It can be serialized, including its client secret.
#[doc(alias("oauth", "client_id", "client_secret"))]
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct App {
    /// Client ID.
    pub client_id: String,
    /// Client secret.
    pub client_secret: SecretString,
    /// Redirect URIs that it was registered with.
    pub redirect_uris: RedirectUris,
    /// Scopes that it was registered with. It cannot request others. Empty if unknown.
    pub scopes: Scopes,
}

serialize_struct!(App {
    client_id,
    client_secret,
    redirect_uris,
    scopes
});
deserialize_struct!(App {
    client_id: required,
    client_secret: required,
    redirect_uris: required,
    scopes: required
});

impl App {
    /// Creates an application that was registered earlier.
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

/// # OAuth: applications
impl Mastodon {
    /// Registers an application with the server.
    ///
    /// - `name`: Application name shown on the authorization page.
    /// - `redirect_uris`: Where the server can send the user after the authorization; [`OUT_OF_BAND`] for
    ///   applications that cannot receive a redirect.
    /// - `scopes`: Scopes that the application can request.
    /// - `website`: URL of the application's website.
    ///
    /// Mastodon's documentation: <https://docs.joinmastodon.org/methods/apps/#create>
    ///
    /// # Errors
    ///
    /// Those of every call.
    #[doc(alias("register application", "oauth"))]
    pub async fn create_app(
        &self,
        name: impl Into<String>,
        redirect_uris: impl Into<RedirectUris>,
        scopes: impl Into<Scopes>,
        website: Option<&str>,
    ) -> Result<App, Error> {
        let (redirect_uris, scopes) = (redirect_uris.into(), scopes.into());
        self.warn_of_unlisted_scopes(&scopes).await;
        // One string with a URI per line: only Mastodon 4.3.0 and later accept a list.
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

    /// Revokes the client's access token.
    ///
    /// Mastodon's documentation: <https://docs.joinmastodon.org/methods/oauth/#revoke>
    ///
    /// # Errors
    ///
    /// [`OAuthError::NoAccessToken`] if the client has no access token; and those of every call.
    #[doc(alias("log out", "logout", "oauth"))]
    pub async fn revoke_access_token(&self, app: &App) -> Result<(), Error> {
        let Some(token) = &self.core().token else {
            return Err(OAuthError::NoAccessToken.into());
        };
        self.oauth_revoke(
            app.client_id.as_str(),
            app.client_secret.expose(),
            token.secret().expose(),
        )
        .await
    }
}
