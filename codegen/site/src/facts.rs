//! The facts table of a method: token, limits, paging, retries.

use serde::Serialize;

use super::Site;
use super::parts::{Piece, joined, type_pieces};
use super::urls::{LIMITS, PAGING, SCOPES, STREAMS, anchor, on};
use mastodon_spec::model::MethodModel;
use mastodon_spec::model::facts::headers;
use mastodon_spec::yaml::{
    AuthLevel, Body, Host, HttpMethod, Method, PagingStyle, Returns, SentWith,
};

/// A row of the facts table.
#[derive(Debug, Serialize)]
pub(super) struct Fact {
    title: &'static str,
    text: Vec<Piece>,
}

/// The facts of a method other than its parameters.
pub(super) fn facts(site: &Site<'_>, model: &MethodModel<'_>) -> Vec<Fact> {
    let method = model.yaml;
    let mut all = Vec::new();
    let mut add = |title, text: Vec<Piece>| all.push(Fact { title, text });
    if method.host == Some(Host::Streaming) {
        add(
            "Host",
            vec![Piece::text(
                "The streaming server, `configuration.urls.streaming` of the instance.",
            )],
        );
    }
    add("Token", token(method));
    if let Some(permission) = &method.permission {
        let text = format!("Requires the role permission `{permission}`.");
        add("Permission", vec![Piece::text(text)]);
    }
    match method.body {
        Some(Body::Form | Body::FormOrJson) => add("Body", vec![Piece::text("Sent as a form.")]),
        Some(Body::Multipart) => add("Body", vec![Piece::text("Always sent as multipart.")]),
        _ => {}
    }
    // The general limit applies to all methods.
    if method.rate_limit.is_some() {
        add("Rate limit", rate(site, method));
    }
    if method.paging.is_some() {
        add("Paging", paging(method));
    }
    // GET requests can always be retried.
    if model.http_method != HttpMethod::Get {
        add("Retries", retries(site, model));
    }
    let named: Vec<_> = headers(&site.model.spec.api, method)
        .filter(|(_, header)| !matches!(header.sent_with, SentWith::All | SentWith::Pages))
        .map(|(name, _)| Piece::code(name, Some(on(PAGING, &[name]))))
        .collect();
    if !named.is_empty() {
        add("Headers", joined(named, ", "));
    }
    all
}

fn token(method: &Method) -> Vec<Piece> {
    let Some(auth) = &method.auth else {
        return vec![Piece::text("Not required.")];
    };
    let (before, after) = match auth.level {
        AuthLevel::None => ("Not required", "."),
        AuthLevel::OptionalApp => ("Optional application token", "; returns more."),
        AuthLevel::OptionalUser => ("Optional user token", "; returns more."),
        AuthLevel::App => ("Application or user token", "."),
        AuthLevel::User => ("User token", "."),
    };
    let mut pieces = vec![Piece::text(before)];
    if !auth.scopes.is_empty() {
        pieces.push(Piece::text(" with the scope "));
        let scopes = auth.scopes.iter();
        let scopes = scopes.map(|scope| Piece::code(scope, Some(on(SCOPES, &[scope]))));
        pieces.extend(joined(scopes, " or "));
    }
    pieces.push(Piece::text(after));
    pieces
}

fn rate(site: &Site<'_>, method: &Method) -> Vec<Piece> {
    let name = method.rate_limit.as_deref().unwrap_or("general");
    let link = Piece::code(name, Some(on(LIMITS, &[name])));
    let bucket = site.model.spec.api.rate_limits.get(name);
    let limit = bucket.map(|bucket| {
        let (requests, time) = (bucket.requests, super::api::time(bucket.seconds));
        let per = super::api::per(bucket.per);
        Piece::text(format!(": {requests} in {time} per {per}."))
    });
    std::iter::once(link).chain(limit).collect()
}

fn paging(method: &Method) -> Vec<Piece> {
    let Some(paging) = &method.paging else {
        return Vec::new();
    };
    let mut text = Vec::new();
    let link = paging.link_header.unwrap_or(true);
    text.push(match (paging.style, link) {
        (PagingStyle::Cursor, true) => "By cursors in the `Link` header.".to_owned(),
        (PagingStyle::Cursor, false) => "By cursors; no `Link` header.".to_owned(),
        (PagingStyle::Offset, true) => "By offset, with a `Link` header.".to_owned(),
        (PagingStyle::Offset, false) => "By offset; no `Link` header.".to_owned(),
    });
    if let Some(limit) = method.documented.limit {
        let (default, max) = (limit.default, limit.max);
        text.push(format!(
            "Documented: {default} items by default, at most {max}."
        ));
    }
    if let Some(previous) = &paging.prev_cursor {
        text.push(format!("The `prev` link has `{previous}`."));
    }
    if !paging.unsupported.is_empty() {
        let names = paging.unsupported.join("`, `");
        text.push(format!("Documented but not supported: `{names}`."));
    }
    if !paging.dropped_by_link.is_empty() {
        let names = paging.dropped_by_link.join("`, `");
        text.push(format!("Missing in the `Link` header: `{names}`."));
    }
    vec![Piece::text(text.join(" "))]
}

fn retries(site: &Site<'_>, method: &MethodModel<'_>) -> Vec<Piece> {
    let lost = method.yaml.lost_response.as_ref();
    let is_searched = lost.is_some_and(|lost| lost.find_in.is_some() || lost.find_with.is_some());
    let text = if method.is_idempotent {
        "Safe to retry after the response was lost."
    } else if is_searched {
        "Retried after the response was lost only if its result is not found."
    } else {
        "Not retried automatically after the response was lost."
    };
    let mut pieces = vec![Piece::text(text)];
    if let Some(lost) = lost {
        if let Some(find_in) = &lost.find_in {
            let fields: Vec<_> = lost.fields().map(|(_, field)| field).collect();
            pieces.push(Piece::text(" It was applied if "));
            pieces.push(Piece::code(find_in, site.urls.method(find_in)));
            let fields = fields.join("`, `");
            pieces.push(Piece::text(format!(
                " returns a result with the same `{fields}`."
            )));
        }
        pieces.push(Piece::text(format!(
            " Check {} before repeating it.",
            lost.check
        )));
    }
    if let Some(error) = &method.yaml.already_applied {
        let message = error
            .message
            .as_ref()
            .map(|message| format!(" “{message}”"))
            .unwrap_or_default();
        let status = error.status;
        pieces.push(Piece::text(format!(
            " A retry of an applied request returns {status}{message}"
        )));
        if let (Some(verify_with), Some(condition)) = (&error.verify_with, &error.applied_when) {
            pieces.push(Piece::text("; it was applied if "));
            pieces.push(Piece::code(verify_with, site.urls.method(verify_with)));
            pieces.push(Piece::text(format!(" returns `{condition}`")));
        }
        pieces.push(Piece::text("."));
    }
    pieces
}

/// The type of a successful response.
pub(super) fn returned(site: &Site<'_>, method: &Method) -> Vec<Piece> {
    let typed = |ty| type_pieces(&site.urls, ty);
    match &method.returns {
        Some(Returns::Value(ty)) => {
            let mut pieces = typed(ty);
            if let Some((param, other)) = method.alternative() {
                pieces.push(Piece::text("; "));
                pieces.extend(typed(other));
                pieces.push(Piece::text(format!(" if `{param}` is given")));
            }
            pieces
        }
        Some(Returns::Page { item, wrapper }) => {
            let mut pieces = vec![Piece::text("page of ")];
            pieces.extend(typed(item));
            if let Some((entity, field)) = wrapper {
                let url = site.urls.named(entity).unwrap_or_default();
                let url = format!("{url}#{}", anchor(&[field]));
                pieces.push(Piece::text(" in "));
                pieces.push(Piece::link(format!("{entity}.{field}"), url));
            }
            pieces
        }
        Some(Returns::Stream(Some(ty))) => {
            let mut pieces = vec![Piece::text("stream of ")];
            pieces.extend(typed(ty));
            pieces
        }
        Some(Returns::Stream(None)) => {
            vec![Piece::text("stream of "), Piece::link("events", STREAMS)]
        }
        Some(Returns::Nothing) => vec![Piece::text("an empty object")],
        Some(Returns::Text) => vec![Piece::text("plain text")],
        Some(Returns::WebPage) => vec![Piece::text("web page")],
        Some(Returns::NoBody) | None => vec![Piece::text("no body")],
    }
}
