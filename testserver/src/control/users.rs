//! Users: list, changes, emails.

use serde::{Deserialize, Serialize};

use super::ControlError;
use super::create::create;
use super::endpoint::{Call, Empty, Endpoint, endpoint};
use crate::handlers::oauth;
use crate::ids::Id;
use crate::seed::{Reference, UserChanges};
use crate::state::{Account, Email, EmailKind, State};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    endpoint!(GET "/users", "Lists all users and the known accounts of other servers.", list: Empty => Vec<UserInfo>),
    endpoint!(GET "/users/{user}", "Returns a user.", show: Empty => UserInfo),
    endpoint!(PATCH "/users/{user}", "Changes a user, as the staff or the user would.", change: UserChanges => UserInfo),
    endpoint!(POST "/users/{user}/confirm", "Confirms the email address of a user.", confirm: Empty => UserInfo),
    endpoint!(POST "/users/{user}/approve", "Approves a user, as the staff would.", approve: Empty => UserInfo),
    endpoint!(POST "/authorize", "Acts as a user in a browser: opens the authorization URL and authorizes the application.", authorize: Authorize => AuthorizationCode),
    endpoint!(GET "/emails", "Lists the emails that a real server would have sent, oldest first.", emails: EmailsQuery => Vec<Email>),
    endpoint!(DELETE "/emails", "Forgets the emails.", clear_emails: Empty => Empty),
];

/// User of this server, or account of another server.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct UserInfo {
    id: String,
    /// Username, or `username@domain` for an account of another server.
    username: String,
    /// Email address of a user of this server.
    email: Option<String>,
    password: Option<String>,
    /// Whether the email address is confirmed.
    confirmed: bool,
    /// Whether the staff has approved the user.
    approved: bool,
    suspended: bool,
    silenced: bool,
    disabled: bool,
    /// Name of the role.
    role: Option<String>,
    /// Access tokens that are not revoked.
    tokens: Vec<String>,
}

pub(super) fn user_info(state: &State, id: Id) -> Result<UserInfo, ControlError> {
    let account = state.accounts.get(&id);
    let account = account.ok_or_else(|| ControlError::not_found(format!("no user {id}")))?;
    Ok(info(state, account))
}

fn info(state: &State, account: &Account) -> UserInfo {
    let login = account.login.as_ref();
    let tokens = state.tokens.values();
    let tokens = tokens.filter(|token| token.user == Some(account.id) && !token.revoked);
    UserInfo {
        id: account.id.to_string(),
        username: account.acct(),
        email: login.map(|login| login.email.clone()),
        password: login.map(|login| login.password.clone()),
        confirmed: !account.is_unconfirmed(),
        approved: account.pending_reason.is_none(),
        suspended: account.suspended,
        silenced: account.limited,
        disabled: account.moderation.disabled,
        role: state
            .role_of(account.id)
            .map(|role| role.name.clone())
            .filter(|name| !name.is_empty()),
        tokens: tokens.map(|token| token.value.clone()).collect(),
    }
}

/// Returns the account that the path names.
fn named(call: &Call) -> Result<Id, ControlError> {
    let reference = Reference::from(call.path_param());
    create(call, |seeder| seeder.account("", &reference))
        .map_err(|error| ControlError::not_found(error.message))
}

async fn list(call: &Call, _: Empty) -> Result<Vec<UserInfo>, ControlError> {
    let state = call.shared.state();
    let accounts = state.accounts.values();
    Ok(accounts.map(|account| info(&state, account)).collect())
}

async fn show(call: &Call, _: Empty) -> Result<UserInfo, ControlError> {
    let id = named(call)?;
    user_info(&call.shared.state(), id)
}

async fn change(call: &Call, changes: UserChanges) -> Result<UserInfo, ControlError> {
    let id = named(call)?;
    create(call, |seeder| seeder.change_user(id, &changes))?;
    user_info(&call.shared.state(), id)
}

async fn confirm(call: &Call, _: Empty) -> Result<UserInfo, ControlError> {
    let confirmed = Some(true);
    let changes = UserChanges {
        confirmed,
        ..UserChanges::default()
    };
    change(call, changes).await
}

async fn approve(call: &Call, _: Empty) -> Result<UserInfo, ControlError> {
    let approved = Some(true);
    let changes = UserChanges {
        approved,
        ..UserChanges::default()
    };
    change(call, changes).await
}

/// A user who authorizes an application.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Authorize {
    /// Authorization URL that the application would open in a browser.
    url: String,
    user: Reference,
}

/// Code that the application exchanges for a token.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct AuthorizationCode {
    code: String,
}

async fn authorize(call: &Call, input: Authorize) -> Result<AuthorizationCode, ControlError> {
    let user = create(call, |seeder| seeder.local_user("user", &input.user))?;
    let username = user_info(&call.shared.state(), user)?.username;
    let code = oauth::authorize(&call.shared, &input.url, &username);
    code.map(|code| AuthorizationCode { code }).ok_or_else(|| {
        ControlError::new(
            axum::http::StatusCode::UNPROCESSABLE_ENTITY,
            "url: the server rejects this authorization; open it in a browser to see why",
        )
    })
}

/// Selects emails.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
struct EmailsQuery {
    /// Recipient: an email address, or a username.
    to: Option<String>,
    kind: Option<EmailKind>,
}

async fn emails(call: &Call, query: EmailsQuery) -> Result<Vec<Email>, ControlError> {
    let state = call.shared.state();
    let is_to = |email: &&Email| {
        let to = query.to.as_ref();
        to.is_none_or(|to| *to == email.to || *to == email.username)
    };
    let is_kind = |email: &&Email| query.kind.is_none_or(|kind| kind == email.kind);
    let emails = state.emails.iter().filter(is_to).filter(is_kind);
    Ok(emails.cloned().collect())
}

async fn clear_emails(call: &Call, _: Empty) -> Result<Empty, ControlError> {
    call.shared.state().emails.clear();
    Ok(Empty {})
}
