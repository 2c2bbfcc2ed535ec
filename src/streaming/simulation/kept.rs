//! Schedules that failed once, reduced to what matters.

use std::time::Duration;

use mastodon_test_server::StreamingBehavior;

use super::network::Service;
use super::run;
use super::schedule::{Action, Proxy, Schedule, Topic};
use crate::streaming::stream::open::StreamTransport;

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn post(count: u32, every: Duration) -> Action {
    Action::Post {
        count,
        every,
        tagged: true,
        mentions: false,
    }
}

/// Everything works after the last action, so it comes late.
const END: (Duration, Action) = (ms(60_000), Action::Cut);

fn slow_queries(query_delay: std::ops::RangeInclusive<Duration>) -> StreamingBehavior {
    StreamingBehavior {
        query_delay,
        ..StreamingBehavior::default()
    }
}

#[track_caller]
fn assert_kept(schedule: Schedule) {
    let (violations, report) = run(schedule);
    assert!(violations.is_empty(), "{report}\n{}", violations.join("\n"));
}

#[test]
fn events_right_after_opening_are_found_although_the_first_check_is_refused() {
    assert_kept(Schedule {
        behavior: slow_queries(ms(400)..=ms(400)),
        streams: vec![Topic::List],
        actions: vec![
            (ms(200), post(1, ms(0))),
            (
                ms(2000),
                Action::RestFails(Service::Refuses(403), ms(10_000)),
            ),
            END,
        ],
        ..Schedule::quiet()
    });
}

#[test]
fn damaged_event_is_found_although_an_earlier_check_comes_before_the_list_contains_it() {
    assert_kept(Schedule {
        transport: Some(StreamTransport::ServerSentEvents),
        behavior: StreamingBehavior {
            list_lag: ms(2400),
            ..StreamingBehavior::default()
        },
        streams: vec![Topic::Public],
        actions: vec![
            (ms(10_000), Action::Cut),
            (ms(5000), Action::Garbage(1, 10)),
            (ms(0), post(1, ms(0))),
            END,
        ],
        ..Schedule::quiet()
    });
}

/// The errors of a slow server to the requests of the search arrive after it.
#[test]
fn late_errors_about_a_refused_list_do_not_end_another_list() {
    assert_kept(Schedule {
        seed: 355,
        transport: None,
        behavior: slow_queries(ms(0)..=ms(1473)),
        proxy: Proxy::Redirects,
        streams: vec![
            Topic::Notifications,
            Topic::Hashtag("Sím"),
            Topic::Notifications,
            Topic::List,
            Topic::ForeignList,
        ],
        ..Schedule::quiet()
    });
}

/// The subscription to the refused list is repeated, because it was closed before.
#[test]
fn repeated_requests_for_a_refused_list_do_not_end_another_list() {
    assert_kept(Schedule {
        seed: 822,
        transport: None,
        behavior: StreamingBehavior {
            fan_out_delay: ms(0)..=ms(71),
            list_lag: ms(1138),
            ..slow_queries(ms(0)..=ms(216))
        },
        proxy: Proxy::Redirects,
        streams: vec![
            Topic::List,
            Topic::ForeignList,
            Topic::Local,
            Topic::Hashtag("Sím"),
            Topic::Local,
        ],
        actions: vec![
            (ms(44), Action::Silence),
            (ms(201), Action::RestFails(Service::Hangs, ms(37_250))),
            (
                ms(0),
                Action::StreamingFails(Service::RetryAtOnce, ms(28_688)),
            ),
            (ms(1377), Action::Restart(1, ms(8155))),
            (ms(109), post(2, ms(0))),
            (ms(0), Action::Cut),
            (ms(4692), Action::Cut),
            (ms(0), post(38, ms(5))),
        ],
        ..Schedule::quiet()
    });
}

#[test]
fn subscription_that_an_unsubscribe_may_undo_is_requested_again() {
    for reopening in 0..24 {
        assert_kept(Schedule {
            seed: reopening,
            behavior: slow_queries(ms(0)..=ms(600)),
            streams: vec![Topic::User, Topic::Hashtag("sim")],
            actions: vec![
                (ms(3000), Action::Reopen(1, ms(5000 + 25 * reopening))),
                (ms(20_000), post(1, ms(0))),
            ],
            ..Schedule::quiet()
        });
    }
}

#[test]
fn events_of_two_connections_that_are_lost_at_once_are_found_in_a_list_that_lags() {
    for pause in [100, 600, 1000, 1700] {
        assert_kept(Schedule {
            behavior: StreamingBehavior {
                list_lag: ms(2000),
                ..StreamingBehavior::default()
            },
            streams: vec![Topic::User, Topic::Public],
            actions: vec![
                (ms(10_000), post(150, ms(20))),
                (ms(1000), Action::Cut),
                (ms(pause), Action::Cut),
            ],
            ..Schedule::quiet()
        });
    }
}

/// Statuses of other servers arrive with IDs that are older than those of a whole page that was delivered before.
#[test]
fn missed_statuses_with_older_ids_are_found_after_a_burst() {
    for seed in 0..4 {
        assert_kept(Schedule {
            seed,
            behavior: StreamingBehavior {
                id_skew: ms(0)..=ms(2000),
                ..StreamingBehavior::default()
            },
            streams: vec![Topic::User, Topic::Public],
            actions: vec![(ms(10_000), post(150, ms(15))), (ms(1500), Action::Cut)],
            ..Schedule::quiet()
        });
    }
}

#[test]
fn events_delivered_after_a_gap_are_not_repeated_by_a_stream_that_is_resumed() {
    assert_kept(Schedule {
        streams: vec![Topic::Public],
        actions: vec![
            (ms(5000), post(3, ms(10))),
            (ms(1000), Action::RestFails(Service::Page(503), ms(60_000))),
            (ms(0), Action::Cut),
            (ms(0), post(100, ms(150))),
            (ms(25_000), Action::Restart(0, ms(500))),
            END,
        ],
        ..Schedule::quiet()
    });
}

/// The list of statuses is fetched before the deletion, and the list of notifications after it.
#[test]
fn missed_status_that_is_deleted_during_its_backfill_is_not_delivered_after_its_deletion() {
    for seed in 0..20 {
        assert_kept(Schedule {
            seed,
            behavior: slow_queries(ms(0)..=ms(400)),
            buffer: 1,
            streams: vec![Topic::User],
            actions: vec![
                (ms(10_000), Action::Cut),
                (ms(0), post(2, ms(100))),
                (ms(900), Action::Delete),
                END,
            ],
            ..Schedule::quiet()
        });
    }
}

/// Statuses get IDs from before the first one that is not delivered, while the stream is subscribed again.
#[test]
fn gap_of_a_limited_backfill_contains_statuses_with_older_ids() {
    for seed in 0..4 {
        assert_kept(Schedule {
            seed,
            behavior: StreamingBehavior {
                query_delay: ms(300)..=ms(600),
                id_skew: ms(0)..=ms(1600),
                ..StreamingBehavior::default()
            },
            max_backfill: 30,
            streams: vec![Topic::Hashtag("sim")],
            actions: vec![
                (ms(10_000), Action::Cut),
                (ms(0), post(100, ms(20))),
                (ms(485), Action::Cut),
                END,
            ],
            ..Schedule::quiet()
        });
    }
}
