//! Items of the queue between the task of a stream and the application.

use std::collections::VecDeque;

use crate::streaming::backfill::positions::{EventKind, Position};
use crate::streaming::generated::StreamEvent;

/// An item of the queue.
#[derive(Debug)]
pub(super) enum Item {
    Event(StreamEvent),
    /// An event that a backfill found.
    Missed(StreamEvent),
    /// Positions of a list that had no starting point.
    Baseline(EventKind, Vec<Position>),
    /// Position up to which a list is complete, or its missing events are reported.
    Reset(EventKind, Position),
    /// A list with events that may be missing, and the position after which, if it is known.
    Gap(EventKind, Option<Position>),
    /// A list that is complete.
    Filled(EventKind),
}

impl Item {
    /// Returns whether the application takes the item. The others keep its checkpoint complete, and are neither dropped
    /// nor counted.
    pub(super) fn is_event(&self) -> bool {
        matches!(self, Self::Event(_) | Self::Missed(_))
    }

    /// Returns what the item sets in the checkpoint. An item that sets the same replaces it.
    fn sets(&self) -> Option<(EventKind, &'static str)> {
        match self {
            Self::Event(_) | Self::Missed(_) | Self::Baseline(..) => None,
            Self::Reset(kind, _) => Some((*kind, "position")),
            Self::Gap(kind, _) | Self::Filled(kind) => Some((*kind, "gap")),
        }
    }
}

/// Removes the items around `index` that later ones replace, up to the next event in both directions. Without it, their
/// number would grow as long as the application takes no events.
pub(super) fn remove_replaced(items: &mut VecDeque<(Item, usize)>, index: usize) {
    let is_event = |(item, _): &(Item, usize)| item.is_event();
    let start = items.iter().take(index).rposition(is_event);
    let start = start.map_or(0, |event| event + 1);
    let events = items.iter().skip(index).position(is_event);
    let end = events.map_or(items.len(), |event| index + event);
    let mut set = Vec::new();
    for index in (start..end).rev() {
        let Some(sets) = items[index].0.sets() else {
            continue;
        };
        if set.contains(&sets) {
            items.remove(index);
        } else {
            set.push(sets);
        }
    }
}
