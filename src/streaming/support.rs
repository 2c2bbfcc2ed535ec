//! How the software of a server offers streams.

use crate::client::Mastodon;

/// How the software of a server offers streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StreamingSupport {
    /// Whether one WebSocket serves several streams, each event with the name of its stream. Otherwise each stream
    /// needs a WebSocket of its own.
    pub(crate) shared_socket: bool,
    /// Whether the server offers server-sent events.
    pub(crate) server_sent_events: bool,
    /// Whether hashtags are folded to ASCII. Otherwise only their case is ignored.
    pub(crate) folds_hashtags: bool,
}

/// Returns how the server offers streams. A server that cannot be identified is treated as Mastodon.
pub(crate) async fn streaming_support(_client: &Mastodon) -> StreamingSupport {
    StreamingSupport {
        shared_socket: true,
        server_sent_events: true,
        folds_hashtags: true,
    }
}
