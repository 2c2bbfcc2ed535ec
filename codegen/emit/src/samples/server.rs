//! What the test server sends where it has no behavior: samples of responses and of the payloads of events.

use proc_macro2::TokenStream;
use quote::quote;

use super::curl::formatted;
use super::entities::{EntitySample, Examples, literal};
use mastodon_spec::json::Json;
use mastodon_spec::model::{MethodModel, Model, Output};
use mastodon_spec::yaml::{Event, TypeRef};

/// The samples of the entities of Mastodon.
pub(crate) fn table(all: &[EntitySample]) -> TokenStream {
    let samples = all.iter().filter(|sample| !sample.is_only_other);
    let mut samples: Vec<_> = samples.collect();
    samples.sort_by_key(|sample| &sample.name);
    let entries = samples.iter().map(|sample| {
        let (name, json) = (&sample.name, literal(&sample.json));
        quote! { (#name, #json) }
    });
    quote! {
        /// JSON of a sample of each entity, sorted by name. `"sample:Account"` stands for the sample of another entity.
        pub(super) static SAMPLES: &[(&str, &str)] = &[#(#entries),*];
    }
}

/// The JSON of a successful response; `None` if it is not JSON.
pub(crate) fn response(model: &Model<'_>, method: &MethodModel<'_>) -> Option<String> {
    match method.output {
        Output::Text | Output::WebPage | Output::Stream(_) => None,
        Output::Unit => Some("{}".to_owned()),
        Output::Value { ty, .. } => Some(value(model, ty)),
        Output::Page { item, wrapper, .. } => Some(match wrapper {
            Some((entity, _)) => value(model, &TypeRef::Named(entity.to_owned())),
            None => value(model, &TypeRef::List(Box::new(item.clone()))),
        }),
    }
}

/// The payload of an event as it is sent; `None` if it has none.
pub(crate) fn payload(model: &Model<'_>, event: &Event) -> Option<String> {
    let json = example(model, event.payload.as_ref()?);
    Some(match json {
        Json::Scalar(serde_json::Value::String(text)) if event.plain_text => text,
        json => formatted(&json, 0),
    })
}

fn value(model: &Model<'_>, ty: &TypeRef) -> String {
    formatted(&example(model, ty), 0)
}

fn example(model: &Model<'_>, ty: &TypeRef) -> Json {
    Examples::named(model).plain("value", ty)
}
