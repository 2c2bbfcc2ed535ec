//! Actions against accounts: warnings, and the restrictions that go with them.

use super::accounts::requested;
use super::{Context, authorize, not_permitted};
use crate::ids::{Id, parse_id};
use crate::response::{
    ErrorResponse, HandlerResult, Response, internal_server_error, not_found, validation_failed,
};
use crate::state::{Permission, State, Warning};

/// Kind of an action.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    /// Only a warning.
    None,
    Disable,
    Sensitive,
    Silence,
    Suspend,
}

impl Action {
    fn parse(name: Option<&str>) -> Result<Self, ErrorResponse> {
        let unknown = "Type is not included in the list";
        Ok(match name {
            Some("none") => Self::None,
            Some("disable") => Self::Disable,
            Some("sensitive") => Self::Sensitive,
            Some("silence") => Self::Silence,
            Some("suspend") => Self::Suspend,
            Some(_) => return Err(validation_failed(unknown)),
            None => {
                return Err(validation_failed(&format!(
                    "Type can't be blank, {unknown}"
                )));
            }
        })
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Disable => "disable",
            Self::Sensitive => "sensitive",
            Self::Silence => "silence",
            Self::Suspend => "suspend",
        }
    }
}

/// Performs an action. It resolves the open reports about the account; a mere warning resolves only the given report.
pub(super) fn perform(context: &Context<'_>) -> HandlerResult {
    let (params, now) = (&context.params, context.now());
    let mut state = context.shared.state();
    let target = requested(context, &state)?.id;
    let moderator = authorize(context, &state, &[Permission::ManageUsers])?;
    let action = Action::parse(params.non_blank("type").as_deref())?;
    check_permission(&state, moderator, target, action)?;
    let report = params.non_blank("report_id").map(|id| parse_id(&id));
    if report.is_some_and(|id| !state.reports.contains_key(&id)) {
        return Err(not_found());
    }
    let preset = match params.non_blank("warning_preset_id") {
        Some(id) => {
            let presets = &state.moderation.warning_presets;
            Some(presets.get(&parse_id(&id)).cloned().ok_or_else(not_found)?)
        }
        None => None,
    };
    let reports = affected_reports(&state, target, report, action);
    if !reports.is_empty() {
        authorize(context, &state, &[Permission::ManageReports])?;
    }
    apply(&mut state, target, action);
    let texts = preset.into_iter().chain(params.string("text"));
    let warning = Warning {
        id: state.next_row_id(),
        action: action.as_str(),
        text: texts.collect::<Vec<_>>().join("\n\n"),
        statuses: report
            .and_then(|id| state.reports.get(&id))
            .map(|report| report.statuses.clone()),
        target,
        created: now,
    };
    let warning_id = warning.id;
    state.moderation.warnings.insert(warning_id, warning);
    for id in reports {
        if let Some(report) = state.reports.get_mut(&id) {
            report.resolved = Some((moderator, now));
            report.updated = now;
        }
    }
    if params.flag("send_email_notification") != Some(false) {
        state.notify_about_warning(target, warning_id, now);
    }
    Ok(Response::empty_object())
}

/// Checks that the role permits the action and is above that of the target. A warning can go to anyone.
fn check_permission(
    state: &State,
    moderator: Id,
    target: Id,
    action: Action,
) -> Result<(), ErrorResponse> {
    let is_remote = state.is_remote(target);
    match action {
        Action::None => Ok(()),
        // Mastodon fails because there is no user to disable.
        Action::Disable if is_remote => Err(internal_server_error()),
        _ if state.outranks(moderator, target) => Ok(()),
        _ => Err(not_permitted()),
    }
}

fn affected_reports(state: &State, target: Id, report: Option<Id>, action: Action) -> Vec<Id> {
    if action == Action::None {
        return report.into_iter().collect();
    }
    let open = state
        .reports
        .values()
        .filter(|report| report.resolved.is_none());
    let about = open.filter(|report| report.target == target);
    about.map(|report| report.id).collect()
}

fn apply(state: &mut State, target: Id, action: Action) {
    match action {
        Action::None => {}
        Action::Disable => state.set_login_disabled(target, true),
        Action::Suspend => state.suspend_account(target),
        Action::Sensitive | Action::Silence => {
            if let Some(account) = state.accounts.get_mut(&target) {
                if action == Action::Silence {
                    account.limited = true;
                    account.moderation.limited_by = None;
                } else {
                    account.moderation.sensitized = true;
                }
            }
        }
    }
}
