//! Types of the generated route table: endpoints with everything that the server checks before it calls a handler.

use percent_encoding::percent_decode_str;

/// Version of Mastodon that the server imitates.
pub const MASTODON_VERSION: &str = "4.6.5";

/// Whether a version of Mastodon is after the imitated one.
fn is_after_imitated(version: Option<&str>) -> bool {
    fn numbers(version: &str) -> Vec<u32> {
        let release = version.split('-').next().unwrap_or_default();
        let numbers = release.split('.');
        numbers.map(|number| number.parse().unwrap_or(0)).collect()
    }
    version.is_some_and(|version| numbers(version) > numbers(MASTODON_VERSION))
}

/// HTTP request method of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
    /// `PATCH`.
    Patch,
    /// `DELETE`.
    Delete,
}

impl Method {
    /// The name in the request line.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Access token that an endpoint requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// No token. A token that is sent is ignored.
    None,
    /// No token. An application or user token that is sent is checked and used.
    OptionalApp,
    /// No token. A user token that is sent is checked and used.
    OptionalUser,
    /// Any valid token: of an application or of a user.
    App,
    /// User token.
    User,
}

/// Location of a parameter in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamLocation {
    /// Path segment.
    Path,
    /// Query string.
    Query,
    /// Request body: form, multipart or JSON.
    Body,
    /// Request header.
    Header,
}

/// Type of a parameter value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParamType {
    /// String.
    String,
    /// Boolean. Mastodon treats several strings as false and all others as true.
    Bool,
    /// Flag: true if the parameter is present, regardless of its value (even `false`).
    Flag,
    /// Integer.
    Integer,
    /// Number.
    Number,
    /// ISO 8601 date and time.
    DateTime,
    /// ISO 8601 date.
    Date,
    /// File upload.
    File,
    /// One of the listed strings.
    Enum(&'static [&'static str]),
    /// Object; `Param::fields` lists its fields.
    Object,
}

/// Parameter of an endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Name, without brackets.
    pub name: &'static str,
    /// Location in the request.
    pub location: ParamLocation,
    /// Type of the value, or of each item of a list.
    pub param_type: ParamType,
    /// Status of the response to a request without the parameter; 200 if the parameter is optional.
    pub missing_status: u16,
    /// Whether the value is a list.
    pub is_list: bool,
    /// Smallest accepted number.
    pub min: Option<i64>,
    /// Largest accepted number.
    pub max: Option<i64>,
    /// Fields of a [`ParamType::Object`].
    pub fields: &'static [Param],
    /// Whether the items of a list are sent with their index as key.
    pub indexed: bool,
}

impl Param {
    const fn new(name: &'static str, location: ParamLocation, param_type: ParamType) -> Self {
        Self {
            name,
            location,
            param_type,
            missing_status: 200,
            is_list: false,
            min: None,
            max: None,
            fields: &[],
            indexed: false,
        }
    }

    pub(crate) const fn path(name: &'static str, param_type: ParamType) -> Self {
        Self::new(name, ParamLocation::Path, param_type)
    }

    pub(crate) const fn query(name: &'static str, param_type: ParamType) -> Self {
        Self::new(name, ParamLocation::Query, param_type)
    }

    pub(crate) const fn body(name: &'static str, param_type: ParamType) -> Self {
        Self::new(name, ParamLocation::Body, param_type)
    }

    pub(crate) const fn header(name: &'static str, param_type: ParamType) -> Self {
        Self::new(name, ParamLocation::Header, param_type)
    }

    pub(crate) const fn required(self) -> Self {
        self.missing_status(422)
    }

    pub(crate) const fn missing_status(mut self, status: u16) -> Self {
        self.missing_status = status;
        self
    }

    pub(crate) const fn list(mut self) -> Self {
        self.is_list = true;
        self
    }

    /// Sets the smallest and the largest accepted number.
    pub(crate) const fn range(mut self, min: Option<i64>, max: Option<i64>) -> Self {
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

/// Identity that requests are counted under. Requests without a token are counted under the IP address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountedBy {
    /// Access token.
    Token,
    /// User, across all tokens.
    User,
    /// IP address of the client.
    Address,
}

/// Maximum number of requests per period.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Number of requests.
    pub requests: u32,
    /// Length of the period in seconds.
    pub seconds: u32,
    /// Identity that requests are counted under.
    pub per: CountedBy,
}

/// Rate-limit bucket: requests that are counted together.
#[derive(Clone, Copy, Debug)]
pub struct RateLimitBucket {
    /// Name, referenced by [`Route::bucket`].
    pub name: &'static str,
    /// Limits of the bucket.
    pub limits: &'static [Limit],
    /// Whether only successful requests are counted.
    pub counts_only_success: bool,
}

/// OAuth scope.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Name.
    pub name: &'static str,
    /// Included scopes, besides those whose names start with this name and a colon.
    pub includes: &'static [&'static str],
}

impl Scope {
    /// Whether the scope `granted` includes the scope `required`.
    pub(crate) fn covers(granted: &str, required: &str) -> bool {
        let is_child = || {
            required
                .strip_prefix(granted)
                .is_some_and(|rest| rest.starts_with(':'))
        };
        let is_included = || {
            let scope = crate::routes::SCOPES
                .iter()
                .find(|scope| scope.name == granted);
            scope.is_some_and(|scope| scope.includes.contains(&required))
        };
        granted == required || is_child() || is_included()
    }
}

/// Endpoint of the API.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// Name of the corresponding method of mastodon-sdk.
    pub name: &'static str,
    /// Documented request method.
    pub method: Method,
    /// Path, with parameters in braces.
    pub path: &'static str,
    /// Additional request methods of the endpoint.
    pub additional_methods: &'static [Method],
    /// Additional paths of the endpoint.
    pub aliases: &'static [&'static str],
    /// Required access token.
    pub auth: Auth,
    /// Accepted scopes. A token needs one of them or a scope that includes one. Empty: any token is accepted.
    pub scopes: &'static [&'static str],
    /// Rate-limit bucket, in addition to `general`.
    pub bucket: &'static str,
    /// Default and maximum page size.
    pub page_size: Option<(u32, u32)>,
    /// Supported paging parameters.
    pub cursors: &'static [&'static str],
    /// Paging parameter of the link to the previous page.
    pub previous_cursor: &'static str,
    /// Whether the last page that is not empty has a `next` link, too.
    pub next_on_last_page: bool,
    /// Parameters that the `Link` header drops.
    pub dropped_by_link: &'static [&'static str],
    /// Whether the current version of Mastodon has removed the endpoint.
    pub removed: bool,
    /// Date in the `Deprecation` header, if the server sends that header.
    pub deprecated_on: Option<&'static str>,
    /// First Mastodon version that has it.
    pub since: Option<&'static str>,
    /// JSON of a successful response, in which `"sample:Account"` stands for a sample of that entity. `None` if the
    /// response is not JSON.
    pub(crate) sample: Option<&'static str>,
    /// Parameters, without those for paging.
    pub params: &'static [Param],
}

impl Route {
    /// Default values. The generated code sets only what differs.
    pub(crate) const DEFAULT: Self = Self {
        name: "",
        method: Method::Get,
        path: "",
        additional_methods: &[],
        aliases: &[],
        auth: Auth::None,
        scopes: &[],
        bucket: "general",
        page_size: None,
        cursors: &[],
        previous_cursor: "min_id",
        next_on_last_page: false,
        dropped_by_link: &[],
        removed: false,
        deprecated_on: None,
        since: None,
        sample: None,
        params: &[],
    };

    /// Whether a version of Mastodon has added the endpoint that the server does not imitate yet. If such an endpoint has no
    /// behavior, the server responds with a sample, marked by the header `X-Sample-Response`.
    pub fn is_after_imitated_version(&self) -> bool {
        is_after_imitated(self.since)
    }
}

/// Compares a path with a template such as `/api/v1/statuses/{id}`. Returns the values of the parameters if it matches.
pub(crate) fn match_path(
    template: &'static str,
    path: &str,
) -> Option<Vec<(&'static str, String)>> {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    let mut captured = Vec::new();
    loop {
        match (template.next(), path.next()) {
            (None, None) => return Some(captured),
            (Some(expected), Some(segment)) if expected == segment => {}
            (Some(expected), Some(segment)) if !segment.is_empty() => {
                let name = expected.strip_prefix('{')?.strip_suffix('}')?;
                let value = percent_decode_str(segment).decode_utf8_lossy();
                captured.push((name, value.into_owned()));
            }
            _ => return None,
        }
    }
}

/// Channel of the streaming API.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    /// Name of the channel in WebSocket messages.
    pub name: &'static str,
    /// Path of the server-sent events endpoint.
    pub path: Option<&'static str>,
    /// Whether the path serves this channel only with `only_media=true`.
    pub only_media: bool,
    /// Required parameter: `tag` or `list`.
    pub required_param: Option<&'static str>,
    /// Accepted scopes. A token needs one of them or a scope that includes one.
    pub scopes: &'static [&'static str],
    /// First Mastodon version that has it.
    pub since: Option<&'static str>,
    /// Names of the events of the channel.
    pub events: &'static [&'static str],
}

/// Event of the streaming API.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Name.
    pub name: &'static str,
    /// Whether the event has a payload.
    pub has_payload: bool,
    /// Whether the payload is plain text instead of JSON.
    pub is_plain_text: bool,
    /// First Mastodon version that has it.
    pub since: Option<&'static str>,
    /// A payload, in which `"sample:Account"` stands for a sample of that entity.
    pub(crate) sample: Option<&'static str>,
}

impl Stream {
    /// Whether a version of Mastodon has added the channel that the server does not imitate yet.
    pub fn is_after_imitated_version(&self) -> bool {
        is_after_imitated(self.since)
    }
}

impl Event {
    /// Whether a version of Mastodon has added the event that the server does not imitate yet. If nothing causes the event,
    /// [`Streaming::send_event`](crate::Streaming::send_event) sends it.
    pub fn is_after_imitated_version(&self) -> bool {
        is_after_imitated(self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number_and_not_as_text() {
        for later in ["4.6.10", "4.8.0-alpha.1", "4.10.0", "5.0.0"] {
            assert!(is_after_imitated(Some(later)), "{later}");
        }
        for earlier in [MASTODON_VERSION, "4.6.0", "4.3.0-beta.1", "0.9.9"] {
            assert!(!is_after_imitated(Some(earlier)), "{earlier}");
        }
        assert!(!is_after_imitated(None));
    }
}
