//! The facts of the endpoints as data.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::api::version;
use crate::ident;
use mastodon_spec::model::{BEGINNING, Model, ParamModel};
use mastodon_spec::names::{static_name, variant_name};
use mastodon_spec::yaml::{
    AuthLevel, Body, Method, MethodsFile, PagingStyle, Place, Repeated, Returns, Verb, Version,
};

/// The module of all endpoints.
pub(super) fn index(model: &Model<'_>) -> TokenStream {
    let modules: Vec<_> = model.spec.methods.keys().map(|name| ident(name)).collect();
    let endpoints = model.methods().map(|(name, _)| ident(&static_name(name)));
    quote! {
        use super::prelude::*;
        #(mod #modules;)*
        #(pub(crate) use #modules::*;)*

        /// Every endpoint of the API, in the order of the specification.
        pub(crate) static ENDPOINTS: &[&Endpoint] = &[#(&#endpoints),*];
    }
}

/// One file of endpoints.
pub(super) fn file(model: &Model<'_>, file: &MethodsFile) -> TokenStream {
    let statics = file
        .methods
        .iter()
        .map(|(name, method)| descriptor(model, name, method));
    quote! {
        use super::super::prelude::*;
        #(#statics)*
    }
}

fn descriptor(model: &Model<'_>, name: &str, method: &Method) -> TokenStream {
    let descriptor = ident(&static_name(name));
    let http = method.http.as_ref();
    let verb = verb(http.map_or(Verb::Get, |http| http.verb));
    let path = http.map_or("", |http| http.path.as_str());
    let level = level(method);
    let scopes = method.auth.iter().flat_map(|auth| &auth.scopes);
    let repeatable = model.repeatable(method);
    let unusual = unusual(model, method);
    let params: Vec<_> = model.params(method).iter().map(param).collect();
    let params = (!params.is_empty()).then(|| quote! { params: &[#(#params),*], });
    quote! {
        pub(crate) static #descriptor: Endpoint = Endpoint {
            name: #name,
            verb: #verb,
            path: #path,
            auth: #level,
            scopes: &[#(#scopes),*],
            repeatable: #repeatable,
            #unusual
            #params
            ..Endpoint::USUAL
        };
    }
}

pub(super) fn verb(verb: Verb) -> TokenStream {
    match verb {
        Verb::Get => quote! { Verb::Get },
        Verb::Post => quote! { Verb::Post },
        Verb::Put => quote! { Verb::Put },
        Verb::Patch => quote! { Verb::Patch },
        Verb::Delete => quote! { Verb::Delete },
    }
}

/// Who may call it.
pub(super) fn level(method: &Method) -> TokenStream {
    match method
        .auth
        .as_ref()
        .map_or(AuthLevel::None, |auth| auth.level)
    {
        AuthLevel::None => quote! { Auth::None },
        AuthLevel::OptionalApp => quote! { Auth::OptionalApp },
        AuthLevel::OptionalUser => quote! { Auth::OptionalUser },
        AuthLevel::App => quote! { Auth::App },
        AuthLevel::User => quote! { Auth::User },
    }
}

/// What most endpoints have alike, where this one differs.
fn unusual(model: &Model<'_>, method: &Method) -> TokenStream {
    let since = method.since.as_ref().filter(|since| **since != BEGINNING);
    let since = since.map(|since| {
        let since = version(since);
        quote! { since: #since, }
    });
    let deprecated = method.deprecated.as_ref().map(|since| {
        let since = version(since);
        quote! { deprecated: Some(#since), }
    });
    let removed = method.removed.as_ref().map(|since| {
        let since = version(since);
        quote! { removed: Some(#since), }
    });
    let family = method.rate_limit.as_deref().map(|family| {
        let family = ident(&variant_name(family, None));
        quote! { family: RateFamily::#family, }
    });
    let encoding = match method.body.unwrap_or_default() {
        Body::Json => None,
        Body::Form => Some(quote! { encoding: Encoding::Form, }),
        Body::Multipart => Some(quote! { encoding: Encoding::Multipart, }),
    };
    let paging = method.paging.as_ref().map(|_| {
        let paging = paging(model, method);
        quote! { paging: #paging, }
    });
    let repeated = method.already_applied.as_ref().map(|answer| {
        let repeated = repeated(answer, method);
        quote! { repeated: Some(#repeated), }
    });
    quote! { #since #deprecated #removed #family #encoding #repeated #paging }
}

/// What a repetition is answered that finds the work done.
fn repeated(answer: &Repeated, method: &Method) -> TokenStream {
    let status = Literal::u16_unsuffixed(answer.status);
    let says = answer
        .message
        .as_ref()
        .map_or_else(|| quote! { None }, |says| quote! { Some(#says) });
    let then = match (&answer.verify_with, answer.evidence(), &method.returns) {
        (Some(by), Some((field, value)), _) => {
            let by = ident(&static_name(by));
            quote! { Shown { by: &#by, field: #field, value: #value } }
        }
        (_, _, Some(Returns::Nothing | Returns::NoBody)) => quote! { Done },
        _ => quote! { Lost },
    };
    quote! { Repeated { status: #status, says: #says, then: Then::#then } }
}

fn param(param: &ParamModel<'_>) -> TokenStream {
    let wire = param.wire;
    let place = match param.place {
        Place::Path => quote! { path },
        Place::Query => quote! { query },
        Place::Body => quote! { body },
        Place::Header => quote! { header },
    };
    let numbers = |v: &Version| {
        let numbers = [v.major, v.minor, v.patch].map(Literal::u32_unsuffixed);
        quote! { #(#numbers),* }
    };
    let since = (param.since != BEGINNING).then(|| {
        let numbers = numbers(&param.since);
        quote! { .since(#numbers) }
    });
    let removed = param.spec.removed.as_ref().map(|removed| {
        let numbers = numbers(removed);
        quote! { .removed(#numbers) }
    });
    let indexed = param.spec.indexed.then(|| quote! { .indexed() });
    quote! { Param::#place(#wire)#since #removed #indexed }
}

fn paging(model: &Model<'_>, method: &Method) -> TokenStream {
    let Some(paging) = &method.paging else {
        return quote! { None };
    };
    let style = match paging.style {
        PagingStyle::Cursor => quote! { Cursor },
        PagingStyle::Offset => quote! { Offset },
    };
    let number = |number: Option<u32>| {
        number.map_or_else(
            || quote! { None },
            |n| {
                let n = Literal::u32_unsuffixed(n);
                quote! { Some(#n) }
            },
        )
    };
    let (default_limit, max_limit) = (
        number(paging.limit.map(|limit| limit.default)),
        number(paging.limit.map(|limit| limit.max)),
    );
    let (cursors, link) = (model.cursors(method), paging.link_header.unwrap_or(true));
    quote! { Some(Paging { style: Style::#style, default_limit: #default_limit, max_limit: #max_limit, cursors: &[#(#cursors),*], link: #link }) }
}
