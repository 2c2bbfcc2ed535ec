//! Draws schedules from seeds.

use std::time::Duration;

use mastodon_test_server::{Labels, StreamingBehavior, TokenPlaces};

use super::envelopes::Envelopes;
use super::network::{Host, Service};
use super::random::Random;
use super::schedule::{Action, GOTOSOCIAL, MASTODON, PLEROMA, Proxy, Schedule, Topic};
use crate::streaming::stream::open::{OverflowPolicy, StreamTransport};

const TOPICS: [Topic; 9] = [
    Topic::User,
    Topic::Notifications,
    Topic::Public,
    Topic::Local,
    Topic::Hashtag("sim"),
    Topic::Hashtag("SIM"),
    Topic::Hashtag("Sím"),
    Topic::List,
    Topic::List,
];

impl Schedule {
    pub(super) fn draw(seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let versions = [MASTODON, MASTODON, MASTODON, MASTODON, GOTOSOCIAL, PLEROMA];
        let version = *random.pick(&versions);
        let (transport, proxy) = if version == MASTODON {
            transport_and_proxy(random)
        } else {
            (Some(StreamTransport::WebSocket), Proxy::None)
        };
        let mut behavior = StreamingBehavior {
            query_delay: Duration::ZERO..=query_delay(random),
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
        let envelopes = match (random.below(8), version) {
            (0, _) => Envelopes::NameAsText,
            (1, _) => Envelopes::ObjectAsPayload,
            // With several streams on a socket, such a message would belong to each of them.
            (2, GOTOSOCIAL | PLEROMA) => Envelopes::NoName,
            _ => Envelopes::Usual,
        };
        let streams = 1 + random.below(4);
        let mut streams: Vec<Topic> = (0..streams).map(|_| *random.pick(&TOPICS)).collect();
        if version == MASTODON && random.one_in(4) {
            let place = random.below(streams.len() + 1);
            streams.insert(place, Topic::ForeignList);
        }
        let is_small = random.one_in(6);
        let drops = random.one_in(3);
        let actions = 3 + random.below(10);
        Self {
            seed,
            transport,
            version,
            behavior,
            envelopes,
            proxy,
            max_backfill: if random.one_in(8) { 30 } else { 1000 },
            buffer: if is_small { 1 + random.below(8) } else { 1000 },
            overflow_policy: if is_small && drops {
                OverflowPolicy::DropOldest
            } else {
                OverflowPolicy::Wait
            },
            streams,
            actions: (0..actions).flat_map(|_| episode(random)).collect(),
            buffer_bytes: if random.one_in(4) { 30_000 } else { 1_000_000 },
        }
    }
}

/// Returns an action and what often follows it at once.
fn episode(random: &mut Random) -> Vec<(Duration, Action)> {
    let action = Action::draw(random);
    let mut episode = vec![(pause(random), action)];
    match action {
        // The subscription may not have begun.
        Action::Open(_) => episode.push((random.millis(0..=300), few(random))),
        Action::Reopen(_, delay) => episode.push((delay + random.millis(0..=300), few(random))),
        // A connection is lost again before the lists contain what was missed.
        Action::Cut if random.one_in(2) => {
            episode.push((random.millis(0..=200), few(random)));
            episode.push((random.millis(200..=1500), Action::Cut));
        }
        // A connection is lost while statuses are posted.
        Action::Post { count, every, .. } if random.one_in(2) => {
            let duration = every.as_millis() as u64 * u64::from(count);
            episode.push((random.millis(0..=duration), Action::Cut));
        }
        _ => {}
    }
    episode
}

/// Returns the posting of a few statuses.
fn few(random: &mut Random) -> Action {
    Action::Post {
        count: 1 + random.below(4) as u32,
        every: random.millis(0..=100),
        tagged: random.one_in(2),
        mentions: random.one_in(3),
    }
}

/// Returns the maximum time of a database query.
fn query_delay(random: &mut Random) -> Duration {
    let most = *random.pick(&[0, 100, 400, 1500]);
    random.millis(0..=most)
}

fn transport_and_proxy(random: &mut Random) -> (Option<StreamTransport>, Proxy) {
    let transport = match random.below(5) {
        0..=1 => Some(StreamTransport::ServerSentEvents),
        2..=3 => Some(StreamTransport::WebSocket),
        _ => None,
    };
    let proxy = match (random.below(8), transport) {
        (0, _) => Proxy::Redirects,
        (1..=3, None) => Proxy::NoWebSockets(*random.pick(&[400, 426])),
        _ => Proxy::None,
    };
    (transport, proxy)
}

impl Action {
    fn draw(random: &mut Random) -> Self {
        match random.below(25) {
            0..=5 => Self::Post {
                count: posts(random),
                every: every(random),
                tagged: random.one_in(2),
                mentions: random.one_in(3),
            },
            6 => Self::Delete,
            7..=9 => Self::Cut,
            10 => Self::Silence,
            11..=12 => {
                let host = *random.pick(&[Host::Refuses, Host::Refuses, Host::Unreachable]);
                Self::HostDown(host, random.millis(500..=60_000))
            }
            13..=14 => {
                let service = [
                    Service::Page(503),
                    Service::Hangs,
                    Service::Refuses(403),
                    Service::Refuses(401),
                    Service::Echoes(500),
                ];
                Self::RestFails(*random.pick(&service), random.millis(500..=90_000))
            }
            15..=16 => {
                let status = *random.pick(&[400, 401, 403, 404, 410, 422, 502]);
                let service = [
                    Service::Page(status),
                    Service::Echoes(503),
                    Service::RetryAtOnce,
                ];
                Self::StreamingFails(*random.pick(&service), random.millis(500..=30_000))
            }
            17..=18 => Self::Reopen(random.below(8), reopening(random)),
            19 => Self::Restart(random.below(8), random.millis(0..=20_000)),
            20 => Self::Open(*random.pick(&TOPICS)),
            21 => Self::Close(random.below(8)),
            22 => Self::Pause(random.below(8), random.millis(100..=20_000)),
            23 => Self::Lag(lag(random)),
            _ => Self::Garbage(1 + random.below(3), *random.pick(&[10, 2000, 100_000])),
        }
    }
}

/// Returns the number of statuses that are posted together: often few, because each takes time.
fn posts(random: &mut Random) -> u32 {
    let most = *random.pick(&[3, 3, 8, 8, 100]);
    1 + random.below(most) as u32
}

fn every(random: &mut Random) -> Duration {
    let most = *random.pick(&[10, 30, 200]);
    random.millis(0..=most)
}

/// Returns the time until a stream is opened again: at once, or when the subscription is removed.
fn reopening(random: &mut Random) -> Duration {
    match random.below(3) {
        0 => Duration::ZERO,
        1 => random.millis(4950..=5600),
        _ => random.millis(0..=2000),
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
