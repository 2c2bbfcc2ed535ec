//! Markers: read positions in timelines.

use serde_json::{Map, Value};

use super::Context;
use crate::ids::parse_id;
use crate::render;
use crate::response::{HandlerResult, Response, not_found, validation_failed};
use crate::state::Marker;

const TIMELINES: [&str; 2] = ["home", "notifications"];

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "markers_get" => get(context),
        "markers_set" => set(context),
        _ => return None,
    })
}

fn get(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let account = state.accounts.get(&user).ok_or_else(not_found)?;
    let timelines = context.params.list("timeline");
    let markers = account.markers.iter();
    let rendered: Map<String, Value> = markers
        .filter(|(timeline, _)| timelines.iter().any(|name| name == *timeline))
        .map(|(timeline, marker)| ((*timeline).to_owned(), render::marker(marker)))
        .collect();
    Ok(Response::json(&rendered.into()))
}

/// Stores the markers that were sent. A new one starts at zero. The version increases whenever the position changes, in
/// either direction.
fn set(context: &Context<'_>) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let mut state = context.shared.state();
    let account = state.accounts.get_mut(&user).ok_or_else(not_found)?;
    let mut saved = Map::new();
    for timeline in TIMELINES {
        let group = context.params.map(timeline);
        let Some(last_read) = group.and_then(|group| group.string("last_read_id")) else {
            continue;
        };
        if last_read.trim().is_empty() {
            return Err(validation_failed("Last read can't be blank"));
        }
        let last_read = parse_id(&last_read);
        let marker = account.markers.entry(timeline).or_insert(Marker {
            last_read: 0,
            version: 0,
            updated: now,
        });
        if marker.last_read != last_read {
            marker.last_read = last_read;
            marker.version += 1;
            marker.updated = now;
        }
        saved.insert(timeline.to_owned(), render::marker(marker));
    }
    Ok(Response::json(&saved.into()))
}
