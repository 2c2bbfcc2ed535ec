//! Streams whose positions are saved.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Lease;
use super::names::check_name;
use crate::error::Error;
use crate::streaming::select::{Either, select};
use crate::streaming::{EventStream, StreamCall, StreamEvent};

/// Time between two saved positions of a stream.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

/// A stream whose position is saved with a lease: the next worker continues there.
///
/// [`StreamCall::resume_from`] opens it. An event counts as handled when the next one is taken. Positions are saved at
/// most once per second, and when the stream ends; [`save`](Self::save) does it at once. Events since the last saved
/// position are delivered to the next worker again: use a [`Claim`](super::Claim) for what must not be done twice.
#[derive(Debug)]
#[must_use = "a dropped stream is closed"]
pub struct ResumedStream {
    events: EventStream,
    lease: Lease,
    record: String,
    /// When the position is to be saved; `None` if it is saved.
    save_at: Option<Instant>,
    /// Whether the application has an event that it may not have handled yet.
    is_handling: bool,
}

impl<F> StreamCall<F> {
    /// Opens the stream, and continues where the last worker with this lease stopped: events since then are delivered
    /// first. The position is saved as the record `record`, which must differ between the streams of a lease.
    ///
    /// # Errors
    ///
    /// If the stream cannot be opened, and those of [`Lease::load`] and [`Lease::save`].
    pub async fn resume_from(self, lease: &Lease, record: &str) -> Result<ResumedStream, Error> {
        check_name("resume_from", "record", record)?;
        let checkpoint = lease.load(record).await?;
        let is_new = checkpoint.is_none();
        let call = match checkpoint {
            Some(checkpoint) => self.resume(checkpoint),
            None => self,
        };
        let stream = ResumedStream {
            events: call.await?,
            lease: lease.clone(),
            record: record.to_owned(),
            save_at: None,
            is_handling: false,
        };
        // Without a saved start, events before the first save would be lost with this worker.
        if is_new {
            lease.save(record, &stream.events.checkpoint()).await?;
        }
        Ok(stream)
    }
}

impl ResumedStream {
    /// Returns the next event, or `None` after the stream was closed. The event before it counts as handled.
    ///
    /// # Errors
    ///
    /// The error that ended the stream, and [`Error::LeaseLost`] when another worker has taken the lease. While the store
    /// cannot be reached, events are delivered nevertheless, and the position is saved later.
    pub async fn try_next(&mut self) -> Result<Option<StreamEvent>, Error> {
        if std::mem::take(&mut self.is_handling) && self.save_at.is_none() {
            self.save_at = Some(Instant::now() + SAVE_INTERVAL);
        }
        if self.lease.is_lost() {
            return Err(Error::lease_lost(self.lease.name()));
        }
        loop {
            // A busy stream would otherwise never reach the timer below.
            if self.save_at.is_some_and(|time| time <= Instant::now()) {
                self.save_later_if_it_fails().await?;
            }
            let save_at = self.save_at;
            let timer = async {
                match save_at {
                    Some(time) => sleep_until(time).await,
                    None => std::future::pending().await,
                }
            };
            let interrupted = select(self.lease.lost(), timer);
            match select(interrupted, self.events.try_next()).await {
                Either::Left(Either::Left(())) => {
                    return Err(Error::lease_lost(self.lease.name()));
                }
                Either::Left(Either::Right(())) => {}
                Either::Right(event) => {
                    self.is_handling = matches!(event, Ok(Some(_)));
                    if !self.is_handling && self.save_at.is_some() {
                        self.save_later_if_it_fails().await?;
                    }
                    return event;
                }
            }
        }
    }

    /// Saves the position now. The last event counts as handled.
    ///
    /// # Errors
    ///
    /// Those of [`Lease::save`].
    pub async fn save(&mut self) -> Result<(), Error> {
        let checkpoint = self.events.checkpoint();
        self.lease.save(&self.record, &checkpoint).await?;
        (self.save_at, self.is_handling) = (None, false);
        Ok(())
    }

    /// Saves the position. If that fails although the lease is not lost, it is tried again later.
    async fn save_later_if_it_fails(&mut self) -> Result<(), Error> {
        match self.save().await {
            Err(error) if matches!(error, Error::LeaseLost { .. }) => Err(error),
            Err(error) => {
                let record = self.record.as_str();
                tracing::warn!(record, %error, "cannot save the position of the stream");
                self.save_at = Some(Instant::now() + SAVE_INTERVAL);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Returns the stream, for its state and its handle. Events that are taken from it directly count as handled.
    pub fn events(&mut self) -> &mut EventStream {
        &mut self.events
    }
}
