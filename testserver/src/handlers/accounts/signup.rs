//! Sign-up.

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde_json::json;

use super::validation::ValidationErrors;
use crate::clock::iso_date;
use crate::handlers::Context;
use crate::locale;
use crate::params::{Params, Value};
use crate::response::{HandlerResult, Response, forbidden, unauthorized};
use crate::settings::InstanceSettings;
use crate::state::{Account, AccountModeration, IpSeverity, Login, Permission, Profile, State};

/// Usernames that cannot be registered.
const RESERVED_USERNAMES: &[&str] = &[
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
    if token.user.is_some() {
        return Err(forbidden(
            "This method requires an client credentials authentication",
        ));
    }
    let mut state = context.shared.state();
    let settings = state.behavior.with(|behavior| behavior.instance.clone());
    let is_address_blocked = state.is_ip_blocked(context.address, IpSeverity::SignUpBlock, now);
    let invite_code = params.non_blank("invite_code").unwrap_or_default();
    let invite = state.invites.get(&invite_code);
    let inviter = invite
        .filter(|invite| invite.is_valid(now))
        .map(|invite| invite.user);
    // A valid invite opens closed registrations.
    let is_closed = settings.closed_registrations && inviter.is_none();
    if is_closed || is_address_blocked {
        return Err(forbidden("Forbidden"));
    }
    let email = text("email");
    let email_domain = email.trim().rsplit_once('@').map(|(_, domain)| domain);
    let attempt = Some((context.address, now));
    let mut is_email_domain_blocked = |allow_with_approval| {
        email_domain.is_some_and(|domain| {
            state.is_email_domain_blocked(domain, allow_with_approval, attempt)
        })
    };
    let is_provider_blocked = is_email_domain_blocked(false);
    let provider_needs_approval = is_email_domain_blocked(true);
    // Blocks of email addresses do not concern invited users.
    let is_email_blocked = inviter.is_none() && state.is_email_blocked(email.trim());
    let is_provider_blocked = inviter.is_none() && is_provider_blocked;
    let blocks = (is_provider_blocked, is_email_blocked);
    let mut errors = validate(&state, &settings, params, blocks);
    if let Some(years) = settings.minimum_age {
        check_age(&text("date_of_birth"), years, now, &mut errors);
    }
    errors.into_result()?;
    // Some roles let users invite others who then need no approval.
    let bypasses_approval =
        inviter.is_some_and(|user| state.can(user, &[Permission::InviteBypassApproval]));
    let needs_approval = (settings.approval_required && !bypasses_approval)
        || provider_needs_approval
        || state.is_ip_blocked(context.address, IpSeverity::SignUpRequiresApproval, now);
    let mut moderation = AccountModeration {
        invite_request: params.non_blank("reason"),
        invited_by: inviter,
        ..AccountModeration::default()
    };
    moderation.use_address(context.address, now);
    let id = state.next_id(now);
    let is_confirmed = state.behavior.with(|behavior| behavior.confirmed_sign_ups);
    let confirmation = (!is_confirmed).then(|| state.unique_token("confirm"));
    let account = Account {
        profile: Profile::default(),
        pending_reason: needs_approval.then(|| text("reason")),
        moderation,
        login: Some(Login {
            email: text("email").trim().to_owned(),
            password: text("password"),
            // An unknown language is ignored.
            locale: params
                .non_blank("locale")
                .filter(|language| locale::is_available(language))
                .unwrap_or_else(|| settings.default_locale.clone()),
            confirmation,
            app: token.app.clone(),
        }),
        ..Account::new(id, text("username").trim(), now)
    };
    state.accounts.insert(id, account);
    state.use_invite(&invite_code, id, now);
    state.resend_confirmation_email(id, now);
    state.announce_new_user(id, now);
    let app = token.app.as_ref().and_then(|app| state.apps.get(app));
    let scope = app.map_or(&token.scopes, |app| &app.scopes).join(" ");
    let new_token = state.add_token(Some(id), &scope, now);
    if let Some(stored) = state.tokens.get_mut(&new_token) {
        stored.app = token.app;
    }
    Ok(Response::json(&json!({
        "access_token": new_token, "token_type": "Bearer", "scope": scope, "created_at": now.as_second(),
    })))
}

/// Validates all fields. Errors have the order of Mastodon.
fn validate(
    state: &State,
    settings: &InstanceSettings,
    params: &Params,
    (is_provider_blocked, is_email_blocked): (bool, bool),
) -> ValidationErrors {
    let mut errors = ValidationErrors::default();
    let text = |name: &str| params.string(name).unwrap_or_default();
    let email = text("email");
    let email = email.trim();
    let domain = email.rsplit_once('@').map(|(_, domain)| domain);
    if email.is_empty() {
        errors.add_blank("email");
    } else if !is_email_address(email) {
        errors.add("email", "INVALID", "is invalid");
    } else if is_taken(state, email) {
        errors.add("email", "TAKEN", "has already been taken");
    }
    check_password(&text("password"), &mut errors);
    check_username(state, text("username").trim(), &mut errors);
    if !email.is_empty() {
        check_email_provider(domain, is_provider_blocked, &mut errors);
        if is_email_blocked {
            errors.add("email", "TAKEN", "has already been taken");
        }
    }
    if !is_accepted(params) {
        errors.add("agreement", "ACCEPTED", "must be accepted");
    }
    let needs_reason = settings.approval_required && settings.sign_up_reason_required;
    if needs_reason && text("reason").trim().is_empty() {
        errors.add_blank("reason");
    }
    errors.check_length("reason", text("reason").chars().count(), MAX_REASON);
    errors
}

/// Whether the user has agreed to the rules: by the Boolean `true`, or by the strings `true` and `1`.
fn is_accepted(params: &Params) -> bool {
    match params.get("agreement") {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => matches!(text.as_str(), "true" | "1"),
        _ => false,
    }
}

fn check_age(birthday: &str, years: u8, now: Timestamp, errors: &mut ValidationErrors) {
    let Ok(birthday) = birthday.trim().parse::<Date>() else {
        return errors.add_blank("date_of_birth");
    };
    let today = iso_date(now).parse::<Date>();
    let latest = today.and_then(|today| today.checked_sub(Span::new().years(i64::from(years))));
    if latest.is_ok_and(|latest| birthday > latest) {
        errors.add("date_of_birth", "BELOW_LIMIT", "is below the age limit");
    }
}

/// Checks the domain. Like Mastodon, reports an invalid address a second time here.
fn check_email_provider(domain: Option<&str>, is_blocked: bool, errors: &mut ValidationErrors) {
    match domain {
        None | Some("") => {
            errors.add("email", "INVALID", "is invalid");
            errors.add("email", "BLOCKED", "uses a disallowed e-mail provider");
        }
        Some(_) if is_blocked => {
            errors.add("email", "BLOCKED", "uses a disallowed e-mail provider");
        }
        // RFC 2606 reserves this top-level domain, so its addresses do not exist.
        Some(domain) if domain.to_lowercase().ends_with(".invalid") => {
            errors.add("email", "UNREACHABLE", "does not seem to exist");
        }
        Some(_) => {}
    }
}

fn check_password(password: &str, errors: &mut ValidationErrors) {
    let (min, max) = (*PASSWORD_BYTES.start(), *PASSWORD_BYTES.end());
    if password.trim().is_empty() {
        errors.add_blank("password");
    } else if password.chars().count() < min {
        let description = format!("is too short (minimum is {min} characters)");
        errors.add("password", "TOO_SHORT", description);
    } else {
        errors.check_length("password", password.len(), max);
    }
}

fn check_username(state: &State, name: &str, errors: &mut ValidationErrors) {
    if name.is_empty() {
        return errors.add_blank("username");
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        let description = "must contain only letters, numbers and underscores";
        errors.add("username", "INVALID", description);
    }
    errors.check_length("username", name.chars().count(), MAX_USERNAME);
    if state.local_account(name).is_some() {
        errors.add("username", "TAKEN", "has already been taken");
    }
    if RESERVED_USERNAMES.contains(&name.to_lowercase().as_str()) {
        errors.add("username", "RESERVED", "is reserved");
    }
}

fn is_taken(state: &State, email: &str) -> bool {
    let mut logins = state
        .accounts
        .values()
        .filter_map(|account| account.login.as_ref());
    logins.any(|login| login.email.eq_ignore_ascii_case(email))
}

/// Returns whether a string looks like an email address.
pub(crate) fn is_email_address(email: &str) -> bool {
    let Some((name, domain)) = email.split_once('@') else {
        return false;
    };
    let is_valid_part = |text: &str| {
        !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '@' || c == ',')
    };
    is_valid_part(name)
        && is_valid_part(domain)
        && !domain.contains("..")
        && !domain.starts_with('.')
}
