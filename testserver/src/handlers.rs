//! What the endpoints do.

mod statuses;

use axum::http::HeaderMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::ids::{Id, position};
use crate::params::Params;
use crate::render;
use crate::reply::{Outcome, Refusal, Reply, not_found, not_simulated, unprocessable};
use crate::route::Route;
use crate::router::{linked, page};
use crate::server::Shared;
use crate::state::{Media, Status, Token};

/// A request that was let in.
pub(crate) struct Context<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) route: &'static Route,
    pub(crate) path: Vec<(&'static str, String)>,
    pub(crate) params: Params,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) token: Option<Token>,
}

impl Context<'_> {
    pub(crate) fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    pub(crate) fn viewer(&self) -> Option<Id> {
        self.token.as_ref().and_then(|token| token.user)
    }

    /// The user; routes that need one were refused without.
    pub(crate) fn user(&self) -> Result<Id, Refusal> {
        self.viewer()
            .ok_or_else(|| unprocessable("This method requires an authenticated user"))
    }

    pub(crate) fn id(&self) -> Id {
        self.path.first().map_or(0, |(_, id)| position(id))
    }

    /// The path of the request with its parameters filled in.
    pub(crate) fn address(&self) -> String {
        self.path
            .iter()
            .fold(self.route.path.to_owned(), |path, (name, value)| {
                path.replace(&format!("{{{name}}}"), value)
            })
    }
}

pub(crate) fn handle(context: &Context<'_>) -> Outcome {
    match context.route.name {
        "app_create" => crate::oauth::app_create(context),
        "oauth_authorize" => crate::oauth::page(context),
        "oauth_token" => crate::oauth::token(context),
        "oauth_revoke" => crate::oauth::revoke(context),
        "instance_v1" | "instance_v2" => instance(context),
        "account_verify_credentials" => Ok(Reply::json(&render::credential_account(
            &context.shared.state(),
            context.user()?,
        ))),
        "account" | "account_lookup" => account(context),
        "account_search" => account_search(context),
        "account_follow" | "account_unfollow" => follow(context),
        "account_relationships" => relationships(context),
        "account_followers" | "account_following" => follows(context),
        "media_post_v1" | "media_post_v2" => media_post(context),
        "media" => media(context),
        "notifications" => notifications(context),
        "notifications_clear" => {
            let user = context.user()?;
            context
                .shared
                .state()
                .notifications
                .retain(|_, found| found.to != user);
            Ok(Reply::empty())
        }
        "search_v2" => search(context),
        _ => statuses::handle(context).unwrap_or_else(|| Err(not_simulated())),
    }
}

fn instance(context: &Context<'_>) -> Outcome {
    let state = context.shared.state();
    let contact = state
        .accounts
        .keys()
        .next()
        .map(|id| render::account(&state, *id));
    let host = state.url.trim_start_matches("http://");
    let rules = json!([{ "id": "1", "text": "Be kind.", "hint": "" }]);
    let configuration = json!({
        "urls": { "streaming": state.url.replacen("http", "ws", 1) }, "accounts": { "max_featured_tags": 10 },
        "statuses": { "max_characters": 500, "max_media_attachments": 4, "characters_reserved_per_url": 23 },
        "media_attachments": { "supported_mime_types": ["image/png", "image/jpeg"], "image_size_limit": 16_777_216 },
        "polls": { "max_options": 4, "max_characters_per_option": 50, "min_expiration": 300, "max_expiration": 2_629_746 },
        "translation": { "enabled": false },
    });
    let version = "4.6.5";
    Ok(Reply::json(&if context.route.name == "instance_v2" {
        json!({
            "domain": host, "title": "Test server", "version": version, "source_url": "", "description": "In memory.",
            "usage": { "users": { "active_month": state.accounts.len() } }, "thumbnail": { "url": "" }, "languages": ["en"],
            "configuration": configuration, "registrations": { "enabled": true, "approval_required": false, "message": null },
            "api_versions": { "mastodon": 11 }, "contact": { "email": "admin@example.org", "account": contact }, "rules": rules, "icon": [],
        })
    } else {
        json!({
            "uri": host, "title": "Test server", "short_description": "In memory.", "description": "In memory.",
            "email": "admin@example.org", "version": version, "urls": { "streaming_api": configuration["urls"]["streaming"] },
            "stats": { "user_count": state.accounts.len(), "status_count": state.statuses.len(), "domain_count": 0 },
            "thumbnail": null, "languages": ["en"], "registrations": true, "approval_required": false, "invites_enabled": false,
            "configuration": configuration, "contact_account": contact, "rules": rules,
        })
    }))
}

fn account(context: &Context<'_>) -> Outcome {
    let state = context.shared.state();
    let id = match context.params.text("acct") {
        Some(acct) => state.account_named(acct.trim_start_matches('@')),
        None => Some(context.id()),
    };
    let found = id
        .filter(|id| state.accounts.contains_key(id))
        .ok_or_else(not_found)?;
    Ok(Reply::json(&render::account(&state, found)))
}

fn account_search(context: &Context<'_>) -> Outcome {
    let state = context.shared.state();
    let wanted = context.params.text("q").unwrap_or_default().to_lowercase();
    let wanted = wanted.trim_start_matches('@');
    let found = state
        .accounts
        .values()
        .filter(|account| account.username.contains(wanted));
    Ok(Reply::json(
        &found
            .map(|account| render::account(&state, account.id))
            .collect(),
    ))
}

fn follow(context: &Context<'_>) -> Outcome {
    let (user, target, now) = (context.user()?, context.id(), context.now());
    let mut state = context.shared.state();
    if !state.accounts.contains_key(&target) || user == target {
        return Err(not_found());
    }
    let follows = state
        .accounts
        .get_mut(&user)
        .map(|account| &mut account.follows)
        .ok_or_else(not_found)?;
    if context.route.name == "account_unfollow" {
        follows.remove(&target);
    } else if follows.insert(target) {
        state.notify(target, "follow", user, None, now);
    }
    Ok(Reply::json(&render::relationship(&state, user, target)))
}

fn relationships(context: &Context<'_>) -> Outcome {
    let (user, state) = (context.user()?, context.shared.state());
    let ids = context
        .params
        .list("id")
        .into_iter()
        .map(|id| position(&id));
    let found = ids.filter(|id| state.accounts.contains_key(id));
    Ok(Reply::json(
        &found
            .map(|id| render::relationship(&state, user, id))
            .collect(),
    ))
}

fn follows(context: &Context<'_>) -> Outcome {
    let (state, id) = (context.shared.state(), context.id());
    let of = state.accounts.get(&id).ok_or_else(not_found)?;
    let mut ids: Vec<Id> = if context.route.name == "account_following" {
        of.follows.iter().copied().collect()
    } else {
        state
            .accounts
            .values()
            .filter(|other| other.follows.contains(&id))
            .map(|other| other.id)
            .collect()
    };
    ids.sort_unstable_by(|a, b| b.cmp(a));
    let (ids, links) = page(context, ids, |id| *id);
    Ok(linked(
        ids.into_iter()
            .map(|id| render::account(&state, id))
            .collect(),
        links,
    ))
}

fn media_post(context: &Context<'_>) -> Outcome {
    let file = context
        .params
        .file("file")
        .ok_or_else(|| unprocessable("Validation failed: File can't be blank"))?;
    let known: [&[u8]; 4] = [b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF"];
    if !known
        .iter()
        .any(|signature| file.bytes.starts_with(signature))
    {
        return Err(unprocessable(
            "Validation failed: File content type is invalid",
        ));
    }
    let mut state = context.shared.state();
    let id = state.next_id(context.now());
    let attachment = Media {
        id,
        bytes: file.bytes.clone(),
        description: context.params.filled("description"),
    };
    let answer = render::media(&state, &attachment);
    state.media.insert(id, attachment);
    Ok(Reply::json(&answer))
}

fn media(context: &Context<'_>) -> Outcome {
    let state = context.shared.state();
    state
        .media
        .get(&context.id())
        .map(|found| Reply::json(&render::media(&state, found)))
        .ok_or_else(not_found)
}

/// The bytes of an attachment, at the address that it tells.
pub(crate) fn media_bytes(shared: &Shared, id: &str) -> Outcome {
    let state = shared.state();
    let found = state.media.get(&position(id)).ok_or_else(not_found)?;
    Ok(Reply::of("application/octet-stream", found.bytes.to_vec()))
}

fn notifications(context: &Context<'_>) -> Outcome {
    let (user, state, now) = (context.user()?, context.shared.state(), context.now());
    let (types, exclude) = (
        context.params.list("types"),
        context.params.list("exclude_types"),
    );
    let wanted = |kind: &str| {
        (types.is_empty() || types.iter().any(|known| known == kind))
            && !exclude.iter().any(|known| known == kind)
    };
    let own = state
        .notifications
        .values()
        .rev()
        .filter(|found| found.to == user && wanted(found.kind));
    let (found, links) = page(context, own.collect(), |found| found.id);
    Ok(linked(
        found
            .into_iter()
            .map(|found| render::notification(&state, found, now))
            .collect(),
        links,
    ))
}

fn search(context: &Context<'_>) -> Outcome {
    let (state, viewer, now) = (context.shared.state(), context.viewer(), context.now());
    let wanted = context.params.text("q").unwrap_or_default().to_lowercase();
    let accounts: Vec<Value> = state
        .accounts
        .values()
        .filter(|account| account.username.contains(wanted.trim_start_matches('@')))
        .map(|account| render::account(&state, account.id))
        .collect();
    let matches = |status: &&Status| {
        state.sees(viewer, status) && status.text.to_lowercase().contains(&wanted)
    };
    let statuses: Vec<Value> = state
        .statuses
        .values()
        .rev()
        .filter(matches)
        .map(|found| render::status(&state, found, viewer, now))
        .collect();
    Ok(Reply::json(
        &json!({ "accounts": accounts, "statuses": statuses, "hashtags": [] }),
    ))
}
