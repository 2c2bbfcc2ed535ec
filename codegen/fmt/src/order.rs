//! The order of keys. Names defined by the specification keep their order.

use mastodon_spec::load::API;

use super::parse::{Document, Node};

/// What a mapping contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file of methods.
    MethodsFile,
    /// A file of entities.
    EntitiesFile,
    /// `api.yaml`.
    ApiFile,
    /// Items of this kind by name.
    Named(Item),
    /// One item.
    One(Item),
    /// Anything else; its keys keep their order.
    Other,
}

/// The items whose keys are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Method,
    Param,
    Paging,
    Alias,
    AlreadyApplied,
    LostResponse,
    Input,
    Entity,
    Field,
    Enumeration,
    Value,
    /// A stream or an event of streams; their keys keep their order.
    Event,
}

impl Kind {
    /// The kind of a whole file.
    pub(super) fn of(file: &str) -> Self {
        match file.split_once('/') {
            Some(("methods", _)) => Self::MethodsFile,
            Some(("entities", _)) => Self::EntitiesFile,
            None if file == API => Self::ApiFile,
            _ => Self::Other,
        }
    }

    /// The kind of the value of a key.
    pub(super) fn under(self, key: &str) -> Self {
        use Item::{
            Alias, AlreadyApplied, Entity, Enumeration, Event, Field, Input, LostResponse, Method,
            Paging, Param, Value,
        };
        match (self, key) {
            (Self::MethodsFile, "methods") => Self::Named(Method),
            (Self::MethodsFile, "inputs") => Self::Named(Input),
            (Self::EntitiesFile, "entities") => Self::Named(Entity),
            (Self::EntitiesFile, "enums") => Self::Named(Enumeration),
            (Self::ApiFile, "streams" | "events") => Self::Named(Event),
            (Self::ApiFile, "push") => Self::One(Event),
            (Self::One(Method | Input), "params") => Self::Named(Param),
            (Self::One(Method), "paging") => Self::One(Paging),
            (Self::One(Method), "aliases") => Self::Named(Alias),
            (Self::One(Method), "already_applied") => Self::One(AlreadyApplied),
            (Self::One(Method), "lost_response") => Self::One(LostResponse),
            (Self::One(Entity | Field), "fields") => Self::Named(Field),
            (Self::One(Enumeration), "values") => Self::Named(Value),
            (Self::Named(item), _) => Self::One(item),
            _ => Self::Other,
        }
    }

    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::MethodsFile => &["title", "description", "docs", "methods", "inputs"],
            Self::EntitiesFile => &["title", "description", "docs", "ids", "enums", "entities"],
            Self::One(item) => item.keys(),
            Self::Named(_) | Self::ApiFile | Self::Other => &[],
        }
    }
}

impl Item {
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Event => &[],
            Self::Method => &[
                "http",
                "also_accepts",
                "aliases",
                "docs",
                "summary",
                "search_words",
                "since",
                "on",
                "deprecated",
                "deprecated_on",
                "removed",
                "replaced_by",
                "undocumented",
                "seen",
                "documented",
                "note",
                "review_note",
                "auth",
                "auth_since",
                "host",
                "permission",
                "returns",
                "paging",
                "responses",
                "errors",
                "not_returned",
                "rate_limit",
                "body",
                "arguments",
                "prepare",
                "idempotent",
                "already_applied",
                "lost_response",
                "async_refresh",
                "params",
            ],
            Self::Param => &[
                "in",
                "type",
                "sent_as",
                "returns",
                "required",
                "missing_status",
                "essential",
                "default",
                "min",
                "max",
                "max_length",
                "max_items",
                "items_per_request",
                "nullable",
                "indexed",
                "as",
                "since",
                "on",
                "deprecated",
                "removed",
                "unsupported",
                "undocumented",
                "seen",
                "documented",
                "example",
                "search_words",
                "description",
                "note",
                "review_note",
            ],
            Self::Paging => &[
                "style",
                "limit",
                "limit_since",
                "cursors",
                "unsupported",
                "prev_cursor",
                "link_header",
                "dropped_by_link",
            ],
            Self::Alias => &[
                "http",
                "since",
                "on",
                "deprecated",
                "removed",
                "note",
                "review_note",
            ],
            Self::AlreadyApplied => &["status", "message", "verify_with", "applied_when"],
            Self::LostResponse => &["find_in", "by", "created", "find_with", "check"],
            Self::Input => &[
                "description",
                "search_words",
                "since",
                "note",
                "review_note",
                "push_alerts",
                "params",
            ],
            Self::Entity => &[
                "description",
                "search_words",
                "docs",
                "extends",
                "since",
                "on",
                "deprecated",
                "removed",
                "undocumented",
                "seen",
                "documented",
                "note",
                "review_note",
                "one_of",
                "fields",
            ],
            Self::Field => &[
                "type",
                "list",
                "sent_as",
                "nullable",
                "optional",
                "if_missing",
                "also_sent_as",
                "from",
                "min",
                "max",
                "max_length",
                "since",
                "on",
                "deprecated",
                "removed",
                "undocumented",
                "seen",
                "documented",
                "as",
                "example",
                "search_words",
                "description",
                "note",
                "review_note",
                "fields",
            ],
            Self::Enumeration => &[
                "description",
                "search_words",
                "since",
                "note",
                "review_note",
                "unknown_as",
                "values",
            ],
            Self::Value => &[
                "as",
                "since",
                "on",
                "deprecated",
                "removed",
                "undocumented",
                "seen",
                "fields",
                "push",
                "search_words",
                "description",
            ],
        }
    }
}

/// Sorts all keys of a file.
pub(super) fn sort(kind: Kind, document: &mut Document) {
    sort_node(kind, &mut document.root);
}

fn sort_node(kind: Kind, node: &mut Node) {
    let rank = |key: &str| {
        let keys = kind.keys();
        keys.iter()
            .position(|known| *known == key)
            .unwrap_or(keys.len())
    };
    match node {
        Node::Map(entries) => {
            let first = entries.first().map(|entry| entry.blank);
            entries.sort_by_key(|entry| rank(&entry.key.text));
            // A blank line before the first entry stays before the new first entry.
            if let (Some(blank), Some(entry)) = (first, entries.first_mut()) {
                entry.blank |= blank;
            }
            for entry in entries {
                sort_node(kind.under(&entry.key.text), &mut entry.value);
            }
        }
        Node::Items(entries) => {
            for entry in entries {
                sort_node(kind.under(""), &mut entry.value);
            }
        }
        Node::FlowMap(entries) => {
            entries.sort_by_key(|(key, _)| rank(&key.text));
            for (key, value) in entries {
                sort_node(kind.under(&key.text), value);
            }
        }
        Node::FlowList(items) => {
            for item in items {
                sort_node(kind.under(""), item);
            }
        }
        Node::Scalar(_) => {}
    }
}
