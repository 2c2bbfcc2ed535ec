//! Preview cards: which statuses have one, and when the server has fetched it.

use jiff::Timestamp;

use super::{State, Status};
use crate::clock::later;
use crate::ids::Id;
use crate::text;

/// Top-level domain whose hosts do not exist (RFC 2606), so that nothing can be fetched from them.
const UNREACHABLE: &str = ".invalid";

impl State {
    /// Fetches the card of a status in the background: it is there for the next request at the earliest.
    pub(super) fn fetch_card_later(&mut self, id: Id, now: Timestamp) {
        let due = later(now, self.behavior.with(|behavior| behavior.card_delay));
        self.cards_to_fetch.push((due, id));
    }

    /// Attaches the cards that are due. No event announces them.
    pub(super) fn fetch_due_cards(&mut self, now: Timestamp) {
        if self.cards_to_fetch.is_empty() {
            return;
        }
        let (due, waiting) = std::mem::take(&mut self.cards_to_fetch)
            .into_iter()
            .partition(|(due, _)| *due <= now);
        self.cards_to_fetch = waiting;
        let due: Vec<(Timestamp, Id)> = due;
        for (_, id) in due {
            let url = self
                .statuses
                .get(&id)
                .and_then(|status| self.card_url(status));
            if let Some(status) = self.statuses.get_mut(&id) {
                status.card = url;
            }
        }
    }

    /// Returns the URL of the first link to another server. Statuses with media or a quote have no card.
    fn card_url(&self, status: &Status) -> Option<String> {
        if status.reblog_of.is_some() || !status.media.is_empty() || status.quote.is_some() {
            return None;
        }
        let is_remote = |url: &&str| {
            let host = host(url);
            !host.is_empty() && !host.eq_ignore_ascii_case(self.host())
        };
        let url = text::links(&status.text).find(is_remote)?;
        let name = host(url).split(':').next().unwrap_or_default();
        (!name.ends_with(UNREACHABLE)).then(|| url.to_owned())
    }
}

/// Returns the host of a URL, with its port.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}
