//! Changes of streams and their events.

use super::{Diff, Rule, facts, old_to_new, sides};
use mastodon_emit::rust::{self, StreamSignature};
use mastodon_spec::yaml::{Map, Supported};

impl Diff<'_> {
    pub(super) fn streams(&mut self) {
        let (old, new) = (self.old, self.new);
        let sides = sides(pairs(&old.spec.api.streams), pairs(&new.spec.api.streams));
        for (name, stream) in sides.old {
            let items = stream_items(&rust::stream(old, name, stream));
            self.push(Rule::StreamRemoved, name, None, items);
        }
        for (name, stream) in sides.new {
            let items = stream_items(&rust::stream(new, name, stream));
            self.push(Rule::StreamAdded, name, None, items);
            if !stream.is_only_on() {
                self.added_since(name, stream.since.as_ref(), None);
            }
        }
        for (name, before, after) in sides.both {
            self.text(before.description.as_ref(), after.description.as_ref());
            let signatures = (
                rust::stream(old, name, before),
                rust::stream(new, name, after),
            );
            self.stream(name, &signatures.0, &signatures.1);
            let facts = (facts::stream(before), facts::stream(after));
            self.facts(Rule::StreamFact, name, facts.0, &facts.1);
        }
    }

    fn stream(&mut self, name: &str, old: &StreamSignature, new: &StreamSignature) {
        if old.argument != new.argument {
            let detail = old_to_new(old.argument.clone(), new.argument.clone());
            let items = stream_items(old).chain(stream_items(new));
            self.push(Rule::StreamArgument, name, Some(detail), items);
        }
        if old.function != new.function {
            let function = |signature: &StreamSignature| {
                let function = signature.function.as_ref();
                function.map(|(name, _)| name.clone())
            };
            let rule = match old.function {
                Some(_) => Rule::StreamFunction,
                None => Rule::StreamAdded,
            };
            let detail = old_to_new(function(old), function(new));
            let items = stream_items(old).chain(stream_items(new));
            self.push(rule, name, Some(detail), items);
        } else if let Some((_, call)) = &new.function
            && old.has_only_media != new.has_only_media
        {
            let rule = if new.has_only_media {
                Rule::StreamOptionAdded
            } else {
                Rule::StreamOptionRemoved
            };
            self.push(rule, name, Some("only_media".to_owned()), [call.clone()]);
        }
    }

    pub(super) fn events(&mut self) {
        let (old, new) = (self.old, self.new);
        let items = |model, name: &str, event| {
            let signature = rust::event(model, name, event);
            let method = signature.method;
            [
                format!("StreamEvent::{}", signature.variant),
                format!("StreamListener::{method}"),
                format!("StreamCallbacks::{method}"),
            ]
        };
        let sides = sides(pairs(&old.spec.api.events), pairs(&new.spec.api.events));
        for (name, event) in sides.old {
            self.push(Rule::EventRemoved, name, None, items(old, name, event));
        }
        for (name, event) in sides.new {
            let payload = rust::event(new, name, event).payload;
            self.push(Rule::EventAdded, name, payload, items(new, name, event));
            if !event.is_only_on() {
                self.added_since(name, event.since.as_ref(), None);
            }
        }
        for (name, before, after) in sides.both {
            self.text(before.description.as_ref(), after.description.as_ref());
            let payloads = (
                rust::event(old, name, before).payload,
                rust::event(new, name, after).payload,
            );
            if payloads.0 != payloads.1 {
                let detail = old_to_new(payloads.0, payloads.1);
                self.push(
                    Rule::EventPayload,
                    name,
                    Some(detail),
                    items(new, name, after),
                );
            }
            let facts = (facts::event(before), facts::event(after));
            self.facts(Rule::EventFact, name, facts.0, &facts.1);
        }
    }
}

fn stream_items(stream: &StreamSignature) -> impl Iterator<Item = String> + use<> {
    let function = stream.function.clone().into_iter();
    let function = function.flat_map(|(name, call)| [format!("Mastodon::{name}"), call]);
    std::iter::once(format!("Channel::{}", stream.variant)).chain(function)
}

fn pairs<T>(map: &Map<T>) -> impl Iterator<Item = (&str, &T)> {
    map.iter().map(|(name, value)| (name.as_str(), value))
}
