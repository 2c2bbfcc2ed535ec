//! Emits the route table of the test server.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

use super::endpoints::auth;
use crate::ident;
use crate::samples::server;
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
        let additional = bucket
            .additional
            .iter()
            .map(|other| limit(other.requests, other.seconds, other.per));
        let successes_only = bucket.successes_only;
        quote! { RateLimitBucket { name: #name, limits: &[#own #(, #additional)*], counts_only_success: #successes_only } }
    });
    let scopes = model.spec.api.scopes.iter();
    let scopes = scopes
        .filter(|(_, scope)| scope.removed.is_none())
        .map(|(name, scope)| {
            let includes = &scope.includes;
            quote! { Scope { name: #name, includes: &[#(#includes),*] } }
        });
    let streams = streams(model);
    let events = events(model);
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
        pub static RATE_LIMIT_BUCKETS: &[RateLimitBucket] = &[#(#buckets),*];

        /// The OAuth scopes.
        pub static SCOPES: &[Scope] = &[#(#scopes),*];

        /// The streams by their WebSocket names.
        pub static STREAMS: &[Stream] = &[#(#streams),*];

        /// The events of streams.
        pub static EVENTS: &[Event] = &[#(#events),*];
    }
}

/// The routes of one resource.
pub(super) fn resource(model: &Model<'_>, resource: &Resource<'_>) -> TokenStream {
    let routes = resource.methods.iter().map(|method| route(model, method));
    quote! {
        use crate::route::{Auth, Method, Param, ParamType, Route};

        pub(super) static ROUTES: &[Route] = &[#(#routes),*];
    }
}

fn route(model: &Model<'_>, method: &MethodModel<'_>) -> TokenStream {
    let (name, path, scopes) = (method.name, method.path, method.scopes);
    let (http_method, auth) = (http_method(method.http_method), auth(method.auth));
    let non_default = non_default_fields(model, method);
    let params = method.params.iter();
    let params = params
        .filter(|param| !param.yaml.is_only_on())
        .map(|param| param_entry(model, param));
    quote! {
        Route {
            name: #name, method: #http_method, path: #path, auth: #auth, scopes: &[#(#scopes),*],
            #non_default
            params: &[#(#params),*],
            ..Route::DEFAULT
        }
    }
}

fn http_method(method: HttpMethod) -> TokenStream {
    match method {
        HttpMethod::Get => quote! { Method::Get },
        HttpMethod::Post => quote! { Method::Post },
        HttpMethod::Put => quote! { Method::Put },
        HttpMethod::Patch => quote! { Method::Patch },
        HttpMethod::Delete => quote! { Method::Delete },
    }
}

/// The fields that differ from `Route::DEFAULT`.
fn non_default_fields(spec: &Model<'_>, model: &MethodModel<'_>) -> TokenStream {
    let method = model.yaml;
    let also = method.also_accepts.iter().map(|other| http_method(*other));
    let also =
        (!method.also_accepts.is_empty()).then(|| quote! { additional_methods: &[#(#also),*], });
    let aliases = method.aliases.iter().filter(|alias| alias.on.is_empty());
    let aliases: Vec<_> = aliases.map(|alias| &alias.http.path).collect();
    let aliases = (!aliases.is_empty()).then(|| quote! { aliases: &[#(#aliases),*], });
    let bucket = method
        .rate_limit
        .as_ref()
        .map(|bucket| quote! { bucket: #bucket, });
    let paging = method.paging.as_ref().map(|paging| {
        let limit = paging.limit.map(|limit| {
            let limits = [limit.default, limit.max].map(Literal::u32_unsuffixed);
            quote! { page_size: Some((#(#limits),*)), }
        });
        let (cursors, dropped) = (&model.cursors, &paging.dropped_by_link);
        let previous = paging.prev_cursor.as_ref();
        let previous = previous.map(|previous| quote! { previous_cursor: #previous, });
        let next = paging.next_on_last_page;
        let next = next.then(|| quote! { next_on_last_page: true, });
        let dropped = (!dropped.is_empty()).then(|| quote! { dropped_by_link: &[#(#dropped),*], });
        quote! { #limit cursors: &[#(#cursors),*], #previous #next #dropped }
    });
    let removed = method.removed.is_some().then(|| quote! { removed: true, });
    let day = method.deprecated_on.as_ref();
    let deprecated_on = day.map(|day| quote! { deprecated_on: Some(#day), });
    let since = method.since.as_ref().map(ToString::to_string);
    let since = since.map(|since| quote! { since: Some(#since), });
    let sample = server::response(spec, model).map(|json| quote! { sample: Some(#json), });
    quote! { #since #also #aliases #bucket #paging #removed #deprecated_on #sample }
}

fn streams(model: &Model<'_>) -> impl Iterator<Item = TokenStream> {
    let streams = model.spec.api.streams.iter();
    let streams = streams.filter(|(_, stream)| !stream.is_only_on());
    streams.map(|(name, stream)| {
        let method = stream.method.as_ref().and_then(|name| model.method(name));
        let path = option(method.map(|method| method.path));
        let (only_media, required_param) = (stream.only_media, option(stream.param.as_ref()));
        let since = option(stream.since.as_ref().map(ToString::to_string));
        let is_known = |name: &&String| {
            let event = model.spec.api.events.get(*name);
            event.is_some_and(|event| !event.is_only_on())
        };
        let events = stream.events.iter().filter(is_known);
        let scopes = model.stream_scopes(stream);
        quote! {
            Stream {
                name: #name, path: #path, only_media: #only_media, required_param: #required_param, scopes: &[#(#scopes),*],
                since: #since, events: &[#(#events),*],
            }
        }
    })
}

fn events(model: &Model<'_>) -> impl Iterator<Item = TokenStream> {
    let events = model.spec.api.events.iter();
    let events = events.filter(|(_, event)| !event.is_only_on());
    events.map(|(name, event)| {
        let (has_payload, is_plain_text) = (event.payload.is_some(), event.plain_text);
        let since = option(event.since.as_ref().map(ToString::to_string));
        let sample = option(server::payload(model, event));
        quote! { Event { name: #name, has_payload: #has_payload, is_plain_text: #is_plain_text, since: #since, sample: #sample } }
    })
}

fn option(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or_else(|| quote! { None }, |value| quote! { Some(#value) })
}

fn limit(requests: u32, seconds: u32, per: CountedPer) -> TokenStream {
    let (requests, seconds) = (
        Literal::u32_unsuffixed(requests),
        Literal::u32_unsuffixed(seconds),
    );
    let per = match per {
        CountedPer::Token => quote! { Token },
        CountedPer::User => quote! { User },
        CountedPer::Address => quote! { Address },
    };
    quote! { Limit { requests: #requests, seconds: #seconds, per: CountedBy::#per } }
}

fn param_entry(model: &Model<'_>, param: &ParamModel<'_>) -> TokenStream {
    let wire = param.wire;
    let location = match param.location {
        ParamLocation::Path => quote! { path },
        ParamLocation::Query => quote! { query },
        ParamLocation::Body => quote! { body },
        ParamLocation::Header => quote! { header },
    };
    let required = match param.yaml.missing_status {
        _ if !param.is_required() => None,
        None => Some(quote! { .required() }),
        Some(200) => None,
        Some(status) => {
            let status = Literal::u16_unsuffixed(status);
            Some(quote! { .missing_status(#status) })
        }
    };
    let indexed = param.yaml.indexed.then(|| quote! { .indexed() });
    let (list, inner) = match param.ty {
        TypeRef::List(inner) => (true, &**inner),
        other => (false, other),
    };
    let mut fields = Vec::new();
    let kind = match inner {
        TypeRef::Bool => quote! { Bool },
        TypeRef::Flag => quote! { Flag },
        TypeRef::Integer | TypeRef::Seconds => quote! { Integer },
        TypeRef::Number => quote! { Number },
        TypeRef::DateTime => quote! { DateTime },
        TypeRef::Date => quote! { Date },
        TypeRef::File => quote! { File },
        TypeRef::Json | TypeRef::MapOf(_) => quote! { Object },
        TypeRef::Named(name) => match model.kind(name) {
            Some(Kind::Enum) => {
                let values = model
                    .enumeration(name)
                    .into_iter()
                    .flat_map(|found| &found.values)
                    .filter(|(_, value)| !value.is_only_on())
                    .map(|(wire, _)| wire);
                quote! { Enum(&[#(#values),*]) }
            }
            Some(Kind::Input) => {
                let params = model
                    .input(name)
                    .into_iter()
                    .flat_map(|input| &input.params)
                    .filter(|field| !field.yaml.is_only_on());
                fields = params.map(|field| param_entry(model, field)).collect();
                quote! { Object }
            }
            _ => quote! { String },
        },
        _ => quote! { String },
    };
    let list = list.then(|| quote! { .list() });
    let fields = (!fields.is_empty()).then(|| quote! { .fields(&[#(#fields),*]) });
    // All bounds in the specification are whole numbers.
    let number = |value: f64| Literal::i64_unsuffixed(value as i64);
    let (min, max) = (param.yaml.min.map(number), param.yaml.max.map(number));
    let range = (min.is_some() || max.is_some()).then(|| {
        let (min, max) = (option(min), option(max));
        quote! { .range(#min, #max) }
    });
    quote! { Param::#location(#wire, ParamType::#kind)#required #list #range #fields #indexed }
}
