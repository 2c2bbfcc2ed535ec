//! Rewrites old forms: keys that have another name now, and facts that follow from others.

use std::collections::BTreeSet;

use mastodon_spec::derive::derived_errors;
use mastodon_spec::yaml::{Auth, Version};
use mastodon_yaml::plain_scalar;

use super::order::{Item, Kind};
use super::parse::{Document, Entry, Node, Scalar};

/// Rewrites old forms. Returns whether there were any.
pub(super) fn migrate(kind: Kind, document: &mut Document) -> bool {
    node(kind, &mut document.root)
}

fn node(kind: Kind, value: &mut Node) -> bool {
    let mut changed = match kind {
        Kind::One(item) => one(item, value),
        _ => false,
    };
    match value {
        Node::Map(entries) | Node::Items(entries) => {
            for entry in entries {
                changed |= node(kind.under(&entry.key.text), &mut entry.value);
            }
        }
        Node::FlowMap(entries) => {
            for (key, value) in entries {
                changed |= node(kind.under(&key.text), value);
            }
        }
        Node::FlowList(items) => {
            for item in items {
                changed |= node(kind.under(""), item);
            }
        }
        Node::Scalar(_) => {}
    }
    changed
}

fn one(item: Item, value: &mut Node) -> bool {
    let mut changed = value.rename("source", "seen");
    match item {
        Item::Method => {
            changed |= value.move_into("documented_as", "http");
            if let Some(paging) = value.get_mut("paging")
                && let Some(limit) = paging.remove("documented_limit")
            {
                value.documented("limit", limit);
                changed = true;
            }
            changed |= errors(value) | undocumented(value);
        }
        Item::Param => changed |= value.move_into("documented_as", "name"),
        Item::Entity => changed |= versions(value, "fields") | undocumented(value),
        Item::Field => changed |= undocumented(value),
        Item::Input => changed |= versions(value, "params"),
        Item::Enumeration => changed |= versions(value, "values"),
        Item::Paging
        | Item::Alias
        | Item::AlreadyApplied
        | Item::LostResponse
        | Item::Value
        | Item::Event => {}
    }
    changed
}

/// Removes error statuses that follow from the token that the method requires.
fn errors(method: &mut Node) -> bool {
    let auth = method
        .text("auth")
        .and_then(|auth| auth.parse::<Auth>().ok());
    let derived: BTreeSet<String> = derived_errors(auth.as_ref())
        .map(|status| status.to_string())
        .collect();
    let is_derived =
        |node: &Node| matches!(node, Node::Scalar(status) if derived.contains(&status.text));
    let (removed, is_empty) = match method.get_mut("errors") {
        Some(Node::FlowList(items)) => {
            let before = items.len();
            items.retain(|item| !is_derived(item));
            (items.len() < before, items.is_empty())
        }
        // Comments explain a status, so it is kept with them.
        Some(Node::Items(entries)) => {
            let before = entries.len();
            let is_explained =
                |entry: &Entry| !entry.comments.is_empty() || entry.trailing.is_some();
            entries.retain(|entry| is_explained(entry) || !is_derived(&entry.value));
            (entries.len() < before, entries.is_empty())
        }
        _ => return false,
    };
    if removed && is_empty {
        method.remove("errors");
    }
    removed
}

/// Removes `undocumented` from the fields and parameters of something undocumented.
fn undocumented(owner: &mut Node) -> bool {
    if owner.text("undocumented") != Some("true") {
        return false;
    }
    let seen = owner.text("seen").map(str::to_owned);
    let mut changed = false;
    for members in ["fields", "params"] {
        let Some(members) = owner.get_mut(members) else {
            continue;
        };
        for member in members.values_mut() {
            changed |= undocumented(member);
            changed |= member.remove("undocumented").is_some();
            if member.text("seen").is_some() && member.text("seen") == seen.as_deref() {
                member.remove("seen");
            }
        }
    }
    changed
}

/// Moves the oldest `since` of the members up to their owner, and removes those that equal it. What an owner with a
/// version contains keeps its own: the explicit version of a new item says that it is meant.
fn versions(owner: &mut Node, members: &str) -> bool {
    if owner.text("since").is_some() || owner.text("extends").is_some() {
        return false;
    }
    let Some(since) = owner.get(members).and_then(oldest) else {
        return false;
    };
    owner.insert("since", plain(since.to_string()));
    if let Some(members) = owner.get_mut(members) {
        inherit(members, &since);
    }
    true
}

/// The oldest version of members that all have one, not counting those that only other servers have.
fn oldest(members: &Node) -> Option<Version> {
    let mut oldest: Option<Version> = None;
    for member in members.values() {
        let Some(since) = member.version() else {
            if member.is_on_others() {
                continue;
            }
            return None;
        };
        if oldest.as_ref().is_none_or(|oldest| since < *oldest) {
            oldest = Some(since);
        }
    }
    oldest
}

/// Removes the `since` of members that equals that of their owner.
fn inherit(members: &mut Node, owner: &Version) {
    for member in members.values_mut() {
        if member.version().as_ref() == Some(owner) && !member.is_on_others() {
            member.remove("since");
            if let Some(fields) = member.get_mut("fields") {
                inherit(fields, owner);
            }
        }
    }
}

fn plain(text: String) -> Node {
    Node::Scalar(Scalar {
        text,
        quoted: false,
    })
}

impl Node {
    fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => {
                let mut entries = entries.iter();
                Some(&entries.find(|entry| entry.key.text == key)?.value)
            }
            Self::FlowMap(entries) => {
                let mut entries = entries.iter();
                Some(&entries.find(|(name, _)| name.text == key)?.1)
            }
            _ => None,
        }
    }

    fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match self {
            Self::Map(entries) => {
                let mut entries = entries.iter_mut();
                Some(&mut entries.find(|entry| entry.key.text == key)?.value)
            }
            Self::FlowMap(entries) => {
                let mut entries = entries.iter_mut();
                Some(&mut entries.find(|(name, _)| name.text == key)?.1)
            }
            _ => None,
        }
    }

    fn values(&self) -> Vec<&Self> {
        match self {
            Self::Map(entries) => entries.iter().map(|entry| &entry.value).collect(),
            Self::FlowMap(entries) => entries.iter().map(|(_, value)| value).collect(),
            _ => Vec::new(),
        }
    }

    fn values_mut(&mut self) -> Vec<&mut Self> {
        match self {
            Self::Map(entries) => entries.iter_mut().map(|entry| &mut entry.value).collect(),
            Self::FlowMap(entries) => entries.iter_mut().map(|(_, value)| value).collect(),
            _ => Vec::new(),
        }
    }

    fn text(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Self::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    fn version(&self) -> Option<Version> {
        self.text("since")?.parse().ok()
    }

    /// Whether servers other than Mastodon have it. Without `since`, Mastodon does not.
    fn is_on_others(&self) -> bool {
        let conditions = self.get("on").map(Self::values).unwrap_or_default();
        conditions
            .iter()
            .any(|condition| !matches!(condition, Self::Scalar(scalar) if scalar.text == "false"))
    }

    /// Removes a key. Its comments are kept with the next key, or the one before.
    fn remove(&mut self, key: &str) -> Option<Self> {
        match self {
            Self::Map(entries) => {
                let at = entries.iter().position(|entry| entry.key.text == key)?;
                let mut entry = entries.remove(at);
                entry.comments.extend(entry.trailing.take());
                let neighbor = if at < entries.len() {
                    at
                } else {
                    at.saturating_sub(1)
                };
                if let Some(neighbor) = entries.get_mut(neighbor) {
                    entry.comments.append(&mut neighbor.comments);
                    neighbor.comments = entry.comments;
                    neighbor.blank |= entry.blank && at > 0;
                }
                Some(entry.value)
            }
            Self::FlowMap(entries) => {
                let at = entries.iter().position(|(name, _)| name.text == key)?;
                Some(entries.remove(at).1)
            }
            _ => None,
        }
    }

    /// Adds a key at the end; its position follows from the order of keys.
    fn insert(&mut self, key: &str, value: Self) {
        let key = Scalar {
            text: key.to_owned(),
            quoted: false,
        };
        match self {
            Self::Map(entries) => entries.push(Entry {
                blank: false,
                comments: Vec::new(),
                key,
                value,
                trailing: None,
            }),
            Self::FlowMap(entries) => entries.push((key, value)),
            _ => {}
        }
    }

    fn rename(&mut self, old: &str, new: &str) -> bool {
        let key = match self {
            Self::Map(entries) => {
                let mut keys = entries.iter_mut().map(|entry| &mut entry.key);
                keys.find(|key| key.text == old)
            }
            Self::FlowMap(entries) => {
                let mut keys = entries.iter_mut().map(|(key, _)| key);
                keys.find(|key| key.text == old)
            }
            _ => None,
        };
        key.map(|key| new.clone_into(&mut key.text)).is_some()
    }

    /// Moves a key into `documented`, under a new name.
    fn move_into(&mut self, old: &str, new: &str) -> bool {
        let Some(value) = self.remove(old) else {
            return false;
        };
        self.documented(new, value);
        true
    }

    fn documented(&mut self, key: &str, mut value: Self) {
        if let Self::Scalar(scalar) = &mut value {
            // A path with braces needs quotes in a map on one line; the writer removes others.
            scalar.quoted |= plain_scalar(&scalar.text).is_string();
        }
        if self.get("documented").is_none() {
            self.insert("documented", Self::FlowMap(Vec::new()));
        }
        if let Some(documented) = self.get_mut("documented") {
            documented.insert(key, value);
        }
    }
}
