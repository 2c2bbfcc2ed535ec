//! Registration of applications.

use serde_json::{Value, json};

use super::super::Context;
use crate::push::VAPID_PUBLIC_KEY;
use crate::response::{HandlerResult, Response, not_found, validation_failed};
use crate::state::{App, DEFAULT_SCOPE, are_known_scopes};

/// Redirect URI of applications that let the user copy the code from a page.
pub(super) const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";
/// Maximum length of a name, and of a website or all redirect URIs, in characters.
const MAX_NAME: usize = 60;
const MAX_URI: usize = 2000;

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
    let mut errors = Vec::new();
    if name.trim().is_empty() {
        errors.push("Application name can't be blank".to_owned());
    }
    check_length(&mut errors, "Application name", &name, MAX_NAME);
    if let Some(website) = &website {
        check_length(&mut errors, "Application website", website, MAX_URI);
        if !is_http_url(website) {
            errors.push("Application website is not a valid URL".to_owned());
        }
    }
    if redirect_uris.is_empty() {
        errors.push("Redirect URI can't be blank".to_owned());
    }
    check_length(
        &mut errors,
        "Redirect URI",
        &redirect_uris.join("\n"),
        MAX_URI,
    );
    let uri_errors = redirect_uris
        .iter()
        .filter_map(|uri| redirect_uri_error(uri));
    errors.extend(uri_errors.map(|error| format!("Redirect URI {error}")));
    if !are_known_scopes(&scopes) {
        errors.push("Scopes doesn't match configured on the server.".to_owned());
    }
    if !errors.is_empty() {
        return Err(validation_failed(&errors.join(", ")));
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
    let mut value = render_application(&app);
    value["client_id"] = client_id.clone().into();
    value["client_secret"] = app.secret.clone().into();
    value["client_secret_expires_at"] = 0.into();
    state.apps.insert(client_id, app);
    Ok(Response::json(&value))
}

pub(super) fn verify(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let app = context.token.as_ref().and_then(|token| token.app.as_ref());
    let app = app
        .and_then(|id| state.apps.get(id))
        .ok_or_else(not_found)?;
    Ok(Response::json(&render_application(app)))
}

fn render_application(app: &App) -> Value {
    json!({
        "id": app.id.to_string(), "name": app.name, "website": app.website, "scopes": app.scopes,
        "redirect_uris": app.redirect_uris, "vapid_key": VAPID_PUBLIC_KEY, "redirect_uri": app.redirect_uris.join("\n"),
    })
}

fn check_length(errors: &mut Vec<String>, label: &str, text: &str, max: usize) {
    if text.chars().count() > max {
        errors.push(format!("{label} is too long (maximum is {max} characters)"));
    }
}

fn is_http_url(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && !text.contains(char::is_whitespace)
    })
}

/// Returns why a redirect URI is invalid, or `None` if it is valid.
fn redirect_uri_error(uri: &str) -> Option<&'static str> {
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
