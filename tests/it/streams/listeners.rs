//! Listeners and callbacks.

use std::sync::{Arc, Mutex};

use mastodon_sdk::streaming::{
    Disconnected, StreamCallbacks, StreamEvent, StreamListener, UnknownEvent,
};
use mastodon_sdk::{Error, Status, StatusId};

use super::TRANSPORT;
use super::server::{StreamServer, status};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, entry: impl Into<String>) {
        self.0.lock().unwrap().push(entry.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl StreamListener for Log {
    async fn on_update(&mut self, status: Status) {
        tokio::task::yield_now().await;
        self.add(format!("update {}", status.id));
    }

    async fn on_delete(&mut self, id: StatusId) {
        self.add(format!("delete {id}"));
    }

    async fn on_unknown_event(&mut self, event: UnknownEvent) {
        self.add(format!("unknown {}", event.name));
    }

    async fn on_heartbeat(&mut self) {
        self.add("heartbeat");
    }

    async fn on_any_event(&mut self, event: &StreamEvent) {
        self.add(event.name().unwrap_or("stream state"));
    }

    async fn on_disconnected(&mut self, disconnected: Disconnected) {
        self.add(format!("disconnected after {}", disconnected.failures));
    }

    async fn on_abort(&mut self, error: &Error) {
        self.add(format!("abort: {error}"));
    }
}

const ABORT: &str = "stream_user (401 Unauthorized): Invalid access token; the access token is invalid, expired or revoked; authorize the application again";

async fn serve_events(server: &mut StreamServer) {
    let mut connection = server.accept().await;
    connection.send_statuses([1]).await;
    connection.send_event("delete", "2").await;
    connection.send_event("novelty", "3").await;
    connection.send_event("status.update", &status(1)).await;
    drop(connection);
    server
        .next_request()
        .await
        .reject("401 X", "Invalid access token")
        .await;
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn listener_receives_all_events_until_the_stream_ends() {
    let mut server = StreamServer::start().await;
    let log = Log::default();
    let client = server.client();
    let call = client
        .stream_user()
        .transport(TRANSPORT)
        .backfill(false)
        .listen(log.clone());
    let running = tokio::spawn(call);
    serve_events(&mut server).await;
    assert!(running.await.unwrap().unwrap_err().is_unauthorized());
    assert_eq!(
        log.take(),
        [
            "stream state",
            "update",
            "update 1",
            "delete",
            "delete 2",
            "novelty",
            "unknown novelty",
            "status.update",
            "stream state",
            "disconnected after 1",
            &format!("abort: {ABORT}"),
        ]
    );
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn callbacks_receive_the_events() {
    let mut server = StreamServer::start().await;
    let log = Log::default();
    let [update, edit, connected, any, abort] = [(); 5].map(|()| log.clone());
    let callbacks = StreamCallbacks::new()
        .on_update(move |status| {
            let update = update.clone();
            async move { update.add(format!("update {}", status.id)) }
        })
        .on_status_update(move |status| {
            edit.add(format!("edit {}", status.id));
            std::future::ready(())
        })
        .on_connected(move || {
            connected.add("connected");
            std::future::ready(())
        })
        .on_any_event(move |event| any.add(event.name().unwrap_or("stream state")))
        .on_abort(move |error| abort.add(error.to_string()));
    let client = server.client();
    let call = client
        .stream_user()
        .transport(TRANSPORT)
        .backfill(false)
        .listen(callbacks);
    let (ended, ()) = tokio::join!(call, serve_events(&mut server));
    assert!(ended.is_err());
    assert_eq!(
        log.take(),
        [
            "stream state",
            "connected",
            "update",
            "update 1",
            "delete",
            "novelty",
            "status.update",
            "edit 1",
            "stream state",
            ABORT,
        ]
    );
}

#[tokio::test]
async fn handle_closes_the_stream_of_a_listener() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client.stream_user().transport(TRANSPORT).backfill(false);
    let (events, connection) = tokio::join!(call, server.accept());
    let events = events.unwrap();
    let handle = events.handle();
    let running = tokio::spawn(events.listen(Log::default()));
    tokio::task::yield_now().await;
    handle.close();
    running.await.unwrap().unwrap();
    connection.wait_until_closed().await;
}
