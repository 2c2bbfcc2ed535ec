//! The route table of the test server.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

use super::endpoints::{level, verb};
use crate::ident;
use mastodon_spec::model::{Kind, Model, ParamModel, is_required};
use mastodon_spec::yaml::{Method, MethodsFile, Place, RatePer, TypeRef};

/// What holds for all routes, and where those of each file are.
pub(super) fn index(model: &Model<'_>) -> TokenStream {
    let files: Vec<_> = model.spec.methods.keys().map(|name| ident(name)).collect();
    let families = model.spec.api.rate_limits.iter().map(|(name, family)| {
        let own = limit(family.requests, family.seconds, family.per);
        let also = family
            .additional
            .iter()
            .map(|other| limit(other.requests, other.seconds, other.per));
        let done = family.successes_only;
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
        #![allow(unused_imports, reason = "not every file has a parameter")]

        use crate::route::{Event, Family, Limit, Per, Route, Scope, Stream};

        #(mod #files;)*

        /// The routes of each file of the specification.
        static FILES: &[&[Route]] = &[#(#files::ROUTES),*];

        /// Every route that the specification knows.
        pub fn all() -> impl Iterator<Item = &'static Route> {
            FILES.iter().copied().flatten()
        }

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

/// The routes of one file.
pub(super) fn file(model: &Model<'_>, file: &MethodsFile) -> TokenStream {
    let routes = file
        .methods
        .iter()
        .filter_map(|(name, method)| route(model, name, method));
    quote! {
        use crate::route::{Auth, Kind, Param, Route, Verb};

        pub(super) static ROUTES: &[Route] = &[#(#routes),*];
    }
}

fn route(model: &Model<'_>, name: &str, method: &Method) -> Option<TokenStream> {
    let http = method.http.as_ref()?;
    let (verb, path) = (verb(http.verb), &http.path);
    let level = level(method);
    let scopes = method.auth.iter().flat_map(|auth| &auth.scopes);
    let unusual = unusual(model, method);
    let params = model.params(method);
    let params = params.iter().map(|param| row(model, param));
    Some(quote! {
        Route {
            name: #name, verb: #verb, path: #path, auth: #level, scopes: &[#(#scopes),*],
            #unusual
            params: &[#(#params),*],
            ..Route::USUAL
        }
    })
}

/// What most routes have alike, where this one differs.
fn unusual(model: &Model<'_>, method: &Method) -> TokenStream {
    let also = method.also_accepts.iter().map(|other| verb(*other));
    let also = (!method.also_accepts.is_empty()).then(|| quote! { also: &[#(#also),*], });
    let aliases = method.aliases.iter().map(|alias| &alias.http.path);
    let aliases = (!method.aliases.is_empty()).then(|| quote! { aliases: &[#(#aliases),*], });
    let family = method
        .rate_limit
        .as_ref()
        .map(|family| quote! { family: #family, });
    let paging = method.paging.as_ref().map(|paging| {
        let limit = paging.limit.map(|limit| {
            let limits = [limit.default, limit.max].map(Literal::u32_unsuffixed);
            quote! { limit: Some((#(#limits),*)), }
        });
        let (cursors, loses) = (model.cursors(method), &paging.dropped_by_link);
        let previous = paging.prev_cursor.as_ref();
        let previous = previous.map(|previous| quote! { previous: #previous, });
        let loses = (!loses.is_empty()).then(|| quote! { loses: &[#(#loses),*], });
        quote! { #limit cursors: &[#(#cursors),*], #previous #loses }
    });
    let removed = method.removed.is_some().then(|| quote! { removed: true, });
    let day = method.deprecated_on.as_ref();
    let deprecated_on = day.map(|day| quote! { deprecated_on: Some(#day), });
    quote! { #also #aliases #family #paging #removed #deprecated_on }
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
        let (only_media, needs) = (stream.only_media, option(stream.param.as_ref()));
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
        let (payload, bare) = (event.payload.is_some(), event.plain_text);
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

fn row(model: &Model<'_>, param: &ParamModel<'_>) -> TokenStream {
    let wire = param.wire;
    let place = match param.place {
        Place::Path => quote! { path },
        Place::Query => quote! { query },
        Place::Body => quote! { body },
        Place::Header => quote! { header },
    };
    let required = is_required(param.spec).then(|| quote! { .required() });
    let indexed = param.spec.indexed.then(|| quote! { .indexed() });
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
    let list = list.then(|| quote! { .list() });
    let fields = (!fields.is_empty()).then(|| quote! { .fields(&[#(#fields),*]) });
    // The bounds of the API are whole numbers.
    let number = |value: f64| Literal::i64_unsuffixed(value as i64);
    let (min, max) = (param.spec.min.map(number), param.spec.max.map(number));
    let within = (min.is_some() || max.is_some()).then(|| {
        let (min, max) = (option(min), option(max));
        quote! { .within(#min, #max) }
    });
    quote! { Param::#place(#wire, Kind::#kind)#required #list #within #fields #indexed }
}
