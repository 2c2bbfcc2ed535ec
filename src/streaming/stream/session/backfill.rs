//! Backfills of a stream: when they start, and what they report.

use std::time::Duration;

use super::Session;
use crate::error::{ApiError, Error};
use crate::streaming::backfill::positions::{EventKind, Position, PositionSet, id_at};
use crate::streaming::backfill::unfilled::CHECK_DELAY;
use crate::streaming::backfill::{Backfill, BackfillStep, ListResult, Missing};
use crate::streaming::generated::StreamEvent;
use crate::streaming::stream::event::{Backfilled, Gap, GapReason};
use crate::streaming::stream::item::Item;
use tokio::time::Instant;

/// Maximum number of retries per page while live events are held back.
const MAX_RETRIES: u32 = 4;

/// Time in which a list may not contain yet what the stream has sent.
const LIST_LAG: Duration = Duration::from_secs(30);

/// A running backfill.
pub(super) struct Round {
    pub(super) backfill: Backfill,
    /// Number of the connection at the start.
    connection: u64,
    /// Whether the application knows of the backfill.
    is_announced: bool,
    /// Number of events delivered since it was announced.
    events: usize,
}

impl Session {
    /// Returns the lists that must be fetched now.
    pub(super) fn due_lists(&mut self) -> Vec<EventKind> {
        let mut kinds = self.unfilled.due(Instant::now());
        kinds.retain(|kind| {
            // A check could repeat events if more were delivered than can be compared with the list.
            let mark = self.unfilled.since(*kind).map(|(_, mark)| mark);
            let can_check = self.unfilled.is_urgent(*kind)
                || mark.is_some_and(|mark| self.dedup.has_all_since(mark));
            if !can_check {
                tracing::debug!(
                    ?kind,
                    "the stream is too fast for another check of the list"
                );
                self.unfilled.remove(*kind);
            }
            can_check
        });
        kinds
    }

    /// Notes that events of all lists may be missing from now on.
    pub(super) async fn lose_connection(&mut self) {
        for kind in self.lists() {
            let (progress, dedup) = (&self.progress, &self.dedup);
            if self
                .unfilled
                .lose(kind, || (progress.since(kind), dedup.mark()))
            {
                self.save_unfilled(kind).await;
            }
        }
    }

    /// Schedules a check for events that are missing from now on.
    pub(super) async fn schedule_check(&mut self, delay: Duration) {
        for kind in self.lists() {
            let (progress, dedup) = (&self.progress, &self.dedup);
            let since = || (progress.since(kind), dedup.mark());
            if self.unfilled.check(kind, delay, since) {
                self.save_unfilled(kind).await;
            }
        }
    }

    /// Returns the lists that contain the events of the channel.
    fn lists(&self) -> impl Iterator<Item = EventKind> + use<> {
        let lists = if self.settings.backfill {
            EventKind::of(&self.channel)
        } else {
            &[]
        };
        lists.iter().copied()
    }

    /// Adds the starting point of a gap to the checkpoint, or removes it.
    async fn save_unfilled(&mut self, kind: EventKind) {
        let item = match self.unfilled.since(kind) {
            Some((since, _)) => Item::Gap(kind, since.and_then(|since| since.first().cloned())),
            None => Item::Filled(kind),
        };
        self.queue.send(item, 0).await;
    }

    pub(super) async fn start_round(&mut self, kinds: &[EventKind]) {
        let has_gap = kinds.iter().any(|kind| self.unfilled.is_urgent(*kind));
        let missing = kinds.iter().map(|kind| self.missing(*kind));
        let missing: Vec<Missing> = missing.collect();
        let max_events = self.settings.max_backfill;
        let max_retries = if has_gap { MAX_RETRIES } else { 0 };
        self.round = Some(Round {
            backfill: Backfill::new(
                &self.client,
                &self.channel,
                missing,
                max_events,
                max_retries,
            ),
            connection: self.connections,
            is_announced: false,
            events: 0,
        });
        if has_gap {
            self.announce().await;
        }
    }

    fn missing(&self, kind: EventKind) -> Missing {
        let positions = &self.progress.positions;
        let since = match kind {
            // The list of announcements is compared with what was delivered by now.
            EventKind::Announcement => positions.get(kind),
            _ => self
                .unfilled
                .since(kind)
                .and_then(|(since, _)| since.cloned()),
        };
        Missing {
            kind,
            since,
            recent: positions.delivered_within(kind, LIST_LAG),
        }
    }

    /// Tells the application that missed events follow.
    async fn announce(&mut self) {
        if let Some(round) = &mut self.round
            && !std::mem::replace(&mut round.is_announced, true)
        {
            self.send(StreamEvent::Backfilling).await;
        }
    }

    pub(super) async fn on_step(&mut self, step: BackfillStep) {
        match step {
            BackfillStep::Event(missed) => {
                // The connection may have received the event, or its deletion, in the meantime.
                if self.dedup.is_known(missed.kind, &missed.position) {
                    return;
                }
                self.progress.record(&missed.event);
                self.dedup.insert_backfilled(missed.kind, &missed.position);
                self.send_missed(missed.event).await;
            }
            BackfillStep::Malformed(event) => self.send_missed(event).await,
            BackfillStep::Baseline(kind, positions) => {
                let recorded = positions.iter().cloned();
                self.progress.positions.record_many(kind, recorded);
                self.queue.send(Item::Baseline(kind, positions), 0).await;
            }
            BackfillStep::Progress(kind, positions) => {
                self.unfilled.advance(kind, positions);
                self.save_unfilled(kind).await;
            }
        }
    }

    async fn send_missed(&mut self, event: StreamEvent) {
        self.announce().await;
        if let Some(round) = &mut self.round {
            round.events += 1;
        }
        let size = event.estimated_size();
        self.queue.send(Item::Missed(event), size).await;
    }

    /// Ends a backfill and reports what is still missing.
    pub(super) async fn end_round(&mut self) {
        let Some(round) = self.round.take() else {
            return;
        };
        let (mut gaps, mut is_resolved, mut found) = (Vec::new(), false, round.events > 0);
        // A connection that was lost in the meantime is followed by another backfill.
        let is_current = self.link.is_open() && round.connection == self.connections;
        for result in round.backfill.into_results() {
            let was_reported = self.unfilled.is_reported(result.kind);
            found |= result.found;
            let kind = result.kind;
            match self.end_list(result, is_current).await {
                Some(gap) => gaps.push(gap),
                None => is_resolved |= was_reported && !self.unfilled.is_reported(kind),
            }
            self.save_unfilled(kind).await;
        }
        if found {
            self.malformed_backoff.reset();
        }
        if !round.is_announced && (is_resolved || !gaps.is_empty()) {
            self.send(StreamEvent::Backfilling).await;
        }
        if round.is_announced || is_resolved || !gaps.is_empty() {
            let events = round.events;
            self.send(StreamEvent::Backfilled(Backfilled { events, gaps }))
                .await;
        }
        // Events that arrived before another connection loss are older than what was missed after it.
        if !self.unfilled.has_gaps() || !self.link.is_open() {
            self.release_held_back().await;
        }
    }

    /// Ends the backfill of a list. Returns the gap to report.
    async fn end_list(&mut self, result: ListResult, is_current: bool) -> Option<Gap> {
        let kind = result.kind;
        let was_missing = self.unfilled.is_urgent(kind);
        let was_known = self.progress.positions.is_known(kind);
        if let Some((error, after)) = result.failure {
            if !was_known && self.is_hidden(kind, &error) {
                self.unfilled.remove(kind);
                return None;
            }
            let is_given_up = is_current && !self.unfilled.retry(kind, error.is_retryable());
            // Without a gap no event is known to be missing, so a failed check is repeated without a report.
            if !was_missing && !is_given_up {
                return None;
            }
            self.unfilled.report(kind);
            return Some(Gap {
                kind,
                after: after.as_ref().and_then(id_at),
                until: None,
                reason: GapReason::FetchFailed(error),
            });
        }
        match &result.gap {
            Some(gap) if gap.until.is_some() || matches!(gap.reason, GapReason::UnknownStart) => {
                if let (GapReason::LimitReached, Some(until)) = (&gap.reason, &gap.until) {
                    // The reported events must not be delivered later.
                    let until = Position::from(until.as_str());
                    self.progress.positions.reset_to(kind, until.clone());
                    self.queue.send(Item::Reset(kind, until), 0).await;
                }
                // The list is complete from here on.
                self.unfilled.remove(kind);
                let (positions, dedup) = (&self.progress.positions, &self.dedup);
                let since = || (positions.get(kind), dedup.mark());
                if is_current {
                    self.unfilled.check(kind, CHECK_DELAY, since);
                } else {
                    self.unfilled.lose(kind, since);
                }
            }
            _ if is_current || !was_missing => {
                self.unfilled.complete(kind, result.found);
            }
            _ => {}
        }
        result.gap
    }

    /// Returns whether a list that could never be fetched is one that the access token may not read, or that the
    /// server does not have. The stream does not contain its events either.
    fn is_hidden(&self, kind: EventKind, error: &Error) -> bool {
        let is_missing = error.is_not_found() && self.lists().next() != Some(kind);
        is_missing || error.api().is_some_and(ApiError::is_missing_scope)
    }

    /// Delivers live events although the backfill is not complete, and reports what is missing. The backfill goes on.
    pub(super) async fn give_up_waiting(&mut self) {
        let (mut gaps, mut events, mut is_announced) = (Vec::new(), 0, false);
        for kind in self.lists() {
            if self.unfilled.is_urgent(kind) {
                self.unfilled.report(kind);
                let since = self.unfilled.since(kind).and_then(|(since, _)| since);
                let after = since.and_then(PositionSet::last);
                gaps.push(Gap {
                    kind,
                    after: after.and_then(id_at),
                    until: None,
                    reason: GapReason::TimedOut,
                });
            }
        }
        if let Some(round) = &mut self.round {
            is_announced = std::mem::take(&mut round.is_announced);
            events = std::mem::take(&mut round.events);
        }
        if !is_announced {
            self.send(StreamEvent::Backfilling).await;
        }
        self.send(StreamEvent::Backfilled(Backfilled { events, gaps }))
            .await;
        self.release_held_back().await;
    }
}
