//! How far a stream is, so that what follows can be asked for.

use std::collections::{BTreeSet, HashMap, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::generated::{Channel, StreamEvent};

mastodon_types::id_type! {
    /// A position in a list: the id of a status or of a notification.
    Position
}

/// The kinds of event that can be asked for when they were missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// New statuses.
    Status,
    /// Notifications.
    Notification,
    /// Conversations, by the id of their last status.
    Conversation,
    /// Announcements, by their id and the time of their last change.
    Announcement,
}

impl EventKind {
    /// The kinds that a stream carries.
    pub(super) fn of(channel: &Channel) -> &'static [Self] {
        match channel {
            Channel::User => &[Self::Status, Self::Notification, Self::Announcement],
            Channel::UserNotification => &[Self::Notification],
            Channel::Direct => &[Self::Conversation],
            Channel::Public
            | Channel::PublicMedia
            | Channel::PublicLocal
            | Channel::PublicLocalMedia
            | Channel::PublicRemote
            | Channel::PublicRemoteMedia
            | Channel::Hashtag(_)
            | Channel::HashtagLocal(_)
            | Channel::List(_) => &[Self::Status],
        }
    }
}

/// The place of an event in the list that has it, too.
pub(super) fn place(event: &StreamEvent) -> Option<(EventKind, Position)> {
    let (kind, id) = match event {
        StreamEvent::Update(status) => (EventKind::Status, status.id.as_str()),
        StreamEvent::Notification(notification) => {
            (EventKind::Notification, notification.id.as_str())
        }
        StreamEvent::Conversation(conversation) => (
            EventKind::Conversation,
            conversation.last_status.as_ref()?.id.as_str(),
        ),
        StreamEvent::Announcement(announcement) => {
            let position = version(announcement.id.as_str(), announcement.updated_at);
            return Some((EventKind::Announcement, position));
        }
        _ => return None,
    };
    Some((kind, id.into()))
}

/// What an announcement was at a time: its list has no order to go by, so that what changed is seen only by
/// comparing.
fn version(id: &str, changed: Timestamp) -> Position {
    format!("{id} {changed}").into()
}

/// The id of the announcement that was so at some time.
pub(super) fn announcement(version: &Position) -> &str {
    let version = version.as_str();
    version.rsplit_once(' ').map_or(version, |(id, _)| id)
}

/// The newest positions of each kind that were told.
///
/// Several are kept, not the newest alone: a status from another server gets the id of the time when it
/// was written, and may come after newer ones. What is asked for begins after the oldest of them, and
/// those that are among them were told already.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Progress {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Positions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notification: Option<Positions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<Positions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    announcement: Option<Positions>,
}

/// Positions in their order.
pub(super) type Positions = BTreeSet<Position>;

/// How many positions of a kind are kept: about a page.
const KEPT: usize = 40;

/// How many announcements are known; few servers ever had a tenth of it.
const KEPT_ANNOUNCEMENTS: usize = 400;

impl Progress {
    /// The positions of a kind; `None` where nothing is known of it.
    pub(super) fn of(&self, kind: EventKind) -> Option<&Positions> {
        match kind {
            EventKind::Status => self.status.as_ref(),
            EventKind::Notification => self.notification.as_ref(),
            EventKind::Conversation => self.conversation.as_ref(),
            EventKind::Announcement => self.announcement.as_ref(),
        }
    }

    fn of_mut(&mut self, kind: EventKind) -> &mut Option<Positions> {
        match kind {
            EventKind::Status => &mut self.status,
            EventKind::Notification => &mut self.notification,
            EventKind::Conversation => &mut self.conversation,
            EventKind::Announcement => &mut self.announcement,
        }
    }

    /// Takes note of a list as it is, be it empty.
    pub(super) fn learn(&mut self, kind: EventKind, positions: impl IntoIterator<Item = Position>) {
        let known = self.of_mut(kind).get_or_insert_default();
        known.extend(positions);
        let kept = match kind {
            EventKind::Announcement => KEPT_ANNOUNCEMENTS,
            _ => KEPT,
        };
        while known.len() > kept {
            known.pop_first();
        }
    }

    /// Takes over what another one knows of a kind, be it nothing.
    pub(super) fn copy(&mut self, kind: EventKind, from: &Self) {
        *self.of_mut(kind) = from.of(kind).cloned();
    }

    /// Leaves out what lies before a position.
    pub(super) fn skip(&mut self, kind: EventKind, until: Position) {
        *self.of_mut(kind) = None;
        self.learn(kind, [until]);
    }

    /// Takes note of an event that was told.
    pub(super) fn told(&mut self, event: &StreamEvent) {
        match event {
            StreamEvent::Announcement(new) => self.forget_announcement(new.id.as_str()),
            StreamEvent::AnnouncementDelete(id) => self.forget_announcement(id.as_str()),
            _ => {}
        }
        if let Some((kind, position)) = place(event) {
            // Of a list that nothing is known of, one event tells where it is; of one without an order
            // only the whole list does.
            if kind != EventKind::Announcement || self.of(kind).is_some() {
                self.learn(kind, [position]);
            }
        }
    }

    fn forget_announcement(&mut self, id: &str) {
        if let Some(known) = &mut self.announcement {
            known.retain(|version| announcement(version) != id);
        }
    }
}

/// How far a program got with a stream. Saved, and given back at the next start with
/// [`resume`](crate::StreamCall::resume), it lets the program continue where it was.
///
/// What it holds is no part of the API; it can be written and read by serde.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumePoint {
    stream: String,
    #[serde(default)]
    argument: Option<String>,
    told: Progress,
}

impl ResumePoint {
    pub(super) fn new(channel: &Channel, told: Progress) -> Self {
        Self {
            stream: channel.name().to_owned(),
            argument: channel.argument().map(|(_, value)| value.to_owned()),
            told,
        }
    }

    /// What was told, if it was told by this stream.
    pub(super) fn progress(self, channel: &Channel) -> Result<Progress, String> {
        let argument = channel.argument().map(|(_, value)| value);
        if self.stream == channel.name() && self.argument.as_deref() == argument {
            return Ok(self.told);
        }
        Err(format!(
            "it was saved by the stream `{}`{}, and means nothing to this one",
            self.stream,
            self.argument
                .map(|argument| format!(" of `{argument}`"))
                .unwrap_or_default()
        ))
    }
}

/// What was told lately, so that it is not told again: neither when the stream brings what a list had,
/// nor when a list has what the stream brought.
#[derive(Debug, Default)]
pub(super) struct Recent {
    /// Each with whether it was a list that told it.
    known: HashMap<(EventKind, Position), bool>,
    order: VecDeque<(EventKind, Position)>,
}

/// How much is remembered of what was told. Stream and lists are apart by seconds.
pub(super) const REMEMBERED: usize = 4096;

impl Recent {
    /// Takes note of something that a list told.
    pub(super) fn told_late(&mut self, kind: EventKind, position: Position) {
        self.add((kind, position), true);
    }

    /// Takes note of an event that the stream brings; whether it is to be told.
    pub(super) fn is_new(&mut self, event: &StreamEvent) -> bool {
        let Some(place) = place(event) else {
            return true;
        };
        match (place.0, self.known.get_mut(&place)) {
            (_, None) => self.add(place, false),
            // These come again whenever they change, which their place does not show.
            (EventKind::Conversation, Some(told_late)) => return !std::mem::take(told_late),
            (_, Some(_)) => return false,
        }
        true
    }

    /// Whether something was told.
    pub(super) fn has(&self, kind: EventKind, position: &Position) -> bool {
        self.known.contains_key(&(kind, position.clone()))
    }

    /// What is remembered of a kind.
    pub(super) fn of(&self, kind: EventKind) -> impl Iterator<Item = &Position> {
        let places = self.order.iter().filter(move |place| place.0 == kind);
        places.map(|(_, position)| position)
    }

    fn add(&mut self, place: (EventKind, Position), late: bool) {
        if self.known.insert(place.clone(), late).is_some() {
            return;
        }
        self.order.push_back(place);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(range: std::ops::Range<u32>) -> Progress {
        let mut progress = Progress::default();
        progress.learn(
            EventKind::Status,
            range.map(|id| id.to_string().as_str().into()),
        );
        progress
    }

    #[test]
    fn the_newest_positions_are_kept_in_whatever_order_they_come() {
        let mut progress = told(1000..2000);
        progress.learn(EventKind::Status, ["7".into(), "1999".into()]);
        let kept = progress.of(EventKind::Status).unwrap();
        assert_eq!((kept.len(), kept.first().unwrap().as_str()), (KEPT, "1960"));
        assert_eq!(progress.of(EventKind::Notification), None);
    }

    #[test]
    fn a_resume_point_survives_being_stored_and_belongs_to_one_stream() {
        let channel = Channel::Hashtag("rust".into());
        let point = ResumePoint::new(&channel, told(1..3));
        let stored = serde_json::to_string(&point).unwrap();
        let point: ResumePoint = serde_json::from_str(&stored).unwrap();
        assert_eq!(point.clone().progress(&channel), Ok(told(1..3)));
        let wrong = point.progress(&Channel::Hashtag("c".into())).unwrap_err();
        assert!(wrong.contains("`hashtag` of `rust`"), "{wrong}");
    }

    #[test]
    fn a_resume_point_of_any_size_is_cut_to_what_is_needed() {
        let ids: Vec<String> = (0..5000).map(|id| format!("\"{id}\"")).collect();
        let stored = format!(
            r#"{{"stream":"user","told":{{"status":[{}]}}}}"#,
            ids.join(",")
        );
        let point: ResumePoint = serde_json::from_str(&stored).unwrap();
        let mut progress = point.progress(&Channel::User).unwrap();
        progress.learn(EventKind::Status, []);
        assert_eq!(progress.of(EventKind::Status).unwrap().len(), KEPT);
    }

    #[test]
    fn what_was_told_is_forgotten_in_its_turn() {
        let mut recent = Recent::default();
        for id in 0..REMEMBERED + 1000 {
            recent.told_late(EventKind::Status, id.to_string().as_str().into());
        }
        assert_eq!(recent.known.len(), REMEMBERED);
        assert_eq!(recent.of(EventKind::Status).count(), REMEMBERED);
        assert_eq!(recent.of(EventKind::Notification).count(), 0);
        assert!(
            !recent
                .known
                .contains_key(&(EventKind::Status, "999".into()))
        );
        assert!(
            recent
                .known
                .contains_key(&(EventKind::Status, "1000".into()))
        );
    }

    #[test]
    fn a_conversation_that_a_list_told_is_told_again_only_when_it_changes() {
        let last = r#"{"id":"7","created_at":"2024-01-01T00:00:00Z","content":"","visibility":"direct","account":{"id":"1","username":"a","acct":"a","url":"","created_at":"2024-01-01T00:00:00Z"}}"#;
        let text = format!(r#"{{"id":"1","unread":true,"accounts":[],"last_status":{last}}}"#);
        let event = StreamEvent::Conversation(serde_json::from_str(&text).unwrap());
        let mut recent = Recent::default();
        recent.told_late(EventKind::Conversation, "7".into());
        let told: Vec<bool> = (0..3).map(|_| recent.is_new(&event)).collect();
        assert_eq!(told, [false, true, true]);
        let event = StreamEvent::Update(serde_json::from_str(last).unwrap());
        let told: Vec<bool> = (0..3).map(|_| recent.is_new(&event)).collect();
        assert_eq!(told, [true, false, false]);
    }
}
