//! Backfill: fetches missed events from the REST lists and merges them in chronological order.

pub(crate) mod checkpoint;
pub(crate) mod dedup;
pub(crate) mod pages;
pub(crate) mod positions;

use std::collections::{HashSet, VecDeque};
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;

use self::dedup::DedupCache;
use self::pages::{BackfillPage, BackfilledEvent, RetryLimits, fetch_page, sort};
use self::positions::{EventKind, Position, PositionSet, Positions, announcement_id};
use super::generated::{Channel, StreamEvent};
use super::stream::event::{Gap, GapReason};
use crate::client::Mastodon;
use crate::error::Error;

/// A result of a running backfill.
pub(super) enum BackfillStep {
    /// A missed event.
    Event(BackfilledEvent),
    /// A missed event that cannot be decoded and has no ID.
    Malformed(StreamEvent),
    /// Positions of a list that had no starting point.
    Baseline(EventKind, Vec<Position>),
    /// A list that the access token may not read.
    Forbidden(EventKind),
}

/// A running backfill.
pub(super) struct Backfill {
    client: Mastodon,
    channel: Channel,
    max_events: usize,
    retry_limits: RetryLimits,
    sources: Vec<Source>,
    steps: VecDeque<BackfillStep>,
    pending_fetch: Option<PendingFetch>,
    pub(super) gaps: Vec<Gap>,
    /// Lists that failed with a retryable error.
    pub(super) failed: Vec<EventKind>,
}

/// State of the stream when a backfill starts.
pub(super) struct BackfillContext<'a> {
    /// Positions after which events are missing.
    pub(super) since: &'a Positions,
    /// Recently delivered events, both live and backfilled.
    pub(super) dedup: &'a DedupCache,
    /// Lists that are not fetched.
    pub(super) forbidden: &'a HashSet<EventKind>,
}

/// A page request with the index of its source.
type PendingFetch = Pin<Box<dyn Future<Output = (usize, Result<BackfillPage, Error>)> + Send>>;

/// One of the lists.
struct Source {
    kind: EventKind,
    delivered: PositionSet,
    /// Position after which the next page starts.
    cursor: Option<Position>,
    goal: FetchGoal,
    ready: VecDeque<BackfilledEvent>,
    emitted: usize,
}

/// Purpose of the next page of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FetchGoal {
    /// Fetch missed events.
    Missed,
    /// Find the current position of a list that could not be fetched before.
    Baseline,
    /// Find the end of a gap that exceeds the limit.
    Extent,
    Done,
}

impl Backfill {
    /// Creates a backfill that returns at most `max_events` events per kind.
    pub(super) fn new(
        client: &Mastodon,
        channel: &Channel,
        context: &BackfillContext<'_>,
        max_events: usize,
        retry_limits: RetryLimits,
    ) -> Self {
        let kinds = EventKind::of(channel).iter().copied();
        let sources = kinds
            .filter(|kind| !context.forbidden.contains(kind))
            .map(|kind| Source::new(kind, context));
        Self {
            client: client.clone(),
            channel: channel.clone(),
            max_events,
            retry_limits,
            sources: sources.collect(),
            steps: VecDeque::new(),
            pending_fetch: None,
            gaps: Vec::new(),
            failed: Vec::new(),
        }
    }

    /// Returns the next step, or `None` when the backfill is complete. Cancel-safe.
    pub(super) async fn next(&mut self) -> Option<BackfillStep> {
        loop {
            if let Some(step) = self.steps.pop_front() {
                return Some(step);
            }
            if let Some(pending_fetch) = &mut self.pending_fetch {
                let (source, result) = pending_fetch.await;
                self.pending_fetch = None;
                match result {
                    Ok(page) => self.handle_page(source, page),
                    Err(error) => self.handle_failure(source, error),
                }
                continue;
            }
            // The oldest event is known only when every unfinished source has a page.
            let needs_page =
                |source: &Source| source.goal != FetchGoal::Done && source.ready.is_empty();
            if let Some(source) = self.sources.iter().position(needs_page) {
                self.start_fetch(source);
                continue;
            }
            let sources = self.sources.iter_mut();
            let oldest = sources
                .filter(|source| !source.ready.is_empty())
                .min_by_key(|source| source.ready.front().map(|event| event.timestamp))?;
            oldest.emitted += 1;
            return oldest.ready.pop_front().map(BackfillStep::Event);
        }
    }

    fn start_fetch(&mut self, source: usize) {
        let Source {
            kind, cursor, goal, ..
        } = &self.sources[source];
        let after = cursor.clone().filter(|_| *goal == FetchGoal::Missed);
        let (client, channel) = (self.client.clone(), self.channel.clone());
        let page = fetch_page(client, channel, *kind, after, self.retry_limits);
        self.pending_fetch = Some(Box::pin(async move { (source, page.await) }));
    }

    fn handle_page(&mut self, source: usize, page: BackfillPage) {
        let max_events = self.max_events;
        let source = &mut self.sources[source];
        if source.goal == FetchGoal::Missed {
            let malformed = page.malformed.into_iter().map(BackfillStep::Malformed);
            self.steps.extend(malformed);
        }
        let newest = page.events.last().map(|event| event.position.clone());
        match source.goal {
            FetchGoal::Done => {}
            FetchGoal::Baseline => {
                source.goal = FetchGoal::Done;
                self.gaps.push(Gap {
                    kind: source.kind,
                    after: None,
                    until: newest.filter(|_| source.is_ordered()).map(String::from),
                    reason: GapReason::UnknownStart,
                });
                let positions = page.events.iter().map(|event| event.position.clone());
                let positions = positions.collect();
                self.steps
                    .push_back(BackfillStep::Baseline(source.kind, positions));
            }
            FetchGoal::Extent => {
                source.goal = FetchGoal::Done;
                let after = source.cursor.clone();
                self.gaps.push(source.limit_gap(after, newest));
            }
            FetchGoal::Missed if !source.is_ordered() => {
                source.goal = FetchGoal::Done;
                source.diff_unordered(page.events);
            }
            FetchGoal::Missed => {
                if source.cursor.is_none() && page.has_older {
                    self.gaps.push(source.limit_gap(None, None));
                }
                // A page without newer items is the last one, even if the server links a next page.
                let has_newer = newest > source.cursor;
                let mut missed = page.events;
                missed.retain(|event| !source.delivered.contains(&event.position));
                let remaining = max_events.saturating_sub(source.emitted);
                if missed.len() > remaining {
                    missed.truncate(remaining);
                    source.goal = FetchGoal::Extent;
                    let last = missed.last().map(|event| event.position.clone());
                    source.cursor = last.or(source.cursor.take());
                } else if has_newer {
                    source.cursor = newest;
                } else {
                    source.goal = FetchGoal::Done;
                }
                let positions = missed.iter().map(|event| event.position.clone());
                source.delivered.extend(positions);
                source.ready = missed.into();
            }
        }
    }

    fn handle_failure(&mut self, source: usize, error: Error) {
        let source = &mut self.sources[source];
        let goal = std::mem::replace(&mut source.goal, FetchGoal::Done);
        if error.is_forbidden() || error.is_unauthorized() || error.is_not_found() {
            self.steps.push_back(BackfillStep::Forbidden(source.kind));
        }
        if error.is_retryable() {
            self.failed.push(source.kind);
        }
        // A list without a baseline is usually one that the access token may not read. The stream does not
        // contain its events either, so nothing is missing.
        if goal != FetchGoal::Baseline {
            let cursor = source.cursor.clone().filter(|_| source.is_ordered());
            self.gaps.push(Gap {
                kind: source.kind,
                after: cursor.map(String::from),
                until: None,
                reason: GapReason::FetchFailed(Arc::new(error)),
            });
        }
    }
}

impl Source {
    fn new(kind: EventKind, context: &BackfillContext<'_>) -> Self {
        let since = context.since.get(kind);
        let mut source = Self {
            kind,
            cursor: since.and_then(|since| since.first().cloned()),
            goal: if since.is_some() {
                FetchGoal::Missed
            } else {
                FetchGoal::Baseline
            },
            delivered: since.cloned().unwrap_or_default(),
            ready: VecDeque::new(),
            emitted: 0,
        };
        if source.is_ordered() {
            let recent = context.dedup.positions(kind).cloned();
            source.delivered.extend(recent);
        }
        source
    }

    /// Returns whether the list is sorted by position, so that a position separates old items from new ones.
    fn is_ordered(&self) -> bool {
        self.kind != EventKind::Announcement
    }

    /// Finds the changes of an unordered list by comparing it with the delivered positions.
    fn diff_unordered(&mut self, items: Vec<BackfilledEvent>) {
        let listed: HashSet<String> = items
            .iter()
            .map(|item| announcement_id(&item.position).to_owned())
            .collect();
        let deleted = self.delivered.iter().filter_map(|position| {
            let id = announcement_id(position);
            (!listed.contains(id)).then(|| BackfilledEvent {
                kind: self.kind,
                position: position.clone(),
                // The time of a deletion is unknown. All other events happened before now.
                timestamp: Timestamp::MAX,
                event: StreamEvent::AnnouncementDelete(id.into()),
            })
        });
        let mut events: Vec<BackfilledEvent> = deleted.collect();
        let items = items.into_iter();
        events.extend(items.filter(|item| !self.delivered.contains(&item.position)));
        sort(&mut events, |a, b| a.timestamp.cmp(&b.timestamp));
        self.ready = events.into();
    }

    fn limit_gap(&self, after: Option<Position>, until: Option<Position>) -> Gap {
        Gap {
            kind: self.kind,
            after: after.map(String::from),
            until: until.map(String::from),
            reason: GapReason::LimitReached,
        }
    }
}
