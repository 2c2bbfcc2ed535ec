//! How far a stream is, so that what follows can be asked for.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::generated::{Channel, StreamEvent};

id_type! {
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
}

impl EventKind {
    /// The kinds that a stream carries.
    pub(super) fn of(channel: &Channel) -> &'static [Self] {
        match channel {
            Channel::User => &[Self::Status, Self::Notification],
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
        _ => return None,
    };
    Some((kind, id.into()))
}

/// The newest positions of each kind that were told.
///
/// Several are kept, not the newest alone: a status from another server gets the id of the time when it
/// was written, and may come after newer ones. What is asked for begins after the oldest of them, and
/// those that are among them were told already.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Progress(BTreeMap<EventKind, BTreeSet<Position>>);

/// How many positions of a kind are kept: about a page.
const KEPT: usize = 40;

impl Progress {
    /// The positions of a kind; `None` where nothing is known of it.
    pub(super) fn of(&self, kind: EventKind) -> Option<&BTreeSet<Position>> {
        self.0.get(&kind)
    }

    /// Takes note of a list as it is, be it empty.
    pub(super) fn learn(&mut self, kind: EventKind, positions: impl IntoIterator<Item = Position>) {
        let known = self.0.entry(kind).or_default();
        known.extend(positions);
        while known.len() > KEPT {
            known.pop_first();
        }
    }

    /// Takes note of an event that was told.
    pub(super) fn told(&mut self, event: &StreamEvent) {
        if let Some((kind, position)) = place(event) {
            // Of a list that nothing is known of, one event tells where it is.
            self.learn(kind, [position]);
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

/// What was told late, so that it is not told again when the stream brings it, too.
#[derive(Debug, Default)]
pub(super) struct ToldLate {
    known: HashSet<(EventKind, Position)>,
    order: VecDeque<(EventKind, Position)>,
}

/// How much is remembered of what was told late. The stream lags behind the lists by seconds.
const REMEMBERED: usize = 4096;

impl ToldLate {
    pub(super) fn add(&mut self, place: (EventKind, Position)) {
        if !self.known.insert(place.clone()) {
            return;
        }
        self.order.push_back(place);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    /// Whether an event that the stream brings was told before.
    pub(super) fn has(&self, event: &StreamEvent) -> bool {
        !self.known.is_empty() && place(event).is_some_and(|place| self.known.contains(&place))
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
    fn what_was_told_late_is_forgotten_in_its_turn() {
        let mut late = ToldLate::default();
        for id in 0..REMEMBERED + 1000 {
            late.add((EventKind::Status, id.to_string().as_str().into()));
        }
        assert_eq!(late.known.len(), REMEMBERED);
        assert!(!late.known.contains(&(EventKind::Status, "999".into())));
        assert!(late.known.contains(&(EventKind::Status, "1000".into())));
    }
}
