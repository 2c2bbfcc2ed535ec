//! The range of a list that the caller asked for. The pages that follow stay within it.

use mastodon_types::Cursor;

use crate::call::params::{Group, Value};
use crate::call::request::Request;
use crate::serde_impls::{deserialize_struct, serialize_struct};

/// Bounds of a list, both exclusive.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ListRange {
    newer_than: Option<String>,
    older_than: Option<String>,
}

serialize_struct!(ListRange {
    newer_than,
    older_than
});
deserialize_struct!(ListRange {
    newer_than: required,
    older_than: required
});

/// Direction of the pages that follow a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Older,
    Newer,
}

impl ListRange {
    /// Returns the range that the cursors of the first request select.
    pub(crate) fn of(values: &Group) -> Self {
        Self {
            newer_than: cursor(values, "min_id").or_else(|| cursor(values, "since_id")),
            older_than: cursor(values, "max_id"),
        }
    }

    /// Adds the bound that a link does not contain: servers link to a page by one cursor only.
    pub(super) fn keep_bound(&self, values: &mut Group, request: &Request, direction: Direction) {
        let (bound, names): (_, &[&'static str]) = match direction {
            Direction::Older => (&self.newer_than, &["since_id", "min_id"]),
            Direction::Newer => (&self.older_than, &["max_id"]),
        };
        let is_linked = names.iter().any(|name| values.get(name).is_some());
        let name = names.iter().find(|name| request.accepts_cursor(name));
        if let (false, Some(name), Some(bound)) = (is_linked, name, bound) {
            values.set(*name, bound.clone());
        }
    }
}

impl Request {
    /// Returns whether the list has a cursor parameter. Of a list that the SDK does not know, it is assumed.
    pub(super) fn accepts_cursor(&self, name: &str) -> bool {
        let paging = self.endpoint.paging.as_ref();
        paging.is_none_or(|paging| paging.cursors.contains(&name))
    }

    /// Sets a cursor parameter.
    pub(crate) fn set_cursor(&mut self, name: &'static str, cursor: Cursor) {
        if cursor.is_time() {
            self.time_cursor = Some(name);
        } else if self.time_cursor == Some(name) {
            self.time_cursor = None;
        }
        self.set(name, cursor.into_string());
    }

    /// Selects the items after a position, beginning with the oldest.
    pub(crate) fn set_newer_than(&mut self, position: Cursor) {
        let name = match self.accepts_cursor("min_id") {
            true => "min_id",
            false => "since_id",
        };
        self.set_cursor(name, position);
        self.oldest_first = true;
    }

    /// Returns whether the pages that follow contain newer items.
    pub(super) fn is_oldest_first(&self) -> bool {
        let is_first = self.range.is_none();
        self.oldest_first || (is_first && self.values.get("min_id").is_some())
    }

    /// Returns the range of the list.
    pub(super) fn range(&self) -> ListRange {
        let range = self.range.clone();
        range.unwrap_or_else(|| ListRange::of(&self.values))
    }

    /// Returns the request for another page of the list.
    pub(super) fn following(&self, values: Group) -> Self {
        let mut request = self.with_values(values);
        request.range = Some(self.range());
        request.oldest_first = self.is_oldest_first();
        request
    }
}

/// Returns the value of a cursor parameter.
pub(super) fn cursor(values: &Group, name: &str) -> Option<String> {
    match values.get(name)? {
        Value::String(text) => Some(text.to_string()),
        Value::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}
