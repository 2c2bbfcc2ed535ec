//! Polls.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock::iso8601;
use crate::ids::Id;
use crate::state::Poll;

pub(crate) fn poll(poll: &Poll, author: Id, viewer: Option<Id>, now: Timestamp) -> Value {
    let votes_for = |option: usize| {
        let votes = poll.votes.values();
        votes.filter(|votes| votes.contains(&option)).count()
    };
    let expired = poll.expires <= now;
    let shows_totals = expired || !poll.hide_totals;
    let options = poll.options.iter().enumerate().map(
        |(index, title)| json!({ "title": title, "votes_count": shows_totals.then(|| votes_for(index)) }),
    );
    let mut value = json!({
        "id": poll.id.to_string(), "expires_at": iso8601(poll.expires), "expired": expired, "multiple": poll.multiple,
        "votes_count": (0..poll.options.len()).map(votes_for).sum::<usize>(), "voters_count": poll.votes.len(),
        "options": options.collect::<Vec<_>>(), "emojis": [],
    });
    if let Some(viewer) = viewer {
        let own_votes = poll.votes.get(&viewer);
        // Authors cannot vote, and Mastodon reports that they have voted.
        value["voted"] = (own_votes.is_some() || viewer == author).into();
        value["own_votes"] = json!(own_votes.cloned().unwrap_or_default());
    }
    value
}
