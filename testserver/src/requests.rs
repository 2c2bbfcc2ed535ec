//! Requests to the REST API: finds the route, counts the request, checks it, calls the handler, and completes the
//! response with what all responses have.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use jiff::Timestamp;

use crate::authentication::{self, Presented};
use crate::connection::Peer;
use crate::handlers::{self, Context, admin};
use crate::http::{
    ClientHeaders, add_cache_headers, add_etag, error_page, throttled_address, wants_json,
};
use crate::locale::{Locale, translate_response};
use crate::params::{Params, parse, validate};
use crate::posting;
use crate::push;
use crate::rate_limit::{Quota, Requester};
use crate::response::{HandlerResult, Response, gone, route_not_found};
use crate::route::{Route, match_path};
use crate::routes;
use crate::server::Shared;
use crate::throttles::ThrottledRequest;

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
/// Paths that work on a server that shuts down for good.
const SURVIVING_PATHS: &[&str] = &["/oauth/token", "/oauth/revoke", "/health"];
/// Folders of the files that the web server in front of Mastodon serves.
const FILE_FOLDERS: &[&str] = &[
    "/media/",
    "/avatars/",
    "/headers/",
    "/custom_emojis/",
    "/packs/",
    "/system/",
];
/// Statuses of errors that a handler reports after all checks, so that the response has the headers of the family.
const IN_ACTION: &[StatusCode] = &[
    StatusCode::UNPROCESSABLE_ENTITY,
    StatusCode::TOO_MANY_REQUESTS,
];

/// What is known of a request when its response is completed.
#[derive(Default)]
struct Served {
    route: Option<&'static Route>,
    locale: Locale,
    has_user: bool,
    /// Whether a file is served, by the web server in front of Mastodon.
    is_file: bool,
}

/// Responds to a request.
pub(crate) async fn respond(shared: &Shared, peer: &Peer, request: Request) -> Response {
    let client = ClientHeaders::new(request.headers());
    let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut served = Served {
        locale: locale(shared, &Params::default(), None, &client),
        ..Served::default()
    };
    let result = handle(shared, peer, request, &client, &mut served).await;
    let mut response = result.unwrap_or_else(|error| *error);
    if served.is_file {
        return response;
    }
    if response.is_for_browsers && !wants_json(client.accept.as_deref()) {
        response = error_page(response.status, served.locale);
    }
    if let Some(route) = served.route {
        let is_api = route.path.starts_with("/api/");
        if is_api {
            translate_response(&mut response, served.locale);
            add_cache_headers(&mut response, route.name, &client, served.has_user);
        }
    }
    shared.request_ids.add_to(&mut response, &client);
    add_etag(&mut response, &client, is_get);
    response
}

async fn handle(
    shared: &Shared,
    peer: &Peer,
    request: Request,
    client: &ClientHeaders,
    served: &mut Served,
) -> HandlerResult {
    // A HEAD request is handled as GET; hyper omits the body.
    let mut method = match request.method() {
        &Method::HEAD => Method::GET,
        other => other.clone(),
    };
    let path = request.uri().path().to_owned();
    served.is_file = FILE_FOLDERS.iter().any(|folder| path.starts_with(folder));
    if served.is_file
        && let Some(file) = handlers::pages::handle(shared, &method, &path, request.headers())
    {
        return file;
    }
    let (headers, query) = (request.headers().clone(), query(&request));
    let address = admin::ip_blocks::client_address(peer.address.ip(), &headers);
    admin::ip_blocks::check_access(shared, address)?;
    let params = parse::parse_request(&query, request).await;
    let empty = Params::default();
    if method == Method::POST {
        let overriding = method_override(&headers, params.as_ref().unwrap_or(&empty));
        method = overriding.unwrap_or(method);
    }
    let presented = Presented::new(shared, &headers, params.as_ref().unwrap_or(&empty));
    let requester = Requester {
        token: presented
            .known
            .as_ref()
            .and_then(|_| presented.value.clone()),
        user: presented.known.as_ref().and_then(|known| known.user),
        address: throttled_address(address),
    };
    let now = shared.clock.now();
    let throttled = ThrottledRequest {
        method: method.as_str(),
        path: &path,
        is_paging: is_paging(&query),
        has_user: requester.user.is_some(),
        has_token: requester.token.is_some(),
    };
    let checked = shared
        .rate_limiter
        .current()
        .check(&throttled, &requester, now);
    let mut quota = checked.map_err(|mut error| {
        complete_throttled(shared, &mut error);
        error
    })?;
    let is_self_destructing = shared
        .behavior
        .with(|behavior| behavior.instance.self_destruct);
    let survives = SURVIVING_PATHS.contains(&path.as_str()) || path.starts_with("/auth/");
    if is_self_destructing && !survives {
        return Err(gone());
    }
    let mut params = params?;
    served.locale = locale(shared, &params, requester.user, client);
    if let Some(page) = handlers::pages::handle(shared, &method, &path, &headers) {
        return page;
    }
    if let Some(page_handler) = handlers::oauth::page_handler(&method, &path) {
        return page_handler(shared, &params, &headers);
    }
    if let Some(response) = push::unsubscribe(shared, &method, &path) {
        return Ok(response);
    }
    let (route, captured) = find_route(&method, &path).ok_or_else(route_not_found)?;
    params.decode_data_uris(route.params);
    served.route = Some(route);
    served.has_user = requester.user.is_some();
    // Scheduled statuses are free, also when they are published.
    let is_scheduling = route.name == "status_post" && params.non_blank("scheduled_at").is_some();
    let mut has_acted = false;
    let mut result = match authentication::authorize(shared, route, presented.known) {
        Ok(token) => {
            let work = posting::work(shared, route, requester.user, &headers, &params).await;
            let context = Context {
                shared,
                route,
                path_params: captured,
                params,
                query_string: query,
                headers,
                address,
                work,
                token,
                requester: requester.clone(),
            };
            has_acted = true;
            act(&context)
        }
        Err(error) => Err(error),
    };
    let response = match &mut result {
        Ok(response) => response,
        Err(error) => &mut **error,
    };
    let is_in_action = response.status.is_success() || IN_ACTION.contains(&response.status);
    if has_acted && is_in_action {
        let is_counted =
            response.status.is_success() && !is_scheduling && !response.has_changed_nothing;
        let limiter = shared.rate_limiter.current();
        let family_quota = limiter.count_success(route, is_counted, &requester, now);
        // If both have as many left, Mastodon reports the quota of the family.
        let quotas = [family_quota, quota].into_iter().flatten();
        quota = quotas.min_by_key(Quota::remaining);
    }
    // An error outside of the controller loses its headers.
    let keeps_headers = path.starts_with("/api/") && !response.is_for_browsers;
    if let Some(quota) = quota.filter(|_| keeps_headers) {
        response.headers.extend(quota.headers());
    }
    let deprecated_on = route
        .deprecated_on
        .or_else(|| handlers::collections::deprecated_on(&path));
    if let Some(since) = deprecated_on.and_then(unix_midnight) {
        response.headers.push((DEPRECATION, format!("@{since}")));
    }
    result
}

/// Completes the response of a throttle, which knows neither the language nor the format of the API.
fn complete_throttled(shared: &Shared, response: &mut Response) {
    let default = shared
        .behavior
        .with(|behavior| behavior.instance.default_locale.clone());
    translate_response(response, Locale::from_language(&default));
    for (name, value) in &mut response.headers {
        if *name == header::CONTENT_TYPE {
            "application/json".clone_into(value);
        }
    }
}

/// Checks the parameters, then calls the handler.
fn act(context: &Context<'_>) -> HandlerResult {
    // The OAuth handlers validate their parameters, because OAuth defines its own errors.
    if !context.route.path.starts_with("/oauth/")
        && !admin::is_for_staff(context.route)
        && let Err(invalid) = validate::validate(context.route, &context.params)
    {
        // Mastodon looks for the record first.
        handlers::existing::check(context)?;
        return Err(invalid);
    }
    if let Some(user) = context.viewer() {
        let (shared, now) = (context.shared, context.now());
        shared.state().note_activity(user, now);
    }
    handlers::handle(context)
}

/// Returns the method that a POST request means: that of a header, or of the parameter `_method` in a form.
fn method_override(headers: &HeaderMap, params: &Params) -> Option<Method> {
    let header = headers.get("x-http-method-override");
    let header = header.and_then(|value| value.to_str().ok().map(str::to_owned));
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let is_form = content_type.is_some_and(|kind| {
        kind.starts_with("application/x-www-form-urlencoded")
            || kind.starts_with("multipart/form-data")
    });
    let parameter = params.non_blank("_method").filter(|_| is_form);
    let name = parameter.or(header)?.to_ascii_uppercase();
    let known = [Method::GET, Method::PUT, Method::PATCH, Method::DELETE];
    known.into_iter().find(|method| method.as_str() == name)
}

fn query(request: &Request) -> String {
    request.uri().query().unwrap_or_default().to_owned()
}

/// Whether a query has a cursor or a page number. Those in a JSON body do not count.
fn is_paging(query: &str) -> bool {
    let names = ["page", "max_id", "min_id", "since_id"];
    form_urlencoded::parse(query.as_bytes())
        .any(|(name, value)| names.contains(&&*name) && !value.trim().is_empty())
}

/// Returns the language of the messages for a request.
fn locale(
    shared: &Shared,
    params: &Params,
    user: Option<crate::ids::Id>,
    client: &ClientHeaders,
) -> Locale {
    let state = shared.state();
    let user = user.and_then(|user| state.accounts.get(&user)?.login.as_ref());
    let user = user.map(|login| login.locale.as_str());
    let default = shared
        .behavior
        .with(|behavior| behavior.instance.default_locale.clone());
    Locale::of_request(params, user, client.accept_language.as_deref(), &default)
}

/// Converts a date to the Unix time of its start.
fn unix_midnight(day: &str) -> Option<i64> {
    let start: Timestamp = format!("{day}T00:00:00Z").parse().ok()?;
    Some(start.as_second())
}

/// Finds the matching route with the fewest path parameters, so that literal segments take precedence.
fn find_route(
    method: &Method,
    path: &str,
) -> Option<(&'static Route, Vec<(&'static str, String)>)> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let matches = routes::all()
        .filter(|route| !route.removed)
        .filter_map(|route| {
            let mut methods =
                std::iter::once(route.method).chain(route.additional_methods.iter().copied());
            let accepts_method = methods.any(|own| own.as_str() == method.as_str());
            let paths = std::iter::once(route.path).chain(route.aliases.iter().copied());
            let captured = paths
                .filter(|_| accepts_method)
                .find_map(|template| match_path(template, path))
                .filter(|captured| !has_format(captured))?;
            Some((route, captured))
        });
    matches.min_by_key(|(_, captured)| captured.len())
}

/// Whether an ID has a suffix for a format, such as `1.json`, which the API does not have.
fn has_format(captured: &[(&'static str, String)]) -> bool {
    captured
        .iter()
        .any(|(name, value)| (*name == "id" || name.ends_with("_id")) && value.contains('.'))
}
