//! The streams and events of the streaming API.

use super::Compare;
use crate::Rule;
use crate::outside::Streamed;
use mastodon_spec::load::API;

impl Compare<'_, '_> {
    pub(super) fn streaming(&mut self) {
        let (known, outside) = (self.known, self.outside);
        let api = &known.model.spec.api;
        let streams = api
            .streams
            .iter()
            .map(|(name, stream)| (name, &stream.since));
        let events = api.events.iter().map(|(name, event)| (name, &event.since));
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
            let theirs: Vec<&Streamed> = outside
                .streaming
                .iter()
                .filter(|their| their.event == event)
                .collect();
            // A source that lists none does not tell of them.
            if theirs.is_empty() {
                continue;
            }
            let path = |name: &str| [list.to_owned(), name.to_owned()];
            for their in &theirs {
                let subject = format!("{kind} {}", their.name);
                let Some((name, since)) = ours.iter().find(|(name, _)| **name == their.name) else {
                    let since = their.since.as_ref();
                    let detail = since.map_or_else(String::new, |since| format!("since {since}"));
                    let place = [list.to_owned()];
                    self.push(
                        Rule::MissingStream,
                        &subject,
                        detail,
                        (API, &place),
                        &their.at,
                    );
                    continue;
                };
                if let (Some(ours), Some(theirs)) = (since, &their.since)
                    && ours != theirs
                {
                    let detail = format!("{ours} here, {theirs} there");
                    self.push(
                        Rule::OtherSince,
                        &subject,
                        detail,
                        (API, &path(name)),
                        &their.at,
                    );
                }
            }
            for (name, _) in ours {
                if !theirs.iter().any(|their| their.name == *name) {
                    let subject = format!("{kind} {name}");
                    self.push(Rule::ExtraStream, &subject, "", (API, &path(name)), "");
                }
            }
        }
    }
}
