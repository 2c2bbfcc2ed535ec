//! Reports, and what the staff does with them and with those who wish to join. Whoever has a token with
//! the scopes of administration is of the staff here.

use std::cmp::Reverse;

use super::Context;
use crate::ids::{Id, parse_id};
use crate::paging::{page_response, paginate};
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, forbidden, not_found};
use crate::state::{Account, Report, State};

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "report" => file(context),
        "admin_reports" => reports(context),
        "admin_report" => change(context, |_, _| {}),
        "admin_report_assign" => change(context, |report, user| report.assigned_to = Some(user)),
        "admin_report_unassign" => change(context, |report, _| report.assigned_to = None),
        "admin_report_resolve" => {
            let now = context.now();
            change(context, |report, user| report.resolved = Some((user, now)))
        }
        "admin_report_reopen" => change(context, |report, _| report.resolved = None),
        "admin_accounts_v2" => accounts(context),
        "admin_account" => account(context),
        "admin_account_approve" => approve(context),
        "admin_account_reject" => reject(context),
        _ => return None,
    })
}

fn file(context: &Context<'_>) -> HandlerResult {
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
    let of_target = |id: &Id| {
        state
            .statuses
            .get(id)
            .is_some_and(|status| status.account == target)
    };
    let report = Report {
        statuses: statuses.into_iter().filter(of_target).collect(),
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
    let answer = render::report(&state, &report);
    state.reports.insert(report.id, report);
    Ok(Response::json(&answer))
}

fn reports(context: &Context<'_>) -> HandlerResult {
    let (user, params) = (context.user()?, &context.params);
    let state = context.shared.state();
    let (reporter, target) = (
        params.non_blank("account_id"),
        params.non_blank("target_account_id"),
    );
    let is =
        |wanted: &Option<String>, id: Id| wanted.as_ref().is_none_or(|text| parse_id(text) == id);
    let found = state.reports.values().rev();
    let found = found.filter(|report| report.resolved.is_some() == params.is_true("resolved"));
    let found = found.filter(|report| is(&reporter, report.reporter) && is(&target, report.target));
    let (found, links) = paginate(context, found.collect(), |report| report.id);
    let found = found
        .into_iter()
        .map(|report| render::admin_report(&state, report, user));
    Ok(page_response(found.collect(), links))
}

fn change(context: &Context<'_>, how: impl FnOnce(&mut Report, Id)) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let mut state = context.shared.state();
    let report = state.reports.get_mut(&context.id()).ok_or_else(not_found)?;
    how(report, user);
    if context.route.name != "admin_report" {
        report.updated = now;
    }
    let report = report.clone();
    Ok(Response::json(&render::admin_report(&state, &report, user)))
}

fn accounts(context: &Context<'_>) -> HandlerResult {
    let (state, params) = (context.shared.state(), &context.params);
    let (origin, status) = (params.non_blank("origin"), params.non_blank("status"));
    let fits = |account: &&Account| {
        let here = account.domain.is_none();
        let at_home = match origin.as_deref() {
            Some("local") => here,
            Some("remote") => !here,
            _ => true,
        };
        let (suspended, pending) = (account.suspended, account.pending_reason.is_some());
        at_home
            && match status.as_deref() {
                Some("pending") => pending,
                Some("suspended") => suspended,
                Some("silenced") => account.limited,
                Some("disabled") => false,
                Some("active") => !suspended && !pending,
                _ => true,
            }
    };
    let mut found: Vec<Id> = state
        .accounts
        .values()
        .filter(fits)
        .map(|account| account.id)
        .collect();
    found.sort_unstable_by_key(|id| Reverse(*id));
    let (found, links) = paginate(context, found, |id| *id);
    let found = found
        .into_iter()
        .map(|id| render::admin_account(&state, id));
    Ok(page_response(found.collect(), links))
}

fn account(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let found = state.accounts.get(&context.id()).ok_or_else(not_found)?;
    Ok(Response::json(&render::admin_account(&state, found.id)))
}

/// The account that waits for leave to join.
fn waiting<'s>(
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
    let account = waiting(context, &mut state)?;
    account.pending_reason = None;
    let id = account.id;
    Ok(Response::json(&render::admin_account(&state, id)))
}

fn reject(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let id = waiting(context, &mut state)?.id;
    state.accounts.remove(&id);
    state.tokens.retain(|_, token| token.user != Some(id));
    state.hub.end_connections_of_user(id);
    Ok(Response::empty_object())
}
