//! Polls.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock::iso8601;
use crate::ids::Id;
use crate::state::Poll;

pub(crate) fn poll(poll: &Poll, author: Id, viewer: Option<Id>, now: Timestamp) -> Value {
    let count = |option: usize| {
        let votes = poll.votes.values();
        votes.filter(|votes| votes.contains(&option)).count()
    };
    let expired = poll.expires <= now;
    let shows = expired || !poll.hide_totals;
    let options = poll.options.iter().enumerate().map(
        |(index, title)| json!({ "title": title, "votes_count": shows.then(|| count(index)) }),
    );
    let mut value = json!({
        "id": poll.id.to_string(), "expires_at": iso8601(poll.expires), "expired": expired, "multiple": poll.multiple,
        "votes_count": (0..poll.options.len()).map(count).sum::<usize>(), "voters_count": poll.votes.len(),
        "options": options.collect::<Vec<_>>(), "emojis": [],
    });
    if let Some(viewer) = viewer {
        let own = poll.votes.get(&viewer);
        // The author cannot vote and counts as one who has.
        value["voted"] = (own.is_some() || viewer == author).into();
        value["own_votes"] = json!(own.cloned().unwrap_or_default());
    }
    value
}
