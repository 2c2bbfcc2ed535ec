//! What the emitters make of a thing in Rust, as text: for comparing.

use proc_macro2::TokenStream;

use super::{entities, methods};
use mastodon_spec::model::{FieldModel, Model, ParamModel, is_required};
use mastodon_spec::yaml::{Input, Method, TypeRef};

/// What a caller sees of a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Names and types of the arguments.
    pub arguments: Vec<(String, String)>,
    /// The type of the call.
    pub call: String,
    /// The call without options, which tells the type of the answer.
    pub answer: String,
}

/// The signature of a method; none where no function is written for it.
pub fn signature<'a>(model: &Model<'a>, name: &str, method: &'a Method) -> Option<Signature> {
    methods::is_callable(method).then(|| {
        let (arguments, _) = model.arguments(method);
        let (call, answer) = methods::call_types(model, name, method);
        Signature {
            arguments: arguments.iter().map(|param| typed(model, param)).collect(),
            call: plain(&call),
            answer: plain(&answer),
        }
    })
}

/// What the function `new` of a group of parameters takes, and the options that it has.
pub fn input<'a>(
    model: &Model<'a>,
    input: &'a Input,
) -> (Vec<(String, String)>, Vec<ParamModel<'a>>) {
    let (given, options): (Vec<_>, Vec<_>) = model
        .input_params(input)
        .into_iter()
        .partition(|param| is_required(param.spec));
    let given = given.iter().map(|param| typed(model, param)).collect();
    (given, options)
}

fn typed(model: &Model<'_>, param: &ParamModel<'_>) -> (String, String) {
    (param.name.clone(), setter_type(model, param.ty))
}

/// The type that a setter, or an argument, takes.
pub fn setter_type(model: &Model<'_>, ty: &TypeRef) -> String {
    if *ty == TypeRef::Flag {
        return "()".to_owned();
    }
    plain(&methods::argument_type(model, ty))
}

/// The type of a field.
pub fn field_type(field: &FieldModel<'_>) -> String {
    plain(&entities::full_type(field))
}

/// Tokens as a person would write them.
fn plain(tokens: &TokenStream) -> String {
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
