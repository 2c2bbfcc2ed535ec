//! Renders the state as API entities in JSON.

mod accounts;
mod admin;
mod announcements;
mod cards;
mod collections;
mod conversations;
mod emojis;
mod filters;
mod lists;
mod markers;
mod media;
mod notifications;
mod polls;
mod push;
mod scheduled;
mod statuses;
mod suggestions;
mod tags;

pub(crate) use accounts::{
    account, account_for, credential_account, image_urls, muted_account, profile, relationship,
};
pub(crate) use admin::*;
pub(crate) use announcements::announcement;
pub(crate) use cards::card;
pub(crate) use collections::{
    collection, collection_item, collection_with_accounts, notified_collection,
};
pub(crate) use conversations::conversation;
pub(crate) use emojis::{custom_emojis, is_custom_emoji};
pub(crate) use filters::{filter, filter_status, filter_v1, filtered, keyword};
pub(crate) use lists::list;
pub(crate) use markers::marker;
pub(crate) use media::media;
pub(crate) use notifications::{
    fallback, notification, partial_account, policy, policy_v1, request,
};
pub(crate) use polls::poll;
pub(crate) use push::push;
pub(crate) use scheduled::scheduled;
pub(crate) use statuses::{content, deleted_status, status, version};
pub(crate) use suggestions::suggestion;
pub(crate) use tags::{featured_tag, tag};
