//! Listeners in place of a loop.

use std::sync::{Arc, Mutex};

use mastodon_sdk::{
    Disconnected, Error, Status, StatusId, StreamCallbacks, StreamEvent, StreamListener,
    UnknownEvent,
};

use super::VIA;
use super::server::{StreamServer, status};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn note(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl StreamListener for Log {
    async fn on_update(&mut self, status: Status) {
        tokio::task::yield_now().await;
        self.note(format!("update {}", status.id));
    }

    async fn on_delete(&mut self, id: StatusId) {
        self.note(format!("delete {id}"));
    }

    async fn on_unknown_event(&mut self, event: UnknownEvent) {
        self.note(format!("unknown {}", event.name));
    }

    async fn on_heartbeat(&mut self) {
        self.note("heartbeat");
    }

    async fn on_any_event(&mut self, event: &StreamEvent) {
        self.note(event.name().unwrap_or("of the stream"));
    }

    async fn on_disconnected(&mut self, lost: Disconnected) {
        self.note(format!("disconnected after {}", lost.failures));
    }

    async fn on_abort(&mut self, error: &Error) {
        self.note(format!("abort: {error}"));
    }
}

const ABORT: &str = "stream_user (401 Unauthorized): Invalid access token; check the access token";

async fn play(server: &mut StreamServer) {
    let mut connection = server.accept().await;
    connection.statuses([1]).await;
    connection.event("delete", "2").await;
    connection.event("novelty", "3").await;
    connection.event("status.update", &status(1)).await;
    drop(connection);
    server
        .next()
        .await
        .refuse("401 X", "Invalid access token")
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_listener_is_told_of_everything_until_the_stream_ends() {
    let mut server = StreamServer::start().await;
    let log = Log::default();
    let client = server.client();
    let call = client
        .stream_user()
        .transport(VIA)
        .catch_up(false)
        .listen(log.clone());
    // It can run by itself.
    let running = tokio::spawn(call);
    play(&mut server).await;
    assert!(running.await.unwrap().unwrap_err().is_unauthorized());
    assert_eq!(
        log.take(),
        [
            "of the stream",
            "update",
            "update 1",
            "delete",
            "delete 2",
            "novelty",
            "unknown novelty",
            "status.update",
            "of the stream",
            "disconnected after 1",
            &format!("abort: {ABORT}"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn closures_listen_as_well() {
    let mut server = StreamServer::start().await;
    let log = Log::default();
    let [update, edit, connected, any, abort] = [(); 5].map(|()| log.clone());
    let callbacks = StreamCallbacks::new()
        .on_update(move |status| {
            let update = update.clone();
            async move { update.note(format!("update {}", status.id)) }
        })
        .on_status_update(move |status| {
            edit.note(format!("edit {}", status.id));
            std::future::ready(())
        })
        .on_connected(move || {
            connected.note("connected");
            std::future::ready(())
        })
        .on_any_event(move |event| any.note(event.name().unwrap_or("of the stream")))
        .on_abort(move |error| abort.note(error.to_string()));
    let client = server.client();
    let call = client
        .stream_user()
        .transport(VIA)
        .catch_up(false)
        .listen(callbacks);
    let (ended, ()) = tokio::join!(call, play(&mut server));
    assert!(ended.is_err());
    assert_eq!(
        log.take(),
        [
            "of the stream",
            "connected",
            "update",
            "update 1",
            "delete",
            "novelty",
            "status.update",
            "edit 1",
            "of the stream",
            ABORT,
        ]
    );
}

#[tokio::test]
async fn a_handle_ends_a_listener() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client.stream_user().transport(VIA).catch_up(false);
    let (events, connection) = tokio::join!(call, server.accept());
    let events = events.unwrap();
    let handle = events.handle();
    let running = tokio::spawn(events.listen(Log::default()));
    tokio::task::yield_now().await;
    handle.close();
    running.await.unwrap().unwrap();
    connection.closed().await;
}
