//! The pages on which a user signs in and authorizes an application.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;

use super::super::Context;
use super::apps::OUT_OF_BAND;
use crate::ids::Id;
use crate::params::{Params, parse};
use crate::response::{HandlerResult, Response};
use crate::server::Shared;
use crate::state::{App, AuthorizationCode, State};
use crate::text::escape_html;

const SESSION_COOKIE: &str = "_session_id";

/// Parameters that the pages pass on until the user has decided.
const FORWARDED_PARAMS: &[&str] = &[
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "lang",
];

/// A valid authorization request.
struct AuthorizationRequest {
    client_id: String,
    app: App,
    redirect_uri: String,
    scopes: Vec<String>,
    state: Option<String>,
    challenge: Option<String>,
}

/// An invalid authorization request.
struct InvalidRequest {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// Redirect URI and state, once the redirect URI is known to be that of the application.
    redirect: Option<(String, Option<String>)>,
}

impl InvalidRequest {
    /// Shows the error. Mastodon redirects no error of the page on which the user decides.
    fn page(&self) -> Response {
        error_page(self.status, &self.message)
    }

    /// Responds to the decision of the user: redirects with the error if the redirect URI is valid.
    fn response(self) -> Response {
        match &self.redirect {
            Some((uri, state)) if uri != OUT_OF_BAND => redirect(
                uri,
                &[("error", self.code), ("error_description", &self.message)],
                state.as_deref(),
            ),
            _ => Response::json(&json!({
                "error": self.code, "error_description": self.message,
            }))
            .status(self.status),
        }
    }
}

/// Redirects the user to the application.
fn redirect(uri: &str, response_params: &[(&str, &str)], state: Option<&str>) -> Response {
    let separator = if uri.contains('?') { '&' } else { '?' };
    let query = response_query(response_params, state);
    Response::redirect(format!("{uri}{separator}{query}"))
}

fn response_query(response_params: &[(&str, &str)], state: Option<&str>) -> String {
    let state = state.map(|state| ("state", state));
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(response_params.iter().copied().chain(state))
        .finish()
}

impl AuthorizationRequest {
    /// Checks a request in the order of Doorkeeper.
    fn parse(state: &State, params: &Params) -> Result<Self, InvalidRequest> {
        let invalid = |code: &'static str, message: &str| InvalidRequest {
            status: StatusCode::BAD_REQUEST,
            code,
            message: message.to_owned(),
            redirect: None,
        };
        let client_id = params
            .non_blank("client_id")
            .ok_or_else(|| invalid("invalid_request", "Missing required parameter: client_id."))?;
        let app = state.apps.get(&client_id).cloned().ok_or_else(|| {
            let message = "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.";
            InvalidRequest {
                status: StatusCode::UNAUTHORIZED,
                ..invalid("invalid_client", message)
            }
        })?;
        let redirect_uri = params.string("redirect_uri").unwrap_or_default();
        if !app.allows_redirect_uri(&redirect_uri) {
            let message = "The redirect uri included is not valid.";
            return Err(invalid("invalid_redirect_uri", message));
        }
        let state = params.non_blank("state");
        let invalid = |code, message| InvalidRequest {
            redirect: Some((redirect_uri.clone(), state.clone())),
            ..invalid(code, message)
        };
        match params.non_blank("response_type").as_deref() {
            Some("code") => {}
            Some(_) => {
                let message = "The authorization server does not support this response type.";
                return Err(invalid("unsupported_response_type", message));
            }
            None => {
                let message = "Missing required parameter: response_type.";
                return Err(invalid("invalid_request", message));
            }
        }
        let scope = params.non_blank("scope");
        let scopes = app.requested_scopes(scope.as_deref()).ok_or_else(|| {
            let message = "The requested scope is invalid, unknown, or malformed.";
            invalid("invalid_scope", message)
        })?;
        let challenge = params.non_blank("code_challenge");
        let method = params.non_blank("code_challenge_method");
        if challenge.is_some() && method.as_deref() != Some("S256") {
            let message = "The code_challenge_method must be S256.";
            return Err(invalid("invalid_code_challenge_method", message));
        }
        Ok(Self {
            client_id,
            app,
            redirect_uri,
            scopes,
            state,
            challenge,
        })
    }

    /// Issues a code to the application.
    fn authorize(self, shared: &Shared, user: Id) -> Response {
        if shared.state().is_login_refused(user) {
            return Response::redirect(format!("{}/auth/edit", shared.url));
        }
        let code = {
            let mut state = shared.state();
            let code = state.unique_token("code");
            let grant = AuthorizationCode {
                client_id: self.client_id.clone(),
                redirect_uri: self.redirect_uri.clone(),
                user,
                scopes: self.scopes.clone(),
                code_challenge: self.challenge.clone(),
                created: shared.clock.now(),
            };
            state.authorization_codes.insert(code.clone(), grant);
            code
        };
        if self.redirect_uri == OUT_OF_BAND {
            let query = self.query(&[("code", &code)]);
            return Response::redirect(format!("{}/oauth/authorize/native?{query}", shared.url));
        }
        self.redirect(&[("code", &code)])
    }

    fn deny(self) -> Response {
        let message = "The resource owner or authorization server denied the request.";
        InvalidRequest {
            status: StatusCode::BAD_REQUEST,
            code: "access_denied",
            message: message.to_owned(),
            redirect: Some((self.redirect_uri, self.state)),
        }
        .response()
    }

    /// Redirects the user to the application.
    fn redirect(&self, response_params: &[(&str, &str)]) -> Response {
        redirect(&self.redirect_uri, response_params, self.state.as_deref())
    }

    fn query(&self, response_params: &[(&str, &str)]) -> String {
        response_query(response_params, self.state.as_deref())
    }
}

/// Shows the first page: the sign-in form or the authorization form. Redirects at once if the
/// application is already authorized.
pub(super) fn show(context: &Context<'_>) -> HandlerResult {
    let (shared, params) = (context.shared, &context.params);
    let state = shared.state();
    let request = match AuthorizationRequest::parse(&state, params) {
        Ok(request) => request,
        Err(invalid) => return Ok(invalid.page()),
    };
    let Some(user) = session_user(&state, &context.headers) else {
        return Ok(login_form(params, None));
    };
    let existing_token = state.find_token(&request.client_id, Some(user), &request.scopes);
    // With `force_login` the user is asked in any case. The user stays logged in.
    if existing_token.is_some() && !params.is_true("force_login") {
        drop(state);
        return Ok(request.authorize(shared, user));
    }
    let name = state
        .accounts
        .get(&user)
        .map_or("", |account| account.username.as_str());
    Ok(authorization_form(params, &request, name))
}

/// Handles the user's decision. A form with an email address and a password signs in and authorizes
/// at once.
pub(super) fn submit(shared: &Shared, params: &Params, headers: &HeaderMap) -> HandlerResult {
    if params.string("_method").as_deref() == Some("delete") {
        return deny(shared, params, headers);
    }
    let state = shared.state();
    let (email, password) = credentials(params);
    let user = if email.is_empty() {
        session_user(&state, headers)
    } else {
        state.authenticate(&email, &password)
    };
    let request = match AuthorizationRequest::parse(&state, params) {
        Ok(request) => request,
        Err(invalid) => return Ok(invalid.response()),
    };
    drop(state);
    let Some(user) = user else {
        let message = (!email.is_empty()).then_some("Invalid E-mail address or password.");
        return Ok(login_form(params, message));
    };
    Ok(request.authorize(shared, user))
}

pub(super) fn deny(shared: &Shared, params: &Params, headers: &HeaderMap) -> HandlerResult {
    let state = shared.state();
    if session_user(&state, headers).is_none() {
        return Ok(login_form(params, None));
    }
    Ok(AuthorizationRequest::parse(&state, params)
        .map_or_else(InvalidRequest::response, AuthorizationRequest::deny))
}

/// Shows the code, for users who copy it to the application.
pub(super) fn show_code(_: &Shared, params: &Params, _: &HeaderMap) -> HandlerResult {
    let code = escape_html(&params.string("code").unwrap_or_default());
    Ok(document(
        params,
        "Authorization code",
        &format!("<p>Copy this code and paste it to the application.</p><code>{code}</code>"),
    ))
}

pub(super) fn sign_in_page(_: &Shared, params: &Params, _: &HeaderMap) -> HandlerResult {
    Ok(login_form(params, None))
}

/// Signs the user in and continues with the authorization request.
pub(super) fn sign_in(shared: &Shared, params: &Params, _: &HeaderMap) -> HandlerResult {
    let mut state = shared.state();
    let (email, password) = credentials(params);
    let Some(user) = state.authenticate(&email, &password) else {
        return Ok(login_form(
            params,
            Some("Invalid E-mail address or password."),
        ));
    };
    let session = state.unique_token("session");
    state.sessions.insert(session.clone(), user);
    let pairs = FORWARDED_PARAMS
        .iter()
        .filter_map(|name| Some((*name, params.string(name)?)));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let location = if params.contains("client_id") {
        format!("/oauth/authorize?{query}")
    } else {
        "/".to_owned()
    };
    let cookie = format!("{SESSION_COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax");
    Ok(Response::redirect(location).header(header::SET_COOKIE, cookie))
}

pub(super) fn sign_out(shared: &Shared, _: &Params, headers: &HeaderMap) -> HandlerResult {
    if let Some(session) = session_cookie(headers) {
        shared.state().sessions.remove(&session);
    }
    let cookie = format!("{SESSION_COOKIE}=; Path=/; Max-Age=0");
    Ok(Response::redirect("/auth/sign_in".to_owned()).header(header::SET_COOKIE, cookie))
}

/// Signs a user in and authorizes the application, as a browser would. Returns the code, if any.
pub(crate) fn authorize(shared: &Shared, page: &str, username: &str) -> Option<String> {
    let mut params = Params::default();
    let query = page.split_once('?').map_or("", |(_, query)| query);
    parse::parse_pairs(&mut params, query.as_bytes()).ok()?;
    let login = {
        let state = shared.state();
        state
            .accounts
            .get(&state.local_account(username)?)?
            .login
            .clone()?
    };
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("email", &login.email);
    form.append_pair("password", &login.password);
    parse::parse_pairs(&mut params, form.finish().as_bytes()).ok()?;
    let response = submit(shared, &params, &HeaderMap::new()).ok()?;
    let (_, location) = response
        .headers
        .iter()
        .find(|(name, _)| name == header::LOCATION)?;
    let query = location.split_once('?')?.1;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, code) = pairs.find(|(name, _)| name == "code")?;
    Some(code.into_owned())
}

/// Returns the email address and the password of a form, by the names of Mastodon's form or without
/// the `user` prefix.
fn credentials(params: &Params) -> (String, String) {
    let user = params.map("user");
    let field = |name: &str| {
        let prefixed = user.and_then(|user| user.string(name));
        prefixed.or_else(|| params.string(name)).unwrap_or_default()
    };
    (field("email"), field("password"))
}

fn session_cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let mut cookies = cookies
        .filter_map(|value: &HeaderValue| value.to_str().ok())
        .flat_map(|value| value.split("; "));
    cookies.find_map(|pair| {
        pair.strip_prefix(SESSION_COOKIE)?
            .strip_prefix('=')
            .map(str::to_owned)
    })
}

/// Returns the user of the session.
fn session_user(state: &State, headers: &HeaderMap) -> Option<Id> {
    state.sessions.get(&session_cookie(headers)?).copied()
}

fn hidden_fields(params: &Params) -> String {
    let fields = FORWARDED_PARAMS.iter().filter_map(|name| {
        let value = escape_html(&params.string(name)?);
        Some(format!(
            "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">"
        ))
    });
    fields.collect()
}

fn login_form(params: &Params, message: Option<&str>) -> Response {
    let alert = message.map_or_else(String::new, |message| {
        format!("<p role=\"alert\">{message}</p>")
    });
    let hidden = hidden_fields(params);
    let page = document(
        params,
        "Log in",
        &format!(
            "{alert}<form method=\"post\" action=\"/auth/sign_in\">{hidden}\
             <p><label>E-mail address <input type=\"email\" name=\"user[email]\" autocomplete=\"username\" required></label></p>\
             <p><label>Password <input type=\"password\" name=\"user[password]\" autocomplete=\"current-password\" required></label></p>\
             <button type=\"submit\">Log in</button></form>"
        ),
    );
    if alert.is_empty() {
        page
    } else {
        page.status(StatusCode::UNPROCESSABLE_ENTITY)
    }
}

fn authorization_form(params: &Params, request: &AuthorizationRequest, username: &str) -> Response {
    let scopes = request
        .scopes
        .iter()
        .map(|scope| format!("<li><code>{}</code></li>", escape_html(scope)));
    let scopes: String = scopes.collect();
    let (hidden, name) = (hidden_fields(params), escape_html(&request.app.name));
    document(
        params,
        "Authorization required",
        &format!(
            "<p>Signed in as <strong>@{}</strong>.</p>\
             <p><strong>{name}</strong> would like permission to access your account with these scopes:</p><ul>{scopes}</ul>\
             <form method=\"post\" action=\"/oauth/authorize\">{hidden}<button type=\"submit\">Authorize</button></form>\
             <form method=\"post\" action=\"/oauth/authorize\">{hidden}<input type=\"hidden\" name=\"_method\" value=\"delete\">\
             <button type=\"submit\">Deny</button></form>",
            escape_html(username)
        ),
    )
}

fn error_page(status: StatusCode, message: &str) -> Response {
    let body = format!("<p role=\"alert\">{}</p>", escape_html(message));
    document(&Params::default(), "An error has occurred", &body).status(status)
}

pub(super) fn document(params: &Params, title: &str, body: &str) -> Response {
    let lang = escape_html(&params.non_blank("lang").unwrap_or_else(|| "en".to_owned()));
    Response::html(format!(
        "<!doctype html>\n<html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body><h1>{title}</h1>{body}</body></html>\n"
    ))
}
