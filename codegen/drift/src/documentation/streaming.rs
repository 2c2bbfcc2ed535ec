//! Reads the lists of streams and events on the page of the streaming API.

use super::text::{Heading, shape};
use crate::external::{ExternalApi, Shape, StreamItem};

/// Reads the sections with the anchors `events` and `streams`: a name in backticks per item, and its
/// description with the version on the next line.
pub(super) fn parse(text: &str, at: &str, external: &mut ExternalApi) {
    let mut event = None;
    let mut lines = text.lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        if let Some(heading) = Heading::parse(line).filter(|heading| heading.level == 2) {
            event = match heading.anchor {
                Some("events") => Some(true),
                Some("streams") => Some(false),
                _ => None,
            };
        }
        let name = line
            .strip_prefix('`')
            .and_then(|rest| rest.strip_suffix('`'));
        let below = lines.peek().and_then(|(_, line)| line.strip_prefix(": "));
        if let (Some(event), Some(name), Some(about)) = (event, name, below) {
            external.streaming.push(StreamItem {
                name: name.to_owned(),
                event,
                payload: if event {
                    payload(about)
                } else {
                    Shape::Unknown
                },
                events: Vec::new(),
                since: about
                    .rsplit_once("since v")
                    .and_then(|(_, text)| version(text)),
                at: format!("{at}:{}", index + 1),
            });
        }
    }
}

/// The payload: "Payload contains a [Status](…) cast to a string."
fn payload(about: &str) -> Shape {
    let Some((_, rest)) = about.split_once("Payload contains a") else {
        return match about.contains("ayload") {
            true if !about.contains("can be ignored") => Shape::Unknown,
            _ => Shape::Nothing,
        };
    };
    shape(rest.trim_start_matches("n ").trim_start())
}

fn version(text: &str) -> Option<mastodon_spec::yaml::Version> {
    let text = text.trim().trim_end_matches('.');
    text.parse().or_else(|_| format!("{text}.0").parse()).ok()
}
