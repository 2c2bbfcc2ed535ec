//! Endpoint metadata: one static for each endpoint, written by the generator.

use http::Method;

use crate::facts::support::is_supported;
use crate::facts::{RateLimitBucket, ServerSupport, ServerVersion, Support, Version};

/// Metadata of one endpoint, as in the specification.
///
/// [`Call::endpoint`](crate::call::Call::endpoint) returns the endpoint of a call.
///
/// ```
/// use mastodon_sdk::endpoint::Endpoint;
///
/// let delete = Endpoint::all().iter().find(|endpoint| endpoint.name == "status_delete").unwrap();
/// assert_eq!(delete.path, "/api/v1/statuses/{id}");
/// assert_eq!(delete.scopes, ["write:statuses"]);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Endpoint {
    /// Name of the method on [`Mastodon`](crate::Mastodon).
    pub name: &'static str,
    /// HTTP method.
    pub method: Method,
    /// Path, with `{name}` for each path parameter.
    pub path: &'static str,
    /// First Mastodon version with the endpoint.
    pub since: Version,
    /// Version that deprecated it, if any.
    pub deprecated: Option<Version>,
    /// Version that removed it, if any.
    pub removed: Option<Version>,
    /// Software other than Mastodon that has it or lacks it.
    pub support: Support,
    /// Its other methods and paths on some servers.
    pub alternative_routes: &'static [AlternativeRoute],
    /// Access token that it requires.
    pub auth: Auth,
    /// Mastodon version that started to require it, if an earlier one did not.
    pub auth_since: Option<Version>,
    /// OAuth scopes. The access token needs one of them, or a parent of one.
    pub scopes: &'static [&'static str],
    /// Rate limit bucket that a call counts against.
    pub bucket: RateLimitBucket,
    /// Encoding of the request body.
    pub encoding: Encoding,
    /// Whether repeating the request has no further effect, so that it may be retried after its response
    /// was lost.
    pub idempotent: bool,
    /// Error response to a repeated request that the server has already carried out, if it is an error.
    pub already_applied: Option<AlreadyApplied>,
    /// What is done after its response was lost, if a second request would have another effect.
    pub lost_response: Option<LostResponse>,
    /// Paging of the list that it returns, if it returns one.
    pub paging: Option<Paging>,
    /// Parameters, except those of [`Paging`]: cursors, offset and limit.
    pub params: &'static [Param],
}

impl Endpoint {
    /// Returns all endpoints that the SDK knows: those with a method, those of streams, and removed ones.
    pub fn all() -> &'static [&'static Endpoint] {
        super::endpoints::ENDPOINTS
    }

    pub(crate) const fn new(name: &'static str, method: Method, path: &'static str) -> Self {
        Self {
            name,
            method,
            path,
            since: Version::new(0, 0, 0),
            deprecated: None,
            removed: None,
            support: Support::MASTODON,
            alternative_routes: &[],
            auth: Auth::None,
            auth_since: None,
            scopes: &[],
            bucket: RateLimitBucket::General,
            encoding: Encoding::Json,
            idempotent: false,
            already_applied: None,
            lost_response: None,
            paging: None,
            params: &[],
        }
    }

    pub(crate) const fn since(mut self, major: u16, minor: u16, patch: u16) -> Self {
        self.since = Version::new(major, minor, patch);
        self
    }

    pub(crate) const fn deprecated(mut self, major: u16, minor: u16, patch: u16) -> Self {
        self.deprecated = Some(Version::new(major, minor, patch));
        self
    }

    pub(crate) const fn removed(mut self, major: u16, minor: u16, patch: u16) -> Self {
        self.removed = Some(Version::new(major, minor, patch));
        self
    }

    pub(crate) const fn on(mut self, servers: &'static [ServerSupport]) -> Self {
        self.support.servers = servers;
        self
    }

    #[cfg(any(feature = "other-servers", feature = "streaming"))]
    pub(crate) const fn only_on(mut self, servers: &'static [ServerSupport]) -> Self {
        self.support.is_on_mastodon = false;
        self.on(servers)
    }

    pub(crate) const fn alternative_routes(mut self, routes: &'static [AlternativeRoute]) -> Self {
        self.alternative_routes = routes;
        self
    }

    /// Returns the endpoint with the route that it has on this server.
    pub(crate) fn at(&'static self, server: &ServerVersion) -> &'static Self {
        let mut routes = self.alternative_routes.iter();
        let route = routes.find(|route| is_supported(route.servers, server));
        route.map_or(self, |route| route.endpoint)
    }

    pub(crate) const fn auth(mut self, auth: Auth) -> Self {
        self.auth = auth;
        self
    }

    pub(crate) const fn auth_since(mut self, major: u16, minor: u16, patch: u16) -> Self {
        self.auth_since = Some(Version::new(major, minor, patch));
        self
    }

    pub(crate) const fn scopes(mut self, scopes: &'static [&'static str]) -> Self {
        self.scopes = scopes;
        self
    }

    pub(crate) const fn bucket(mut self, bucket: RateLimitBucket) -> Self {
        self.bucket = bucket;
        self
    }

    pub(crate) const fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    pub(crate) const fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    pub(crate) const fn already_applied(mut self, already_applied: AlreadyApplied) -> Self {
        self.already_applied = Some(already_applied);
        self
    }

    pub(crate) const fn lost_response(mut self, lost_response: LostResponse) -> Self {
        self.lost_response = Some(lost_response);
        self
    }

    pub(crate) const fn paging(mut self, paging: Paging) -> Self {
        self.paging = Some(paging);
        self
    }

    pub(crate) const fn params(mut self, params: &'static [Param]) -> Self {
        self.params = params;
        self
    }

    /// Returns the parameter with this name, if the endpoint has it.
    pub fn param(&self, name: &str) -> Option<&'static Param> {
        self.params.iter().find(|param| param.name == name)
    }
}

/// Another HTTP method and path of an endpoint, on some server software.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct AlternativeRoute {
    /// Software with this route.
    pub servers: &'static [ServerSupport],
    /// The endpoint with the method and path of this route.
    pub endpoint: &'static Endpoint,
}

impl AlternativeRoute {
    pub(crate) const fn new(
        servers: &'static [ServerSupport],
        endpoint: &'static Endpoint,
    ) -> Self {
        Self { servers, endpoint }
    }
}

/// Access token that an endpoint requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Auth {
    /// No access token.
    None,
    /// None on most servers; the access token of an application on some.
    OptionalApp,
    /// None; with the access token of a user, the response contains more.
    OptionalUser,
    /// The access token of an application or a user.
    App,
    /// The access token of a user.
    User,
}

/// Encoding of a request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// JSON, or multipart if it contains a file.
    Json,
    /// URL-encoded form, or multipart if it contains a file.
    Form,
    /// Always multipart.
    Multipart,
}

/// Location of a parameter in a request: `in` of OpenAPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParamLocation {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In the body.
    Body,
    /// In a header with the name of the parameter.
    Header,
}

/// A parameter of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Param {
    /// Name in the request, without brackets.
    pub name: &'static str,
    /// Location in the request.
    pub location: ParamLocation,
    /// First Mastodon version with the parameter.
    pub since: Version,
    /// Version that removed it, if any.
    pub removed: Option<Version>,
    /// Software other than Mastodon that reads it or ignores it.
    pub support: Support,
    /// Whether list items are sent with their index: `name[0][key]` instead of `name[][key]`.
    pub indexed: bool,
    /// Whether the call would do something else without it, so that it is refused on servers that lack it.
    pub essential: bool,
    /// Name of the ID type, such as `AccountId`, if the value is an ID or a list of IDs.
    pub id_type: Option<&'static str>,
    /// Maximum number of items in one request. The items of a longer list are sent in several requests.
    pub items_per_request: Option<usize>,
}

impl Param {
    const fn new(name: &'static str, location: ParamLocation) -> Self {
        Self {
            name,
            location,
            since: Version::new(0, 0, 0),
            removed: None,
            support: Support::MASTODON,
            indexed: false,
            essential: false,
            id_type: None,
            items_per_request: None,
        }
    }

    pub(crate) const fn path(name: &'static str) -> Self {
        Self::new(name, ParamLocation::Path)
    }

    pub(crate) const fn query(name: &'static str) -> Self {
        Self::new(name, ParamLocation::Query)
    }

    pub(crate) const fn body(name: &'static str) -> Self {
        Self::new(name, ParamLocation::Body)
    }

    pub(crate) const fn header(name: &'static str) -> Self {
        Self::new(name, ParamLocation::Header)
    }

    pub(crate) const fn since(mut self, major: u16, minor: u16, patch: u16) -> Self {
        self.since = Version::new(major, minor, patch);
        self
    }

    pub(crate) const fn removed(mut self, major: u16, minor: u16, patch: u16) -> Self {
        self.removed = Some(Version::new(major, minor, patch));
        self
    }

    pub(crate) const fn on(mut self, servers: &'static [ServerSupport]) -> Self {
        self.support.servers = servers;
        self
    }

    pub(crate) const fn only_on(mut self, servers: &'static [ServerSupport]) -> Self {
        self.support.is_on_mastodon = false;
        self.on(servers)
    }

    pub(crate) const fn indexed(mut self) -> Self {
        self.indexed = true;
        self
    }

    pub(crate) const fn essential(mut self) -> Self {
        self.essential = true;
        self
    }

    pub(crate) const fn id_type(mut self, name: &'static str) -> Self {
        self.id_type = Some(name);
        self
    }

    pub(crate) const fn items_per_request(mut self, max: usize) -> Self {
        self.items_per_request = Some(max);
        self
    }
}

/// What is done after the response to a request was lost, if a second request would have another effect.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct LostResponse {
    /// How the SDK finds out whether the server has carried out the request.
    pub verification: Verification,
    /// What users check if the SDK cannot find out, such as `the user's lists`.
    pub check: &'static str,
}

impl LostResponse {
    pub(crate) const fn new(check: &'static str, verification: Verification) -> Self {
        Self {
            verification,
            check,
        }
    }
}

/// How the SDK finds out whether the server has carried out a request whose response was lost.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Verification {
    /// It cannot find out. The call is [`Error::ResponseLost`](crate::Error::ResponseLost).
    Impossible,
    /// A search that belongs to the method.
    Search,
    /// Another endpoint returns the result, alone or in a list.
    #[non_exhaustive]
    FindIn {
        /// The other endpoint. Its path parameters are among those of the request.
        endpoint: &'static Endpoint,
        /// Parameters of the request, and the fields of the result that are equal to them.
        fields: &'static [(&'static str, &'static str)],
        /// Field of the result with the time of its creation, if older results are skipped.
        created: Option<&'static str>,
    },
}

/// Error response to a repeated request that the server has already carried out.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct AlreadyApplied {
    /// HTTP status.
    pub status: u16,
    /// Error message, if the status alone is ambiguous.
    pub message: Option<&'static str>,
    /// Result of the call in this case.
    pub on_duplicate: OnDuplicate,
}

impl AlreadyApplied {
    pub(crate) const fn new(
        status: u16,
        message: Option<&'static str>,
        on_duplicate: OnDuplicate,
    ) -> Self {
        Self {
            status,
            message,
            on_duplicate,
        }
    }
}

/// Result of a call that the server carried out in an attempt whose response was lost.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum OnDuplicate {
    /// The call succeeds: its response has no content.
    Succeed,
    /// [`Error::ResponseLost`](crate::Error::ResponseLost): the response cannot be requested again.
    ResponseLost,
    /// The resource is fetched, and returned if one of its fields shows that the call was carried out.
    #[non_exhaustive]
    Refetch {
        /// Endpoint that returns the resource. It has the same path parameters.
        endpoint: &'static Endpoint,
        /// Name of the field.
        field: &'static str,
        /// Value of the field after the call.
        value: bool,
    },
}

/// Paging of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Paging {
    /// By cursor or by offset.
    pub style: PagingStyle,
    /// Default number of items of a page, if known.
    pub default_limit: Option<u32>,
    /// Maximum number of items of a page, if known.
    pub max_limit: Option<u32>,
    /// Cursor parameters that the endpoint supports.
    pub cursors: &'static [&'static str],
    /// Whether responses have a `Link` header.
    pub link_header: bool,
    /// Path of the ID in each item that is its cursor, such as `id`. `None` if cursors are only in the `Link` header.
    pub cursor_field: Option<&'static str>,
    /// Type of this ID. Only a `StatusId` contains a time.
    pub cursor_type: Option<&'static str>,
}

impl Paging {
    pub(crate) const fn cursor(cursors: &'static [&'static str]) -> Self {
        Self {
            style: PagingStyle::Cursor,
            default_limit: None,
            max_limit: None,
            cursors,
            link_header: true,
            cursor_field: None,
            cursor_type: None,
        }
    }

    pub(crate) const fn offset() -> Self {
        Self {
            style: PagingStyle::Offset,
            default_limit: None,
            max_limit: None,
            cursors: &[],
            link_header: true,
            cursor_field: None,
            cursor_type: None,
        }
    }

    pub(crate) const fn limits(mut self, default: u32, max: u32) -> Self {
        self.default_limit = Some(default);
        self.max_limit = Some(max);
        self
    }

    pub(crate) const fn cursor_field(mut self, field: &'static str, id_type: &'static str) -> Self {
        self.cursor_field = Some(field);
        self.cursor_type = Some(id_type);
        self
    }

    pub(crate) const fn without_link_header(mut self) -> Self {
        self.link_header = false;
        self
    }
}

/// Style of paging.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PagingStyle {
    /// By a position in the list, which the server returns.
    Cursor,
    /// By the number of items to skip.
    Offset,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_that_report_an_already_applied_request_are_idempotent() {
        let endpoints = Endpoint::all()
            .iter()
            .filter(|endpoint| endpoint.already_applied.is_some());
        assert!(endpoints.clone().count() > 20);
        for endpoint in endpoints {
            assert!(endpoint.idempotent, "{}", endpoint.name);
        }
    }

    #[test]
    fn paths_outside_the_api_are_counted_by_address_only() {
        for endpoint in Endpoint::all() {
            let is_counted_by_address = endpoint.bucket == RateLimitBucket::Address;
            let is_outside = !endpoint.path.starts_with("/api/");
            assert_eq!(is_counted_by_address, is_outside, "{}", endpoint.name);
        }
    }

    #[test]
    fn lost_responses_are_verified_where_a_request_must_not_be_repeated() {
        let endpoints = Endpoint::all()
            .iter()
            .filter(|endpoint| endpoint.lost_response.is_some());
        assert!(endpoints.clone().count() > 10);
        for endpoint in endpoints {
            assert!(!endpoint.idempotent, "{}", endpoint.name);
        }
    }
}
