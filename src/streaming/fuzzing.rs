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
