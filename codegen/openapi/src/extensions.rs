//! Emits extensions: what OpenAPI cannot describe, such as streams and rate limits.

use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::Model;
use mastodon_spec::yaml::{CountedPer, Event, RateLimitBucket};

use super::types::{Direction, schema};
use super::{describe, on_servers, support};

/// The extensions of the document.
pub(super) fn extensions(model: &Model<'_>) -> Object {
    let push = model.spec.api.push.as_ref();
    Object::new()
        .with("x-rate-limits", rate_limits(model).or_absent())
        .with("x-releases", releases(model))
        .with("x-streams", streams(model).or_absent())
        .with("x-events", events(model).or_absent())
        .with("x-push", push.map(|push| event(model, push)))
}

fn rate_limits(model: &Model<'_>) -> Object {
    let limits = model.spec.api.rate_limits.iter();
    limits
        .map(|(name, limit)| {
            let about = Object::new()
                .with(
                    "description",
                    describe([limit.description.as_deref(), limit.note.as_deref()]),
                )
                .and(rate_limit(limit.requests, limit.seconds, limit.per))
                .flag("successes-only", limit.successes_only)
                .with("additional", additional(limit));
            (name.as_str(), about)
        })
        .collect()
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
                    model.stream_scopes(stream).iter().collect::<Json>(),
                )
                .with("events", stream.events.iter().collect::<Json>())
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
    let payload = event.payload.as_ref();
    Object::new()
        .with(
            "description",
            describe([
                event.description.as_deref(),
                on_servers(model, event).as_deref(),
                event.note.as_deref(),
            ]),
        )
        .with(
            "payload",
            payload.map(|ty| schema(model, Direction::Response, ty)),
        )
        .flag("plain-text", event.plain_text)
        .and(support(model, event))
}
