//! Filling a gap: the lists of a stream, page by page, told in the order of time.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::pin::Pin;
use std::sync::Arc;

use super::catch_up::{Late, Page, page, positions};
use super::event::{Missing, MissingReason};
use super::generated::Channel;
use super::progress::{EventKind, Position, Progress};
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
    lanes: Vec<Lane>,
    steps: VecDeque<Step>,
    fetching: Option<Fetching>,
    pub(super) missing: Vec<Missing>,
}

type Fetching = Pin<Box<dyn Future<Output = (usize, Result<Page, Error>)> + Send>>;

/// One of the lists.
struct Lane {
    kind: EventKind,
    /// What was told already.
    told: BTreeSet<Position>,
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
    /// Begins where `progress` is. At most so many events of each kind are told late.
    pub(super) fn new(
        client: &Mastodon,
        channel: &Channel,
        progress: &Progress,
        refused: &HashSet<EventKind>,
        most: usize,
    ) -> Self {
        let kinds = EventKind::of(channel).iter().copied();
        let lanes = kinds
            .filter(|kind| !refused.contains(kind))
            .map(|kind| Lane::new(kind, progress.of(kind)));
        Self {
            client: client.clone(),
            channel: channel.clone(),
            most,
            lanes: lanes.collect(),
            steps: VecDeque::new(),
            fetching: None,
            missing: Vec::new(),
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
        let page = page(self.client.clone(), self.channel.clone(), *kind, after);
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
                    until: newest.map(String::from),
                    reason: MissingReason::NoBeginning,
                });
                let known = positions(&page).into_iter().collect();
                self.steps.push_back(Step::Known(lane.kind, known));
            }
            Want::End => {
                lane.want = Want::Nothing;
                let after = lane.cursor.clone();
                self.missing.push(lane.too_much(after, newest));
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
        // Of a list that may not be seen the stream has nothing either.
        if want != Want::Beginning {
            self.missing.push(Missing {
                kind: lane.kind,
                after: lane.cursor.clone().map(String::from),
                until: None,
                reason: MissingReason::Failed(Arc::new(error)),
            });
        }
    }
}

impl Lane {
    fn new(kind: EventKind, told: Option<&BTreeSet<Position>>) -> Self {
        Self {
            kind,
            cursor: told.and_then(|told| told.first().cloned()),
            want: if told.is_some() {
                Want::Missed
            } else {
                Want::Beginning
            },
            told: told.cloned().unwrap_or_default(),
            ready: VecDeque::new(),
            late: 0,
        }
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
