//! Timing and rules of streaming that differ between servers.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::seconds;

const NO_DELAY: RangeInclusive<Duration> = Duration::ZERO..=Duration::ZERO;

/// Timing and rules of streaming. The default is an idle server with the latest version of Mastodon: there are no
/// delays, and events arrive in order. Set by [`Streaming::set_behavior`](crate::Streaming::set_behavior).
///
/// Delays are measured in tokio's time. They are drawn with the seed of the server
/// ([`TestServerBuilder::random_seed`](crate::TestServerBuilder::random_seed)) in whole milliseconds.
///
/// ```
/// use std::time::Duration;
/// use mastodon_test_server::StreamingBehavior;
///
/// let busy = StreamingBehavior {
///     query_delay: Duration::ZERO..=Duration::from_millis(300),
///     fan_out_delay: Duration::from_millis(10)..=Duration::from_millis(80),
///     list_lag: Duration::from_secs(2),
///     ..StreamingBehavior::default()
/// };
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct StreamingBehavior {
    /// Duration of the database query of a subscription to `list`, `public` or `hashtag`, of the removal of such a
    /// subscription, and of opening such a stream over server-sent events. Each request waits for itself, so that a
    /// quicker one overtakes it. Nothing confirms a subscription. Default: zero.
    #[serde(with = "seconds::range")]
    #[cfg_attr(test, schemars(with = "seconds::range::SecondsRange"))]
    pub query_delay: RangeInclusive<Duration>,
    /// Time from a call to the sending of its events, drawn for each event and channel. Statuses are rendered when
    /// they are sent, and are not sent if they have been deleted meanwhile. Default: zero.
    #[serde(with = "seconds::range")]
    #[cfg_attr(test, schemars(with = "seconds::range::SecondsRange"))]
    pub fan_out_delay: RangeInclusive<Duration>,
    /// Whether an event of a channel can overtake an earlier one that has a longer
    /// [`fan_out_delay`](Self::fan_out_delay). Default: false.
    pub shuffle: bool,
    /// Time after which new statuses, notifications and conversations appear in timelines and lists. Default: zero.
    #[serde(with = "seconds")]
    #[cfg_attr(test, schemars(with = "f64", range(min = 0)))]
    pub list_lag: Duration,
    /// Time by which the IDs and creation times of new statuses are earlier than their arrival, as those of statuses
    /// from other servers. The IDs of notifications are out of order within this time. Default: zero.
    #[serde(with = "seconds::range")]
    #[cfg_attr(test, schemars(with = "seconds::range::SecondsRange"))]
    pub id_skew: RangeInclusive<Duration>,
    /// Labels of WebSocket messages, and the subscriptions that they allow. Default: those of Mastodon.
    pub labels: Labels,
    /// Locations in which a request can send the access token. Default: all that Mastodon accepts.
    pub token_locations: TokenLocations,
    /// Whether responses have the form of older versions: the messages of errors start with `Error: ` and have no
    /// status code, rejected WebSocket upgrades have no `X-Error-Message` (before Mastodon 4.3), and the heartbeat of
    /// server-sent events has no blank line (before 4.6). Default: false.
    pub old_forms: bool,
    /// Whether changes of filters are streamed as `filters_changed`, as before Mastodon 4.3. Default: false.
    pub sends_filters_changed: bool,
}

impl Default for StreamingBehavior {
    fn default() -> Self {
        Self {
            query_delay: NO_DELAY,
            fan_out_delay: NO_DELAY,
            shuffle: false,
            list_lag: Duration::ZERO,
            id_skew: NO_DELAY,
            labels: Labels::default(),
            token_locations: TokenLocations::default(),
            old_forms: false,
            sends_filters_changed: false,
        }
    }
}

/// Labels of WebSocket messages: the streams that an event belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Labels {
    /// An event is sent once for each subscription that it belongs to, with the name of the stream and the parameter
    /// of the subscription.
    #[default]
    Mastodon,
    /// The rules of GoToSocial.
    ///
    /// - A deletion, and a notification, is one message for all streams. A connection receives it once, with the first
    ///   of the streams that it subscribes to as the label. A deletion is sent to all users, but not to lists.
    /// - The label of a list is one text: `list:` and the ID.
    /// - A `subscribe` message can name only `public`, `public:local`, `user`, `direct` and `list`. Others are ignored
    ///   without an error. All streams can be opened with the query of the connection.
    /// - There are no server-sent events: these paths return 404.
    GoToSocial,
}

impl Labels {
    /// Maximum number of times that a connection receives a message.
    pub(super) fn max_copies(self) -> usize {
        match self {
            Self::Mastodon => usize::MAX,
            Self::GoToSocial => 1,
        }
    }
}

/// Locations in which a request to the streaming API can send the access token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TokenLocations {
    /// Header `Authorization`, query parameter `access_token` and header `Sec-WebSocket-Protocol`, as Mastodon.
    #[default]
    All,
    /// Header `Sec-WebSocket-Protocol` and query parameter `access_token`, as Pleroma and Akkoma.
    SubprotocolOrQuery,
}
