//! Emits what describes the whole API: title, servers, tags and security schemes.

use mastodon_spec::docs::{self, page_url};
use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::Model;

use super::operations::{APP, BEARER, USER};

pub(super) fn info(model: &Model<'_>) -> Object {
    let newest = model
        .spec
        .api
        .releases
        .iter()
        .rev()
        .find(|release| release.version.pre.is_none());
    Object::new()
        .with("title", "Mastodon API")
        .with("version", newest.map(|release| release.version.to_string()))
        .with("description", model.spec.api.description.as_deref())
        .with(
            "contact",
            Object::new()
                .with("name", "mastodon-sdk")
                .with("url", env!("CARGO_PKG_REPOSITORY")),
        )
        .with(
            "license",
            Object::new()
                .with("name", "MIT or Apache 2.0")
                .with("identifier", "MIT OR Apache-2.0"),
        )
}

/// A server with its host as a variable.
pub(super) fn server(host: &str, about: &str) -> Object {
    let host = Object::new()
        .with("default", host)
        .with("description", about);
    Object::new()
        .with("url", "https://{host}")
        .with("variables", Object::new().with("host", host))
}

pub(super) fn external(url: impl Into<String>) -> Object {
    Object::new().with("url", url.into())
}

pub(super) fn tags(model: &Model<'_>) -> Vec<Object> {
    let files = model.spec.methods.values();
    files
        .filter(|file| !file.methods.is_empty())
        .map(|file| {
            let docs = file.docs.as_deref();
            Object::new()
                .with("name", file.title.as_deref())
                .with("description", file.description.as_deref())
                .with(
                    "externalDocs",
                    docs.map(|docs| external(page_url(docs, None))),
                )
        })
        .collect()
}

/// User tokens use the authorization code flow, application tokens the client credentials flow.
pub(super) fn security_schemes(model: &Model<'_>) -> Object {
    let scopes = || {
        let scopes = model.spec.api.scopes.iter();
        scopes
            .map(|(name, scope)| {
                let includes = (!scope.includes.is_empty())
                    .then(|| format!("Includes {}.", scope.includes.join(", ")));
                let versions = docs::versions(
                    scope.since.as_ref(),
                    scope.deprecated.as_ref(),
                    scope.removed.as_ref(),
                );
                let sentences = [
                    scope.description.clone().unwrap_or_default(),
                    versions,
                    includes.unwrap_or_default(),
                ];
                let sentences = sentences.into_iter().filter(|text| !text.is_empty());
                (name.as_str(), sentences.collect::<Vec<_>>().join(" "))
            })
            .collect::<Object>()
    };
    // Relative URLs are resolved against the chosen server.
    let flow = || {
        Object::new()
            .with("tokenUrl", "/oauth/token")
            .with("scopes", scopes())
    };
    let scheme = |about: &str, grant: &str, flow: Object| {
        Object::new()
            .with("type", "oauth2")
            .with("description", about)
            .with("flows", Object::new().with(grant, flow))
    };
    let code = Object::new()
        .with("authorizationUrl", "/oauth/authorize")
        .and(flow());
    Object::new()
        .with(
            USER,
            scheme(
                "User token. A scope includes its sub-scopes, such as `read:statuses` in `read`.",
                "authorizationCode",
                code,
            ),
        )
        .with(
            APP,
            scheme("Application token.", "clientCredentials", flow()),
        )
        .with(
            BEARER,
            Object::new()
                .with("type", "http")
                .with("scheme", "bearer")
                .with(
                    "description",
                    "Any access token, for tools without support for OAuth 2. The token needs the same scopes.",
                ),
        )
}

/// The tags of Mastodon, and those of other servers. Tools show them in groups.
pub(super) fn tag_groups(model: &Model<'_>) -> Vec<Object> {
    let group = |name: &str, is_of_other_servers: bool| {
        let resources = model.resources().iter();
        let resources = resources.filter(|own| own.is_of_other_servers == is_of_other_servers);
        let with_methods = resources.filter(|own| !own.methods.is_empty());
        let tags = with_methods.map(|own| own.yaml.title.as_deref());
        let tags = tags.flatten().collect::<Json>();
        let is_empty = matches!(&tags, Json::List(tags) if tags.is_empty());
        (!is_empty).then(|| Object::new().with("name", name).with("tags", tags))
    };
    let groups = [group("Mastodon", false), group("Other servers", true)];
    groups.into_iter().flatten().collect()
}
