//! WebFinger and host metadata: discovery of accounts by their address.

use axum::http::{StatusCode, header};
use serde_json::{Value, json};

use super::Context;
use crate::ids::Id;
use crate::response::{ErrorResponse, HandlerResult, Response};
use crate::state::State;

const CACHED: &str = "max-age=259200, public";
const ERROR_CACHED: &str = "max-age=180, public";

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "webfinger" => webfinger(context),
        "instance_host_meta" => Ok(host_meta(context)),
        _ => return None,
    })
}

/// Creates an error response without a body.
fn failed(status: StatusCode) -> ErrorResponse {
    let response =
        Response::without_body(status).header(header::CACHE_CONTROL, ERROR_CACHED.to_owned());
    Box::new(response.header(header::CONTENT_TYPE, "text/html".to_owned()))
}

/// What a WebFinger resource refers to.
enum Subject {
    /// The actor that acts for the server itself.
    Server,
    Account(Id),
}

fn webfinger(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let resource = context.params.non_blank("resource");
    let resource = resource.ok_or_else(|| failed(StatusCode::BAD_REQUEST))?;
    let not_found = || failed(StatusCode::NOT_FOUND);
    let body = match subject(&state, &resource)?.ok_or_else(not_found)? {
        Subject::Server => server_actor(&state),
        Subject::Account(id) => account(&state, id).ok_or_else(not_found)?,
    };
    let response = Response::with_body(
        "application/jrd+json; charset=utf-8",
        body.to_string().into_bytes(),
    );
    Ok(response.header(header::CACHE_CONTROL, CACHED.to_owned()))
}

/// Finds what a resource refers to. Rejects text that is neither a URL nor an address.
fn subject(state: &State, resource: &str) -> Result<Option<Subject>, ErrorResponse> {
    let host = state.host();
    let is_url = resource
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("http"));
    let without_scheme = resource
        .strip_prefix("https://")
        .or_else(|| resource.strip_prefix("http://"))
        .unwrap_or(resource);
    if without_scheme.strip_suffix('/').unwrap_or(without_scheme) == host {
        return Ok(Some(Subject::Server));
    }
    if is_url {
        let path = without_scheme.strip_prefix(host);
        return Ok(path.and_then(|path| subject_by_path(state, path)));
    }
    if !resource.contains('@') {
        return Err(failed(StatusCode::BAD_REQUEST));
    }
    let address = resource.strip_prefix("acct:").unwrap_or(resource);
    let (name, domain) = address.rsplit_once('@').unwrap_or_default();
    if !domain.eq_ignore_ascii_case(host) {
        return Ok(None);
    }
    if name == host {
        return Ok(Some(Subject::Server));
    }
    Ok(state.local_account(name).map(Subject::Account))
}

/// Finds the account whose profile page or ActivityPub ID has this path.
fn subject_by_path(state: &State, path: &str) -> Option<Subject> {
    if path == "/actor" {
        return Some(Subject::Server);
    }
    if let Some(id) = path.strip_prefix("/ap/users/") {
        let id = id.parse().ok()?;
        let account = state.accounts.get(&id)?;
        return account.domain.is_none().then_some(Subject::Account(id));
    }
    let name = path
        .strip_prefix("/@")
        .or_else(|| path.strip_prefix("/users/"))?;
    state.local_account(name).map(Subject::Account)
}

fn links(state: &State, page: &str, actor: &str) -> Vec<Value> {
    let url = &state.url;
    vec![
        json!({ "rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": page }),
        json!({ "rel": "self", "type": "application/activity+json", "href": actor }),
        json!({
            "rel": "http://ostatus.org/schema/1.0/subscribe",
            "template": format!("{url}/authorize_interaction?uri={{uri}}"),
        }),
        json!({ "rel": "https://w3id.org/fep/3b86/Create", "template": format!("{url}/share?text={{content}}") }),
        json!({
            "rel": "https://w3id.org/fep/3b86/Object",
            "template": format!("{url}/authorize_interaction?uri={{object}}"),
        }),
    ]
}

fn server_actor(state: &State) -> Value {
    let (url, host) = (&state.url, state.host());
    let actor = format!("{url}/actor");
    let page = format!("{url}/about/more?instance_actor=true");
    json!({
        "subject": format!("acct:{host}@{host}"), "aliases": [&actor], "links": links(state, &page, &actor),
    })
}

fn account(state: &State, id: Id) -> Option<Value> {
    let account = state.accounts.get(&id)?;
    let (page, actor) = (account.url(&state.url), account.uri(&state.url));
    let mut links = links(state, &page, &actor);
    if let Some(avatar) = &account.profile.avatar {
        let (href, _) = crate::render::image_urls(state, id, "avatars", avatar);
        links.push(json!({
            "rel": "http://webfinger.net/rel/avatar", "type": avatar.info.mime, "href": href,
        }));
    }
    Some(json!({
        "subject": format!("acct:{}@{}", account.username, state.host()), "aliases": [page, actor], "links": links,
    }))
}

/// Returns the address of the WebFinger endpoint: as XML, or as JSON if the client asks for it.
fn host_meta(context: &Context<'_>) -> Response {
    let template = format!(
        "{}/.well-known/webfinger?resource={{uri}}",
        context.shared.url
    );
    let response = if context.wants_json() {
        Response::json(&json!({ "links": [{ "rel": "lrdd", "template": template }] }))
    } else {
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\n  \
             <Link rel=\"lrdd\" template=\"{template}\"/>\n</XRD>\n"
        );
        Response::with_body("application/xrd+xml; charset=utf-8", xml.into_bytes())
    };
    response.header(header::CACHE_CONTROL, CACHED.to_owned())
}
