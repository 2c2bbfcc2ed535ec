//! The task that holds a WebSocket: what comes goes to whom it is for.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use super::frame::Envelope;
use super::generated::Channel;
use super::race::{Winner, race};
use super::trial::Trial;
use super::websocket::{Delivery, Over, Socket};
use crate::entities::StreamRequestType;
use crate::http::transport::root_cause;

/// What the streams want of the connection.
#[derive(Debug)]
pub(super) enum Command {
    Subscribe(Subscriber),
    Unsubscribe(u64),
}

/// A stream that is served.
#[derive(Debug)]
pub(super) struct Subscriber {
    id: u64,
    channel: Channel,
    deliveries: mpsc::Sender<Delivery>,
    over: Arc<OnceLock<Over>>,
    silence: Duration,
    /// Told when the server has heard of it.
    heard_of: Option<oneshot::Sender<()>>,
    /// Until when an error may be the answer to its subscription.
    unsettled_until: Instant,
}

/// How long the server may take to refuse a subscription. It never says that it accepts one.
const SETTLING: Duration = Duration::from_secs(10);

/// How long one message may take to be sent.
const SENDING: Duration = Duration::from_secs(10);

impl Subscriber {
    pub(super) fn new(
        id: u64,
        channel: Channel,
        deliveries: mpsc::Sender<Delivery>,
        over: Arc<OnceLock<Over>>,
        silence: Duration,
        heard_of: oneshot::Sender<()>,
    ) -> Self {
        Self {
            id,
            channel,
            deliveries,
            over,
            silence,
            heard_of: Some(heard_of),
            unsettled_until: Instant::now() + SETTLING,
        }
    }

    fn is_unsettled(&self) -> bool {
        Instant::now() < self.unsettled_until
    }

    /// The server serves it.
    fn is_heard_of(&mut self) {
        if let Some(heard_of) = self.heard_of.take() {
            let _nobody_waits = heard_of.send(());
        }
    }

    fn end(self, over: Over) {
        // The stream finds the reason once it has taken what came before.
        let _first = self.over.set(over);
    }

    /// Hands something over; whether that was possible. A stream that is slow is waited for a little,
    /// and no longer: all others wait with it.
    async fn deliver(&self, delivery: Delivery) -> bool {
        let delivery = match self.deliveries.try_send(delivery) {
            Ok(()) => return true,
            Err(TrySendError::Closed(_)) => return false,
            Err(TrySendError::Full(delivery)) => delivery,
        };
        match timeout(PATIENCE, self.deliveries.send(delivery)).await {
            Ok(sent) => sent.is_ok(),
            Err(_) => {
                let _first = self.over.set(Over::Slow);
                false
            }
        }
    }
}

/// How long a stream that is slow may hold up the others.
const PATIENCE: Duration = Duration::from_secs(1);

/// The connection and those that it serves.
pub(super) struct Hub {
    socket: Socket,
    commands: mpsc::UnboundedReceiver<Command>,
    /// What the address of the connection asked for, as long as nobody has come for it.
    opened_for: Option<Channel>,
    subscribers: Vec<Subscriber>,
    trial: Trial,
    /// When something came last.
    heard: Instant,
    /// A ping was sent since then.
    pinged: bool,
}

impl Hub {
    /// Serves over a connection whose address asked for a stream.
    pub(super) fn new(
        socket: Socket,
        commands: mpsc::UnboundedReceiver<Command>,
        opened_for: Channel,
    ) -> Self {
        Self {
            socket,
            commands,
            opened_for: Some(opened_for),
            subscribers: Vec::new(),
            trial: Trial::default(),
            heard: Instant::now(),
            pinged: false,
        }
    }

    /// Serves until the connection is over or nobody is left.
    pub(super) async fn run(mut self) {
        let over = self.serve().await.err();
        let over = over.unwrap_or_else(|| Over::Closed("the connection was closed".to_owned()));
        tracing::debug!(?over, "a WebSocket is over");
        self.commands.close();
        while let Ok(command) = self.commands.try_recv() {
            if let Command::Subscribe(subscriber) = command {
                subscriber.end(over.clone());
            }
        }
        for subscriber in self.subscribers {
            subscriber.end(over.clone());
        }
        let _said_goodbye = timeout(SENDING, self.socket.close(None)).await;
    }

    /// Ends without an error when nobody is left.
    async fn serve(&mut self) -> Result<(), Over> {
        // What comes at once must find whom it is for.
        let Some(first) = self.commands.recv().await else {
            return Ok(());
        };
        self.obey(first).await?;
        loop {
            let wake_at = self.wake_at();
            let next = race(self.commands.recv(), self.socket.next());
            match timeout_at(wake_at, next).await {
                Err(_) => self.on_time().await?,
                Ok(Winner::First(Some(command))) => self.obey(command).await?,
                Ok(Winner::First(None)) => return Ok(()),
                Ok(Winner::Second(message)) => self.hear(message).await?,
            }
            if self.subscribers.is_empty() && self.commands.is_empty() {
                return Ok(());
            }
        }
    }

    async fn obey(&mut self, command: Command) -> Result<(), Over> {
        match command {
            Command::Subscribe(subscriber) => self.subscribe(subscriber).await,
            Command::Unsubscribe(id) => {
                let left = self.subscribers.extract_if(.., |known| known.id == id);
                let left: Vec<_> = left.map(|subscriber| subscriber.channel).collect();
                self.leave(left).await
            }
        }
    }

    /// The longest that nothing may come.
    fn silence(&self) -> Duration {
        let bounds = self.subscribers.iter().map(|known| known.silence);
        bounds.min().unwrap_or(SETTLING)
    }

    fn wake_at(&self) -> Instant {
        let patience = if self.pinged {
            self.silence()
        } else {
            self.silence() / 2
        };
        let silent = self.heard + patience;
        self.trial.until().map_or(silent, |until| silent.min(until))
    }

    async fn on_time(&mut self) -> Result<(), Over> {
        let (now, silence) = (Instant::now(), self.silence());
        if now >= self.heard + silence {
            return Err(Over::Silent(silence));
        }
        if now >= self.heard + silence / 2 && !self.pinged {
            self.pinged = true;
            self.send(Message::Ping(Bytes::new())).await?;
        }
        if self.trial.until().is_some_and(|until| now >= until) {
            self.go_on_with_trial().await?;
        }
        Ok(())
    }

    async fn subscribe(&mut self, subscriber: Subscriber) -> Result<(), Over> {
        let (id, channel) = (subscriber.id, subscriber.channel.clone());
        let is_new = !self.serves(&channel);
        self.subscribers.push(subscriber);
        if is_new {
            self.trial.joins(&channel);
            if self.opened_for.take().as_ref() != Some(&channel) {
                self.ask(&StreamRequestType::Subscribe, &channel).await?;
            }
        }
        // The server never confirms a subscription, but it answers what was sent after it.
        self.send(Message::Ping(Bytes::copy_from_slice(&id.to_be_bytes())))
            .await
    }

    /// The server has read everything up to the message after the subscription of this number.
    fn answered(&mut self, id: u64) {
        for subscriber in self.subscribers.iter_mut().filter(|known| known.id <= id) {
            subscriber.is_heard_of();
        }
    }

    fn serves(&self, channel: &Channel) -> bool {
        self.subscribers
            .iter()
            .any(|known| known.channel == *channel)
    }

    /// Unsubscribes from what nobody wants any more.
    async fn leave(&mut self, channels: Vec<Channel>) -> Result<(), Over> {
        for channel in channels {
            if !self.serves(&channel) && !self.subscribers.is_empty() {
                self.ask(&StreamRequestType::Unsubscribe, &channel).await?;
            }
        }
        Ok(())
    }

    async fn ask(&mut self, what: &StreamRequestType, channel: &Channel) -> Result<(), Over> {
        let mut request = serde_json::Map::new();
        request.insert("type".to_owned(), what.as_str().into());
        request.insert("stream".to_owned(), channel.name().into());
        if let Some((name, value)) = channel.argument() {
            request.insert(name.to_owned(), value.into());
        }
        let text = serde_json::Value::Object(request).to_string();
        self.send(Message::text(text)).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Over> {
        match timeout(SENDING, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Over::Closed(root_cause(&error))),
            Err(_) => Err(Over::Closed("the server takes no messages".to_owned())),
        }
    }

    async fn hear(&mut self, message: Option<Result<Message, SocketError>>) -> Result<(), Over> {
        (self.heard, self.pinged) = (Instant::now(), false);
        match message {
            None => Err(Over::Closed("the server closed it".to_owned())),
            Some(Err(error)) => Err(Over::Closed(root_cause(&error))),
            Some(Ok(Message::Text(text))) => self.read(&text).await,
            Some(Ok(Message::Close(why))) => {
                let why = why.map(|why| format!(": {} {}", why.code, why.reason));
                let why = why.unwrap_or_default();
                Err(Over::Closed(format!("the server closed it{why}")))
            }
            Some(Ok(Message::Pong(id))) if id.len() == size_of::<u64>() => {
                let id = id.iter().fold(0, |id, byte| id << 8 | u64::from(*byte));
                self.answered(id);
                Ok(())
            }
            Some(Ok(_)) => {
                for subscriber in &self.subscribers {
                    let deliveries = &subscriber.deliveries;
                    // Where events wait already, they tell as much.
                    if deliveries.capacity() == deliveries.max_capacity() {
                        let _any_other_will_do = deliveries.try_send(Delivery::Heartbeat);
                    }
                }
                Ok(())
            }
        }
    }

    async fn read(&mut self, text: &str) -> Result<(), Over> {
        let mut envelope = match serde_json::from_str::<Envelope<'_>>(text) {
            Ok(envelope) => envelope,
            Err(error) => {
                let unreadable = Delivery::Unreadable {
                    text: text.to_owned(),
                    why: format!("a message cannot be read: {error}"),
                };
                return self.deliver(|_| true, unreadable).await;
            }
        };
        if envelope.error.is_some() {
            if let Some(status) = envelope.status {
                self.refused(&Over::Refused(status, text.to_owned()));
            }
            return Ok(());
        }
        let Some(name) = &envelope.event else {
            return Ok(());
        };
        let event = Delivery::Event {
            name: (&*name.0).into(),
            payload: envelope
                .payload
                .take()
                .map(|payload| payload.0.into_owned())
                .unwrap_or_default(),
        };
        let heard = self.heard;
        for subscriber in &mut self.subscribers {
            if subscriber.unsettled_until > heard && envelope.is_of(&subscriber.channel) {
                // What brings events was not refused.
                subscriber.unsettled_until = heard;
                subscriber.is_heard_of();
            }
        }
        self.deliver(|channel| envelope.is_of(channel), event).await
    }

    /// Hands something to all whom it concerns, and lets go of those who cannot take it.
    async fn deliver(
        &mut self,
        concerns: impl Fn(&Channel) -> bool,
        delivery: Delivery,
    ) -> Result<(), Over> {
        let mut gone = Vec::new();
        let known = self.subscribers.iter();
        let mut waiting = known.filter(|known| concerns(&known.channel)).count();
        let mut delivery = Some(delivery);
        for subscriber in &self.subscribers {
            if !concerns(&subscriber.channel) {
                continue;
            }
            waiting -= 1;
            // Only where several want it, it is copied.
            let own = if waiting > 0 {
                delivery.clone()
            } else {
                delivery.take()
            };
            if let Some(own) = own
                && !subscriber.deliver(own).await
            {
                gone.push(subscriber.id);
            }
        }
        if gone.is_empty() {
            return Ok(());
        }
        let gone = self
            .subscribers
            .extract_if(.., |subscriber| gone.contains(&subscriber.id));
        let gone: Vec<_> = gone.map(|subscriber| subscriber.channel).collect();
        self.leave(gone).await
    }

    /// An error came that names no stream.
    fn refused(&mut self, why: &Over) {
        if self.trial.until().is_some() {
            if let Some(channel) = self.trial.convict() {
                self.end(&channel, why);
            }
            return;
        }
        let mut suspects = VecDeque::new();
        for subscriber in &self.subscribers {
            if subscriber.is_unsettled() && !suspects.contains(&subscriber.channel) {
                suspects.push_back(subscriber.channel.clone());
            }
        }
        match suspects.len() {
            0 => tracing::debug!(?why, "an error that concerns no stream"),
            1 => self.end(&suspects[0], why),
            _ => self.trial.begin(suspects),
        }
    }

    fn end(&mut self, channel: &Channel, why: &Over) {
        let refused = self
            .subscribers
            .extract_if(.., |known| known.channel == *channel);
        refused.for_each(|subscriber| subscriber.end(why.clone()));
    }

    /// Nothing more came for the last suspect: on to the next one.
    async fn go_on_with_trial(&mut self) -> Result<(), Over> {
        if let Some(cleared) = self.trial.clear() {
            let now = Instant::now();
            let cleared = self
                .subscribers
                .iter_mut()
                .filter(|known| known.channel == cleared);
            cleared.for_each(|known| known.unsettled_until = now);
        }
        let subscribers = &self.subscribers;
        let is_served =
            |channel: &Channel| subscribers.iter().any(|known| known.channel == *channel);
        match self.trial.next(is_served) {
            Some(channel) => self.ask(&StreamRequestType::Subscribe, &channel).await,
            None => Ok(()),
        }
    }
}
