//! Compares streams and events.

use super::Compare;
use crate::Rule;
use crate::external::StreamItem;
use mastodon_spec::load::API;
use mastodon_spec::yaml::Supported;

impl Compare<'_, '_> {
    pub(super) fn streaming(&mut self) {
        let (spec_index, external) = (self.spec_index, self.external);
        let api = &spec_index.model.spec.api;
        let streams = api
            .streams
            .iter()
            .map(|(name, stream)| (name, (&stream.since, stream.is_only_on())));
        let events = api
            .events
            .iter()
            .map(|(name, event)| (name, (&event.since, event.is_only_on())));
        let ours = [
            (false, streams.collect::<Vec<_>>()),
            (true, events.collect()),
        ];
        for (event, ours) in ours {
            let (kind, list) = if event {
                ("event", "events")
            } else {
                ("stream", "streams")
            };
            let theirs: Vec<&StreamItem> = external
                .streaming
                .iter()
                .filter(|their| their.event == event)
                .collect();
            // A source without any does not cover them.
            if theirs.is_empty() {
                continue;
            }
            let path = |name: &str| [list.to_owned(), name.to_owned()];
            for their in &theirs {
                let subject = format!("{kind} {}", their.name);
                let Some((name, (since, _))) = ours.iter().find(|(name, _)| **name == their.name)
                else {
                    let since = their.since.as_ref();
                    let detail = since.map_or_else(String::new, |since| format!("since {since}"));
                    let position = [list.to_owned()];
                    self.push(
                        Rule::MissingStream,
                        &subject,
                        detail,
                        (API, &position),
                        &their.at,
                    );
                    continue;
                };
                if let (Some(ours), Some(theirs)) = (since, &their.since)
                    && ours != theirs
                {
                    let detail = format!("{ours} in the specification, {theirs} in the source");
                    self.push(
                        Rule::OtherSince,
                        &subject,
                        detail,
                        (API, &path(name)),
                        &their.at,
                    );
                }
            }
            for (name, (_, is_only_on)) in ours {
                if !is_only_on && !theirs.iter().any(|their| their.name == *name) {
                    let subject = format!("{kind} {name}");
                    self.push(Rule::ExtraStream, &subject, "", (API, &path(name)), "");
                }
            }
        }
    }
}
