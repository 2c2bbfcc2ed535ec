//! The model server, the network, the applications, and the actions of a schedule.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mastodon_test_server::TestServer;
use tokio::time::{Instant, sleep};

use super::consumer::{Consumer, Instruction, Opener};
use super::network::{Host, Service, SimulatedNetwork};
use super::oracle;
use super::random::Random;
use super::schedule::{Action, Schedule};
use crate::client::Mastodon;
use crate::facts::ServerVersion;
use crate::http::test_network::TestNetwork;

const URL: &str = "http://127.0.0.1:3000";

/// Time in which everything works, at the end: failed lists are fetched again within it.
const HEALING: Duration = Duration::from_secs(240);

/// Time after which the last statuses must have been delivered.
const SETTLING: Duration = Duration::from_secs(30);

/// A status that was posted.
#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) id: String,
    pub(super) at: Instant,
    pub(super) tagged: bool,
    pub(super) mentions: bool,
    /// Whether it was posted at the end, when everything worked.
    pub(super) is_last: bool,
}

/// Everything in a simulation.
pub(super) struct World {
    pub(super) schedule: Schedule,
    pub(super) start: Instant,
    server: Arc<TestServer>,
    network: SimulatedNetwork,
    opener: Opener,
    author: Mastodon,
    pub(super) posts: Vec<Post>,
    pub(super) consumers: Vec<Consumer>,
}

fn client(server: &TestServer, network: &SimulatedNetwork, user: &str, version: &str) -> Mastodon {
    let token = server.token(user, "read write follow");
    let builder = Mastodon::builder(URL)
        .access_token(token)
        .network(TestNetwork(Arc::new(network.clone())))
        .server_version(ServerVersion::parse(version, None));
    builder.build().expect("the settings are valid")
}

impl World {
    pub(super) async fn new(schedule: Schedule) -> Self {
        let builder = TestServer::builder().in_memory(URL).seed(schedule.seed);
        let start_time = Timestamp::from_second(1_780_000_000).expect("a time in range");
        let server = builder.start_time(start_time).without_rate_limits();
        let server = Arc::new(server.start().await.expect("no port is needed"));
        let random = Random::new(schedule.seed ^ 0x6e65_7477_6f72_6b);
        let network = SimulatedNetwork::new(Arc::clone(&server), random.clone());
        let perfect = SimulatedNetwork::new(Arc::clone(&server), random);
        let author = client(&server, &perfect, "bob", "4.6.5");
        let reader = client(&server, &perfect, "alice", "4.6.5");
        let bob = author
            .account_verify_credentials()
            .await
            .expect("bob exists");
        let followed = reader.account_follow(&bob.id).await;
        followed.expect("alice can follow bob");
        let list = reader.list_create("Simulation").await.expect("a list");
        let added = reader.list_accounts_add(&list.id, [&bob.id]).await;
        added.expect("bob is followed");
        sleep(Duration::from_secs(10)).await;
        server.streaming().set_behavior(schedule.behavior.clone());
        let opener = Opener {
            client: client(&server, &network, "alice", schedule.version),
            list: list.id.to_string(),
            transport: schedule.transport,
            max_backfill: schedule.max_backfill,
        };
        let topics = schedule.streams.clone();
        let mut world = Self {
            schedule,
            start: Instant::now(),
            server,
            network,
            opener,
            author,
            posts: Vec::new(),
            consumers: Vec::new(),
        };
        for topic in topics {
            world.open(topic);
        }
        world
    }

    fn open(&mut self, topic: super::schedule::Topic) {
        let consumer = Consumer::start(topic, self.opener.clone());
        self.consumers.push(consumer);
    }

    /// Carries out the schedule, lets everything work again, and posts the last statuses.
    pub(super) async fn play(&mut self) {
        for index in 0..self.schedule.actions.len() {
            let (pause, action) = self.schedule.actions[index];
            sleep(pause).await;
            self.act(action).await;
        }
        self.network.set_host(Host::Up);
        self.network.set_rest(Service::Works);
        self.network.set_streaming(Service::Works);
        sleep(HEALING).await;
        for _ in 0..3 {
            self.post(true, true, true).await;
            sleep(Duration::from_secs(1)).await;
        }
        sleep(SETTLING).await;
    }

    async fn act(&mut self, action: Action) {
        match action {
            Action::Post {
                count,
                every,
                tagged,
                mentions,
            } => {
                for _ in 0..count {
                    self.post(tagged, mentions, false).await;
                    sleep(every).await;
                }
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
            Action::Reopen(index) => {
                if let Some(topic) = self.instruct(index, Instruction::Close) {
                    self.open(topic);
                }
            }
            Action::Restart(index, delay) => {
                self.instruct(index, Instruction::Restart(delay));
            }
            Action::Open(topic) => self.open(topic),
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

    fn instruct(
        &mut self,
        index: usize,
        instruction: Instruction,
    ) -> Option<super::schedule::Topic> {
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
            is_last,
        });
    }

    /// Returns what is wrong with the records.
    pub(super) fn violations(&self) -> Vec<String> {
        oracle::violations(self, &self.network.attempts())
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
