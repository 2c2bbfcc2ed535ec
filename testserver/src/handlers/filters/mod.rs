//! Filters: words and statuses, and what becomes of what they match.

mod v1;

use jiff::Timestamp;
use serde_json::Value;

use super::Context;
use super::statuses::visible;
use crate::clock::seconds_after;
use crate::ids::{Id, parse_id};
use crate::params::Params;
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, not_found, validation_failed};
use crate::state::{Filter, FilterStatus, Keyword, State};

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "filters_v2" => all(context),
        "filter_v2" => read(context, render::filter),
        "create_filter_v2" => create(context),
        "update_filter_v2" => update(context),
        "delete_filter_v2" => change(context, |state, id| {
            state.filters.remove(&id);
            Ok(Response::empty_object())
        }),
        "filter_keywords_v2" => read(context, |found| {
            found.keywords.iter().map(render::keyword).collect()
        }),
        "add_filter_keyword_v2" => add_keyword(context),
        "filter_keyword_v2" => keyword(context),
        "update_filter_keyword_v2" => update_keyword(context),
        "delete_filter_keyword_v2" => delete_keyword(context),
        "filter_statuses_v2" => read(context, |found| {
            let statuses = found.statuses.iter();
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

fn all(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let own = state.filters_of(user).map(render::filter);
    Ok(Response::json(&own.collect()))
}

/// Tells something of the filter that the path names.
fn read(context: &Context<'_>, form: impl Fn(&Filter) -> Value) -> HandlerResult {
    let (user, mut state) = (context.user()?, context.shared.state());
    let found = own(&mut state, user, context.id())?;
    Ok(Response::json(&form(found)))
}

fn own(state: &mut State, user: Id, id: Id) -> Result<&mut Filter, ErrorResponse> {
    let found = state.filters.get_mut(&id);
    found
        .filter(|filter| filter.owner == user)
        .ok_or_else(not_found)
}

/// Does something with the filter that the path names, and tells the user's streams of it.
fn change(
    context: &Context<'_>,
    change: impl FnOnce(&mut State, Id) -> HandlerResult,
) -> HandlerResult {
    let (user, mut state) = (context.user()?, context.shared.state());
    let id = own(&mut state, user, context.id())?.id;
    let done = change(&mut state, id)?;
    state.stream_filters_changed(user);
    Ok(done)
}

/// When a filter ends that lasts as long as the request says; `None` where it does not say.
fn expiry(context: &Context<'_>) -> Option<Option<Timestamp>> {
    let params = &context.params;
    let seconds = params.integer("expires_in");
    let ends = || seconds.and_then(|seconds| seconds_after(context.now(), seconds));
    params.contains("expires_in").then(ends)
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
    let answer = render::filter(&filter);
    state.filters.insert(filter.id, filter);
    state.stream_filters_changed(user);
    Ok(Response::json(&answer))
}

/// Changes what is given; the rest stays as it is.
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
        let answer = render::filter(&filter);
        state.filters.insert(id, filter);
        Ok(Response::json(&answer))
    })
}

/// Adds, changes and removes the words that `keywords_attributes` names.
fn change_keywords(
    state: &mut State,
    filter: &mut Filter,
    params: &Params,
) -> Result<(), ErrorResponse> {
    for attributes in params.maps("keywords_attributes") {
        let Some(id) = attributes.non_blank("id").map(|id| parse_id(&id)) else {
            let new = Keyword {
                id: state.next_row_id(),
                keyword: word(attributes)?.ok_or_else(blank)?,
                whole_word: attributes.flag("whole_word").unwrap_or(true),
            };
            filter.keywords.push(new);
            continue;
        };
        let known = filter.keywords.iter_mut().find(|known| known.id == id);
        let known = known.ok_or_else(not_found)?;
        if attributes.is_true("_destroy") {
            filter.keywords.retain(|known| known.id != id);
            continue;
        }
        set_keyword(known, attributes)?;
    }
    Ok(())
}

fn blank() -> ErrorResponse {
    validation_failed("Keyword can't be blank")
}

/// The word that is given, if any.
fn word(params: &Params) -> Result<Option<String>, ErrorResponse> {
    let given = params.string("keyword");
    if given.as_ref().is_some_and(|word| word.trim().is_empty()) {
        return Err(blank());
    }
    Ok(given)
}

fn set_keyword(keyword: &mut Keyword, params: &Params) -> Result<(), ErrorResponse> {
    if let Some(word) = word(params)? {
        keyword.keyword = word;
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
            keyword: word(&context.params)?.ok_or_else(blank)?,
            whole_word: context.params.flag("whole_word").unwrap_or(true),
        };
        let answer = render::keyword(&new);
        let filter = state.filters.get_mut(&id).ok_or_else(not_found)?;
        filter.keywords.push(new);
        Ok(Response::json(&answer))
    })
}

/// The user's filter with the entry that the path names, and where among such entries that is.
fn entry<'s>(
    context: &Context<'_>,
    state: &'s mut State,
    ids: impl Fn(&Filter) -> Vec<Id>,
) -> Result<(&'s mut Filter, usize), ErrorResponse> {
    let (user, id) = (context.user()?, context.id());
    let mut filters = state.filters.values_mut();
    let found = filters.find_map(|filter| {
        let at = ids(filter).into_iter().position(|known| known == id)?;
        (filter.owner == user).then_some((filter, at))
    });
    found.ok_or_else(not_found)
}

fn keyword_ids(filter: &Filter) -> Vec<Id> {
    filter.keywords.iter().map(|word| word.id).collect()
}

fn status_ids(filter: &Filter) -> Vec<Id> {
    filter.statuses.iter().map(|entry| entry.id).collect()
}

fn keyword(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let (filter, at) = entry(context, &mut state, keyword_ids)?;
    Ok(Response::json(&render::keyword(&filter.keywords[at])))
}

fn update_keyword(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let (filter, at) = entry(context, &mut state, keyword_ids)?;
    let keyword = &mut filter.keywords[at];
    set_keyword(keyword, &context.params)?;
    let answer = render::keyword(keyword);
    state.stream_filters_changed(user);
    Ok(Response::json(&answer))
}

fn delete_keyword(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let (filter, at) = entry(context, &mut state, keyword_ids)?;
    filter.keywords.remove(at);
    state.stream_filters_changed(user);
    Ok(Response::empty_object())
}

fn add_status(context: &Context<'_>) -> HandlerResult {
    let named = context.params.string("status_id");
    let named = named.map_or(0, |id| parse_id(&id));
    change(context, |state, id| {
        let status = visible(context, state, named)?.id;
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
    let (filter, at) = entry(context, &mut state, status_ids)?;
    Ok(Response::json(&render::filter_status(filter.statuses[at])))
}

fn delete_status(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let (filter, at) = entry(context, &mut state, status_ids)?;
    filter.statuses.remove(at);
    state.stream_filters_changed(user);
    Ok(Response::empty_object())
}
