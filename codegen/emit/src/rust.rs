//! The emitted signatures and types as text, for comparing two versions of the specification.

use proc_macro2::TokenStream;

use super::{entities, methods};
use mastodon_spec::model::{FieldModel, InputModel, MethodModel, Model, ParamModel};
use mastodon_spec::yaml::TypeRef;

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
