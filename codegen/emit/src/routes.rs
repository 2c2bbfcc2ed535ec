//! Emits the route table of the test server.

use std::iter;

use proc_macro2::TokenStream;
use quote::quote;

use super::endpoints::auth;
use crate::ident;
use crate::samples::server;
use mastodon_layout::table::{
    Object, With, call, flag, item, list, number, option, path, some, text, texts, tuple,
};
use mastodon_spec::model::{Kind, MethodModel, Model, ParamModel, Resource};
use mastodon_spec::yaml::{CountedPer, HttpMethod, ParamLocation, Supported, TypeRef};

/// The tables of the whole API: rate limits, scopes, streams and events.
pub(super) fn index(model: &Model<'_>) -> TokenStream {
    let resources = model.resources().iter();
    let files: Vec<_> = resources
        .filter(|resource| !resource.is_of_other_servers)
        .map(|resource| ident(&resource.module))
        .collect();
    let buckets = model.spec.api.rate_limits.iter().map(|(name, bucket)| {
        let own = limit(bucket.requests, bucket.seconds, bucket.per);
        let additional = bucket.additional.iter();
        let additional = additional.map(|it| limit(it.requests, it.seconds, it.per));
        Object::new("RateLimitBucket")
            .with("name", text(name))
            .with("limits", list(iter::once(own).chain(additional)))
            .with("counts_only_success", flag(bucket.successes_only))
            .into()
    });
    let scopes = model.spec.api.scopes.iter();
    let scopes = scopes
        .filter(|(_, scope)| scope.removed.is_none())
        .map(|(name, scope)| {
            Object::new("Scope")
                .with("name", text(name))
                .with("includes", texts(&scope.includes))
                .into()
        });
    let (buckets, scopes) = (list(buckets), list(scopes));
    let (streams, events) = (list(streams(model)), list(events(model)));
    quote! {
        #![allow(unused_imports, reason = "not every specification uses all of them")]

        use crate::route::{CountedBy, Event, Limit, RateLimitBucket, Route, Scope, Stream};

        #(mod #files;)*

        /// The routes of each resource.
        static FILES: &[&[Route]] = &[#(#files::ROUTES),*];

        /// All routes.
        pub fn all() -> impl Iterator<Item = &'static Route> {
            FILES.iter().copied().flatten()
        }

        /// The rate limits, each of which is counted separately.
        pub static RATE_LIMIT_BUCKETS: &[RateLimitBucket] = #buckets;

        /// The OAuth scopes.
        pub static SCOPES: &[Scope] = #scopes;

        /// The streams by their WebSocket names.
        pub static STREAMS: &[Stream] = #streams;

        /// The events of streams.
        pub static EVENTS: &[Event] = #events;
    }
}

/// The routes of one resource.
pub(super) fn resource(model: &Model<'_>, resource: &Resource<'_>) -> TokenStream {
    let routes = resource.methods.iter().map(|method| route(model, method));
    let table = item("ROUTES", &quote! { &[Route] }, &list(routes));
    quote! {
        use crate::route::{Auth, Method, Param, ParamType, Route};
        pub(super) #table
    }
}

fn route(model: &Model<'_>, method: &MethodModel<'_>) -> TokenStream {
    let yaml = method.yaml;
    let since = yaml.since.as_ref().map(ToString::to_string);
    let also = yaml.also_accepts.iter().copied().map(http_method);
    let aliases = yaml.aliases.iter().filter(|alias| alias.on.is_empty());
    let aliases: Vec<_> = aliases.map(|alias| &alias.http.path).collect();
    let params = method.params.iter();
    let params = params
        .filter(|param| !param.yaml.is_only_on())
        .map(|param| param_entry(model, param));
    let mut route = Object::new("Route")
        .with("name", text(method.name))
        .with("method", http_method(method.http_method))
        .with("path", text(method.path))
        .with("auth", auth(method.auth))
        .with("scopes", texts(method.scopes))
        .with("since", since.map(|since| some(text(since))))
        .with(
            "additional_methods",
            (!yaml.also_accepts.is_empty()).then(|| list(also)),
        )
        .with("aliases", (!aliases.is_empty()).then(|| texts(aliases)))
        .with("bucket", yaml.rate_limit.as_ref().map(text));
    if let Some(paging) = &yaml.paging {
        let page_size = paging
            .limit
            .map(|limit| tuple([limit.default, limit.max].map(number)));
        let dropped = &paging.dropped_by_link;
        route = route
            .with("page_size", page_size.map(some))
            .with("cursors", texts(&method.cursors))
            .with("previous_cursor", paging.prev_cursor.as_ref().map(text))
            .with(
                "next_on_last_page",
                paging.next_on_last_page.then(|| flag(true)),
            )
            .with(
                "dropped_by_link",
                (!dropped.is_empty()).then(|| texts(dropped)),
            );
    }
    let sample = server::response(model, method);
    route
        .with("removed", yaml.removed.as_ref().map(|_| flag(true)))
        .with(
            "deprecated_on",
            yaml.deprecated_on.as_ref().map(|day| some(text(day))),
        )
        .with("sample", sample.map(|json| some(text(json))))
        .with("params", list(params))
        .with_rest(path("Route::DEFAULT"))
        .into()
}

fn http_method(method: HttpMethod) -> TokenStream {
    path(match method {
        HttpMethod::Get => "Method::Get",
        HttpMethod::Post => "Method::Post",
        HttpMethod::Put => "Method::Put",
        HttpMethod::Patch => "Method::Patch",
        HttpMethod::Delete => "Method::Delete",
    })
}

fn streams(model: &Model<'_>) -> impl Iterator<Item = TokenStream> {
    let streams = model.spec.api.streams.iter();
    let streams = streams.filter(|(_, stream)| !stream.is_only_on());
    streams.map(|(name, stream)| {
        let method = stream.method.as_ref().and_then(|name| model.method(name));
        let since = stream.since.as_ref().map(ToString::to_string);
        let is_known = |name: &&String| {
            let event = model.spec.api.events.get(*name);
            event.is_some_and(|event| !event.is_only_on())
        };
        let events = stream.events.iter().filter(is_known);
        Object::new("Stream")
            .with("name", text(name))
            .with("path", option(method.map(|method| text(method.path))))
            .with("only_media", flag(stream.only_media))
            .with("required_param", option(stream.param.as_ref().map(text)))
            .with("scopes", texts(model.stream_scopes(stream)))
            .with("since", option(since.map(text)))
            .with("events", texts(events))
            .into()
    })
}

fn events(model: &Model<'_>) -> impl Iterator<Item = TokenStream> {
    let events = model.spec.api.events.iter();
    let events = events.filter(|(_, event)| !event.is_only_on());
    events.map(|(name, event)| {
        let since = event.since.as_ref().map(ToString::to_string);
        Object::new("Event")
            .with("name", text(name))
            .with("has_payload", flag(event.payload.is_some()))
            .with("is_plain_text", flag(event.plain_text))
            .with("since", option(since.map(text)))
            .with("sample", option(server::payload(model, event).map(text)))
            .into()
    })
}

fn limit(requests: u32, seconds: u32, per: CountedPer) -> TokenStream {
    let per = match per {
        CountedPer::Token => "CountedBy::Token",
        CountedPer::User => "CountedBy::User",
        CountedPer::Address => "CountedBy::Address",
    };
    Object::new("Limit")
        .with("requests", number(requests))
        .with("seconds", number(seconds))
        .with("per", path(per))
        .into()
}

fn param_entry(model: &Model<'_>, param: &ParamModel<'_>) -> TokenStream {
    let location = match param.location {
        ParamLocation::Path => "Param::path",
        ParamLocation::Query => "Param::query",
        ParamLocation::Body => "Param::body",
        ParamLocation::Header => "Param::header",
    };
    let missing_status = param.yaml.missing_status.filter(|_| param.is_required());
    let is_required = param.is_required() && missing_status.is_none();
    let missing_status = missing_status.filter(|status| *status != 200);
    let (is_list, inner) = match param.ty {
        TypeRef::List(inner) => (true, &**inner),
        other => (false, other),
    };
    let mut fields = Vec::new();
    let kind = match inner {
        TypeRef::Bool => path("ParamType::Bool"),
        TypeRef::Flag => path("ParamType::Flag"),
        TypeRef::Integer | TypeRef::Seconds => path("ParamType::Integer"),
        TypeRef::Number => path("ParamType::Number"),
        TypeRef::DateTime => path("ParamType::DateTime"),
        TypeRef::Date => path("ParamType::Date"),
        TypeRef::File => path("ParamType::File"),
        TypeRef::Json | TypeRef::MapOf(_) => path("ParamType::Object"),
        TypeRef::Named(name) => match model.kind(name) {
            Some(Kind::Enum) => {
                let values = model
                    .enumeration(name)
                    .into_iter()
                    .flat_map(|found| &found.values)
                    .filter(|(_, value)| !value.is_only_on())
                    .map(|(wire, _)| wire);
                call("ParamType::Enum", [texts(values)])
            }
            Some(Kind::Input) => {
                let params = model
                    .input(name)
                    .into_iter()
                    .flat_map(|input| &input.params)
                    .filter(|field| !field.yaml.is_only_on());
                fields = params.map(|field| param_entry(model, field)).collect();
                path("ParamType::Object")
            }
            _ => path("ParamType::String"),
        },
        _ => path("ParamType::String"),
    };
    // All bounds in the specification are whole numbers.
    let bounds = [param.yaml.min, param.yaml.max].map(|bound| bound.map(|value| value as i64));
    let has_bounds = bounds.iter().any(Option::is_some);
    let range = has_bounds.then(|| bounds.map(|bound| option(bound.map(number))));
    call(location, [text(param.wire), kind])
        .with("required", is_required.then_some([]))
        .with(
            "missing_status",
            missing_status.map(|status| [number(status)]),
        )
        .with("list", is_list.then_some([]))
        .with("range", range)
        .with("fields", (!fields.is_empty()).then(|| [list(fields)]))
        .with("indexed", param.yaml.indexed.then_some([]))
}
