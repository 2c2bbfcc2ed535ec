//! Retention: how many of the users who signed up in a period came back later.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::{required_time, start_of, users};
use crate::handlers::Context;
use crate::handlers::admin::authorize;
use crate::response::{HandlerResult, Response};
use crate::state::Permission;

/// Length of the periods by which users are grouped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Frequency {
    Day,
    Month,
}

impl Frequency {
    fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// Returns the first day of the period of a date.
    fn start(self, date: Date) -> Date {
        match self {
            Self::Day => date,
            Self::Month => date.first_of_month(),
        }
    }

    /// Returns the first days of all periods between two dates, at most those of a month or of a year.
    fn periods(self, start: Date, end: Date) -> Vec<Date> {
        let (step, maximum) = match self {
            Self::Day => (1.day(), 31.days()),
            Self::Month => (1.month(), 12.months()),
        };
        let earliest = end.checked_sub(maximum).unwrap_or(Date::MIN);
        let (first, last) = (self.start(start.max(earliest)), self.start(end));
        first.series(step).take_while(|day| *day <= last).collect()
    }
}

fn date_of(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

fn midnight(date: Date) -> String {
    format!("{date}T00:00:00Z")
}

pub(super) fn list(context: &Context<'_>) -> HandlerResult {
    let params = &context.params;
    let (start, end) = (
        required_time(params, "start_at")?,
        required_time(params, "end_at")?,
    );
    let frequency = match params.string("frequency").as_deref() {
        Some("month") => Frequency::Month,
        // Mastodon takes any other value for days.
        _ => Frequency::Day,
    };
    let state = context.shared.state();
    authorize(context, &state, &[Permission::ViewDashboard])?;
    let periods = frequency.periods(date_of(start), date_of(end));
    // Period of the sign-up and period of the last activity.
    let users = users(&state).map(|account| {
        let last = account.moderation.active_days.last();
        let last = last.map(|day| frequency.start(date_of(start_of(*day))));
        (frequency.start(date_of(account.created)), last)
    });
    let users: Vec<(Date, Option<Date>)> = users.collect();
    let cohorts = periods.iter().map(|period| {
        let cohort: Vec<_> = users.iter().filter(|(joined, _)| joined == period).collect();
        let later = periods.iter().filter(|other| *other >= period);
        let data = later.map(|other| {
            let is_retained = |last: &Option<Date>| last.is_some_and(|last| last >= *other);
            let retained = cohort.iter().filter(|(_, last)| is_retained(last)).count();
            json!({
                "date": midnight(*other), "rate": rate(retained, cohort.len()), "value": retained.to_string(),
            })
        });
        json!({
            "period": midnight(*period), "frequency": frequency.as_str(), "data": data.collect::<Vec<Value>>(),
        })
    });
    Ok(Response::json(&cohorts.collect()))
}

/// Returns the share of a cohort. An empty cohort has the share 0.
fn rate(part: usize, whole: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    number(part) / number(whole.max(1))
}
