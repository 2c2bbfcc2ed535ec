//! Leave to act for somebody: registering a program, asking a user, exchanging the code for a token.

use std::collections::BTreeSet;
use std::fmt;

use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use crate::client::{Mastodon, MastodonBuilder};
use crate::encode::random_name;
use crate::error::Error;
use crate::generated::api::{SCOPE_INCLUDES, Scope};
use crate::generated::entities::{CodeChallengeMethod, GrantType, ResponseType, Token};
use crate::generated::methods::oauth::OAUTH_AUTHORIZE;
use crate::params::Group;
use crate::secret::SecretString;

/// The address that stands for "show the code to the user, who types it in".
pub const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// A set of scopes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<String>);

impl Scopes {
    /// Whether a token with these scopes may do what the scope allows: parents cover their children.
    pub fn covers(&self, scope: &Scope) -> bool {
        self.covers_text(scope.as_str())
    }

    fn covers_text(&self, scope: &str) -> bool {
        self.0.iter().any(|own| {
            own == scope
                || scope
                    .strip_prefix(own.as_str())
                    .is_some_and(|rest| rest.starts_with(':'))
                || SCOPE_INCLUDES
                    .iter()
                    .any(|(name, included)| own == name && included.contains(&scope))
        })
    }

    /// The scopes of `wanted` that these do not cover.
    pub fn missing(&self, wanted: &Self) -> Vec<String> {
        wanted
            .0
            .iter()
            .filter(|scope| !self.covers_text(scope))
            .cloned()
            .collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            &self
                .0
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(" "),
        )
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scopes({self})")
    }
}

impl From<&str> for Scopes {
    /// Scopes as OAuth writes them, separated by spaces.
    fn from(scopes: &str) -> Self {
        Self(scopes.split_whitespace().map(str::to_owned).collect())
    }
}

impl<const N: usize> From<[Scope; N]> for Scopes {
    fn from(scopes: [Scope; N]) -> Self {
        Self(
            scopes
                .iter()
                .map(|scope| scope.as_str().to_owned())
                .collect(),
        )
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
    /// Where users are sent after they gave leave.
    pub redirect_uri: String,
    /// The scopes that it may ask for, separated by spaces.
    pub scopes: String,
}

impl App {
    /// A program that was registered earlier.
    pub fn new(
        client_id: impl Into<String>,
        client_secret: impl Into<SecretString>,
        redirect_uri: impl Into<String>,
        scopes: impl Into<Scopes>,
    ) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            redirect_uri: redirect_uri.into(),
            scopes: scopes.into().to_string(),
        }
    }
}

/// A log-in that waits for the user's answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LoginRequest {
    /// The address to open in a browser.
    pub url: String,
    /// What has to come back with the code; [`LoginRequest::verify_state`] compares.
    pub state: String,
    verifier: SecretString,
    scopes: Scopes,
}

impl LoginRequest {
    /// Shows the page in a language, such as `de` or `pt-BR`, instead of the browser's.
    #[must_use]
    pub fn lang(mut self, language: &str) -> Self {
        self.url.push_str("&lang=");
        self.url
            .extend(form_urlencoded::byte_serialize(language.as_bytes()));
        self
    }

    /// Whether the answer belongs to this request, and to no forged one.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when it does not.
    pub fn verify_state(&self, state: &str) -> Result<(), Error> {
        if state == self.state {
            return Ok(());
        }
        Err(Error::Config("the answer to the log-in has another state: it was made for another request, so it is not used".to_owned()))
    }
}

/// # Leave to act for somebody
impl Mastodon {
    /// Registers a program with the server. `redirect_uri` is where users are sent after they gave
    /// leave, [`OUT_OF_BAND`] for programs without an address.
    ///
    /// # Errors
    ///
    /// When the server refuses, or cannot be reached.
    pub async fn create_app(
        &self,
        name: &str,
        redirect_uri: &str,
        scopes: impl Into<Scopes>,
        website: Option<&str>,
    ) -> Result<App, Error> {
        let scopes = scopes.into();
        let mut call = self
            .app_create(name, redirect_uri)
            .scopes(scopes.to_string());
        if let Some(website) = website {
            call = call.website(website);
        }
        let app = call.await?;
        Ok(App::new(
            app.client_id,
            app.client_secret,
            redirect_uri,
            scopes,
        ))
    }

    /// The page on which a user gives the program leave, protected by PKCE and a state.
    ///
    /// # Errors
    ///
    /// When scopes are asked for that the program was not registered with.
    pub fn auth_request_url(
        &self,
        app: &App,
        scopes: impl Into<Scopes>,
        force_login: bool,
    ) -> Result<LoginRequest, Error> {
        let scopes = scopes.into();
        let missing = Scopes::from(app.scopes.as_str()).missing(&scopes);
        if !missing.is_empty() {
            return Err(Error::Config(format!(
                "the program was registered without the scopes {}; register it with them",
                missing.join(" ")
            )));
        }
        let (state, verifier) = (
            random_name()?,
            format!("{}{}", random_name()?, random_name()?),
        );
        let mut values = Group::new()
            .with("response_type", ResponseType::from("code"))
            .with("client_id", app.client_id.clone())
            .with("redirect_uri", app.redirect_uri.clone())
            .with("scope", scopes.to_string())
            .with("state", state.clone())
            .with("code_challenge", challenge(&verifier))
            .with("code_challenge_method", CodeChallengeMethod::from("S256"));
        if force_login {
            values.set("force_login", true);
        }
        let request = crate::encode::request(&self.inner.base, &OAUTH_AUTHORIZE, &values)?;
        Ok(LoginRequest {
            url: request.uri().to_string(),
            state,
            verifier: verifier.into(),
            scopes,
        })
    }

    /// Exchanges the code that the user was given for a token, and returns a client with it.
    ///
    /// # Errors
    ///
    /// When the code is wrong or used up, or the token has less scopes than were asked for.
    pub async fn log_in_with_code(
        &self,
        app: &App,
        request: &LoginRequest,
        code: &str,
    ) -> Result<(Self, Token), Error> {
        let call = self
            .oauth_token(
                GrantType::from("authorization_code"),
                app.client_id.as_str(),
                app.client_secret.expose(),
            )
            .code(code)
            .redirect_uri(app.redirect_uri.as_str())
            .code_verifier(request.verifier.expose())
            .scope(request.scopes.to_string());
        self.with_token(call.await?, &request.scopes)
    }

    /// Gets a token for the program itself, which no user stands behind.
    ///
    /// # Errors
    ///
    /// When the server refuses, or the token has less scopes than were asked for.
    pub async fn log_in_as_app(
        &self,
        app: &App,
        scopes: impl Into<Scopes>,
    ) -> Result<(Self, Token), Error> {
        let scopes = scopes.into();
        let call = self
            .oauth_token(
                GrantType::from("client_credentials"),
                app.client_id.as_str(),
                app.client_secret.expose(),
            )
            .redirect_uri(app.redirect_uri.as_str())
            .scope(scopes.to_string());
        self.with_token(call.await?, &scopes)
    }

    /// Makes the token of a client worthless.
    ///
    /// # Errors
    ///
    /// When the client has no token, or the server refuses.
    pub async fn revoke_access_token(&self, app: &App) -> Result<(), Error> {
        let Some(token) = &self.inner.token else {
            return Err(Error::Config(
                "there is no access token to revoke".to_owned(),
            ));
        };
        self.oauth_revoke(
            app.client_id.as_str(),
            app.client_secret.expose(),
            token.expose(),
        )
        .await
    }

    fn with_token(&self, token: Token, wanted: &Scopes) -> Result<(Self, Token), Error> {
        let missing = Scopes::from(token.scope.as_str()).missing(wanted);
        // A server that does not say what it granted is taken at its word.
        if !token.scope.is_empty() && !missing.is_empty() {
            return Err(Error::Config(format!(
                "the server granted less than was asked for; missing are the scopes {}",
                missing.join(" ")
            )));
        }
        let client = self
            .to_builder()
            .access_token(&token.access_token)
            .build()?;
        Ok((client, token))
    }

    /// A builder with the settings of this client and no token.
    fn to_builder(&self) -> MastodonBuilder {
        MastodonBuilder::with_settings(self.server().to_owned(), self.inner.settings.clone())
    }
}

/// The S256 challenge of a verifier, RFC 7636.
fn challenge(verifier: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digest = Sha256::digest(verifier.as_bytes());
    let mut text = String::with_capacity(43);
    for chunk in digest.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for position in 0..=chunk.len() {
            let index = (bits >> (18 - 6 * position)) & 63;
            text.push(char::from(ALPHABET[index as usize]));
        }
    }
    text
}

/// The address of a redirect, taken apart: code and state.
///
/// # Errors
///
/// [`Error::Config`] when the user refused, or the address holds no code.
pub fn read_redirect(address: &str) -> Result<(String, String), Error> {
    let wrong = |what: &str| Error::Config(format!("the redirect after the log-in {what}"));
    let url = Url::parse(address).map_err(|error| wrong(&format!("is no address: {error}")))?;
    let find = |name: &str| {
        url.query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    if let Some(error) = find("error") {
        return Err(wrong(&format!(
            "says {}",
            find("error_description").unwrap_or(error)
        )));
    }
    let code = find("code").ok_or_else(|| wrong("holds no code"))?;
    Ok((code, find("state").unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(
            challenge(verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn parents_cover_their_children_and_what_is_missing_is_named() {
        let own = Scopes::from("read write:statuses follow");
        assert!(
            own.covers(&Scope::from("read:accounts")) && own.covers(&Scope::from("write:mutes"))
        );
        assert_eq!(own.missing(&"read write push".into()), ["push", "write"]);
    }

    #[test]
    fn a_log_in_is_protected_and_tells_nothing_secret() {
        let client = Mastodon::builder("a.example").build().unwrap();
        let app = App::new("id", "hunter2", OUT_OF_BAND, "read");
        let request = client
            .auth_request_url(&app, "read:statuses", true)
            .unwrap()
            .lang("pt-BR");
        assert!(
            request
                .url
                .starts_with("https://a.example/oauth/authorize?response_type=code&client_id=id&")
        );
        assert!(
            request.url.contains("code_challenge_method=S256")
                && request.url.contains("force_login=true")
                && request.url.ends_with("&lang=pt-BR")
        );
        assert!(
            !request.url.contains("hunter2") && !format!("{app:?}{request:?}").contains("hunter2")
        );
        assert!(!format!("{request:?}").contains(request.verifier.expose()));
        assert!(
            request.verify_state(&request.state).is_ok() && request.verify_state("other").is_err()
        );
        let error = client
            .auth_request_url(&app, "write", false)
            .unwrap_err()
            .to_string();
        assert!(error.contains("without the scopes write"), "{error}");
    }

    #[test]
    fn a_redirect_gives_its_code_or_says_why_there_is_none() {
        assert_eq!(
            read_redirect("http://localhost/?code=a%26b&state=s").unwrap(),
            ("a&b".into(), "s".into())
        );
        let refused = read_redirect("http://localhost/?error=access_denied&error_description=No")
            .unwrap_err();
        assert_eq!(refused.to_string(), "the redirect after the log-in says No");
    }
}
