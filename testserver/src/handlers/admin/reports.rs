//! Reports, as moderators handle them.

use super::{Context, authorize};
use crate::handlers::instance;
use crate::ids::{Id, parse_id};
use crate::paging::{page_response, paginate};
use crate::render;
use crate::response::{
    ErrorResponse, HandlerResult, Response, internal_server_error, not_found, validation_failed,
};
use crate::state::{Permission, Report};

const CATEGORIES: &[&str] = &["other", "spam", "legal", "violation"];

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    let now = context.now();
    Some(match context.route.name {
        "admin_reports" => list(context),
        "admin_report" => show(context),
        "admin_report_update" => change(context, |report, _| update(context, report)),
        "admin_report_assign" => change(context, |report, user| {
            report.assigned_to = Some(user);
            Ok(())
        }),
        "admin_report_unassign" => change(context, |report, _| {
            report.assigned_to = None;
            Ok(())
        }),
        "admin_report_resolve" => change(context, |report, user| {
            report.resolved = Some((user, now));
            Ok(())
        }),
        "admin_report_reopen" => change(context, |report, _| {
            report.resolved = None;
            Ok(())
        }),
        _ => return None,
    })
}

fn list(context: &Context<'_>) -> HandlerResult {
    let (state, params) = (context.shared.state(), &context.params);
    let user = authorize(context, &state, &[Permission::ManageReports])?;
    let (resolved, unresolved) = (params.is_true("resolved"), params.is_true("unresolved"));
    let has_state =
        |report: &&Report| resolved && unresolved || report.resolved.is_some() == resolved;
    // Here Mastodon looks for an empty parameter, too.
    let has_account = |name: &str, id: Id| {
        let wanted = params.string(name);
        wanted.is_none_or(|wanted| parse_id(&wanted) == id)
    };
    let reports = state.reports.values().rev().filter(has_state);
    let reports = reports.filter(|report| {
        has_account("account_id", report.reporter)
            && has_account("target_account_id", report.target)
    });
    let (reports, links) = paginate(context, reports.collect(), |report| report.id);
    let reports = reports.into_iter();
    let reports = reports.map(|report| render::admin_report(&state, report, user));
    Ok(page_response(reports.collect(), links))
}

fn show(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let report = state.reports.get(&context.id()).ok_or_else(not_found)?;
    let user = authorize(context, &state, &[Permission::ManageReports])?;
    Ok(Response::json(&render::admin_report(&state, report, user)))
}

/// Changes a report on behalf of the moderator.
fn change(
    context: &Context<'_>,
    change: impl FnOnce(&mut Report, Id) -> Result<(), ErrorResponse>,
) -> HandlerResult {
    let mut state = context.shared.state();
    let mut report = state
        .reports
        .get(&context.id())
        .ok_or_else(not_found)?
        .clone();
    let user = authorize(context, &state, &[Permission::ManageReports])?;
    change(&mut report, user)?;
    report.updated = context.now();
    state.reports.insert(report.id, report.clone());
    Ok(Response::json(&render::admin_report(&state, &report, user)))
}

/// Changes the category and the violated rules. Only violations have rules.
fn update(context: &Context<'_>, report: &mut Report) -> Result<(), ErrorResponse> {
    let params = &context.params;
    if let Some(category) = params.string("category") {
        if !CATEGORIES.contains(&category.as_str()) {
            return Err(internal_server_error());
        }
        report.category = category;
    }
    let is_violation = report.category == "violation";
    if params.contains("rule_ids") {
        report.rules = params.list("rule_ids");
        report.rules.retain(|id| !id.is_empty());
    }
    let is_unknown = |id: &String| instance::rule(id).is_none();
    if !is_violation && !report.rules.is_empty() {
        return Err(validation_failed("Rule ids must be blank"));
    }
    if is_violation && report.rules.iter().any(is_unknown) {
        return Err(validation_failed("Rule ids does not reference valid rules"));
    }
    Ok(())
}
