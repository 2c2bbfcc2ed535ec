//! The JSON that the documentation shows, through the typed decoders.
//!
//! The examples are of many ages, so that fields which the specification does not know are passed
//! over here; what it knows has to be read, and has to come back as it was.

use std::fs;
use std::path::Path;

use mastodon_codegen::model::Model;
use mastodon_codegen::spec::{Method, TypeRef};
use serde::Deserialize;
use serde_json::Value;

use crate::decode::{RoundTrip, Walk};
use crate::decoders;
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

/// What came of the examples.
#[derive(Debug, Default)]
pub struct Examined {
    /// How many were decoded and compared.
    pub compared: usize,
    /// How many were cut so short by an ellipsis that nothing could be made of them.
    pub cut: usize,
    /// What was wrong: where the example stands, and what was found.
    pub problems: Vec<(String, String)>,
}

/// Decodes the examples of a file, one a line, that are wanted, and compares what comes back.
///
/// # Errors
///
/// When the file or the specification cannot be read.
pub fn examine(path: &Path, wanted: impl Fn(&Example) -> bool) -> Result<Examined, String> {
    let spec = crate::specification()?;
    let model = Model::new(&spec);
    let text = fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let mut examined = Examined::default();
    for line in text.lines() {
        let example: Example = serde_json::from_str(line)
            .map_err(|error| format!("{} has no example: {error}", path.display()))?;
        if !wanted(&example) {
            continue;
        }
        let Some((ty, decoded)) = decoded(&model, &example) else {
            continue;
        };
        if example.partial
            && decoded
                .as_ref()
                .is_err_and(|error| error.contains("missing field"))
        {
            examined.cut += 1;
            continue;
        }
        examined.compared += 1;
        let place = example.place();
        match decoded {
            Err(error) => examined
                .problems
                .push((place, format!("the decoder refuses it: {error}"))),
            Ok(back) => {
                let mut walk = Walk::new(&model);
                walk.value("$", &ty, &example.json, Some(&back));
                let found = walk.different.into_iter();
                examined
                    .problems
                    .extend(found.map(|problem| (place.clone(), problem)));
            }
        }
    }
    Ok(examined)
}

/// The type that an example shows, and what the decoder makes of it.
fn decoded(model: &Model<'_>, example: &Example) -> Option<(TypeRef, RoundTrip)> {
    let body = example.json.to_string();
    if example.kind == "response" {
        if !(200..300).contains(&example.status_code?) {
            return None;
        }
        let (name, method) = endpoint(model, example)?;
        return Some((
            answer_type(method)?,
            decoders::decode(name, body.as_bytes())?,
        ));
    }
    if example.kind != "entity" && example.kind != "stream" {
        return None;
    }
    let entity = example.entity.as_deref()?;
    let Some(item) = entity
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    else {
        let ty = TypeRef::Named(entity.to_owned());
        return Some((ty, decoders::decode_entity(entity, body.as_bytes())?));
    };
    let items: Option<Vec<RoundTrip>> = example
        .json
        .as_array()?
        .iter()
        .map(|value| decoders::decode_entity(item, value.to_string().as_bytes()))
        .collect();
    let list = TypeRef::List(Box::new(TypeRef::Named(item.to_owned())));
    Some((list, items?.into_iter().collect::<Result<Value, _>>()))
}

/// The method whose address an example has, whatever the parameters in it are called.
fn endpoint<'a>(model: &Model<'a>, example: &Example) -> Option<(&'a str, &'a Method)> {
    let (verb, path) = (example.method.as_deref()?, example.path.as_deref()?);
    model.methods().find(|(_, method)| {
        method
            .http
            .iter()
            .any(|http| http.verb.as_str() == verb && nameless(&http.path).eq(nameless(path)))
    })
}

fn nameless(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .map(|part| if part.starts_with('{') { "{}" } else { part })
}
