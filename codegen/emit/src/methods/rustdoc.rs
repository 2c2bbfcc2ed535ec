//! Emits the rustdoc of methods and parameters.

use proc_macro2::TokenStream;
use quote::quote;

use crate::docs::{auth, docs, docs_link, link, prose, sentences, versions};
use mastodon_spec::model::{MethodModel, Output, ParamModel};
use mastodon_spec::yaml::{Required, TypeRef};

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

pub(super) fn method_docs(model: &MethodModel<'_>) -> TokenStream {
    let method = model.yaml;
    let limit = method
        .paging
        .as_ref()
        .and_then(|paging| paging.limit)
        .map(|limit| {
            format!(
                " Items per page: {} by default, at most {}.",
                limit.default, limit.max
            )
        });
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
        format!("{}{}", returns_docs(model), limit.unwrap_or_default()),
        arguments.join("\n"),
        responses,
        format!(
            "`{} {}`. {}{permission} {}",
            model.http_method.as_str(),
            model.path,
            auth(model.auth, model.scopes),
            versions(
                method.since.as_ref(),
                method.deprecated.as_ref(),
                method.removed.as_ref()
            )
        ),
        undocumented.to_owned(),
        docs_link(model.docs_url.as_deref()),
    ])
}

/// A required parameter as an item of a Markdown list.
pub(crate) fn list_item(param: &ParamModel<'_>) -> String {
    let description = param.yaml.description.as_deref().unwrap_or_default();
    format!("- `{}`: {}", param.name, prose(description))
}

fn returns_docs(method: &MethodModel<'_>) -> String {
    match method.output {
        Output::Value {
            ty: TypeRef::Named(name),
            is_optional: true,
        } => format!("Returns {}, or `None`.", link(name)),
        Output::Value { ty, .. } => match ty {
            TypeRef::Named(name) => format!("Returns {}.", link(name)),
            TypeRef::List(inner) => match inner.named() {
                Some(name) => format!("Returns a list of {}.", link(name)),
                None => format!("Returns a list of `{inner}`."),
            },
            ty => format!("Returns `{ty}`."),
        },
        Output::Page { item, wrapper, .. } => {
            let item = item.named().map_or_else(|| format!("`{item}`"), link);
            let inside = wrapper
                .map(|(entity, _)| format!(" inside {}", link(entity)))
                .unwrap_or_default();
            format!("Returns a [`Page`] of {item}{inside}.")
        }
        Output::Text => "Returns plain text.".to_owned(),
        Output::Unit | Output::WebPage | Output::Stream(_) => "Returns nothing.".to_owned(),
    }
}

pub(super) fn param_docs(param: &ParamModel<'_>) -> TokenStream {
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
    match (spec.min, spec.max) {
        (Some(min), Some(max)) => facts.push(format!("{min} to {max}.")),
        (Some(min), None) => facts.push(format!("At least {min}.")),
        (None, Some(max)) => facts.push(format!("At most {max}.")),
        (None, None) => {}
    }
    if let Some(max) = spec.max_items {
        facts.push(format!("At most {max} items."));
    }
    docs([sentences([
        prose(spec.description.as_deref().unwrap_or_default()),
        facts.join(" "),
        versions(
            spec.since.as_ref(),
            spec.deprecated.as_ref(),
            spec.removed.as_ref(),
        ),
    ])])
}
