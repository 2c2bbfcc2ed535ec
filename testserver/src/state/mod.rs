//! In-memory database of the server.

mod accounts;
mod announcements;
mod annual_reports;
mod async_refreshes;
mod cards;
mod cleanup;
mod collections;
mod conversations;
mod emails;
mod emojis;
mod feature_policy;
mod feed_access;
mod feeds;
mod filters;
mod forced_trends;
mod invites;
mod lists;
mod media;
mod mentions;
mod moderation;
mod notifications;
mod oauth;
mod polls;
mod posting;
mod push;
mod relationships;
mod reports;
mod schedule;
mod statuses;
mod tags;
mod timelines;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

pub(crate) use accounts::{Account, Field, Login, Marker, Profile, ProfileImage};
pub(crate) use announcements::{Announcement, ReactionError};
pub(crate) use annual_reports::{AnnualReport, refresh_name as annual_report_refresh};
pub(crate) use async_refreshes::AsyncRefresh;
pub(crate) use collections::{
    Collection, CollectionActivity, CollectionDetails, CollectionItem, ItemState,
    MAX_COLLECTION_ITEMS,
};
pub(crate) use conversations::Conversation;
pub(crate) use emails::PasswordReset;
pub use emails::{Email, EmailKind};
pub(crate) use emojis::CustomEmoji;
pub(crate) use feature_policy::FeaturePolicy;
pub(crate) use feed_access::{ChosenLanguages, FeedKind, includes_language};
pub use feed_access::{FeedAccess, FeedAccessSettings};
pub(crate) use feeds::{Feeds, Filtered};
pub(crate) use filters::{Filter, FilterMatch, FilterStatus, Keyword, Matcher};
pub(crate) use forced_trends::ForcedTrends;
pub(crate) use invites::Invite;
pub(crate) use lists::{List, RepliesPolicy};
pub(crate) use media::Media;
pub(crate) use moderation::*;
pub(crate) use notifications::{
    About, GROUPABLE, Notification, NotificationPolicy, NotificationRequest, NotificationSettings,
    PolicyAction, PolicyCategory,
};
pub(crate) use oauth::{
    App, AuthorizationCode, DEFAULT_SCOPE, Token, are_known_scopes, redirect_uri_matches,
};
pub(crate) use polls::Poll;
pub(crate) use posting::{EditDraft, PollDraft, PostError, PostingDefaults, StatusDraft};
pub(crate) use push::PushSubscription;
pub(crate) use relationships::{Follow, Mute, RowSet, newest_first};
pub(crate) use reports::Report;
pub(crate) use schedule::{DueTask, ScheduledStatus};
pub(crate) use statuses::{Application, Quote, QuotePolicy, Status, StatusVersion, Visibility};
pub(crate) use tags::{Tag, TagDay, normalize_tag};

use crate::base_url::BaseUrls;
use crate::behavior::SharedBehavior;
use crate::clock::{earlier, later};
use crate::ids::{Id, Snowflakes, first_id_at};
use crate::push::PushQueue;
use crate::route::MASTODON_VERSION;
use crate::seed::Kind;
use crate::server::Shared;
use crate::streaming::Hub;

/// Result of a post: a published or a scheduled status.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PostResult {
    Published(Id),
    Scheduled(Id),
}

/// Software that the server claims to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Software {
    /// Name in NodeInfo.
    pub(crate) name: String,
    pub(crate) version: String,
}

impl Default for Software {
    /// The Mastodon release that the server imitates.
    fn default() -> Self {
        Self {
            name: "mastodon".to_owned(),
            version: MASTODON_VERSION.to_owned(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct State {
    /// Base URL of the links in the response to the current request.
    pub(crate) url: String,
    /// Base URL of identifiers (`uri`). It is the same whatever address a client uses.
    pub(crate) canonical_url: String,
    /// Domain of the local accounts.
    pub(crate) domain: String,
    pub(crate) software: Software,
    pub(crate) behavior: SharedBehavior,
    /// Base URL of the streaming API, without a path.
    pub(crate) streaming_url: String,
    /// Streaming connections.
    pub(crate) hub: Arc<Hub>,
    /// Queue of Web Push messages.
    pub(crate) push_queue: Arc<PushQueue>,
    pub(crate) accounts: BTreeMap<Id, Account>,
    pub(crate) statuses: BTreeMap<Id, Status>,
    pub(crate) media: BTreeMap<Id, Media>,
    pub(crate) notifications: BTreeMap<Id, Notification>,
    /// Notification policies and requests.
    pub(crate) notification_settings: NotificationSettings,
    pub(crate) tokens: BTreeMap<String, Token>,
    pub(crate) apps: BTreeMap<String, App>,
    pub(crate) authorization_codes: BTreeMap<String, AuthorizationCode>,
    /// Users who are logged in with a browser, by session cookie.
    pub(crate) sessions: BTreeMap<String, Id>,
    /// Push subscriptions, by access token.
    pub(crate) push_subscriptions: BTreeMap<String, PushSubscription>,
    /// Status of each poll.
    pub(crate) polls: BTreeMap<Id, Id>,
    pub(crate) scheduled_statuses: BTreeMap<Id, ScheduledStatus>,
    pub(crate) lists: BTreeMap<Id, List>,
    /// Home timelines and the timelines of lists.
    pub(crate) feeds: Feeds,
    /// Asynchronous refreshes by ID.
    pub(crate) async_refreshes: BTreeMap<String, AsyncRefresh>,
    /// Hashtags by normalized name.
    pub(crate) tags: BTreeMap<String, Tag>,
    pub(crate) filters: BTreeMap<Id, Filter>,
    pub(crate) chosen_languages: ChosenLanguages,
    pub(crate) announcements: BTreeMap<Id, Announcement>,
    pub(crate) collections: BTreeMap<Id, Collection>,
    /// Annual reports, by account and year.
    pub(crate) annual_reports: BTreeMap<(Id, i16), AnnualReport>,
    /// Statuses whose preview cards are fetched at a time.
    cards_to_fetch: Vec<(Timestamp, Id)>,
    /// Invites by their codes.
    pub(crate) invites: BTreeMap<String, Invite>,
    /// Current donation campaign, as the external service describes it.
    pub(crate) donation_campaign: Option<serde_json::Value>,
    /// Subscribed email addresses of each account that offers email subscriptions.
    pub(crate) email_subscriptions: BTreeMap<Id, BTreeSet<String>>,
    /// Tasks that are due in the future.
    due_tasks: BTreeSet<(Timestamp, DueTask)>,
    /// Number of the night in which data was deleted last.
    last_cleanup: Option<i64>,
    /// Results of posts with an idempotency key and their times, by user and key.
    pub(crate) idempotency_keys: BTreeMap<(Id, String), (PostResult, Timestamp)>,
    /// Pairs of a user and a conversation that the user has muted.
    pub(crate) muted_conversations: BTreeSet<(Id, Id)>,
    pub(crate) reports: BTreeMap<Id, Report>,
    pub(crate) emails: VecDeque<Email>,
    /// Requested changes of forgotten passwords, by user.
    pub(crate) password_resets: BTreeMap<Id, PasswordReset>,
    pub(crate) custom_emojis: Vec<CustomEmoji>,
    pub(crate) forced_trends: ForcedTrends,
    /// Labels by which a test refers to things.
    pub(crate) labels: BTreeMap<(Kind, String), Id>,
    /// Roles, blocks and decisions of the staff.
    pub(crate) moderation: Moderation,
    snowflakes: Snowflakes,
    rows: Id,
    /// Row numbers of notifications that are used later than higher ones, and the times at which they were taken.
    held_back_rows: Vec<(Id, Timestamp)>,
    counter: u64,
}

impl State {
    /// Creates a database without users.
    pub(crate) fn empty(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            canonical_url: url.to_owned(),
            domain: BaseUrls::domain(url).to_owned(),
            ..Self::default()
        }
    }

    /// Creates the initial data: alice with the followers bob and carol, a few statuses, dave with a locked account,
    /// the remote account erin, who follows dave, and admin, who has the role Owner.
    pub(crate) fn seeded(url: &str, now: Timestamp) -> Self {
        let mut state = Self::empty(url);
        state.custom_emojis = CustomEmoji::defaults();
        let [alice, bob, carol] =
            ["alice", "bob", "carol"].map(|name| state.add_account(name, now));
        for follower in [bob, carol] {
            let follow = Follow::new(state.next_row_id(), now);
            state.follow(follower, alice, follow, now);
        }
        for (author, text) in [
            (alice, "Hello, world! #introduction"),
            (bob, "Good morning."),
            (alice, "It works. #rust"),
        ] {
            let id = state.next_id(now);
            state.insert_status(Status::new(id, author, now, text));
        }
        let dave = state.add_account("dave", now);
        if let Some(dave) = state.accounts.get_mut(&dave) {
            dave.profile.locked = true;
        }
        let erin = state.add_remote_account("erin", "elsewhere.example", now);
        let follow = Follow::new(state.next_row_id(), now);
        state.follow(erin, dave, follow, now);
        state.add_administrator(now);
        state.add_initial_blocks(now);
        state
    }

    /// Connects the database to the other parts of the server.
    pub(crate) fn connect_to(&mut self, shared: &Shared) {
        self.streaming_url.clone_from(&shared.streaming_url);
        self.hub = Arc::clone(&shared.hub);
        self.push_queue = Arc::clone(&shared.push_queue);
        self.behavior = shared.behavior.clone();
    }

    pub(crate) fn next_id(&mut self, now: Timestamp) -> Id {
        loop {
            let id = self.snowflakes.next(now);
            // A test can have chosen the ID for something else.
            if !self.has_snowflake(id) {
                return id;
            }
        }
    }

    /// Returns an unused ID for a time, which can be in the past.
    pub(crate) fn id_at(&mut self, at: Timestamp) -> Id {
        let mut id = first_id_at(at);
        while self.has_snowflake(id) {
            id += 1;
        }
        id
    }

    /// Whether an account, a status or a media attachment has this ID.
    pub(crate) fn has_snowflake(&self, id: Id) -> bool {
        self.statuses.contains_key(&id)
            || self.accounts.contains_key(&id)
            || self.media.contains_key(&id)
    }

    /// Returns the ID and the creation time of a new status. They are earlier than `now` if IDs are skewed.
    pub(crate) fn next_status_id(&mut self, now: Timestamp) -> (Id, Timestamp) {
        let skew = self.hub.random.duration(&self.hub.behavior().id_skew);
        if skew.is_zero() {
            return (self.next_id(now), now);
        }
        let created = earlier(now, skew);
        (self.free_status_id_at(created), created)
    }

    /// Returns the lowest free ID of a status with the given creation time.
    fn free_status_id_at(&self, created: Timestamp) -> Id {
        let mut id = first_id_at(created);
        while self.statuses.contains_key(&id) {
            id += 1;
        }
        id
    }

    /// Returns the ID of a new notification. If IDs are skewed, it can be lower than that of an earlier notification.
    pub(crate) fn next_notification_id(&mut self, now: Timestamp) -> Id {
        let window = *self.hub.behavior().id_skew.end();
        if window.is_zero() {
            return self.next_row_id();
        }
        self.held_back_rows
            .retain(|(_, taken)| later(*taken, window) >= now);
        if self.hub.random.coin()
            && let Some((id, _)) = self.held_back_rows.pop()
        {
            return id;
        }
        let held_back = self.next_row_id();
        self.held_back_rows.push((held_back, now));
        self.next_row_id()
    }

    /// Whether lists show an item that arrived at the given time. They can lag.
    pub(crate) fn is_listed(&self, arrived: Timestamp, now: Timestamp) -> bool {
        later(arrived, self.hub.behavior().list_lag) <= now
    }

    /// Returns a new row number, for records that are not statuses, accounts or media.
    pub(crate) fn next_row_id(&mut self) -> Id {
        self.rows += 1;
        self.rows
    }

    /// Returns the highest row number so far.
    pub(crate) fn last_row_id(&self) -> Id {
        self.rows
    }

    /// Makes later row numbers higher than one that a test has chosen.
    pub(crate) fn reserve_row_id(&mut self, id: Id) {
        self.rows = self.rows.max(id);
    }

    /// Returns a unique string. It is not cryptographically random, because a test server has nothing to protect.
    pub(crate) fn unique_token(&mut self, prefix: &str) -> String {
        self.counter += 1;
        format!("{prefix}-{:08x}", self.counter.wrapping_mul(0x9e37_79b9))
    }

    /// Creates an access token that belongs to no application.
    pub(crate) fn add_token(&mut self, user: Option<Id>, scopes: &str, now: Timestamp) -> String {
        let token = self.unique_token("token");
        let scopes = scopes.split_whitespace().map(str::to_owned).collect();
        self.tokens.insert(
            token.clone(),
            Token {
                value: token.clone(),
                app: None,
                user,
                scopes,
                created: now,
                revoked: false,
            },
        );
        token
    }
}
