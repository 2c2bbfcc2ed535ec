//! Finds the subscription that the server refused. The server's error does not name it.
//!
//! The text of the error rules out most subscriptions. Of the others, one half at a time is requested again: a repeated
//! request has no effect unless the server refuses it again, with another error. An error can be the late response to an
//! earlier request, so before a stream is ended, its request is refused once more: alone, and after some time without
//! errors. The exception is an error whose text leaves a single possible request.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::CloseReason;
use super::key::Key;
use super::topics::Candidates;
use crate::streaming::connection::refusal::{UNKNOWN_LIST, message_text};

/// Bounds of the time to wait for errors after requests. It grows with the time that the server takes.
const MIN_WAIT: Duration = Duration::from_millis(250);
const MAX_WAIT: Duration = Duration::from_secs(10);

/// How long errors can be late responses to the requests of a search that has found a refused subscription, and the
/// time without errors after which no more are expected.
const LATE_ERRORS: Duration = Duration::from_secs(10);
const LATE_WAIT: Duration = Duration::from_secs(2);

/// Number of times that a single request must be refused.
const CONFIRMATIONS: u32 = 2;

/// Maximum number of searches that find no refused subscription. The wait doubles after each.
const MAX_SEARCHES: u32 = 6;

/// What an error is about, as far as its text tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    List,
    Hashtag,
    /// The access token lacks a scope.
    Scope,
    /// The server failed. Another attempt may succeed.
    Failure,
    /// A request to unsubscribe.
    Unsubscribe,
    /// Any request.
    Unknown,
}

impl Cause {
    /// Returns what an error is about. Up to version 4.2, Mastodon sends no status.
    pub(super) fn of(text: &str, status: Option<u16>) -> Self {
        let text = message_text(text);
        match text {
            UNKNOWN_LIST | "Missing list name parameter" => Self::List,
            "Missing tag name parameter" => Self::Hashtag,
            "Error unsubscribing from channel" => Self::Unsubscribe,
            "An unexpected error occurred" => Self::Failure,
            _ if status.is_some_and(|status| status >= 500) => Self::Failure,
            _ if text.contains("scope") => Self::Scope,
            _ => Self::Unknown,
        }
    }

    /// Returns the status of an error that has none.
    pub(super) fn default_status(self, text: &str) -> u16 {
        match self {
            Self::Scope => 401,
            Self::List if message_text(text) == UNKNOWN_LIST => 401,
            _ => 400,
        }
    }

    pub(super) fn may_concern(self, key: &Key) -> bool {
        match self {
            Self::List => key.name() == "list",
            Self::Hashtag => is_hashtag(key),
            Self::Scope => !is_public(key),
            Self::Failure | Self::Unknown => true,
            Self::Unsubscribe => false,
        }
    }

    /// Returns a number that is lower for subscriptions that are refused more often.
    pub(super) fn rank(key: &Key) -> u8 {
        match key.name() {
            "list" => 0,
            _ if is_public(key) => 2,
            _ => 1,
        }
    }
}

fn is_hashtag(key: &Key) -> bool {
    key.name().starts_with("hashtag")
}

/// Returns whether the channel requires no scope.
fn is_public(key: &Key) -> bool {
    is_hashtag(key) || key.name().starts_with("public")
}

/// What the hub does next.
#[derive(Debug)]
pub(super) enum Step {
    /// Requests these subscriptions again.
    Ask(Vec<Key>),
    /// Ends the streams of this subscription.
    Refuse(Key, CloseReason),
}

/// Search for the refused subscriptions among the possible ones.
#[derive(Debug)]
struct Search {
    cause: Cause,
    reason: CloseReason,
    /// All possible subscriptions.
    candidates: Vec<Key>,
    /// Groups that are not requested again yet; the last one is next.
    groups: Vec<Vec<Key>>,
    /// Group that was requested last. Empty at first, while further errors may arrive.
    current: Vec<Key>,
    asked_at: Instant,
    deadline: Instant,
    /// Time to wait for errors after requests.
    wait: Duration,
    /// Time to wait in the first round.
    first_wait: Duration,
    /// Number of errors since the last request.
    errors: usize,
    /// Number of errors before the first request: of refused subscriptions.
    expected: usize,
    confirmations: u32,
    /// Subscription that is requested for the last time after some time without errors.
    settling: Option<Key>,
    refused: usize,
    number: u32,
}

/// The searches of a connection.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    active: Option<Search>,
    waiting: VecDeque<Search>,
    /// Time that the server took for its last response.
    response_time: Duration,
    /// Last time at which a search found a refused subscription, and what its errors were about.
    last_found: Option<(Cause, Instant)>,
}

impl Refusals {
    /// Records the time that the server took to respond. The next search waits accordingly.
    pub(super) fn note_response_time(&mut self, time: Duration) {
        self.response_time = time;
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.active.as_ref().map(|search| search.deadline)
    }

    /// Handles an error.
    pub(super) fn on_error(
        &mut self,
        cause: Cause,
        reason: CloseReason,
        candidates: Candidates,
        now: Instant,
    ) -> Vec<Step> {
        if let Some(search) = self.active.as_mut().filter(|search| search.cause == cause) {
            if search.settling.is_some() {
                search.deadline = now + search.settling_time();
                return Vec::new();
            }
            search.errors += 1;
            if search.current.is_empty() {
                search.expected += 1;
                search.deadline = now + search.wait;
                return Vec::new();
            }
            search.wait = search.wait.max(wait_for(now - search.asked_at));
            return if search.errors >= search.current.len() {
                self.advance(now)
            } else {
                Vec::new()
            };
        }
        if self.waiting.iter().any(|search| search.cause == cause) {
            return Vec::new();
        }
        let Candidates {
            mut keys,
            has_unused,
            are_pending,
            requested_at,
        } = candidates;
        if keys.is_empty() {
            tracing::debug!(?reason, "the server's error matches no subscription");
            return Vec::new();
        }
        let is_late = self
            .last_found
            .is_some_and(|(found, at)| found == cause && now < at + LATE_ERRORS);
        let is_certain = cause != Cause::Unknown && are_pending && !has_unused && !is_late;
        if is_certain && keys.len() == 1 {
            let key = keys.pop();
            return key
                .map(|key| Step::Refuse(key, reason))
                .into_iter()
                .collect();
        }
        // The database query of a subscription takes longer than the response to a ping.
        let query_time = requested_at.filter(|_| are_pending).map(|at| now - at);
        let mut wait = wait_for(self.response_time.max(query_time.unwrap_or_default()));
        if is_late {
            wait = wait.max(LATE_WAIT);
        }
        let search = Search {
            cause,
            reason,
            groups: Vec::new(),
            candidates: keys,
            current: Vec::new(),
            asked_at: now,
            deadline: now + wait,
            wait,
            first_wait: wait,
            errors: 0,
            expected: 1,
            confirmations: 0,
            settling: None,
            refused: 0,
            number: 1,
        };
        match self.active {
            None => self.active = Some(search),
            Some(_) => self.waiting.push_back(search),
        }
        Vec::new()
    }

    /// Adds a subscription that was requested meanwhile: the next errors may be about it.
    pub(super) fn add(&mut self, key: &Key, now: Instant) {
        if let Some(search) = self
            .active
            .as_mut()
            .filter(|search| search.cause.may_concern(key))
            && !search.candidates.contains(key)
        {
            search.candidates.push(key.clone());
            if search.number > 1 {
                search.restart(now);
            } else if !search.current.is_empty() {
                search.current.push(key.clone());
            }
        }
    }

    /// Removes a subscription that was accepted, or whose streams were closed. Returns whether it may be refused.
    pub(super) fn remove(&mut self, key: &Key) -> bool {
        let mut was_candidate = false;
        for search in self.active.iter_mut().chain(&mut self.waiting) {
            was_candidate |= search.candidates.contains(key);
            search.candidates.retain(|candidate| candidate != key);
            search.settling.take_if(|settling| settling == key);
            for group in &mut search.groups {
                group.retain(|candidate| candidate != key);
            }
            // The current group may become empty, which is not the state before the first request.
            if search.current.len() > 1 {
                search.current.retain(|candidate| candidate != key);
            }
        }
        was_candidate
    }

    /// Evaluates the errors since the last requests and returns what to do next.
    pub(super) fn advance(&mut self, now: Instant) -> Vec<Step> {
        let mut steps = Vec::new();
        while let Some(search) = &mut self.active {
            if let Some(key) = search.settling.take() {
                search.groups.push(vec![key]);
            } else if search.evaluate(&mut steps) {
                self.last_found = Some((search.cause, now));
            }
            if search.settling.is_some() {
                search.deadline = now + search.settling_time();
                return steps;
            }
            if let Some(group) = search.next_group() {
                search.asked_at = now;
                search.deadline = now + search.wait;
                search.errors = 0;
                search.current.clone_from(&group);
                steps.push(Step::Ask(group));
                return steps;
            }
            // A refused subscription was not found: the server takes more time.
            if search.refused < search.expected
                && search.number < MAX_SEARCHES
                && !search.candidates.is_empty()
            {
                search.number += 1;
                search.groups.push(search.candidates.clone());
                search.wait = (search.wait * 2).min(MAX_WAIT);
                continue;
            }
            tracing::debug!(
                refused = search.refused,
                "search for refused subscriptions ended"
            );
            self.active = self.waiting.pop_front();
            if let Some(next) = &mut self.active {
                next.deadline = now + next.wait;
                return steps;
            }
        }
        steps
    }
}

impl Search {
    /// Starts again with short waits, because a subscription was requested after a round that found nothing: the
    /// refused one may have been closed.
    fn restart(&mut self, now: Instant) {
        self.groups.clear();
        self.current.clear();
        self.settling = None;
        (self.errors, self.confirmations, self.number) = (0, 0, 1);
        (self.wait, self.deadline) = (self.first_wait, now + self.first_wait);
    }

    /// Splits, confirms or clears the group that was requested last. Returns whether a refused subscription was found.
    fn evaluate(&mut self, steps: &mut Vec<Step>) -> bool {
        let errors = std::mem::take(&mut self.errors);
        let mut group = std::mem::take(&mut self.current);
        if group.is_empty() {
            // Further errors can no longer be responses to the first requests.
            if self.number == 1 && self.groups.is_empty() {
                self.groups.extend(halves(self.candidates.clone()));
            }
            return false;
        }
        group.retain(|key| self.candidates.contains(key));
        match (group.pop(), errors) {
            (None, _) | (_, 0) => self.confirmations = 0,
            (Some(key), _) if group.is_empty() => {
                self.confirmations += 1;
                if self.confirmations < CONFIRMATIONS {
                    self.settling = Some(key);
                    return false;
                }
                self.confirmations = 0;
                self.refused += 1;
                self.candidates.retain(|candidate| *candidate != key);
                steps.push(Step::Refuse(key, self.reason.clone()));
                return true;
            }
            (Some(key), _) => {
                self.confirmations = 0;
                group.push(key);
                self.groups.extend(halves(group));
            }
        }
        false
    }

    /// Returns the time without errors after which no response to an earlier request is expected.
    fn settling_time(&self) -> Duration {
        self.wait.clamp(LATE_WAIT, MAX_WAIT)
    }

    fn next_group(&mut self) -> Option<Vec<Key>> {
        while let Some(group) = self.groups.pop() {
            if !group.is_empty() {
                return Some(group);
            }
        }
        None
    }
}

/// Returns the time to wait for the errors of a server that takes some time to respond.
fn wait_for(response_time: Duration) -> Duration {
    (response_time * 2).clamp(MIN_WAIT, MAX_WAIT)
}

/// Splits a group. The first half, of the subscriptions that are refused most often, is last.
fn halves(mut group: Vec<Key>) -> Vec<Vec<Key>> {
    let second = group.split_off(group.len().div_ceil(2));
    vec![second, group]
}

#[cfg(test)]
mod tests;
