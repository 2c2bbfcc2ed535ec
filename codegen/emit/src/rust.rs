//! The emitted signatures and types as text, for comparing two versions of the specification.

use proc_macro2::TokenStream;

use super::{entities, methods, streaming};
use mastodon_spec::model::{
    FieldModel, InputModel, MethodModel, Model, Output, ParamModel, Struct,
};
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::{Event, Stream, TypeRef};

pub use streaming::{EventSignature, StreamSignature};

/// The signature of an emitted function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Names and types of the arguments.
    pub arguments: Vec<(String, String)>,
    /// The call type without options, which contains the type of the response. The name of the call type
    /// follows from that of the method.
    pub output: String,
}

/// The signature of a method; `None` where no function is emitted for it.
pub fn signature(model: &Model<'_>, method: &MethodModel<'_>) -> Option<Signature> {
    method.is_callable().then(|| {
        let arguments = method.arguments.iter();
        Signature {
            arguments: arguments.map(|param| typed(model, param)).collect(),
            output: plain(&methods::plain_call_type(method)),
        }
    })
}

/// The arguments of the `new` function of an input group.
pub fn input_arguments(model: &Model<'_>, input: &InputModel<'_>) -> Vec<(String, String)> {
    let (required, _) = input.partition();
    required
        .into_iter()
        .map(|param| typed(model, param))
        .collect()
}

fn typed(model: &Model<'_>, param: &ParamModel<'_>) -> (String, String) {
    (param.name.clone(), setter_type(model, param.ty))
}

/// The type of an argument or a setter.
pub fn setter_type(model: &Model<'_>, ty: &TypeRef) -> String {
    plain(&methods::argument_type(model, ty))
}

/// The type of a field.
pub fn field_type(field: &FieldModel<'_>) -> String {
    plain(&entities::full_type(field))
}

/// The type in a response.
pub fn response_type(ty: &TypeRef) -> String {
    plain(&entities::rust_type(ty))
}

/// The entity that wraps the items of a paged list, and that therefore implements `PageBody`.
pub fn page_body(method: &MethodModel<'_>) -> Option<String> {
    match method.output {
        Output::Page {
            wrapper: Some((entity, _)),
            ..
        } => Some(type_name(entity)),
        _ => None,
    }
}

/// The type of the items of a paged list.
pub fn page_item(method: &MethodModel<'_>) -> Option<String> {
    match method.output {
        Output::Page { item, .. } => Some(response_type(item)),
        _ => None,
    }
}

/// The ID type that the entity converts into.
pub fn id_of(item: &Struct<'_>) -> Option<String> {
    entities::id_type(item).map(type_name)
}

/// Whether the entity converts into the one that it extends.
pub fn converts_into(model: &Model<'_>, name: &str, parent: &str) -> bool {
    entities::into_parent(model, name, parent, !model.is_only_other(name)).is_some()
}

/// Whether the struct has the field `unknown_fields`.
pub fn keeps_unknown_fields(model: &Model<'_>, entity: &str, item: &Struct<'_>) -> bool {
    entities::is_extended(item, !model.is_only_other(entity) && !item.is_only_other)
}

/// What is emitted for a stream.
pub fn stream(model: &Model<'_>, name: &str, stream: &Stream) -> StreamSignature {
    streaming::signature(model, name, stream)
}

/// What is emitted for an event of streams.
pub fn event(model: &Model<'_>, name: &str, event: &Event) -> EventSignature {
    streaming::event_signature(model, name, event)
}

/// Formats tokens without the spaces that `TokenStream` prints.
pub(crate) fn plain(tokens: &TokenStream) -> String {
    let mut text = tokens.to_string();
    for (from, to) in [
        (" < ", "<"),
        (" >", ">"),
        ("< ", "<"),
        (" ,", ","),
        (" :: ", "::"),
    ] {
        text = text.replace(from, to);
    }
    text
}
