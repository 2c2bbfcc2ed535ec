//! Checks of streams and events that concern several keys, and of the default limits of a status.

use std::collections::BTreeMap;

use super::Check;
use crate::load::At;
use crate::yaml::{ApiFile, TypeRef};

impl Check<'_> {
    pub(super) fn streams(&mut self, api: &ApiFile) {
        let mut opened: BTreeMap<(&str, bool), &str> = BTreeMap::new();
        for (name, stream) in &api.streams {
            self.listed_twice(&["streams", name, "events"], &stream.events);
            let Some(method) = &stream.method else {
                continue;
            };
            if let Some(other) = opened.insert((method, stream.only_media), name) {
                self.report(
                    &["streams", name, "method"],
                    At::Value,
                    format!("`{method}` opens the stream `{other}`, too"),
                    Some("name another method, or `only_media: true` if the stream needs that parameter".into()),
                );
            }
        }
        for (name, event) in &api.events {
            let at = ["events", name, "plain_text"];
            match &event.payload {
                None if event.plain_text => self.report(
                    &at,
                    At::Key,
                    "`plain_text` needs `payload`",
                    Some("add the type of the payload, or remove `plain_text`".into()),
                ),
                Some(TypeRef::Named(ty))
                    if event.plain_text && self.names.entities.contains_key(ty.as_str()) =>
                {
                    self.report(
                        &at,
                        At::Key,
                        format!("`{ty}` is an object, which is sent as JSON"),
                        Some("remove `plain_text`, or correct `payload`".into()),
                    );
                }
                _ => {}
            }
        }
        let limits = &api.status_limits;
        if limits.poll_min_seconds > limits.poll_max_seconds {
            self.report(
                &["status_limits", "poll_max_seconds"],
                At::Value,
                "`poll_max_seconds` is less than `poll_min_seconds`",
                Some("exchange them".into()),
            );
        }
        if limits.characters == 0 {
            self.report(
                &["status_limits", "characters"],
                At::Key,
                "a status has at least one character",
                Some(
                    "write the limit of Mastodon's default configuration: `characters: 500`".into(),
                ),
            );
        }
    }
}
