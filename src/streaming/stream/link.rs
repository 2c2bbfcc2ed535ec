//! Connection of a stream over its whole life: open, lost, waiting, and opened again.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::error::Error;
use crate::streaming::connection::connector::Connector;
use crate::streaming::connection::{Connection, Received};
use crate::streaming::select::select;

/// The connection of a stream.
pub(super) struct Link {
    state: State,
    /// `None` while an attempt is running, which owns it then.
    connector: Option<Connector>,
    /// Delay that the server requested.
    first_delay: Option<Duration>,
    last_event_id: Option<String>,
}

enum State {
    Open(Connection),
    /// Waits until the time of the next attempt, or until another stream has opened the connection.
    Waiting(Instant),
    Opening(Attempt),
}

type Attempt = Pin<Box<dyn Future<Output = (Connector, Result<Connection, Error>)> + Send>>;

/// What happened to the connection.
pub(super) enum LinkEvent {
    Received(Received),
    /// The connection was closed.
    Lost(Error),
    /// An attempt to connect failed.
    Failed(Error),
    Opened,
}

impl Link {
    pub(super) fn new(connector: Connector, connection: Connection) -> Self {
        Self {
            state: State::Open(connection),
            connector: Some(connector),
            first_delay: None,
            last_event_id: None,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Returns whether events may be missing although the connection is open. Each report is returned once.
    pub(super) fn take_uncertain(&mut self) -> bool {
        match &mut self.state {
            State::Open(connection) => connection.take_uncertain(),
            _ => false,
        }
    }

    /// Waits for the next event, or for a change of the connection. Cancel-safe.
    pub(super) async fn next(&mut self) -> LinkEvent {
        loop {
            match &mut self.state {
                State::Open(connection) => match connection.next().await {
                    Ok(received) => return LinkEvent::Received(received),
                    Err(error) => {
                        self.first_delay = connection.retry();
                        self.last_event_id = connection.last_event_id().map(str::to_owned);
                        self.state = State::Waiting(Instant::now());
                        return LinkEvent::Lost(error);
                    }
                },
                State::Waiting(until) => {
                    if let Some(connector) = &self.connector {
                        select(connector.opened_by_another(), sleep_until(*until)).await;
                    }
                    if let Some(mut connector) = self.connector.take() {
                        let last_event_id = self.last_event_id.clone();
                        self.state = State::Opening(Box::pin(async move {
                            let opened = connector.open(last_event_id.as_deref()).await;
                            (connector, opened)
                        }));
                    }
                }
                State::Opening(attempt) => {
                    let (connector, opened) = attempt.await;
                    self.connector = Some(connector);
                    match opened {
                        Ok(connection) => {
                            self.state = State::Open(connection);
                            return LinkEvent::Opened;
                        }
                        Err(error) => {
                            self.state = State::Waiting(Instant::now());
                            return LinkEvent::Failed(error);
                        }
                    }
                }
            }
        }
    }

    /// Schedules the next attempt to connect. Returns the delay until then.
    pub(super) fn retry(&mut self) -> Duration {
        let Some(connector) = &mut self.connector else {
            return Duration::ZERO;
        };
        if let Some(delay) = self.first_delay.take() {
            connector.set_first_delay(delay);
        }
        let delay = connector.next_delay();
        self.state = State::Waiting(Instant::now() + delay);
        delay
    }

    /// Starts the delays between attempts again, because the connection works.
    pub(super) fn reset_delays(&mut self) {
        if let Some(connector) = &mut self.connector {
            connector.reset();
        }
    }
}
