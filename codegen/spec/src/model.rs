//! The lowered model: everything that emitters need, computed once from a checked specification.

pub mod facts;
mod methods;
mod structs;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::docs;
use crate::load::SERVERS_FOLDER;
use crate::names::type_name;
use crate::yaml::{
    Entity, Enumeration, Field, Input, Method, Param, ParamLocation, Required, Returns, Spec,
    Stream, Supported, TypeRef, Version,
};

pub use methods::{
    AlreadyAppliedModel, AlternativeRoute, DuplicateResult, InputModel, MethodModel, Output,
    Resource,
};
pub use structs::{FieldModel, FieldType, Presence, Struct};

/// The kind of a named type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An object with fields.
    Entity,
    /// One of several entities.
    Union,
    /// An enumeration.
    Enum,
    /// An id.
    Id,
    /// A group of parameters.
    Input,
}

/// The lowered specification.
#[derive(Debug)]
pub struct Model<'a> {
    /// The specification as written.
    pub spec: &'a Spec,
    kinds: BTreeMap<&'a str, Kind>,
    /// By their name in Rust.
    kinds_of_types: HashMap<String, Kind>,
    entities: BTreeMap<&'a str, &'a Entity>,
    structs: BTreeMap<&'a str, Vec<Struct<'a>>>,
    enums: BTreeMap<&'a str, &'a Enumeration>,
    resources: Vec<Resource<'a>>,
    /// The index of the resource, and the index in it.
    methods: HashMap<&'a str, (usize, usize)>,
    inputs: HashMap<&'a str, (usize, usize)>,
    /// The types that only methods of other servers use.
    only_other: HashSet<&'a str>,
}

/// A parameter with its name in code, location and version.
#[derive(Debug, Clone)]
pub struct ParamModel<'a> {
    /// The name in the API.
    pub wire: &'a str,
    /// The name in code.
    pub name: String,
    /// The parameter as written.
    pub yaml: &'a Param,
    /// The type.
    pub ty: &'a TypeRef,
    /// The location.
    pub location: ParamLocation,
    /// The first version that supports it.
    pub since: Version,
}

/// The type of the field at a path, such as `last_status.id`, in the items of a list; `None` if there is no such field.
pub(crate) fn cursor_type<'a>(
    method: &'a Method,
    path: &str,
    entity: impl Fn(&str) -> Option<&'a Entity>,
) -> Option<&'a TypeRef> {
    let Some(Returns::Page { item, .. }) = &method.returns else {
        return None;
    };
    path.split('.').try_fold(item, |ty, name| {
        let TypeRef::Named(entity_name) = ty else {
            return None;
        };
        let own = entity(entity_name)?;
        let inherited = own.extends.as_deref().and_then(&entity);
        let field = own.fields.get(name);
        let field = field.or_else(|| inherited?.fields.get(name));
        field?.ty.as_ref()
    })
}

/// The version of items that every version supports.
pub const BEGINNING: Version = Version {
    major: 0,
    minor: 0,
    patch: 0,
    pre: None,
};

impl<'a> Model<'a> {
    /// Lowers a specification that has passed the checks.
    pub fn new(spec: &'a Spec) -> Self {
        let mut kinds = BTreeMap::new();
        let mut entities = BTreeMap::new();
        let mut enums = BTreeMap::new();
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
        }
        let resources: Vec<_> = spec
            .methods
            .iter()
            .map(|(name, file)| Resource::new(name, file))
            .collect();
        let (mut methods, mut inputs) = (HashMap::new(), HashMap::new());
        for (number, resource) in resources.iter().enumerate() {
            let named = resource.methods.iter().enumerate();
            methods.extend(named.map(|(index, method)| (method.name, (number, index))));
            let named = resource.inputs.iter().enumerate();
            inputs.extend(named.map(|(index, input)| (input.name, (number, index))));
        }
        let structs = structs::resolve(&entities, &kinds);
        let types = kinds.iter().map(|(name, kind)| (type_name(name), *kind));
        Self {
            spec,
            kinds_of_types: types.collect(),
            kinds,
            entities,
            structs,
            enums,
            resources,
            methods,
            inputs,
            only_other: only_other(spec),
        }
    }

    /// Whether the type is behind the Cargo feature for other servers.
    pub fn is_only_other(&self, name: &str) -> bool {
        self.only_other.contains(name)
    }

    /// The versions and servers that have an item, as sentences.
    pub fn support(&self, item: &impl Supported) -> String {
        docs::support(&self.spec.servers, item)
    }

    /// The kind of a named type.
    pub fn kind(&self, name: &str) -> Option<Kind> {
        self.kinds.get(name).copied()
    }

    /// The kind of a type by its name in Rust.
    pub fn kind_of_type(&self, name: &str) -> Option<Kind> {
        self.kinds_of_types.get(name).copied()
    }

    /// The name of the ID type, if a type is an ID or a list of IDs.
    pub fn id_type<'t>(&self, ty: &'t TypeRef) -> Option<&'t str> {
        match ty.innermost() {
            TypeRef::Named(name) if self.kind(name) == Some(Kind::Id) => Some(name),
            _ => None,
        }
    }

    /// The path of the ID in each item of a list that is its cursor, and the name of the ID type.
    pub fn cursor(&self, method: &'a Method) -> Option<(&'a str, &'a str)> {
        let path = method.paging.as_ref()?.cursor.as_deref()?;
        let ty = cursor_type(method, path, |name| self.entity(name))?;
        Some((path, self.id_type(ty)?))
    }

    /// An entity by name.
    pub fn entity(&self, name: &str) -> Option<&'a Entity> {
        self.entities.get(name).copied()
    }

    /// The structs of an entity: its own, then those of its nested objects.
    pub fn structs(&self, entity: &str) -> &[Struct<'a>] {
        self.structs.get(entity).map_or(&[], Vec::as_slice)
    }

    /// An enumeration by name.
    pub fn enumeration(&self, name: &str) -> Option<&'a Enumeration> {
        self.enums.get(name).copied()
    }

    /// A group of parameters by name.
    pub fn input(&self, name: &str) -> Option<&InputModel<'a>> {
        let (resource, index) = self.inputs.get(name)?;
        self.resources.get(*resource)?.inputs.get(*index)
    }

    /// Every resource, in the order of the files.
    pub fn resources(&self) -> &[Resource<'a>] {
        &self.resources
    }

    /// Every method, in the order of the files.
    pub fn methods(&self) -> impl Iterator<Item = &MethodModel<'a>> {
        self.resources.iter().flat_map(|file| &file.methods)
    }

    /// A method by name.
    pub fn method(&self, name: &str) -> Option<&MethodModel<'a>> {
        let (resource, index) = self.methods.get(name)?;
        self.resources.get(*resource)?.methods.get(*index)
    }

    /// The scopes of a stream, any of which is sufficient: those of the method that opens it, or its own.
    pub fn stream_scopes<'s>(&'s self, stream: &'s Stream) -> &'s [String] {
        let method = stream.method.as_deref().and_then(|name| self.method(name));
        method.map_or(&stream.scopes, |method| method.scopes)
    }
}

impl ParamModel<'_> {
    /// Whether it is required unconditionally.
    pub fn is_required(&self) -> bool {
        is_required(self.yaml)
    }
}

/// Whether a parameter is required unconditionally.
pub fn is_required(param: &Param) -> bool {
    matches!(param.required, Some(Required::Always(true)))
}

/// Whether a file of methods or entities, such as `servers/pleroma`, describes what Mastodon does not have.
pub fn is_of_other_servers(file: &str) -> bool {
    file.starts_with(SERVERS_FOLDER)
}

/// The ids, enumerations and entities in files of other servers that nothing in the files of Mastodon uses.
fn only_other(spec: &Spec) -> HashSet<&str> {
    let mut shared = Vec::new();
    for (file, content) in &spec.entities {
        if !is_of_other_servers(file) {
            shared.extend(content.entities.keys().map(String::as_str));
        }
    }
    let shared = reachable_from(
        spec,
        |file| !is_of_other_servers(file),
        shared,
        structs::is_only_other,
    );
    let files = spec.entities.iter();
    let files = files.filter(|(file, _)| is_of_other_servers(file));
    let names = files.flat_map(|(_, content)| {
        let ids = content.ids.keys().chain(content.enums.keys());
        ids.chain(content.entities.keys()).map(String::as_str)
    });
    names.filter(|name| !shared.contains(name)).collect()
}

/// All type names that are reachable from methods, events and error schemas.
pub fn reachable(spec: &Spec) -> HashSet<&str> {
    reachable_from(spec, |_| true, Vec::new(), |_| false)
}

/// All type names that are reachable from the methods of some files, from events and error schemas, and from
/// `pending`, not counting some fields.
fn reachable_from<'a>(
    spec: &'a Spec,
    has_file: impl Fn(&str) -> bool,
    mut pending: Vec<&'a str>,
    is_left_out: fn(&Field) -> bool,
) -> HashSet<&'a str> {
    let files = spec.methods.iter().filter(|(file, _)| has_file(file));
    for method in files.flat_map(|(_, file)| file.methods.values()) {
        pending.extend(
            method
                .params
                .values()
                .flat_map(|param| param.ty.iter().chain(&param.returns))
                .filter_map(TypeRef::named),
        );
        match &method.returns {
            Some(Returns::Value(ty) | Returns::Stream(Some(ty))) => pending.extend(ty.named()),
            Some(Returns::Page { item, wrapper }) => {
                pending.extend(item.named());
                pending.extend(wrapper.iter().map(|(entity, _)| entity.as_str()));
            }
            _ => {}
        }
    }
    pending.extend(
        spec.api
            .events
            .values()
            .chain(&spec.api.push)
            .filter_map(|event| event.payload.as_ref()?.named()),
    );
    let schemas = spec.api.error_schemas.values();
    let in_errors = schemas.flat_map(|schema| schema.fields.values());
    pending.extend(in_errors.filter_map(|field| field.ty.as_ref()?.named()));
    let inputs = spec.methods.values().flat_map(|file| &file.inputs);
    let inputs: HashMap<&str, &Input> = inputs.map(|(name, it)| (name.as_str(), it)).collect();
    let entities = spec.entities.values().flat_map(|file| &file.entities);
    let entities: HashMap<&str, &Entity> = entities.map(|(name, it)| (name.as_str(), it)).collect();
    let mut seen = HashSet::new();
    while let Some(name) = pending.pop() {
        if !seen.insert(name) {
            continue;
        }
        if let Some(input) = inputs.get(name) {
            pending.extend(
                input
                    .params
                    .values()
                    .filter_map(|param| param.ty.as_ref()?.named()),
            );
        }
        if let Some(entity) = entities.get(name) {
            pending.extend(entity.extends.as_deref());
            pending.extend(entity.one_of.keys().map(String::as_str));
            let mut fields: Vec<_> = entity.fields.values().collect();
            while let Some(field) = fields.pop() {
                if is_left_out(field) {
                    continue;
                }
                pending.extend(field.ty.as_ref().and_then(TypeRef::named));
                fields.extend(field.fields.values());
            }
        }
    }
    seen
}

/// The types that an entity contains directly, not in a list.
fn strong_refs(entity: &Entity) -> BTreeSet<&str> {
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
