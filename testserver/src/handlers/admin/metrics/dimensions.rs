//! Dimensions: numbers per category, the largest first.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{MAX_KEYS, day_of, detail, human_size, limited_start, optional_time, users};
use crate::handlers::Context;
use crate::handlers::admin::authorize;
use crate::ids::parse_id;
use crate::languages::LANGUAGES;
use crate::response::{ErrorResponse, HandlerResult, Response, internal_server_error};
use crate::state::{Permission, State, Status};

/// Sizes and versions of parts that this server does not have.
const DATABASE_BYTES: u64 = 12_582_912;
const CACHE_BYTES: u64 = 1_048_576;
const COMPONENTS: &[(&str, &str, &str)] = &[
    ("ruby", "Ruby", "3.4.7"),
    ("postgresql", "PostgreSQL", "17.6"),
    ("redis", "Redis", "8.2.2"),
    ("libvips", "libvips", "8.17.2"),
    ("ffmpeg", "FFmpeg", "8.0"),
];

/// What a request asks for.
struct Query<'c> {
    context: &'c Context<'c>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    limit: Option<usize>,
}

impl Query<'_> {
    /// Returns the days of the period. Like Mastodon, statuses cannot be counted without one.
    fn days(&self) -> Result<std::ops::RangeInclusive<i64>, ErrorResponse> {
        let (Some(start), Some(end)) = (self.start, self.end) else {
            return Err(internal_server_error());
        };
        Ok(day_of(start)..=day_of(end))
    }

    fn has(&self, at: Timestamp) -> bool {
        self.start.is_some_and(|start| start <= at) && self.end.is_some_and(|end| at <= end)
    }

    /// Counts equal names, and returns the largest groups with readable names.
    fn ranked(&self, names: impl Iterator<Item = String>, human: impl Fn(&str) -> String) -> Value {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for name in names {
            *counts.entry(name).or_default() += 1;
        }
        self.largest(counts.into_iter().collect(), human)
    }

    fn largest(&self, mut counts: Vec<(String, usize)>, human: impl Fn(&str) -> String) -> Value {
        counts.sort_by_key(|(_, count)| Reverse(*count));
        counts.truncate(self.limit.unwrap_or(usize::MAX));
        let rows = counts.iter().map(|(name, count)| {
            json!({ "key": name, "human_key": human(name), "value": count.to_string() })
        });
        rows.collect()
    }

    /// Returns the data of a dimension; `None` for an unknown one.
    fn data(&self, state: &State, key: &str) -> Result<Option<Value>, ErrorResponse> {
        let params = &self.context.params;
        Ok(Some(match key {
            "languages" => self.languages(state),
            "sources" => self.sources(state),
            "servers" => self.servers(state, |_| true)?,
            "space_usage" => space_usage(state),
            "software_versions" => software_versions(state),
            "tag_servers" => {
                let tag = state.tag_with_id(parse_id(&detail(params, key, "id")?));
                self.servers(state, |status| {
                    tag.as_ref().is_some_and(|tag| status.tags.contains(tag))
                })?
            }
            "tag_languages" => {
                let tag = state.tag_with_id(parse_id(&detail(params, key, "id")?));
                self.status_languages(state, |status| {
                    tag.as_ref().is_some_and(|tag| status.tags.contains(tag))
                })?
            }
            "instance_accounts" => self.accounts(state, &detail(params, key, "domain")?),
            "instance_languages" => {
                let domain = detail(params, key, "domain")?;
                self.status_languages(state, |status| {
                    let author = state.accounts.get(&status.account);
                    let own = author.and_then(|author| author.domain.as_ref());
                    own == Some(&domain) && status.reblog_of.is_none()
                })?
            }
            _ => return Ok(None),
        }))
    }

    /// Languages of the users who were last active in the period.
    fn languages(&self, state: &State) -> Value {
        let active = users(state).filter(|account| {
            let last = account.moderation.active_days.last();
            let is_in = |day: &i64| self.days().is_ok_and(|days| days.contains(day));
            last.is_some_and(is_in)
        });
        let locales = active.filter_map(|account| Some(account.login.as_ref()?.locale.clone()));
        self.ranked(locales, language_name)
    }

    /// Applications with which users signed up in the period.
    fn sources(&self, state: &State) -> Value {
        let new = users(state).filter(|account| self.has(account.created));
        let apps = new.map(|account| {
            let app = account.login.as_ref().and_then(|login| login.app.as_ref());
            let app = app.and_then(|app| state.apps.get(app));
            app.map_or_else(|| "web".to_owned(), |app| app.name.clone())
        });
        let human = |name: &str| if name == "web" { "Website" } else { name }.to_owned();
        self.ranked(apps, human)
    }

    fn statuses<'s>(
        &self,
        state: &'s State,
    ) -> Result<impl Iterator<Item = &'s Status> + use<'s>, ErrorResponse> {
        let days = self.days()?;
        let statuses = state.statuses.values();
        Ok(statuses.filter(move |status| days.contains(&day_of(status.created))))
    }

    /// Servers from which the statuses of the period come.
    fn servers(
        &self,
        state: &State,
        is_counted: impl Fn(&Status) -> bool,
    ) -> Result<Value, ErrorResponse> {
        let counted = self.statuses(state)?.filter(|status| is_counted(status));
        let domains = counted.filter_map(|status| {
            let author = state.accounts.get(&status.account)?;
            let local = || state.host().to_owned();
            Some(author.domain.clone().unwrap_or_else(local))
        });
        Ok(self.ranked(domains, str::to_owned))
    }

    fn status_languages(
        &self,
        state: &State,
        is_counted: impl Fn(&Status) -> bool,
    ) -> Result<Value, ErrorResponse> {
        let counted = self.statuses(state)?.filter(|status| is_counted(status));
        let languages = counted.map(|status| {
            let language = status.language.clone();
            language.unwrap_or_else(|| "und".to_owned())
        });
        Ok(self.ranked(languages, language_name))
    }

    /// Accounts of a domain with their followers.
    fn accounts(&self, state: &State, domain: &str) -> Value {
        let accounts = state.accounts_on_domain(domain).into_iter();
        let counts = accounts.filter_map(|id| {
            let account = state.accounts.get(&id)?;
            Some((account.username.clone(), state.followers(id).count()))
        });
        self.largest(counts.collect(), str::to_owned)
    }
}

fn language_name(code: &str) -> String {
    if code == "und" {
        return "None".to_owned();
    }
    let known = LANGUAGES.iter().find(|(known, _)| *known == code);
    known.map_or(code, |(_, name)| name).to_owned()
}

fn space_usage(state: &State) -> Value {
    let media = state.media.values();
    let media: usize = media.map(|media| media.bytes.len()).sum();
    let row = |key: &str, name: &str, bytes: u64| {
        json!({
            "key": key, "human_key": name, "value": bytes.to_string(), "unit": "bytes", "human_value": human_size(bytes),
        })
    };
    json!([
        row("postgresql", "PostgreSQL", DATABASE_BYTES),
        row("redis", "Redis", CACHE_BYTES),
        row(
            "media",
            "Media storage",
            u64::try_from(media).unwrap_or(u64::MAX)
        ),
    ])
}

fn software_versions(state: &State) -> Value {
    let mastodon = ("mastodon", "Mastodon", state.software.version.as_str());
    let all = std::iter::once(&mastodon).chain(COMPONENTS);
    all.map(|(key, name, version)| {
        json!({ "key": key, "human_key": name, "value": version, "human_value": version })
    })
    .collect()
}

/// Returns the requested dimensions. Unknown ones are left out.
pub(super) fn list(context: &Context<'_>) -> HandlerResult {
    let params = &context.params;
    let (start, end) = (
        optional_time(params, "start_at")?,
        optional_time(params, "end_at")?,
    );
    let limit = params.integer("limit");
    let query = Query {
        context,
        start: start.map(|start| end.map_or(start, |end| limited_start(start, end))),
        end,
        limit: limit.map(|limit| usize::try_from(limit).unwrap_or(0)),
    };
    let state = context.shared.state();
    let mut keys = params.list("keys");
    keys.truncate(MAX_KEYS);
    // Mastodon looks for the parameters of a dimension before it checks the role.
    let details = [
        ("tag_servers", "id"),
        ("tag_languages", "id"),
        ("instance_accounts", "domain"),
        ("instance_languages", "domain"),
    ];
    for (key, name) in details {
        if keys.iter().any(|wanted| wanted == key) {
            detail(params, key, name)?;
        }
    }
    authorize(context, &state, &[Permission::ViewDashboard])?;
    let mut dimensions = Vec::new();
    for key in keys {
        if let Some(data) = query.data(&state, &key)? {
            dimensions.push(json!({ "key": key, "data": data }));
        }
    }
    Ok(Response::json(&Value::Array(dimensions)))
}
