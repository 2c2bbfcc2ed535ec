//! Annual reports: summaries of the users' activity in a year.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{DueTask, State, Status};
use crate::ids::Id;

/// Average number of statuses that an active user posts in a year.
const AVERAGE_PER_YEAR: usize = 113;
/// Days of December on which the server offers reports.
const CAMPAIGN_DAYS: std::ops::RangeInclusive<i8> = 10..=31;

#[derive(Clone, Debug)]
pub(crate) struct AnnualReport {
    pub(crate) archetype: &'static str,
    pub(crate) statuses: usize,
    pub(crate) followers: usize,
    /// Most used hashtag with the number of its uses, if it was used more than once.
    pub(crate) top_hashtag: Option<(String, usize)>,
    pub(crate) most_boosted: Option<Id>,
    /// Secret part of the address at which the user can share the report.
    pub(crate) share_key: String,
    /// Time at which its generation is finished.
    pub(crate) ready_at: Timestamp,
    pub(crate) viewed: bool,
}

/// Returns the name of the refresh that generates a report.
pub(crate) fn refresh_name(account: Id, year: i16) -> String {
    format!("wrapstodon:{account}:{year}")
}

/// Returns the year of a time in UTC.
fn year_of(at: Timestamp) -> i16 {
    TimeZone::UTC.to_datetime(at).year()
}

/// Returns the year whose reports can be generated at the moment.
fn campaign(now: Timestamp) -> Option<i16> {
    let today = TimeZone::UTC.to_datetime(now).date();
    (today.month() == 12 && CAMPAIGN_DAYS.contains(&today.day())).then(|| today.year())
}

impl State {
    /// Returns the year whose reports can be generated at the moment, if the server offers reports.
    pub(crate) fn annual_report_campaign(&self, now: Timestamp) -> Option<i16> {
        campaign(now)
    }

    /// Returns a report whose generation is finished.
    pub(crate) fn annual_report(
        &self,
        account: Id,
        year: i16,
        now: Timestamp,
    ) -> Option<&AnnualReport> {
        let report = self.annual_reports.get(&(account, year))?;
        (report.ready_at <= now).then_some(report)
    }

    /// Whether an account has posted enough for a report: a status that everyone can see, and one with a hashtag.
    pub(crate) fn is_eligible_for_annual_report(&self, account: Id, year: i16) -> bool {
        let statuses = self.statuses_of_year(account, year);
        statuses
            .iter()
            .any(|status| status.visibility.is_distributable())
            && statuses.iter().any(|status| !status.tags.is_empty())
    }

    /// Creates a report that exists from `ready_at` on.
    pub(crate) fn generate_annual_report(&mut self, account: Id, year: i16, ready_at: Timestamp) {
        let statuses = self.statuses_of_year(account, year);
        let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
        for tag in statuses.iter().flat_map(|status| &status.tags) {
            *uses.entry(tag).or_default() += 1;
        }
        let top_hashtag = uses
            .into_iter()
            .filter(|(_, count)| *count > 1)
            .min_by_key(|(_, count)| Reverse(*count))
            .map(|(name, count)| {
                let stored = self.tags.get(name);
                let name = stored.map_or(name, |tag| tag.display_name.as_str());
                (name.to_owned(), count)
            });
        let has_interactions = |status: &&&Status| {
            status.visibility.is_distributable()
                && !(status.reblogged_by.is_empty()
                    && status.favourited_by.is_empty()
                    && status.replies.is_empty()
                    && status.quoted_by.is_empty())
        };
        let most_boosted = statuses
            .iter()
            .filter(has_interactions)
            .max_by_key(|status| (status.reblogged_by.len(), Reverse(status.id)))
            .map(|status| status.id);
        let new_followers = self.accounts.values().filter(|other| {
            let follow = other.follows.get(&account);
            follow.is_some_and(|follow| year_of(follow.since) == year)
        });
        let report = AnnualReport {
            archetype: archetype(&statuses),
            statuses: statuses.len(),
            followers: new_followers.count(),
            top_hashtag,
            most_boosted,
            share_key: String::new(),
            ready_at,
            viewed: false,
        };
        let share_key = self.unique_token("share");
        let report = AnnualReport {
            share_key,
            ..report
        };
        self.annual_reports.insert((account, year), report);
        self.add_due_task(ready_at, DueTask::FinishAnnualReport(account, year));
    }

    fn statuses_of_year(&self, account: Id, year: i16) -> Vec<&Status> {
        self.statuses
            .values()
            .filter(|status| status.account == account && year_of(status.created) == year)
            .collect()
    }
}

/// Classifies a user by what the user posted.
fn archetype(statuses: &[&Status]) -> &'static str {
    let count = |matches: fn(&Status) -> bool| {
        let matching = statuses.iter().filter(|status| matches(status));
        matching.count()
    };
    let boosts = count(|status| status.reblog_of.is_some());
    let replies = count(Status::is_reply_to_other_account);
    let polls = count(|status| status.poll.is_some());
    let standalone =
        count(|status| status.reblog_of.is_none() && status.reply_to_account.is_none());
    if standalone + replies + boosts < AVERAGE_PER_YEAR {
        "lurker"
    } else if boosts > standalone * 2 {
        "booster"
    } else if polls * 10 > standalone {
        "pollster"
    } else if replies > standalone * 2 {
        "replier"
    } else {
        "oracle"
    }
}
