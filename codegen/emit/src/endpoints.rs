//! Emits the endpoint metadata: one static per method.

use proc_macro2::TokenStream;
use quote::quote;

use super::servers::{conditions, support};
use crate::{ident, other_servers};
use mastodon_layout::table::{
    Object, With, call, flag, item, list, number, option, path, reference, text, texts, tuple,
};
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

/// The endpoint of a method, and those of its alternative routes.
fn endpoint(model: &Model<'_>, method: &MethodModel<'_>) -> TokenStream {
    let name = static_name(method.name);
    let others = method.alternative_routes.iter().enumerate();
    let others: Vec<_> = others
        .map(|(index, other)| (format!("{name}_ROUTE_{}", index + 2), other))
        .collect();
    let routes = others.iter().map(|(name, other)| {
        let conditions = list(conditions(other.on));
        call("AlternativeRoute::new", [conditions, reference(path(name))])
    });
    let value = value(model, method).with(
        "alternative_routes",
        (!others.is_empty()).then(|| [list(routes)]),
    );
    let ty = quote! { Endpoint };
    let own = item(&name, &ty, &value);
    let others = others
        .iter()
        .map(|(name, other)| item(name, &ty, &self::value(model, &other.method)));
    quote! { pub(crate) #own #(#others)* }
}

fn http_method(method: HttpMethod) -> TokenStream {
    path(match method {
        HttpMethod::Get => "Method::GET",
        HttpMethod::Post => "Method::POST",
        HttpMethod::Put => "Method::PUT",
        HttpMethod::Patch => "Method::PATCH",
        HttpMethod::Delete => "Method::DELETE",
    })
}

pub(super) fn auth(level: AuthLevel) -> TokenStream {
    path(match level {
        AuthLevel::None => "Auth::None",
        AuthLevel::OptionalApp => "Auth::OptionalApp",
        AuthLevel::OptionalUser => "Auth::OptionalUser",
        AuthLevel::App => "Auth::App",
        AuthLevel::User => "Auth::User",
    })
}

/// The endpoint with the facts that differ from the defaults.
fn value(model: &Model<'_>, lowered: &MethodModel<'_>) -> TokenStream {
    let method = lowered.yaml;
    let since = (lowered.since != BEGINNING).then_some(&lowered.since);
    let (support, servers) = support(&method.on(), method.is_only_on());
    let bucket = method.rate_limit.as_deref().map(|bucket| {
        let bucket = variant_name(bucket, None);
        [path(&format!("RateLimitBucket::{bucket}"))]
    });
    let encoding = match method.body.unwrap_or_default() {
        Body::Json => None,
        Body::Form | Body::FormOrJson => Some([path("Encoding::Form")]),
        Body::Multipart => Some([path("Encoding::Multipart")]),
    };
    let has_auth = lowered.auth != AuthLevel::None;
    let params = lowered.params.iter().map(|it| param(model, it));
    let route = [
        text(lowered.name),
        http_method(lowered.http_method),
        text(lowered.path),
    ];
    call("Endpoint::new", route)
        .with("since", since.map(numbers))
        .with("deprecated", method.deprecated.as_ref().map(numbers))
        .with("removed", method.removed.as_ref().map(numbers))
        .with(support, servers)
        .with("auth", has_auth.then(|| [auth(lowered.auth)]))
        .with("auth_since", method.auth_since.as_ref().map(numbers))
        .with(
            "scopes",
            (!lowered.scopes.is_empty()).then(|| [texts(lowered.scopes)]),
        )
        .with("bucket", bucket)
        .with("encoding", encoding)
        .with("idempotent", lowered.is_idempotent.then_some([]))
        .with(
            "already_applied",
            lowered.already_applied.as_ref().map(already_applied),
        )
        .with(
            "lost_response",
            method.lost_response.as_ref().map(lost_response),
        )
        .with("paging", paging(model, lowered))
        .with(
            "params",
            (!lowered.params.is_empty()).then(|| [list(params)]),
        )
}

fn already_applied(error: &AlreadyAppliedModel<'_>) -> [TokenStream; 1] {
    let on_duplicate = match error.result {
        DuplicateResult::Refetch {
            method,
            field,
            value,
        } => Object::new("OnDuplicate::Refetch")
            .with("endpoint", reference(path(&static_name(method))))
            .with("field", text(field))
            .with("value", flag(value))
            .into(),
        DuplicateResult::Success => path("OnDuplicate::Succeed"),
        DuplicateResult::ResponseLost => path("OnDuplicate::ResponseLost"),
    };
    let (status, message) = (number(error.status), option(error.message.map(text)));
    [call("AlreadyApplied::new", [status, message, on_duplicate])]
}

fn lost_response(lost: &LostResponse) -> [TokenStream; 1] {
    let verification = if let Some(method) = &lost.find_in {
        let fields = lost.fields();
        let fields = fields.map(|(param, field)| tuple([text(param), text(field)]));
        Object::new("Verification::FindIn")
            .with("endpoint", reference(path(&static_name(method))))
            .with("fields", list(fields))
            .with("created", option(lost.created.as_ref().map(text)))
            .into()
    } else if lost.find_with.is_some() {
        path("Verification::Search")
    } else {
        path("Verification::Impossible")
    };
    [call("LostResponse::new", [text(&lost.check), verification])]
}

/// The three numbers of a version.
fn numbers(version: &Version) -> [TokenStream; 3] {
    [version.major, version.minor, version.patch].map(number)
}

fn param(model: &Model<'_>, param: &ParamModel<'_>) -> TokenStream {
    let location = match param.location {
        ParamLocation::Path => "Param::path",
        ParamLocation::Query => "Param::query",
        ParamLocation::Body => "Param::body",
        ParamLocation::Header => "Param::header",
    };
    let yaml = param.yaml;
    let since = (param.since != BEGINNING).then_some(&param.since);
    let (support, servers) = support(&yaml.on, yaml.is_only_on());
    let items_per_request = yaml.items_per_request.map(|max| [number(max)]);
    call(location, [text(param.wire)])
        .with("since", since.map(numbers))
        .with("removed", yaml.removed.as_ref().map(numbers))
        .with(support, servers)
        .with("indexed", yaml.indexed.then_some([]))
        .with("essential", yaml.essential.then_some([]))
        .with("id_type", model.id_type(param.ty).map(|name| [text(name)]))
        .with("items_per_request", items_per_request)
}

fn paging(model: &Model<'_>, method: &MethodModel<'_>) -> Option<[TokenStream; 1]> {
    let paging = method.yaml.paging.as_ref()?;
    let style = match paging.style {
        PagingStyle::Cursor => call("Paging::cursor", [texts(&method.cursors)]),
        PagingStyle::Offset => call("Paging::offset", []),
    };
    let limits = paging
        .limit
        .map(|limit| [limit.default, limit.max].map(number));
    let cursor_field = model.cursor(method.yaml);
    Some([style
        .with("limits", limits)
        .with(
            "without_link_header",
            (paging.link_header == Some(false)).then_some([]),
        )
        .with(
            "cursor_field",
            cursor_field.map(|(field, id_type)| [text(field), text(id_type)]),
        )])
}
