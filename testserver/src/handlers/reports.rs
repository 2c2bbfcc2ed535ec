//! Reports of users.

use super::Context;
use crate::ids::{Id, parse_id};
use crate::render;
use crate::response::{HandlerResult, Response, not_found};
use crate::state::Report;

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "report" => create_report(context),
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
    let id = report.id;
    state.reports.insert(id, report);
    state.notify_staff_about_report(id, now);
    Ok(Response::json(&value))
}
