//! Saved position of a stream.

use serde::{Deserialize, Serialize};

use super::positions::Positions;
use crate::streaming::generated::Channel;

/// Saved position of a stream: the last event that the application received.
///
/// Save it with serde and pass it to [`resume`](crate::streaming::StreamCall::resume) at the next start. Its
/// fields are not part of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    stream: String,
    #[serde(default)]
    argument: Option<String>,
    positions: Positions,
}

impl Checkpoint {
    pub(crate) fn new(channel: &Channel, positions: Positions) -> Self {
        Self {
            stream: channel.name().to_owned(),
            argument: channel.argument().map(|(_, value)| value.to_owned()),
            positions,
        }
    }

    /// Returns the saved positions, or an error message if the checkpoint belongs to another stream.
    pub(crate) fn into_positions(self, channel: &Channel) -> Result<Positions, String> {
        let argument = channel.argument().map(|(_, value)| value);
        if self.stream == channel.name() && self.argument.as_deref() == argument {
            return Ok(self.positions);
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
    use super::super::positions::{EventKind, MAX_POSITIONS};
    use super::*;

    fn positions(range: std::ops::Range<u32>) -> Positions {
        let mut positions = Positions::default();
        positions.record_many(EventKind::Status, range.map(|id| id.to_string().into()));
        positions
    }

    #[test]
    fn checkpoint_survives_serialization_and_belongs_to_one_stream() {
        let channel = Channel::Hashtag("rust".into());
        let checkpoint = Checkpoint::new(&channel, positions(1..3));
        let json = serde_json::to_string(&checkpoint).unwrap();
        let checkpoint: Checkpoint = serde_json::from_str(&json).unwrap();
        assert_eq!(
            checkpoint.clone().into_positions(&channel),
            Ok(positions(1..3))
        );
        let other = Channel::Hashtag("c".into());
        let error = checkpoint.into_positions(&other).unwrap_err();
        assert!(error.contains("`hashtag` for `rust`"), "{error}");
    }

    #[test]
    fn oversized_checkpoint_is_cut_to_the_maximum_number_of_positions() {
        let ids: Vec<String> = (0..5000).map(|id| format!("\"{id}\"")).collect();
        let json = format!(
            r#"{{"stream":"user","positions":{{"status":[{}]}}}}"#,
            ids.join(",")
        );
        let checkpoint: Checkpoint = serde_json::from_str(&json).unwrap();
        let mut positions = checkpoint.into_positions(&Channel::User).unwrap();
        positions.record_many(EventKind::Status, []);
        assert_eq!(
            positions.get(EventKind::Status).unwrap().len(),
            MAX_POSITIONS
        );
    }
}
