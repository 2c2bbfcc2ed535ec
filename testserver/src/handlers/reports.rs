//! Reports of users.

use super::{Context, instance};
use crate::ids::{Id, parse_id};
use crate::limits::MAX_REPORT_COMMENT;
use crate::render;
use crate::response::{
    ErrorResponse, HandlerResult, Response, internal_server_error, not_found, validation_failed,
};
use crate::state::{Report, State};

const CATEGORIES: &[&str] = &["other", "spam", "legal", "violation"];

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
    let account = state.accounts.get(&target).ok_or_else(not_found)?;
    if account.suspended {
        return Err(not_found());
    }
    let is_remote = account.domain.is_some();
    let (rules, comment) = (params.list("rule_ids"), params.string("comment"));
    let comment = comment.unwrap_or_default();
    let report = Report {
        id: 0,
        reporter: user,
        target,
        statuses: reported_statuses(context, &state, user, target)?,
        collections: reported_collections(context, &state, target)?,
        category: category(context, &rules)?,
        rules,
        comment,
        forwarded: params.is_true("forward") && is_remote,
        created: now,
        updated: now,
        assigned_to: None,
        resolved: None,
    };
    check(&report)?;
    let id = state.next_row_id();
    let report = Report { id, ..report };
    let value = render::report(&state, &report);
    state.reports.insert(id, report);
    state.notify_staff_about_report(id, now);
    Ok(Response::json(&value))
}

/// Returns the statuses of the request. Each must be one of the account that the reporter can see.
fn reported_statuses(
    context: &Context<'_>,
    state: &State,
    user: Id,
    target: Id,
) -> Result<Vec<Id>, ErrorResponse> {
    let is_visible = |id: &Id| {
        let mut statuses = state.account_statuses(target, Some(user), context.now());
        statuses.any(|status| status.id == *id)
    };
    let ids = context.params.list("status_ids");
    let ids = ids.iter().map(|id| parse_id(id));
    ids.map(|id| Some(id).filter(is_visible).ok_or_else(not_found))
        .collect()
}

fn reported_collections(
    context: &Context<'_>,
    state: &State,
    target: Id,
) -> Result<Vec<Id>, ErrorResponse> {
    let is_own = |id: &Id| {
        let collection = state.collections.get(id);
        collection.is_some_and(|collection| collection.account == target)
    };
    let ids = context.params.list("collection_ids");
    let ids = ids.iter().map(|id| parse_id(id));
    ids.map(|id| Some(id).filter(is_own).ok_or_else(not_found))
        .collect()
}

/// Returns the category. A report that names rules is about a violation; Mastodon fails for an unknown category.
fn category(context: &Context<'_>, rules: &[String]) -> Result<String, ErrorResponse> {
    if !rules.is_empty() {
        return Ok("violation".to_owned());
    }
    let category = context.params.non_blank("category");
    let category = category.unwrap_or_else(|| "other".to_owned());
    if CATEGORIES.contains(&category.as_str()) {
        Ok(category)
    } else {
        Err(internal_server_error())
    }
}

fn check(report: &Report) -> Result<(), ErrorResponse> {
    let mut errors = Vec::new();
    if report.comment.chars().count() > MAX_REPORT_COMMENT {
        errors.push(format!(
            "Comment is too long (maximum is {MAX_REPORT_COMMENT} characters)"
        ));
    }
    if report.rules.iter().any(|id| instance::rule(id).is_none()) {
        errors.push("Rule ids does not reference valid rules".to_owned());
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(validation_failed(&errors.join(", ")))
    }
}
