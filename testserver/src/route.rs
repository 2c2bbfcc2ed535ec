//! What the generated route table is made of: every endpoint with all that the server checks before a handler runs.

/// A request method that the API uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verb {
    /// Read.
    Get,
    /// Create, or act.
    Post,
    /// Replace.
    Put,
    /// Change in part.
    Patch,
    /// Remove.
    Delete,
}

/// The least token that an endpoint asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// None; a token is not looked at.
    None,
    /// None, but a token of an application or a user is checked and used if sent.
    OptionalApp,
    /// None, but a token of a user is checked and used if sent.
    OptionalUser,
    /// Any valid token.
    App,
    /// A token that acts for a user.
    User,
}

/// Where a parameter travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamLocation {
    /// A segment of the path.
    Path,
    /// The query string.
    Query,
    /// The body, in any of the encodings that the server reads.
    Body,
    /// A request header.
    Header,
}

/// The kind of value that a parameter holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// True or false, by the server's loose rules.
    Bool,
    /// Given or not; whatever it holds counts as true, even `false`.
    Flag,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A point in time, ISO 8601.
    DateTime,
    /// A day, ISO 8601.
    Date,
    /// An uploaded file.
    File,
    /// One of the texts listed.
    Enum(&'static [&'static str]),
    /// A group of named values; see the fields of its parameter.
    Object,
}

/// One parameter of an endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name, without brackets.
    pub name: &'static str,
    /// Where it travels.
    pub location: ParamLocation,
    /// What it holds, or what each of its items holds.
    pub kind: Kind,
    /// Whether a request without it is refused.
    pub required: bool,
    /// Whether it is a list of such values.
    pub is_list: bool,
    /// Smallest number accepted.
    pub min: Option<i64>,
    /// Largest number accepted.
    pub max: Option<i64>,
    /// The values of an [`Kind::Object`].
    pub fields: &'static [Param],
    /// Whether the items of a list are sent under their index.
    pub indexed: bool,
}

impl Param {
    const fn new(name: &'static str, location: ParamLocation, kind: Kind) -> Self {
        Self {
            name,
            location,
            kind,
            required: matches!(location, ParamLocation::Path),
            is_list: false,
            min: None,
            max: None,
            fields: &[],
            indexed: false,
        }
    }

    pub(crate) const fn path(name: &'static str, kind: Kind) -> Self {
        Self::new(name, ParamLocation::Path, kind)
    }

    pub(crate) const fn query(name: &'static str, kind: Kind) -> Self {
        Self::new(name, ParamLocation::Query, kind)
    }

    pub(crate) const fn body(name: &'static str, kind: Kind) -> Self {
        Self::new(name, ParamLocation::Body, kind)
    }

    pub(crate) const fn header(name: &'static str, kind: Kind) -> Self {
        Self::new(name, ParamLocation::Header, kind)
    }

    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(crate) const fn list(mut self) -> Self {
        self.is_list = true;
        self
    }

    /// The smallest and the largest number accepted, as far as there are such.
    pub(crate) const fn within(mut self, min: Option<i64>, max: Option<i64>) -> Self {
        self.min = min;
        self.max = max;
        self
    }

    pub(crate) const fn fields(mut self, fields: &'static [Self]) -> Self {
        self.fields = fields;
        self
    }

    pub(crate) const fn indexed(mut self) -> Self {
        self.indexed = true;
        self
    }
}

/// For whom requests are counted; where there is no token, for the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// For the token.
    Token,
    /// For the user, over all tokens.
    User,
    /// For the address that they come from.
    Address,
}

/// So many requests in so much time.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// How many requests.
    pub requests: u32,
    /// In how many seconds.
    pub seconds: u32,
    /// For whom.
    pub per: Per,
}

/// A rate limit that is kept apart from the others.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Its name; routes name theirs.
    pub name: &'static str,
    /// The limits on its requests.
    pub limits: &'static [Limit],
    /// Whether only what succeeded counts.
    pub done: bool,
}

/// What a token may do.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Its name.
    pub name: &'static str,
    /// The scopes that it includes besides those that begin with its name and a colon.
    pub includes: &'static [&'static str],
}

impl Scope {
    /// Whether a token with the scope `own` may do what `wanted` allows.
    pub(crate) fn covers(own: &str, wanted: &str) -> bool {
        let child = || {
            wanted
                .strip_prefix(own)
                .is_some_and(|rest| rest.starts_with(':'))
        };
        let included = || {
            let known = crate::routes::SCOPES.iter().find(|scope| scope.name == own);
            known.is_some_and(|scope| scope.includes.contains(&wanted))
        };
        own == wanted || child() || included()
    }
}

/// One endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The name of its method in client libraries.
    pub name: &'static str,
    /// The documented request method.
    pub verb: Verb,
    /// The path, parameters in braces.
    pub path: &'static str,
    /// Other request methods that answer alike.
    pub also: &'static [Verb],
    /// Other paths that answer alike.
    pub aliases: &'static [&'static str],
    /// The least token that it asks for.
    pub auth: Auth,
    /// Scopes any of which opens it; so does a parent of any. Empty: every token does.
    pub scopes: &'static [&'static str],
    /// The rate-limit family it counts against, besides the general one.
    pub family: &'static str,
    /// Items on a page: by default, and at most.
    pub limit: Option<(u32, u32)>,
    /// The paging parameters it reads.
    pub cursors: &'static [&'static str],
    /// The cursor of the link to the previous page.
    pub previous: &'static str,
    /// The parameters that the links drop.
    pub loses: &'static [&'static str],
    /// Whether today's server has dropped it.
    pub removed: bool,
    /// The day since when it is announced as deprecated, if the server announces it.
    pub deprecated_on: Option<&'static str>,
    /// Its parameters, paging left out.
    pub params: &'static [Param],
}

impl Route {
    /// What most routes have alike; the generator writes down the rest.
    pub(crate) const USUAL: Self = Self {
        name: "",
        verb: Verb::Get,
        path: "",
        also: &[],
        aliases: &[],
        auth: Auth::None,
        scopes: &[],
        family: "general",
        limit: None,
        cursors: &[],
        previous: "min_id",
        loses: &[],
        removed: false,
        deprecated_on: None,
        params: &[],
    };
}

/// A stream of the streaming API.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    /// Its name over the WebSocket.
    pub name: &'static str,
    /// The path that opens it as server-sent events.
    pub path: Option<&'static str>,
    /// Whether that path opens it only when just statuses with media are asked for.
    pub only_media: bool,
    /// The parameter that it needs beside its name.
    pub needs: Option<&'static str>,
    /// Scopes any of which opens it.
    pub scopes: &'static [&'static str],
    /// The first version that has it.
    pub since: Option<&'static str>,
    /// The events that it carries.
    pub events: &'static [&'static str],
}

/// An event that streams carry.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Its name.
    pub name: &'static str,
    /// Whether it says more than its name.
    pub payload: bool,
    /// Whether it says that as a bare text, not as JSON.
    pub bare: bool,
    /// The first version that has it.
    pub since: Option<&'static str>,
}
