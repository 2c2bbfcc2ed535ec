//! Filters of the lists of accounts.

use std::cmp::Reverse;

use super::Context;
use crate::ids::{Id, parse_id};
use crate::response::{ErrorResponse, bad_request};
use crate::state::{Account, IpRange, Permission, State};

/// Filters of a request, as version 2 of the endpoint has them. A blank parameter counts as missing.
struct Filters {
    origin: Option<String>,
    status: Option<String>,
    role_ids: Option<Vec<String>>,
    username: Option<String>,
    display_name: Option<String>,
    by_domain: Option<String>,
    email: Option<String>,
    ip: Option<String>,
    invited_by: Option<String>,
}

impl Filters {
    fn of_v2(context: &Context<'_>, state: &State) -> Self {
        let params = &context.params;
        let text = |name: &str| params.non_blank(name).map(|text| text.trim().to_owned());
        let roles = params.list("role_ids");
        let is_for_staff = text("permissions").as_deref() == Some("staff");
        Self {
            origin: text("origin"),
            status: text("status"),
            role_ids: if is_for_staff {
                Some(staff_roles(state))
            } else {
                Some(roles).filter(|roles| !roles.is_empty())
            },
            invited_by: text("invited_by"),
            ..Self::common(context)
        }
    }

    /// Version 1 has a flag for each value. By default it lists local accounts that are not suspended.
    fn of_v1(context: &Context<'_>, state: &State) -> Self {
        let is_set = |name: &str| context.params.non_blank(name).is_some();
        let origin = if is_set("remote") { "remote" } else { "local" };
        let statuses = ["active", "pending", "disabled", "silenced", "suspended"];
        let status = statuses.into_iter().rfind(|name| is_set(name));
        Self {
            origin: Some(origin.to_owned()),
            status: Some(status.unwrap_or("active").to_owned()),
            role_ids: is_set("staff").then(|| staff_roles(state)),
            invited_by: None,
            ..Self::common(context)
        }
    }

    fn common(context: &Context<'_>) -> Self {
        let params = &context.params;
        let text = |name: &str| params.non_blank(name).map(|text| text.trim().to_owned());
        Self {
            origin: None,
            status: None,
            role_ids: None,
            username: text("username").map(|name| name.trim_start_matches('@').to_lowercase()),
            display_name: text("display_name").map(|name| name.to_lowercase()),
            by_domain: text("by_domain"),
            email: text("email").map(|email| email.to_lowercase()),
            ip: text("ip"),
            invited_by: None,
        }
    }

    /// Rejects unknown origins and statuses.
    fn check(&self) -> Result<(), ErrorResponse> {
        let is_by_domain = self.origin.as_deref() == Some("remote") && self.by_domain.is_some();
        match &self.origin {
            Some(origin) if !is_by_domain && !["local", "remote"].contains(&origin.as_str()) => {
                return Err(bad_request(&format!("Unknown origin: {origin}")));
            }
            _ => {}
        }
        let statuses = [
            "active",
            "pending",
            "suspended",
            "disabled",
            "silenced",
            "sensitized",
        ];
        match &self.status {
            Some(status) if !statuses.contains(&status.as_str()) => {
                Err(bad_request(&format!("Unknown status: {status}")))
            }
            _ => Ok(()),
        }
    }

    fn match_account(&self, account: &Account) -> bool {
        let starts_with = |filter: &Option<String>, text: &str| {
            let filter = filter.as_ref();
            filter.is_none_or(|prefix| text.to_lowercase().starts_with(prefix))
        };
        self.matches_origin(account)
            && self.matches_status(account)
            && self.matches_user(account)
            && starts_with(&self.username, &account.username)
            && starts_with(&self.display_name, &account.profile.display_name)
            && match &self.by_domain {
                Some(domain) => account.domain.as_ref() == Some(domain),
                None => true,
            }
    }

    fn matches_origin(&self, account: &Account) -> bool {
        match self.origin.as_deref() {
            Some("local") => account.domain.is_none(),
            Some("remote") => account.domain.is_some(),
            _ => true,
        }
    }

    fn matches_status(&self, account: &Account) -> bool {
        match self.status.as_deref() {
            Some("active") => !account.suspended,
            Some("pending") => account.pending_reason.is_some(),
            Some("suspended") => account.suspended,
            Some("disabled") => account.moderation.disabled && !account.suspended,
            Some("silenced") => account.limited,
            Some("sensitized") => account.moderation.sensitized,
            _ => true,
        }
    }

    fn matches_user(&self, account: &Account) -> bool {
        let moderation = &account.moderation;
        let has_email = |email: &String| {
            let own = account
                .login
                .as_ref()
                .map(|login| login.email.to_lowercase());
            own.is_some_and(|own| own.starts_with(email))
        };
        let has_role = |roles: &Vec<String>| {
            let own = moderation.role.map(|role| role.to_string());
            own.is_some_and(|own| roles.contains(&own))
        };
        let has_ip = |range: &String| {
            let range = IpRange::parse(range);
            let mut addresses = moderation.addresses.iter();
            range.is_some_and(|range| addresses.any(|(address, _)| range.contains(*address)))
        };
        let is_invited = |user: &String| moderation.invited_by == Some(parse_id(user));
        self.email.as_ref().is_none_or(has_email)
            && self.role_ids.as_ref().is_none_or(has_role)
            && self.ip.as_ref().is_none_or(has_ip)
            && self.invited_by.as_ref().is_none_or(is_invited)
    }
}

/// Returns the IDs of the roles that may manage reports.
fn staff_roles(state: &State) -> Vec<String> {
    let roles = state.moderation.roles.that_can(Permission::ManageReports);
    roles.iter().map(ToString::to_string).collect()
}

/// Returns the accounts that match the filters of the request, newest first.
pub(super) fn matching_accounts(
    context: &Context<'_>,
    state: &State,
) -> Result<Vec<Id>, ErrorResponse> {
    let filters = if context.route.name == "admin_accounts_v1" {
        Filters::of_v1(context, state)
    } else {
        Filters::of_v2(context, state)
    };
    filters.check()?;
    let accounts = state.accounts.values();
    let matching = accounts.filter(|account| filters.match_account(account));
    let mut ids: Vec<Id> = matching.map(|account| account.id).collect();
    ids.sort_unstable_by_key(|id| Reverse(*id));
    Ok(ids)
}
