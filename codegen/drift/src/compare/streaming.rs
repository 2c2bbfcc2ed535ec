//! Compares streams and events.

use super::Compare;
use crate::Rule;
use crate::draft::{Draft, method_name};
use crate::external::StreamItem;
use mastodon_spec::load::API;
use mastodon_spec::yaml::Supported;

/// The path of a stream over server-sent events: `public:remote` is at `public/remote`.
fn path(stream: &str) -> String {
    format!("/api/v1/streaming/{}", stream.replace(':', "/"))
}

impl Compare<'_, '_> {
    /// The method of the stream with a name.
    fn stream_method(&self, stream: &str) -> Option<String> {
        let http = format!("GET {}", path(stream)).parse().ok()?;
        let endpoint = self.spec_index.endpoint(&http);
        endpoint
            .map(|endpoint| endpoint.name.to_owned())
            .or_else(|| {
                // It is drafted together with the stream.
                let mut operations = self.external.operations.iter();
                let new = operations.find(|operation| operation.http.path == path(stream))?;
                Some(method_name(self.spec_index.model.spec, new))
            })
    }

    /// The events that the source lists for a stream.
    fn stream_events(&self, stream: &str) -> Vec<String> {
        let mut operations = self.external.operations.iter();
        let found = operations.find(|operation| operation.http.path == path(stream));
        found.map_or_else(Vec::new, |operation| operation.notes.events.clone())
    }

    /// Reports events that the source lists for a stream and the specification does not.
    fn events_of_streams(&mut self) {
        let (spec_index, external) = (self.spec_index, self.external);
        for operation in external
            .operations
            .iter()
            .filter(|one| !one.notes.events.is_empty())
        {
            let endpoint = spec_index.endpoint(&operation.http);
            let Some(endpoint) = endpoint.filter(|own| own.method.host.is_some()) else {
                continue;
            };
            let streams = spec_index.model.spec.api.streams.iter();
            let own = streams.filter(|(_, stream)| stream.method.as_deref() == Some(endpoint.name));
            for (name, stream) in own {
                let missing = operation.notes.events.iter();
                for event in missing.filter(|event| !stream.events.contains(event)) {
                    let position = ["streams", name, "events"].map(str::to_owned);
                    let draft = Draft::StreamEvent {
                        stream: name.clone(),
                        event: event.clone(),
                    };
                    self.push(
                        Rule::MissingStream,
                        &format!("stream {name}({event})"),
                        format!("an event of {}", endpoint.name),
                        (API, &position),
                        &operation.at,
                    )
                    .draft = Some(draft);
                }
            }
        }
    }

    pub(super) fn streaming(&mut self) {
        self.events_of_streams();
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
                    let method = self.stream_method(&their.name);
                    let mut item = (*their).clone();
                    item.events = self.stream_events(&their.name);
                    self.push(
                        Rule::MissingStream,
                        &subject,
                        detail,
                        (API, &position),
                        &their.at,
                    )
                    .draft = Some(Draft::Stream(item, method));
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
