//! What happened while there was no connection, as the REST API lists it.

use std::cmp::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::backoff::backoff;
use super::generated::{Channel, StreamEvent};
use super::progress::{EventKind, Position, Progress, place};
use crate::call::CallFuture;
use crate::call::request::Request;
use crate::client::Mastodon;
use crate::entities::{Announcement, Conversation, Notification, Status};
use crate::error::Error;
use mastodon_types::Cursor;

/// An item of a list, as the event that it would have been.
#[derive(Debug)]
pub(super) struct Late {
    pub(super) kind: EventKind,
    pub(super) position: Position,
    /// When it happened, so that several lists can be told in order.
    pub(super) at: Timestamp,
    pub(super) event: StreamEvent,
}

/// A page of a list, oldest first.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) items: Vec<Late>,
    /// Whether there is more that is older.
    pub(super) has_older: bool,
}

/// How patiently lists are asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// How often a page is asked for before it is given up.
    pub(super) attempts: u32,
    /// The longest wait between two attempts, unless a rate limit says otherwise.
    pub(super) longest_wait: Duration,
}

/// A page of what is newer than a position and next to it, or the newest page; asked for again where
/// that may help.
pub(super) async fn page(
    client: Mastodon,
    channel: Channel,
    kind: EventKind,
    after: Option<Position>,
    patience: Patience,
) -> Result<Page, Error> {
    let mut backoff = backoff(patience.longest_wait);
    loop {
        match attempt(&client, &channel, kind, after.as_ref()).await {
            Err(error) if error.is_retryable() && backoff.failures() + 1 < patience.attempts => {
                let wait = backoff.next_delay();
                let wait = match error {
                    Error::RateLimited { reset_in, .. } => reset_in,
                    _ => wait,
                };
                tokio::time::sleep(wait).await;
            }
            result => return result,
        }
    }
}

async fn attempt(
    client: &Mastodon,
    channel: &Channel,
    kind: EventKind,
    after: Option<&Position>,
) -> Result<Page, Error> {
    match kind {
        EventKind::Status => {
            let event = |status: Status| (status.created_at, StreamEvent::Update(status.into()));
            fetch(statuses(client, channel), after, event).await
        }
        EventKind::Notification => {
            let list = client.notifications().0;
            fetch(list, after, |notification: Notification| {
                let at = notification.created_at;
                (at, StreamEvent::Notification(notification.into()))
            })
            .await
        }
        EventKind::Conversation => {
            fetch(
                client.conversations().0,
                after,
                |conversation: Conversation| {
                    let last = conversation.last_status.as_ref();
                    let at = last.map_or(Timestamp::UNIX_EPOCH, |status| status.created_at);
                    (at, StreamEvent::Conversation(conversation.into()))
                },
            )
            .await
        }
        // All there are; the list knows no positions.
        EventKind::Announcement => {
            let event = |announcement: Announcement| {
                let at = announcement.updated_at;
                (at, StreamEvent::Announcement(announcement.into()))
            };
            fetch(client.announcements().0, None, event).await
        }
    }
}

/// The list that has the statuses of a stream.
fn statuses(client: &Mastodon, channel: &Channel) -> Request {
    match channel {
        Channel::Public => client.timeline_public().0,
        Channel::PublicMedia => client.timeline_public().only_media(true).0,
        Channel::PublicLocal => client.timeline_public().local(true).0,
        Channel::PublicLocalMedia => client.timeline_public().local(true).only_media(true).0,
        Channel::PublicRemote => client.timeline_public().remote(true).0,
        Channel::PublicRemoteMedia => client.timeline_public().remote(true).only_media(true).0,
        Channel::Hashtag(tag) => client.timeline_hashtag(tag).0,
        Channel::HashtagLocal(tag) => client.timeline_hashtag(tag).local(true).0,
        Channel::List(list) => client.timeline_list(list).0,
        Channel::User | Channel::UserNotification | Channel::Direct => client.timeline_home().0,
    }
}

async fn fetch<T: DeserializeOwned>(
    mut request: Request,
    after: Option<&Position>,
    event: impl Fn(T) -> (Timestamp, StreamEvent),
) -> Result<Page, Error> {
    if let Some(limit) = request.endpoint.paging.and_then(|paging| paging.max_limit) {
        request.set("limit", limit);
    }
    if let Some(after) = after {
        request.set("min_id", Cursor::from(after).into_string());
    }
    let page = CallFuture::<crate::Page<T>>::new(request).await?;
    let has_older = page.has_next();
    let mut items: Vec<Late> = page
        .into_iter()
        .filter_map(|item| {
            let (at, event) = event(item);
            let (kind, position) = place(&event)?;
            Some(Late {
                kind,
                position,
                at,
                event,
            })
        })
        .collect();
    sort(&mut items, |one, other| one.position.cmp(&other.position));
    Ok(Page { items, has_older })
}

/// One sort for all orders, which is all that the compiler has to make.
pub(super) fn sort(items: &mut [Late], order: fn(&Late, &Late) -> Ordering) {
    items.sort_by(order);
}

/// How long the lists may take to say where they are before the stream is opened all the same.
const PATIENCE: Duration = Duration::from_secs(10);

/// Looks where the lists of a stream are, so that what comes after that can be asked for later. A list
/// that does not tell stays unknown.
pub(super) async fn look(client: &Mastodon, channel: &Channel, progress: &mut Progress) {
    let look = async {
        for kind in EventKind::of(channel) {
            if progress.of(*kind).is_some() {
                continue;
            }
            match attempt(client, channel, *kind, None).await {
                Ok(page) => progress.learn(*kind, positions(&page)),
                Err(error) => tracing::debug!(%error, ?kind, "a list cannot be looked at"),
            }
        }
    };
    // What was learnt until then is kept.
    let _late = tokio::time::timeout(PATIENCE, look).await;
}

pub(super) fn positions(page: &Page) -> impl Iterator<Item = Position> {
    page.items.iter().map(|late| late.position.clone())
}
