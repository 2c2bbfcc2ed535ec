//! Handlers of the endpoints.

pub(crate) mod accounts;
pub(crate) mod admin;
mod announcements;
mod annual_reports;
mod async_refreshes;
pub(crate) mod collections;
mod conversations;
mod discovery;
mod domain_blocks;
mod donation_campaigns;
mod email_subscriptions;
pub(crate) mod existing;
mod filters;
pub(crate) mod instance;
mod invites;
mod lists;
mod markers;
pub(crate) mod media;
mod notifications;
pub(crate) mod oauth;
mod oembed;
pub(crate) mod pages;
mod polls;
mod push;
mod relationships;
mod reports;
mod search;
mod statuses;
mod tags;
mod timelines;
mod trends;
mod webfinger;

use std::net::IpAddr;

use axum::http::{HeaderMap, header};
use jiff::Timestamp;

use crate::ids::{Id, parse_id};
use crate::paging::fails_without_limit;
use crate::params::Params;
use crate::posting::Work;
use crate::rate_limit::Requester;
use crate::response::{
    ErrorResponse, HandlerResult, internal_server_error, not_found, unprocessable,
};
use crate::route::Route;
use crate::samples;
use crate::server::Shared;
use crate::state::{Account, State, Token};

/// An accepted request.
pub(crate) struct Context<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) route: &'static Route,
    pub(crate) path_params: Vec<(&'static str, String)>,
    pub(crate) params: Params,
    pub(crate) query_string: String,
    pub(crate) headers: HeaderMap,
    pub(crate) work: Work,
    /// IP address of the client.
    pub(crate) address: IpAddr,
    pub(crate) token: Option<Token>,
    pub(crate) requester: Requester,
}

impl Context<'_> {
    /// Rejects the request if the user has created as many records as the rate limit of the route allows. Called right
    /// before the record is created.
    pub(crate) fn check_creation_limit(&self) -> Result<(), ErrorResponse> {
        let limiter = self.shared.rate_limiter.current();
        limiter.check_family(self.route, &self.requester, self.now())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    pub(crate) fn viewer(&self) -> Option<Id> {
        self.token.as_ref().and_then(|token| token.user)
    }

    /// Returns the user. Requests without one are rejected before the handler if the route requires a user.
    pub(crate) fn user(&self) -> Result<Id, ErrorResponse> {
        self.viewer()
            .ok_or_else(|| unprocessable("This method requires an authenticated user"))
    }

    pub(crate) fn id(&self) -> Id {
        self.path_params.first().map_or(0, |(_, id)| parse_id(id))
    }

    /// Whether the client asks for JSON rather than for a page.
    pub(crate) fn wants_json(&self) -> bool {
        let accept = self.headers.get(header::ACCEPT);
        let accept = accept.and_then(|value| value.to_str().ok());
        accept.is_some_and(|types| {
            let first = types.split([',', ';']).next().unwrap_or_default();
            first.trim() == "application/json"
        })
    }

    /// Returns the path of the request, with the values of the path parameters.
    pub(crate) fn request_path(&self) -> String {
        self.path_params
            .iter()
            .fold(self.route.path.to_owned(), |path, (name, value)| {
                path.replace(&format!("{{{name}}}"), value)
            })
    }
}

fn user_account(state: &mut State, user: Id) -> Result<&mut Account, ErrorResponse> {
    state.accounts.get_mut(&user).ok_or_else(not_found)
}

/// Each handler returns `None` for routes of other modules.
const MODULES: &[fn(&Context<'_>) -> Option<HandlerResult>] = &[
    accounts::handle,
    admin::handle,
    announcements::handle,
    annual_reports::handle,
    async_refreshes::handle,
    collections::handle,
    conversations::handle,
    discovery::handle,
    domain_blocks::handle,
    donation_campaigns::handle,
    email_subscriptions::handle,
    filters::handle,
    instance::handle,
    invites::handle,
    lists::handle,
    markers::handle,
    media::handle,
    notifications::handle,
    oauth::handle,
    oembed::handle,
    polls::handle,
    push::handle,
    relationships::handle,
    reports::handle,
    search::handle,
    statuses::handle,
    tags::handle,
    timelines::handle,
    trends::handle,
    webfinger::handle,
];

pub(crate) fn handle(context: &Context<'_>) -> HandlerResult {
    let response = MODULES
        .iter()
        .find_map(|handle| handle(context))
        // A test checks that each route of the imitated version has a handler.
        .unwrap_or_else(|| Ok(samples::respond(context.route)))?;
    if fails_without_limit(context) {
        return Err(internal_server_error());
    }
    Ok(response)
}
