//! Emits the endpoint metadata: one static per method.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::servers::{conditions, support};
use crate::{ident, other_servers};
use mastodon_spec::model::{
    AlreadyAppliedModel, BEGINNING, DuplicateResult, MethodModel, Model, ParamModel, Resource,
};
use mastodon_spec::names::{static_name, variant_name};
use mastodon_spec::yaml::{
    AuthLevel, Body, HttpMethod, LostResponse, PagingStyle, ParamLocation, Supported, Version,
};

/// The module of all endpoints.
pub(super) fn index(model: &Model<'_>) -> TokenStream {
    let modules: Vec<_> = model
        .resources()
        .iter()
        .map(|resource| {
            let gate = other_servers(resource.is_of_other_servers);
            (gate, ident(&resource.module))
        })
        .collect();
    let endpoints = model.resources().iter().flat_map(|resource| {
        resource.methods.iter().map(|method| {
            let gate = other_servers(resource.is_of_other_servers);
            let name = ident(&static_name(method.name));
            quote! { #gate &#name }
        })
    });
    let definitions = modules
        .iter()
        .map(|(gate, module)| quote! { #gate mod #module; });
    let uses = modules
        .iter()
        .map(|(gate, module)| quote! { #gate pub(crate) use #module::*; });
    quote! {
        use super::prelude::*;
        #(#definitions)*
        #(#uses)*

        /// Every endpoint of the API, in the order of the specification.
        pub(crate) static ENDPOINTS: &[&Endpoint] = &[#(#endpoints),*];
    }
}

/// The endpoints of one resource.
pub(super) fn resource(model: &Model<'_>, resource: &Resource<'_>) -> TokenStream {
    let methods = resource.methods.iter();
    let statics = methods.map(|method| endpoint(model, method));
    quote! {
        use super::super::prelude::*;
        #(#statics)*
    }
}

fn endpoint(model: &Model<'_>, method: &MethodModel<'_>) -> TokenStream {
    let (name, path) = (method.name, method.path);
    let endpoint_name = ident(&static_name(name));
    let facts = facts(model, method);
    let others = method
        .alternative_routes
        .iter()
        .enumerate()
        .map(|(index, other)| {
            (
                ident(&format!("{}_ROUTE_{}", static_name(name), index + 2)),
                other,
            )
        });
    let others: Vec<_> = others.collect();
    let routes = (!others.is_empty()).then(|| {
        let others = others.iter().map(|(name, other)| {
            let conditions = conditions(other.on);
            quote! { AlternativeRoute::new(&[#(#conditions),*], &#name) }
        });
        quote! { .alternative_routes(&[#(#others),*]) }
    });
    let definitions = others.iter().map(|(name, other)| {
        let (http_method, path) = (http_method(other.method.http_method), other.method.path);
        let (method_name, facts) = (other.method.name, self::facts(model, &other.method));
        quote! {
            static #name: Endpoint = Endpoint::new(#method_name, #http_method, #path)#facts;
        }
    });
    let http_method = http_method(method.http_method);
    quote! {
        pub(crate) static #endpoint_name: Endpoint = Endpoint::new(#name, #http_method, #path)#facts #routes;
        #(#definitions)*
    }
}

fn http_method(method: HttpMethod) -> TokenStream {
    match method {
        HttpMethod::Get => quote! { Method::GET },
        HttpMethod::Post => quote! { Method::POST },
        HttpMethod::Put => quote! { Method::PUT },
        HttpMethod::Patch => quote! { Method::PATCH },
        HttpMethod::Delete => quote! { Method::DELETE },
    }
}

pub(super) fn auth(level: AuthLevel) -> TokenStream {
    match level {
        AuthLevel::None => quote! { Auth::None },
        AuthLevel::OptionalApp => quote! { Auth::OptionalApp },
        AuthLevel::OptionalUser => quote! { Auth::OptionalUser },
        AuthLevel::App => quote! { Auth::App },
        AuthLevel::User => quote! { Auth::User },
    }
}

/// The builder calls for facts that differ from the defaults.
fn facts(model: &Model<'_>, lowered: &MethodModel<'_>) -> TokenStream {
    let method = lowered.yaml;
    let since = (lowered.since != BEGINNING).then(|| {
        let since = numbers(&lowered.since);
        quote! { .since(#since) }
    });
    let deprecated = method.deprecated.as_ref().map(|version| {
        let version = numbers(version);
        quote! { .deprecated(#version) }
    });
    let removed = method.removed.as_ref().map(|version| {
        let version = numbers(version);
        quote! { .removed(#version) }
    });
    let support = support(&method.on(), method.is_only_on());
    let auth = (lowered.auth != AuthLevel::None).then(|| {
        let auth = auth(lowered.auth);
        quote! { .auth(#auth) }
    });
    let auth_since = method.auth_since.as_ref().map(|version| {
        let version = numbers(version);
        quote! { .auth_since(#version) }
    });
    let scopes = (!lowered.scopes.is_empty()).then(|| {
        let scopes = lowered.scopes;
        quote! { .scopes(&[#(#scopes),*]) }
    });
    let bucket = method.rate_limit.as_deref().map(|bucket| {
        let bucket = ident(&variant_name(bucket, None));
        quote! { .bucket(RateLimitBucket::#bucket) }
    });
    let encoding = match method.body.unwrap_or_default() {
        Body::Json => None,
        Body::Form | Body::FormOrJson => Some(quote! { .encoding(Encoding::Form) }),
        Body::Multipart => Some(quote! { .encoding(Encoding::Multipart) }),
    };
    let idempotent = lowered.is_idempotent.then(|| quote! { .idempotent() });
    let already_applied = lowered.already_applied.as_ref().map(already_applied);
    let lost_response = method.lost_response.as_ref().map(lost_response);
    let paging = paging(model, lowered);
    let params = (!lowered.params.is_empty()).then(|| {
        let params = lowered.params.iter().map(|it| param(model, it));
        quote! { .params(&[#(#params),*]) }
    });
    quote! {
        #since #deprecated #removed #support #auth #auth_since #scopes #bucket #encoding #idempotent #already_applied #lost_response #paging #params
    }
}

fn already_applied(error: &AlreadyAppliedModel<'_>) -> TokenStream {
    let status = Literal::u16_unsuffixed(error.status);
    let message = error
        .message
        .map_or_else(|| quote! { None }, |message| quote! { Some(#message) });
    let on_duplicate = match error.result {
        DuplicateResult::Refetch {
            method,
            field,
            value,
        } => {
            let endpoint = ident(&static_name(method));
            quote! { Refetch { endpoint: &#endpoint, field: #field, value: #value } }
        }
        DuplicateResult::Success => quote! { Succeed },
        DuplicateResult::ResponseLost => quote! { ResponseLost },
    };
    quote! { .already_applied(AlreadyApplied::new(#status, #message, OnDuplicate::#on_duplicate)) }
}

fn lost_response(lost: &LostResponse) -> TokenStream {
    let check = &lost.check;
    let verification = if let Some(method) = &lost.find_in {
        let endpoint = ident(&static_name(method));
        let fields = lost
            .fields()
            .map(|(param, field)| quote! { (#param, #field) });
        let created = match &lost.created {
            Some(field) => quote! { Some(#field) },
            None => quote! { None },
        };
        quote! { FindIn { endpoint: &#endpoint, fields: &[#(#fields),*], created: #created } }
    } else if lost.find_with.is_some() {
        quote! { Search }
    } else {
        quote! { Impossible }
    };
    quote! { .lost_response(LostResponse::new(#check, Verification::#verification)) }
}

/// The three numbers of a version.
fn numbers(version: &Version) -> TokenStream {
    let numbers = [version.major, version.minor, version.patch].map(Literal::u32_unsuffixed);
    quote! { #(#numbers),* }
}

fn param(model: &Model<'_>, param: &ParamModel<'_>) -> TokenStream {
    let wire = param.wire;
    let location = match param.location {
        ParamLocation::Path => quote! { path },
        ParamLocation::Query => quote! { query },
        ParamLocation::Body => quote! { body },
        ParamLocation::Header => quote! { header },
    };
    let since = (param.since != BEGINNING).then(|| {
        let numbers = numbers(&param.since);
        quote! { .since(#numbers) }
    });
    let removed = param.yaml.removed.as_ref().map(|removed| {
        let numbers = numbers(removed);
        quote! { .removed(#numbers) }
    });
    let support = support(&param.yaml.on, param.yaml.is_only_on());
    let indexed = param.yaml.indexed.then(|| quote! { .indexed() });
    let essential = param.yaml.essential.then(|| quote! { .essential() });
    let items_per_request = param.yaml.items_per_request.map(|max| {
        let max = Literal::usize_unsuffixed(max as usize);
        quote! { .items_per_request(#max) }
    });
    let id_type = model
        .id_type(param.ty)
        .map(|name| quote! { .id_type(#name) });
    quote! { Param::#location(#wire)#since #removed #support #indexed #essential #id_type #items_per_request }
}

fn paging(model: &Model<'_>, method: &MethodModel<'_>) -> Option<TokenStream> {
    let paging = method.yaml.paging.as_ref()?;
    let style = match paging.style {
        PagingStyle::Cursor => {
            let cursors = &method.cursors;
            quote! { cursor(&[#(#cursors),*]) }
        }
        PagingStyle::Offset => quote! { offset() },
    };
    let limits = paging.limit.map(|limit| {
        let [default, max] = [limit.default, limit.max].map(Literal::u32_unsuffixed);
        quote! { .limits(#default, #max) }
    });
    let no_link = (paging.link_header == Some(false)).then(|| quote! { .without_link_header() });
    let cursor_field = model.cursor(method.yaml).map(|(field, id_type)| {
        quote! { .cursor_field(#field, #id_type) }
    });
    Some(quote! { .paging(Paging::#style #limits #no_link #cursor_field) })
}
