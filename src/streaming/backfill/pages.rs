//! Pages of the REST lists that contain the events of a stream.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mastodon_types::Cursor;
use mastodon_types::json::{self, RejectedItem};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::positions::{EventKind, MIN_POSITIONS, Position, Positions, earlier, list_position};
use crate::call::CallFuture;
use crate::call::request::Request;
use crate::client::Mastodon;
use crate::entities::{Announcement, Conversation, Notification, Status};
use crate::error::{Error, TimeoutSetting};
use crate::http::retry::{AttemptError, Attempts, RetryPolicy, retry};
use crate::streaming::generated::{Channel, StreamEvent};
use crate::streaming::stream::event::MalformedEvent;

/// A list item, converted to the stream event that announces it.
#[derive(Debug)]
pub(crate) struct BackfilledEvent {
    pub(crate) kind: EventKind,
    pub(crate) position: Position,
    /// Time of the event. Events of several lists are merged in this order.
    pub(crate) timestamp: Timestamp,
    pub(crate) event: StreamEvent,
}

/// A page of a list, oldest item first.
#[derive(Debug)]
pub(super) struct BackfillPage {
    pub(super) events: Vec<BackfilledEvent>,
    /// Items that cannot be decoded and have no ID.
    pub(super) malformed: Vec<StreamEvent>,
}

impl BackfillPage {
    pub(super) fn positions(&self) -> impl Iterator<Item = Position> {
        self.events.iter().map(|event| event.position.clone())
    }

    /// Returns the positions from which on the list is known, if this is its newest page.
    pub(super) fn baseline(&self) -> impl Iterator<Item = Position> {
        let oldest = self.events.first();
        let oldest = oldest.filter(|event| event.kind == EventKind::Status);
        let is_short = self.events.len() < MIN_POSITIONS;
        let earlier = oldest.and_then(|event| earlier(&event.position));
        self.positions().chain(earlier.filter(|_| is_short))
    }
}

/// Part of a list.
#[derive(Clone, Debug)]
pub(crate) enum PageRange {
    Newest,
    /// The items directly after a position.
    After(Position),
}

/// Maximum time for a page, including repeated requests and the time that a rate limit requires.
const PAGE_TIMEOUT: Duration = Duration::from_secs(120);

/// Fetches a page. Repeats the request up to `max_retries` times after retryable errors.
pub(super) async fn fetch_page(
    client: Mastodon,
    channel: Channel,
    kind: EventKind,
    range: PageRange,
    max_retries: u32,
) -> Result<BackfillPage, Error> {
    let mut attempts = PageAttempts {
        client: &client,
        channel: &channel,
        kind,
        range: &range,
    };
    let fetching = retry(RetryPolicy::new(max_retries), &mut attempts);
    match tokio::time::timeout(PAGE_TIMEOUT, fetching).await {
        Ok(page) => page,
        Err(_) => Err(Error::timeout(
            channel.endpoint().name,
            TimeoutSetting::Attempt,
            PAGE_TIMEOUT,
        )),
    }
}

/// The attempts to fetch a page.
struct PageAttempts<'a> {
    client: &'a Mastodon,
    channel: &'a Channel,
    kind: EventKind,
    range: &'a PageRange,
}

impl Attempts for PageAttempts<'_> {
    type Output = BackfillPage;

    async fn attempt(&mut self) -> Result<BackfillPage, AttemptError> {
        fetch_page_once(self.client, self.channel, self.kind, self.range)
            .await
            .map_err(|error| match error {
                Error::RateLimited { reset_in, .. } => AttemptError::Transient {
                    error,
                    retry_after: Some(reset_in),
                },
                error if error.is_retryable() => AttemptError::transient(error),
                error => AttemptError::Final(error),
            })
    }
}

async fn fetch_page_once(
    client: &Mastodon,
    channel: &Channel,
    kind: EventKind,
    range: &PageRange,
) -> Result<BackfillPage, Error> {
    match kind {
        EventKind::Status => {
            let to_event = |status: Status| (status.created_at, StreamEvent::Update(status.into()));
            fetch_list(status_timeline(client, channel), kind, range, to_event).await
        }
        EventKind::Notification => {
            let to_event = |notification: Notification| {
                let timestamp = notification.created_at;
                (timestamp, StreamEvent::Notification(notification.into()))
            };
            fetch_list(client.notifications().0, kind, range, to_event).await
        }
        EventKind::Conversation => {
            let to_event = |conversation: Conversation| {
                let last = conversation.last_status.as_ref();
                let timestamp = last.map_or(Timestamp::UNIX_EPOCH, |status| status.created_at);
                (timestamp, StreamEvent::Conversation(conversation.into()))
            };
            fetch_list(client.conversations().0, kind, range, to_event).await
        }
        // The server returns all announcements at once; the list has no pages.
        EventKind::Announcement => {
            let to_event = |announcement: Announcement| {
                let timestamp = announcement.updated_at;
                (timestamp, StreamEvent::Announcement(announcement.into()))
            };
            fetch_list(client.announcements().0, kind, &PageRange::Newest, to_event).await
        }
    }
}

/// Returns the request for the timeline that contains the statuses of a channel.
fn status_timeline(client: &Mastodon, channel: &Channel) -> Request {
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
        // The channels of other servers have no list.
        _ => client.timeline_home().0,
    }
}

async fn fetch_list<T: DeserializeOwned>(
    request: Request,
    kind: EventKind,
    range: &PageRange,
    to_event: fn(T) -> (Timestamp, StreamEvent),
) -> Result<BackfillPage, Error> {
    let request = request_for_range(request, range);
    let name = request.endpoint.name;
    let page = CallFuture::<crate::Page<T>>::new(request).await?;
    let mut events = BackfillPage::rejected(name, kind, page.rejected());
    for item in page {
        let (timestamp, event) = to_event(item);
        events.push(timestamp, event);
    }
    Ok(events.sorted())
}

// The rest does not depend on the type of the items, and is compiled once.

fn request_for_range(mut request: Request, range: &PageRange) -> Request {
    if let Some(limit) = request.endpoint.paging.and_then(|paging| paging.max_limit) {
        request.set("limit", limit);
    }
    match range {
        PageRange::Newest => {}
        PageRange::After(after) => request.set("min_id", Cursor::from(after).into_string()),
    }
    // A backfill has retries of its own.
    request.max_retries = Some(0);
    request
}

impl BackfillPage {
    /// Creates a page of the items that cannot be decoded.
    fn rejected(endpoint: &'static str, kind: EventKind, items: &[RejectedItem]) -> Self {
        let (mut events, mut malformed) = (Vec::new(), Vec::new());
        for item in items {
            match rejected_event(endpoint, kind, item) {
                (Some((position, timestamp)), event) => events.push(BackfilledEvent {
                    kind,
                    position,
                    timestamp,
                    event,
                }),
                (None, event) => malformed.push(event),
            }
        }
        Self { events, malformed }
    }

    fn push(&mut self, timestamp: Timestamp, event: StreamEvent) {
        if let Some((kind, position)) = list_position(&event) {
            self.events.push(BackfilledEvent {
                kind,
                position,
                timestamp,
                event,
            });
        }
    }

    fn sorted(mut self) -> Self {
        sort(&mut self.events, |a, b| a.position.cmp(&b.position));
        self
    }
}

/// Converts an item that cannot be decoded to an event, with its position and time if it has an ID.
fn rejected_event(
    endpoint: &'static str,
    kind: EventKind,
    item: &RejectedItem,
) -> (Option<(Position, Timestamp)>, StreamEvent) {
    let json: Value = json::decode(&item.json).map_or(Value::Null, |decoded| decoded.value);
    let identified = match kind {
        EventKind::Conversation => &json["last_status"],
        // Without a time of its last change, a version of an announcement has no position.
        EventKind::Announcement => &Value::Null,
        EventKind::Status | EventKind::Notification => &json,
    };
    let id = match &identified["id"] {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => String::new(),
    };
    let timestamp = identified["created_at"]
        .as_str()
        .and_then(|time| time.parse().ok());
    let timestamp = timestamp.unwrap_or(Timestamp::UNIX_EPOCH);
    let position = (!id.is_empty()).then(|| (id.into(), timestamp));
    let event = MalformedEvent {
        name: kind.event_name().to_owned(),
        payload: item.json.clone(),
        error: Arc::new(Error::rejected_item(endpoint, item)),
    };
    (position, StreamEvent::Malformed(event))
}

/// Sorts events. A function pointer instead of a type parameter keeps the sort to one compiled instance.
pub(super) fn sort(
    events: &mut [BackfilledEvent],
    order: fn(&BackfilledEvent, &BackfilledEvent) -> Ordering,
) {
    events.sort_by(order);
}

/// Maximum time that [`seed_positions`] delays the opening of a stream.
const SEED_TIMEOUT: Duration = Duration::from_secs(10);

/// Fetches the newest page of each list once, so that a later backfill has a starting point. A list that cannot be
/// fetched stays unknown.
pub(crate) async fn seed_positions(
    client: &Mastodon,
    channel: &Channel,
    positions: &mut Positions,
) {
    let seed = async {
        for kind in EventKind::of(channel) {
            if positions.is_known(*kind) {
                continue;
            }
            match fetch_page_once(client, channel, *kind, &PageRange::Newest).await {
                Ok(page) => positions.record_many(*kind, page.baseline()),
                Err(error) => {
                    tracing::debug!(%error, ?kind, "cannot seed the list position");
                    // The other lists cannot be fetched either.
                    if error.is_network() || error.is_timeout() {
                        return;
                    }
                }
            }
        }
    };
    // Positions that were recorded before the timeout are kept.
    let _timed_out = tokio::time::timeout(SEED_TIMEOUT, seed).await;
}
