//! What an endpoint is: plain data, one static an endpoint, written by the generator.

use crate::version::Version;

pub use crate::generated::api::RateFamily;

/// The facts about one endpoint of the API, as the spec states them.
///
/// [`Call::endpoint`](crate::Call::endpoint) gives the one that a call is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Endpoint {
    /// The name of the method on [`Mastodon`](crate::Mastodon).
    pub name: &'static str,
    /// The HTTP method.
    pub verb: Verb,
    /// The path, with `{name}` where a path parameter goes.
    pub path: &'static str,
    /// The first Mastodon version that has the endpoint.
    pub since: Version,
    /// The version that deprecated it, if one did.
    pub deprecated: Option<Version>,
    /// The version that removed it, if one did.
    pub removed: Option<Version>,
    /// Who may call it.
    pub auth: Auth,
    /// The scopes of which the token needs one (or a parent of one).
    pub scopes: &'static [&'static str],
    /// The rate limit that a call counts against.
    pub family: RateFamily,
    /// How the body is encoded.
    pub encoding: Encoding,
    /// Whether the request may be sent again when its answer was lost.
    pub repeatable: bool,
    /// What a repetition is answered when a first attempt has done the work and its answer was lost,
    /// where that is an error.
    pub repeated: Option<Repeated>,
    /// How the list that it returns is paged, if it is.
    pub paging: Option<Paging>,
    /// The parameters. Those for paging are in [`Endpoint::paging`].
    pub params: &'static [Param],
}

impl Endpoint {
    /// Every endpoint that the SDK knows: what it calls, what it streams, and what removed versions had.
    pub fn all() -> &'static [&'static Endpoint] {
        crate::generated::endpoints::ENDPOINTS
    }

    /// What most endpoints have alike; the generator writes down the rest.
    pub(crate) const USUAL: Self = Self {
        name: "",
        verb: Verb::Get,
        path: "",
        since: Version::new(0, 0, 0),
        deprecated: None,
        removed: None,
        auth: Auth::None,
        scopes: &[],
        family: RateFamily::General,
        encoding: Encoding::Json,
        repeatable: true,
        repeated: None,
        paging: None,
        params: &[],
    };

    /// The parameter of this name, if the endpoint has one.
    pub fn param(&self, name: &str) -> Option<&'static Param> {
        self.params.iter().find(|param| param.name == name)
    }
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Verb {
    /// Whether sending twice has the effect of sending once.
    pub fn is_idempotent(self) -> bool {
        matches!(self, Verb::Get | Verb::Put | Verb::Delete)
    }
}

impl From<Verb> for http::Method {
    fn from(verb: Verb) -> http::Method {
        match verb {
            Verb::Get => http::Method::GET,
            Verb::Post => http::Method::POST,
            Verb::Put => http::Method::PUT,
            Verb::Patch => http::Method::PATCH,
            Verb::Delete => http::Method::DELETE,
        }
    }
}

/// Who may call an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Auth {
    /// Anyone; a token is of no use.
    None,
    /// Anyone, but the server may ask for an app's token.
    OptionalApp,
    /// Anyone, and a user's token shows more.
    OptionalUser,
    /// An app or a user.
    App,
    /// A user.
    User,
}

/// How the body of a request is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// JSON, or multipart when a file travels.
    Json,
    /// A URL-encoded form, or multipart when a file travels.
    Form,
    /// Always multipart.
    Multipart,
}

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Into the path.
    Path,
    /// Into the query.
    Query,
    /// Into the body.
    Body,
    /// Into a header of the parameter's name.
    Header,
}

/// One parameter of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name on the wire, without brackets.
    pub name: &'static str,
    /// Where it goes.
    pub place: Place,
    /// The first Mastodon version that reads it.
    pub since: Version,
    /// The version that stopped reading it, if one did.
    pub removed: Option<Version>,
    /// Whether a list is sent with its positions: `name[0][key]` for `name[][key]`.
    pub indexed: bool,
}

impl Param {
    const fn new(name: &'static str, place: Place) -> Self {
        Self {
            name,
            place,
            since: Version::new(0, 0, 0),
            removed: None,
            indexed: false,
        }
    }

    pub(crate) const fn path(name: &'static str) -> Self {
        Self::new(name, Place::Path)
    }

    pub(crate) const fn query(name: &'static str) -> Self {
        Self::new(name, Place::Query)
    }

    pub(crate) const fn body(name: &'static str) -> Self {
        Self::new(name, Place::Body)
    }

    pub(crate) const fn header(name: &'static str) -> Self {
        Self::new(name, Place::Header)
    }

    pub(crate) const fn since(mut self, major: u16, minor: u16, patch: u16) -> Self {
        self.since = Version::new(major, minor, patch);
        self
    }

    pub(crate) const fn removed(mut self, major: u16, minor: u16, patch: u16) -> Self {
        self.removed = Some(Version::new(major, minor, patch));
        self
    }

    pub(crate) const fn indexed(mut self) -> Self {
        self.indexed = true;
        self
    }
}

/// The error that a repetition meets which finds the work done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Repeated {
    /// The status of the answer.
    pub status: u16,
    /// Its message, where the status has other reasons, too.
    pub says: Option<&'static str>,
    /// What the call answers then.
    pub then: Then,
}

/// What a call answers whose work a lost attempt has done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Then {
    /// Nothing, as always.
    Done,
    /// [`Error::AnswerLost`](crate::Error::AnswerLost): what it should answer is lost for good.
    Lost,
    /// What another endpoint shows, if a field of it tells that the work is done.
    Shown {
        /// The endpoint, which names the thing by the same path parameters.
        by: &'static Endpoint,
        /// The field.
        field: &'static str,
        /// What the field says when the work is done.
        value: bool,
    },
}

/// How a list is paged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// By cursor or by offset.
    pub style: Style,
    /// How many items a page has unless asked otherwise, where that is known.
    pub default_limit: Option<u32>,
    /// How many items a page has at most, where that is known.
    pub max_limit: Option<u32>,
    /// The cursor parameters that the endpoint reads.
    pub cursors: &'static [&'static str],
    /// Whether the server answers with a `Link` header.
    pub link: bool,
}

/// The two ways of paging.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// From a position in the list, which the server names.
    Cursor,
    /// From a count of items to leave out.
    Offset,
}
