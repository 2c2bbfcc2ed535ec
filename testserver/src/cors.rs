//! Cross-origin resource sharing: which responses the scripts of other origins may read in a browser.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response as HttpResponse;

use crate::response::Response;
use crate::router::ServerRole;
use crate::streaming;

const EXPOSED_HEADERS: &str = "Link, Mastodon-Async-Refresh, X-RateLimit-Reset, X-RateLimit-Limit, X-RateLimit-Remaining, X-Request-Id";
/// Time for which a browser keeps the response to a preflight, in seconds.
const MAX_AGE: &str = "7200";

/// What the scripts of other origins may do with a resource of the REST API.
pub(crate) struct Resource {
    methods: &'static str,
    exposed_headers: &'static str,
}

/// How the response to a request is shared.
pub(crate) enum Cors {
    /// Browsers do not apply these rules to WebSocket connections.
    WebSocket,
    /// As the web application does it.
    Rest {
        /// `None` if only pages of this server may read the response.
        resource: Option<Resource>,
        /// Without it, the headers are left out, except that the response depends on the origin.
        has_origin: bool,
    },
    /// As the streaming API does it: every response is shared.
    Streaming,
}

impl Cors {
    pub(crate) fn of(request: &Request, role: ServerRole) -> Self {
        let path = request.uri().path();
        // An address that only redirects streaming requests is that of the web application.
        let is_streaming = role != ServerRole::Rest && streaming::is_streaming_path(path);
        if role != ServerRole::Streaming && !is_streaming {
            return Self::Rest {
                resource: resource(path),
                has_origin: request.headers().contains_key(header::ORIGIN),
            };
        }
        if request.headers().contains_key(header::UPGRADE) {
            return Self::WebSocket;
        }
        Self::Streaming
    }

    /// Responds to a preflight, in which a browser asks whether it may send a request. `None` for other requests.
    pub(crate) fn preflight(&self, request: &Request) -> Option<HttpResponse> {
        if request.method() != Method::OPTIONS {
            return None;
        }
        let headers = request.headers();
        let asked = |name: &HeaderName| headers.get(name).cloned();
        let asked_headers = asked(&header::ACCESS_CONTROL_REQUEST_HEADERS);
        let mut response;
        match self {
            Self::WebSocket => return None,
            Self::Streaming => {
                response = Response::without_body(StatusCode::NO_CONTENT).into_http();
                self.share(&mut response);
                let methods = HeaderValue::from_static("GET,HEAD,PUT,PATCH,POST,DELETE");
                let all = response.headers_mut();
                all.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
                let varies = HeaderValue::from_name(header::ACCESS_CONTROL_REQUEST_HEADERS);
                all.insert(header::VARY, varies);
            }
            Self::Rest { has_origin, .. } => {
                let method = asked(&header::ACCESS_CONTROL_REQUEST_METHOD)?;
                if !has_origin {
                    return None;
                }
                response = Response::without_body(StatusCode::OK).into_http();
                if !self.allows(&method) {
                    return Some(response);
                }
                self.share(&mut response);
                response.headers_mut().remove(header::VARY);
            }
        }
        if let Some(asked) = asked_headers {
            let all = response.headers_mut();
            all.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked);
        }
        Some(response)
    }

    fn allows(&self, method: &HeaderValue) -> bool {
        let Self::Rest {
            resource: Some(resource),
            ..
        } = self
        else {
            return false;
        };
        let mut methods = resource.methods.split(", ");
        methods.any(|allowed| method.as_bytes().eq_ignore_ascii_case(allowed.as_bytes()))
    }

    /// Adds the headers to a response, whatever its status is.
    pub(crate) fn share(&self, response: &mut HttpResponse) {
        let headers = response.headers_mut();
        let mut add = |name, value| headers.insert(name, HeaderValue::from_static(value));
        match self {
            Self::Streaming => {
                add(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
            }
            Self::WebSocket | Self::Rest { resource: None, .. } => {}
            Self::Rest {
                resource: Some(resource),
                has_origin,
            } => {
                if *has_origin {
                    add(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
                    add(header::ACCESS_CONTROL_ALLOW_METHODS, resource.methods);
                    let exposed = resource.exposed_headers;
                    add(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
                    add(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
                }
                add_to_vary(headers, "Origin");
            }
        }
    }
}

/// Adds a name to the request headers that the response depends on.
fn add_to_vary(headers: &mut HeaderMap, name: &str) {
    let known = headers.get_all(header::VARY).iter();
    let mut names: Vec<_> = known.filter_map(|value| value.to_str().ok()).collect();
    names.push(name);
    if let Ok(names) = HeaderValue::from_str(&names.join(", ")) {
        headers.insert(header::VARY, names);
    }
}

/// Finds what is shared of a path; `None` if only pages of this server may read it.
fn resource(path: &str) -> Option<Resource> {
    let shared = |methods| Resource {
        methods,
        exposed_headers: "",
    };
    let is_below = |folder: &str| {
        let rest = path.strip_prefix(folder);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    // The control API of the test server is for test code in a browser, too.
    if is_below("/api") || is_below("/_test") {
        return Some(Resource {
            methods: "POST, PUT, DELETE, GET, PATCH, OPTIONS",
            exposed_headers: EXPOSED_HEADERS,
        });
    }
    if is_below("/.well-known") || is_below("/nodeinfo") {
        return Some(shared("GET"));
    }
    let username = path
        .strip_prefix("/@")
        .or_else(|| path.strip_prefix("/users/"));
    match path {
        "/oauth/token" | "/oauth/revoke" => Some(shared("POST")),
        "/oauth/userinfo" => Some(shared("GET, POST")),
        _ if username.is_some_and(|name| !name.is_empty() && !name.contains('/')) => {
            Some(shared("GET"))
        }
        _ => None,
    }
}
