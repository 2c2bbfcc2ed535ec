//! What happens in a simulation, and when. Everything is drawn from a seed.

use std::time::Duration;

use mastodon_test_server::{Labels, StreamingBehavior, TokenPlaces};

use super::network::{Host, Service};
use super::random::Random;
use crate::streaming::stream::open::StreamTransport;

/// The events of a simulation.
#[derive(Debug)]
pub(super) struct Schedule {
    pub(super) seed: u64,
    pub(super) transport: StreamTransport,
    /// Version text of the server.
    pub(super) version: &'static str,
    pub(super) behavior: StreamingBehavior,
    pub(super) max_backfill: usize,
    /// The streams that are open from the start.
    pub(super) streams: Vec<Topic>,
    /// The actions, each with the time since the one before.
    pub(super) actions: Vec<(Duration, Action)>,
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
    Cut,
    Silence,
    HostDown(Host, Duration),
    RestFails(Service, Duration),
    StreamingFails(Service, Duration),
    /// A stream is dropped and opened again at once.
    Reopen(usize),
    /// A stream is dropped, and later resumed from its last checkpoint.
    Restart(usize, Duration),
    Open(Topic),
    Close(usize),
    /// The application takes no events of a stream.
    Pause(usize, Duration),
    Lag(Duration),
}

const MASTODON: &str = "4.6.5";
const GOTOSOCIAL: &str = "0.20.0+git-57cb4fe";
const PLEROMA: &str = "2.7.2 (compatible; Pleroma 2.7.0)";

const TOPICS: [Topic; 8] = [
    Topic::User,
    Topic::Notifications,
    Topic::Public,
    Topic::Local,
    Topic::Hashtag("sim"),
    Topic::Hashtag("SIM"),
    Topic::Hashtag("Sím"),
    Topic::List,
];

impl Schedule {
    pub(super) fn new(seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let version = *random.pick(&[MASTODON, MASTODON, MASTODON, MASTODON, GOTOSOCIAL, PLEROMA]);
        let transport = if version == MASTODON && random.one_in(2) {
            StreamTransport::ServerSentEvents
        } else {
            StreamTransport::WebSocket
        };
        let mut behavior = StreamingBehavior {
            query_delay: Duration::ZERO..=random.millis(0..=400),
            fan_out_delay: Duration::ZERO..=random.millis(0..=80),
            shuffle: random.one_in(4),
            list_lag: lag(random),
            ..StreamingBehavior::default()
        };
        if random.one_in(4) {
            behavior.id_skew = Duration::ZERO..=random.millis(1..=2000);
        }
        match version {
            GOTOSOCIAL => behavior.labels = Labels::GoToSocial,
            PLEROMA => behavior.token_places = TokenPlaces::SubprotocolOrQuery,
            _ => {}
        }
        let streams = 1 + random.below(4);
        let actions = 5 + random.below(20);
        Self {
            seed,
            transport,
            version,
            behavior,
            max_backfill: if random.one_in(8) { 30 } else { 1000 },
            streams: (0..streams).map(|_| *random.pick(&TOPICS)).collect(),
            actions: (0..actions)
                .map(|_| (pause(random), Action::new(random)))
                .collect(),
        }
    }

    /// Returns the schedule as text, an action a line.
    pub(super) fn describe(&self) -> String {
        let Self {
            seed,
            transport,
            version,
            behavior,
            max_backfill,
            streams,
            actions,
        } = self;
        let mut text = format!(
            "seed {seed}: {transport:?} {version:?} max_backfill {max_backfill} {streams:?}\n{behavior:?}\n"
        );
        for (pause, action) in actions {
            text += &format!("+{pause:?} {action:?}\n");
        }
        text
    }
}

impl Action {
    fn new(random: &mut Random) -> Self {
        match random.below(22) {
            0..=6 => Self::Post {
                count: 1 + random.below(20) as u32,
                every: random.millis(0..=200),
                tagged: random.one_in(2),
                mentions: random.one_in(3),
            },
            7..=9 => Self::Cut,
            10 => Self::Silence,
            11 => {
                let host = *random.pick(&[Host::Refuses, Host::Unreachable]);
                Self::HostDown(host, random.millis(500..=60_000))
            }
            12..=13 => {
                let service = [
                    Service::Page(503),
                    Service::Hangs,
                    Service::Refuses(403),
                    Service::Refuses(401),
                ];
                Self::RestFails(*random.pick(&service), random.millis(500..=90_000))
            }
            14 => {
                let service = [Service::Page(403), Service::Page(502), Service::Page(401)];
                Self::StreamingFails(*random.pick(&service), random.millis(500..=30_000))
            }
            15..=16 => Self::Reopen(random.below(8)),
            17 => Self::Restart(random.below(8), random.millis(0..=20_000)),
            18 => Self::Open(*random.pick(&TOPICS)),
            19 => Self::Close(random.below(8)),
            20 => Self::Pause(random.below(8), random.millis(100..=20_000)),
            _ => Self::Lag(lag(random)),
        }
    }
}

/// Returns the time by which the lists lag behind.
fn lag(random: &mut Random) -> Duration {
    if random.one_in(2) {
        Duration::ZERO
    } else {
        random.millis(1..=3000)
    }
}

/// Returns the time between two actions: often none.
fn pause(random: &mut Random) -> Duration {
    match random.below(4) {
        0 => Duration::ZERO,
        1 => random.millis(1..=300),
        2 => random.millis(300..=5000),
        _ => random.millis(5000..=40_000),
    }
}
