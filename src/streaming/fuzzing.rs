//! Properties of the parsers that the fuzz targets check.

use super::connection::envelope::Envelope;
use super::connection::sse_parser::{Frame, Parser};
use super::generated::{Channel, StreamEvent};
use super::stream::event::EventDecoder;
use super::subscription::key::{Key, LabelKey};

/// A small limit, so that inputs exceed it.
const LIMIT: usize = 256;

fn frames<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Vec<(String, Option<String>)> {
    let mut parser = Parser::new(LIMIT);
    let mut frames = Vec::new();
    for mut chunk in chunks {
        while let Some(frame) = parser.next(&mut chunk) {
            frames.push(match frame {
                Frame::Comment => (String::new(), None),
                Frame::TooLarge { name } => (name.into_owned(), None),
                Frame::Event { name, data } => (name.into_owned(), Some(data.into_owned())),
            });
        }
        assert!(chunk.is_empty());
    }
    frames
}

/// Checks that chunk boundaries do not change the frames, and that each frame decodes to an event.
pub fn server_sent_events(bytes: &[u8], chunk_lengths: &[u8]) {
    let mut rest = bytes;
    let mut chunk_lengths = chunk_lengths.iter();
    let chunks = std::iter::from_fn(|| {
        let length = chunk_lengths
            .next()
            .map_or(rest.len(), |length| usize::from(*length).min(rest.len()));
        let (chunk, after) = rest.split_at(length);
        rest = after;
        (!chunk.is_empty() || !rest.is_empty()).then_some(chunk)
    });
    let expected = frames(std::iter::once(bytes));
    assert_eq!(frames(chunks), expected);
    for (name, data) in expected {
        let data = data.unwrap_or_default();
        assert!(
            data.len() <= 3 * LIMIT,
            "an invalid UTF-8 byte becomes at most three bytes"
        );
        let event = StreamEvent::decode_or_malformed(decoder(), &name, &data);
        assert!(event.name().is_some());
    }
}

fn decoder() -> EventDecoder {
    EventDecoder {
        endpoint: Channel::User.endpoint(),
        keep_unknown_fields: true,
    }
}

/// Checks that each valid message decodes to an event.
pub fn websocket_message(text: &str) {
    if let Ok(envelope) = Envelope::decode(text) {
        let key = Key::new(&Channel::Hashtag("rust".into()), true);
        let _ignored = LabelKey::new(&envelope.stream, true).matches(&key);
        let (name, payload) = (envelope.event, envelope.payload);
        if let (Some(name), Some(payload)) = (name, payload) {
            let event = StreamEvent::decode_or_malformed(decoder(), &name.0, &payload.0);
            assert!(event.name().is_some());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    /// Returns the initial inputs of the fuzz target.
    fn seeds(target: &str) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
        let files = std::fs::read_dir(folder.join(target)).expect("seed folder");
        let files = files.map(|file| std::fs::read(file.expect("seed file").path()));
        files.map(|seed| seed.expect("readable seed")).collect()
    }

    /// Returns a strategy for seeds with some parts replaced.
    fn mutated_seeds(target: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
        let replacement = prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..8),
            proptest::sample::select(vec![
                &b"\r\n"[..],
                b"\n\n",
                b"data:",
                b"event: ",
                b"id:\0",
                b"\\u",
                b"\\ud83d",
                b"[[",
                b"null",
                b"\xf0\x9f",
                &[b'x'; 300],
            ])
            .prop_map(<[u8]>::to_vec),
        ];
        let edit = (any::<proptest::sample::Index>(), 0..8usize, replacement);
        let seeds = proptest::sample::select(seeds(target));
        (seeds, proptest::collection::vec(edit, 0..6)).prop_map(|(mut input, edits)| {
            for (start, removed, inserted) in edits {
                let start = start.index(input.len() + 1);
                let end = (start + removed).min(input.len());
                input.splice(start..end, inserted);
            }
            input
        })
    }

    #[test]
    fn seeds_satisfy_the_properties() {
        for seed in seeds("server_sent_events") {
            for length in 0..=seed.len().min(255) {
                server_sent_events(&seed, &[length as u8, 1, 1]);
            }
        }
        for seed in seeds("websocket_message") {
            websocket_message(std::str::from_utf8(&seed).expect("UTF-8 seed"));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn mutated_streams_satisfy_the_properties(
            bytes in mutated_seeds("server_sent_events"),
            chunk_lengths in proptest::collection::vec(0u8..20, 0..20),
        ) {
            server_sent_events(&bytes, &chunk_lengths);
        }

        #[test]
        fn mutated_messages_satisfy_the_properties(bytes in mutated_seeds("websocket_message")) {
            websocket_message(&String::from_utf8_lossy(&bytes));
        }
    }
}
