//! Calls as somebody would write them who reads about an endpoint: the values that stand in them, and
//! the same call in Rust and for `curl`.

mod answer;
mod curl;
mod rust;
mod value;

pub use answer::{Part, answer};
pub use curl::curl;
pub use rust::rust;
pub(crate) use rust::source;

use value::Value;

use mastodon_spec::model::{Kind, Model, ParamModel};
use mastodon_spec::yaml::{Method, Place, Required};

/// How many options a call shows.
const OPTIONS: usize = 2;

/// A parameter with the value that it has in the sample.
struct Given<'a> {
    param: ParamModel<'a>,
    value: Value,
}

/// What a sample gives: what a caller always gives, then some of the options.
struct Sample<'a> {
    arguments: Vec<Given<'a>>,
    options: Vec<Given<'a>>,
    /// How many items a page is to have.
    limit: Option<u32>,
}

impl<'a> Sample<'a> {
    fn new(model: &Model<'a>, method: &'a Method) -> Self {
        let (arguments, options) = model.arguments(method);
        let is_condition =
            |param: &ParamModel<'_>| matches!(param.spec.required, Some(Required::When(_)));
        // Of those that are needed unless another is given, one will do.
        let settled = arguments.iter().any(is_condition);
        let needed = options
            .iter()
            .find(|param| !settled && is_condition(param) && is_current(param));
        let mut plain: Vec<_> = options
            .iter()
            .filter(|param| is_current(param) && !is_condition(param) && is_plain(param))
            .collect();
        // What every version has comes first, and what has few values says most.
        let says = |param: &ParamModel<'_>| {
            let is_enum = param
                .ty
                .named()
                .is_some_and(|name| model.kind(name) == Some(Kind::Enum));
            (
                param.spec.since.is_some(),
                param.spec.undocumented,
                !is_enum,
            )
        };
        plain.sort_by_key(|param| says(param));
        let options: Vec<_> = needed
            .into_iter()
            .chain(
                plain
                    .into_iter()
                    .take(OPTIONS - usize::from(needed.is_some())),
            )
            .cloned()
            .collect();
        let give = |params: Vec<ParamModel<'a>>| {
            params
                .into_iter()
                .map(|param| Given {
                    value: Value::of(model, &param),
                    param,
                })
                .collect()
        };
        Self {
            arguments: give(arguments),
            options: give(options),
            limit: method
                .paging
                .as_ref()
                .and_then(|paging| Some(paging.limit?.max)),
        }
    }

    fn given(&self) -> impl Iterator<Item = &Given<'a>> {
        self.arguments.iter().chain(&self.options)
    }

    fn at(&self, place: Place) -> Vec<&Given<'a>> {
        self.given()
            .filter(|given| given.param.place == place)
            .collect()
    }
}

fn is_current(param: &ParamModel<'_>) -> bool {
    param.spec.deprecated.is_none() && param.spec.removed.is_none()
}

/// Whether it says something by itself. Headers and what only continues a list do not.
fn is_plain(param: &ParamModel<'_>) -> bool {
    let continues = ["max_id", "min_id", "since_id", "offset", "lang", "_destroy"];
    matches!(param.place, Place::Query | Place::Body) && !continues.contains(&param.wire)
}
