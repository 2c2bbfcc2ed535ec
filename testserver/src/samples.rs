//! Samples of responses and events, for what the server has no behavior for.
//!
//! A new version of Mastodon adds endpoints and events to the specification before the server imitates them.

use axum::http::HeaderName;

use crate::response::Response;
use crate::route::{Event, Route};
use crate::routes::EVENTS;

#[rustfmt::skip]
#[path = "../generated/samples.rs"]
mod generated;

/// Header of a response that is a sample.
const SAMPLE: HeaderName = HeaderName::from_static("x-sample-response");

/// What stands before the name of an entity whose sample is inserted.
const MARK: &str = "\"sample:";

/// Responds with a sample: token, scopes and parameters are checked, but the request has no effect.
pub(crate) fn respond(route: &Route) -> Response {
    let response = match route.sample {
        Some(json) => Response::with_body("application/json; charset=utf-8", expand(json).into()),
        None => Response::with_body("text/plain; charset=utf-8", Vec::new()),
    };
    response.header(SAMPLE, "true".to_owned())
}

/// Returns a sample of the payload of an event; `None` if the event has no payload.
pub(crate) fn payload(event: &Event) -> Option<String> {
    let sample = event.sample?;
    if event.is_plain_text {
        return Some(sample.to_owned());
    }
    // Server-sent events end at a line break.
    let json = serde_json::from_str::<serde_json::Value>(&expand(sample));
    json.ok().map(|json| json.to_string())
}

/// Finds an event by its name.
pub(crate) fn event(name: &str) -> Option<&'static Event> {
    EVENTS.iter().find(|event| event.name == name)
}

/// Inserts the samples of the named entities.
fn expand(json: &str) -> String {
    let mut expanded = String::new();
    insert(json, &mut expanded);
    expanded
}

/// No entity contains itself, so the depth is limited.
fn insert(mut json: &str, expanded: &mut String) {
    while let Some((before, after)) = json.split_once(MARK) {
        let (name, after) = after.split_once('"').unwrap_or((after, ""));
        expanded.push_str(before);
        let found = generated::SAMPLES.binary_search_by(|(known, _)| (*known).cmp(name));
        let sample = found.map_or("null", |index| generated::SAMPLES[index].1);
        insert(sample, expanded);
        json = after;
    }
    expanded.push_str(json);
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::routes;

    fn check(name: &str, json: &str) -> Value {
        let parsed = serde_json::from_str(json);
        parsed.unwrap_or_else(|error| panic!("{name}: {error} in {json}"))
    }

    #[test]
    fn each_route_and_event_has_a_complete_sample() {
        let samples = generated::SAMPLES;
        assert!(samples.is_sorted_by_key(|(name, _)| name));
        let routes = routes::all().filter_map(|route| Some((route.name, route.sample?)));
        let events = EVENTS.iter().filter(|event| event.has_payload);
        let events = events.map(|event| (event.name, event.sample.expect("it has a payload")));
        for (name, json) in samples.iter().copied().chain(routes).chain(events) {
            for mention in json.split(MARK).skip(1) {
                let (entity, _) = mention.split_once('"').expect("the string ends");
                let is_known = samples.iter().any(|(known, _)| *known == entity);
                assert!(is_known, "{name}: there is no sample of {entity}");
            }
            check(name, &expand(json));
        }
        for event in EVENTS {
            let payload = payload(event);
            assert_eq!(payload.is_some(), event.has_payload, "{}", event.name);
            assert!(payload.is_none_or(|payload| !payload.contains('\n')));
        }
    }

    #[test]
    fn sample_of_a_page_has_the_entities_of_its_items() {
        let route = routes::all().find(|route| route.name == "timeline_home");
        let sample = expand(route.and_then(|route| route.sample).expect("it has one"));
        let page = check("timeline_home", &sample);
        assert_eq!(page[0]["account"]["username"], "ferris", "{page}");
    }
}
