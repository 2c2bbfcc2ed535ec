//! Emits the OpenAPI 3.1 document of the API.

mod operations;
mod params;
mod responses;
mod schemas;

use operations::{APP, Paths, USER};
use responses::Shared;

use mastodon_spec::docs::{self, page_url};
use mastodon_spec::json::{self, Object};
use mastodon_spec::model::Model;
use mastodon_spec::yaml::{Condition, CountedPer, Event, On, RateLimitBucket, Supported, Version};

/// The API as an OpenAPI 3.1 document.
///
/// # Errors
///
/// When two operations have the same path, or two schemas the same name.
pub fn openapi(model: &Model<'_>) -> Result<String, String> {
    document(model).map_err(|error| format!("generated/openapi.json: {error}"))
}

fn document(model: &Model<'_>) -> Result<String, String> {
    let api = &model.spec.api;
    let mut shared = Shared::default();
    let mut paths = Paths::default();
    for resource in model.resources() {
        for method in &resource.methods {
            paths.add(model, resource.yaml, method, &mut shared)?;
        }
    }
    let components = Object::new()
        .with("schemas", schemas::components(model)?)
        .with("parameters", params::components(model).or_absent())
        .with("headers", responses::header_components(model).or_absent())
        .with("responses", shared.components())
        .with("securitySchemes", security_schemes(model));
    let document = Object::new()
        .with("openapi", "3.1.0")
        .with("info", info(model))
        .with("externalDocs", external("https://docs.joinmastodon.org"))
        .with(
            "servers",
            vec![server(
                "mastodon.social",
                "The server of the user's account.",
            )],
        )
        .with("tags", tags(model))
        .with("paths", paths.into_object())
        .with("components", components)
        .with(
            "x-rate-limits",
            api.rate_limits
                .iter()
                .map(|(name, limit)| {
                    let about = Object::new()
                        .with(
                            "description",
                            describe([limit.description.as_deref(), limit.note.as_deref()]),
                        )
                        .and(rate_limit(limit.requests, limit.seconds, limit.per))
                        .with("successes-only", limit.successes_only.then_some(true))
                        .with("additional", additional(limit));
                    (name.as_str(), about)
                })
                .collect::<Object>()
                .or_absent(),
        )
        .with("x-releases", releases(model))
        .with("x-streams", streams(model).or_absent())
        .with("x-events", events(model).or_absent())
        .with(
            "x-push",
            model.spec.api.push.as_ref().map(|push| event(model, push)),
        );
    let text = serde_json::to_string_pretty(&document).map_err(|error| error.to_string())?;
    Ok(text + "\n")
}

fn info(model: &Model<'_>) -> Object {
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
            "license",
            Object::new()
                .with("name", "MIT or Apache 2.0")
                .with("identifier", "MIT OR Apache-2.0"),
        )
}

fn rate_limit(requests: u32, seconds: u32, per: CountedPer) -> Object {
    Object::new()
        .with("requests", requests)
        .with("seconds", seconds)
        .with("per", per.name())
}

/// The additional limits of a rate limit, if any.
fn additional(limit: &RateLimitBucket) -> Option<Vec<Object>> {
    let limits = limit.additional.iter();
    let limits: Vec<Object> = limits
        .map(|one| rate_limit(one.requests, one.seconds, one.per))
        .collect();
    (!limits.is_empty()).then_some(limits)
}

/// A server with its host as a variable.
fn server(host: &str, about: &str) -> Object {
    let host = Object::new()
        .with("default", host)
        .with("description", about);
    Object::new()
        .with("url", "https://{host}")
        .with("variables", Object::new().with("host", host))
}

fn external(url: impl Into<String>) -> Object {
    Object::new().with("url", url.into())
}

fn tags(model: &Model<'_>) -> Vec<Object> {
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
fn security_schemes(model: &Model<'_>) -> Object {
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
}

fn releases(model: &Model<'_>) -> Vec<Object> {
    let releases = model.spec.api.releases.iter();
    releases
        .filter(|release| release.api_version.is_some())
        .map(|release| {
            Object::new()
                .with("version", release.version.to_string())
                .with("api-version", release.api_version)
        })
        .collect()
}

fn streams(model: &Model<'_>) -> Object {
    let streams = model.spec.api.streams.iter();
    streams
        .map(|(name, stream)| {
            let about = Object::new()
                .with(
                    "description",
                    describe([
                        stream.description.as_deref(),
                        on_servers(model, stream).as_deref(),
                        stream.note.as_deref(),
                    ]),
                )
                .with("operationId", stream.method.as_deref())
                .flag("only_media", stream.only_media)
                .with("param", stream.param.as_deref())
                .with(
                    "scopes",
                    model.stream_scopes(stream).iter().collect::<json::Json>(),
                )
                .with("events", stream.events.iter().collect::<json::Json>())
                .and(support(model, stream));
            (name.as_str(), about)
        })
        .collect()
}

fn events(model: &Model<'_>) -> Object {
    let events = model.spec.api.events.iter();
    events
        .map(|(name, about)| (name.as_str(), event(model, about)))
        .collect()
}

fn event(model: &Model<'_>, event: &Event) -> Object {
    Object::new()
        .with(
            "description",
            describe([
                event.description.as_deref(),
                on_servers(model, event).as_deref(),
                event.note.as_deref(),
            ]),
        )
        .with("payload", event.payload.as_ref().map(schemas::schema))
        .flag("plain-text", event.plain_text)
        .and(support(model, event))
}

/// A reference to a component.
fn reference(section: &str, name: &str) -> Object {
    Object::new().with("$ref", format!("#/components/{section}/{name}"))
}

/// Joins paragraphs; `None` if there are no paragraphs.
fn describe<const N: usize>(paragraphs: [Option<&str>; N]) -> Option<String> {
    let paragraphs: Vec<&str> = paragraphs.into_iter().flatten().map(str::trim).collect();
    (!paragraphs.is_empty()).then(|| paragraphs.join("\n\n"))
}

/// The versions and servers of an item.
fn support(model: &Model<'_>, item: &impl Supported) -> Object {
    versions(model, item.since(), item.deprecated(), item.removed())
        .and(servers(&item.on(), item.is_only_on()))
}

/// The servers other than Mastodon that have an item, with conditions as in the specification.
fn servers(on: &On, is_only_on: bool) -> Object {
    let conditions = |is_there: bool| -> Object {
        let conditions = on.0.iter();
        conditions
            .filter(|(_, condition)| (**condition != Condition::Never) == is_there)
            .map(|(server, condition)| (server.as_str(), condition.to_string()))
            .collect()
    };
    let key = if is_only_on { "x-only-on" } else { "x-also-on" };
    let missing: Vec<String> = conditions(false)
        .entries()
        .map(|(server, _)| server.to_owned())
        .collect();
    Object::new()
        .with(key, conditions(true).or_absent())
        .with("x-not-on", (!missing.is_empty()).then_some(missing))
}

/// The servers other than Mastodon that have an item, as a sentence.
fn on_servers(model: &Model<'_>, item: &impl Supported) -> Option<String> {
    let servers = &model.spec.servers;
    let sentence = docs::other_servers(servers, &item.on(), item.is_only_on());
    (!sentence.is_empty()).then_some(sentence)
}

/// The versions of an item. Removed items are deprecated in the document.
fn versions(
    model: &Model<'_>,
    since: Option<&Version>,
    deprecated: Option<&Version>,
    removed: Option<&Version>,
) -> Object {
    let since = since.filter(|version| !version.is_zero());
    let number = since.and_then(|since| {
        let releases = &model.spec.api.releases;
        releases
            .iter()
            .find(|release| release.version == *since)
            .and_then(|release| release.api_version)
    });
    Object::new()
        .flag("deprecated", deprecated.is_some() || removed.is_some())
        .with("x-since", since.map(ToString::to_string))
        .with("x-api-version", number)
        .with("x-deprecated-since", deprecated.map(ToString::to_string))
        .with("x-removed", removed.map(ToString::to_string))
}
