//! The model server, the network, the applications, and the actions of a schedule.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mastodon_test_server::{Fault, TestServer};
use tokio::time::{Instant, sleep, sleep_until};

use super::consumer::{Consumer, Instruction, Opener};
use super::envelopes::Envelopes;
use super::network::{Host, Service, SimulatedNetwork};
use super::oracle;
use super::random::Random;
use super::schedule::{Action, MASTODON, Proxy, Schedule, Topic};
use crate::call::endpoints::STREAM_OPEN_WEBSOCKET;
use crate::client::Mastodon;
use crate::facts::ServerVersion;
use crate::http::test_network::TestNetwork;

const URL: &str = "http://127.0.0.1:3000";

const SCOPES: &str = "read write follow";

/// Time in which everything works, at the end: failed lists are fetched again within it.
const RECOVERY_TIME: Duration = Duration::from_secs(240);

/// Time after which the last statuses must have been delivered.
const DELIVERY_TIME: Duration = Duration::from_secs(30);

/// A status that was posted.
#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) id: String,
    pub(super) at: Instant,
    pub(super) tagged: bool,
    pub(super) mentions: bool,
    pub(super) is_deleted: bool,
    /// Whether it was posted at the end, when everything worked.
    pub(super) is_last: bool,
}

/// A status that will be posted.
#[derive(Clone, Copy, Debug)]
struct Pending {
    at: Instant,
    tagged: bool,
    mentions: bool,
}

/// Everything in a simulation.
pub(super) struct World {
    pub(super) schedule: Schedule,
    pub(super) start: Instant,
    server: Arc<TestServer>,
    network: SimulatedNetwork,
    opener: Opener,
    author: Mastodon,
    /// Access token of the reader.
    pub(super) token: String,
    pub(super) posts: Vec<Post>,
    /// Statuses that will be posted, in order.
    pending: Vec<Pending>,
    pub(super) consumers: Vec<Consumer>,
}

fn client(token: &str, network: &SimulatedNetwork, version: &str) -> Mastodon {
    let builder = Mastodon::builder(URL)
        .access_token(token)
        .network(TestNetwork(Arc::new(network.clone())))
        .server_version(ServerVersion::parse(version, None));
    builder.build().expect("the settings are valid")
}

impl World {
    pub(super) async fn new(schedule: Schedule) -> Self {
        let builder = TestServer::builder()
            .in_memory(URL)
            .random_seed(schedule.seed);
        let start_time = Timestamp::from_second(1_780_000_000).expect("a time in range");
        let server = builder.start_time(start_time).without_rate_limits();
        let server = Arc::new(server.start().await.expect("no port is needed"));
        let random = Random::new(schedule.seed ^ 0x006e_6574_776f_726b);
        let network = |proxy, envelopes| {
            SimulatedNetwork::new(Arc::clone(&server), random.clone(), proxy, envelopes)
        };
        let perfect = network(Proxy::None, Envelopes::Usual);
        let network = network(schedule.proxy, schedule.envelopes);
        let token = server.token("alice", SCOPES);
        let author = client(&server.token("bob", SCOPES), &perfect, MASTODON);
        let reader = client(&token, &perfect, MASTODON);
        let bob = author
            .account_verify_credentials()
            .await
            .expect("bob exists");
        let followed = reader.account_follow(&bob.id).await;
        followed.expect("alice can follow bob");
        let list = reader.list_create("Simulation").await.expect("a list");
        let added = reader.list_accounts_add(&list.id, [&bob.id]).await;
        added.expect("bob is followed");
        let foreign = author.list_create("Another user's").await.expect("a list");
        sleep(Duration::from_secs(10)).await;
        server.streaming().set_behavior(schedule.behavior.clone());
        let opener = Opener {
            client: client(&token, &network, schedule.version),
            list: list.id.to_string(),
            foreign_list: foreign.id.to_string(),
            transport: schedule.transport,
            max_backfill: schedule.max_backfill,
            buffer: schedule.buffer,
            buffer_bytes: schedule.buffer_bytes,
            overflow_policy: schedule.overflow_policy,
        };
        let topics = schedule.streams.clone();
        let mut world = Self {
            schedule,
            start: Instant::now(),
            server,
            network,
            opener,
            author,
            token,
            posts: Vec::new(),
            pending: Vec::new(),
            consumers: Vec::new(),
        };
        for topic in topics {
            world.open(topic, Duration::ZERO);
        }
        world
    }

    fn open(&mut self, topic: Topic, delay: Duration) {
        let consumer = Consumer::start(topic, self.opener.clone(), delay);
        self.consumers.push(consumer);
    }

    /// Carries out the schedule, lets everything work again, and posts the last statuses.
    pub(super) async fn play(&mut self) {
        for index in 0..self.schedule.actions.len() {
            let (pause, action) = self.schedule.actions[index];
            self.wait(pause).await;
            self.act(action).await;
        }
        self.server.clear_faults();
        self.network.set_host(Host::Up);
        self.network.set_rest(Service::Works);
        self.network.set_streaming(Service::Works);
        self.wait(RECOVERY_TIME).await;
        for _ in 0..3 {
            self.post(true, true, true).await;
            sleep(Duration::from_secs(1)).await;
        }
        sleep(DELIVERY_TIME).await;
    }

    /// Waits, and posts what is due meanwhile.
    async fn wait(&mut self, duration: Duration) {
        let until = Instant::now() + duration;
        while self.pending.first().is_some_and(|post| post.at <= until) {
            let Pending {
                at,
                tagged,
                mentions,
            } = self.pending.remove(0);
            sleep_until(at).await;
            self.post(tagged, mentions, false).await;
        }
        sleep_until(until).await;
    }

    async fn act(&mut self, action: Action) {
        match action {
            Action::Post {
                count,
                every,
                tagged,
                mentions,
            } => {
                let now = Instant::now();
                let posts = (0..count).map(|number| Pending {
                    at: now + every * number,
                    tagged,
                    mentions,
                });
                self.pending.extend(posts);
                self.pending.sort_by_key(|post| post.at);
            }
            Action::Delete => self.delete().await,
            Action::Garbage(count, size) => {
                let unreadable = format!(r#"{{"event":"upd{}"#, "x".repeat(size));
                let garbage = Fault::garbage(unreadable).times(count);
                self.server
                    .inject(garbage.on("GET", STREAM_OPEN_WEBSOCKET.path));
            }
            Action::Cut => self.network.cut_streams(),
            Action::Silence => self.network.silence_streams(),
            Action::HostDown(host, duration) => {
                self.network.set_host(host);
                self.later(duration, |network| network.set_host(Host::Up));
            }
            Action::RestFails(service, duration) => {
                self.network.set_rest(service);
                self.later(duration, |network| network.set_rest(Service::Works));
            }
            Action::StreamingFails(service, duration) => {
                self.network.set_streaming(service);
                self.later(duration, |network| network.set_streaming(Service::Works));
            }
            Action::Reopen(index, delay) => {
                if let Some(topic) = self.instruct(index, Instruction::Close) {
                    self.open(topic, delay);
                }
            }
            Action::Restart(index, delay) => {
                self.instruct(index, Instruction::Restart(delay));
            }
            Action::Open(topic) => self.open(topic, Duration::ZERO),
            Action::Close(index) => {
                self.instruct(index, Instruction::Close);
            }
            Action::Pause(index, duration) => {
                self.instruct(index, Instruction::Pause(duration));
            }
            Action::Lag(lag) => {
                let streaming = self.server.streaming();
                let mut behavior = streaming.behavior();
                behavior.list_lag = lag;
                streaming.set_behavior(behavior);
            }
        }
    }

    fn instruct(&mut self, index: usize, instruction: Instruction) -> Option<Topic> {
        let open = self
            .consumers
            .iter_mut()
            .filter(|consumer| !consumer.is_closed);
        let mut open: Vec<&mut Consumer> = open.collect();
        let count = open.len();
        let consumer = open.get_mut(index.checked_rem(count)?)?;
        consumer.instruct(instruction);
        Some(consumer.topic)
    }

    fn later(&self, delay: Duration, change: impl FnOnce(&SimulatedNetwork) + Send + 'static) {
        let network = self.network.clone();
        tokio::spawn(async move {
            sleep(delay).await;
            change(&network);
        });
    }

    async fn post(&mut self, tagged: bool, mentions: bool, is_last: bool) {
        let number = self.posts.len();
        let tag = if tagged { " #sim" } else { "" };
        let mention = if mentions { " @alice" } else { "" };
        let at = Instant::now();
        let status = self
            .author
            .status_post(format!("No. {number}{tag}{mention}"));
        let status = status.await.expect("the author's network works");
        self.posts.push(Post {
            id: status.id.to_string(),
            at,
            tagged,
            mentions,
            is_deleted: false,
            is_last,
        });
    }

    async fn delete(&mut self) {
        if let Some(post) = self.posts.iter_mut().rfind(|post| !post.is_deleted) {
            post.is_deleted = true;
            let deleted = self.author.status_delete(post.id.as_str()).await;
            deleted.expect("the author's network works");
        }
    }

    /// Returns what is wrong with the records.
    pub(super) fn violations(&self) -> Vec<String> {
        oracle::violations(self, &self.network.history())
    }

    /// Returns the schedule and the records as text.
    pub(super) fn report(&self) -> String {
        let mut report = self.schedule.describe();
        for post in &self.posts {
            let at = post.at - self.start;
            report += &format!(
                "{at:?} posted {} {} {}\n",
                post.id, post.tagged, post.mentions
            );
        }
        for (index, consumer) in self.consumers.iter().enumerate() {
            report += &format!("stream {index}: {:?}\n", consumer.topic);
            for (at, record) in consumer.log.lock().iter() {
                report += &format!("  {:?} {record:?}\n", *at - self.start);
            }
        }
        report
    }
}
