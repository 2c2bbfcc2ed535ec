//! The specification resolved: what the emitters need to know, worked out once.

pub mod facts;
mod structs;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::names;
use crate::yaml::{
    Entity, Enumeration, Input, Map, Method, PagingStyle, Param, Place, Required, Returns, Spec,
    TypeRef, Verb, Version,
};

pub use structs::{FieldModel, FieldType, Presence, Struct};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An object with fields.
    Entity,
    /// One of several entities.
    Union,
    /// A set of values.
    Enum,
    /// An id.
    Id,
    /// A group of parameters.
    Input,
}

/// The resolved specification.
#[derive(Debug)]
pub struct Model<'a> {
    /// The specification itself.
    pub spec: &'a Spec,
    kinds: BTreeMap<&'a str, Kind>,
    entities: BTreeMap<&'a str, &'a Entity>,
    structs: BTreeMap<&'a str, Vec<Struct<'a>>>,
    enums: BTreeMap<&'a str, &'a Enumeration>,
    inputs: BTreeMap<&'a str, &'a Input>,
}

/// A parameter of a method with what the method adds to it.
#[derive(Debug, Clone)]
pub struct ParamModel<'a> {
    /// The name on the wire.
    pub wire: &'a str,
    /// The name in code.
    pub name: String,
    /// The parameter as it stands in the specification.
    pub spec: &'a Param,
    /// Its type.
    pub ty: &'a TypeRef,
    /// Where it travels.
    pub place: Place,
    /// The first version with it.
    pub since: Version,
}

/// A stand-in for a version that is not given.
pub const BEGINNING: Version = Version {
    major: 0,
    minor: 0,
    patch: 0,
    pre: None,
};

impl<'a> Model<'a> {
    /// Resolves a specification that has passed the checks.
    pub fn new(spec: &'a Spec) -> Self {
        let mut kinds = BTreeMap::new();
        let mut entities = BTreeMap::new();
        let (mut enums, mut inputs) = (BTreeMap::new(), BTreeMap::new());
        for file in spec.entities.values() {
            kinds.extend(file.ids.keys().map(|name| (name.as_str(), Kind::Id)));
            kinds.extend(file.enums.keys().map(|name| (name.as_str(), Kind::Enum)));
            enums.extend(file.enums.iter().map(|(name, it)| (name.as_str(), it)));
            for (name, entity) in &file.entities {
                kinds.insert(
                    name,
                    if entity.one_of.is_empty() {
                        Kind::Entity
                    } else {
                        Kind::Union
                    },
                );
                entities.insert(name.as_str(), entity);
            }
        }
        for file in spec.methods.values() {
            kinds.extend(file.inputs.keys().map(|name| (name.as_str(), Kind::Input)));
            inputs.extend(file.inputs.iter().map(|(name, it)| (name.as_str(), it)));
        }
        let structs = structs::resolve(&entities, &kinds);
        Self {
            spec,
            kinds,
            entities,
            structs,
            enums,
            inputs,
        }
    }

    /// What a name stands for.
    pub fn kind(&self, name: &str) -> Option<Kind> {
        self.kinds.get(name).copied()
    }

    /// An entity by name.
    pub fn entity(&self, name: &str) -> Option<&'a Entity> {
        self.entities.get(name).copied()
    }

    /// The structs of an entity: itself, then those of its nested objects.
    pub fn structs(&self, entity: &str) -> &[Struct<'a>] {
        self.structs.get(entity).map_or(&[], Vec::as_slice)
    }

    /// An enumeration by name.
    pub fn enumeration(&self, name: &str) -> Option<&'a Enumeration> {
        self.enums.get(name).copied()
    }

    /// A group of parameters by name.
    pub fn input(&self, name: &str) -> Option<&'a Input> {
        self.inputs.get(name).copied()
    }

    /// Every method with its name, in the order of the files.
    pub fn methods(&self) -> impl Iterator<Item = (&'a str, &'a Method)> {
        self.spec.methods.values().flat_map(|file| {
            file.methods
                .iter()
                .map(|(name, method)| (name.as_str(), method))
        })
    }

    /// The parameters of a method, resolved.
    pub fn params(&self, method: &'a Method) -> Vec<ParamModel<'a>> {
        let in_path: HashSet<&str> = method
            .http
            .iter()
            .flat_map(crate::yaml::HttpLine::path_params)
            .collect();
        let by_query = method
            .http
            .as_ref()
            .is_some_and(|http| matches!(http.verb, Verb::Get | Verb::Delete));
        let since = method.since.clone().unwrap_or(BEGINNING);
        let place = |wire: &str, param: &Param| match param.place {
            Some(place) => place,
            None if in_path.contains(wire) => Place::Path,
            None if by_query => Place::Query,
            None => Place::Body,
        };
        resolve_params(&method.params, &since, place)
    }

    /// The parameters of an input, resolved.
    pub fn input_params(&self, input: &'a Input) -> Vec<ParamModel<'a>> {
        resolve_params(&input.params, &BEGINNING, |_, _| Place::Body)
    }

    /// The parameters that a caller always gives, then the others.
    pub fn arguments(&self, method: &'a Method) -> (Vec<ParamModel<'a>>, Vec<ParamModel<'a>>) {
        // What no server reads is known to the specification, and of no use to a caller.
        let params: Vec<_> = self
            .params(method)
            .into_iter()
            .filter(|param| !param.spec.unsupported)
            .collect();
        let named = method.arguments.as_ref();
        let always = |param: &ParamModel<'_>| match named {
            Some(names) => {
                param.place == Place::Path || names.iter().any(|name| name == param.wire)
            }
            None => param.place == Place::Path || is_required(param.spec),
        };
        let (mut arguments, options): (Vec<_>, Vec<_>) = params.into_iter().partition(always);
        if let Some(names) = named {
            arguments.sort_by_key(|param| {
                names
                    .iter()
                    .position(|name| name == param.wire)
                    .map_or(0, |at| at + 1)
            });
        } else {
            arguments.sort_by_key(|param| param.place != Place::Path);
        }
        (arguments, options)
    }

    /// The cursors, or the offset, that a list reads besides its limit.
    pub fn cursors(&self, method: &'a Method) -> Vec<&'a str> {
        let Some(paging) = &method.paging else {
            return Vec::new();
        };
        match (&paging.cursors, paging.style) {
            (_, PagingStyle::Offset) => vec!["offset"],
            (Some(cursors), _) => cursors.iter().map(String::as_str).collect(),
            (None, _) => ["max_id", "since_id", "min_id"]
                .into_iter()
                .filter(|cursor| !paging.unsupported.iter().any(|ignored| ignored == cursor))
                .collect(),
        }
    }

    /// The type of the value that a method answers, and whether it may answer without one.
    pub fn value(&self, method: &'a Method) -> Option<(&'a TypeRef, bool)> {
        match &method.returns {
            Some(Returns::Value(ty)) => Some((ty, method.responses.contains_key(&204))),
            _ => None,
        }
    }

    /// Whether a request may be sent again when its answer was lost.
    pub fn repeatable(&self, method: &Method) -> bool {
        method.is_repeatable()
    }
}

fn resolve_params<'a>(
    params: &'a Map<Param>,
    since: &Version,
    place: impl Fn(&str, &Param) -> Place,
) -> Vec<ParamModel<'a>> {
    params
        .iter()
        .filter_map(|(wire, spec)| {
            Some(ParamModel {
                wire,
                name: names::member_name(wire, spec.alias.as_deref()),
                spec,
                ty: spec.ty.as_ref()?,
                place: place(wire, spec),
                since: spec.since.clone().unwrap_or_else(|| since.clone()),
            })
        })
        .collect()
}

/// Whether a parameter is required whatever else is given.
pub fn is_required(param: &Param) -> bool {
    matches!(param.required, Some(Required::Always(true)))
}

/// Every name that the methods and streams lead to.
pub fn reached(spec: &Spec) -> HashSet<&str> {
    let mut open: Vec<&str> = Vec::new();
    for method in spec.methods.values().flat_map(|file| file.methods.values()) {
        open.extend(
            method
                .params
                .values()
                .filter_map(|param| param.ty.as_ref()?.named()),
        );
        match &method.returns {
            Some(Returns::Value(ty) | Returns::Stream(Some(ty))) => open.extend(ty.named()),
            Some(Returns::Page { item, wrapper }) => {
                open.extend(item.named());
                open.extend(wrapper.iter().map(|(entity, _)| entity.as_str()));
            }
            _ => {}
        }
    }
    open.extend(
        spec.api
            .events
            .values()
            .chain(&spec.api.push)
            .filter_map(|event| event.payload.as_ref()?.named()),
    );
    let shapes = spec.api.error_schemas.values();
    let in_errors = shapes.flat_map(|shape| shape.fields.values());
    open.extend(in_errors.filter_map(|field| field.ty.as_ref()?.named()));
    let inputs = spec.methods.values().flat_map(|file| &file.inputs);
    let inputs: HashMap<&str, &Input> = inputs.map(|(name, it)| (name.as_str(), it)).collect();
    let entities = spec.entities.values().flat_map(|file| &file.entities);
    let entities: HashMap<&str, &Entity> = entities.map(|(name, it)| (name.as_str(), it)).collect();
    let mut seen = HashSet::new();
    while let Some(name) = open.pop() {
        if !seen.insert(name) {
            continue;
        }
        if let Some(input) = inputs.get(name) {
            open.extend(
                input
                    .params
                    .values()
                    .filter_map(|param| param.ty.as_ref()?.named()),
            );
        }
        if let Some(entity) = entities.get(name) {
            open.extend(entity.extends.as_deref());
            open.extend(entity.one_of.keys().map(String::as_str));
            let mut fields: Vec<_> = entity.fields.values().collect();
            while let Some(field) = fields.pop() {
                open.extend(field.ty.as_ref().and_then(TypeRef::named));
                fields.extend(field.fields.values());
            }
        }
    }
    seen
}

/// The names that an entity's fields lead to without a list between.
fn direct(entity: &Entity) -> BTreeSet<&str> {
    let mut names: BTreeSet<&str> = entity.one_of.keys().map(String::as_str).collect();
    let mut fields: Vec<_> = entity.fields.values().collect();
    while let Some(field) = fields.pop() {
        if let Some(TypeRef::Named(name)) = &field.ty {
            names.insert(name);
        }
        if !field.list {
            fields.extend(field.fields.values());
        }
    }
    names
}
