//! Selects the channels of each event, and the connections that receive it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::channel::{Channel, Origin};
use super::filter::SharedStatus;
use super::outbox::{Content, Message};
use super::{Labels, Payload};
use crate::clock::later;
use crate::ids::Id;
use crate::render;
use crate::state::{Announcement, DueTask, Notification, State, Status};

/// Maximum age of the statuses of a deleted account whose deletion is sent to public streams.
const PUBLIC_BULK_DELETION: SignedDuration = SignedDuration::from_hours(14 * 24);

impl State {
    /// Inserts a new status into the feeds that it belongs in, and streams it. Feeds can have a delay.
    pub(crate) fn stream_update(&mut self, status: Id, now: Timestamp) {
        let delay = self.behavior.with(|behavior| behavior.posting.home_delay);
        let feeds = if delay.is_zero() {
            self.deliver(status, false, now)
        } else {
            self.add_due_task(later(now, delay), DueTask::Deliver(status));
            self.hub.outbox.wake_after(delay);
            Vec::new()
        };
        if let Some(status) = self.statuses.get(&status) {
            self.stream_status("update", status, feeds, now);
        }
    }

    /// Inserts a new status into the feeds that it belongs in after their delay, and streams it there.
    pub(crate) fn deliver_late(&mut self, status: Id, now: Timestamp) {
        for channel in self.deliver(status, false, now) {
            self.publish("update", vec![channel], Content::Status(status, now));
        }
    }

    /// Inserts an edited status into the feeds that it belongs in now, and streams it.
    pub(crate) fn stream_edit(&mut self, status: Id, now: Timestamp) {
        let feeds = self.deliver(status, true, now);
        let Some(status) = self.statuses.get(&status) else {
            return;
        };
        let event = "status.update";
        self.stream_status(event, status, feeds, now);
        if self.hub.behavior().labels == Labels::Mastodon {
            // Mentioned users receive edits as notifications too, even if their home timeline has the status.
            for mentioned in &status.mentions {
                let channels = vec![Channel::Notifications(*mentioned)];
                self.publish(event, channels, Content::Status(status.id, now));
            }
        }
    }

    fn stream_status(
        &self,
        event: &'static str,
        status: &Status,
        feeds: Vec<Channel>,
        now: Timestamp,
    ) {
        let public = self.public_channels(status, !status.is_reply_to_other_account());
        for channel in feeds.into_iter().chain(public) {
            self.publish(event, vec![channel], Content::Status(status.id, now));
        }
    }

    /// Removes a status and its boosts from the feeds and streams their deletion. Must be called before the status is
    /// removed.
    pub(crate) fn stream_delete(&mut self, id: Id, now: Timestamp) {
        let feeds = self.remove_from_feeds(id, now);
        let Some(status) = self.statuses.get(&id) else {
            return;
        };
        let boosts: Vec<Id> = status.reblogged_by.values().copied().collect();
        if self.hub.behavior().labels == Labels::GoToSocial {
            let mut channels = vec![
                Channel::Public(Origin::Local, false),
                Channel::Public(Origin::All, false),
            ];
            channels.extend(self.accounts.keys().map(|user| Channel::Home(*user)));
            channels.extend(self.accounts.keys().map(|user| Channel::Direct(*user)));
            self.publish("delete", channels, Content::Text(id.to_string()));
            for boost in boosts {
                self.stream_delete(boost, now);
            }
            return;
        }
        // A follower who is mentioned receives the deletion twice.
        let mentioned = status.mentions.iter().map(|user| Channel::Home(*user));
        let personal = feeds.into_iter().chain(mentioned).collect();
        let public = self.public_channels_of_deletion(status);
        self.publish_deletion(id, personal);
        for boost in boosts {
            self.stream_delete(boost, now);
        }
        self.publish_deletion(id, public);
    }

    /// Removes one of many statuses of a deleted account from the feeds and streams its deletion. Must be called before
    /// the status is removed. Mentioned users receive nothing, and public streams only the deletion of recent statuses.
    pub(crate) fn stream_bulk_delete(&mut self, id: Id, now: Timestamp) {
        let mut channels = self.remove_from_feeds(id, now);
        let Some(status) = self.statuses.get(&id) else {
            return;
        };
        if now.duration_since(status.created) < PUBLIC_BULK_DELETION {
            channels.extend(self.public_channels_of_deletion(status));
        }
        let boosts: Vec<Id> = status.reblogged_by.values().copied().collect();
        self.publish_deletion(id, channels);
        for boost in boosts {
            self.stream_bulk_delete(boost, now);
        }
    }

    fn publish_deletion(&self, status: Id, channels: Vec<Channel>) {
        for channel in channels {
            let content = Content::Text(status.to_string());
            self.publish("delete", vec![channel], content);
        }
    }

    /// Returns the shared channels that receive the deletion of a status, even if its author is limited or suspended.
    fn public_channels_of_deletion(&self, status: &Status) -> Vec<Channel> {
        if status.is_in_public_timelines() {
            Channel::of_public_status(self, status, true)
        } else {
            Vec::new()
        }
    }

    fn public_channels(&self, status: &Status, with_public: bool) -> Vec<Channel> {
        if self.is_publicly_listed(status) {
            Channel::of_public_status(self, status, with_public)
        } else {
            Vec::new()
        }
    }

    /// Streams the removal of statuses from timelines that the statuses themselves outlive.
    pub(crate) fn stream_removed_entries<'e>(
        &self,
        removed: impl Iterator<Item = &'e (Channel, Id)>,
    ) {
        for (channel, status) in removed {
            let content = Content::Text(status.to_string());
            self.publish("delete", vec![channel.clone()], content);
        }
    }

    /// Streams a notification to its recipient.
    pub(crate) fn stream_notification(&self, notification: &Notification, now: Timestamp) {
        let rendered = render::notification(self, notification, None, now);
        let mut channels = vec![Channel::Notifications(notification.to)];
        if self.hub.behavior().labels == Labels::GoToSocial {
            channels.push(Channel::Home(notification.to));
        }
        let content = Content::Text(rendered.to_string());
        self.publish("notification", channels, content);
    }

    /// Streams `notifications_merged`: filtered notifications of accepted senders were merged into the notifications.
    pub(crate) fn stream_notifications_merged(&self, user: Id) {
        let channels = vec![Channel::Notifications(user)];
        let content = Content::Text("1".to_owned());
        self.publish("notifications_merged", channels, content);
    }

    /// Streams `filters_changed`: the user's filters were changed.
    pub(crate) fn stream_filters_changed(&self, user: Id) {
        if self.hub.behavior().sends_filters_changed {
            let channels = vec![Channel::Home(user)];
            self.publish("filters_changed", channels, Content::None);
        }
    }

    /// Streams changed conversations, given as pairs of user and conversation ID.
    pub(crate) fn stream_conversations(&self, changed: &[(Id, Id)], now: Timestamp) {
        for (user, id) in changed {
            let account = self.accounts.get(user);
            let conversation = account.and_then(|account| account.conversations.get(id));
            if let Some(conversation) = conversation {
                let rendered = render::conversation(self, conversation, *user, now);
                let content = Content::Text(rendered.to_string());
                self.publish("conversation", vec![Channel::Direct(*user)], content);
            }
        }
    }

    /// Streams a new or changed announcement.
    pub(crate) fn stream_announcement(&self, announcement: &Announcement) {
        let rendered = render::announcement(self, announcement, None, announcement.updated);
        self.publish_to_all("announcement", rendered.to_string());
    }

    /// Streams the new count of a reaction to an announcement.
    pub(crate) fn stream_reaction(&self, announcement: Id, name: &str, count: usize) {
        let payload = json!({
            "name": name, "count": count, "announcement_id": announcement.to_string(),
        });
        self.publish_to_all("announcement.reaction", payload.to_string());
    }

    /// Streams the deletion of an announcement.
    pub(crate) fn stream_announcement_deletion(&self, announcement: Id) {
        self.publish_to_all("announcement.delete", announcement.to_string());
    }

    fn publish_to_all(&self, event: &'static str, payload: String) {
        let channels = self.accounts.keys().map(|user| Channel::Home(*user));
        self.publish(event, channels.collect(), Content::Text(payload));
    }

    fn publish(&self, event: &'static str, channels: Vec<Channel>, content: Content) {
        let message = Message {
            event,
            channels,
            content,
        };
        if let Some(message) = self.hub.delay(message) {
            self.send(&message);
        }
    }

    /// Sends a message to the subscriptions of its channels. A status of channels that all users share is filtered first.
    pub(super) fn send(&self, message: &Message) {
        match &message.content {
            Content::Status(status, now) if message.channels.iter().all(Channel::is_shared) => {
                if let Some(status) = self.statuses.get(status) {
                    self.publish(
                        message.event,
                        message.channels.clone(),
                        Content::Shared(SharedStatus {
                            rendered: render::status(self, status, None, *now),
                            status: Box::new(status.clone()),
                            now: *now,
                        }),
                    );
                }
            }
            Content::Status(status, now) => {
                let mut rendered = BTreeMap::new();
                self.hub.send(message, |subscriber, _| {
                    let (status, user) = (self.statuses.get(status)?, subscriber.user);
                    let text = rendered
                        .entry(user)
                        .or_insert_with(|| render_personal(self, status, user, *now).to_string());
                    Some(Payload::Text(text.clone()))
                });
            }
            Content::Shared(shared) => self.hub.send(message, |subscriber, subscription| {
                self.filter_shared(shared, subscriber, subscription)
                    .map(Payload::Text)
            }),
            Content::Text(text) => {
                self.hub
                    .send(message, |_, _| Some(Payload::Text(text.clone())));
            }
            Content::None => self.hub.send(message, |_, _| Some(Payload::None)),
        }
    }
}

/// Renders a status for the stream of a user. Mastodon does not look up the votes of the user in a poll, because the
/// status is new: after an edit, the votes are missing.
fn render_personal(state: &State, status: &Status, user: Id, now: Timestamp) -> Value {
    let mut rendered = render::status(state, status, Some(user), now);
    if let Some(poll) = rendered["poll"].as_object_mut() {
        poll.insert("voted".to_owned(), (status.account == user).into());
        poll.insert("own_votes".to_owned(), json!([]));
    }
    rendered
}
