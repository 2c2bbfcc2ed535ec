//! Filters of API version 1: each keyword of each filter is one filter.

use super::super::Context;
use super::{entry, expiry, keyword_ids};
use crate::render;
use crate::response::{HandlerResult, Response, unprocessable};
use crate::state::{Filter, Keyword};

pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "filters" => list(context),
        "filter" => show(context),
        "filter_create" => create(context),
        "filter_update" => update(context),
        "filter_delete" => super::delete_keyword(context),
        _ => return None,
    })
}

fn list(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let filters = state.filters_of(user).flat_map(|filter| {
        let keywords = filter.keywords.iter();
        keywords.map(move |keyword| render::filter_v1(filter, keyword))
    });
    Ok(Response::json(&filters.collect()))
}

fn show(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let (filter, index) = entry(context, &mut state, keyword_ids)?;
    Ok(Response::json(&render::filter_v1(
        filter,
        &filter.keywords[index],
    )))
}

fn action(context: &Context<'_>) -> String {
    let irreversible = context.params.is_true("irreversible");
    if irreversible { "hide" } else { "warn" }.to_owned()
}

fn create(context: &Context<'_>) -> HandlerResult {
    let (user, params) = (context.user()?, &context.params);
    let phrase = params.string("phrase").unwrap_or_default();
    let mut state = context.shared.state();
    let keyword = Keyword {
        id: state.next_row_id(),
        keyword: phrase.clone(),
        whole_word: params.is_true("whole_word"),
    };
    let filter = Filter {
        id: state.next_row_id(),
        owner: user,
        title: phrase,
        context: params.list("context"),
        action: action(context),
        expires: expiry(context).flatten(),
        keywords: vec![keyword],
        statuses: Vec::new(),
    };
    let keyword = filter.keywords.first();
    let value = keyword.map(|keyword| render::filter_v1(&filter, keyword));
    state.filters.insert(filter.id, filter);
    state.stream_filters_changed(user);
    Ok(Response::json(&value.unwrap_or_default()))
}

fn update(context: &Context<'_>) -> HandlerResult {
    let (user, params) = (context.user()?, &context.params);
    let mut state = context.shared.state();
    let (filter, index) = entry(context, &mut state, keyword_ids)?;
    let mut changed = filter.clone();
    if params.contains("context") {
        changed.context = params.list("context");
    }
    if params.contains("irreversible") {
        changed.action = action(context);
    }
    if let Some(expires) = expiry(context) {
        changed.expires = expires;
    }
    if let Some(phrase) = params.non_blank("phrase") {
        changed.title = phrase;
    }
    let is_unchanged = changed.title == filter.title
        && changed.context == filter.context
        && changed.action == filter.action
        && changed.expires == filter.expires;
    if !is_unchanged && filter.keywords.len() > 1 {
        return Err(unprocessable(
            "These parameters cannot be changed from this application because they apply to more than one filter keyword. Use a more recent application or the web interface.",
        ));
    }
    let keyword = &mut changed.keywords[index];
    if let Some(phrase) = params.non_blank("phrase") {
        keyword.keyword = phrase;
    }
    if let Some(whole_word) = params.flag("whole_word") {
        keyword.whole_word = whole_word;
    }
    *filter = changed;
    let value = render::filter_v1(filter, &filter.keywords[index]);
    state.stream_filters_changed(user);
    Ok(Response::json(&value))
}
