//! Backfill: fetches missed events from the REST lists and merges them in chronological order.

pub(crate) mod checkpoint;
pub(crate) mod dedup;
pub(crate) mod pages;
pub(crate) mod positions;
mod source;
pub(crate) mod unfilled;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;

use self::dedup::DedupCache;
use self::pages::{BackfillPage, BackfilledEvent, fetch_page};
use self::positions::{EventKind, Position, PositionSet};
use self::source::Source;
use super::generated::{Channel, StreamEvent};
use super::stream::event::Gap;
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
    /// The positions of a page whose events were all returned. The list is complete up to its first position.
    Progress(EventKind, PositionSet),
}

/// A list to fetch.
#[derive(Debug)]
pub(super) struct Missing {
    pub(super) kind: EventKind,
    /// Delivered positions. Events after the first one are missing, except these. `None` if they are unknown.
    pub(super) since: Option<PositionSet>,
    /// Positions that were delivered a moment ago, so a list that lags behind may not contain them yet.
    pub(super) recent: PositionSet,
}

/// Result of a backfill for one list.
pub(super) struct ListResult {
    pub(super) kind: EventKind,
    /// Whether events were missing.
    pub(super) found: bool,
    /// Events that are missing, although the list was fetched.
    pub(super) gap: Option<Gap>,
    /// The error of the failed request, with the position up to which the list is complete.
    pub(super) failure: Option<(Arc<Error>, Option<Position>)>,
}

/// A running backfill.
pub(super) struct Backfill {
    client: Mastodon,
    channel: Channel,
    max_retries: u32,
    sources: Vec<Source>,
    steps: VecDeque<BackfillStep>,
    pending_fetch: Option<PendingFetch>,
}

/// A page request with the index of its source.
type PendingFetch = Pin<Box<dyn Future<Output = (usize, Result<BackfillPage, Error>)> + Send>>;

impl Backfill {
    /// Creates a backfill that returns at most `max_events` events per list and repeats failed requests up to
    /// `max_retries` times.
    pub(super) fn new(
        client: &Mastodon,
        channel: &Channel,
        missing: impl IntoIterator<Item = Missing>,
        max_events: usize,
        max_retries: u32,
    ) -> Self {
        let missing = missing.into_iter();
        Self {
            client: client.clone(),
            channel: channel.clone(),
            max_retries,
            sources: missing.map(|list| Source::new(list, max_events)).collect(),
            steps: VecDeque::new(),
            pending_fetch: None,
        }
    }

    /// Returns the next step, or `None` when the backfill is complete. Skips events that `delivered` contains.
    /// Cancel-safe.
    pub(super) async fn next(&mut self, delivered: &DedupCache) -> Option<BackfillStep> {
        loop {
            if let Some(step) = self.steps.pop_front() {
                return Some(step);
            }
            if let Some(pending_fetch) = &mut self.pending_fetch {
                let (source, result) = pending_fetch.await;
                self.pending_fetch = None;
                let source = &mut self.sources[source];
                match result {
                    Ok(page) => source.handle_page(page, delivered, &mut self.steps),
                    Err(error) => source.fail(error),
                }
                continue;
            }
            // The oldest event is known only when every unfinished source has a page.
            if let Some(source) = self.sources.iter().position(Source::needs_page) {
                self.start_fetch(source);
                continue;
            }
            let sources = self.sources.iter_mut();
            let oldest = sources
                .filter(|source| source.next_timestamp().is_some())
                .min_by_key(|source| source.next_timestamp())?;
            return oldest.take_event().map(BackfillStep::Event);
        }
    }

    fn start_fetch(&mut self, index: usize) {
        let source = &mut self.sources[index];
        if let Some(page) = source.take_progress() {
            self.steps
                .push_back(BackfillStep::Progress(source.kind, page));
        }
        let (client, channel) = (self.client.clone(), self.channel.clone());
        let page = fetch_page(
            client,
            channel,
            source.kind,
            source.next_range(),
            self.max_retries,
        );
        self.pending_fetch = Some(Box::pin(async move { (index, page.await) }));
    }

    /// Returns the results of the lists.
    pub(super) fn into_results(self) -> impl Iterator<Item = ListResult> {
        self.sources.into_iter().map(Source::into_result)
    }
}
