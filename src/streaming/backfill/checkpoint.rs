//! Saved position of a stream.

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::positions::{EventKind, Position, PositionSet, Positions};
use crate::serde_impls::deserialize_struct;
use crate::sorted::SortedMap;
use crate::streaming::generated::{Channel, StreamEvent};

/// Saved position of a stream: the last event that the application received.
///
/// Save it with serde and pass it to [`resume`](crate::streaming::StreamCall::resume) at the next start. Its
/// fields are not part of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    stream: String,
    argument: Option<String>,
    progress: Progress,
}

/// The stored form of a checkpoint.
struct StoredCheckpoint {
    stream: String,
    argument: Option<String>,
    positions: Positions,
    unfilled: SortedMap<EventKind, Option<Position>>,
}

deserialize_struct!(StoredCheckpoint {
    stream: required,
    argument: default,
    positions: required,
    unfilled: default,
});

impl Serialize for Checkpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Progress {
            positions,
            unfilled,
        } = &self.progress;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("stream", &self.stream)?;
        map.serialize_entry("argument", &self.argument)?;
        map.serialize_entry("positions", positions)?;
        if !unfilled.is_empty() {
            map.serialize_entry("unfilled", unfilled)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Checkpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = StoredCheckpoint::deserialize(deserializer)?;
        Ok(Self {
            stream: stored.stream,
            argument: stored.argument,
            progress: Progress {
                positions: stored.positions,
                unfilled: stored.unfilled,
            },
        })
    }
}

/// What the application has received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Positions of the delivered events.
    pub(crate) positions: Positions,
    /// Lists with events that may be missing, with the delivered position after which they may be missing, if it is
    /// known.
    pub(crate) unfilled: SortedMap<EventKind, Option<Position>>,
}

impl Progress {
    /// Records a delivered event.
    pub(crate) fn record(&mut self, event: &StreamEvent) {
        let unfilled = &self.unfilled;
        self.positions
            .record(event, |kind| unfilled.contains_key(&kind));
    }

    /// Returns the positions after which the events of a kind must be fetched; `None` if they are unknown.
    pub(crate) fn since(&self, kind: EventKind) -> Option<PositionSet> {
        let mut since = self.positions.get(kind)?;
        match self.unfilled.get(&kind) {
            None => {}
            Some(None) => return None,
            Some(Some(after)) => {
                since.insert(after.clone());
            }
        }
        Some(since)
    }
}

impl Checkpoint {
    pub(crate) fn new(channel: &Channel, progress: Progress) -> Self {
        Self {
            stream: channel.name().to_owned(),
            argument: channel.argument().map(|(_, value)| value.to_owned()),
            progress,
        }
    }

    /// Returns the saved progress, or an error message if the checkpoint belongs to another stream.
    pub(crate) fn into_progress(self, channel: &Channel) -> Result<Progress, String> {
        let argument = channel.argument().map(|(_, value)| value);
        if self.stream == channel.name() && self.argument.as_deref() == argument {
            return Ok(self.progress);
        }
        Err(format!(
            "the checkpoint belongs to the stream `{}`{}; resume that stream with it",
            self.stream,
            self.argument
                .map(|argument| format!(" for `{argument}`"))
                .unwrap_or_default()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::positions::MIN_POSITIONS;
    use super::*;

    fn positions(range: std::ops::Range<u32>) -> Positions {
        let mut positions = Positions::default();
        positions.record_many(EventKind::Status, range.map(|id| id.to_string().into()));
        positions
    }

    #[test]
    fn checkpoint_survives_serialization_and_belongs_to_one_stream() {
        let channel = Channel::Hashtag("rust".into());
        let unfilled = |position| {
            let mut unfilled = SortedMap::new();
            unfilled.insert(EventKind::Status, position);
            unfilled
        };
        let progress = Progress {
            positions: positions(7..9),
            unfilled: unfilled(Some("3".into())),
        };
        let checkpoint = Checkpoint::new(&channel, progress.clone());
        let json = serde_json::to_string(&checkpoint).unwrap();
        let checkpoint: Checkpoint = serde_json::from_str(&json).unwrap();
        assert_eq!(
            checkpoint.clone().into_progress(&channel),
            Ok(progress.clone())
        );
        let other = Channel::Hashtag("c".into());
        let error = checkpoint.into_progress(&other).unwrap_err();
        assert!(error.contains("`hashtag` for `rust`"), "{error}");
        let since = progress.since(EventKind::Status).unwrap();
        let expected = ["3".into(), "7".into(), "8".into()];
        assert_eq!(since, expected.into_iter().collect());
        assert_eq!(progress.since(EventKind::Notification), None);
        let unknown = Progress {
            unfilled: unfilled(None),
            ..progress
        };
        assert_eq!(unknown.since(EventKind::Status), None);
    }

    #[test]
    fn oversized_checkpoint_is_cut_to_the_maximum_number_of_positions() {
        let ids: Vec<String> = (0..5000).map(|id| format!("\"{id}\"")).collect();
        let json = format!(
            r#"{{"stream":"user","positions":{{"status":[{}]}}}}"#,
            ids.join(",")
        );
        let checkpoint: Checkpoint = serde_json::from_str(&json).unwrap();
        let mut positions = checkpoint.into_progress(&Channel::User).unwrap().positions;
        let kept = positions.get(EventKind::Status).unwrap();
        assert_eq!(
            (kept.iter().len(), kept.first().unwrap().as_str()),
            (2000, "3000")
        );
        positions.record_many(EventKind::Status, []);
        assert_eq!(
            positions.get(EventKind::Status).unwrap().iter().len(),
            MIN_POSITIONS
        );
    }
}
