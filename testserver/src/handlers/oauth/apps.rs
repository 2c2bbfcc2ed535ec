//! Registering programs.

use serde_json::{Value, json};

use super::super::Context;
use crate::push::VAPID_PUBLIC_KEY;
use crate::response::{HandlerResult, Response, not_found, validation_failed};
use crate::state::{App, DEFAULT_SCOPE, are_known_scopes};

/// What the user sees instead of being sent somewhere.
pub(super) const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";
/// The most characters of a name, of a web address, and of the addresses to send users to.
const MAX_NAME: usize = 60;
const MAX_ADDRESS: usize = 2000;

pub(super) fn create(context: &Context<'_>) -> HandlerResult {
    let params = &context.params;
    let name = params.string("client_name").unwrap_or_default();
    let website = params.non_blank("website");
    let redirect_uris: Vec<String> = params
        .list("redirect_uris")
        .iter()
        .flat_map(|lines| lines.split_whitespace())
        .map(str::to_owned)
        .collect();
    let scopes = params
        .non_blank("scopes")
        .unwrap_or_else(|| DEFAULT_SCOPE.to_owned());
    let scopes: Vec<String> = scopes.split_whitespace().map(str::to_owned).collect();
    let mut problems = Vec::new();
    if name.trim().is_empty() {
        problems.push("Application name can't be blank".to_owned());
    }
    too_long(&mut problems, "Application name", &name, MAX_NAME);
    if let Some(website) = &website {
        too_long(&mut problems, "Application website", website, MAX_ADDRESS);
        if !is_web_address(website) {
            problems.push("Application website is invalid".to_owned());
        }
    }
    if redirect_uris.is_empty() {
        problems.push("Redirect URI can't be blank".to_owned());
    }
    too_long(
        &mut problems,
        "Redirect URI",
        &redirect_uris.join("\n"),
        MAX_ADDRESS,
    );
    let wrong = redirect_uris.iter().filter_map(|uri| what_is_wrong(uri));
    problems.extend(wrong.map(|problem| format!("Redirect URI {problem}")));
    if !are_known_scopes(&scopes) {
        problems.push("Scopes doesn't match configured on the server.".to_owned());
    }
    if !problems.is_empty() {
        return Err(validation_failed(&problems.join(", ")));
    }
    let mut state = context.shared.state();
    let app = App {
        id: state.next_row_id(),
        name,
        secret: state.unique_token("secret"),
        redirect_uris,
        scopes,
        website,
    };
    let client_id = state.unique_token("client");
    let mut answer = application(&app);
    answer["client_id"] = client_id.clone().into();
    answer["client_secret"] = app.secret.clone().into();
    answer["client_secret_expires_at"] = 0.into();
    state.apps.insert(client_id, app);
    Ok(Response::json(&answer))
}

pub(super) fn verify(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let app = context.token.as_ref().and_then(|token| token.app.as_ref());
    let app = app
        .and_then(|id| state.apps.get(id))
        .ok_or_else(not_found)?;
    Ok(Response::json(&application(app)))
}

fn application(app: &App) -> Value {
    json!({
        "id": app.id.to_string(), "name": app.name, "website": app.website, "scopes": app.scopes,
        "redirect_uris": app.redirect_uris, "vapid_key": VAPID_PUBLIC_KEY, "redirect_uri": app.redirect_uris.join("\n"),
    })
}

fn too_long(problems: &mut Vec<String>, what: &str, text: &str, most: usize) {
    if text.chars().count() > most {
        problems.push(format!("{what} is too long (maximum is {most} characters)"));
    }
}

fn is_web_address(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && !text.contains(char::is_whitespace)
    })
}

/// Why users cannot be sent to an address; `None` where they can.
fn what_is_wrong(uri: &str) -> Option<&'static str> {
    if uri == OUT_OF_BAND {
        return None;
    }
    let scheme = uri
        .split_once(':')
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    let is_scheme = |scheme: &String| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    };
    if uri.contains(['<', '>', '"', '\\', '^', '`', '{', '|', '}']) {
        return Some("must be a valid URI.");
    }
    let Some(scheme) = scheme.filter(is_scheme) else {
        return Some("must be an absolute URI.");
    };
    if matches!(scheme.as_str(), "data" | "vbscript" | "javascript") {
        return Some("is forbidden by the server.");
    }
    if uri.contains('#') {
        return Some("cannot contain a fragment.");
    }
    let rest = &uri[scheme.len() + 1..];
    if matches!(scheme.as_str(), "http" | "https") && rest.trim_start_matches('/').is_empty() {
        return Some("must be an absolute URI.");
    }
    None
}
