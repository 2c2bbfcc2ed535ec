//! The lists of streams and events on the page of the streaming API.

use super::text::Heading;
use crate::outside::{Outside, Streamed};

/// Reads the sections that have the anchors `events` and `streams`: a name in backticks on each line, its
/// description with the version on the next one.
pub(super) fn read(text: &str, at: &str, outside: &mut Outside) {
    let mut event = None;
    let mut lines = text.lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        if let Some(heading) = Heading::read(line).filter(|heading| heading.level == 2) {
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
            outside.streaming.push(Streamed {
                name: name.to_owned(),
                event,
                since: about
                    .rsplit_once("since v")
                    .and_then(|(_, said)| version(said)),
                at: format!("{at}:{}", index + 1),
            });
        }
    }
}

fn version(said: &str) -> Option<mastodon_spec::yaml::Version> {
    let said = said.trim().trim_end_matches('.');
    said.parse().or_else(|_| format!("{said}.0").parse()).ok()
}
