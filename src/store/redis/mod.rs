//! A store in Redis, for any number of machines.

mod checkpoints;
mod rate_limits;
mod scripts;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, FromRedisValue, IntoConnectionInfo, RedisError, ScriptInvocation};
use url::Url;

use self::rate_limits::Known;
use self::scripts::Scripts;
use crate::error::Error;
use crate::hex::random_hex;
use crate::redact::KnownSecrets;
use mastodon_types::SecretString;

/// A store in Redis 6 or later, Valkey, or a compatible database, for any number of processes on any number of machines.
/// Requires the Cargo feature `redis`.
///
/// It is a [`RateLimitStore`](crate::rate_limit::RateLimitStore) and a [`CheckpointStore`](super::CheckpointStore). Each
/// operation is one script, which Redis runs atomically. All
/// times are those of Redis, so the clocks of the machines need not agree. All keys expire.
///
/// The store has one connection, which its clones share. After it was lost, or Redis was restarted, operations fail with
/// [`Error::Store`] until Redis can be reached again. Let Redis keep its data (`appendonly yes`): a Redis that has lost it
/// forgets positions, and events since the last one are missed.
///
/// ```no_run
/// # async fn example() -> Result<(), mastodon_sdk::Error> {
/// use std::sync::Arc;
/// use std::time::Duration;
/// use mastodon_sdk::store::{Lease, RedisStore};
/// let redis = RedisStore::builder("redis://:password@redis.internal:6379/0")
///     .key_prefix("my-bots")
///     .connect()
///     .await?;
/// let lease = Lease::acquire(Arc::new(redis), "alice", Duration::from_secs(30)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisStore(Arc<Inner>);

struct Inner {
    /// Random string of this process.
    id: String,
    connection: ConnectionManager,
    /// Address without user name and password.
    address: String,
    secrets: KnownSecrets,
    key_prefix: String,
    keep: Duration,
    scripts: Scripts,
    known: Known,
}

/// Options of a [`RedisStore`].
#[derive(Clone)]
#[must_use]
pub struct RedisStoreBuilder {
    url: SecretString,
    key_prefix: String,
    keep: Duration,
    timeout: Duration,
}

/// Minimum time for which records are kept. A shorter one would lose the position of a worker that is restarted.
const MIN_KEEP: Duration = Duration::from_secs(3600);

/// Maximum: ten years. Redis rejects times that are too far away.
const MAX_KEEP: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Number of attempts to connect before an operation fails.
const CONNECT_RETRIES: usize = 2;

impl RedisStore {
    /// Starts building a store. The URL is `redis://[user][:password@]host[:port][/database]`, or `rediss://…` for TLS.
    pub fn builder(url: impl Into<SecretString>) -> RedisStoreBuilder {
        RedisStoreBuilder {
            url: url.into(),
            key_prefix: "mastodon".to_owned(),
            keep: Duration::from_secs(90 * 24 * 3600),
            timeout: Duration::from_secs(2),
        }
    }

    /// Runs a script, and decodes its result.
    async fn run<T: FromRedisValue>(&self, invocation: &ScriptInvocation<'_>) -> Result<T, Error> {
        let mut connection = self.0.connection.clone();
        let result = invocation.invoke_async(&mut connection).await;
        result.map_err(|error| redis_error(&self.0.address, &self.0.secrets, &error))
    }
}

impl RedisStoreBuilder {
    /// Start of the names of all keys. Default: `mastodon`. Stores with different prefixes share nothing.
    pub fn key_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.key_prefix = prefix.into();
        self
    }

    /// Time after which Redis deletes records of a lease that no worker has held meanwhile. Default: 90 days; from one
    /// hour to ten years.
    pub fn keep(mut self, duration: Duration) -> Self {
        self.keep = duration.clamp(MIN_KEEP, MAX_KEEP);
        self
    }

    /// Maximum time of connecting, and of each operation. Default: 2 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Connects to Redis.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] if the URL is invalid, [`Error::Store`] if Redis cannot be reached or rejects the
    /// password.
    pub async fn connect(self) -> Result<RedisStore, Error> {
        let (address, secrets) = parse(self.url.expose())?;
        let invalid = |error: &RedisError| {
            let reason = secrets.redact(&error.to_string());
            Error::configuration("redis", format!("the URL of Redis is invalid: {reason}"))
        };
        let info = self.url.expose().into_connection_info();
        let client = info
            .and_then(Client::open)
            .map_err(|error| invalid(&error))?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout))
            .set_number_of_retries(CONNECT_RETRIES)
            .set_min_delay(Duration::from_millis(20))
            .set_max_delay(Duration::from_millis(500));
        let connected = ConnectionManager::new_with_config(client, config).await;
        let connection = connected.map_err(|error| redis_error(&address, &secrets, &error))?;
        Ok(RedisStore(Arc::new(Inner {
            id: random_hex()?,
            connection,
            address,
            secrets,
            key_prefix: self.key_prefix,
            keep: self.keep,
            scripts: Scripts::new(),
            known: Known::default(),
        })))
    }
}

/// Returns the address in a URL without user name and password, and these two.
fn parse(url: &str) -> Result<(String, KnownSecrets), Error> {
    let invalid = |reason: &str| {
        let reason = format!("the URL of Redis {reason}; use `redis://host:6379`");
        Error::configuration("redis", reason)
    };
    // The parser's message contains no part of the URL.
    let url = Url::parse(url).map_err(|error| invalid(&format!("is invalid ({error})")))?;
    let host = match (url.scheme(), url.host_str()) {
        ("redis" | "rediss", Some(host)) => host,
        ("redis+unix" | "unix", _) => "",
        _ => return Err(invalid("has another scheme, or no host")),
    };
    if url.scheme() == "rediss" && !cfg!(feature = "_rustls") {
        return Err(invalid(
            "requires TLS, which needs the Cargo feature `rustls`",
        ));
    }
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    let address = format!("{}://{host}{port}{}", url.scheme(), url.path());
    let decode = |part: &str| {
        let decoded = percent_encoding::percent_decode_str(part).decode_utf8_lossy();
        [part.to_owned(), decoded.into_owned()].map(SecretString::from)
    };
    let secrets = url.password().into_iter().flat_map(decode);
    Ok((address, KnownSecrets::new(secrets.collect())))
}

fn redis_error(address: &str, secrets: &KnownSecrets, error: &RedisError) -> Error {
    let reason = secrets.redact(&error.to_string());
    let is_temporary = error.is_io_error()
        || error.is_timeout()
        || error.is_connection_dropped()
        || matches!(
            error.code(),
            Some("LOADING" | "BUSY" | "TRYAGAIN" | "MASTERDOWN" | "READONLY")
        );
    Error::store(format!("Redis at {address}: {reason}"), is_temporary)
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("address", &self.0.address)
            .field("key_prefix", &self.0.key_prefix)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RedisStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStoreBuilder")
            .field("key_prefix", &self.key_prefix)
            .field("keep", &self.keep)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
