//! Integration tests: HTTP and WebSocket clients against the running server.

mod accounts;
mod admin;
mod announcements;
mod base_url;
mod behavior;
mod bot;
mod client;
mod collections;
mod control;
mod conversations;
mod cors;
mod discovery;
mod faults;
mod feed_clean_up;
mod feeds;
mod filters;
mod home_regeneration;
mod http;
mod in_memory;
mod instance;
mod lists;
mod markers;
mod mastodon_py;
mod media;
mod missing_parameters;
mod notifications;
mod oauth;
#[path = "../../../tests/it/support/paused_time.rs"]
mod paused_time;
mod polls;
mod posting;
mod profile;
#[cfg(feature = "cli")]
mod program;
mod push_delivery;
mod push_subscriptions;
mod quotes;
mod rate_limits;
mod readme;
mod real_server;
mod relationships;
mod remote_follows;
mod scheduled_statuses;
mod search;
mod signup;
mod smoke;
mod status_actions;
mod status_edits;
mod statuses;
mod streaming;
mod tags;
mod timelines;
#[cfg(feature = "tls")]
mod tls;
