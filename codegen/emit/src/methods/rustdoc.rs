//! Emits the rustdoc and the deprecation attribute of methods, and the rustdoc of parameters.

use proc_macro2::TokenStream;
use quote::quote;

use crate::docs::{auth, docs, example, feature, limits, link, links, prose, sentences};
use crate::entities::rust_type;
use crate::{rust, samples};
use mastodon_spec::model::{MethodModel, Model, Output, ParamModel};
use mastodon_spec::names::builder_name;
use mastodon_spec::reference::resource_page;
use mastodon_spec::yaml::{Required, Supported, TypeRef};

pub(super) fn deprecation(method: &MethodModel<'_>) -> Option<TokenStream> {
    let method = method.yaml;
    let replacement = method
        .replaced_by
        .as_ref()
        .map(|name| format!("; use `{name}`"))
        .unwrap_or_default();
    let note = match (&method.removed, &method.deprecated) {
        (Some(version), _) => format!("removed in Mastodon {version}{replacement}"),
        (None, Some(version)) => format!("deprecated since Mastodon {version}{replacement}"),
        (None, None) => return None,
    };
    Some(quote! { #[deprecated(note = #note)] })
}

/// The rustdoc of a method; `file` is the name of its resource.
pub(super) fn method_docs(spec: &Model<'_>, file: &str, model: &MethodModel<'_>) -> TokenStream {
    let method = model.yaml;
    let arguments: Vec<String> = model.arguments.iter().map(list_item).collect();
    let responses: Vec<String> = method
        .responses
        .iter()
        .map(|(status, meaning)| format!("- {status}: {}", prose(meaning)))
        .collect();
    let responses = if responses.is_empty() {
        String::new()
    } else {
        format!("Other successful responses:\n{}", responses.join("\n"))
    };
    let permission = method
        .permission
        .as_ref()
        .map(|permission| format!(" Requires the role permission {permission}."))
        .unwrap_or_default();
    let undocumented = if method.undocumented {
        "Not described in Mastodon's documentation."
    } else {
        ""
    };
    docs([
        prose(method.summary.as_deref().unwrap_or_default()),
        prose(method.note.as_deref().unwrap_or_default()),
        response_docs(model),
        lost_response_docs(model),
        arguments.join("\n"),
        responses,
        format!(
            "`{} {}`. {}{permission} {}",
            model.http_method.as_str(),
            model.path,
            auth(model.auth, model.scopes),
            prose(&spec.support(method))
        ),
        undocumented.to_owned(),
        feature(method.is_only_on()),
        links(&resource_page(file), model.name, model.docs_url.as_deref()),
        samples::documentation(spec, model),
    ])
}

/// A required parameter as an item of a Markdown list.
pub(crate) fn list_item(param: &ParamModel<'_>) -> String {
    let description = param.yaml.description.as_deref().unwrap_or_default();
    let description = sentences([prose(description), per_request(param)]);
    format!("- `{}`: {description}", param.name)
}

/// What happens with a list that is too long for one request.
fn per_request(param: &ParamModel<'_>) -> String {
    let max = param.yaml.items_per_request;
    max.map_or_else(String::new, |max| {
        format!("More than {max} are sent in several requests, one after the other.")
    })
}

/// The line about the response. It has no verb, because many summaries start with "Returns".
fn response_docs(method: &MethodModel<'_>) -> String {
    match method.output {
        Output::Value { ty, is_optional } => {
            let none = if is_optional { ", or `None`" } else { "" };
            let alternative = method.alternative.map(|(param, ty)| {
                let setters = method.options.iter();
                let name = setters
                    .filter(|option| option.wire == param)
                    .map(|option| {
                        format!("[`{0}`]({1}::{0})", option.name, builder_name(method.name))
                    })
                    .collect::<String>();
                format!(", or {} with {name}", type_docs(ty))
            });
            format!(
                "Response: {}{none}{}.",
                type_docs(ty),
                alternative.unwrap_or_default()
            )
        }
        Output::Page { item, wrapper, .. } => {
            let wrapper = wrapper
                .map(|(entity, _)| format!(" in {}", link(entity)))
                .unwrap_or_default();
            let limit = method.yaml.paging.as_ref().and_then(|paging| paging.limit);
            let limit = limit.map(|limit| {
                format!(
                    ", {} items by default, at most {}",
                    limit.default, limit.max
                )
            });
            format!(
                "Response: [`Page`] of {}{wrapper}{}.",
                type_docs(item),
                limit.unwrap_or_default()
            )
        }
        Output::Text => "Response: [`PlainText`].".to_owned(),
        Output::Unit | Output::WebPage | Output::Stream(_) => "Response: empty.".to_owned(),
    }
}

/// What happens if the response is lost.
fn lost_response_docs(method: &MethodModel<'_>) -> String {
    let Some(lost) = &method.yaml.lost_response else {
        return String::new();
    };
    let check = &lost.check;
    if lost.find_in.is_none() && lost.find_with.is_none() {
        return "If the response is lost, the call is not repeated: [`Error::ResponseLost`](crate::Error::ResponseLost) says what to check.".to_owned();
    }
    format!(
        "If the response is lost, {check} are searched for the result before the request is repeated; if they cannot be, the error is [`Error::ResponseLost`](crate::Error::ResponseLost)."
    )
}

/// A type in prose, with a link if it is named.
fn type_docs(ty: &TypeRef) -> String {
    match ty {
        TypeRef::Named(name) => link(name),
        TypeRef::List(inner) => format!("list of {}", type_docs(inner)),
        ty => format!("`{}`", rust::plain(&rust_type(ty))),
    }
}

pub(super) fn param_docs(model: &Model<'_>, param: &ParamModel<'_>) -> TokenStream {
    let spec = param.yaml;
    let mut facts = Vec::new();
    if let Some(Required::When(condition)) = &spec.required {
        facts.push(format!(
            "Required {}.",
            prose(condition.trim_end_matches('.'))
        ));
    }
    if let Some(default) = &spec.default {
        facts.push(format!(
            "Default: `{}`.",
            default.to_string().trim_matches('"')
        ));
    }
    facts.extend(limits(spec.min, spec.max, spec.max_length));
    if let Some(max) = spec.max_items {
        facts.push(format!("At most {max} items."));
    }
    facts.push(per_request(param));
    facts.extend(example(spec.example.as_ref()));
    let mut description = spec.description.clone().unwrap_or_default();
    if *param.ty == TypeRef::Seconds {
        // The argument is a `Duration`.
        description = description.replace(", in seconds", "");
    }
    docs([sentences([
        prose(&description),
        facts.join(" "),
        prose(&model.support(spec)),
    ])])
}
