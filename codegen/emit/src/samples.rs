//! Example calls of every method, in Rust and for `curl`, with example responses, and an example of every entity.

mod answer;
mod curl;
mod entities;
mod failure;
mod fields;
mod json;
mod response;
mod result;
mod rust;
pub(crate) mod server;
mod value;

pub use answer::{Answer, answer};
pub use curl::curl;
pub(crate) use entities::{all, samples};
pub use failure::failure;
pub use json::{BodyExample, JsonExamples};
pub use response::{Part, response};
pub use rust::rust;
pub(crate) use rust::{documentation, source, stream_documentation};

use value::Value;

use mastodon_spec::model::{Kind, MethodModel, Model, ParamModel};
use mastodon_spec::yaml::{ParamLocation, Required, Supported};

/// Maximum number of options in an example call.
const MAX_OPTIONS: usize = 2;

/// A parameter with its example value.
struct Given<'a> {
    param: ParamModel<'a>,
    value: Value,
}

/// The parameters of an example call: all arguments, and some of the options.
struct Sample<'a> {
    arguments: Vec<Given<'a>>,
    options: Vec<Given<'a>>,
    /// The `limit` of a paged list.
    limit: Option<u32>,
}

impl<'a> Sample<'a> {
    fn new(model: &Model<'a>, method: &MethodModel<'a>) -> Self {
        let (arguments, options) = (&method.arguments, &method.options);
        let is_condition =
            |param: &ParamModel<'_>| matches!(param.yaml.required, Some(Required::When(_)));
        // Of the parameters that are required if the others are absent, one is sufficient.
        let is_satisfied = arguments.iter().any(is_condition);
        let needed = options
            .iter()
            .find(|param| !is_satisfied && is_condition(param) && is_current(param));
        // `exclude_types` says nothing beside `types`.
        let is_opposite = |param: &ParamModel<'_>| {
            let name = param.wire.strip_prefix("exclude_");
            name.is_some_and(|name| options.iter().any(|other| other.wire == name))
        };
        let mut plain: Vec<_> = options
            .iter()
            .filter(|param| is_current(param) && !is_condition(param) && is_plain(param))
            .filter(|param| !is_opposite(param))
            .collect();
        // Parameters that every version supports come first, then those with an enumeration. IDs say least.
        let rank = |param: &ParamModel<'_>| {
            let is_enum = param
                .ty
                .named()
                .is_some_and(|name| model.kind(name) == Some(Kind::Enum));
            (
                param.yaml.since.is_some(),
                param.yaml.undocumented,
                !is_enum,
                model.id_type(param.ty).is_some(),
            )
        };
        plain.sort_by_key(|param| rank(param));
        let options: Vec<_> = needed
            .into_iter()
            .chain(
                plain
                    .into_iter()
                    .take(MAX_OPTIONS - usize::from(needed.is_some())),
            )
            .cloned()
            .collect();
        let with_values = |params: &[ParamModel<'a>]| {
            params
                .iter()
                .map(|param| Given {
                    value: Value::of(model, param),
                    param: param.clone(),
                })
                .collect()
        };
        Self {
            arguments: with_values(arguments),
            options: with_values(&options),
            limit: method
                .yaml
                .paging
                .as_ref()
                .and_then(|paging| Some(paging.limit?.max)),
        }
    }

    fn given(&self) -> impl Iterator<Item = &Given<'a>> {
        self.arguments.iter().chain(&self.options)
    }

    fn at(&self, location: ParamLocation) -> Vec<&Given<'a>> {
        self.given()
            .filter(|given| given.param.location == location)
            .collect()
    }
}

fn is_current(param: &ParamModel<'_>) -> bool {
    let spec = param.yaml;
    spec.deprecated.is_none() && spec.removed.is_none() && !spec.is_only_on()
}

/// Whether it is useful in an example. Headers and cursors are not.
fn is_plain(param: &ParamModel<'_>) -> bool {
    let excluded = ["max_id", "min_id", "since_id", "offset", "lang", "_destroy"];
    matches!(param.location, ParamLocation::Query | ParamLocation::Body)
        && !excluded.contains(&param.wire)
}
