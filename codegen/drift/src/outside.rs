//! What a source says, whatever its form.

use std::collections::BTreeSet;
use std::fmt;

use mastodon_spec::yaml::{HttpLine, Place, SourceKind, Version};

/// A description of the API by others.
#[derive(Debug)]
pub struct Outside {
    /// Its kind.
    pub kind: SourceKind,
    /// Its endpoints.
    pub operations: Vec<Operation>,
    /// Its entities.
    pub objects: Vec<Object>,
    /// The scopes of tokens, where it lists them.
    pub scopes: Vec<Scope>,
    /// The rate limits, where it tells of them.
    pub limits: Vec<Limit>,
    /// The streams and events of the streaming API, where it lists them.
    pub streaming: Vec<Streamed>,
    /// What could not be understood.
    pub unread: Vec<String>,
    /// The beginning of the paths that it covers.
    pub covers: &'static str,
}

/// A stream, or an event of streams.
#[derive(Debug, Clone)]
pub struct Streamed {
    /// Its name.
    pub name: String,
    /// It is an event.
    pub event: bool,
    /// The first version that has it.
    pub since: Option<Version>,
    /// Where it stands.
    pub at: String,
}

/// An endpoint.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Verb and path.
    pub http: HttpLine,
    /// Where it stands.
    pub at: String,
    /// The page and anchor of the documentation, such as `methods/lists#get`.
    pub docs: Option<String>,
    /// The parameters, where the source tells of them.
    pub params: Option<Vec<Parameter>>,
    /// What it answers.
    pub returns: Shape,
    /// The first version that has it.
    pub since: Option<Version>,
    /// The token and scope that it wants, as the specification writes it.
    pub auth: Option<String>,
    /// No server has it any more.
    pub removed: bool,
    /// It does the same as the endpoint of the same path with this verb.
    pub twin_of: Option<HttpLine>,
    /// What is told of it besides.
    pub remarks: Remarks,
}

/// What the documentation tells of an endpoint besides its form; nothing where it does not.
#[derive(Debug, Clone, Default)]
pub struct Remarks {
    /// The versions that ended it.
    pub ends: Ends,
    /// The permissions that the user's role needs.
    pub permissions: Vec<String>,
    /// The statuses of its answers and errors.
    pub statuses: BTreeSet<u16>,
}

/// A parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// The name with its nesting but without the brackets of lists: `poll[options]`.
    pub name: String,
    /// Where it travels.
    pub place: Option<Place>,
    /// Its type.
    pub shape: Shape,
    /// Whether it is required, where that is told.
    pub required: Option<bool>,
    /// The first version that reads it.
    pub since: Option<Version>,
    /// The values that it may have.
    pub values: Vec<String>,
    /// What it is when it is not given.
    pub default: Option<String>,
    /// How great it may be.
    pub max: Option<String>,
    /// Where it stands.
    pub at: String,
}

/// An entity.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its name.
    pub name: String,
    /// Its fields, and those of the objects in it: `application.name`.
    pub attributes: Vec<Attribute>,
    /// Where it stands.
    pub at: String,
    /// The page of the documentation.
    pub docs: Option<String>,
    /// It has the fields of other entities, too, and those are not listed.
    pub partial: bool,
}

/// A field of an entity.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// The names that lead to it, joined by dots.
    pub path: String,
    /// Its type.
    pub shape: Shape,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether it may be absent.
    pub optional: bool,
    /// The first version that has it.
    pub since: Option<Version>,
    /// No server has it any more.
    pub removed: bool,
    /// The versions that ended it.
    pub ends: Ends,
    /// The values that it may have.
    pub values: Vec<String>,
    /// Where it stands.
    pub at: String,
}

/// The versions from which something is to be used no longer, and is there no longer; nothing where that is
/// not told.
#[derive(Debug, Clone, Default)]
pub struct Ends {
    /// The version that deprecated it.
    pub deprecated: Option<Version>,
    /// It is marked as deprecated, whatever its history tells.
    pub marked: bool,
    /// The version that removed it.
    pub removed: Option<Version>,
}

impl Attribute {
    /// The page that it stands on, without the line.
    pub(super) fn at_page(&self) -> &str {
        self.at
            .rsplit_once(':')
            .map_or(self.at.as_str(), |(page, _)| page)
    }
}

/// A scope.
#[derive(Debug, Clone)]
pub struct Scope {
    /// Its name.
    pub name: String,
    /// The first version that has it, where that is told.
    pub since: Option<Version>,
    /// It should no longer be used.
    pub deprecated: bool,
    /// Scopes that it includes though their names do not tell.
    pub includes: Vec<String>,
    /// Where it stands.
    pub at: String,
}

/// A rate limit.
#[derive(Debug, Clone)]
pub struct Limit {
    /// The endpoints that are counted together; none where all are.
    pub endpoints: Vec<HttpLine>,
    /// How many requests.
    pub requests: u32,
    /// In how many seconds.
    pub seconds: u32,
    /// It is counted for the address, not for who is logged in.
    pub by_address: bool,
    /// Where it stands.
    pub at: String,
}

/// A type, as far as sources tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Not told, or one of several.
    Unknown,
    /// A text.
    Text,
    /// A text that is a moment.
    Moment,
    /// A text that is a day.
    Day,
    /// A text that is an address.
    Address,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Bool,
    /// A file.
    File,
    /// An object without a name, or a mapping.
    Object,
    /// An entity.
    Named(String),
    /// A list.
    List(Box<Shape>),
    /// Nothing: an empty object.
    Nothing,
}

impl Shape {
    /// A list of it.
    pub fn list(self) -> Self {
        Self::List(Box::new(self))
    }

    /// What a list holds, however deep; else itself.
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
            Self::Text => "string",
            Self::Moment => "datetime",
            Self::Day => "date",
            Self::Address => "url",
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

/// A name with its nesting, without the brackets and indexes of lists.
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

/// A name for comparing, however it is spelt: `Admin::Account`, `Admin_Account` and `AdminAccount` are one.
pub(super) fn plain(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}
