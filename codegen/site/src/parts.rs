//! Components of pages: text with links, versions, parameters and fields.

use serde::Serialize;

use super::notes::Notes;
use super::urls::Urls;
use mastodon_emit::ident;
use mastodon_spec::docs;
use mastodon_spec::model::{Model, ParamModel, is_required};
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::{
    Condition, Field, JsonType, On, ParamLocation, Required, Supported, TypeRef, Version,
};

/// A piece of text, possibly a link.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Piece {
    pub(super) text: String,
    /// The target, from the root of the site.
    pub(super) href: Option<String>,
    pub(super) code: bool,
}

impl Piece {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    pub(super) fn code(text: impl Into<String>, href: Option<String>) -> Self {
        Self {
            text: text.into(),
            href,
            code: true,
        }
    }

    pub(super) fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            href: Some(href.into()),
            code: false,
        }
    }
}

/// Joins pieces with a separator.
pub(super) fn joined(pieces: impl IntoIterator<Item = Piece>, between: &str) -> Vec<Piece> {
    let mut all = Vec::new();
    for piece in pieces {
        if !all.is_empty() {
            all.push(Piece::text(between));
        }
        all.push(piece);
    }
    all
}

/// The versions of an item.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Versions {
    pub(super) since: Option<VersionRef>,
    pub(super) deprecated: Option<VersionRef>,
    pub(super) removed: Option<VersionRef>,
    /// The software that alone has the item, with its versions.
    pub(super) only_on: Vec<String>,
    /// Other software that has the item or lacks it, as a sentence.
    pub(super) also_on: Option<String>,
}

/// A version with its index among the releases.
#[derive(Debug, Clone, Serialize)]
pub(super) struct VersionRef {
    pub(super) version: String,
    pub(super) index: usize,
}

impl Versions {
    pub(super) fn new(
        urls: &Urls<'_>,
        since: Option<&Version>,
        deprecated: Option<&Version>,
        removed: Option<&Version>,
    ) -> Self {
        let version_ref = |version: Option<&Version>| {
            let version = version.filter(|version| !version.is_zero())?;
            Some(VersionRef {
                version: version.to_string(),
                index: urls.release(version)?,
            })
        };
        Self {
            since: version_ref(since),
            deprecated: version_ref(deprecated),
            removed: version_ref(removed),
            ..Self::default()
        }
    }

    /// Adds the software other than Mastodon that has the item.
    pub(super) fn on(self, model: &Model<'_>, on: &On, is_only_on: bool) -> Self {
        let servers = &model.spec.servers;
        let (never, with) =
            on.0.iter()
                .partition::<Vec<_>, _>(|(_, condition)| **condition == Condition::Never);
        let named = with.into_iter().filter(|_| is_only_on);
        let only_on: Vec<String> = named
            .map(|(server, condition)| docs::with_condition(servers, server, condition))
            .collect();
        // The badges say which software has it, so the sentence says only which lacks it.
        let rest = if only_on.is_empty() {
            on.clone()
        } else {
            let never = never.into_iter();
            On(never
                .map(|(server, condition)| (server.clone(), condition.clone()))
                .collect())
        };
        let sentence = docs::other_servers(servers, &rest, false);
        let sentence = sentence.trim_end_matches('.').to_owned();
        Self {
            only_on,
            also_on: (!sentence.is_empty()).then_some(sentence),
            ..self
        }
    }

    /// Whether only servers other than Mastodon have the item.
    pub(super) fn is_only_on_others(&self) -> bool {
        !self.only_on.is_empty()
    }

    /// The indexes, for the script of the page.
    pub(super) fn indexes(&self) -> [Option<usize>; 3] {
        [&self.since, &self.deprecated, &self.removed]
            .map(|version_ref| version_ref.as_ref().map(|version_ref| version_ref.index))
    }
}

/// A parameter or a field.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) ty: Vec<Piece>,
    /// Whether it is required, or when it is absent.
    pub(super) requirement: Option<String>,
    /// Default, bounds, other JSON types.
    pub(super) facts: Vec<String>,
    /// The values of a short enumeration.
    pub(super) values: Vec<String>,
    pub(super) versions: Versions,
    pub(super) description: String,
    pub(super) note: Notes,
    /// Other words by which people search for it.
    pub(super) words: Vec<String>,
    /// Marks for reviewers, such as "undocumented".
    pub(super) marks: Vec<String>,
    /// The name in code, where it differs from the API name.
    pub(super) rust: Option<String>,
    pub(super) members: Vec<Member>,
}

/// Maximum number of values of an enumeration that are listed. Longer ones are only linked.
const MAX_LISTED_VALUES: usize = 8;

/// A parameter with its anchor.
pub(super) fn param(
    model: &Model<'_>,
    urls: &Urls<'_>,
    id: String,
    param: &ParamModel<'_>,
) -> Member {
    let spec = param.yaml;
    let requirement = match &spec.required {
        _ if param.location == ParamLocation::Path || is_required(spec) => {
            Some("required".to_owned())
        }
        Some(Required::When(when)) => Some(format!("required {}", when.trim_end_matches('.'))),
        _ => None,
    };
    let mut facts = Vec::new();
    if let Some(default) = &spec.default {
        facts.push(format!(
            "default `{}`",
            default.to_string().trim_matches('"')
        ));
    }
    facts.extend(limits(
        spec.min,
        spec.max,
        spec.max_length,
        spec.example.as_ref(),
    ));
    facts.extend(spec.max_items.map(|max| format!("at most {max} items")));
    let per_request = spec.items_per_request;
    facts.extend(per_request.map(|max| format!("at most {max} items per request")));
    facts.extend(
        spec.sent_as
            .map(|wire| format!("sent as {}", json_type(wire))),
    );
    if spec.nullable {
        facts.push("nullable".to_owned());
    }
    if spec.indexed {
        facts.push(format!("in forms `{}[0]`", param.wire));
    }
    let mut marks = Vec::new();
    if spec.unsupported {
        marks.push("not supported by the server".to_owned());
    }
    marks.extend(undocumented(spec.undocumented));
    Member {
        id,
        name: param.wire.to_owned(),
        ty: type_pieces(urls, param.ty),
        requirement,
        facts,
        values: values(model, param.ty),
        versions: Versions::new(
            urls,
            spec.since.as_ref(),
            spec.deprecated.as_ref(),
            spec.removed.as_ref(),
        )
        .on(model, &spec.on, spec.is_only_on()),
        description: spec.description.clone().unwrap_or_default(),
        note: Notes::new(spec.note.as_ref(), spec.review_note.as_ref())
            .compared(&spec.seen, &spec.documented.statements()),
        words: spec.search_words.clone(),
        marks,
        rust: renamed(param.wire, &param.name),
        members: Vec::new(),
    }
}

/// A field with its nested fields. Its version is shown where it is later than that of its owner.
pub(super) fn field(
    model: &Model<'_>,
    urls: &Urls<'_>,
    path: &str,
    name: &str,
    spec: &Field,
    owner: Option<&Version>,
) -> Member {
    let id = super::urls::anchor(&[path]);
    let mut facts = Vec::new();
    facts.extend(
        spec.sent_as
            .map(|wire| format!("sent as {}", json_type(wire))),
    );
    if !spec.also_sent_as.is_empty() {
        let types: Vec<_> = spec
            .also_sent_as
            .iter()
            .map(|wire| json_type(*wire))
            .collect();
        facts.push(format!("sometimes {}", types.join(" or ")));
    }
    if spec.if_missing.is_some() {
        facts.push("empty if missing".to_owned());
    }
    facts.extend(limits(
        spec.min,
        spec.max,
        spec.max_length,
        spec.example.as_ref(),
    ));
    let requirement = match (spec.nullable, spec.optional) {
        (true, true) => Some("may be null or missing"),
        (true, false) => Some("may be null"),
        (false, true) => Some("may be missing"),
        (false, false) => None,
    };
    let ty = match (&spec.ty, spec.list) {
        (Some(ty), _) => type_pieces(urls, ty),
        (None, true) => vec![Piece::text("list of objects")],
        (None, false) => vec![Piece::text("object")],
    };
    let members = spec.fields.iter().map(|(inner, own)| {
        let since = spec.since.as_ref().max(owner);
        field(model, urls, &format!("{path}.{inner}"), inner, own, since)
    });
    let is_newer = |since: &&Version| owner.is_none_or(|owner| *since > owner);
    Member {
        id,
        name: name.to_owned(),
        ty,
        requirement: requirement.map(str::to_owned),
        facts,
        values: spec
            .ty
            .as_ref()
            .map(|ty| values(model, ty))
            .unwrap_or_default(),
        versions: Versions::new(
            urls,
            spec.since.as_ref().filter(is_newer),
            spec.deprecated.as_ref(),
            spec.removed.as_ref(),
        )
        .on(model, &spec.on, spec.is_only_on()),
        description: spec.description.clone().unwrap_or_default(),
        note: Notes::new(spec.note.as_ref(), spec.review_note.as_ref())
            .compared(&spec.seen, &spec.documented.statements()),
        words: spec.search_words.clone(),
        marks: undocumented(spec.undocumented),
        rust: renamed(
            name,
            &mastodon_spec::names::member_name(name, spec.alias.as_deref()),
        ),
        members: members.collect(),
    }
}

/// The range of a number, the length of a text and an example.
fn limits(
    min: Option<f64>,
    max: Option<f64>,
    max_length: Option<u32>,
    example: Option<&serde_json::Value>,
) -> impl Iterator<Item = String> {
    let range = match (min, max) {
        (Some(min), Some(max)) => Some(format!("{min} to {max}")),
        (Some(min), None) => Some(format!("at least {min}")),
        (None, Some(max)) => Some(format!("at most {max}")),
        (None, None) => None,
    };
    let length = max_length.map(|max| format!("at most {max} characters"));
    let example = example.map(|example| match example {
        serde_json::Value::String(text) => format!("example `{text}`"),
        other => format!("example `{other}`"),
    });
    range.into_iter().chain(length).chain(example)
}

/// The mark of what Mastodon's documentation does not mention.
pub(super) fn undocumented(is_undocumented: bool) -> Vec<String> {
    let mark = is_undocumented.then(|| "undocumented".to_owned());
    mark.into_iter().collect()
}

fn renamed(wire: &str, name: &str) -> Option<String> {
    (wire != name).then(|| ident(name).to_string())
}

fn values(model: &Model<'_>, ty: &TypeRef) -> Vec<String> {
    let known = ty.named().and_then(|name| model.enumeration(name));
    let known = known.filter(|known| known.values.len() <= MAX_LISTED_VALUES);
    known
        .map(|known| known.values.keys().cloned().collect())
        .unwrap_or_default()
}

fn json_type(wire: JsonType) -> &'static str {
    match wire {
        JsonType::String => "a string",
        JsonType::Integer => "an integer",
        JsonType::Number => "a number",
        JsonType::Bool => "a boolean",
        JsonType::Object => "an object",
        JsonType::List => "a list",
    }
}

/// A type with links to its names.
pub(super) fn type_pieces(urls: &Urls<'_>, ty: &TypeRef) -> Vec<Piece> {
    match ty {
        TypeRef::List(inner) => {
            let mut pieces = vec![Piece::text("list of ")];
            pieces.extend(type_pieces(urls, inner));
            pieces
        }
        TypeRef::MapOf(inner) => {
            let mut pieces = vec![Piece::text("map of ")];
            pieces.extend(type_pieces(urls, inner));
            pieces
        }
        TypeRef::Named(name) => vec![Piece::link(name, urls.named(name).unwrap_or_default())],
        plain => vec![Piece::text(plain.to_string())],
    }
}

/// The name of a type in code, where it differs.
pub(super) fn type_renamed(name: &str) -> Option<String> {
    renamed(name, &type_name(name))
}
