//! Annual reports.

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Context;
use super::async_refreshes::with_refresh_header;
use crate::ids::Id;
use crate::render;
use crate::response::{HandlerResult, Response, not_found};
use crate::state::{AnnualReport, State, annual_report_refresh};

/// Version of the schema of the reports.
const SCHEMA_VERSION: u32 = 2;
/// Time that the server takes to generate a report.
const GENERATION_TIME: SignedDuration = SignedDuration::from_secs(1);
/// Seconds after which a client asks again whether the report exists.
const RETRY_SECONDS: u32 = 2;

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "annual_reports" => list(context),
        "annual_report" => show(context),
        "annual_report_state" => state_of_report(context),
        "annual_report_read" => mark_read(context),
        "annual_report_generate" => generate(context),
        _ => return None,
    })
}

fn year(context: &Context<'_>) -> i16 {
    let year = context.path_params.first();
    year.and_then(|(_, year)| year.parse().ok()).unwrap_or(0)
}

/// Lists the reports that the user has not read.
fn list(context: &Context<'_>) -> HandlerResult {
    let (user, now, state) = (context.user()?, context.now(), context.shared.state());
    let of_user = state
        .annual_reports
        .range((user, i16::MIN)..=(user, i16::MAX));
    let unread = of_user.filter(|(_, report)| report.ready_at <= now && !report.viewed);
    let unread: Vec<_> = unread.map(|((_, year), report)| (*year, report)).collect();
    Ok(Response::json(&rendered(&state, user, &unread, now)))
}

fn show(context: &Context<'_>) -> HandlerResult {
    let (user, year, now) = (context.user()?, year(context), context.now());
    let state = context.shared.state();
    let report = state.annual_report(user, year, now).ok_or_else(not_found)?;
    Ok(Response::json(&rendered(
        &state,
        user,
        &[(year, report)],
        now,
    )))
}

fn state_of_report(context: &Context<'_>) -> HandlerResult {
    let (user, year, now) = (context.user()?, year(context), context.now());
    let state = context.shared.state();
    let response = |name: &str| Response::json(&json!({ "state": name }));
    if state.annual_report(user, year, now).is_some() {
        return Ok(response("available"));
    }
    let name = annual_report_refresh(user, year);
    if let Some(refresh) = state.async_refresh_header(&name, RETRY_SECONDS, now) {
        return Ok(with_refresh_header(response("generating"), refresh));
    }
    let can_be_generated = state.annual_report_campaign(now) == Some(year)
        && state.is_eligible_for_annual_report(user, year);
    Ok(response(if can_be_generated {
        "eligible"
    } else {
        "ineligible"
    }))
}

fn generate(context: &Context<'_>) -> HandlerResult {
    let (user, year, now) = (context.user()?, year(context), context.now());
    let mut state = context.shared.state();
    let is_offered = state.annual_report_campaign(now) == Some(year);
    if !is_offered || state.annual_report(user, year, now).is_some() {
        return Ok(Response::empty_object());
    }
    let name = annual_report_refresh(user, year);
    let running = |state: &State| state.async_refresh_header(&name, RETRY_SECONDS, now);
    if running(&state).is_none() {
        let ready_at = now.saturating_add(GENERATION_TIME).unwrap_or(now);
        state.generate_annual_report(user, year, ready_at);
        state.start_async_refresh(&name, None, now);
    }
    let response = Response::without_body(StatusCode::ACCEPTED);
    Ok(match running(&state) {
        Some(refresh) => with_refresh_header(response, refresh),
        None => response,
    })
}

fn mark_read(context: &Context<'_>) -> HandlerResult {
    let (user, year, now) = (context.user()?, year(context), context.now());
    let mut state = context.shared.state();
    let report = state.annual_reports.get_mut(&(user, year));
    let report = report.filter(|report| report.ready_at <= now);
    report.ok_or_else(not_found)?.viewed = true;
    Ok(Response::empty_object())
}

/// Renders reports with the accounts and statuses that they refer to.
fn rendered(state: &State, user: Id, reports: &[(i16, &AnnualReport)], now: Timestamp) -> Value {
    let statuses = reports.iter().filter_map(|(_, report)| report.most_boosted);
    let statuses = statuses.filter_map(|id| state.statuses.get(&id));
    let statuses: Vec<Value> = statuses
        .map(|status| render::status(state, status, Some(user), now))
        .collect();
    let accounts = reports
        .first()
        .map(|_| render::account_for(state, user, Some(user)));
    let reports: Vec<Value> = reports
        .iter()
        .map(|(year, report)| render_report(state, user, *year, report))
        .collect();
    json!({ "annual_reports": reports, "accounts": Vec::from_iter(accounts), "statuses": statuses })
}

fn render_report(state: &State, user: Id, year: i16, report: &AnnualReport) -> Value {
    let account = state.accounts.get(&user);
    let profile = account
        .map(|account| account.url(&state.url))
        .unwrap_or_default();
    let hashtags: Vec<Value> = report
        .top_hashtag
        .iter()
        .map(|(name, count)| json!({ "name": name, "count": count }))
        .collect();
    json!({
        "year": year, "schema_version": SCHEMA_VERSION, "account_id": user.to_string(),
        "share_url": format!("{profile}/wrapstodon/{year}/{}", report.share_key),
        "data": {
            "archetype": report.archetype,
            "top_statuses": {
                "by_reblogs": report.most_boosted.map(|id| id.to_string()), "by_favourites": null, "by_replies": null,
            },
            "time_series": [{ "month": 12, "statuses": report.statuses, "followers": report.followers }],
            "top_hashtags": hashtags,
        },
    })
}
