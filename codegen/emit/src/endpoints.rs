//! Emits the endpoint metadata: one static per method.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::api::version;
use crate::ident;
use mastodon_spec::model::{
    AlreadyAppliedModel, BEGINNING, DuplicateResult, MethodModel, Model, ParamModel, Resource,
};
use mastodon_spec::names::{static_name, variant_name};
use mastodon_spec::yaml::{AuthLevel, Body, HttpMethod, PagingStyle, ParamLocation, Version};

/// The module of all endpoints.
pub(super) fn index(model: &Model<'_>) -> TokenStream {
    let resources = model.resources().iter();
    let modules: Vec<_> = resources.map(|resource| ident(resource.name)).collect();
    let endpoints = model
        .methods()
        .map(|method| ident(&static_name(method.name)));
    quote! {
        use super::prelude::*;
        #(mod #modules;)*
        #(pub(crate) use #modules::*;)*

        /// Every endpoint of the API, in the order of the specification.
        pub(crate) static ENDPOINTS: &[&Endpoint] = &[#(&#endpoints),*];
    }
}

/// The endpoints of one resource.
pub(super) fn resource(resource: &Resource<'_>) -> TokenStream {
    let statics = resource.methods.iter().map(descriptor);
    quote! {
        use super::super::prelude::*;
        #(#statics)*
    }
}

fn descriptor(method: &MethodModel<'_>) -> TokenStream {
    let name = method.name;
    let descriptor = ident(&static_name(name));
    let verb = http_method(method.http_method);
    let path = method.path;
    let (auth, scopes) = (auth(method.auth), method.scopes);
    let repeatable = method.is_idempotent;
    let non_default = non_default_fields(method);
    let params: Vec<_> = method.params.iter().map(param).collect();
    let params = (!params.is_empty()).then(|| quote! { params: &[#(#params),*], });
    quote! {
        pub(crate) static #descriptor: Endpoint = Endpoint {
            name: #name,
            verb: #verb,
            path: #path,
            auth: #auth,
            scopes: &[#(#scopes),*],
            repeatable: #repeatable,
            #non_default
            #params
            ..Endpoint::USUAL
        };
    }
}

pub(super) fn http_method(method: HttpMethod) -> TokenStream {
    match method {
        HttpMethod::Get => quote! { Verb::Get },
        HttpMethod::Post => quote! { Verb::Post },
        HttpMethod::Put => quote! { Verb::Put },
        HttpMethod::Patch => quote! { Verb::Patch },
        HttpMethod::Delete => quote! { Verb::Delete },
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

/// The fields that differ from those of most endpoints.
fn non_default_fields(model: &MethodModel<'_>) -> TokenStream {
    let method = model.yaml;
    let since = (model.since != BEGINNING).then(|| {
        let since = version(&model.since);
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
    let family = method.rate_limit.as_deref().map(|bucket| {
        let bucket = ident(&variant_name(bucket, None));
        quote! { family: RateFamily::#bucket, }
    });
    let encoding = match method.body.unwrap_or_default() {
        Body::Json => None,
        Body::Form => Some(quote! { encoding: Encoding::Form, }),
        Body::Multipart => Some(quote! { encoding: Encoding::Multipart, }),
    };
    let paging = paging(model).map(|paging| quote! { paging: Some(#paging), });
    let repeated = model.already_applied.as_ref().map(|error| {
        let repeated = already_applied(error);
        quote! { repeated: Some(#repeated), }
    });
    quote! { #since #deprecated #removed #family #encoding #repeated #paging }
}

fn already_applied(error: &AlreadyAppliedModel<'_>) -> TokenStream {
    let status = Literal::u16_unsuffixed(error.status);
    let says = error
        .message
        .map_or_else(|| quote! { None }, |message| quote! { Some(#message) });
    let then = match error.result {
        DuplicateResult::Refetch {
            method,
            field,
            value,
        } => {
            let by = ident(&static_name(method));
            quote! { Shown { by: &#by, field: #field, value: #value } }
        }
        DuplicateResult::Success => quote! { Done },
        DuplicateResult::ResponseLost => quote! { Lost },
    };
    quote! { Repeated { status: #status, says: #says, then: Then::#then } }
}

fn param(param: &ParamModel<'_>) -> TokenStream {
    let wire = param.wire;
    let location = match param.location {
        ParamLocation::Path => quote! { path },
        ParamLocation::Query => quote! { query },
        ParamLocation::Body => quote! { body },
        ParamLocation::Header => quote! { header },
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
    quote! { Param::#location(#wire)#since #removed #indexed }
}

fn paging(model: &MethodModel<'_>) -> Option<TokenStream> {
    let paging = model.yaml.paging.as_ref()?;
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
    let (cursors, link) = (&model.cursors, paging.link_header.unwrap_or(true));
    Some(
        quote! { Paging { style: Style::#style, default_limit: #default_limit, max_limit: #max_limit, cursors: &[#(#cursors),*], link: #link } },
    )
}
