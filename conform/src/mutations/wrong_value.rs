//! Wrong values, and which of them a decoder has to report.

use mastodon_spec::model::Presence;

use super::position::{FieldLink, Link, Position, Shape};

/// A change of one value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mutation {
    /// The value is missing.
    Missing,
    /// The value is another one, as JSON.
    Is(&'static str),
    /// The value is another one, and only the fields of the body itself are changed to it.
    TopLevelIs(&'static str),
    /// The value is a string of this length.
    StringOf(usize),
}

use Mutation::{Is, Missing, StringOf, TopLevelIs};

const FAR_DATE: &str = r#""57171-08-04T06:31:30.000Z""#;
const HALF_A_CHARACTER: &str = r#""a\ud83d""#;

pub(super) const MUTATIONS: &[Mutation] = &[
    Missing,
    Is("null"),
    Is(r#""text""#),
    Is("7"),
    Is("true"),
    Is("[]"),
    Is("{}"),
    Is("[null]"),
    Is(FAR_DATE),
    TopLevelIs(r#""""#),
    TopLevelIs(r#"" ""#),
    TopLevelIs(r#""12""#),
    TopLevelIs("-1"),
    TopLevelIs("12.0"),
    TopLevelIs("1.5"),
    TopLevelIs("1e300"),
    TopLevelIs("-1e999"),
    TopLevelIs("99999999999999999999"),
    TopLevelIs("false"),
    TopLevelIs(r#"{"x":null}"#),
    TopLevelIs(r#"["x"]"#),
    TopLevelIs("[[[]]]"),
    TopLevelIs(r#""0000-00-00""#),
    TopLevelIs(r#""0000-00-00 00:00:00 UTC""#),
    TopLevelIs(r#""2023-02-29T25:61:61.000Z""#),
    TopLevelIs(r#""-20000-01-01T00:00:00Z""#),
    TopLevelIs(HALF_A_CHARACTER),
    StringOf(5000),
];

/// Whether a value has to be reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    Yes,
    No,
    /// It depends on the content.
    Either,
}

impl Mutation {
    pub(super) fn name(&self) -> String {
        match self {
            Missing => "missing".to_owned(),
            Is(json) | TopLevelIs(json) => (*json).to_owned(),
            StringOf(length) => format!("a string of {length} bytes"),
        }
    }

    pub(super) fn is_for_top_level(&self) -> bool {
        matches!(self, TopLevelIs(_) | StringOf(_))
    }

    /// The value as JSON; `None` if it is missing.
    pub(super) fn json(&self) -> Option<String> {
        match self {
            Missing => None,
            Is(json) | TopLevelIs(json) => Some((*json).to_owned()),
            StringOf(length) => Some(format!("\"{}\"", "x".repeat(*length))),
        }
    }

    /// Whether a decoder that tolerates the value has to report it: exactly if it differs from the specification.
    pub(super) fn must_be_reported(&self, position: &Position<'_>) -> Report {
        let Some(json) = self.json() else {
            return Report::Either;
        };
        let mut fields = position
            .steps
            .iter()
            .rev()
            .filter_map(|step| match &step.link {
                Link::Field(field) => Some(field),
                _ => None,
            });
        let (Some(step), Some(field)) = (position.steps.last(), fields.next()) else {
            return Report::Either;
        };
        if step.shape == Shape::Any {
            // Half a character is replaced.
            return if json == HALF_A_CHARACTER {
                Report::Either
            } else {
                Report::No
            };
        }
        if json == "null" {
            return match &step.link {
                Link::Field(field) => null_must_be_reported(field),
                _ => Report::Yes,
            };
        }
        if json == r#""""# && field.presence == Presence::Optional {
            // Some servers send an empty string instead of null.
            return Report::Either;
        }
        let is_documented = match (step.shape, json.as_bytes().first()) {
            (Shape::Text, Some(b'"')) => return yes_if(json == HALF_A_CHARACTER),
            (Shape::Bool, Some(b't' | b'f')) => true,
            // Unix time as a string is another notation of a time.
            (Shape::DateTime | Shape::Date, Some(b'"')) if json == r#""12""# => {
                return Report::Either;
            }
            (Shape::Integer, Some(b'0'..=b'9' | b'-')) => {
                json.parse::<i64>().is_ok() || json == "12.0"
            }
            (Shape::Number, Some(b'0'..=b'9' | b'-')) => {
                json.parse().is_ok_and(|number: f64| number.is_finite())
            }
            (Shape::List, Some(b'[')) if json != "[]" => return Report::Either,
            (Shape::Map | Shape::Object, Some(b'{')) if json != "{}" => return Report::Either,
            (Shape::Object, Some(b'{')) => return Report::Either,
            (Shape::List, Some(b'[')) | (Shape::Map, Some(b'{')) => true,
            _ => false,
        };
        let has_other_types = field.yaml.sent_as.is_some() || !field.yaml.also_sent_as.is_empty();
        match (is_documented, has_other_types) {
            (true, _) => Report::No,
            (false, true) => Report::Either,
            (false, false) => Report::Yes,
        }
    }
}

fn null_must_be_reported(field: &FieldLink<'_>) -> Report {
    let has_other_types = !field.yaml.also_sent_as.is_empty();
    match (
        field.yaml.nullable,
        field.is_always_sent && !has_other_types,
    ) {
        (true, _) => Report::No,
        (false, true) => Report::Yes,
        (false, false) => Report::Either,
    }
}

fn yes_if(condition: bool) -> Report {
    if condition { Report::Yes } else { Report::No }
}
