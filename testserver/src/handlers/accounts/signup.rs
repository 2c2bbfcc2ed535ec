//! Signing up.

use jiff::civil::Date;
use serde_json::json;

use super::problems::Problems;
use crate::handlers::Context;
use crate::params::Params;
use crate::response::{HandlerResult, Response, unauthorized};
use crate::state::{Account, Login, Profile, State};

/// Names that nobody gets.
const RESERVED: &[&str] = &[
    "abuse",
    "account",
    "accounts",
    "admin",
    "administration",
    "administrator",
    "admins",
    "help",
    "helpdesk",
    "instance",
    "mod",
    "moderator",
    "moderators",
    "mods",
    "owner",
    "root",
    "security",
    "server",
    "staff",
    "support",
    "webmaster",
];
/// Whose e-mail addresses this server does not take.
const BLOCKED_PROVIDERS: &[&str] = &["disposable.example"];
/// The languages of the confirmation message.
const LOCALES: &[&str] = &[
    "ar", "ca", "cs", "cy", "da", "de", "el", "en", "en-GB", "eo", "es", "es-AR", "es-MX", "et",
    "eu", "fa", "fi", "fr", "fr-CA", "ga", "gd", "gl", "he", "hu", "id", "is", "it", "ja", "ko",
    "lt", "lv", "nl", "nn", "no", "pl", "pt-BR", "pt-PT", "ro", "ru", "sk", "sl", "sq", "sv", "th",
    "tr", "uk", "vi", "zh-CN", "zh-HK", "zh-TW",
];
const MAX_USERNAME: usize = 30;
const MAX_REASON: usize = 420;
const PASSWORD_BYTES: std::ops::RangeInclusive<usize> = 8..=72;

pub(super) fn create(context: &Context<'_>) -> HandlerResult {
    let (params, now) = (&context.params, context.now());
    let text = |name: &str| params.string(name).unwrap_or_default();
    let token = context
        .token
        .clone()
        .ok_or_else(|| unauthorized("The access token is invalid"))?;
    let mut state = context.shared.state();
    check(&state, params).refuse()?;
    let id = state.next_id(now);
    let confirmation = state.unique_token("confirm");
    let account = Account {
        profile: Profile::default(),
        pending_reason: state.approval_required.then(|| text("reason")),
        login: Some(Login {
            email: text("email").trim().to_owned(),
            password: text("password"),
            locale: params
                .non_blank("locale")
                .unwrap_or_else(|| "en".to_owned()),
            confirmation: Some(confirmation),
            app: token.app.clone(),
        }),
        ..Account::new(id, text("username").trim(), now)
    };
    state.accounts.insert(id, account);
    let app = token.app.as_ref().and_then(|app| state.apps.get(app));
    let scope = app.map_or(&token.scopes, |app| &app.scopes).join(" ");
    let new = state.add_token(Some(id), &scope, now);
    if let Some(new) = state.tokens.get_mut(&new) {
        new.app = token.app;
    }
    Ok(Response::json(&json!({
        "access_token": new, "token_type": "Bearer", "scope": scope, "created_at": now.as_second(),
    })))
}

/// Looks at every field, in the order in which the real server tells what it found.
fn check(state: &State, params: &Params) -> Problems {
    let mut problems = Problems::default();
    let text = |name: &str| params.string(name).unwrap_or_default();
    let email = text("email");
    let email = email.trim();
    let domain = email.rsplit_once('@').map(|(_, domain)| domain);
    if email.is_empty() {
        problems.add_blank("email");
    } else if !is_address(email) {
        problems.add("email", "INVALID", "is invalid");
    } else if is_taken(state, email) {
        problems.add("email", "TAKEN", "has already been taken");
    }
    password(&text("password"), &mut problems);
    username(state, text("username").trim(), &mut problems);
    if !email.is_empty() {
        provider(domain, &mut problems);
    }
    if !params.is_true("agreement") {
        problems.add("agreement", "ACCEPTED", "must be accepted");
    }
    let locale = text("locale");
    if !locale.is_empty() && !LOCALES.contains(&locale.as_str()) {
        problems.add("locale", "INCLUSION", "is not included in the list");
    }
    problems.limit("reason", text("reason").chars().count(), MAX_REASON);
    let birthday = params.non_blank("date_of_birth");
    if birthday.is_some_and(|day| day.trim().parse::<Date>().is_err()) {
        problems.add("date_of_birth", "INVALID", "is invalid");
    }
    problems
}

/// The domain is looked at a second time, when the server asks who takes its mail.
fn provider(domain: Option<&str>, problems: &mut Problems) {
    match domain {
        None | Some("") => {
            problems.add("email", "INVALID", "is invalid");
            problems.add("email", "BLOCKED", "uses a disallowed e-mail provider");
        }
        Some(domain) if BLOCKED_PROVIDERS.contains(&domain.to_lowercase().as_str()) => {
            problems.add("email", "BLOCKED", "uses a disallowed e-mail provider");
        }
        // No address under this top-level domain exists, by RFC 2606.
        Some(domain) if domain.to_lowercase().ends_with(".invalid") => {
            problems.add("email", "UNREACHABLE", "does not seem to exist");
        }
        Some(_) => {}
    }
}

fn password(password: &str, problems: &mut Problems) {
    let (least, most) = (*PASSWORD_BYTES.start(), *PASSWORD_BYTES.end());
    if password.trim().is_empty() {
        problems.add_blank("password");
    } else if password.chars().count() < least {
        let what = format!("is too short (minimum is {least} characters)");
        problems.add("password", "TOO_SHORT", what);
    } else {
        problems.limit("password", password.len(), most);
    }
}

fn username(state: &State, name: &str, problems: &mut Problems) {
    if name.is_empty() {
        return problems.add_blank("username");
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        let what = "must contain only letters, numbers and underscores";
        problems.add("username", "INVALID", what);
    }
    problems.limit("username", name.chars().count(), MAX_USERNAME);
    if state.local_account(name).is_some() {
        problems.add("username", "TAKEN", "has already been taken");
    }
    if RESERVED.contains(&name.to_lowercase().as_str()) {
        problems.add("username", "RESERVED", "is reserved");
    }
}

fn is_taken(state: &State, email: &str) -> bool {
    let mut logins = state
        .accounts
        .values()
        .filter_map(|account| account.login.as_ref());
    logins.any(|login| login.email.eq_ignore_ascii_case(email))
}

/// Whether a text looks like an e-mail address.
pub(super) fn is_address(email: &str) -> bool {
    let Some((name, domain)) = email.split_once('@') else {
        return false;
    };
    let fits = |text: &str| {
        !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '@' || c == ',')
    };
    fits(name) && fits(domain) && !domain.contains("..") && !domain.starts_with('.')
}
