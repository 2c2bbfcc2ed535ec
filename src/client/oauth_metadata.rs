//! OAuth metadata of the server (RFC 8414): endpoint addresses, grant types, PKCE, scopes.

use std::sync::Arc;

use url::Url;

use super::Mastodon;
use super::server_cache::cacheable;
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

/// OAuth metadata of the server, without endpoint addresses on other hosts.
#[derive(Debug)]
pub(crate) struct OAuthMetadata {
    addresses: Vec<(&'static Endpoint, Url)>,
    grants: Vec<String>,
    challenges: Vec<String>,
    scopes: Scopes,
}

/// Sends a request to the address that the metadata names, if it names one.
pub(crate) struct DiscoverAddress(pub(crate) Mastodon);

impl PrepareHook for DiscoverAddress {
    fn prepare<'a>(&'a self, request: &'a mut Request) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let metadata = self.0.oauth_metadata().await;
            request.url = metadata.and_then(|metadata| metadata.address(request.endpoint).cloned());
            Ok(())
        })
    }
}

impl OAuthMetadata {
    /// An address on another origin than the server's is ignored, and the endpoint's default path is used:
    /// secrets are sent to the configured server only, and a server behind a proxy may report a wrong
    /// scheme or host, which must not break every login.
    fn new(base: &Url, metadata: OAuthServerMetadata) -> Self {
        let addresses = [
            (&OAUTH_AUTHORIZE, Some(metadata.authorization_endpoint)),
            (&OAUTH_TOKEN, Some(metadata.token_endpoint)),
            (&OAUTH_REVOKE, metadata.revocation_endpoint),
            (&OAUTH_USERINFO, metadata.userinfo_endpoint.clone()),
            (&OAUTH_USERINFO_POST, metadata.userinfo_endpoint),
            (&APP_CREATE, metadata.app_registration_endpoint),
        ];
        let same_origin = |(endpoint, address): (&'static Endpoint, Option<String>)| {
            let url = base.join(&address?).ok()?;
            if url.origin() == base.origin()
                && url.username().is_empty()
                && url.password().is_none()
            {
                return Some((endpoint, url));
            }
            let (endpoint, origin) = (endpoint.name, url.origin().ascii_serialization());
            tracing::warn!(
                endpoint,
                origin,
                "the OAuth metadata contains an address on another host; it is ignored"
            );
            None
        };
        Self {
            addresses: addresses.into_iter().filter_map(same_origin).collect(),
            grants: metadata.grant_types_supported,
            challenges: metadata.code_challenge_methods_supported,
            scopes: metadata.scopes_supported.join(" ").into(),
        }
    }

    /// Address of an endpoint, if the metadata names one on the server itself.
    pub(crate) fn address(&self, endpoint: &Endpoint) -> Option<&Url> {
        let mut addresses = self.addresses.iter();
        let address = addresses.find(|(listed, _)| listed.name == endpoint.name);
        address.map(|(_, address)| address)
    }

    /// Whether the server supports the grant type. A server that lists no grant types is assumed to support
    /// all of them.
    pub(crate) fn supports_grant(&self, grant: &GrantType) -> bool {
        self.grants.is_empty() || self.grants.iter().any(|listed| listed == grant.as_str())
    }

    /// Whether the server supports PKCE. A server that lists no challenge methods is assumed to support it.
    pub(crate) fn supports_pkce(&self) -> bool {
        let s256 = CodeChallengeMethod::S256;
        self.challenges.is_empty() || self.challenges.iter().any(|listed| listed == s256.as_str())
    }

    /// The scopes that the server does not list. It may support them nevertheless.
    fn unlisted(&self, requested: &Scopes) -> Vec<String> {
        if self.scopes.is_empty() {
            return Vec::new();
        }
        self.scopes.missing(requested)
    }
}

impl Mastodon {
    /// OAuth metadata of the server, fetched once; `None` if the server does not provide it. Then the
    /// default paths are used, and all grant types and scopes are assumed to be supported.
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

    fn decoded(changes: &serde_json::Value) -> OAuthMetadata {
        let mut whole = serde_json::json!({
            "issuer": "https://a.example/",
            "authorization_endpoint": "https://a.example/oauth/authorize",
            "token_endpoint": "https://a.example/oauth/token",
        });
        let members = whole.as_object_mut().unwrap();
        members.extend(changes.as_object().unwrap().clone());
        let base = Url::parse("https://a.example/").unwrap();
        OAuthMetadata::new(&base, serde_json::from_value(whole).unwrap())
    }

    #[test]
    fn only_addresses_on_the_server_itself_are_used() {
        let metadata = decoded(&serde_json::json!({
            "token_endpoint": "https://a.example/auth/token?tenant=1",
            "revocation_endpoint": "/auth/revoke",
            "userinfo_endpoint": "http://a.example/userinfo",
            "app_registration_endpoint": "https://evil.example/apps",
            "authorization_endpoint": "https://a.example:444/oauth/authorize",
        }));
        let address = |endpoint| metadata.address(endpoint).map(Url::as_str);
        assert_eq!(
            address(&OAUTH_TOKEN),
            Some("https://a.example/auth/token?tenant=1")
        );
        assert_eq!(
            address(&OAUTH_REVOKE),
            Some("https://a.example/auth/revoke")
        );
        for unused in [
            &OAUTH_USERINFO,
            &OAUTH_USERINFO_POST,
            &APP_CREATE,
            &OAUTH_AUTHORIZE,
        ] {
            assert_eq!(address(unused), None, "{}", unused.name);
        }
        let metadata =
            decoded(&serde_json::json!({ "token_endpoint": "https://u:p@a.example/token" }));
        assert_eq!(metadata.address(&OAUTH_TOKEN), None);
    }

    #[test]
    fn empty_metadata_means_that_everything_is_supported() {
        let empty = decoded(&serde_json::json!({}));
        assert!(empty.supports_grant(&GrantType::Password) && empty.supports_pkce());
        assert_eq!(empty.unlisted(&"read push".into()), [""; 0]);
        let metadata = decoded(&serde_json::json!({
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
