//! What happens in a simulation, and when.

use std::time::Duration;

use mastodon_test_server::StreamingBehavior;

use super::envelopes::Envelopes;
use super::network::{Host, Service};
use crate::streaming::stream::open::{OverflowPolicy, StreamTransport};

/// The events of a simulation.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    /// Seed of the server, the network and the client.
    pub(super) seed: u64,
    /// `None` leaves the choice to the client.
    pub(super) transport: Option<StreamTransport>,
    /// Version text of the server.
    pub(super) version: &'static str,
    pub(super) behavior: StreamingBehavior,
    pub(super) envelopes: Envelopes,
    pub(super) proxy: Proxy,
    pub(super) max_backfill: usize,
    pub(super) buffer: usize,
    pub(super) buffer_bytes: usize,
    pub(super) overflow_policy: OverflowPolicy,
    /// The streams that are open from the start.
    pub(super) streams: Vec<Topic>,
    /// The actions, each with the time since the one before.
    pub(super) actions: Vec<(Duration, Action)>,
}

/// What stands between the client and the streaming server all the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Proxy {
    #[default]
    None,
    /// Redirects each stream to another path of the same origin.
    Redirects,
    /// Responds to WebSocket handshakes with this status.
    NoWebSockets(u16),
}

/// What a stream is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    User,
    Notifications,
    Public,
    Local,
    Hashtag(&'static str),
    List,
    /// A list of another user, which the server refuses.
    ForeignList,
}

/// Something that happens.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    /// Statuses are posted, each the given time after the one before.
    Post {
        count: u32,
        every: Duration,
        tagged: bool,
        mentions: bool,
    },
    /// The newest status is deleted.
    Delete,
    Cut,
    Silence,
    HostDown(Host, Duration),
    RestFails(Service, Duration),
    StreamingFails(Service, Duration),
    /// A stream is dropped and opened again after a time.
    Reopen(usize, Duration),
    /// A stream is dropped, and later resumed from its last checkpoint.
    Restart(usize, Duration),
    Open(Topic),
    Close(usize),
    /// The application takes no events of a stream.
    Pause(usize, Duration),
    Lag(Duration),
    /// The server sends unreadable messages of a size before its next events and heartbeats.
    Garbage(usize, usize),
}

pub(super) const MASTODON: &str = "4.6.5";
pub(super) const GOTOSOCIAL: &str = "0.20.0+git-57cb4fe";
pub(super) const PLEROMA: &str = "2.7.2 (compatible; Pleroma 2.7.0)";

impl Schedule {
    /// A quiet schedule with a server without delays.
    pub(super) fn quiet() -> Self {
        Self {
            seed: 0,
            transport: Some(StreamTransport::WebSocket),
            version: MASTODON,
            behavior: StreamingBehavior::default(),
            envelopes: Envelopes::Usual,
            proxy: Proxy::None,
            max_backfill: 1000,
            buffer: 1000,
            buffer_bytes: 1_000_000,
            overflow_policy: OverflowPolicy::Wait,
            streams: Vec::new(),
            actions: Vec::new(),
        }
    }

    /// Returns the schedule as text, an action a line.
    pub(super) fn describe(&self) -> String {
        let mut settings = self.clone();
        let actions = std::mem::take(&mut settings.actions);
        let actions = actions
            .iter()
            .map(|(pause, action)| format!("+{pause:?} {action:?}\n"));
        format!("{settings:?}\n{}", actions.collect::<String>())
    }
}
