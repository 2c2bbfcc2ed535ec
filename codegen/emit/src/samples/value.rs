//! Example values.

use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::{InputModel, Kind, Model, ParamModel};
use mastodon_spec::yaml::{JsonType, TypeRef};

/// The example id.
pub(super) const ID: &str = "23972";

/// Example strings by parameter name, sorted. Other parameters have the string `text`.
const STRINGS: &[(&str, &str)] = &[
    ("Idempotency-Key", "b1946ac92492d234"),
    ("access_token", "$TOKEN"),
    ("acct", "Gargron@mastodon.social"),
    ("all", "async"),
    ("any", "rustlang"),
    ("attribution_domains", "blog.example"),
    ("auth", "tBHItJI5svbpez7KI4CCXg"),
    ("avatar_description", "A smiling ferret"),
    ("by_domain", "spam.example"),
    (
        "canonical_email_hash",
        "b344e55d11b3fc25d0d53194e0475838bf17e9be67ce3e6469956222d9a34f9c",
    ),
    ("client_id", "TWhM-tNSuncnqN7DBJmoyeLnk6K3iJJ71KKXxgL1hPM"),
    ("client_name", "My bot"),
    (
        "client_secret",
        "ZEaFUFmF0umgBX1qKJDjaU99Q31lDkOU8NutzTOoliw",
    ),
    ("code", "qDFUEaYrRK5c-HNmTCJbAzazwLRInJ7VHFat0wcMgCU"),
    (
        "code_challenge",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    ),
    (
        "code_verifier",
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    ),
    ("comment", "It is spam."),
    ("description", "A cat asleep on a keyboard"),
    ("display_name", "Ferris"),
    ("domain", "spam.example"),
    ("email", "ferris@mastodon.example"),
    ("endpoint", "https://push.example/listener"),
    ("focus", "-0.42,0.69"),
    ("forward_to_domains", "mastodon.social"),
    ("group_key", "favourite-23972-491234"),
    ("hashtag", "rust"),
    ("header_description", "A beach at sunset"),
    ("id", ID),
    ("invite_code", "AbCdEfGh"),
    ("ip", "198.51.100.7"),
    ("keyword", "spoiler"),
    ("max_id", ID),
    ("min_id", ID),
    ("name", "rust"),
    ("none", "crypto"),
    ("note", "A crab that writes software."),
    (
        "p256dh",
        "BEm_a0bdPDhf0SOsrnB2-ategf1hHoCnpXgQsFj5JCkcoMrMt2WHoPfEYOYPzOIs9mZE8ZUaD7VA5vouy0kEkr8",
    ),
    ("password", "correct horse battery staple"),
    ("phrase", "spoiler"),
    ("private_comment", "Reported by many"),
    ("public_comment", "Spam"),
    ("q", "cats"),
    ("reason", "I would like to talk about crabs."),
    ("redirect_uri", "urn:ietf:wg:oauth:2.0:oob"),
    ("redirect_uris", "urn:ietf:wg:oauth:2.0:oob"),
    (
        "refresh_token",
        "L-PeOjMaZ2rDdoGYgFLtFvoGVl0fdC3d-vK8AxMYpd0",
    ),
    ("resource", "acct:Gargron@mastodon.social"),
    ("scope", "read write"),
    ("scopes", "read write"),
    ("spoiler_text", "About food"),
    ("state", "c5a8e3f1"),
    ("status", "Hello, world!"),
    ("stream", "user"),
    ("tag", "rust"),
    ("tag_name", "rust"),
    ("tagged", "rust"),
    ("text", "We are looking into it."),
    ("time_zone", "Europe/Berlin"),
    ("title", "Friends"),
    ("token", "ZA-Yj3aBD8U8Cm7lKUp-lm9O9BmDgdhHzDeqsY8tlL0"),
    ("uri", "https://mastodon.social/users/Gargron"),
    ("url", "https://mastodon.social/@Gargron/1"),
    ("username", "ferris"),
    ("value", "https://ferris.example"),
    ("website", "https://bot.example"),
];

/// An example value.
pub(super) enum Value {
    Text(String),
    Bool(bool),
    Flag,
    Integer(i64),
    Number(f64),
    Seconds(u32),
    DateTime(&'static str),
    Date(&'static str),
    /// The name of a file.
    File(&'static str),
    /// A value of an enumeration: the enumeration, and the value in JSON.
    Enum(String, String),
    List(Vec<Value>),
    Map(&'static str, Box<Value>),
    /// A group of parameters: its name, and each parameter with its value.
    Group(String, Vec<Member>),
}

/// A parameter inside a group.
pub(super) struct Member {
    pub(super) wire: String,
    pub(super) name: String,
    pub(super) is_required: bool,
    pub(super) value: Value,
}

impl Value {
    /// The example value of a parameter.
    pub(super) fn of(model: &Model<'_>, param: &ParamModel<'_>) -> Self {
        Self::typed(model, param, param.ty)
    }

    fn typed(model: &Model<'_>, param: &ParamModel<'_>, ty: &TypeRef) -> Self {
        let default = param.yaml.default.as_ref();
        match ty {
            TypeRef::String | TypeRef::Html | TypeRef::Secret => {
                Self::Text(text(param.wire).to_owned())
            }
            TypeRef::Url => Self::Text(url(param.wire).to_owned()),
            TypeRef::Language => Self::Text("en".to_owned()),
            TypeRef::Bool => Self::Bool(default.and_then(serde_json::Value::as_bool) != Some(true)),
            TypeRef::Flag => Self::Flag,
            TypeRef::Integer => Self::Integer(integer(param)),
            TypeRef::Number => Self::Number(0.5),
            TypeRef::Seconds => Self::Seconds(seconds(param)),
            TypeRef::DateTime => Self::DateTime("2030-01-31T12:00:00Z"),
            TypeRef::Date if param.wire == "date_of_birth" => Self::Date("1990-01-31"),
            TypeRef::Date => Self::Date("2030-01-31"),
            TypeRef::File => Self::File("cat.png"),
            TypeRef::Json => Self::Map("key", Box::new(Self::Text("value".to_owned()))),
            TypeRef::MapOf(inner) => Self::Map("key", Box::new(Self::typed(model, param, inner))),
            // A poll has at least two options.
            TypeRef::List(_) if param.wire == "options" => {
                Self::List(["Yes", "No"].map(|text| Self::Text(text.into())).into())
            }
            TypeRef::List(inner) => Self::List(vec![Self::typed(model, param, inner)]),
            TypeRef::Named(name) => match model.kind(name) {
                Some(Kind::Enum) => Self::Enum(name.clone(), chosen(model, param, name)),
                Some(Kind::Input) => Self::group(model, name),
                _ => Self::Text(ID.to_owned()),
            },
        }
    }

    /// A group with its required parameters, or with its first optional ones.
    fn group(model: &Model<'_>, name: &str) -> Self {
        let (mut members, others) = model
            .input(name)
            .map(InputModel::partition)
            .unwrap_or_default();
        // An id alone is not a useful example.
        if members.iter().all(|param| param.wire == "id") {
            let others = others.into_iter().filter(|param| param.wire != "id");
            members.extend(others.take(2));
        }
        let members = members.into_iter().map(|param| Member {
            wire: param.wire.to_owned(),
            name: param.name.clone(),
            is_required: param.is_required(),
            value: Self::of(model, param),
        });
        Self::Group(name.to_owned(), members.collect())
    }

    /// Whether it contains a file.
    pub(super) fn has_file(&self) -> bool {
        match self {
            Self::File(_) => true,
            Self::List(items) => items.iter().any(Self::has_file),
            Self::Group(_, members) => members.iter().any(|member| member.value.has_file()),
            Self::Map(_, value) => value.has_file(),
            _ => false,
        }
    }

    /// The value in a JSON body.
    pub(super) fn json(&self, sent_as: Option<JsonType>) -> Json {
        match self {
            Self::Bool(value) => (*value).into(),
            Self::Flag => true.into(),
            Self::Integer(number) => (*number).into(),
            Self::Number(number) => (*number).into(),
            Self::Seconds(number) => (*number).into(),
            Self::List(items) => items.iter().map(|item| item.json(sent_as)).collect(),
            Self::Map(key, value) => Object::new().with(*key, value.json(sent_as)).into(),
            Self::Group(_, members) => members
                .iter()
                .map(|member| (member.wire.as_str(), member.value.json(None)))
                .collect::<Object>()
                .into(),
            text => match (sent_as, text.plain().parse::<i64>()) {
                (Some(JsonType::Integer), Ok(number)) => number.into(),
                _ => text.plain().into(),
            },
        }
    }

    /// The value as pairs of a form, with brackets in the names.
    pub(super) fn pairs(&self, name: &str, indexed: bool, out: &mut Vec<(String, Pair)>) {
        match self {
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    let brackets = if indexed {
                        format!("{name}[{index}]")
                    } else {
                        format!("{name}[]")
                    };
                    item.pairs(&brackets, false, out);
                }
            }
            Self::Group(_, members) => {
                for member in members {
                    member
                        .value
                        .pairs(&format!("{name}[{}]", member.wire), false, out);
                }
            }
            Self::Map(key, value) => value.pairs(&format!("{name}[{key}]"), false, out),
            Self::File(path) => out.push((name.to_owned(), Pair::File(path))),
            plain => out.push((name.to_owned(), Pair::Text(plain.plain()))),
        }
    }

    /// A scalar value as a string.
    pub(super) fn plain(&self) -> String {
        match self {
            Self::Text(text) | Self::Enum(_, text) => text.clone(),
            Self::DateTime(text) | Self::Date(text) | Self::File(text) => (*text).to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Flag => "true".to_owned(),
            Self::Integer(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Seconds(number) => number.to_string(),
            Self::List(_) | Self::Group(..) | Self::Map(..) => String::new(),
        }
    }
}

/// The value of a pair in a form.
pub(super) enum Pair {
    Text(String),
    File(&'static str),
}

/// The example string for a name.
pub(super) fn text(name: &str) -> &'static str {
    STRINGS
        .binary_search_by(|(known, _)| (*known).cmp(name))
        .map_or("text", |at| STRINGS[at].1)
}

/// The example URL for a name.
fn url(name: &str) -> &'static str {
    let known = STRINGS.binary_search_by(|(known, _)| (*known).cmp(name));
    known.map_or("https://mastodon.example/@ferris", |at| STRINGS[at].1)
}

fn integer(param: &ParamModel<'_>) -> i64 {
    match param.wire {
        "year" => 2025,
        "choices" => 0,
        "maxwidth" | "maxheight" => bounded(param, 400),
        _ => bounded(param, 10),
    }
}

fn seconds(param: &ParamModel<'_>) -> u32 {
    bounded(param, 86_400).try_into().unwrap_or_default()
}

/// The number in the range of the parameter that is nearest.
fn bounded(param: &ParamModel<'_>, number: i64) -> i64 {
    let number = param.yaml.min.map_or(number, |min| number.max(min as i64));
    param.yaml.max.map_or(number, |max| number.min(max as i64))
}

/// A value of an enumeration that differs from the default and that every version supports.
fn chosen(model: &Model<'_>, param: &ParamModel<'_>, name: &str) -> String {
    let default = param
        .yaml
        .default
        .as_ref()
        .and_then(serde_json::Value::as_str);
    let values = model.enumeration(name).map(|known| &known.values);
    let values = values.into_iter().flatten();
    let current: Vec<_> = values
        .filter(|(_, value)| value.deprecated.is_none() && value.removed.is_none())
        .collect();
    let preferred = ["unlisted", "mention", "authorization_code", "code"];
    let known = |wire: &str| current.iter().any(|(known, _)| known.as_str() == wire);
    if let Some(wire) = preferred
        .into_iter()
        .find(|wire| known(wire) && Some(*wire) != default)
    {
        return wire.to_owned();
    }
    let other = current
        .iter()
        .find(|(wire, value)| value.since.is_none() && Some(wire.as_str()) != default)
        .or_else(|| {
            current
                .iter()
                .find(|(wire, _)| Some(wire.as_str()) != default)
        })
        .or_else(|| current.first());
    other.map_or_else(String::new, |(wire, _)| (*wire).clone())
}

#[cfg(test)]
mod tests {
    use super::STRINGS;

    #[test]
    fn strings_are_sorted_for_binary_search() {
        assert!(STRINGS.is_sorted_by(|a, b| a.0 < b.0));
    }
}
