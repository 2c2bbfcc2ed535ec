//! What the pages say of a method as a whole: its token, its limits, how it is paged and repeated.

use serde::Serialize;

use super::Site;
use super::parts::{Piece, joined, type_pieces};
use super::places::{LIMITS, PAGING, SCOPES, STREAMS, anchor, on};
use mastodon_spec::model::MethodModel;
use mastodon_spec::model::facts::headers;
use mastodon_spec::yaml::{
    AuthLevel, Body, Host, HttpMethod, Method, PagingStyle, Returns, SentWith,
};

/// A word, and what it says.
#[derive(Debug, Serialize)]
pub(super) struct Fact {
    title: &'static str,
    text: Vec<Piece>,
}

/// What a caller has to know of a method beside its parameters.
pub(super) fn facts(site: &Site<'_>, model: &MethodModel<'_>) -> Vec<Fact> {
    let method = model.yaml;
    let mut all = Vec::new();
    let mut add = |title, text: Vec<Piece>| all.push(Fact { title, text });
    if method.host == Some(Host::Streaming) {
        add(
            "Host",
            vec![Piece::text(
                "The one for streaming, which the instance names in its description.",
            )],
        );
    }
    add("Token", token(method));
    if let Some(permission) = &method.permission {
        let text = format!("The user's role needs `{permission}`.");
        add("Permission", vec![Piece::text(text)]);
    }
    match method.body {
        Some(Body::Form) => add("Body", vec![Piece::text("Sent as a form.")]),
        Some(Body::Multipart) => add("Body", vec![Piece::text("Always sent as multipart.")]),
        _ => {}
    }
    add("Rate limit", rate(site, method));
    if method.paging.is_some() {
        add("Paging", paging(method));
    }
    // That a GET may be repeated goes without saying.
    if model.http_method != HttpMethod::Get {
        add("If the answer is lost", repetition(site, model));
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
        return vec![Piece::text("None.")];
    };
    let (before, after) = match auth.level {
        AuthLevel::None => ("None is needed", "."),
        AuthLevel::OptionalApp => ("Optional; an application's", " may show more."),
        AuthLevel::OptionalUser => ("Optional; a user's", " shows more."),
        AuthLevel::App => ("An application's or a user's", "."),
        AuthLevel::User => ("A user's", "."),
    };
    let mut pieces = vec![Piece::text(before)];
    if !auth.scopes.is_empty() {
        pieces.push(Piece::text(" with "));
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
    let family = site.model.spec.api.rate_limits.get(name);
    // The general one is known, or one click away.
    let limit = family.filter(|_| name != "general").map(|family| {
        let (requests, time) = (family.requests, super::api::time(family.seconds));
        let per = super::api::per(family.per);
        Piece::text(format!(": {requests} in {time} for each {per}."))
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
        (PagingStyle::Cursor, true) => "By cursors, which the header `Link` brings.".to_owned(),
        (PagingStyle::Cursor, false) => "By cursors; there is no header `Link`.".to_owned(),
        (PagingStyle::Offset, true) => "By offset; the header `Link` counts it up.".to_owned(),
        (PagingStyle::Offset, false) => "By offset; there is no header `Link`.".to_owned(),
    });
    if let Some(limit) = paging.documented_limit {
        let (default, max) = (limit.default, limit.max);
        text.push(format!(
            "The documentation has {default} items, {max} at the most."
        ));
    }
    if let Some(previous) = &paging.prev_cursor {
        text.push(format!("The link to the previous page has `{previous}`."));
    }
    if !paging.unsupported.is_empty() {
        let names = paging.unsupported.join("`, `");
        text.push(format!(
            "The server does not read `{names}`, which the documentation lists."
        ));
    }
    if !paging.dropped_by_link.is_empty() {
        let names = paging.dropped_by_link.join("`, `");
        text.push(format!("The links lose `{names}`."));
    }
    vec![Piece::text(text.join(" "))]
}

fn repetition(site: &Site<'_>, method: &MethodModel<'_>) -> Vec<Piece> {
    let may = if method.is_idempotent {
        "It may be sent again."
    } else {
        "It is not sent again by itself: it may have been done."
    };
    let mut pieces = vec![Piece::text(may)];
    if let Some(repeated) = &method.yaml.already_applied {
        let says = repeated
            .message
            .as_ref()
            .map(|says| format!(" “{says}”"))
            .unwrap_or_default();
        let status = repeated.status;
        pieces.push(Piece::text(format!(
            " A repetition that finds it done is answered {status}{says}"
        )));
        if let (Some(shown_by), Some(when)) = (&repeated.verify_with, &repeated.applied_when) {
            pieces.push(Piece::text("; it is done when "));
            pieces.push(Piece::code(shown_by, site.places.method(shown_by)));
            pieces.push(Piece::text(format!(" shows `{when}`")));
        }
        pieces.push(Piece::text("."));
    }
    pieces
}

/// What a method answers.
pub(super) fn returned(site: &Site<'_>, method: &Method) -> Vec<Piece> {
    let typed = |ty| type_pieces(&site.places, ty);
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
                let place = site.places.named(entity).unwrap_or_default();
                let place = format!("{place}#{}", anchor(&[field]));
                pieces.push(Piece::text(" in "));
                pieces.push(Piece::link(format!("{entity}.{field}"), place));
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
        Some(Returns::Text) => vec![Piece::text("a text, which is not JSON")],
        Some(Returns::WebPage) => vec![Piece::text("a page for a browser")],
        Some(Returns::NoBody) | None => vec![Piece::text("no body")],
    }
}
