//! Authorization requests, and the grant types that return an access token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac_sha256::Hash;
use url::{Url, form_urlencoded};

use super::App;
use crate::call::encode;
use crate::call::endpoints::OAUTH_AUTHORIZE;
use crate::call::params::Group;
use crate::client::oauth_metadata::OAuthMetadata;
use crate::client::{Mastodon, require_encryption};
use crate::endpoints::methods::OauthTokenCall;
use crate::entities::{CodeChallengeMethod, GrantType, ResponseType, Token};
use crate::error::{Error, OAuthError};
use crate::facts::Scopes;
use crate::hex::random_hex;
use crate::serde_impls::{deserialize_struct, serialize_struct};
use mastodon_types::SecretString;

/// Authorization request of the authorization code grant, protected by `state`, and by PKCE unless the
/// server does not support it.
///
/// It can be serialized until the redirect arrives; this includes the PKCE code verifier, which is secret.
#[doc(alias("oauth", "pkce"))]
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    /// URL of the authorization page, without the parameters of this request.
    page: String,
    client_id: String,
    redirect_uri: String,
    scopes: Scopes,
    state: String,
    code_verifier: Option<SecretString>,
    force_login: bool,
    language: Option<String>,
}

serialize_struct!(AuthorizationRequest {
    page,
    client_id,
    redirect_uri,
    scopes,
    state,
    code_verifier,
    force_login,
    language
});
deserialize_struct!(AuthorizationRequest {
    page: required,
    client_id: required,
    redirect_uri: required,
    scopes: required,
    state: required,
    code_verifier: required,
    force_login: required,
    language: required
});

impl AuthorizationRequest {
    /// Returns the URL of the authorization page. Open it in a browser.
    pub fn url(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", ResponseType::Code.as_str())
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", &self.scopes.to_string())
            .append_pair("state", &self.state);
        if let Some(verifier) = &self.code_verifier {
            query
                .append_pair("code_challenge", &code_challenge(verifier.expose()))
                .append_pair("code_challenge_method", CodeChallengeMethod::S256.as_str());
        }
        if self.force_login {
            query.append_pair("force_login", "true");
        }
        if let Some(language) = &self.language {
            query.append_pair("lang", language);
        }
        let separator = if self.page.contains('?') { '&' } else { '?' };
        format!("{}{separator}{}", self.page, query.finish())
    }

    /// Whether the user must log in again, which allows another account to be chosen. Default: false.
    #[must_use]
    pub fn force_login(mut self, force: bool) -> Self {
        self.force_login = force;
        self
    }

    /// Language of the authorization page, such as `de` or `pt-BR`. Default: the language of the browser.
    #[must_use]
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// Redirect URI, one of those that the application was registered with. Default: the first of them.
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = uri.into();
        self
    }

    /// Returns the `state` parameter, which the redirect repeats: it identifies this authorization request.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// Returns the authorization code from the URL that the browser was redirected to.
    ///
    /// # Errors
    ///
    /// [`Error::AuthorizationDenied`] if the user denied the authorization or the server rejected the
    /// request; [`OAuthError::StateMismatch`] if the redirect belongs to another authorization request and
    /// may be forged; [`OAuthError::InvalidRedirect`] if the URL is invalid or contains no code.
    pub fn code_from_redirect(&self, url: &str) -> Result<String, Error> {
        self.result_of_redirect(url)
            .unwrap_or_else(|| Err(OAuthError::StateMismatch.into()))
    }

    /// Returns the code or error that a redirect contains; `None` if it belongs to another authorization
    /// request. The state is checked first: a forged redirect must not even end the authorization.
    pub(super) fn result_of_redirect(&self, url: &str) -> Option<Result<String, Error>> {
        let url = match Url::parse(url) {
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
            (None, None) => Err(invalid_redirect("contains no code")),
        })
    }
}

fn invalid_redirect(reason: impl Into<String>) -> Error {
    let reason = reason.into();
    OAuthError::InvalidRedirect { reason }.into()
}

/// # OAuth: logins
impl Mastodon {
    /// Creates an authorization request. Send the user to its [`url`](AuthorizationRequest::url).
    ///
    /// Mastodon's documentation: <https://docs.joinmastodon.org/methods/oauth/#authorize>
    ///
    /// # Errors
    ///
    /// [`OAuthError::ScopesNotRegistered`] if the application was registered without some of the scopes. It
    /// is not an error if the server cannot be reached: without OAuth metadata the default path is used.
    #[doc(alias("oauth", "authorize", "authorization code"))]
    pub async fn auth_request_url(
        &self,
        app: &App,
        scopes: impl Into<Scopes>,
    ) -> Result<AuthorizationRequest, Error> {
        let scopes = scopes.into();
        let missing = app.scopes.missing(&scopes);
        // An application from a Mastodon.py file has no scopes: the server checks them.
        if !missing.is_empty() && !app.scopes.is_empty() {
            return Err(OAuthError::ScopesNotRegistered { scopes: missing }.into());
        }
        self.warn_of_unlisted_scopes(&scopes).await;
        let metadata = self.oauth_metadata().await;
        let metadata = metadata.as_deref();
        let page = match metadata.and_then(|metadata| metadata.url(&OAUTH_AUTHORIZE)) {
            Some(page) => page.clone(),
            None => encode::url(&self.core().base, &OAUTH_AUTHORIZE, &Group::new())?,
        };
        let code_verifier = if metadata.is_none_or(OAuthMetadata::supports_pkce) {
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
            code_verifier,
            force_login: false,
            language: None,
        })
    }

    /// Exchanges an authorization code for an access token (grant type `authorization_code`). Returns a client
    /// with the access token.
    ///
    /// Mastodon's documentation: <https://docs.joinmastodon.org/methods/oauth/#token>
    ///
    /// # Errors
    ///
    /// [`OAuthError::ScopesNotGranted`] if the access token lacks requested scopes; and those of every call,
    /// such as an [`Error::Api`] if the code is wrong, expired or used.
    #[doc(alias("login", "sign in", "oauth"))]
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
        if let Some(verifier) = &request.code_verifier {
            call = call.code_verifier(verifier.expose());
        }
        self.client_with_token(call.await?, &request.scopes)
    }

    /// Requests an access token for the application itself, without a user (grant type `client_credentials`).
    /// Returns a client with the access token.
    ///
    /// Mastodon's documentation: <https://docs.joinmastodon.org/methods/oauth/#token>
    ///
    /// # Errors
    ///
    /// [`OAuthError::GrantNotSupported`] if the server does not support the grant type,
    /// [`OAuthError::ScopesNotGranted`] if the access token lacks requested scopes; and those of every call.
    #[doc(alias("application token", "oauth"))]
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
        let token = self
            .request_token(GrantType::ClientCredentials, call)
            .await?;
        self.client_with_token(token, &scopes)
    }

    /// Exchanges a refresh token for a new access token (grant type `refresh_token`). Returns a client with the
    /// access token. Mastodon's own access tokens do not expire and have no refresh token; those of some other
    /// server software do.
    ///
    /// # Errors
    ///
    /// [`OAuthError::GrantNotSupported`] if the server does not support the grant type,
    /// [`OAuthError::ScopesNotGranted`] if the access token lacks requested scopes; and those of every call.
    #[doc(alias("renew token", "oauth"))]
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
        let token = self.request_token(GrantType::RefreshToken, call).await?;
        self.client_with_token(token, &scopes)
    }

    /// Exchanges an email address and a password for an access token (grant type `password`). Returns a client
    /// with the access token. Mastodon 4.4.0 and later do not support it. The password is not sent if the
    /// server's metadata shows that it is not supported.
    ///
    /// # Errors
    ///
    /// [`OAuthError::GrantNotSupported`] if the server does not support the grant type,
    /// [`OAuthError::ScopesNotGranted`] if the access token lacks requested scopes; and those of every call.
    #[doc(alias("username", "oauth"))]
    pub async fn log_in_with_password(
        &self,
        app: &App,
        email: impl Into<String>,
        password: impl Into<SecretString>,
        scopes: impl Into<Scopes>,
    ) -> Result<(Self, Token), Error> {
        let scopes = scopes.into();
        let call = self
            .token_call(app, GrantType::Password)
            .username(email)
            .password(password.into().expose())
            .scope(scopes.to_string());
        let token = self.request_token(GrantType::Password, call).await?;
        self.client_with_token(token, &scopes)
    }

    /// Sends a token request, if the server supports its grant type.
    async fn request_token(&self, grant: GrantType, call: OauthTokenCall) -> Result<Token, Error> {
        let metadata = self.oauth_metadata().await;
        if !metadata.is_none_or(|metadata| metadata.supports_grant(&grant)) {
            return Err(grant_not_supported(&grant));
        }
        call.await.map_err(|error| match error.api() {
            Some(api) if api.message == "unsupported_grant_type" => grant_not_supported(&grant),
            _ => error,
        })
    }

    fn token_call(&self, app: &App, grant: GrantType) -> OauthTokenCall {
        self.oauth_token(grant, app.client_id.as_str(), app.client_secret.expose())
    }

    fn client_with_token(&self, token: Token, requested: &Scopes) -> Result<(Self, Token), Error> {
        let missing = Scopes::from(token.scope.as_str()).missing(requested);
        // A server that reports no scopes granted those that were requested, RFC 6749 section 5.1.
        if !token.scope.is_empty() && !missing.is_empty() {
            return Err(OAuthError::ScopesNotGranted { scopes: missing }.into());
        }
        require_encryption(&self.core().base, &self.core().settings)?;
        Ok((self.with_token(&token.access_token), token))
    }
}

fn grant_not_supported(grant: &GrantType) -> Error {
    let grant_type = grant.as_str().to_owned();
    OAuthError::GrantNotSupported { grant_type }.into()
}

/// Returns the S256 code challenge of a code verifier, RFC 7636.
fn code_challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Hash::hash(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::OUT_OF_BAND;
    use crate::text_strategy::unicode_text;
    use proptest::prelude::*;

    #[test]
    fn code_challenge_is_that_of_rfc_7636_appendix_b() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(
            code_challenge(verifier),
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
            code_verifier: Some("v3r1f13r".into()),
            force_login: false,
            language: None,
        }
    }

    #[test]
    fn authorization_url_has_a_code_challenge_but_not_the_verifier() {
        let request = request().force_login(true).language("pt-BR");
        let url = request.url();
        assert!(
            url.starts_with("https://a.example/oauth/authorize?response_type=code&client_id=id&")
        );
        assert!(url.contains("code_challenge_method=S256") && url.contains("force_login=true"));
        assert!(url.ends_with("&lang=pt-BR"), "{url}");
        assert!(!format!("{url}{request:?}").contains("v3r1f13r"));
    }

    #[test]
    fn authorization_page_keeps_its_query_and_needs_no_pkce() {
        let mut request = request();
        request.page.push_str("?tenant=1");
        request.code_verifier = None;
        let url = request.url();
        assert!(
            url.contains("/oauth/authorize?tenant=1&response_type=code&"),
            "{url}"
        );
        assert!(!url.contains("code_challenge"), "{url}");
    }

    #[tokio::test]
    async fn scopes_that_the_application_was_not_registered_with_are_an_error() {
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
    fn code_is_taken_from_a_redirect_with_the_same_state_only() {
        let request = request();
        let code = |query: &str| {
            let url = format!("http://localhost/?state={}&{query}", request.state());
            request.code_from_redirect(&url)
        };
        assert_eq!(code("code=a%26b").unwrap(), "a&b");
        let denied = code("error=access_denied&error_description=No").unwrap_err();
        assert!(denied.is_authorization_denied());
        assert_eq!(
            denied.to_string(),
            "the authorization was denied (access_denied): No"
        );
        let forged = request.code_from_redirect("http://localhost/?state=other&code=x");
        assert!(matches!(
            forged,
            Err(Error::OAuth(OAuthError::StateMismatch))
        ));
        let error = code("").unwrap_err().to_string();
        assert!(error.ends_with("contains no code"), "{error}");
    }

    #[test]
    fn authorization_request_can_be_serialized() {
        let request = request().language("de");
        let text = serde_json::to_string(&request).unwrap();
        let stored: AuthorizationRequest = serde_json::from_str(&text).unwrap();
        assert_eq!(stored.url(), request.url());
    }

    proptest! {
        #[test]
        fn a_code_is_never_taken_from_a_redirect_without_the_state(text in unicode_text()) {
            prop_assume!(!text.contains("s7a7e"));
            for url in [
                text.clone(),
                format!("http://localhost/?{text}&code=x"),
                format!("http://localhost/?code=x&state={text}#{text}"),
            ] {
                prop_assert!(request().code_from_redirect(&url).is_err());
            }
        }

        #[test]
        fn a_code_of_any_text_is_taken_from_a_redirect(text in unicode_text()) {
            let mut url = Url::parse("http://localhost/").unwrap();
            url.query_pairs_mut().append_pair("code", &text).append_pair("state", request().state());
            prop_assert_eq!(request().code_from_redirect(url.as_str()).unwrap(), text);
        }
    }
}
