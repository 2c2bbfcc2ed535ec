//! Measures: a number per day, with totals.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{MAX_KEYS, day_of, detail, human_size, limited_start, required_time, start_of, users};
use crate::clock::iso_date;
use crate::handlers::Context;
use crate::handlers::admin::authorize;
use crate::ids::{Id, parse_id, time_of};
use crate::response::{ErrorResponse, HandlerResult, Response, missing_param, not_found};
use crate::state::{Account, Permission, State};

/// Something that a measure counts: its day, its size, and who or what it is counted once for.
struct Event {
    day: i64,
    amount: u64,
    subject: String,
}

/// How a measure adds up events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sum {
    /// Adds the amounts.
    Amounts,
    /// Counts different subjects.
    Subjects,
}

/// Period of the totals.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Total {
    /// The days before the last one.
    BeforeLastDay,
    /// All days of the period.
    AllDays,
    /// All time; there is no previous total.
    AllTime,
}

/// Data of a measure.
struct Measure {
    events: Vec<Event>,
    sum: Sum,
    total: Total,
    /// Whether the dates of the days have a time.
    with_time: bool,
    is_bytes: bool,
}

impl Measure {
    fn counting(events: impl Iterator<Item = Timestamp>) -> Self {
        let events = events.map(|at| Event {
            day: day_of(at),
            amount: 1,
            subject: String::new(),
        });
        Self {
            events: events.collect(),
            sum: Sum::Amounts,
            total: Total::BeforeLastDay,
            with_time: false,
            is_bytes: false,
        }
    }

    fn of_subjects(events: impl Iterator<Item = (i64, String)>) -> Self {
        let events = events.map(|(day, subject)| Event {
            day,
            amount: 1,
            subject,
        });
        Self {
            events: events.collect(),
            sum: Sum::Subjects,
            ..Self::counting(std::iter::empty())
        }
    }

    fn of_all_time(events: impl Iterator<Item = Timestamp>) -> Self {
        Self {
            total: Total::AllTime,
            ..Self::counting(events)
        }
    }

    fn sum_of(&self, is_in: impl Fn(i64) -> bool) -> u64 {
        let events = self.events.iter().filter(|event| is_in(event.day));
        match self.sum {
            Sum::Amounts => events.map(|event| event.amount).sum(),
            Sum::Subjects => {
                let subjects: BTreeSet<&String> = events.map(|event| &event.subject).collect();
                u64::try_from(subjects.len()).unwrap_or(u64::MAX)
            }
        }
    }

    fn render(&self, key: &str, first: i64, last: i64) -> Value {
        let total = |shift: i64| match self.total {
            Total::AllTime => self.sum_of(|_| true),
            Total::AllDays => self.sum_of(|day| (first - shift..=last - shift).contains(&day)),
            Total::BeforeLastDay => self.sum_of(|day| (first - shift..last - shift).contains(&day)),
        };
        let data = (first..=last).map(|day| {
            let date = iso_date(start_of(day));
            let date = if self.with_time {
                format!("{date}T00:00:00Z")
            } else {
                date
            };
            json!({ "date": date, "value": self.sum_of(|other| other == day).to_string() })
        });
        let mut value = json!({
            "key": key, "unit": self.is_bytes.then_some("bytes"), "total": total(0).to_string(),
            "data": data.collect::<Vec<_>>(),
        });
        if self.is_bytes {
            value["human_value"] = human_size(total(0)).into();
        }
        if self.total != Total::AllTime {
            value["previous_total"] = total(last - first).to_string().into();
        }
        value
    }
}

/// Returns the requested measures. Unknown ones are left out.
pub(super) fn list(context: &Context<'_>) -> HandlerResult {
    let params = &context.params;
    let mut keys = params.list("keys");
    keys.truncate(MAX_KEYS);
    if keys.is_empty() {
        return Err(missing_param("keys"));
    }
    let (start, end) = (
        required_time(params, "start_at")?,
        required_time(params, "end_at")?,
    );
    for key in &keys {
        let detail_name = match key.as_str() {
            "tag_accounts" | "tag_uses" | "tag_servers" => "id",
            key if key.starts_with("instance_") => "domain",
            _ => continue,
        };
        detail(params, key, detail_name)?;
    }
    let state = context.shared.state();
    authorize(context, &state, &[Permission::ViewDashboard])?;
    let (first, last) = (day_of(limited_start(start, end)), day_of(end));
    let mut measures = Vec::new();
    for key in keys {
        if let Some(measure) = measure(context, &state, &key)? {
            measures.push(measure.render(&key, first, last));
        }
    }
    Ok(Response::json(&Value::Array(measures)))
}

/// Collects the data of a measure; `None` for an unknown one.
fn measure(
    context: &Context<'_>,
    state: &State,
    key: &str,
) -> Result<Option<Measure>, ErrorResponse> {
    Ok(Some(match key {
        "active_users" => {
            let days = users(state).flat_map(|account| {
                let days = account.moderation.active_days.iter();
                days.map(|day| (*day, account.id.to_string()))
            });
            Measure {
                with_time: true,
                ..Measure::of_subjects(days)
            }
        }
        "new_users" => Measure::counting(users(state).map(|account| account.created)),
        "interactions" => {
            let kinds = ["favourite", "reblog", "mention"];
            let all = state.notifications.values();
            let counted = all.filter(|item| kinds.contains(&item.kind));
            let times = counted.map(|item| item.created);
            Measure {
                with_time: true,
                ..Measure::counting(times)
            }
        }
        "opened_reports" => Measure::counting(state.reports.values().map(|report| report.created)),
        "resolved_reports" => {
            let reports = state.reports.values();
            Measure::counting(reports.filter_map(|report| Some(report.resolved?.1)))
        }
        "tag_accounts" | "tag_uses" | "tag_servers" => tag_measure(context, state, key)?,
        _ => match instance_measure(context, state, key)? {
            Some(measure) => measure,
            None => return Ok(None),
        },
    }))
}

fn tag_measure(context: &Context<'_>, state: &State, key: &str) -> Result<Measure, ErrorResponse> {
    let id = parse_id(&detail(&context.params, key, "id")?);
    let tag = state.tag_with_id(id).ok_or_else(not_found)?;
    let statuses = state.public_statuses(None, context.now());
    let statuses = statuses.filter(|status| status.tags.contains(&tag));
    let measure = match key {
        "tag_accounts" => Measure::of_subjects(
            statuses.map(|status| (day_of(status.created), status.account.to_string())),
        ),
        "tag_uses" => Measure::counting(statuses.map(|status| status.created)),
        _ => {
            let domains = statuses.map(|status| {
                let author = state.accounts.get(&status.account);
                let domain = author.and_then(|author| author.domain.clone());
                (day_of(status.created), domain.unwrap_or_default())
            });
            let measure = Measure::of_subjects(domains);
            return Ok(Measure {
                total: Total::AllDays,
                ..measure
            });
        }
    };
    Ok(Measure {
        total: Total::AllDays,
        with_time: true,
        ..measure
    })
}

fn instance_measure(
    context: &Context<'_>,
    state: &State,
    key: &str,
) -> Result<Option<Measure>, ErrorResponse> {
    let counted_keys = [
        "instance_accounts",
        "instance_media_attachments",
        "instance_reports",
        "instance_statuses",
        "instance_follows",
        "instance_followers",
    ];
    if !counted_keys.contains(&key) {
        return Ok(None);
    }
    let domain = detail(&context.params, key, "domain")?;
    let with_subdomains = context
        .params
        .map(key)
        .is_some_and(|object| object.is_true("include_subdomains"));
    let accounts = if with_subdomains {
        state.accounts_on_domain_and_subdomains(&domain)
    } else {
        state.accounts_on_domain(&domain)
    };
    let accounts: BTreeSet<Id> = accounts.into_iter().collect();
    let on_domain = |account: &&Account| accounts.contains(&account.id);
    Ok(Some(match key {
        "instance_accounts" => {
            let counted = state.accounts.values().filter(on_domain);
            Measure::of_all_time(counted.map(|account| account.created))
        }
        "instance_media_attachments" => {
            let media = state.media.values();
            let media = media.filter(|media| accounts.contains(&media.account));
            let events = media.map(|media| Event {
                day: day_of(time_of(media.id)),
                amount: u64::try_from(media.bytes.len()).unwrap_or(u64::MAX),
                subject: String::new(),
            });
            Measure {
                events: events.collect(),
                is_bytes: true,
                ..Measure::of_all_time(std::iter::empty())
            }
        }
        "instance_reports" => {
            let reports = state.reports.values();
            let about = reports.filter(|report| accounts.contains(&report.target));
            Measure::of_all_time(about.map(|report| report.created))
        }
        "instance_statuses" => {
            let statuses = state.statuses.values();
            let own = statuses.filter(|status| accounts.contains(&status.account));
            Measure::of_all_time(own.map(|status| status.created))
        }
        "instance_follows" => {
            let follows = state.accounts.values().flat_map(|account| &account.follows);
            let counted = follows.filter(|(target, _)| accounts.contains(target));
            Measure::of_all_time(counted.map(|(_, follow)| follow.since))
        }
        _ => {
            let followers = state.accounts.values().filter(on_domain);
            let follows = followers.flat_map(|account| account.follows.values());
            Measure::of_all_time(follows.map(|follow| follow.since))
        }
    }))
}
