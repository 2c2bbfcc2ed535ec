//! What a server tells of its OAuth: where the endpoints are and what they offer, RFC 8414.

use std::sync::Arc;

use url::Url;

use super::Scopes;
use crate::client::Mastodon;
use crate::endpoint::Endpoint;
use crate::generated::endpoints::{
    APP_CREATE, OAUTH_AUTHORIZE, OAUTH_REVOKE, OAUTH_TOKEN, OAUTH_USERINFO, OAUTH_USERINFO_POST,
};
use crate::generated::entities::{CodeChallengeMethod, GrantType, OAuthServerMetadata};
use crate::known::lasting;

/// What a server tells of its OAuth, as far as it is believed.
#[derive(Debug)]
pub(crate) struct Metadata {
    addresses: Vec<(&'static Endpoint, Url)>,
    grants: Vec<String>,
    challenges: Vec<String>,
    scopes: Scopes,
}

/// Whether a server tells the address of this endpoint.
pub(crate) fn is_oauth(endpoint: &Endpoint) -> bool {
    let told = [
        &OAUTH_TOKEN,
        &OAUTH_REVOKE,
        &OAUTH_USERINFO,
        &OAUTH_USERINFO_POST,
        &APP_CREATE,
    ];
    told.into_iter().any(|one| std::ptr::eq(one, endpoint))
}

impl Metadata {
    /// An address on another origin than the server's is left out, and the usual path of the endpoint
    /// serves: secrets go only where the user of this library sent them, and a server behind a proxy
    /// may well be wrong about its own scheme or name without that breaking every log-in.
    fn read(base: &Url, told: OAuthServerMetadata) -> Self {
        let named = [
            (&OAUTH_AUTHORIZE, Some(told.authorization_endpoint)),
            (&OAUTH_TOKEN, Some(told.token_endpoint)),
            (&OAUTH_REVOKE, told.revocation_endpoint),
            (&OAUTH_USERINFO, told.userinfo_endpoint.clone()),
            (&OAUTH_USERINFO_POST, told.userinfo_endpoint),
            (&APP_CREATE, told.app_registration_endpoint),
        ];
        let own = |(endpoint, address): (&'static Endpoint, Option<String>)| {
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
                "the server names another host for this; it is not used"
            );
            None
        };
        Self {
            addresses: named.into_iter().filter_map(own).collect(),
            grants: told.grant_types_supported,
            challenges: told.code_challenge_methods_supported,
            scopes: told.scopes_supported.join(" ").into(),
        }
    }

    /// Where the server has an endpoint, if it tells and is believed.
    pub(crate) fn address(&self, endpoint: &Endpoint) -> Option<&Url> {
        let mut addresses = self.addresses.iter();
        let found = addresses.find(|(one, _)| std::ptr::eq(*one, endpoint));
        found.map(|(_, address)| address)
    }

    /// Whether the server takes this in exchange for a token. One that lists nothing may.
    pub(super) fn takes(&self, grant: &GrantType) -> bool {
        self.grants.is_empty() || self.grants.iter().any(|one| one == grant.as_str())
    }

    /// Whether the server can check a challenge of PKCE. One that lists nothing may.
    pub(super) fn checks_challenges(&self) -> bool {
        let s256 = CodeChallengeMethod::S256;
        self.challenges.is_empty() || self.challenges.iter().any(|one| one == s256.as_str())
    }

    /// The scopes that the server does not list. It may know them nevertheless.
    fn unlisted(&self, wanted: &Scopes) -> Vec<String> {
        if self.scopes.is_empty() {
            return Vec::new();
        }
        self.scopes.missing(wanted)
    }
}

impl Mastodon {
    /// What the server tells of its OAuth; `None` where it does not, or not now. Then the usual paths
    /// serve, and nothing is known to be missing.
    pub(crate) async fn oauth_metadata(&self) -> Option<Arc<Metadata>> {
        let ask = async || {
            let told = self.oauth_authorization_server_info().unchecked().await;
            lasting(told.map(|told| Arc::new(Metadata::read(&self.inner.base, told))))
        };
        self.inner.known.oauth.or_ask(ask).await.ok()?
    }

    /// Warns of scopes that the server is not likely to give.
    pub(super) async fn warn_of_unlisted(&self, wanted: &Scopes) {
        let told = self.oauth_metadata().await;
        let unlisted = told.map(|told| told.unlisted(wanted)).unwrap_or_default();
        if !unlisted.is_empty() {
            let scopes = unlisted.join(" ");
            tracing::warn!(
                scopes,
                "the server does not list these scopes, and may refuse them"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(told: &serde_json::Value) -> Metadata {
        let mut whole = serde_json::json!({
            "issuer": "https://a.example/",
            "authorization_endpoint": "https://a.example/oauth/authorize",
            "token_endpoint": "https://a.example/oauth/token",
        });
        let (whole_members, told) = (whole.as_object_mut().unwrap(), told.as_object().unwrap());
        whole_members.extend(told.clone());
        let base = Url::parse("https://a.example/").unwrap();
        Metadata::read(&base, serde_json::from_value(whole).unwrap())
    }

    #[test]
    fn addresses_of_the_server_itself_are_used_and_no_others() {
        let told = read(&serde_json::json!({
            "token_endpoint": "https://a.example/auth/token?tenant=1",
            "revocation_endpoint": "/auth/revoke",
            "userinfo_endpoint": "http://a.example/userinfo",
            "app_registration_endpoint": "https://evil.example/apps",
            "authorization_endpoint": "https://a.example:444/oauth/authorize",
        }));
        let address = |endpoint| told.address(endpoint).map(Url::as_str);
        assert_eq!(
            address(&OAUTH_TOKEN),
            Some("https://a.example/auth/token?tenant=1")
        );
        assert_eq!(
            address(&OAUTH_REVOKE),
            Some("https://a.example/auth/revoke")
        );
        for elsewhere in [
            &OAUTH_USERINFO,
            &OAUTH_USERINFO_POST,
            &APP_CREATE,
            &OAUTH_AUTHORIZE,
        ] {
            assert_eq!(address(elsewhere), None, "{}", elsewhere.name);
        }
        let told = read(&serde_json::json!({ "token_endpoint": "https://u:p@a.example/token" }));
        assert_eq!(told.address(&OAUTH_TOKEN), None);
    }

    #[test]
    fn what_a_server_does_not_list_is_missing_only_where_it_lists_something() {
        let silent = read(&serde_json::json!({}));
        assert!(silent.takes(&GrantType::Password) && silent.checks_challenges());
        assert_eq!(silent.unlisted(&"read push".into()), [""; 0]);
        let told = read(&serde_json::json!({
            "grant_types_supported": ["authorization_code"],
            "code_challenge_methods_supported": ["plain"],
            "scopes_supported": ["read", "write:media"],
        }));
        assert!(!told.takes(&GrantType::Password) && told.takes(&GrantType::AuthorizationCode));
        assert!(!told.checks_challenges());
        assert_eq!(
            told.unlisted(&"read:lists write push".into()),
            ["push", "write"]
        );
    }
}
