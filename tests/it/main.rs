//! Integration tests: the client against scripted servers and the test server, over real sockets.

mod arguments;
mod auth;
mod base_path;
mod blocking;
mod bounds;
mod bulk;
mod calls;
mod client_headers;
mod convenience_methods;
mod credentials;
mod discovery;
mod download;
mod durations;
mod end_to_end;
mod environment;
mod error_language;
mod errors;
mod errors_from_mastodon_py;
#[allow(
    clippy::duplicate_mod,
    reason = "several examples include the same shared module"
)]
mod examples;
mod from_mastodon_py;
mod id_lists;
mod id_timestamps;
mod instance;
mod local_checks;
mod logs;
mod lookup;
mod lost_responses;
mod malformed_responses;
mod many_accounts;
mod media;
mod network_faults;
mod oauth_metadata;
mod other_endpoints;
mod paging;
mod parameters;
mod positions;
mod posting_once;
mod proxies;
mod push;
mod rate_limits;
mod redirects;
mod reference_examples;
mod replies_and_edits;
mod request_callbacks;
mod retries;
mod secrets;
mod server_cache;
mod server_software;
mod status_limits;
mod stores;
mod streams;
mod support;
mod threads;
mod timeline_access;
#[cfg(any(feature = "rustls", feature = "rustls-aws-lc", feature = "native-tls"))]
mod tls;
mod uploads;
mod versions;
mod waiting;
mod wire_quirks;
