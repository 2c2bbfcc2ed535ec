//! The JSON that the documentation shows, through the typed decoders.
//!
//! The examples are of many ages, so that fields which the specification does not know are passed
//! over here; what it knows has to be read, and has to come back as it was. How refusals are read is
//! for the tests of the SDK, which sees their status.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use mastodon_spec::model::Model;
use mastodon_spec::yaml::{Method, Returns, TypeRef};
use serde::Deserialize;
use serde_json::Value;

use crate::decode::{RoundTrip, Walk};
use crate::decoders;
use crate::fill::fill;
use crate::report::answer_type;

/// One example.
#[derive(Debug, Deserialize)]
pub struct Example {
    /// `response`, `entity`, `stream`, `request` or `other`.
    pub kind: String,
    /// The verb of the endpoint that it stands at.
    pub method: Option<String>,
    /// The path of the endpoint, with its parameters in braces.
    pub path: Option<String>,
    /// The status of the answer.
    pub status_code: Option<u16>,
    /// The entity that it shows.
    pub entity: Option<String>,
    /// Whether something was left out of it with an ellipsis.
    #[serde(default)]
    pub partial: bool,
    /// The JSON.
    pub json: Value,
}

impl Example {
    /// What a person would look for: verb and path, or the name of the entity.
    pub fn place(&self) -> String {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        match self.kind.as_str() {
            "entity" => format!("entity {}", text(&self.entity)),
            "stream" => format!("stream of {}", text(&self.entity)),
            _ => format!("{} {}", text(&self.method), text(&self.path)),
        }
    }
}

/// What came of the examples; every one is counted once.
#[derive(Debug, Default)]
pub struct Examined {
    /// Decoded, and compared with what came back.
    pub compared: usize,
    /// How many of these have ellipses, and were read with the least that fills them.
    pub filled: usize,
    /// An empty object, from a method that answers with nothing.
    pub nothing: usize,
    /// A text or an id that is no JSON by itself, from a stream.
    pub bare: usize,
    /// The error of a refused request.
    pub refused: usize,
    /// What a client sends, and what belongs to no method.
    pub sent: usize,
    /// What was wrong: where the example stands, and what was found.
    pub problems: Vec<(String, String)>,
}

impl Examined {
    fn add(&mut self, model: &Model<'_>, example: &Example) {
        let mut problems = Vec::new();
        let shown = shown(model, example);
        if example.partial && matches!(shown, Shown::Answer(..)) {
            self.filled += 1;
        }
        let count = match shown {
            Shown::Sent => &mut self.sent,
            Shown::Refused => &mut self.refused,
            Shown::Bare => &mut self.bare,
            Shown::Nothing => {
                if example.json != Value::Object(serde_json::Map::new()) {
                    problems.push("a method without an answer shows one".to_owned());
                }
                &mut self.nothing
            }
            Shown::Unknown => {
                problems.push("the specification does not have it".to_owned());
                &mut self.compared
            }
            Shown::Answer(_, Err(error)) => {
                problems.push(format!("the decoder refuses it: {error}"));
                &mut self.compared
            }
            Shown::Answer(ty, Ok(back)) => {
                let mut walk = Walk::new(model);
                walk.value("$", &ty, &example.json, Some(&back));
                problems = walk.different;
                &mut self.compared
            }
        };
        *count += 1;
        let place = example.place();
        let found = problems.into_iter().map(|problem| (place.clone(), problem));
        self.problems.extend(found);
    }
}

/// Decodes the examples of a file, one a line, and compares what comes back.
///
/// # Errors
///
/// When the file or the specification cannot be read.
pub fn examine(path: &Path) -> Result<Examined, String> {
    let spec = crate::specification()?;
    let model = Model::new(&spec);
    let text = fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let mut examined = Examined::default();
    for line in text.lines() {
        let example = serde_json::from_str(line)
            .map_err(|error| format!("{} has no example: {error}", path.display()))?;
        examined.add(&model, &example);
    }
    Ok(examined)
}

/// What an example shows.
enum Shown {
    /// An answer of this type, and what the decoder makes of it.
    Answer(TypeRef, RoundTrip),
    Nothing,
    Bare,
    Refused,
    Sent,
    Unknown,
}

fn shown(model: &Model<'_>, example: &Example) -> Shown {
    let refused = example.status_code.is_some_and(|status| status >= 400);
    match (example.kind.as_str(), example.entity.as_deref()) {
        ("request" | "other", _) => Shown::Sent,
        ("entity", Some("Error")) => Shown::Refused,
        ("response", _) if refused => Shown::Refused,
        ("response", _) => answer(model, example),
        ("stream", None) => Shown::Bare,
        // What the WebSocket carries is an answer of its method; elsewhere a payload stands alone.
        ("stream", _) if carries_messages(model, example) => answer(model, example),
        (_, Some(entity)) => of_entity(model, entity, example),
        (_, None) => Shown::Unknown,
    }
}

fn carries_messages(model: &Model<'_>, example: &Example) -> bool {
    let method = endpoint(model, example).map(|(_, method)| method);
    method.is_some_and(|method| matches!(method.returns, Some(Returns::Stream(Some(_)))))
}

fn answer(model: &Model<'_>, example: &Example) -> Shown {
    let Some((name, method)) = endpoint(model, example) else {
        return Shown::Unknown;
    };
    match (&method.returns, answer_type(method)) {
        (Some(Returns::Nothing | Returns::NoBody), _) => Shown::Nothing,
        (Some(Returns::Stream(Some(TypeRef::Named(message)))), _) => {
            of_entity(model, message, example)
        }
        (_, Some(ty)) => {
            let body = body(model, &ty, example).to_string();
            decoders::decode(name, body.as_bytes())
                .map_or(Shown::Unknown, |back| Shown::Answer(ty, back))
        }
        _ => Shown::Unknown,
    }
}

/// An entity, or a list of it where its name stands in brackets.
fn of_entity(model: &Model<'_>, name: &str, example: &Example) -> Shown {
    let item = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let one = TypeRef::Named(item.unwrap_or(name).to_owned());
    let decode =
        |name: &str, json: &Value| decoders::decode_entity(name, json.to_string().as_bytes());
    let Some(item) = item else {
        let back = decode(name, &body(model, &one, example));
        return back.map_or(Shown::Unknown, |back| Shown::Answer(one, back));
    };
    let ty = TypeRef::List(Box::new(one));
    let body = body(model, &ty, example);
    let items = body.as_array().and_then(|items| {
        items
            .iter()
            .map(|json| decode(item, json))
            .collect::<Option<Vec<RoundTrip>>>()
    });
    items.map_or(Shown::Unknown, |items| {
        Shown::Answer(ty, items.into_iter().collect())
    })
}

/// The JSON of an example, whole.
fn body<'a>(model: &Model<'_>, ty: &TypeRef, example: &'a Example) -> Cow<'a, Value> {
    if example.partial {
        Cow::Owned(fill(model, ty, &example.json))
    } else {
        Cow::Borrowed(&example.json)
    }
}

/// The method whose address an example has, whatever the parameters in it are called.
fn endpoint<'a>(model: &Model<'a>, example: &Example) -> Option<(&'a str, &'a Method)> {
    let (verb, path) = (example.method.as_deref()?, example.path.as_deref()?);
    let found = model.methods().find(|method| {
        method.http_method.as_str() == verb && nameless(method.path).eq(nameless(path))
    })?;
    Some((found.name, found.yaml))
}

fn nameless(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .map(|part| if part.starts_with('{') { "{}" } else { part })
}
