//! The route table of the test server.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

use crate::model::{Kind, Model, ParamModel, is_required};
use crate::spec::{AuthLevel, Place, RatePer, TypeRef, Verb};

pub(super) fn routes(model: &Model<'_>) -> TokenStream {
    let routes = model.methods().filter_map(|(name, method)| {
        let http = method.http.as_ref()?;
        let (verb_name, path) = (verb(http.verb), &http.path);
        let also = method.also.iter().map(|other| verb(*other));
        let aliases = method.aliases.iter().map(|alias| &alias.http.path);
        let level = match method.auth.as_ref().map_or(AuthLevel::None, |auth| auth.level) {
            AuthLevel::None => quote! { None },
            AuthLevel::OptionalApp => quote! { OptionalApp },
            AuthLevel::OptionalUser => quote! { OptionalUser },
            AuthLevel::App => quote! { App },
            AuthLevel::User => quote! { User },
        };
        let scopes = method.auth.iter().flat_map(|auth| &auth.scopes);
        let family = method.rate.as_deref().unwrap_or("general");
        let limit = method.paging.as_ref().and_then(|paging| paging.limit);
        let limit = limit.map_or_else(|| quote! { None }, |limit| {
            let (default, max) = (limit.default, limit.max);
            quote! { Some((#default, #max)) }
        });
        let cursors = model.cursors(method);
        let previous = method.paging.as_ref().and_then(|paging| paging.previous.as_deref());
        let previous = previous.unwrap_or("min_id");
        let loses = method.paging.iter().flat_map(|paging| &paging.loses);
        let deprecated_on = option(method.deprecated_on.as_ref());
        let removed = method.removed.is_some();
        let params = model.params(method);
        let params = params.iter().map(|param| row(model, param));
        Some(quote! {
            Route {
                name: #name, verb: #verb_name, path: #path, also: &[#(#also),*], aliases: &[#(#aliases),*],
                auth: Auth::#level, scopes: &[#(#scopes),*], family: #family, limit: #limit, cursors: &[#(#cursors),*],
                previous: #previous, loses: &[#(#loses),*],
                removed: #removed, deprecated_on: #deprecated_on, params: &[#(#params),*],
            }
        })
    });
    let families = model.spec.api.rate_families.iter().map(|(name, family)| {
        let own = limit(family.requests, family.seconds, family.per);
        let also = family
            .also
            .iter()
            .map(|other| limit(other.requests, other.seconds, other.per));
        let done = family.done;
        quote! { Family { name: #name, limits: &[#own #(, #also)*], done: #done } }
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
        use crate::route::{
            Auth, Event, Family, Kind, Limit, Param, Per, Place, Route, Scope, Stream, Verb,
        };

        /// Every route that the specification knows.
        pub static ROUTES: &[Route] = &[#(#routes),*];

        /// The rate limits that are kept apart.
        pub static FAMILIES: &[Family] = &[#(#families),*];

        /// The scopes that a token can have.
        pub static SCOPES: &[Scope] = &[#(#scopes),*];

        /// The streams, under their names over the WebSocket.
        pub static STREAMS: &[Stream] = &[#(#streams),*];

        /// The events that streams carry.
        pub static EVENTS: &[Event] = &[#(#events),*];
    }
}

fn streams(model: &Model<'_>) -> impl Iterator<Item = TokenStream> {
    model.spec.api.streams.iter().map(|(name, stream)| {
        let method = stream.method.as_ref();
        let method = method.and_then(|wanted| {
            let mut methods = model.methods();
            methods.find_map(|(name, method)| (name == wanted).then_some(method))
        });
        let path = method.and_then(|method| Some(&method.http.as_ref()?.path));
        let path = option(path);
        let (only_media, needs) = (stream.only_media, option(stream.needs.as_ref()));
        let since = option(stream.since.as_ref().map(ToString::to_string));
        let (scopes, events) = (&stream.scopes, &stream.events);
        quote! {
            Stream {
                name: #name, path: #path, only_media: #only_media, needs: #needs, scopes: &[#(#scopes),*],
                since: #since, events: &[#(#events),*],
            }
        }
    })
}

fn events(model: &Model<'_>) -> impl Iterator<Item = TokenStream> {
    model.spec.api.events.iter().map(|(name, event)| {
        let (payload, bare) = (event.payload.is_some(), event.bare);
        let since = option(event.since.as_ref().map(ToString::to_string));
        quote! { Event { name: #name, payload: #payload, bare: #bare, since: #since } }
    })
}

fn option(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or_else(|| quote! { None }, |value| quote! { Some(#value) })
}

fn limit(requests: u32, seconds: u32, per: RatePer) -> TokenStream {
    let (requests, seconds) = (
        Literal::u32_unsuffixed(requests),
        Literal::u32_unsuffixed(seconds),
    );
    let per = match per {
        RatePer::Token => quote! { Token },
        RatePer::User => quote! { User },
        RatePer::Address => quote! { Address },
    };
    quote! { Limit { requests: #requests, seconds: #seconds, per: Per::#per } }
}

fn verb(verb: Verb) -> TokenStream {
    match verb {
        Verb::Get => quote! { Verb::Get },
        Verb::Post => quote! { Verb::Post },
        Verb::Put => quote! { Verb::Put },
        Verb::Patch => quote! { Verb::Patch },
        Verb::Delete => quote! { Verb::Delete },
    }
}

fn row(model: &Model<'_>, param: &ParamModel<'_>) -> TokenStream {
    let (wire, required, indexed) = (
        param.wire,
        is_required(param.spec) || param.place == Place::Path,
        param.spec.indexed,
    );
    let place = match param.place {
        Place::Path => quote! { Path },
        Place::Query => quote! { Query },
        Place::Body => quote! { Body },
        Place::Header => quote! { Header },
    };
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
                    .flat_map(|found| found.values.keys());
                quote! { Enum(&[#(#values),*]) }
            }
            Some(Kind::Input) => {
                let inside = model
                    .input(name)
                    .map(|input| model.input_params(input))
                    .unwrap_or_default();
                fields = inside.iter().map(|field| row(model, field)).collect();
                quote! { Object }
            }
            _ => quote! { Text },
        },
        _ => quote! { Text },
    };
    // The bounds of the API are whole numbers.
    let number = |value: Option<f64>| {
        value.map_or_else(
            || quote! { None },
            |value| {
                let value = Literal::i64_unsuffixed(value as i64);
                quote! { Some(#value) }
            },
        )
    };
    let (min, max) = (number(param.spec.min), number(param.spec.max));
    quote! {
        Param {
            name: #wire, place: Place::#place, kind: Kind::#kind, required: #required, list: #list,
            min: #min, max: #max, fields: &[#(#fields),*], indexed: #indexed,
        }
    }
}
