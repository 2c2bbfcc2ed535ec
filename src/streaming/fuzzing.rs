//! What the fuzz targets hold the parsers to.

use super::frame::Envelope;
use super::generated::{Channel, StreamEvent};
use super::sse::{Frame, Parser};

/// Small, so that bounds are met.
const LIMIT: usize = 256;

fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<(String, Option<String>)> {
    let mut parser = Parser::new(LIMIT);
    let mut frames = Vec::new();
    for mut piece in pieces {
        while let Some(frame) = parser.next(&mut piece) {
            frames.push(match frame {
                Frame::Comment => (String::new(), None),
                Frame::TooLarge { name } => (name.into_owned(), None),
                Frame::Event { name, data } => (name.into_owned(), Some(data.into_owned())),
            });
        }
        assert!(piece.is_empty());
    }
    frames
}

/// Cut into pieces of these lengths, bytes give the same as in one piece; each event is read or told of.
pub fn server_sent_events(bytes: &[u8], cuts: &[u8]) {
    let mut rest = bytes;
    let mut cuts = cuts.iter();
    let pieces = std::iter::from_fn(|| {
        let length = cuts
            .next()
            .map_or(rest.len(), |cut| usize::from(*cut).min(rest.len()));
        let (piece, after) = rest.split_at(length);
        rest = after;
        (!piece.is_empty() || !rest.is_empty()).then_some(piece)
    });
    let whole = frames(std::iter::once(bytes));
    assert_eq!(frames(pieces), whole);
    for (name, data) in whole {
        let data = data.unwrap_or_default();
        assert!(
            data.len() <= 3 * LIMIT,
            "a byte that is no UTF-8 makes three at the most"
        );
        let event = StreamEvent::of(Channel::User.endpoint(), &name, &data);
        assert!(event.name().is_some());
    }
}

/// A message that can be read gives an event.
pub fn websocket_message(text: &str) {
    if let Ok(envelope) = serde_json::from_str::<Envelope<'_>>(text) {
        let _any = envelope.is_of(&Channel::Hashtag("rust".into()));
        let (name, payload) = (envelope.event, envelope.payload);
        if let (Some(name), Some(payload)) = (name, payload) {
            let event = StreamEvent::of(Channel::User.endpoint(), &name.0, &payload.0);
            assert!(event.name().is_some());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    /// What the fuzzer begins with.
    fn seeds(target: &str) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
        let files = std::fs::read_dir(folder.join(target)).expect("a folder of seeds");
        let files = files.map(|file| std::fs::read(file.expect("a file").path()));
        files.map(|seed| seed.expect("a seed")).collect()
    }

    /// A seed with a part of it taken out and something else put in.
    fn altered(target: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
        let other = prop_oneof![
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
        let places = (any::<proptest::sample::Index>(), 0..8usize, other);
        let seeds = proptest::sample::select(seeds(target));
        (seeds, proptest::collection::vec(places, 0..6)).prop_map(|(mut text, changes)| {
            for (at, gone, new) in changes {
                let at = at.index(text.len() + 1);
                let end = (at + gone).min(text.len());
                text.splice(at..end, new);
            }
            text
        })
    }

    #[test]
    fn the_seeds_hold() {
        for seed in seeds("server_sent_events") {
            for cut in 0..=seed.len().min(255) {
                server_sent_events(&seed, &[cut as u8, 1, 1]);
            }
        }
        for seed in seeds("websocket_message") {
            websocket_message(std::str::from_utf8(&seed).expect("a seed is text"));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn altered_streams_hold(
            bytes in altered("server_sent_events"),
            cuts in proptest::collection::vec(0u8..20, 0..20),
        ) {
            server_sent_events(&bytes, &cuts);
        }

        #[test]
        fn altered_messages_hold(bytes in altered("websocket_message")) {
            websocket_message(&String::from_utf8_lossy(&bytes));
        }
    }
}
