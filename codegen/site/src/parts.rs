//! What pages are made of: texts with links, versions, members.

use serde::Serialize;

use super::places::Places;
use mastodon_emit::ident;
use mastodon_spec::model::{Model, ParamModel, is_required};
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::{Field, Place, Required, TypeRef, Version, Wire};

/// A part of a text.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Piece {
    pub(super) text: String,
    /// Where it leads, from the root of the site.
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

/// Pieces with a word between them.
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

/// The versions in the life of a thing, each with its position among the releases.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Life {
    pub(super) since: Option<Moment>,
    pub(super) deprecated: Option<Moment>,
    pub(super) removed: Option<Moment>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Moment {
    pub(super) version: String,
    pub(super) index: usize,
}

impl Life {
    pub(super) fn new(
        places: &Places<'_>,
        since: Option<&Version>,
        deprecated: Option<&Version>,
        removed: Option<&Version>,
    ) -> Self {
        let moment = |version: Option<&Version>| {
            let version = version.filter(|version| !version.is_zero())?;
            Some(Moment {
                version: version.to_string(),
                index: places.release(version)?,
            })
        };
        Self {
            since: moment(since),
            deprecated: moment(deprecated),
            removed: moment(removed),
        }
    }

    /// The positions, for the page's program.
    pub(super) fn indexes(&self) -> [Option<usize>; 3] {
        [&self.since, &self.deprecated, &self.removed]
            .map(|moment| moment.as_ref().map(|moment| moment.index))
    }
}

/// A parameter or a field.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) ty: Vec<Piece>,
    /// Whether it has to be given, or is always there.
    pub(super) must: Option<String>,
    /// Default, bounds, other types on the wire.
    pub(super) facts: Vec<String>,
    /// What it can be, where it is a value of a short enumeration.
    pub(super) values: Vec<String>,
    pub(super) life: Life,
    pub(super) does: String,
    pub(super) note: Option<String>,
    /// What a reviewer has to know: that it is undocumented, say.
    pub(super) marks: Vec<String>,
    /// The name in code, where it is not the one on the wire.
    pub(super) rust: Option<String>,
    pub(super) members: Vec<Member>,
}

/// Enumerations of more values than this are looked up on their own place.
const FEW: usize = 8;

/// A parameter, under the anchor that is given.
pub(super) fn param(
    model: &Model<'_>,
    places: &Places<'_>,
    id: String,
    param: &ParamModel<'_>,
) -> Member {
    let spec = param.spec;
    let must = match &spec.required {
        _ if param.place == Place::Path || is_required(spec) => Some("required".to_owned()),
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
    facts.extend(match (spec.min, spec.max) {
        (Some(min), Some(max)) => Some(format!("{min} to {max}")),
        (Some(min), None) => Some(format!("at least {min}")),
        (None, Some(max)) => Some(format!("at most {max}")),
        (None, None) => None,
    });
    facts.extend(spec.max_items.map(|most| format!("at most {most} items")));
    facts.extend(
        spec.sent_as
            .map(|wire| format!("sent as {}", json_type(wire))),
    );
    if spec.nullable {
        facts.push("can be cleared".to_owned());
    }
    if spec.indexed {
        facts.push(format!("in forms `{}[0]`", param.wire));
    }
    let mut marks = Vec::new();
    if spec.unsupported {
        marks.push("not read by the server".to_owned());
    }
    marks.extend(reviewed(spec.undocumented, spec.documented_as.as_deref()));
    Member {
        id,
        name: param.wire.to_owned(),
        ty: type_pieces(places, param.ty),
        must,
        facts,
        values: values(model, param.ty),
        life: Life::new(
            places,
            spec.since.as_ref(),
            spec.deprecated.as_ref(),
            spec.removed.as_ref(),
        ),
        does: spec.description.clone().unwrap_or_default(),
        note: spec.note.clone(),
        marks,
        rust: renamed(param.wire, &param.name),
        members: Vec::new(),
    }
}

/// A field with those of the object that it may be. Of its version it tells where it is younger than
/// what it belongs to.
pub(super) fn field(
    model: &Model<'_>,
    places: &Places<'_>,
    path: &str,
    name: &str,
    spec: &Field,
    owner: Option<&Version>,
) -> Member {
    let id = super::places::anchor(&[path]);
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
    let must = match (spec.nullable, spec.optional) {
        (true, true) => Some("may be null or missing"),
        (true, false) => Some("may be null"),
        (false, true) => Some("may be missing"),
        (false, false) => None,
    };
    let ty = match (&spec.ty, spec.list) {
        (Some(ty), _) => type_pieces(places, ty),
        (None, true) => vec![Piece::text("list of objects")],
        (None, false) => vec![Piece::text("object")],
    };
    let members = spec.fields.iter().map(|(inner, own)| {
        let since = spec.since.as_ref().max(owner);
        field(model, places, &format!("{path}.{inner}"), inner, own, since)
    });
    let younger = |since: &&Version| owner.is_none_or(|owner| *since > owner);
    Member {
        id,
        name: name.to_owned(),
        ty,
        must: must.map(str::to_owned),
        facts,
        values: spec
            .ty
            .as_ref()
            .map(|ty| values(model, ty))
            .unwrap_or_default(),
        life: Life::new(
            places,
            spec.since.as_ref().filter(younger),
            spec.deprecated.as_ref(),
            spec.removed.as_ref(),
        ),
        does: spec.description.clone().unwrap_or_default(),
        note: spec.note.clone(),
        marks: reviewed(spec.undocumented, None),
        rust: renamed(
            name,
            &mastodon_spec::names::member_name(name, spec.alias.as_deref()),
        ),
        members: members.collect(),
    }
}

/// How a thing stands to the documentation.
pub(super) fn reviewed(undocumented: bool, documented_as: Option<&str>) -> Vec<String> {
    let undocumented = undocumented.then(|| "undocumented".to_owned());
    let otherwise = documented_as.map(|name| format!("documented as `{name}`"));
    undocumented.into_iter().chain(otherwise).collect()
}

fn renamed(wire: &str, name: &str) -> Option<String> {
    (wire != name).then(|| ident(name).to_string())
}

fn values(model: &Model<'_>, ty: &TypeRef) -> Vec<String> {
    let known = ty.named().and_then(|name| model.enumeration(name));
    let known = known.filter(|known| known.values.len() <= FEW);
    known
        .map(|known| known.values.keys().cloned().collect())
        .unwrap_or_default()
}

fn json_type(wire: Wire) -> &'static str {
    match wire {
        Wire::String => "text",
        Wire::Integer => "a whole number",
        Wire::Number => "a number",
        Wire::Bool => "true or false",
        Wire::Object => "an object",
        Wire::List => "a list",
    }
}

/// A type, its names leading to where they are described.
pub(super) fn type_pieces(places: &Places<'_>, ty: &TypeRef) -> Vec<Piece> {
    match ty {
        TypeRef::List(inner) => {
            let mut pieces = vec![Piece::text("list of ")];
            pieces.extend(type_pieces(places, inner));
            pieces
        }
        TypeRef::MapOf(inner) => {
            let mut pieces = vec![Piece::text("map of ")];
            pieces.extend(type_pieces(places, inner));
            pieces
        }
        TypeRef::Named(name) => vec![Piece::link(name, places.named(name).unwrap_or_default())],
        plain => vec![Piece::text(plain.to_string())],
    }
}

/// The name of a type in code, where it differs.
pub(super) fn type_renamed(name: &str) -> Option<String> {
    renamed(name, &type_name(name))
}
