//! Asking a user, and getting a token in exchange for the answer.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use super::App;
use crate::call::encode::{self, random_hex};
use crate::call::endpoints::OAUTH_AUTHORIZE;
use crate::call::params::Group;
use crate::client::oauth_metadata::OAuthMetadata;
use crate::client::{Mastodon, MastodonBuilder};
use crate::endpoints::methods::OauthTokenCall;
use crate::entities::{CodeChallengeMethod, GrantType, ResponseType, Token};
use crate::error::{Error, OAuthError};
use crate::facts::Scopes;
use mastodon_types::SecretString;

/// A log-in that waits for the user's answer, protected by a state, and by PKCE unless the server says
/// that it cannot do that.
///
/// It can be stored until the answer comes; the verifier of PKCE is written along.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct AuthorizationRequest {
    /// The page without what the log-in adds to its query.
    page: String,
    client_id: String,
    redirect_uri: String,
    scopes: Scopes,
    state: String,
    verifier: Option<SecretString>,
    force_login: bool,
    lang: Option<String>,
}

impl AuthorizationRequest {
    /// The address of the page that asks the user; open it in a browser.
    pub fn url(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", ResponseType::Code.as_str())
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", &self.scopes.to_string())
            .append_pair("state", &self.state);
        if let Some(verifier) = &self.verifier {
            query
                .append_pair("code_challenge", &challenge(verifier.expose()))
                .append_pair("code_challenge_method", CodeChallengeMethod::S256.as_str());
        }
        if self.force_login {
            query.append_pair("force_login", "true");
        }
        if let Some(lang) = &self.lang {
            query.append_pair("lang", lang);
        }
        let sign = if self.page.contains('?') { '&' } else { '?' };
        format!("{}{sign}{}", self.page, query.finish())
    }

    /// Makes the user sign in again, perhaps with another account.
    #[must_use]
    pub fn force_login(mut self, force: bool) -> Self {
        self.force_login = force;
        self
    }

    /// Shows the page in a language, such as `de` or `pt-BR`, instead of the browser's.
    #[must_use]
    pub fn lang(mut self, language: &str) -> Self {
        self.lang = Some(language.to_owned());
        self
    }

    /// Has the user sent to this address, which has to be one of those of the program.
    #[must_use]
    pub fn redirect_uri(mut self, uri: &str) -> Self {
        self.redirect_uri = uri.to_owned();
        self
    }

    /// What comes back with the code, to tell this log-in from others.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// The code in the address that the browser was sent to.
    ///
    /// # Errors
    ///
    /// [`Error::AuthorizationDenied`] when the user gave no leave or the server found fault with the request;
    /// [`Error::Config`] when the address holds no code, or the answer belongs to another log-in and
    /// may be forged.
    pub fn code_from_redirect(&self, address: &str) -> Result<String, Error> {
        self.result_of_redirect(address)
            .unwrap_or_else(|| Err(OAuthError::StateMismatch.into()))
    }

    /// The code or error that a redirect carries; `None` if it belongs to another authorization request.
    /// The state is checked first: a forged redirect must not even end the authorization.
    pub(super) fn result_of_redirect(&self, address: &str) -> Option<Result<String, Error>> {
        let url = match Url::parse(address) {
            Ok(url) => url,
            Err(error) => {
                return Some(Err(invalid_redirect(format!(
                    "is not a valid URL: {error}"
                ))));
            }
        };
        let find = |name: &str| {
            let mut pairs = url.query_pairs();
            pairs
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        if find("state")? != self.state {
            return None;
        }
        Some(match (find("code"), find("error")) {
            (_, Some(error)) => Err(Error::authorization_denied(
                &error,
                find("error_description").as_deref(),
            )),
            (Some(code), None) => Ok(code),
            (None, None) => Err(invalid_redirect("carries no code")),
        })
    }
}

fn invalid_redirect(reason: impl Into<String>) -> Error {
    let reason = reason.into();
    OAuthError::InvalidRedirect { reason }.into()
}

/// # Leave to act for somebody: the user
impl Mastodon {
    /// The page on which a user gives the program leave; see [`AuthorizationRequest::url`].
    ///
    /// Mastodon's documentation: <https://docs.joinmastodon.org/methods/oauth/#authorize>
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when scopes are asked for that the program was not registered with. Whether the
    /// server tells where the page is, or can be reached at all, does not matter.
    pub async fn auth_request_url(
        &self,
        app: &App,
        scopes: impl Into<Scopes>,
    ) -> Result<AuthorizationRequest, Error> {
        let scopes = scopes.into();
        let missing = app.scopes.missing(&scopes);
        // A program from a file that does not tell its scopes may ask; the server will judge.
        if !missing.is_empty() && !app.scopes.is_empty() {
            return Err(OAuthError::ScopesNotRegistered { scopes: missing }.into());
        }
        self.warn_of_unlisted_scopes(&scopes).await;
        let told = self.oauth_metadata().await;
        let told = told.as_deref();
        let page = match told.and_then(|told| told.address(&OAUTH_AUTHORIZE)) {
            Some(page) => page.clone(),
            None => encode::url(&self.core().base, &OAUTH_AUTHORIZE, &Group::new())?,
        };
        let verifier = if told.is_none_or(OAuthMetadata::supports_pkce) {
            Some(format!("{}{}", random_hex()?, random_hex()?).into())
        } else {
            None
        };
        Ok(AuthorizationRequest {
            page: page.into(),
            client_id: app.client_id.clone(),
            redirect_uri: app.redirect_uris.first().to_owned(),
            scopes,
            state: random_hex()?,
            verifier,
            force_login: false,
            lang: None,
        })
    }

    /// Exchanges the code that the user was given for a token, and returns a client with it.
    ///
    /// Mastodon's documentation: <https://docs.joinmastodon.org/methods/oauth/#token>
    ///
    /// # Errors
    ///
    /// When the code is wrong or used up, or the token has less scopes than were asked for.
    pub async fn log_in_with_code(
        &self,
        app: &App,
        request: &AuthorizationRequest,
        code: &str,
    ) -> Result<(Self, Token), Error> {
        let mut call = self
            .token_call(app, GrantType::AuthorizationCode)
            .code(code.trim())
            .redirect_uri(request.redirect_uri.as_str())
            .scope(request.scopes.to_string());
        if let Some(verifier) = &request.verifier {
            call = call.code_verifier(verifier.expose());
        }
        self.with_token(call.await?, &request.scopes)
    }

    /// Gets a token for the program itself, which no user stands behind.
    ///
    /// Mastodon's documentation: <https://docs.joinmastodon.org/methods/oauth/#token>
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where the server does not offer it, or the token has less scopes than were
    /// asked for; else when the server refuses.
    pub async fn log_in_with_client_credentials(
        &self,
        app: &App,
        scopes: impl Into<Scopes>,
    ) -> Result<(Self, Token), Error> {
        let scopes = scopes.into();
        let call = self
            .token_call(app, GrantType::ClientCredentials)
            .redirect_uri(app.redirect_uris.first())
            .scope(scopes.to_string());
        let token = self.exchange(GrantType::ClientCredentials, call).await?;
        self.with_token(token, &scopes)
    }

    /// Exchanges a refresh token for a new token. Tokens of Mastodon itself do not end and have
    /// none; those of some other servers do.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where the server does not offer it, or the token has less scopes than were
    /// asked for; else when the server refuses.
    pub async fn log_in_with_refresh_token(
        &self,
        app: &App,
        refresh_token: impl Into<SecretString>,
        scopes: impl Into<Scopes>,
    ) -> Result<(Self, Token), Error> {
        let scopes = scopes.into();
        let call = self
            .token_call(app, GrantType::RefreshToken)
            .refresh_token(refresh_token.into().expose())
            .scope(scopes.to_string());
        let token = self.exchange(GrantType::RefreshToken, call).await?;
        self.with_token(token, &scopes)
    }

    /// Gets a token for an e-mail address and a password, where the server still offers that:
    /// Mastodon does not since 4.4.0. Where the server says that it does not, the password is not sent.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where the server does not offer it, else as the other ways to log in.
    pub async fn log_in_with_password(
        &self,
        app: &App,
        email: &str,
        password: impl Into<SecretString>,
        scopes: impl Into<Scopes>,
    ) -> Result<(Self, Token), Error> {
        let scopes = scopes.into();
        #[allow(deprecated, reason = "some servers still offer it")]
        let call = self
            .token_call(app, GrantType::Password)
            .username(email)
            .password(password.into().expose())
            .scope(scopes.to_string());
        let token = self.exchange(GrantType::Password, call).await?;
        self.with_token(token, &scopes)
    }

    /// Gets a token in exchange for something, if the server takes that.
    async fn exchange(&self, grant: GrantType, call: OauthTokenCall) -> Result<Token, Error> {
        let told = self.oauth_metadata().await;
        if !told.is_none_or(|told| told.supports_grant(&grant)) {
            return Err(not_supported(&grant));
        }
        call.await.map_err(|error| match error.api() {
            Some(refused) if refused.message == "unsupported_grant_type" => not_supported(&grant),
            _ => error,
        })
    }

    fn token_call(&self, app: &App, grant: GrantType) -> OauthTokenCall {
        self.oauth_token(grant, app.client_id.as_str(), app.client_secret.expose())
    }

    fn with_token(&self, token: Token, wanted: &Scopes) -> Result<(Self, Token), Error> {
        let missing = Scopes::from(token.scope.as_str()).missing(wanted);
        // A server that does not say what it granted is taken at its word.
        if !token.scope.is_empty() && !missing.is_empty() {
            return Err(OAuthError::ScopesNotGranted { scopes: missing }.into());
        }
        let client = MastodonBuilder::from_client(self)
            .access_token(&token.access_token)
            .build()?;
        Ok((client, token))
    }
}

fn not_supported(grant: &GrantType) -> Error {
    let grant_type = grant.as_str().to_owned();
    OAuthError::GrantNotSupported { grant_type }.into()
}

/// The S256 challenge of a verifier, RFC 7636.
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::OUT_OF_BAND;

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(
            challenge(verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    fn request() -> AuthorizationRequest {
        AuthorizationRequest {
            page: "https://a.example/oauth/authorize".to_owned(),
            client_id: "id".to_owned(),
            redirect_uri: OUT_OF_BAND.to_owned(),
            scopes: "read:statuses".into(),
            state: "s7a7e".to_owned(),
            verifier: Some("v3r1f13r".into()),
            force_login: false,
            lang: None,
        }
    }

    #[test]
    fn a_log_in_is_protected_and_tells_nothing_secret() {
        let request = request().force_login(true).lang("pt-BR");
        let url = request.url();
        assert!(
            url.starts_with("https://a.example/oauth/authorize?response_type=code&client_id=id&")
        );
        assert!(url.contains("code_challenge_method=S256") && url.contains("force_login=true"));
        assert!(url.ends_with("&lang=pt-BR"), "{url}");
        assert!(!format!("{url}{request:?}").contains("v3r1f13r"));
    }

    #[test]
    fn a_page_with_a_query_keeps_it_and_a_server_without_pkce_gets_no_challenge() {
        let mut request = request();
        request.page.push_str("?tenant=1");
        request.verifier = None;
        let url = request.url();
        assert!(
            url.contains("/oauth/authorize?tenant=1&response_type=code&"),
            "{url}"
        );
        assert!(!url.contains("code_challenge"), "{url}");
    }

    #[tokio::test]
    async fn a_program_asks_for_no_more_than_it_was_registered_with() {
        let client = Mastodon::builder("a.example").build().unwrap();
        let app = App::new("id", "hunter2", OUT_OF_BAND, "read");
        let error = client.auth_request_url(&app, "write").await.unwrap_err();
        assert!(
            error.to_string().contains("without the scopes write"),
            "{error}"
        );
        assert!(!format!("{app:?}").contains("hunter2"));
    }

    #[test]
    fn a_redirect_gives_its_code_or_says_why_there_is_none() {
        let request = request();
        let read = |query: &str| {
            let address = format!("http://localhost/?state={}&{query}", request.state());
            request.code_from_redirect(&address)
        };
        assert_eq!(read("code=a%26b").unwrap(), "a&b");
        let refused = read("error=access_denied&error_description=No").unwrap_err();
        assert!(refused.is_authorization_denied());
        assert_eq!(
            refused.to_string(),
            "the authorization was denied (access_denied): No"
        );
        let forged = request.code_from_redirect("http://localhost/?state=other&code=x");
        assert!(forged.unwrap_err().to_string().contains("another `state`"));
        assert!(read("").unwrap_err().to_string().contains("carries no code"));
    }

    #[test]
    fn a_log_in_can_be_stored_until_the_user_answers() {
        let request = request().lang("de");
        let text = serde_json::to_string(&request).unwrap();
        let stored: AuthorizationRequest = serde_json::from_str(&text).unwrap();
        assert_eq!(stored.url(), request.url());
    }
}
