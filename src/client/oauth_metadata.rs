//! OAuth metadata of the server, RFC 8414: URLs of endpoints, grant types, PKCE, scopes.

use std::sync::Arc;

use url::Url;

use super::server_cache::cacheable;
use super::{Mastodon, with_base_path_of};
use crate::call::Call;
use crate::call::core::BoxFuture;
use crate::call::endpoint::Endpoint;
use crate::call::endpoints::{
    APP_CREATE, OAUTH_AUTHORIZATION_SERVER_INFO, OAUTH_AUTHORIZE, OAUTH_REVOKE, OAUTH_TOKEN,
    OAUTH_USERINFO, OAUTH_USERINFO_POST,
};
use crate::call::request::{PrepareHook, Request};
use crate::entities::{CodeChallengeMethod, GrantType, OAuthServerMetadata};
use crate::error::Error;
use crate::facts::Scopes;

/// OAuth metadata of the server, without URLs that requests must not be sent to.
#[derive(Debug)]
pub(crate) struct OAuthMetadata {
    urls: Vec<(&'static Endpoint, Url)>,
    grant_types: Vec<String>,
    code_challenge_methods: Vec<String>,
    scopes: Scopes,
}

/// Sends a request to the URL in the metadata, if there is one.
pub(crate) struct DiscoverAddress(pub(crate) Mastodon);

impl PrepareHook for DiscoverAddress {
    fn prepare<'a>(&'a self, request: &'a mut Request) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let metadata = self.0.oauth_metadata().await;
            request.url = metadata.and_then(|metadata| metadata.url(request.endpoint).cloned());
            Ok(())
        })
    }
}

impl OAuthMetadata {
    /// Ignores URLs that cannot be right; requests then use the default path. See [`usable_url`].
    fn new(base: &Url, metadata: OAuthServerMetadata) -> Self {
        let urls = [
            (&OAUTH_AUTHORIZE, Some(metadata.authorization_endpoint)),
            (&OAUTH_TOKEN, Some(metadata.token_endpoint)),
            (&OAUTH_REVOKE, metadata.revocation_endpoint),
            (&OAUTH_USERINFO, metadata.userinfo_endpoint.clone()),
            (&OAUTH_USERINFO_POST, metadata.userinfo_endpoint),
            (&APP_CREATE, metadata.app_registration_endpoint),
        ];
        let usable = |(endpoint, url): (&'static Endpoint, Option<String>)| {
            Some((endpoint, usable_url(base, endpoint, &url?)?))
        };
        Self {
            urls: urls.into_iter().filter_map(usable).collect(),
            grant_types: metadata.grant_types_supported,
            code_challenge_methods: metadata.code_challenge_methods_supported,
            scopes: metadata.scopes_supported.join(" ").into(),
        }
    }

    /// Returns the URL of an endpoint, if the metadata contains one on the server's origin.
    pub(crate) fn url(&self, endpoint: &Endpoint) -> Option<&Url> {
        let mut urls = self.urls.iter();
        let url = urls.find(|(listed, _)| listed.name == endpoint.name);
        url.map(|(_, url)| url)
    }

    /// Returns whether the server may support the grant type: it lists it, or lists none.
    pub(crate) fn supports_grant(&self, grant: &GrantType) -> bool {
        self.grant_types.is_empty()
            || self
                .grant_types
                .iter()
                .any(|listed| listed == grant.as_str())
    }

    /// Returns whether the server may support PKCE with S256: it lists the method, or lists none.
    pub(crate) fn supports_pkce(&self) -> bool {
        let s256 = CodeChallengeMethod::S256;
        self.code_challenge_methods.is_empty()
            || self
                .code_challenge_methods
                .iter()
                .any(|listed| listed == s256.as_str())
    }

    /// Returns the requested scopes that the server does not list. It may still support them.
    fn unlisted(&self, requested: &Scopes) -> Vec<String> {
        if self.scopes.is_empty() {
            return Vec::new();
        }
        self.scopes.missing(requested)
    }
}

/// Returns the URL of an endpoint if it is absolute, as RFC 8414 requires, on the server's origin, and not the start
/// page. Secrets are sent to the configured server only, and a server behind a proxy may report a wrong scheme or host,
/// which must not break every login. A server without an endpoint may send null or an empty string.
fn usable_url(base: &Url, endpoint: &Endpoint, url: &str) -> Option<Url> {
    let url = Url::parse(url.trim()).ok()?;
    if url.origin() != base.origin() {
        let (endpoint, origin) = (endpoint.name, url.origin().ascii_serialization());
        tracing::warn!(
            endpoint,
            origin,
            "the OAuth metadata names an endpoint on another host; the default path is used"
        );
        return None;
    }
    let has_user = !url.username().is_empty() || url.password().is_some();
    let is_start_page = url.path() == "/" || url.path() == base.path();
    (!has_user && !is_start_page).then(|| with_base_path_of(base, url))
}

impl Mastodon {
    /// Returns the OAuth metadata of the server, fetched once; `None` if the server does not provide it:
    /// callers then use the default paths and assume that everything is supported.
    pub(crate) async fn oauth_metadata(&self) -> Option<Arc<OAuthMetadata>> {
        let core = self.core();
        let fetch = async || {
            let metadata = Call::new(core, &OAUTH_AUTHORIZATION_SERVER_INFO)
                .without_version_check()
                .await;
            cacheable(metadata.map(|metadata| Arc::new(OAuthMetadata::new(&core.base, metadata))))
        };
        self.inner.server.oauth.get_or_fetch(fetch).await.ok()?
    }

    /// Logs a warning about scopes that the server does not list.
    pub(crate) async fn warn_of_unlisted_scopes(&self, scopes: &Scopes) {
        let metadata = self.oauth_metadata().await;
        let unlisted = metadata
            .map(|metadata| metadata.unlisted(scopes))
            .unwrap_or_default();
        if !unlisted.is_empty() {
            let scopes = unlisted.join(" ");
            tracing::warn!(
                scopes,
                "the server does not list these scopes and may not grant them"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata_with(members: &serde_json::Value) -> OAuthMetadata {
        let mut json = serde_json::json!({
            "issuer": "https://a.example/",
            "authorization_endpoint": "https://a.example/oauth/authorize",
            "token_endpoint": "https://a.example/oauth/token",
        });
        json.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        let base = Url::parse("https://a.example/").unwrap();
        OAuthMetadata::new(&base, serde_json::from_value(json).unwrap())
    }

    #[test]
    fn urls_on_other_origins_are_ignored() {
        let metadata = metadata_with(&serde_json::json!({
            "token_endpoint": "https://a.example/auth/token?tenant=1",
            "revocation_endpoint": " https://a.example/auth/revoke ",
            "userinfo_endpoint": "http://a.example/userinfo",
            "app_registration_endpoint": "https://evil.example/apps",
            "authorization_endpoint": "https://a.example:444/oauth/authorize",
        }));
        let url = |endpoint| metadata.url(endpoint).map(Url::as_str);
        assert_eq!(
            url(&OAUTH_TOKEN),
            Some("https://a.example/auth/token?tenant=1")
        );
        assert_eq!(url(&OAUTH_REVOKE), Some("https://a.example/auth/revoke"));
        for endpoint in [
            &OAUTH_USERINFO,
            &OAUTH_USERINFO_POST,
            &APP_CREATE,
            &OAUTH_AUTHORIZE,
        ] {
            assert_eq!(url(endpoint), None, "{}", endpoint.name);
        }
    }

    #[test]
    fn urls_are_below_the_path_of_the_server() {
        let base = Url::parse("https://a.example/mastodon/").unwrap();
        let usable = |url: &str| usable_url(&base, &OAUTH_TOKEN, url).map(String::from);
        let expected = Some("https://a.example/mastodon/oauth/token");
        for url in [
            "https://a.example/oauth/token",
            "https://a.example/mastodon/oauth/token",
        ] {
            assert_eq!(usable(url).as_deref(), expected, "{url}");
        }
        assert_eq!(usable("https://a.example/mastodon/"), None);
    }

    #[test]
    fn unusable_urls_are_ignored() {
        for url in [
            serde_json::json!(null),
            serde_json::json!(""),
            serde_json::json!(" "),
            serde_json::json!("/"),
            serde_json::json!("/auth/token"),
            serde_json::json!("token"),
            serde_json::json!("?grant=code"),
            serde_json::json!("#"),
            serde_json::json!("//a.example/token"),
            serde_json::json!("https://a.example"),
            serde_json::json!("https://a.example/?x"),
            serde_json::json!("https://u:p@a.example/token"),
            serde_json::json!("mailto:a@a.example"),
        ] {
            let metadata = metadata_with(&serde_json::json!({ "token_endpoint": url }));
            assert_eq!(metadata.url(&OAUTH_TOKEN), None, "{url}");
        }
    }

    #[test]
    fn empty_lists_mean_that_everything_may_be_supported() {
        let empty = metadata_with(&serde_json::json!({}));
        assert!(empty.supports_grant(&GrantType::Password) && empty.supports_pkce());
        assert_eq!(empty.unlisted(&"read push".into()), [""; 0]);
        let metadata = metadata_with(&serde_json::json!({
            "grant_types_supported": ["authorization_code"],
            "code_challenge_methods_supported": ["plain"],
            "scopes_supported": ["read", "write:media"],
        }));
        assert!(
            !metadata.supports_grant(&GrantType::Password)
                && metadata.supports_grant(&GrantType::AuthorizationCode)
        );
        assert!(!metadata.supports_pkce());
        assert_eq!(
            metadata.unlisted(&"read:lists write push".into()),
            ["push", "write"]
        );
    }
}
