//! Filters with their keywords and statuses.

mod v1;

use jiff::Timestamp;
use serde_json::Value;

use super::Context;
use super::statuses::visible_status;
use crate::clock::seconds_after;
use crate::ids::{Id, parse_id};
use crate::params::Params;
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, not_found, validation_failed};
use crate::state::{Filter, FilterStatus, Keyword, State};

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "filters_v2" => list(context),
        "filter_v2" => show(context, render::filter),
        "create_filter_v2" => create(context),
        "update_filter_v2" => update(context),
        "delete_filter_v2" => change(context, |state, id| {
            state.filters.remove(&id);
            Ok(Response::empty_object())
        }),
        "filter_keywords_v2" => show(context, |filter| {
            filter.keywords.iter().map(render::keyword).collect()
        }),
        "add_filter_keyword_v2" => add_keyword(context),
        "filter_keyword_v2" => keyword(context),
        "update_filter_keyword_v2" => update_keyword(context),
        "delete_filter_keyword_v2" => delete_keyword(context),
        "filter_statuses_v2" => show(context, |filter| {
            let statuses = filter.statuses.iter();
            statuses
                .map(|entry| render::filter_status(*entry))
                .collect()
        }),
        "add_filter_status_v2" => add_status(context),
        "filter_status_v2" => status(context),
        "delete_filter_status_v2" => delete_status(context),
        _ => return v1::handle(context),
    })
}

fn list(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let filters = state.filters_of(user).map(render::filter);
    Ok(Response::json(&filters.collect()))
}

/// Renders the filter that the path names, or a part of it.
fn show(context: &Context<'_>, render: impl Fn(&Filter) -> Value) -> HandlerResult {
    let (user, mut state) = (context.user()?, context.shared.state());
    let filter = own_filter(&mut state, user, context.id())?;
    Ok(Response::json(&render(filter)))
}

fn own_filter(state: &mut State, user: Id, id: Id) -> Result<&mut Filter, ErrorResponse> {
    let filter = state.filters.get_mut(&id);
    filter
        .filter(|filter| filter.owner == user)
        .ok_or_else(not_found)
}

/// Changes the filter that the path names and sends an event to the user's streams.
fn change(
    context: &Context<'_>,
    change: impl FnOnce(&mut State, Id) -> HandlerResult,
) -> HandlerResult {
    let (user, mut state) = (context.user()?, context.shared.state());
    let id = own_filter(&mut state, user, context.id())?.id;
    let response = change(&mut state, id)?;
    state.stream_filters_changed(user);
    Ok(response)
}

/// Returns the requested expiry, where `Some(None)` means never. Returns `None` if the request has none.
fn expiry(context: &Context<'_>) -> Option<Option<Timestamp>> {
    let params = &context.params;
    let seconds = params.integer("expires_in");
    let expires = || seconds.and_then(|seconds| seconds_after(context.now(), seconds));
    params.contains("expires_in").then(expires)
}

fn create(context: &Context<'_>) -> HandlerResult {
    let (user, params) = (context.user()?, &context.params);
    let mut state = context.shared.state();
    let mut filter = Filter {
        id: state.next_row_id(),
        owner: user,
        title: params.string("title").unwrap_or_default(),
        context: params.list("context"),
        action: params
            .non_blank("filter_action")
            .unwrap_or_else(|| "warn".to_owned()),
        expires: expiry(context).flatten(),
        keywords: Vec::new(),
        statuses: Vec::new(),
    };
    change_keywords(&mut state, &mut filter, params)?;
    let value = render::filter(&filter);
    state.filters.insert(filter.id, filter);
    state.stream_filters_changed(user);
    Ok(Response::json(&value))
}

/// Changes the parameters that were sent.
fn update(context: &Context<'_>) -> HandlerResult {
    let params = &context.params;
    change(context, |state, id| {
        let mut filter = state.filters.get(&id).ok_or_else(not_found)?.clone();
        if let Some(title) = params.string("title") {
            if title.trim().is_empty() {
                return Err(validation_failed("Title can't be blank"));
            }
            filter.title = title;
        }
        if params.contains("context") {
            filter.context = params.list("context");
            if filter.context.is_empty() {
                return Err(validation_failed(
                    "Context None or invalid context supplied",
                ));
            }
        }
        if let Some(action) = params.non_blank("filter_action") {
            filter.action = action;
        }
        if let Some(expires) = expiry(context) {
            filter.expires = expires;
        }
        change_keywords(state, &mut filter, params)?;
        let value = render::filter(&filter);
        state.filters.insert(id, filter);
        Ok(Response::json(&value))
    })
}

/// Adds, changes and removes keywords as `keywords_attributes` requests.
fn change_keywords(
    state: &mut State,
    filter: &mut Filter,
    params: &Params,
) -> Result<(), ErrorResponse> {
    for attributes in params.maps("keywords_attributes") {
        let Some(id) = attributes.non_blank("id").map(|id| parse_id(&id)) else {
            let new = Keyword {
                id: state.next_row_id(),
                keyword: keyword_param(attributes)?.ok_or_else(blank_keyword)?,
                whole_word: attributes.flag("whole_word").unwrap_or(true),
            };
            filter.keywords.push(new);
            continue;
        };
        let keyword = filter.keywords.iter_mut().find(|keyword| keyword.id == id);
        let keyword = keyword.ok_or_else(not_found)?;
        if attributes.is_true("_destroy") {
            filter.keywords.retain(|keyword| keyword.id != id);
            continue;
        }
        set_keyword(keyword, attributes)?;
    }
    Ok(())
}

fn blank_keyword() -> ErrorResponse {
    validation_failed("Keyword can't be blank")
}

/// Returns the requested keyword text, if any.
fn keyword_param(params: &Params) -> Result<Option<String>, ErrorResponse> {
    let keyword = params.string("keyword");
    if keyword.as_ref().is_some_and(|text| text.trim().is_empty()) {
        return Err(blank_keyword());
    }
    Ok(keyword)
}

fn set_keyword(keyword: &mut Keyword, params: &Params) -> Result<(), ErrorResponse> {
    if let Some(text) = keyword_param(params)? {
        keyword.keyword = text;
    }
    if let Some(whole_word) = params.flag("whole_word") {
        keyword.whole_word = whole_word;
    }
    Ok(())
}

fn add_keyword(context: &Context<'_>) -> HandlerResult {
    change(context, |state, id| {
        let new = Keyword {
            id: state.next_row_id(),
            keyword: keyword_param(&context.params)?.ok_or_else(blank_keyword)?,
            whole_word: context.params.flag("whole_word").unwrap_or(true),
        };
        let value = render::keyword(&new);
        let filter = state.filters.get_mut(&id).ok_or_else(not_found)?;
        filter.keywords.push(new);
        Ok(Response::json(&value))
    })
}

/// Returns the user's filter with the entry that the path names, and the index of the entry.
fn entry<'s>(
    context: &Context<'_>,
    state: &'s mut State,
    ids: impl Fn(&Filter) -> Vec<Id>,
) -> Result<(&'s mut Filter, usize), ErrorResponse> {
    let (user, id) = (context.user()?, context.id());
    let mut filters = state.filters.values_mut();
    let found = filters.find_map(|filter| {
        let index = ids(filter).into_iter().position(|entry| entry == id)?;
        (filter.owner == user).then_some((filter, index))
    });
    found.ok_or_else(not_found)
}

fn keyword_ids(filter: &Filter) -> Vec<Id> {
    filter.keywords.iter().map(|keyword| keyword.id).collect()
}

fn status_ids(filter: &Filter) -> Vec<Id> {
    filter.statuses.iter().map(|entry| entry.id).collect()
}

fn keyword(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let (filter, index) = entry(context, &mut state, keyword_ids)?;
    Ok(Response::json(&render::keyword(&filter.keywords[index])))
}

fn update_keyword(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let (filter, index) = entry(context, &mut state, keyword_ids)?;
    let keyword = &mut filter.keywords[index];
    set_keyword(keyword, &context.params)?;
    let value = render::keyword(keyword);
    state.stream_filters_changed(user);
    Ok(Response::json(&value))
}

fn delete_keyword(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let (filter, index) = entry(context, &mut state, keyword_ids)?;
    filter.keywords.remove(index);
    state.stream_filters_changed(user);
    Ok(Response::empty_object())
}

fn add_status(context: &Context<'_>) -> HandlerResult {
    let status_id = context.params.string("status_id");
    let status_id = status_id.map_or(0, |id| parse_id(&id));
    change(context, |state, id| {
        let status = visible_status(context, state, status_id)?.id;
        let filter = state.filters.get(&id).ok_or_else(not_found)?;
        if filter.statuses.iter().any(|entry| entry.status == status) {
            return Err(validation_failed("Status has already been taken"));
        }
        let new = FilterStatus {
            id: state.next_row_id(),
            status,
        };
        let filter = state.filters.get_mut(&id).ok_or_else(not_found)?;
        filter.statuses.push(new);
        Ok(Response::json(&render::filter_status(new)))
    })
}

fn status(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let (filter, index) = entry(context, &mut state, status_ids)?;
    Ok(Response::json(&render::filter_status(
        filter.statuses[index],
    )))
}

fn delete_status(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let (filter, index) = entry(context, &mut state, status_ids)?;
    filter.statuses.remove(index);
    state.stream_filters_changed(user);
    Ok(Response::empty_object())
}
