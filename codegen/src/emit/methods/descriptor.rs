//! The facts of an endpoint as data.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::emit::api::version;
use crate::model::{BEGINNING, Model, ParamModel};
use crate::names::{ident, static_name, variant_name};
use crate::spec::{AuthLevel, Body, Method, PagingStyle, Place, Verb, Version};

pub(super) fn descriptor(model: &Model<'_>, name: &str, method: &Method) -> TokenStream {
    let descriptor = ident(&static_name(name));
    let http = method.http.as_ref();
    let verb = match http.map_or(Verb::Get, |http| http.verb) {
        Verb::Get => quote! { Get },
        Verb::Post => quote! { Post },
        Verb::Put => quote! { Put },
        Verb::Patch => quote! { Patch },
        Verb::Delete => quote! { Delete },
    };
    let path = http.map_or("", |http| http.path.as_str());
    let level = match method
        .auth
        .as_ref()
        .map_or(AuthLevel::None, |auth| auth.level)
    {
        AuthLevel::None => quote! { None },
        AuthLevel::OptionalApp => quote! { OptionalApp },
        AuthLevel::OptionalUser => quote! { OptionalUser },
        AuthLevel::App => quote! { App },
        AuthLevel::User => quote! { User },
    };
    let scopes = method.auth.iter().flat_map(|auth| &auth.scopes);
    let repeatable = model.repeatable(method);
    let unusual = unusual(model, method);
    let params: Vec<_> = model.params(method).iter().map(param).collect();
    let params = (!params.is_empty()).then(|| quote! { params: &[#(#params),*], });
    quote! {
        pub(crate) static #descriptor: Endpoint = Endpoint {
            name: #name,
            verb: Verb::#verb,
            path: #path,
            auth: Auth::#level,
            scopes: &[#(#scopes),*],
            repeatable: #repeatable,
            #unusual
            #params
            ..Endpoint::USUAL
        };
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
    let family = method.rate.as_deref().map(|family| {
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
    quote! { #since #deprecated #removed #family #encoding #paging }
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

pub(super) fn paging(model: &Model<'_>, method: &Method) -> TokenStream {
    let Some(paging) = &method.paging else {
        return quote! { None };
    };
    let style = match paging.by {
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
    let (cursors, link) = (model.cursors(method), paging.link.unwrap_or(true));
    quote! { Some(Paging { style: Style::#style, default_limit: #default_limit, max_limit: #max_limit, cursors: &[#(#cursors),*], link: #link }) }
}
