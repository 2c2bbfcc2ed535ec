//! One list of a running backfill.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

use super::dedup::DedupCache;
use super::pages::{BackfillPage, BackfilledEvent, PageRange, sort};
use super::positions::{EventKind, Position, PositionSet, announcement_id, earlier, id_at};
use super::{BackfillStep, ListResult, Missing};
use crate::error::Error;
use crate::streaming::generated::StreamEvent;
use crate::streaming::stream::event::{Gap, GapReason};

/// One of the lists.
pub(super) struct Source {
    pub(super) kind: EventKind,
    max_events: usize,
    delivered: PositionSet,
    recent: PositionSet,
    /// Position up to which the list is complete.
    cursor: Option<Position>,
    /// Newest position of the list when the backfill started.
    newest: Option<Position>,
    goal: FetchGoal,
    ready: VecDeque<BackfilledEvent>,
    /// Positions of the last page.
    page: Option<PositionSet>,
    emitted: usize,
    gap: Option<Gap>,
    failure: Option<Arc<Error>>,
}

/// Purpose of the next page of a source.
#[derive(Debug)]
enum FetchGoal {
    /// Fetch the newest page. It is often all that is needed, and unlike other pages it does not count towards
    /// Mastodon's rate limit of paging.
    Newest,
    /// Fetch the page after the cursor.
    After,
    /// Find the current position of a list that could not be fetched before.
    Baseline,
    Done,
}

impl Source {
    pub(super) fn new(list: Missing, max_events: usize) -> Self {
        let goal = match list.since {
            Some(_) => FetchGoal::Newest,
            None => FetchGoal::Baseline,
        };
        let delivered = list.since.unwrap_or_default();
        let is_ordered = is_ordered(list.kind);
        Self {
            kind: list.kind,
            max_events,
            recent: list.recent,
            cursor: delivered.first().filter(|_| is_ordered).cloned(),
            newest: None,
            delivered,
            goal,
            ready: VecDeque::new(),
            page: None,
            emitted: 0,
            gap: None,
            failure: None,
        }
    }

    pub(super) fn needs_page(&self) -> bool {
        !self.is_done() && self.ready.is_empty()
    }

    fn is_done(&self) -> bool {
        matches!(self.goal, FetchGoal::Done)
    }

    pub(super) fn next_timestamp(&self) -> Option<Timestamp> {
        self.ready.front().map(|event| event.timestamp)
    }

    pub(super) fn take_event(&mut self) -> Option<BackfilledEvent> {
        self.emitted += 1;
        self.ready.pop_front()
    }

    /// Returns the positions of the last page, once all its events were taken.
    pub(super) fn take_progress(&mut self) -> Option<PositionSet> {
        self.page.take().filter(|page| !page.is_empty())
    }

    pub(super) fn next_range(&self) -> PageRange {
        match (&self.goal, &self.cursor) {
            (FetchGoal::After, Some(cursor)) => PageRange::After(cursor.clone()),
            _ => PageRange::Newest,
        }
    }

    pub(super) fn fail(&mut self, error: Error) {
        self.goal = FetchGoal::Done;
        self.failure = Some(Arc::new(error));
    }

    pub(super) fn into_result(self) -> ListResult {
        let failure = self.failure.map(|error| (error, self.cursor));
        ListResult {
            kind: self.kind,
            found: self.emitted > 0,
            gap: self.gap,
            failure,
        }
    }

    pub(super) fn handle_page(
        &mut self,
        mut page: BackfillPage,
        delivered: &DedupCache,
        steps: &mut VecDeque<BackfillStep>,
    ) {
        match std::mem::replace(&mut self.goal, FetchGoal::Done) {
            FetchGoal::Done => {}
            FetchGoal::Baseline => {
                let newest = page.events.last().map(|event| event.position.clone());
                let newest = newest.filter(|_| is_ordered(self.kind));
                self.gap = Some(self.new_gap(None, newest.as_ref(), GapReason::UnknownStart));
                let positions = page.baseline().collect();
                steps.push_back(BackfillStep::Baseline(self.kind, positions));
            }
            FetchGoal::Newest if !is_ordered(self.kind) => {
                steps.extend(page.malformed.into_iter().map(BackfillStep::Malformed));
                self.diff_unordered(page.events);
            }
            FetchGoal::Newest => self.handle_newest(page, delivered, steps),
            FetchGoal::After => {
                self.retain_after_cursor(&mut page);
                let newest = page.events.last().map(|event| event.position.clone());
                // A page without newer items is the last one, even if the server links a next page.
                let is_last = newest.is_none() || newest >= self.newest;
                self.page = Some(page.positions().collect());
                if self.emit(page, delivered, steps) && !is_last {
                    self.cursor = newest;
                    self.goal = FetchGoal::After;
                }
            }
        }
    }

    fn handle_newest(
        &mut self,
        mut page: BackfillPage,
        delivered: &DedupCache,
        steps: &mut VecDeque<BackfillStep>,
    ) {
        let oldest = page.events.first().map(|event| &event.position);
        self.newest = page.events.last().map(|event| event.position.clone());
        // An item without an ID may be older than the gap.
        let is_complete =
            page.malformed.is_empty() && (oldest.is_none() || oldest <= self.cursor.as_ref());
        if is_complete {
            self.retain_after_cursor(&mut page);
            self.emit(page, delivered, steps);
        } else {
            self.goal = FetchGoal::After;
        }
    }

    fn retain_after_cursor(&self, page: &mut BackfillPage) {
        let events = &mut page.events;
        events.retain(|event| Some(&event.position) > self.cursor.as_ref());
    }

    /// Makes the missed events of a page ready. Returns whether they are within the limit.
    fn emit(
        &mut self,
        page: BackfillPage,
        delivered: &DedupCache,
        steps: &mut VecDeque<BackfillStep>,
    ) -> bool {
        steps.extend(page.malformed.into_iter().map(BackfillStep::Malformed));
        let mut missed = page.events;
        missed.retain(|event| {
            let BackfilledEvent { kind, position, .. } = event;
            !self.delivered.contains(position) && !delivered.is_known(*kind, position)
        });
        let remaining = self.max_events.saturating_sub(self.emitted);
        let is_within_limit = missed.len() <= remaining;
        if !is_within_limit {
            missed.truncate(remaining);
            let last = missed.last().map(|event| event.position.clone());
            let last = last.or_else(|| self.cursor.clone());
            // A status that the server gets a moment later can have an older ID.
            let last = last.map(|last| earlier(&last).unwrap_or(last));
            self.gap =
                Some(self.new_gap(last.as_ref(), self.newest.as_ref(), GapReason::LimitReached));
        }
        let positions = missed.iter().map(|event| event.position.clone());
        self.delivered.extend(positions);
        self.ready = missed.into();
        is_within_limit
    }

    /// Finds the changes of an unordered list by comparing it with the delivered positions.
    fn diff_unordered(&mut self, items: Vec<BackfilledEvent>) {
        let listed: HashSet<String> = items
            .iter()
            .map(|item| announcement_id(&item.position).to_owned())
            .collect();
        let delivered = self.delivered.iter();
        let settled = delivered.filter(|position| !self.recent.contains(position));
        let deleted = settled.filter_map(|position| {
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

    fn new_gap(
        &self,
        after: Option<&Position>,
        until: Option<&Position>,
        reason: GapReason,
    ) -> Gap {
        Gap {
            kind: self.kind,
            after: after.and_then(id_at),
            until: until.map(|until| until.as_str().to_owned()),
            reason,
        }
    }
}

/// Returns whether a list is sorted by position, so that a position separates old items from new ones.
fn is_ordered(kind: EventKind) -> bool {
    kind != EventKind::Announcement
}
