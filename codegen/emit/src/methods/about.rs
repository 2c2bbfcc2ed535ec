//! What the documentation of a method says.

use proc_macro2::TokenStream;
use quote::quote;

use crate::docs::{auth, docs, life, link, page, prose, sentences};
use mastodon_spec::model::{Model, ParamModel};
use mastodon_spec::yaml::{Method, MethodsFile, Required, Returns, TypeRef};

pub(super) fn deprecation(method: &Method) -> Option<TokenStream> {
    let instead = method
        .replaced_by
        .as_ref()
        .map(|name| format!("; use `{name}`"))
        .unwrap_or_default();
    let note = match (&method.removed, &method.deprecated) {
        (Some(version), _) => format!("removed in Mastodon {version}{instead}"),
        (None, Some(version)) => format!("deprecated since Mastodon {version}{instead}"),
        (None, None) => return None,
    };
    Some(quote! { #[deprecated(note = #note)] })
}

pub(super) fn method_docs(model: &Model<'_>, file: &MethodsFile, method: &Method) -> TokenStream {
    let http = method
        .http
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let limit = method
        .paging
        .as_ref()
        .and_then(|paging| paging.limit)
        .map(|limit| {
            format!(
                " A page has {} items unless `limit` says otherwise, {} at the most.",
                limit.default, limit.max
            )
        });
    let (arguments, _) = model.arguments(method);
    let listed: Vec<String> = arguments
        .iter()
        .map(|param| {
            format!(
                "- `{}`: {}",
                param.name,
                prose(param.spec.description.as_deref().unwrap_or_default())
            )
        })
        .collect();
    let answers: Vec<String> = method
        .responses
        .iter()
        .map(|(status, meaning)| format!("- {status}: {}", prose(meaning)))
        .collect();
    let answers = if answers.is_empty() {
        String::new()
    } else {
        format!("Besides 200 it may answer:\n{}", answers.join("\n"))
    };
    let permission = method
        .permission
        .as_ref()
        .map(|p| format!(" The user's role needs the permission {p}."))
        .unwrap_or_default();
    docs([
        prose(method.summary.as_deref().unwrap_or_default()),
        format!("{}{}", returns_docs(method), limit.unwrap_or_default()),
        listed.join("\n"),
        answers,
        format!(
            "`{http}`. {}{permission} {}",
            method.auth.as_ref().map(auth).unwrap_or_default(),
            life(
                method.since.as_ref(),
                method.deprecated.as_ref(),
                method.removed.as_ref()
            )
        ),
        if method.undocumented {
            "Mastodon's documentation does not describe it.".to_owned()
        } else {
            String::new()
        },
        file.docs
            .as_deref()
            .map(|docs| {
                format!(
                    "Mastodon's documentation: {}",
                    page(docs, method.docs.as_deref())
                )
            })
            .unwrap_or_default(),
    ])
}

pub(super) fn returns_docs(method: &Method) -> String {
    match &method.returns {
        Some(Returns::Value(TypeRef::Named(name))) if method.responses.contains_key(&204) => {
            format!("Returns {}, or nothing.", link(name))
        }
        Some(Returns::Value(TypeRef::Named(name))) => format!("Returns {}.", link(name)),
        Some(Returns::Value(TypeRef::List(inner))) => match inner.named() {
            Some(name) => format!("Returns a list of {}.", link(name)),
            None => format!("Returns a list of `{inner}`."),
        },
        Some(Returns::Value(ty)) => format!("Returns `{ty}`."),
        Some(Returns::Page { item, wrapper }) => {
            let item = item.named().map_or_else(|| format!("`{item}`"), link);
            let inside = wrapper
                .as_ref()
                .map(|(entity, _)| format!(" inside {}", link(entity)))
                .unwrap_or_default();
            format!("Returns a [`Page`] of {item}{inside}.")
        }
        Some(Returns::Text) => "Returns a text.".to_owned(),
        _ => "Returns nothing.".to_owned(),
    }
}

pub(super) fn param_docs(param: &ParamModel<'_>) -> TokenStream {
    let spec = param.spec;
    let mut facts = Vec::new();
    if let Some(Required::When(condition)) = &spec.required {
        facts.push(format!(
            "Required {}.",
            prose(condition.trim_end_matches('.'))
        ));
    }
    if let Some(default) = &spec.default {
        facts.push(format!(
            "Without it: `{}`.",
            default.to_string().trim_matches('"')
        ));
    }
    match (spec.min, spec.max) {
        (Some(min), Some(max)) => facts.push(format!("From {min} to {max}.")),
        (Some(min), None) => facts.push(format!("At least {min}.")),
        (None, Some(max)) => facts.push(format!("At most {max}.")),
        (None, None) => {}
    }
    if let Some(most) = spec.max_items {
        facts.push(format!("At most {most} of them."));
    }
    docs([sentences([
        prose(spec.description.as_deref().unwrap_or_default()),
        facts.join(" "),
        life(
            spec.since.as_ref(),
            spec.deprecated.as_ref(),
            spec.removed.as_ref(),
        ),
    ])])
}
