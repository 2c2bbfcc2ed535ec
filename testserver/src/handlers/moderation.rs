//! Reports and pending accounts. Every token with admin scopes has the permissions of a moderator.

use std::cmp::Reverse;

use super::Context;
use crate::ids::{Id, parse_id};
use crate::paging::{page_response, paginate};
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, forbidden, not_found};
use crate::state::{Account, Report, State};

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "report" => create_report(context),
        "admin_reports" => list_reports(context),
        "admin_report" => update_report(context, |_, _| {}),
        "admin_report_assign" => {
            update_report(context, |report, user| report.assigned_to = Some(user))
        }
        "admin_report_unassign" => update_report(context, |report, _| report.assigned_to = None),
        "admin_report_resolve" => {
            let now = context.now();
            update_report(context, |report, user| report.resolved = Some((user, now)))
        }
        "admin_report_reopen" => update_report(context, |report, _| report.resolved = None),
        "admin_accounts_v2" => list_accounts(context),
        "admin_account" => show_account(context),
        "admin_account_approve" => approve(context),
        "admin_account_reject" => reject(context),
        _ => return None,
    })
}

fn create_report(context: &Context<'_>) -> HandlerResult {
    let (user, now, params) = (context.user()?, context.now(), &context.params);
    let mut state = context.shared.state();
    let target = parse_id(&params.string("account_id").unwrap_or_default());
    let domain = state
        .accounts
        .get(&target)
        .ok_or_else(not_found)?
        .domain
        .clone();
    let rules = params.list("rule_ids");
    let category = if rules.is_empty() {
        params
            .non_blank("category")
            .unwrap_or_else(|| "other".to_owned())
    } else {
        "violation".to_owned()
    };
    let statuses = params
        .list("status_ids")
        .iter()
        .map(|id| parse_id(id))
        .collect::<Vec<_>>();
    let is_by_target = |id: &Id| {
        state
            .statuses
            .get(id)
            .is_some_and(|status| status.account == target)
    };
    let report = Report {
        statuses: statuses.into_iter().filter(is_by_target).collect(),
        id: 0,
        reporter: user,
        target,
        rules,
        comment: params.string("comment").unwrap_or_default(),
        category,
        forwarded: params.is_true("forward") && domain.is_some(),
        created: now,
        updated: now,
        assigned_to: None,
        resolved: None,
    };
    let report = Report {
        id: state.next_row_id(),
        ..report
    };
    let value = render::report(&state, &report);
    state.reports.insert(report.id, report);
    Ok(Response::json(&value))
}

fn list_reports(context: &Context<'_>) -> HandlerResult {
    let (user, params) = (context.user()?, &context.params);
    let state = context.shared.state();
    let (reporter, target) = (
        params.non_blank("account_id"),
        params.non_blank("target_account_id"),
    );
    let matches =
        |param: &Option<String>, id: Id| param.as_ref().is_none_or(|text| parse_id(text) == id);
    let reports = state.reports.values().rev();
    let reports = reports.filter(|report| report.resolved.is_some() == params.is_true("resolved"));
    let reports = reports
        .filter(|report| matches(&reporter, report.reporter) && matches(&target, report.target));
    let (reports, links) = paginate(context, reports.collect(), |report| report.id);
    let reports = reports
        .into_iter()
        .map(|report| render::admin_report(&state, report, user));
    Ok(page_response(reports.collect(), links))
}

fn update_report(context: &Context<'_>, update: impl FnOnce(&mut Report, Id)) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let mut state = context.shared.state();
    let report = state.reports.get_mut(&context.id()).ok_or_else(not_found)?;
    update(report, user);
    if context.route.name != "admin_report" {
        report.updated = now;
    }
    let report = report.clone();
    Ok(Response::json(&render::admin_report(&state, &report, user)))
}

fn list_accounts(context: &Context<'_>) -> HandlerResult {
    let (state, params) = (context.shared.state(), &context.params);
    let (origin, status) = (params.non_blank("origin"), params.non_blank("status"));
    let matches = |account: &&Account| {
        let is_local = account.domain.is_none();
        let has_origin = match origin.as_deref() {
            Some("local") => is_local,
            Some("remote") => !is_local,
            _ => true,
        };
        let (suspended, pending) = (account.suspended, account.pending_reason.is_some());
        has_origin
            && match status.as_deref() {
                Some("pending") => pending,
                Some("suspended") => suspended,
                Some("silenced") => account.limited,
                Some("disabled") => false,
                Some("active") => !suspended && !pending,
                _ => true,
            }
    };
    let mut ids: Vec<Id> = state
        .accounts
        .values()
        .filter(matches)
        .map(|account| account.id)
        .collect();
    ids.sort_unstable_by_key(|id| Reverse(*id));
    let (ids, links) = paginate(context, ids, |id| *id);
    let accounts = ids.into_iter().map(|id| render::admin_account(&state, id));
    Ok(page_response(accounts.collect(), links))
}

fn show_account(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let account = state.accounts.get(&context.id()).ok_or_else(not_found)?;
    Ok(Response::json(&render::admin_account(&state, account.id)))
}

/// Returns the account that the path names if it is pending.
fn pending_account<'s>(
    context: &Context<'_>,
    state: &'s mut State,
) -> Result<&'s mut Account, ErrorResponse> {
    let account = state
        .accounts
        .get_mut(&context.id())
        .ok_or_else(not_found)?;
    if account.pending_reason.is_none() {
        return Err(forbidden("This action is not allowed"));
    }
    Ok(account)
}

fn approve(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let account = pending_account(context, &mut state)?;
    account.pending_reason = None;
    let id = account.id;
    Ok(Response::json(&render::admin_account(&state, id)))
}

fn reject(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let id = pending_account(context, &mut state)?.id;
    state.accounts.remove(&id);
    state.tokens.retain(|_, token| token.user != Some(id));
    state.hub.end_connections_of_user(id);
    Ok(Response::empty_object())
}
