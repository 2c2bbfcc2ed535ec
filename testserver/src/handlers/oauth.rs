//! Registering programs, asking users, handing out tokens.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::Context;
use crate::params::Params;
use crate::reply::{Outcome, Refusal, Reply, oauth_error, unprocessable};
use crate::server::Shared;
use crate::state::{App, Grant};

const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<Outcome> {
    Some(match context.route.name {
        "app_create" => app_create(context),
        "oauth_authorize" => page(context),
        "oauth_token" => token(context),
        "oauth_revoke" => revoke(context),
        _ => return None,
    })
}

fn app_create(context: &Context<'_>) -> Outcome {
    let params = &context.params;
    let text = |name: &str| params.text(name).unwrap_or_default();
    let mut state = context.shared.state();
    let (client_id, secret) = (state.unique("client"), state.unique("secret"));
    let app = App {
        name: text("client_name"),
        secret: secret.clone(),
        redirect_uris: text("redirect_uris")
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        scopes: params.filled("scopes").unwrap_or_else(|| "read".to_owned()),
        website: params.filled("website"),
    };
    let answer = json!({
        "id": client_id, "name": app.name, "website": app.website, "scopes": app.scopes.split(' ').collect::<Vec<_>>(),
        "redirect_uris": app.redirect_uris, "redirect_uri": app.redirect_uris.join("\n"),
        "client_id": client_id, "client_secret": secret, "client_secret_expires_at": 0, "vapid_key": "",
    });
    state.apps.insert(client_id, app);
    Ok(Reply::json(&answer))
}

/// The page that asks the user. One form does for signing in and for giving leave.
fn page(context: &Context<'_>) -> Outcome {
    let names = [
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
    ];
    let hidden: String = names
        .iter()
        .filter_map(|name| Some((name, context.params.text(name)?)))
        .map(|(name, value)| {
            format!(
                "<input type=\"hidden\" name=\"{name}\" value=\"{}\">",
                attribute(&value)
            )
        })
        .collect();
    Ok(Reply::html(format!(
        "<!doctype html><title>Log in</title><form method=\"post\" action=\"/oauth/authorize\">{hidden}\
         <label>E-mail <input name=\"email\"></label><label>Password <input name=\"password\" type=\"password\"></label>\
         <button>Authorize</button></form>"
    )))
}

fn attribute(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

/// The user's answer: a code on its way back to the program.
pub(crate) fn consent(shared: &Shared, params: &Params) -> Outcome {
    let text = |name: &str| params.text(name).unwrap_or_default();
    let mut state = shared.state();
    let (client_id, redirect_uri) = (text("client_id"), text("redirect_uri"));
    let app = state
        .apps
        .get(&client_id)
        .cloned()
        .ok_or_else(|| unknown_client(StatusCode::UNAUTHORIZED))?;
    if !app.redirect_uris.contains(&redirect_uri) {
        return Err(oauth_error(
            StatusCode::BAD_REQUEST,
            "invalid_redirect_uri",
            "The redirect URI is not one of the registered ones.",
        ));
    }
    if params.text("code_challenge").is_some() && text("code_challenge_method") != "S256" {
        return Err(oauth_error(
            StatusCode::BAD_REQUEST,
            "invalid_code_challenge_method",
            "The code_challenge_method must be S256.",
        ));
    }
    let user = state.signed_in(&text("email"), &text("password"));
    let user = user.ok_or_else(|| unprocessable("Invalid E-mail address or password."))?;
    let code = state.unique("code");
    let scope = params.filled("scope").unwrap_or_else(|| "read".to_owned());
    let challenge = params.filled("code_challenge");
    state.grants.insert(
        code.clone(),
        Grant {
            client_id,
            redirect_uri: redirect_uri.clone(),
            user,
            scope,
            challenge,
        },
    );
    if redirect_uri == OUT_OF_BAND {
        return Ok(Reply::html(format!("<!doctype html><code>{code}</code>")));
    }
    let separator = if redirect_uri.contains('?') { '&' } else { '?' };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("code", &code)
        .append_pair("state", &text("state"))
        .finish();
    Ok(Reply::redirect(format!("{redirect_uri}{separator}{query}")))
}

fn unknown_client(status: StatusCode) -> Refusal {
    oauth_error(
        status,
        "invalid_client",
        "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.",
    )
}

fn token(context: &Context<'_>) -> Outcome {
    let params = &context.params;
    let text = |name: &str| params.text(name).unwrap_or_default();
    let mut state = context.shared.state();
    let app = state
        .apps
        .get(&text("client_id"))
        .filter(|app| app.secret == text("client_secret"))
        .cloned();
    let app = app.ok_or_else(|| unknown_client(StatusCode::UNAUTHORIZED))?;
    let (user, scope) = match text("grant_type").as_str() {
        "client_credentials" => (None, params.filled("scope").unwrap_or(app.scopes)),
        "authorization_code" => {
            let invalid = || {
                oauth_error(
                    StatusCode::BAD_REQUEST,
                    "invalid_grant",
                    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.",
                )
            };
            // A code is good for one try, whatever comes of it.
            let grant = state.grants.remove(&text("code")).ok_or_else(invalid)?;
            let verified = grant.challenge.as_ref().is_none_or(|challenge| {
                *challenge
                    == URL_SAFE_NO_PAD.encode(Sha256::digest(text("code_verifier").as_bytes()))
            });
            if grant.client_id != text("client_id")
                || grant.redirect_uri != text("redirect_uri")
                || !verified
            {
                return Err(invalid());
            }
            (Some(grant.user), grant.scope)
        }
        _ => {
            return Err(oauth_error(
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "The authorization grant type is not supported by the authorization server.",
            ));
        }
    };
    let token = state.add_token(user, &scope);
    if let Some(token) = state.tokens.get_mut(&token) {
        token.app = Some(text("client_id"));
    }
    let created = context.now().as_second();
    Ok(Reply::json(
        &json!({ "access_token": token, "token_type": "Bearer", "scope": scope, "created_at": created }),
    ))
}

fn revoke(context: &Context<'_>) -> Outcome {
    let token = context.params.text("token").unwrap_or_default();
    context.shared.state().tokens.remove(&token);
    Ok(Reply::empty())
}
