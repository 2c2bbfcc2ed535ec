//! Filling a gap: the lists of a stream, page by page, told in the order of time.

use std::collections::{HashSet, VecDeque};
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;

use super::catch_up::{Late, Page, Patience, page, positions, sort};
use super::event::{Missing, MissingReason};
use super::generated::{Channel, StreamEvent};
use super::progress::{EventKind, Position, Positions, Progress, Recent, announcement};
use crate::client::Mastodon;
use crate::error::Error;

/// What comes out of a fill.
pub(super) enum Step {
    /// An event that was missed.
    Late(Late),
    /// Where a list is of which nothing was known.
    Known(EventKind, Vec<Position>),
    /// A list that the token may not see.
    Refused(EventKind),
}

/// A gap that is being filled.
pub(super) struct Fill {
    client: Mastodon,
    channel: Channel,
    most: usize,
    patience: Patience,
    lanes: Vec<Lane>,
    steps: VecDeque<Step>,
    fetching: Option<Fetching>,
    pub(super) missing: Vec<Missing>,
    /// The lists that may answer another time.
    pub(super) failed: Vec<EventKind>,
}

/// What a gap is filled after.
pub(super) struct Told<'a> {
    /// Where the gap begins.
    pub(super) since: &'a Progress,
    /// What was told already, wherever it is.
    pub(super) recent: &'a Recent,
    /// The lists that are not asked.
    pub(super) refused: &'a HashSet<EventKind>,
}

type Fetching = Pin<Box<dyn Future<Output = (usize, Result<Page, Error>)> + Send>>;

/// One of the lists.
struct Lane {
    kind: EventKind,
    /// What was told already.
    told: Positions,
    /// After what the next page begins.
    cursor: Option<Position>,
    want: Want,
    ready: VecDeque<Late>,
    late: usize,
}

/// What the next page of a list is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    /// For what was missed.
    Missed,
    /// To know where a list is that could not be asked before.
    Beginning,
    /// To know how far what stays missing reaches.
    End,
    Nothing,
}

impl Fill {
    /// Begins to fill a gap. At most so many events of each kind are told late.
    pub(super) fn new(
        client: &Mastodon,
        channel: &Channel,
        told: &Told<'_>,
        most: usize,
        patience: Patience,
    ) -> Self {
        let kinds = EventKind::of(channel).iter().copied();
        let lanes = kinds
            .filter(|kind| !told.refused.contains(kind))
            .map(|kind| Lane::new(kind, told));
        Self {
            client: client.clone(),
            channel: channel.clone(),
            most,
            patience,
            lanes: lanes.collect(),
            steps: VecDeque::new(),
            fetching: None,
            missing: Vec::new(),
            failed: Vec::new(),
        }
    }

    /// The next step; `None` when all is told. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Option<Step> {
        loop {
            if let Some(step) = self.steps.pop_front() {
                return Some(step);
            }
            if let Some(fetching) = &mut self.fetching {
                let (lane, result) = fetching.await;
                self.fetching = None;
                match result {
                    Ok(page) => self.took(lane, page),
                    Err(error) => self.failed(lane, error),
                }
                continue;
            }
            let hungry = |lane: &Lane| lane.want != Want::Nothing && lane.ready.is_empty();
            if let Some(lane) = self.lanes.iter().position(hungry) {
                self.fetch(lane);
                continue;
            }
            let lanes = self.lanes.iter_mut();
            let oldest = lanes
                .filter(|lane| !lane.ready.is_empty())
                .min_by_key(|lane| lane.ready.front().map(|late| late.at))?;
            oldest.late += 1;
            return oldest.ready.pop_front().map(Step::Late);
        }
    }

    fn fetch(&mut self, lane: usize) {
        let Lane {
            kind, cursor, want, ..
        } = &self.lanes[lane];
        let after = cursor.clone().filter(|_| *want == Want::Missed);
        let (client, channel) = (self.client.clone(), self.channel.clone());
        let page = page(client, channel, *kind, after, self.patience);
        self.fetching = Some(Box::pin(async move { (lane, page.await) }));
    }

    fn took(&mut self, lane: usize, page: Page) {
        let most = self.most;
        let lane = &mut self.lanes[lane];
        let newest = page.items.last().map(|late| late.position.clone());
        match lane.want {
            Want::Nothing => {}
            Want::Beginning => {
                lane.want = Want::Nothing;
                self.missing.push(Missing {
                    kind: lane.kind,
                    after: None,
                    until: newest.filter(|_| lane.is_ordered()).map(String::from),
                    reason: MissingReason::NoBeginning,
                });
                let known = positions(&page).collect();
                self.steps.push_back(Step::Known(lane.kind, known));
            }
            Want::End => {
                lane.want = Want::Nothing;
                let after = lane.cursor.clone();
                self.missing.push(lane.too_much(after, newest));
            }
            Want::Missed if !lane.is_ordered() => {
                lane.want = Want::Nothing;
                lane.compare(page.items);
            }
            Want::Missed => {
                if lane.cursor.is_none() && page.has_older {
                    self.missing.push(lane.too_much(None, None));
                }
                // A page that brings nothing newer is the end, whatever the server says.
                let further = newest > lane.cursor;
                let mut fresh = page.items;
                fresh.retain(|late| !lane.told.contains(&late.position));
                let room = most.saturating_sub(lane.late);
                if fresh.len() > room {
                    fresh.truncate(room);
                    lane.want = Want::End;
                    let last = fresh.last().map(|late| late.position.clone());
                    lane.cursor = last.or(lane.cursor.take());
                } else if further {
                    lane.cursor = newest;
                } else {
                    lane.want = Want::Nothing;
                }
                let told = fresh.iter().map(|late| late.position.clone());
                lane.told.extend(told);
                lane.ready = fresh.into();
            }
        }
    }

    fn failed(&mut self, lane: usize, error: Error) {
        let lane = &mut self.lanes[lane];
        let want = std::mem::replace(&mut lane.want, Want::Nothing);
        if error.is_forbidden() || error.is_unauthorized() || error.is_not_found() {
            self.steps.push_back(Step::Refused(lane.kind));
        }
        if error.is_retryable() {
            self.failed.push(lane.kind);
        }
        // Of a list that may not be seen the stream has nothing either.
        if want != Want::Beginning {
            let cursor = lane.cursor.clone().filter(|_| lane.is_ordered());
            self.missing.push(Missing {
                kind: lane.kind,
                after: cursor.map(String::from),
                until: None,
                reason: MissingReason::Failed(Arc::new(error)),
            });
        }
    }
}

impl Lane {
    fn new(kind: EventKind, told: &Told<'_>) -> Self {
        let since = told.since.of(kind);
        let mut lane = Self {
            kind,
            cursor: since.and_then(|since| since.first().cloned()),
            want: if since.is_some() {
                Want::Missed
            } else {
                Want::Beginning
            },
            told: since.cloned().unwrap_or_default(),
            ready: VecDeque::new(),
            late: 0,
        };
        if lane.is_ordered() {
            lane.told.extend(told.recent.of(kind).cloned());
        }
        lane
    }

    /// Whether what is newer stands before what is older, so that a position tells what is missing.
    fn is_ordered(&self) -> bool {
        self.kind != EventKind::Announcement
    }

    /// Finds out what changed in a list that has no order.
    fn compare(&mut self, items: Vec<Late>) {
        let listed: HashSet<String> = items
            .iter()
            .map(|late| announcement(&late.position).to_owned())
            .collect();
        let gone = self.told.iter().filter_map(|position| {
            let id = announcement(position);
            (!listed.contains(id)).then(|| Late {
                kind: self.kind,
                position: position.clone(),
                // Nobody knows when; everything else is sure to have been before now.
                at: Timestamp::MAX,
                event: StreamEvent::AnnouncementDelete(id.into()),
            })
        });
        let mut late: Vec<Late> = gone.collect();
        let new = items.into_iter();
        late.extend(new.filter(|late| !self.told.contains(&late.position)));
        sort(&mut late, |one, other| one.at.cmp(&other.at));
        self.ready = late.into();
    }

    fn too_much(&self, after: Option<Position>, until: Option<Position>) -> Missing {
        Missing {
            kind: self.kind,
            after: after.map(String::from),
            until: until.map(String::from),
            reason: MissingReason::TooMuch,
        }
    }
}
