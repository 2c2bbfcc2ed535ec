//! The common model of all sources.

use std::collections::BTreeSet;
use std::fmt;

use mastodon_spec::yaml::{ParamLocation, Route, SourceKind, Version};

/// A description of the API from another source.
#[derive(Debug)]
pub struct ExternalApi {
    /// The kind.
    pub kind: SourceKind,
    /// The endpoints.
    pub operations: Vec<Operation>,
    /// The entities.
    pub objects: Vec<Object>,
    /// The scopes, where the source lists them.
    pub scopes: Vec<Scope>,
    /// The rate limits, where the source contains them.
    pub limits: Vec<Limit>,
    /// The streams and events, where the source lists them.
    pub streaming: Vec<StreamItem>,
    /// The version that it describes, where known.
    pub version: Option<Version>,
    /// The number of the newest version of the API that it mentions, with its position.
    pub api_version: Option<(u32, String)>,
    /// What was read, as phrases with counts.
    pub read: Vec<String>,
    /// The parts that were not understood, with their positions.
    pub unread: Vec<String>,
    /// The prefix of its paths.
    pub covers: &'static str,
}

impl ExternalApi {
    /// Whether it describes more than routes.
    pub(super) fn is_whole(&self) -> bool {
        !self.objects.is_empty() || self.operations.iter().any(|one| one.params.is_some())
    }
}

/// A stream, or an event of streams.
#[derive(Debug, Clone)]
pub struct StreamItem {
    /// The name.
    pub name: String,
    /// It is an event.
    pub event: bool,
    /// The payload of the event.
    pub payload: Shape,
    /// The events of the stream.
    pub events: Vec<String>,
    /// The first version that has it.
    pub since: Option<Version>,
    /// The position.
    pub at: String,
}

/// An endpoint.
#[derive(Debug, Clone)]
pub struct Operation {
    /// HTTP method and path.
    pub http: Route,
    /// The position.
    pub at: String,
    /// Page and anchor of the documentation, such as `methods/lists#get`.
    pub docs: Option<String>,
    /// The parameters, where the source contains them.
    pub params: Option<Vec<Parameter>>,
    /// The response.
    pub returns: Shape,
    /// The first version that has it.
    pub since: Option<Version>,
    /// The required token and scope, as in the specification.
    pub auth: Option<String>,
    /// It is removed.
    pub removed: bool,
    /// It is the same action as the endpoint with this HTTP method and the same path.
    pub twin_of: Option<Route>,
    /// It may have further parameters.
    pub is_partial: bool,
    /// Additional notes.
    pub notes: Notes,
}

/// Notes of the documentation on an endpoint; empty for other sources.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    /// The versions that deprecated and removed it.
    pub ends: Lifecycle,
    /// The required permissions of the role.
    pub permissions: Vec<String>,
    /// The statuses of its responses.
    pub statuses: BTreeSet<u16>,
    /// The events of a stream.
    pub events: Vec<String>,
}

/// A parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// The nested name without the brackets of lists: `poll[options]`.
    pub name: String,
    /// The location.
    pub location: Option<ParamLocation>,
    /// The type.
    pub shape: Shape,
    /// Whether it is required, where known.
    pub required: Option<bool>,
    /// The first version that supports it.
    pub since: Option<Version>,
    /// The possible values.
    pub values: Vec<String>,
    /// The versions that added some of the values.
    pub value_versions: Vec<(String, Version)>,
    /// The default.
    pub default: Option<String>,
    /// The maximum.
    pub max: Option<String>,
    /// The position.
    pub at: String,
}

/// An entity.
#[derive(Debug, Clone)]
pub struct Object {
    /// The name.
    pub name: String,
    /// The fields including nested ones: `application.name`.
    pub attributes: Vec<Attribute>,
    /// The position.
    pub at: String,
    /// The page of the documentation.
    pub docs: Option<String>,
    /// It also has fields of other entities, which are not listed.
    pub partial: bool,
    /// Nothing in the source shows that responses contain it.
    pub unused: bool,
}

/// A field of an entity.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// The path of names, joined by dots.
    pub path: String,
    /// The type.
    pub shape: Shape,
    /// Whether it can be null.
    pub nullable: bool,
    /// Whether it can be absent.
    pub optional: bool,
    /// The first version that has it.
    pub since: Option<Version>,
    /// It is removed.
    pub removed: bool,
    /// The versions that deprecated and removed it.
    pub ends: Lifecycle,
    /// The possible values.
    pub values: Vec<String>,
    /// The versions that added some of the values.
    pub value_versions: Vec<(String, Version)>,
    /// The position.
    pub at: String,
}

/// The versions that deprecated and removed an item, where known.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    /// The version that deprecated it.
    pub deprecated: Option<Version>,
    /// It is marked as deprecated.
    pub marked: bool,
    /// The version that removed it.
    pub removed: Option<Version>,
}

impl Attribute {
    /// The page, without the line.
    pub(super) fn at_page(&self) -> &str {
        self.at
            .rsplit_once(':')
            .map_or(self.at.as_str(), |(page, _)| page)
    }
}

/// A scope.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The name.
    pub name: String,
    /// The first version that supports it, where known.
    pub since: Option<Version>,
    /// It is deprecated.
    pub deprecated: bool,
    /// Included scopes other than its sub-scopes.
    pub includes: Vec<String>,
    /// The position.
    pub at: String,
}

/// A rate limit.
#[derive(Debug, Clone)]
pub struct Limit {
    /// The endpoints that are counted together; empty for all endpoints.
    pub endpoints: Vec<Route>,
    /// The maximum number of requests.
    pub requests: u32,
    /// The length of the window in seconds.
    pub seconds: u32,
    /// Requests are counted by IP address, not by user.
    pub by_address: bool,
    /// The position.
    pub at: String,
}

/// A type in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Unknown, or one of several types.
    Unknown,
    /// A string.
    String,
    /// A string with date and time.
    DateTime,
    /// A string with a date.
    Date,
    /// A string with a URL.
    Url,
    /// An integer.
    Integer,
    /// Any number.
    Number,
    /// A boolean.
    Bool,
    /// A file.
    File,
    /// An anonymous object, or a mapping.
    Object,
    /// An entity.
    Named(String),
    /// A list.
    List(Box<Shape>),
    /// An empty object.
    Nothing,
}

impl Shape {
    /// A list of this type.
    pub fn list(self) -> Self {
        Self::List(Box::new(self))
    }

    /// The type of the elements of a list, recursively; otherwise the type itself.
    pub fn innermost(&self) -> &Self {
        match self {
            Self::List(inner) => inner.innermost(),
            own => own,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "json",
            Self::String => "string",
            Self::DateTime => "datetime",
            Self::Date => "date",
            Self::Url => "url",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Bool => "bool",
            Self::File => "file",
            Self::Object => "object",
            Self::Named(name) => name,
            Self::List(inner) => return write!(f, "[{inner}]"),
            Self::Nothing => "nothing",
        })
    }
}

/// A nested name without the brackets and indexes of lists.
pub(super) fn flat(name: &str) -> String {
    let mut parts = name
        .split('[')
        .map(|part| part.trim_end_matches(']').trim());
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let index = part.is_empty()
            || part.starts_with(':')
            || part.bytes().all(|byte| byte.is_ascii_digit());
        if !index {
            out = format!("{out}[{part}]");
        }
    }
    out
}

/// Normalizes a name for comparison: `Admin::Account`, `Admin_Account` and `AdminAccount` are equal.
pub(super) fn plain(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}
