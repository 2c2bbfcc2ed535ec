//! The pages on which a user signs in and gives a program leave.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::super::Context;
use super::apps::OUT_OF_BAND;
use crate::ids::Id;
use crate::params::{Params, parse};
use crate::response::{HandlerResult, Response};
use crate::server::Shared;
use crate::state::{App, AuthorizationCode, State};
use crate::text::escape_html;

const COOKIE: &str = "_session_id";

/// What travels from page to page until the user has decided.
const CARRIED: &[&str] = &[
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "lang",
];

/// What a program asks a user for, found to be in order.
struct Request {
    client_id: String,
    app: App,
    redirect_uri: String,
    scopes: Vec<String>,
    state: Option<String>,
    challenge: Option<String>,
}

impl Request {
    /// The request, or the page that tells what is wrong with it. Nobody is sent to a doubtful address.
    fn read(state: &State, params: &Params) -> Result<Self, Response> {
        let client_id = params.string("client_id").unwrap_or_default();
        let app = state.apps.get(&client_id).cloned().ok_or_else(|| {
            let said = "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.";
            failed(StatusCode::UNAUTHORIZED, said)
        })?;
        let wrong = |said: &str| failed(StatusCode::BAD_REQUEST, said);
        let redirect_uri = params.string("redirect_uri").unwrap_or_default();
        if !app.allows_redirect_uri(&redirect_uri) {
            return Err(wrong(
                "The requested redirect uri is malformed or doesn't match client redirect URI.",
            ));
        }
        match params.non_blank("response_type").as_deref() {
            Some("code") => {}
            Some(_) => {
                return Err(wrong(
                    "The authorization server does not support this response type.",
                ));
            }
            None => return Err(wrong("Missing required parameter: response_type.")),
        }
        let scope = params.non_blank("scope");
        let scopes = app
            .requested_scopes(scope.as_deref())
            .ok_or_else(|| wrong("The requested scope is invalid, unknown, or malformed."))?;
        let challenge = params.non_blank("code_challenge");
        let method = params.non_blank("code_challenge_method");
        if challenge.is_some() && method.as_deref() != Some("S256") {
            return Err(wrong("The code_challenge_method must be S256."));
        }
        Ok(Self {
            client_id,
            app,
            redirect_uri,
            scopes,
            state: params.string("state"),
            challenge,
        })
    }

    /// Gives the program a code.
    fn grant(self, shared: &Shared, user: Id) -> Response {
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
        self.back(&[("code", &code)])
    }

    fn deny(self) -> Response {
        let said = "The resource owner or authorization server denied the request.";
        if self.redirect_uri == OUT_OF_BAND {
            return failed(StatusCode::OK, said);
        }
        self.back(&[("error", "access_denied"), ("error_description", said)])
    }

    /// Sends the user back to the program.
    fn back(&self, answer: &[(&str, &str)]) -> Response {
        let to = &self.redirect_uri;
        let separator = if to.contains('?') { '&' } else { '?' };
        Response::redirect(format!("{to}{separator}{}", self.query(answer)))
    }

    fn query(&self, answer: &[(&str, &str)]) -> String {
        let state = self.state.as_deref().map(|state| ("state", state));
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(answer.iter().copied().chain(state))
            .finish()
    }
}

/// The first page: it asks the user to sign in, or for leave, or for nothing where the program has leave.
pub(super) fn page(context: &Context<'_>) -> HandlerResult {
    let (shared, params) = (context.shared, &context.params);
    let state = shared.state();
    let request = match Request::read(&state, params) {
        Ok(request) => request,
        Err(page) => return Ok(page),
    };
    let user = session(&state, &context.headers);
    let Some(user) = user.filter(|_| !params.is_true("force_login")) else {
        return Ok(login_form(params, None));
    };
    let known = state.find_token(&request.client_id, Some(user), &request.scopes);
    if known.is_some() {
        drop(state);
        return Ok(request.grant(shared, user));
    }
    let name = state
        .accounts
        .get(&user)
        .map_or("", |account| account.username.as_str());
    Ok(consent_form(params, &request, name))
}

/// What the user says to the program's request. Who sends an e-mail address and a password along signs in
/// and agrees at once.
pub(super) fn decide(shared: &Shared, params: &Params, headers: &HeaderMap) -> HandlerResult {
    if params.string("_method").as_deref() == Some("delete") {
        return deny(shared, params, headers);
    }
    let state = shared.state();
    let (email, password) = credentials(params);
    let user = if email.is_empty() {
        session(&state, headers)
    } else {
        state.authenticate(&email, &password)
    };
    let request = match Request::read(&state, params) {
        Ok(request) => request,
        Err(page) => return Ok(page),
    };
    drop(state);
    let Some(user) = user else {
        let said = (!email.is_empty()).then_some("Invalid E-mail address or password.");
        return Ok(login_form(params, said));
    };
    Ok(request.grant(shared, user))
}

pub(super) fn deny(shared: &Shared, params: &Params, headers: &HeaderMap) -> HandlerResult {
    let state = shared.state();
    if session(&state, headers).is_none() {
        return Ok(login_form(params, None));
    }
    Ok(Request::read(&state, params).map_or_else(|page| page, Request::deny))
}

/// The page that shows the code to users who carry it to the program themselves.
pub(super) fn native(_: &Shared, params: &Params, _: &HeaderMap) -> HandlerResult {
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

/// Signs the user in, and goes on with what the program asked for.
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
    let pairs = CARRIED
        .iter()
        .filter_map(|name| Some((*name, params.string(name)?)));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let to = if params.contains("client_id") {
        format!("/oauth/authorize?{query}")
    } else {
        "/".to_owned()
    };
    let cookie = format!("{COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax");
    Ok(Response::redirect(to).header(header::SET_COOKIE, cookie))
}

pub(super) fn sign_out(shared: &Shared, _: &Params, headers: &HeaderMap) -> HandlerResult {
    if let Some(session) = cookie(headers) {
        shared.state().sessions.remove(&session);
    }
    let cookie = format!("{COOKIE}=; Path=/; Max-Age=0");
    Ok(Response::redirect("/auth/sign_in".to_owned()).header(header::SET_COOKIE, cookie))
}

/// Signs a user in and gives leave, as a browser would. The code, where there is one.
pub(crate) fn authorize(shared: &Shared, page: &str, username: &str) -> Option<String> {
    let mut params = Params::default();
    let query = page.split_once('?').map_or("", |(_, query)| query);
    let form = format!("{query}&email={username}@example.org&password={username}");
    parse::parse_pairs(&mut params, form.as_bytes()).ok()?;
    let answer = decide(shared, &params, &HeaderMap::new()).ok()?;
    let (_, target) = answer
        .headers
        .iter()
        .find(|(name, _)| name == header::LOCATION)?;
    let query = target.split_once('?')?.1;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, code) = pairs.find(|(name, _)| name == "code")?;
    Some(code.into_owned())
}

/// The e-mail address and the password of a form, by the names of the real one or in short.
fn credentials(params: &Params) -> (String, String) {
    let user = params.map("user");
    let field = |name: &str| {
        let long = user.and_then(|user| user.string(name));
        long.or_else(|| params.string(name)).unwrap_or_default()
    };
    (field("email"), field("password"))
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let mut cookies = cookies
        .filter_map(|value: &HeaderValue| value.to_str().ok())
        .flat_map(|value| value.split("; "));
    cookies.find_map(|pair| {
        pair.strip_prefix(COOKIE)?
            .strip_prefix('=')
            .map(str::to_owned)
    })
}

/// Who is signed in.
fn session(state: &State, headers: &HeaderMap) -> Option<Id> {
    state.sessions.get(&cookie(headers)?).copied()
}

fn hidden(params: &Params) -> String {
    let fields = CARRIED.iter().filter_map(|name| {
        let value = escape_html(&params.string(name)?);
        Some(format!(
            "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">"
        ))
    });
    fields.collect()
}

fn login_form(params: &Params, said: Option<&str>) -> Response {
    let said = said.map_or_else(String::new, |said| format!("<p role=\"alert\">{said}</p>"));
    let hidden = hidden(params);
    let page = document(
        params,
        "Log in",
        &format!(
            "{said}<form method=\"post\" action=\"/auth/sign_in\">{hidden}\
             <p><label>E-mail address <input type=\"email\" name=\"user[email]\" autocomplete=\"username\" required></label></p>\
             <p><label>Password <input type=\"password\" name=\"user[password]\" autocomplete=\"current-password\" required></label></p>\
             <button type=\"submit\">Log in</button></form>"
        ),
    );
    if said.is_empty() {
        page
    } else {
        page.status(StatusCode::UNPROCESSABLE_ENTITY)
    }
}

fn consent_form(params: &Params, request: &Request, username: &str) -> Response {
    let scopes = request
        .scopes
        .iter()
        .map(|scope| format!("<li><code>{}</code></li>", escape_html(scope)));
    let scopes: String = scopes.collect();
    let (hidden, name) = (hidden(params), escape_html(&request.app.name));
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

fn failed(status: StatusCode, said: &str) -> Response {
    let body = format!("<p role=\"alert\">{}</p>", escape_html(said));
    document(&Params::default(), "An error has occurred", &body).status(status)
}

fn document(params: &Params, title: &str, body: &str) -> Response {
    let lang = escape_html(&params.non_blank("lang").unwrap_or_else(|| "en".to_owned()));
    Response::html(format!(
        "<!doctype html>\n<html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body><h1>{title}</h1>{body}</body></html>\n"
    ))
}
