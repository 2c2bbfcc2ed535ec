//! Changes of real response bodies and event payloads: values that a real server sends only rarely.

use axum::http::HeaderName;
use serde_json::Value;

use crate::response::Response;

/// Pointer segment that selects every item of an array and every member of an object.
const WILDCARD: &str = "*";

/// Change of a response or of the payload of an event.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Puts these bytes in place of the values at a pointer.
    Set(Pointer, Vec<u8>),
    /// Removes the values at a pointer.
    Remove(Pointer),
    ByteOrderMark,
    ShortenedBody,
    Header(HeaderName, String),
}

impl Change {
    /// Whether an event has the part that is changed.
    fn applies_to_events(&self) -> bool {
        !matches!(self, Self::Header(..))
    }
}

/// JSON pointer (RFC 6901) with wildcards.
#[derive(Clone, Debug)]
pub(crate) struct Pointer(Vec<String>);

impl Pointer {
    pub(crate) fn new(pointer: &str) -> Self {
        assert!(
            pointer.is_empty() || pointer.starts_with('/'),
            "`{pointer}` is not a JSON pointer; start it with `/`"
        );
        let unescape = |segment: &str| segment.replace("~1", "/").replace("~0", "~");
        Self(pointer.split('/').skip(1).map(unescape).collect())
    }

    /// Returns the values that contain the values at this pointer, and the last segment. `None` is the top level.
    fn parents<'v>(&self, top: &'v mut Value) -> Option<(Vec<&'v mut Value>, &str)> {
        let (last, path) = self.0.split_last()?;
        let mut parents = vec![top];
        for segment in path {
            parents = parents
                .into_iter()
                .flat_map(|value| children(value, segment))
                .collect();
        }
        Some((parents, last))
    }

    /// Replaces the values at this pointer. Adds a missing member of an object. Returns whether something changed.
    fn set(&self, top: &mut Value, new: &Value) -> bool {
        let Some((parents, last)) = self.parents(top) else {
            top.clone_from(new);
            return true;
        };
        let mut changed = false;
        for parent in parents {
            if last != WILDCARD
                && let Value::Object(members) = parent
            {
                members.insert(last.to_owned(), new.clone());
                changed = true;
                continue;
            }
            for value in children(parent, last) {
                value.clone_from(new);
                changed = true;
            }
        }
        changed
    }

    /// Removes the values at this pointer. Returns whether there was one.
    fn remove(&self, top: &mut Value) -> bool {
        let Some((parents, last)) = self.parents(top) else {
            return false;
        };
        let mut changed = false;
        for parent in parents {
            changed |= match parent {
                Value::Object(members) if last == WILDCARD => !std::mem::take(members).is_empty(),
                Value::Object(members) => members.remove(last).is_some(),
                Value::Array(items) if last == WILDCARD => !std::mem::take(items).is_empty(),
                Value::Array(items) => {
                    let index = index(last).filter(|index| *index < items.len());
                    index.map(|index| items.remove(index)).is_some()
                }
                _ => false,
            };
        }
        changed
    }
}

fn index(segment: &str) -> Option<usize> {
    segment.parse().ok()
}

/// Returns the values that a segment selects.
fn children<'v>(value: &'v mut Value, segment: &str) -> Vec<&'v mut Value> {
    let is_wildcard = segment == WILDCARD;
    match value {
        Value::Object(members) => members
            .iter_mut()
            .filter(|(name, _)| is_wildcard || *name == segment)
            .map(|(_, value)| value)
            .collect(),
        Value::Array(items) => items
            .iter_mut()
            .enumerate()
            .filter(|(at, _)| is_wildcard || Some(*at) == index(segment))
            .map(|(_, value)| value)
            .collect(),
        _ => Vec::new(),
    }
}

/// Body to which changes are applied one after the other.
pub(crate) struct Body {
    /// `None` if the body is not JSON.
    json: Option<Value>,
    original: Vec<u8>,
    /// Bytes that replace placeholders in `json`: they need not be valid JSON, so `json` cannot contain them.
    raw: Vec<Vec<u8>>,
    has_byte_order_mark: bool,
    is_shortened: bool,
    is_changed: bool,
}

impl Body {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self {
            json: serde_json::from_slice(bytes).ok(),
            original: bytes.to_vec(),
            raw: Vec::new(),
            has_byte_order_mark: false,
            is_shortened: false,
            is_changed: false,
        }
    }

    /// Applies a change. Returns whether the body has what the change needs.
    fn apply(&mut self, change: &Change) -> bool {
        let applied = match change {
            Change::Set(pointer, bytes) => {
                let placeholder = Value::String(placeholder(self.raw.len()));
                let applied = match &mut self.json {
                    Some(json) => pointer.set(json, &placeholder),
                    // The complete body can be replaced even if it is not JSON.
                    None if pointer.0.is_empty() => {
                        self.json = Some(placeholder);
                        true
                    }
                    None => false,
                };
                if applied {
                    self.raw.push(bytes.clone());
                }
                applied
            }
            Change::Remove(pointer) => {
                let json = self.json.as_mut();
                json.is_some_and(|json| pointer.remove(json))
            }
            Change::ByteOrderMark => {
                self.has_byte_order_mark = true;
                true
            }
            Change::ShortenedBody => {
                self.is_shortened = true;
                true
            }
            Change::Header(..) => return false,
        };
        self.is_changed |= applied;
        applied
    }

    /// Applies a change to the payload of an event. Returns whether the event has what the change needs.
    pub(crate) fn apply_to_event(&mut self, change: &Change) -> bool {
        change.applies_to_events() && self.apply(change)
    }

    /// Applies a change to a response with this body. Returns whether the response has what the change needs.
    pub(crate) fn apply_to_response(&mut self, change: &Change, response: &mut Response) -> bool {
        if let Change::Header(name, value) = change {
            response.headers.retain(|(own, _)| own != name);
            response.headers.push((name.clone(), value.clone()));
            return true;
        }
        self.apply(change)
    }

    /// Returns the changed bytes, or `None` if nothing was changed.
    pub(crate) fn into_changed(self) -> Option<Vec<u8>> {
        if !self.is_changed {
            return None;
        }
        let mut bytes = match self.json {
            Some(json) => json.to_string().into_bytes(),
            None => self.original,
        };
        for (number, raw) in self.raw.iter().enumerate() {
            let quoted = format!("\"{}\"", placeholder(number));
            bytes = replace(&bytes, quoted.as_bytes(), raw);
        }
        if self.is_shortened {
            bytes.truncate(bytes.len() / 2);
        }
        if self.has_byte_order_mark {
            bytes.splice(..0, *b"\xef\xbb\xbf");
        }
        Some(bytes)
    }
}

/// Text that marks a value in the JSON until it is serialized.
fn placeholder(number: usize) -> String {
    format!("<changed value {number} of the test server>")
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let (mut replaced, mut rest) = (Vec::new(), bytes);
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        let (before, after) = rest.split_at(at);
        replaced.extend_from_slice(before);
        replaced.extend_from_slice(to);
        rest = after.get(from.len()..).unwrap_or_default();
    }
    replaced.extend_from_slice(rest);
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(json: &str, changes: &[Change]) -> Option<String> {
        let mut body = Body::new(json.as_bytes());
        for change in changes {
            body.apply(change);
        }
        body.into_changed()
            .map(|bytes| String::from_utf8(bytes).unwrap())
    }

    fn set(pointer: &str, value: &str) -> Change {
        Change::Set(Pointer::new(pointer), value.into())
    }

    fn remove(pointer: &str) -> Change {
        Change::Remove(Pointer::new(pointer))
    }

    #[test]
    fn value_is_set_at_each_place_that_the_pointer_selects() {
        let json = r#"[{"a":{"b":1}},{"a":null},{"a":{}}]"#;
        assert_eq!(
            changed(json, &[set("/*/a/b", "1e999")]).unwrap(),
            r#"[{"a":{"b":1e999}},{"a":null},{"a":{"b":1e999}}]"#
        );
        assert_eq!(
            changed(json, &[set("/1", "2"), set("/0/a/b", "3")]).unwrap(),
            r#"[{"a":{"b":3}},2,{"a":{}}]"#
        );
        assert_eq!(changed(json, &[set("", "")]).unwrap(), "");
        assert_eq!(
            changed(r#"{"a/b":1}"#, &[set("/a~1b", "2")]).unwrap(),
            r#"{"a/b":2}"#
        );
        for pointer in ["/7", "/-", "/0/a/b/c", "/0/x/b"] {
            assert_eq!(changed(json, &[set(pointer, "1")]), None, "{pointer}");
        }
    }

    #[test]
    fn value_is_removed_at_each_place_that_the_pointer_selects() {
        let json = r#"[{"a":1,"b":2},{"b":3}]"#;
        assert_eq!(changed(json, &[remove("/*/b")]).unwrap(), r#"[{"a":1},{}]"#);
        assert_eq!(changed(json, &[remove("/0")]).unwrap(), r#"[{"b":3}]"#);
        assert_eq!(changed(json, &[remove("/*")]).unwrap(), "[]");
        for pointer in ["/2", "/0/c", ""] {
            assert_eq!(changed(json, &[remove(pointer)]), None, "{pointer}");
        }
    }
}
