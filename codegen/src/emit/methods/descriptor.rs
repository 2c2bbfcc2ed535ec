//! The facts of an endpoint as data.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::emit::api::version;
use crate::model::{BEGINNING, Model};
use crate::names::{ident, static_name, variant_name};
use crate::spec::{AuthLevel, Body, Method, PagingStyle, Place, Verb};

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
    let optional = |v: Option<&crate::spec::Version>| {
        v.map_or_else(
            || quote! { None },
            |v| {
                let v = version(v);
                quote! { Some(#v) }
            },
        )
    };
    let (since, deprecated, removed) = (
        version(method.since.as_ref().unwrap_or(&BEGINNING)),
        optional(method.deprecated.as_ref()),
        optional(method.removed.as_ref()),
    );
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
    let family = ident(&variant_name(
        method.rate.as_deref().unwrap_or("general"),
        None,
    ));
    let encoding = match method.body.unwrap_or_default() {
        Body::Json => quote! { Json },
        Body::Form => quote! { Form },
        Body::Multipart => quote! { Multipart },
    };
    let repeatable = model.repeatable(method);
    let paging = paging(model, method);
    let params = model.params(method).into_iter().map(|param| {
        let (wire, since, indexed) = (param.wire, version(&param.since), param.spec.indexed);
        let place = match param.place {
            Place::Path => quote! { Path },
            Place::Query => quote! { Query },
            Place::Body => quote! { Body },
            Place::Header => quote! { Header },
        };
        let removed = optional(param.spec.removed.as_ref());
        quote! { Param { name: #wire, place: Place::#place, since: #since, removed: #removed, indexed: #indexed } }
    });
    quote! {
        pub(crate) static #descriptor: Endpoint = Endpoint {
            name: #name,
            verb: Verb::#verb,
            path: #path,
            since: #since,
            deprecated: #deprecated,
            removed: #removed,
            auth: Auth::#level,
            scopes: &[#(#scopes),*],
            family: RateFamily::#family,
            encoding: Encoding::#encoding,
            repeatable: #repeatable,
            paging: #paging,
            params: &[#(#params),*],
        };
    }
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
