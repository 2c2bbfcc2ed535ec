//! Statuses, with the acts of other users on them, and scheduled statuses.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::{FixedId, Kind, Reference, SeedError, SeedResult, Seeder, Time};
use crate::clock::iso8601;
use crate::ids::Id;
use crate::state::{
    Application, DueTask, PollDraft, PostError, QuotePolicy, ScheduledStatus, Status, StatusDraft,
    Visibility,
};

/// Duration of polls for which none is given.
const DEFAULT_POLL_SECONDS: i64 = 86_400;

/// Status, with the acts of other users on it. It creates the same notifications and events as a post through the API.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusSeed {
    /// Author.
    pub(crate) user: Reference,
    /// Name by which other things refer to the status.
    #[serde(default)]
    pub(crate) label: Option<String>,
    #[serde(default)]
    pub(crate) id: Option<FixedId>,
    #[serde(default)]
    pub(crate) text: String,
    /// Default: the time of the clock.
    #[serde(default)]
    pub(crate) created_at: Option<Time>,
    /// Default: that of the author.
    #[serde(default)]
    pub(crate) visibility: Option<Visibility>,
    /// Default: that of the author, or `en`.
    #[serde(default)]
    pub(crate) language: Option<String>,
    /// Content warning.
    #[serde(default)]
    pub(crate) spoiler_text: String,
    /// Default: true if there is a content warning.
    #[serde(default)]
    pub(crate) sensitive: Option<bool>,
    /// Status that it replies to.
    #[serde(default)]
    pub(crate) reply_to: Option<Reference>,
    /// Status that it boosts. A boost has no text.
    #[serde(default)]
    pub(crate) boost_of: Option<Reference>,
    /// Status that it quotes.
    #[serde(default)]
    pub(crate) quote: Option<Reference>,
    #[serde(default)]
    pub(crate) quote_policy: Option<QuotePolicy>,
    /// Media attachments, by label or ID.
    #[serde(default)]
    pub(crate) media: Vec<Reference>,
    #[serde(default)]
    pub(crate) poll: Option<PollSeed>,
    /// Client ID or name of the application that posted it.
    #[serde(default)]
    pub(crate) application: Option<String>,
    /// Whether it is pinned to the profile of the author.
    #[serde(default)]
    pub(crate) pinned: bool,
    /// Users who favourited it, in this order.
    #[serde(default)]
    pub(crate) favourited_by: Vec<Reference>,
    /// Users who boosted it, in this order.
    #[serde(default)]
    pub(crate) boosted_by: Vec<Reference>,
    #[serde(default)]
    pub(crate) bookmarked_by: Vec<Reference>,
    /// Whether it creates notifications. Default: true.
    #[serde(default = "yes")]
    pub(crate) notify: bool,
}

fn yes() -> bool {
    true
}

/// Poll of a status.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct PollSeed {
    pub(crate) options: Vec<String>,
    /// Default: one day after the status.
    #[serde(default)]
    pub(crate) expires_at: Option<Time>,
    #[serde(default)]
    pub(crate) multiple: bool,
    /// Whether the results are hidden until the poll ends.
    #[serde(default)]
    pub(crate) hide_totals: bool,
    #[serde(default)]
    pub(crate) votes: Vec<VoteSeed>,
}

/// Votes of a user in a poll.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct VoteSeed {
    pub(crate) user: Reference,
    /// Positions of the options. The first one is 0.
    pub(crate) choices: Vec<usize>,
}

/// Status to publish later.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduledStatusSeed {
    /// Author.
    pub(crate) user: Reference,
    pub(crate) scheduled_at: Time,
    #[serde(default)]
    pub(crate) id: Option<FixedId>,
    #[serde(default)]
    pub(crate) text: String,
    /// Default: that of the author.
    #[serde(default)]
    pub(crate) visibility: Option<Visibility>,
    /// Default: that of the author, or `en`.
    #[serde(default)]
    pub(crate) language: Option<String>,
    /// Content warning.
    #[serde(default)]
    pub(crate) spoiler_text: String,
    /// Default: true if there is a content warning.
    #[serde(default)]
    pub(crate) sensitive: Option<bool>,
    /// Status that it replies to.
    #[serde(default)]
    pub(crate) reply_to: Option<Reference>,
    /// Media attachments, by label or ID.
    #[serde(default)]
    pub(crate) media: Vec<Reference>,
}

fn seed_error(error: PostError) -> SeedError {
    match error {
        PostError::Invalid(messages) | PostError::InvalidScheduled(messages) => {
            SeedError::new("", messages.join(", "))
        }
        PostError::UnexpectedMentions(_) => SeedError::new("text", "unexpected mentions"),
        PostError::SilentlyDropped(_) => SeedError::new("text", "has a banned text"),
    }
}

impl Seeder<'_> {
    /// Creates a status and the acts on it. Returns its ID.
    pub(crate) fn status(&mut self, seed: &StatusSeed) -> SeedResult<Id> {
        let author = self.account("user", &seed.user)?;
        let created = self.time(seed.created_at.as_ref());
        self.check_label(Kind::Status, seed.label.as_deref())?;
        let acts = [
            ("favourited_by", &seed.favourited_by),
            ("boosted_by", &seed.boosted_by),
            ("bookmarked_by", &seed.bookmarked_by),
        ];
        let mut actors = Vec::new();
        for (field, users) in acts {
            actors.push(self.accounts(field, users)?);
        }
        let last_row = self.state.last_row_id();
        let id = match &seed.boost_of {
            Some(original) => self.boost_status(author, original, seed, created)?,
            None => self.publish(author, seed, created)?,
        };
        self.set_label(Kind::Status, seed.label.as_deref(), id);
        if seed.pinned {
            let row = self.state.next_row_id();
            if let Some(status) = self.state.statuses.get_mut(&id) {
                status.pinned = Some(row);
            }
        }
        let [favourites, boosts, bookmarks] = actors.as_slice() else {
            return Ok(id);
        };
        for user in favourites {
            self.favourite(*user, id, created);
        }
        for user in boosts {
            let boost = self.state.id_at(created);
            self.insert_boost(*user, id, boost, Visibility::Public, created);
        }
        for user in bookmarks {
            let row = self.state.next_row_id();
            if let Some(status) = self.state.statuses.get_mut(&id) {
                status.bookmarked_by.entry(*user).or_insert(row);
            }
        }
        if !seed.notify {
            let notifications = &mut self.state.notifications;
            notifications.retain(|notification, _| *notification <= last_row);
        }
        Ok(id)
    }

    fn publish(&mut self, author: Id, seed: &StatusSeed, created: Timestamp) -> SeedResult<Id> {
        let mut draft = self.draft(author, seed)?;
        if let Some(poll) = &seed.poll {
            let expires = poll.expires_at.map(|at| at.at(self.now));
            let expires_in = expires.map_or(DEFAULT_POLL_SECONDS, |at| {
                at.duration_since(created).as_secs()
            });
            draft.poll = Some(PollDraft {
                options: poll.options.clone(),
                sent_options: poll.options.clone(),
                expires_in: Some(expires_in),
                multiple: Some(poll.multiple),
                hide_totals: poll.hide_totals,
            });
        }
        let votes = self.votes(seed.poll.as_ref())?;
        draft.id = Some(self.snowflake_id(seed.id, created)?);
        let id = self
            .state
            .publish_status(author, draft, created)
            .map_err(seed_error)?;
        let status = self.state.statuses.get_mut(&id);
        if let Some(poll) = status.and_then(|status| status.poll.as_mut()) {
            for (user, choices) in votes {
                poll.votes.insert(user, choices.into_iter().collect());
            }
        }
        Ok(id)
    }

    fn draft(&mut self, author: Id, seed: &StatusSeed) -> SeedResult<StatusDraft> {
        let defaults = self.state.posting_defaults(author);
        let mut media = Vec::new();
        for (index, attachment) in seed.media.iter().enumerate() {
            media.push(self.labeled(Kind::Media, &format!("media[{index}]"), attachment)?);
        }
        let reply_to = match &seed.reply_to {
            Some(parent) => Some(self.labeled(Kind::Status, "reply_to", parent)?),
            None => None,
        };
        let quoted = match &seed.quote {
            Some(quoted) => Some(self.labeled(Kind::Status, "quote", quoted)?),
            None => None,
        };
        let application = match &seed.application {
            Some(name) => {
                let client_id = self.client_id(name)?;
                let app = self.state.apps.get(&client_id);
                app.map(|app| Application {
                    name: app.name.clone(),
                    website: app.website.clone(),
                })
            }
            None => None,
        };
        Ok(StatusDraft {
            id: None,
            text: seed.text.clone(),
            spoiler_text: seed.spoiler_text.clone(),
            sensitive: seed
                .sensitive
                .unwrap_or(defaults.sensitive || !seed.spoiler_text.is_empty()),
            visibility: seed.visibility.unwrap_or(defaults.visibility),
            language: seed
                .language
                .clone()
                .or(defaults.language)
                .or_else(|| Some("en".to_owned())),
            reply_to,
            media,
            poll: None,
            quoted,
            quote_policy: seed.quote_policy.unwrap_or(defaults.quote_policy),
            allowed_mentions: None,
            application,
        })
    }

    fn votes(&self, poll: Option<&PollSeed>) -> SeedResult<Vec<(Id, Vec<usize>)>> {
        let Some(poll) = poll else {
            return Ok(Vec::new());
        };
        let mut votes = Vec::new();
        for (index, vote) in poll.votes.iter().enumerate() {
            let field = |name: &str| format!("poll.votes[{index}].{name}");
            let user = self.account(&field("user"), &vote.user)?;
            let is_allowed = |choice: &usize| *choice < poll.options.len();
            if vote.choices.is_empty()
                || !vote.choices.iter().all(is_allowed)
                || vote.choices.len() > 1 && !poll.multiple
            {
                let message = format!(
                    "choices are positions from 0 to {}, and several only if the poll is `multiple`",
                    poll.options.len().saturating_sub(1)
                );
                return Err(SeedError::new(field("choices"), message));
            }
            votes.push((user, vote.choices.clone()));
        }
        Ok(votes)
    }

    fn boost_status(
        &mut self,
        user: Id,
        original: &Reference,
        seed: &StatusSeed,
        created: Timestamp,
    ) -> SeedResult<Id> {
        let original = self.labeled(Kind::Status, "boost_of", original)?;
        if !seed.text.is_empty() || seed.poll.is_some() || !seed.media.is_empty() {
            let message = "a boost has no text, poll or media";
            return Err(SeedError::new("boost_of", message));
        }
        let status = self.state.statuses.get(&original);
        let original = status.map_or(original, Status::original_id);
        let id = self.snowflake_id(seed.id, created)?;
        let visibility = seed.visibility.unwrap_or(Visibility::Public);
        self.insert_boost(user, original, id, visibility, created);
        Ok(id)
    }

    fn insert_boost(
        &mut self,
        user: Id,
        original: Id,
        id: Id,
        visibility: Visibility,
        created: Timestamp,
    ) {
        let Some(author) = self
            .state
            .statuses
            .get(&original)
            .map(|status| status.account)
        else {
            return;
        };
        self.state.insert_status(Status {
            visibility,
            language: None,
            reblog_of: Some(original),
            quote_policy: QuotePolicy::Nobody,
            ..Status::new(id, user, created, "")
        });
        self.state
            .notify_about_status(author, "reblog", user, original, created);
    }

    fn favourite(&mut self, user: Id, id: Id, created: Timestamp) {
        let row = self.state.next_row_id();
        let Some(status) = self.state.statuses.get_mut(&id) else {
            return;
        };
        status.favourited_by.entry(user).or_insert(row);
        let author = status.account;
        self.state
            .notify_about_status(author, "favourite", user, id, created);
    }

    /// Creates a scheduled status. Returns its ID.
    pub(crate) fn scheduled_status(&mut self, seed: &ScheduledStatusSeed) -> SeedResult<Id> {
        let author = self.local_user("user", &seed.user)?;
        let at = seed.scheduled_at.at(self.now);
        if at <= self.now {
            return Err(SeedError::new(
                "scheduled_at",
                "must be after the time of the clock",
            ));
        }
        let status = StatusSeed {
            user: seed.user.clone(),
            label: None,
            id: None,
            text: seed.text.clone(),
            created_at: None,
            visibility: seed.visibility,
            language: seed.language.clone(),
            spoiler_text: seed.spoiler_text.clone(),
            sensitive: seed.sensitive,
            reply_to: seed.reply_to.clone(),
            boost_of: None,
            quote: None,
            quote_policy: None,
            media: seed.media.clone(),
            poll: None,
            application: None,
            pinned: false,
            favourited_by: Vec::new(),
            boosted_by: Vec::new(),
            bookmarked_by: Vec::new(),
            notify: true,
        };
        let draft = self.draft(author, &status)?;
        self.state
            .validate_scheduled(author, &draft, self.now)
            .map_err(seed_error)?;
        let id = self.row_id(seed.id, |state, id| {
            state.scheduled_statuses.contains_key(&id)
        })?;
        for attachment in &draft.media {
            if let Some(attachment) = self.state.media.get_mut(attachment) {
                attachment.scheduled = Some(id);
            }
        }
        let media: Vec<String> = draft.media.iter().map(Id::to_string).collect();
        let params = json!({
            "text": draft.text, "media_ids": Some(media).filter(|media| !media.is_empty()), "sensitive": draft.sensitive,
            "spoiler_text": draft.spoiler_text, "visibility": draft.visibility.as_str(), "language": draft.language,
            "poll": null, "in_reply_to_id": draft.reply_to, "allowed_mentions": null, "quoted_status_id": null,
            "quote_approval_policy": draft.quote_policy.as_str(), "application_id": null, "scheduled_at": iso8601(at),
            "idempotency": null, "with_rate_limit": false,
        });
        let entry = ScheduledStatus {
            id,
            account: author,
            at,
            draft,
            params,
        };
        self.state.scheduled_statuses.insert(id, entry);
        self.state.add_due_task(at, DueTask::PublishStatus(id));
        Ok(id)
    }

    /// Returns the accounts that a list refers to.
    pub(crate) fn accounts(&self, field: &str, users: &[Reference]) -> SeedResult<Vec<Id>> {
        let users = users.iter().enumerate();
        users
            .map(|(index, user)| self.account(&format!("{field}[{index}]"), user))
            .collect()
    }
}
