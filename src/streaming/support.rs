//! How the software of a server offers streams.

use std::time::Duration;

use super::generated::{FOLDS_HASHTAGS, SERVER_SENT_EVENTS, SHARED_SOCKET, TOKEN_LOCATIONS};
use crate::call::request::Request;
use crate::call::version_check::{VersionCheck, supported_endpoint};
use crate::client::Mastodon;
use crate::error::Error;
use crate::facts::support::{Server, is_supported};
use crate::facts::{ServerVersion, Support, Version};

/// How the software of a server offers streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "websocket"),
    allow(dead_code, reason = "most of it concerns WebSockets")
)]
pub(crate) struct StreamingSupport {
    /// Whether one WebSocket serves several streams, each event with the name of its stream. Otherwise each stream
    /// needs a WebSocket of its own.
    pub(crate) shared_socket: bool,
    /// Whether the server offers server-sent events.
    pub(crate) server_sent_events: bool,
    /// Whether hashtags are folded to ASCII. Otherwise only their case is ignored.
    pub(crate) folds_hashtags: bool,
    /// Where the handshake of a WebSocket contains the access token, in the order of preference.
    pub(crate) token: &'static [TokenLocation],
}

/// A location of the access token in the handshake of a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenLocation {
    /// The header `Authorization`.
    Header,
    /// The header `Sec-WebSocket-Protocol`.
    Subprotocol,
    /// The query parameter `access_token`.
    Query,
}

/// Maximum time to find out the software of a server. Opening a stream must not depend on other requests, and almost
/// all servers are like Mastodon.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// Returns how the server offers streams. A server that cannot be identified is treated as Mastodon.
pub(crate) async fn streaming_support(client: &Mastodon) -> StreamingSupport {
    let core = client.core();
    let version = match core.server.known_version() {
        None if core.settings.version_check != VersionCheck::Off => {
            // Attempts to open the stream follow, so a server that is down is not requested repeatedly.
            let fetched = tokio::time::timeout(MAX_WAIT, core.server.version(core, Some(0)));
            fetched.await.ok().flatten()
        }
        known => known,
    };
    version.map_or(StreamingSupport::MASTODON, |version| {
        StreamingSupport::of(&version)
    })
}

/// Fails if the server lacks the endpoint. A server whose version cannot be fetched soon is tried: attempts to open the
/// stream follow.
pub(crate) async fn check_version_once(mut request: Request) -> Result<(), Error> {
    request.max_retries = Some(0);
    let checked = tokio::time::timeout(MAX_WAIT, supported_endpoint(&request));
    checked
        .await
        .map_or(Ok(()), |supported| supported.map(drop))
}

impl StreamingSupport {
    /// The current versions of Mastodon.
    const MASTODON: Self = Self {
        shared_socket: true,
        server_sent_events: true,
        folds_hashtags: true,
        token: &[TokenLocation::Header],
    };

    fn of(version: &ServerVersion) -> Self {
        let Some(software) = version.software.server() else {
            return Self::MASTODON;
        };
        let server_sent_events = Support {
            is_on_mastodon: true,
            servers: SERVER_SENT_EVENTS,
        };
        Self {
            shared_socket: is_supported(SHARED_SOCKET, version),
            server_sent_events: server_sent_events.includes(version, Version::new(0, 0, 0), None),
            folds_hashtags: is_supported(FOLDS_HASHTAGS, version),
            token: token_locations(software).unwrap_or(Self::MASTODON.token),
        }
    }
}

/// Returns where the handshake of a WebSocket to this software contains the access token: its own locations, or those of
/// the software that it is based on. Returns `None` if no location is known.
fn token_locations(server: &Server) -> Option<&'static [TokenLocation]> {
    let mut known = TOKEN_LOCATIONS.iter();
    match known.find(|(software, _)| *software == server) {
        Some((_, locations)) => Some(locations),
        None => {
            let mut bases = server.based_on.iter();
            bases.find_map(|base| token_locations(base.server))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forks_offer_streams_like_the_software_that_they_are_based_on() {
        const BOTH: &[TokenLocation] = &[TokenLocation::Subprotocol, TokenLocation::Query];
        for (raw, shared_socket, server_sent_events, folds_hashtags, token) in [
            ("4.6.5", true, true, true, &[TokenLocation::Header][..]),
            ("3.5.0", true, true, false, &[TokenLocation::Header]),
            ("3.2.1", false, true, false, &[TokenLocation::Header]),
            ("4.7.3+glitch", true, true, true, &[TokenLocation::Header]),
            (
                "4.5.0+hometown-1.1.2",
                true,
                true,
                true,
                &[TokenLocation::Header],
            ),
            (
                "3.4.1+fedibird",
                true,
                true,
                false,
                &[TokenLocation::Header],
            ),
            (
                "4.4.0+kmyblue.16.0-dev",
                true,
                true,
                true,
                &[TokenLocation::Header],
            ),
            (
                "0.20.0+git-57cb4fe",
                false,
                false,
                false,
                &[TokenLocation::Header],
            ),
            (
                "2.7.2 (compatible; Pleroma 2.7.0)",
                false,
                false,
                false,
                BOTH,
            ),
            (
                "2.7.2 (compatible; Akkoma 3.20.0)",
                false,
                false,
                false,
                BOTH,
            ),
            (
                "4.2.1 (compatible; Iceshrimp.NET/2024.1-beta4)",
                false,
                false,
                false,
                &[TokenLocation::Subprotocol],
            ),
            (
                "4.0.0 (compatible; Unheard 1.0)",
                true,
                true,
                true,
                &[TokenLocation::Header],
            ),
            ("?", true, true, true, &[TokenLocation::Header]),
        ] {
            let expected = StreamingSupport {
                shared_socket,
                server_sent_events,
                folds_hashtags,
                token,
            };
            let version = ServerVersion::parse(raw, None);
            assert_eq!(StreamingSupport::of(&version), expected, "{raw}");
        }
    }
}
