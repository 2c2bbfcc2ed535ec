//! An application that reads a stream, and its record of what it received.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::schedule::Topic;
use crate::client::Mastodon;
use crate::entities::NotificationType;
use crate::error::Error;
use crate::streaming::backfill::positions::EventKind;
use crate::streaming::stream::event::Gap;
use crate::streaming::stream::open::{OverflowPolicy, StreamTransport};
use crate::streaming::{Checkpoint, EventStream, StreamEvent};

/// What an application received.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "the texts are printed")]
pub(super) enum Record {
    /// The application started to open the stream.
    Opening,
    Opened,
    /// An attempt to open the stream failed after this time.
    OpenFailed(Duration, String),
    /// The ID of the status that the event is about.
    Event {
        kind: EventKind,
        status: String,
        is_backfilled: bool,
    },
    /// A status was removed.
    Deleted(String),
    /// A message could not be read. Contains the size of what was kept.
    Malformed(usize),
    /// Events were dropped because the application was slow.
    Lagged(u64),
    Gap(Gap),
    Connected,
    /// The connection was lost, with the time until the next attempt.
    Disconnected(Duration, String),
    Other(String),
    /// The stream was dropped by the application.
    Closed,
    /// The stream ended by itself.
    Ended(String),
}

/// Time after which an application tries again to open a stream.
const REOPEN_DELAY: Duration = Duration::from_secs(5);

/// The record of a stream over its life.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    records: Arc<Mutex<Vec<(Instant, Record)>>>,
    /// Maximum number and size in bytes of the items that waited for the application.
    queued: Arc<Mutex<(usize, usize)>>,
}

impl Log {
    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<(Instant, Record)>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn max_queued(&self) -> (usize, usize) {
        *self.queued.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_queued(&self, (items, size): (usize, usize)) {
        let mut max = self.queued.lock().unwrap_or_else(PoisonError::into_inner);
        *max = (max.0.max(items), max.1.max(size));
    }

    fn push(&self, record: Record) {
        self.lock().push((Instant::now(), record));
    }
}

/// An instruction for a consumer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Instruction {
    Pause(Duration),
    Restart(Duration),
    Close,
}

/// A running consumer.
#[derive(Debug)]
pub(super) struct Consumer {
    pub(super) topic: Topic,
    pub(super) log: Log,
    instructions: mpsc::UnboundedSender<Instruction>,
    /// Total time in which it took no events.
    pub(super) paused: Duration,
    pub(super) is_closed: bool,
}

/// How streams are opened.
#[derive(Clone, Debug)]
pub(super) struct Opener {
    pub(super) client: Mastodon,
    pub(super) list: String,
    pub(super) foreign_list: String,
    pub(super) transport: Option<StreamTransport>,
    pub(super) max_backfill: usize,
    pub(super) buffer: usize,
    pub(super) buffer_bytes: usize,
    pub(super) overflow_policy: OverflowPolicy,
}

impl Opener {
    async fn open(
        &self,
        topic: Topic,
        checkpoint: Option<Checkpoint>,
    ) -> Result<EventStream, Error> {
        let client = &self.client;
        macro_rules! open {
            ($call:expr) => {{
                let mut call = $call.max_backfill(self.max_backfill);
                call = call.buffer(self.buffer).buffer_bytes(self.buffer_bytes);
                call = call.overflow_policy(self.overflow_policy);
                if let Some(transport) = self.transport {
                    call = call.transport(transport);
                }
                if let Some(checkpoint) = checkpoint {
                    call = call.resume(checkpoint);
                }
                call.await
            }};
        }
        match topic {
            Topic::User => open!(client.stream_user()),
            Topic::Notifications => open!(client.stream_user_notifications()),
            Topic::Public => open!(client.stream_public()),
            Topic::Local => open!(client.stream_local()),
            Topic::Hashtag(tag) => open!(client.stream_hashtag(tag)),
            Topic::List => open!(client.stream_list(self.list.as_str())),
            Topic::ForeignList => open!(client.stream_list(self.foreign_list.as_str())),
        }
    }
}

impl Consumer {
    /// Starts an application that opens a stream after a time and reads it.
    pub(super) fn start(topic: Topic, opener: Opener, delay: Duration) -> Self {
        let (sender, instructions) = mpsc::unbounded_channel();
        let log = Log::default();
        let consuming = consume(topic, opener, log.clone(), instructions);
        tokio::spawn(async move {
            sleep(delay).await;
            consuming.await;
        });
        Self {
            topic,
            log,
            instructions: sender,
            paused: Duration::ZERO,
            is_closed: false,
        }
    }

    pub(super) fn instruct(&mut self, instruction: Instruction) {
        match instruction {
            Instruction::Pause(duration) => self.paused += duration,
            Instruction::Restart(_) => {}
            Instruction::Close => self.is_closed = true,
        }
        let _ended = self.instructions.send(instruction);
    }
}

async fn consume(
    topic: Topic,
    opener: Opener,
    log: Log,
    mut instructions: mpsc::UnboundedReceiver<Instruction>,
) {
    let mut checkpoint = None;
    loop {
        let since = Instant::now();
        log.push(Record::Opening);
        let mut stream = match opener.open(topic, checkpoint.clone()).await {
            Ok(stream) => stream,
            // The list is not there, and will not be.
            Err(error) if error.is_not_found() && topic == Topic::ForeignList => {
                return log.push(Record::Ended(error.to_string()));
            }
            Err(error) => {
                log.push(Record::OpenFailed(since.elapsed(), error.to_string()));
                sleep(REOPEN_DELAY).await;
                continue;
            }
        };
        log.push(Record::Opened);
        let restart = loop {
            log.note_queued(stream.queued());
            tokio::select! {
                biased;
                instruction = instructions.recv() => match instruction {
                    None | Some(Instruction::Close) => return log.push(Record::Closed),
                    Some(Instruction::Pause(duration)) => sleep(duration).await,
                    Some(Instruction::Restart(delay)) => break delay,
                },
                event = stream.try_next() => match event {
                    Ok(Some(event)) => record(&log, event, stream.is_backfilling()),
                    Ok(None) => return log.push(Record::Ended("closed".to_owned())),
                    Err(error) => return log.push(Record::Ended(error.to_string())),
                },
            }
        };
        checkpoint = Some(stream.checkpoint());
        drop(stream);
        sleep(restart).await;
    }
}

fn record(log: &Log, event: StreamEvent, is_backfilled: bool) {
    log.push(match event {
        StreamEvent::Update(status) => Record::Event {
            kind: EventKind::Status,
            status: status.id.to_string(),
            is_backfilled,
        },
        StreamEvent::Notification(notification) => match &notification.status {
            Some(status) if notification.kind == NotificationType::Mention => Record::Event {
                kind: EventKind::Notification,
                status: status.id.to_string(),
                is_backfilled,
            },
            _ => return,
        },
        StreamEvent::Backfilled(backfilled) => {
            log.push(Record::Other(format!("backfilled {}", backfilled.events)));
            for gap in backfilled.gaps {
                log.push(Record::Gap(gap));
            }
            return;
        }
        StreamEvent::Delete(id) => Record::Deleted(id.to_string()),
        StreamEvent::Malformed(event) => Record::Malformed(event.payload.len()),
        StreamEvent::Lagged(count) => Record::Lagged(count),
        StreamEvent::Connected => Record::Connected,
        StreamEvent::Disconnected(disconnected) => {
            Record::Disconnected(disconnected.retry_in, disconnected.error.to_string())
        }
        StreamEvent::Heartbeat => return,
        other => Record::Other(format!("{other:.60?}")),
    });
}
