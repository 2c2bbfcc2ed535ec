//! An index of the specification for comparison: flattened parameters and fields with their positions.

use std::collections::BTreeMap;

use super::external::{Operation, Shape, plain};
use mastodon_spec::load::{At, Mark, Path, Sources};
use mastodon_spec::model::{Kind, Model};
use mastodon_spec::yaml::{
    Entity, Enumeration, Field, HttpMethod, JsonType, Map, Method, Param, Returns, Route, TypeRef,
    anonymous_path,
};

/// The specification with positions.
pub(super) struct SpecIndex<'a> {
    pub(super) model: &'a Model<'a>,
    sources: &'a Sources,
    entities: BTreeMap<String, (&'a str, &'a str, &'a Entity)>,
    inputs: BTreeMap<&'a str, &'a str>,
    enums: BTreeMap<&'a str, (&'a str, &'a Enumeration)>,
    routes: BTreeMap<(HttpMethod, String), Endpoint<'a>>,
}

/// A method with its file.
#[derive(Clone, Copy)]
pub(super) struct Endpoint<'a> {
    pub(super) name: &'a str,
    pub(super) file: &'a str,
    pub(super) method: &'a Method,
    /// It was found by an alias or another HTTP method.
    pub(super) is_alias: bool,
}

/// A parameter, possibly nested.
pub(super) struct SpecParam<'a> {
    pub(super) name: String,
    pub(super) param: &'a Param,
    pub(super) file: String,
    pub(super) path: Path,
    /// It contains other parameters.
    pub(super) group: bool,
}

/// A field, possibly nested.
pub(super) struct SpecField<'a> {
    pub(super) name: String,
    pub(super) field: &'a Field,
    pub(super) file: String,
    pub(super) path: Path,
}

impl<'a> SpecIndex<'a> {
    pub(super) fn new(model: &'a Model<'a>, sources: &'a Sources) -> Self {
        let spec = model.spec;
        let mut spec_index = Self {
            model,
            sources,
            entities: BTreeMap::new(),
            inputs: BTreeMap::new(),
            enums: BTreeMap::new(),
            routes: BTreeMap::new(),
        };
        for (file, content) in &spec.entities {
            for (name, entity) in &content.entities {
                spec_index
                    .entities
                    .insert(plain(name), (name, file, entity));
            }
            for (name, enumeration) in &content.enums {
                spec_index.enums.insert(name, (file, enumeration));
            }
        }
        for (file, content) in &spec.methods {
            spec_index.inputs.extend(
                content
                    .inputs
                    .keys()
                    .map(|name| (name.as_str(), file.as_str())),
            );
            for (name, method) in &content.methods {
                spec_index.add(name, file, method);
            }
        }
        spec_index
    }

    fn add(&mut self, name: &'a str, file: &'a str, method: &'a Method) {
        let endpoint = |is_alias| Endpoint {
            name,
            file,
            method,
            is_alias,
        };
        let Some(http) = &method.http else { return };
        self.routes.insert(route(http), endpoint(false));
        for http_method in &method.also_accepts {
            let key = (*http_method, anonymous(&http.path));
            self.routes.entry(key).or_insert(endpoint(true));
        }
        for http in method
            .aliases
            .iter()
            .map(|alias| &alias.http)
            .chain(&method.documented.http)
        {
            self.routes.entry(route(http)).or_insert(endpoint(true));
            for http_method in &method.also_accepts {
                let key = (*http_method, anonymous(&http.path));
                self.routes.entry(key).or_insert(endpoint(true));
            }
        }
    }

    /// The method of a route.
    pub(super) fn endpoint(&self, http: &Route) -> Option<Endpoint<'a>> {
        self.routes.get(&route(http)).copied()
    }

    /// The file for an endpoint: that of the documentation page, otherwise that with the most similar path.
    pub(super) fn file_for(&self, operation: &Operation) -> (String, Vec<String>) {
        let page = operation
            .docs
            .as_deref()
            .and_then(|docs| docs.split('#').next());
        let spec = self.model.spec;
        let by_page = spec
            .methods
            .iter()
            .find(|(_, file)| page.is_some() && file.docs.as_deref() == page);
        if let Some((file, content)) = by_page {
            let last = content.methods.keys().last().cloned();
            return (
                format!("methods/{file}.yaml"),
                ["methods".to_owned()].into_iter().chain(last).collect(),
            );
        }
        if let Some(page) = page.and_then(|page| page.strip_prefix("methods/")) {
            return (
                format!("methods/{}.yaml", page.replace('/', "_")),
                Vec::new(),
            );
        }
        let common = |path: &str| {
            let theirs = operation.http.path.split('/');
            path.split('/')
                .zip(theirs)
                .take_while(|(a, b)| a == b || (a.starts_with('{') && b.starts_with('{')))
                .count()
        };
        let near = self.endpoints().filter_map(|endpoint| {
            let path = &endpoint.method.http.as_ref()?.path;
            Some((common(path), endpoint))
        });
        // At least the first segment after the version must match.
        match near
            .max_by_key(|(parts, _)| *parts)
            .filter(|(parts, _)| *parts > 3)
        {
            Some((_, endpoint)) => (
                format!("methods/{}.yaml", endpoint.file),
                vec!["methods".to_owned(), endpoint.name.to_owned()],
            ),
            None => {
                let mut parts = operation
                    .http
                    .path
                    .split('/')
                    .filter(|part| !part.is_empty());
                let part = parts
                    .find(|part| *part != "api" && !part.starts_with('v'))
                    .unwrap_or("other");
                (
                    format!("methods/{}.yaml", part.replace(['{', '}', '.'], "")),
                    Vec::new(),
                )
            }
        }
    }

    /// Every method by its main route.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = Endpoint<'a>> {
        self.routes
            .values()
            .copied()
            .filter(|endpoint| !endpoint.is_alias)
    }

    /// Finds an entity in any spelling of its name, with its file.
    pub(super) fn entity(&self, name: &str) -> Option<(&'a str, &'a str, &'a Entity)> {
        self.entities.get(&plain(name)).copied()
    }

    /// Every entity with its file.
    pub(super) fn entities(&self) -> impl Iterator<Item = (&'a str, &'a str, &'a Entity)> {
        self.entities.values().copied()
    }

    /// Whether the name is an id, an enumeration, an input or an error schema.
    pub(super) fn is_part(&self, name: &str) -> bool {
        let name = plain(name);
        let mut parts = self.enums.keys().chain(self.inputs.keys());
        let spec = self.model.spec;
        let mut ids = spec.entities.values().flat_map(|file| file.ids.keys());
        parts.any(|part| plain(part) == name)
            || ids.any(|id| plain(id) == name)
            || spec
                .api
                .error_schemas
                .keys()
                .any(|schema| plain(schema) == name)
    }

    /// The enumeration of a type, with its file.
    pub(super) fn enumeration(
        &self,
        ty: Option<&'a TypeRef>,
    ) -> Option<(&'a str, &'a str, &'a Enumeration)> {
        let name = ty?.named()?;
        let (file, enumeration) = self.enums.get(name)?;
        Some((name, file, enumeration))
    }

    /// The parameters of a method, including nested ones.
    pub(super) fn params(&self, endpoint: Endpoint<'a>) -> Vec<SpecParam<'a>> {
        let mut out = Vec::new();
        let file = format!("methods/{}.yaml", endpoint.file);
        let path = vec![
            "methods".to_owned(),
            endpoint.name.to_owned(),
            "params".to_owned(),
        ];
        self.flatten(&endpoint.method.params, None, &file, &path, &mut out, 0);
        out
    }

    fn flatten(
        &self,
        params: &'a Map<Param>,
        parent: Option<&str>,
        file: &str,
        path: &[String],
        out: &mut Vec<SpecParam<'a>>,
        depth: usize,
    ) {
        for (wire, param) in params {
            let name = parent.map_or_else(|| wire.clone(), |parent| format!("{parent}[{wire}]"));
            let path = [path, std::slice::from_ref(wire)].concat();
            let group = param
                .ty
                .as_ref()
                .and_then(TypeRef::named)
                .filter(|name| self.inputs.contains_key(name));
            out.push(SpecParam {
                name: name.clone(),
                param,
                file: file.to_owned(),
                path,
                group: group.is_some(),
            });
            // Prevents infinite recursion for groups that contain themselves.
            if let Some(group) = group.filter(|_| depth < 8)
                && let Some(input) = self.model.input(group)
            {
                let file = format!("methods/{}.yaml", self.inputs[group]);
                let path = ["inputs".to_owned(), group.to_owned(), "params".to_owned()];
                self.flatten(
                    &input.yaml.params,
                    Some(&name),
                    &file,
                    &path,
                    out,
                    depth + 1,
                );
            }
        }
    }

    /// The fields of an entity: inherited, own and nested ones.
    pub(super) fn fields(&self, name: &'a str) -> Vec<SpecField<'a>> {
        let Some((name, file, entity)) = self.entity(name) else {
            return Vec::new();
        };
        let mut out = match &entity.extends {
            Some(parent) if parent != name => self.fields(parent),
            _ => Vec::new(),
        };
        let file = format!("entities/{file}.yaml");
        let path = ["entities".to_owned(), name.to_owned(), "fields".to_owned()];
        for field in entity.fields.keys() {
            let inner = format!("{field}.");
            out.retain(|own| own.name != *field && !own.name.starts_with(&inner));
        }
        nested_fields(&entity.fields, "", &file, &path, &mut out);
        out
    }

    /// The position of a node.
    pub(super) fn mark(&self, file: &str, path: &[String]) -> Mark {
        self.sources.mark(file, path, At::Key)
    }

    /// The position of an item of a list.
    pub(super) fn item_mark(&self, file: &str, path: &[String]) -> Mark {
        self.sources.mark(file, path, At::Value)
    }

    /// The possible JSON types of a parameter or field.
    pub(super) fn shapes(
        &self,
        ty: &TypeRef,
        sent_as: Option<JsonType>,
        also_sent_as: &[JsonType],
    ) -> Vec<Shape> {
        let mut shapes = vec![match sent_as {
            Some(wire) => shape_sent_as(ty, wire),
            None => self.shape(ty),
        }];
        shapes.extend(also_sent_as.iter().map(|wire| shape_sent_as(ty, *wire)));
        shapes
    }

    /// The type of a value, as a type of a source.
    pub(super) fn shape(&self, ty: &TypeRef) -> Shape {
        match ty {
            TypeRef::String | TypeRef::Html | TypeRef::Language | TypeRef::Secret => Shape::String,
            TypeRef::Url => Shape::Url,
            TypeRef::DateTime => Shape::DateTime,
            TypeRef::Date => Shape::Date,
            TypeRef::Bool | TypeRef::Flag => Shape::Bool,
            TypeRef::Integer | TypeRef::Seconds => Shape::Integer,
            TypeRef::Number => Shape::Number,
            TypeRef::File => Shape::File,
            TypeRef::Json => Shape::Unknown,
            TypeRef::MapOf(_) => Shape::Object,
            TypeRef::List(inner) => self.shape(inner).list(),
            TypeRef::Named(name) => match self.model.kind(name) {
                Some(Kind::Id | Kind::Enum) => Shape::String,
                Some(Kind::Input) => Shape::Object,
                Some(Kind::Entity | Kind::Union) => Shape::Named(name.clone()),
                None => Shape::Unknown,
            },
        }
    }

    /// The type of the response of a method.
    pub(super) fn returns(&self, method: &Method) -> Shape {
        self.shape_returned(method.returns.as_ref())
    }

    /// The type of a response.
    pub(super) fn shape_returned(&self, returns: Option<&Returns>) -> Shape {
        match returns {
            Some(Returns::Nothing | Returns::NoBody) => Shape::Nothing,
            Some(Returns::Value(ty)) => self.shape(ty),
            Some(Returns::Page {
                item,
                wrapper: None,
            }) => self.shape(item).list(),
            Some(Returns::Page {
                wrapper: Some((entity, _)),
                ..
            }) => Shape::Named(entity.clone()),
            Some(Returns::Text | Returns::WebPage | Returns::Stream(_)) | None => Shape::Unknown,
        }
    }

    /// The file of an input.
    pub(super) fn params_file(&self, input: &str) -> String {
        let file = self.inputs.get(input).copied().unwrap_or_default();
        format!("methods/{file}.yaml")
    }

    /// The file of an enumeration.
    pub(super) fn enum_file(&self, name: &str) -> Option<String> {
        let (file, _) = self.enums.get(name)?;
        Some(format!("entities/{file}.yaml"))
    }

    /// Whether a parameter is in the path.
    pub(super) fn in_path(&self, endpoint: Endpoint<'_>, name: &str) -> bool {
        let http = endpoint.method.http.as_ref();
        http.is_some_and(|http| http.path_params().any(|param| param == name))
    }

    /// Whether it is a paging parameter of the method, possibly an unsupported one.
    pub(super) fn is_paging(&self, endpoint: Endpoint<'a>, name: &str) -> bool {
        let Some(paging) = &endpoint.method.paging else {
            return false;
        };
        name == "limit"
            || self
                .model
                .method(endpoint.name)
                .is_some_and(|method| method.cursors.contains(&name))
            || paging.unsupported.iter().any(|cursor| cursor == name)
    }
}

fn nested_fields<'a>(
    fields: &'a Map<Field>,
    prefix: &str,
    file: &str,
    path: &[String],
    out: &mut Vec<SpecField<'a>>,
) {
    for (wire, field) in fields {
        let name = format!("{prefix}{wire}");
        let path = [path, std::slice::from_ref(wire)].concat();
        out.push(SpecField {
            name: name.clone(),
            field,
            file: file.to_owned(),
            path: path.clone(),
        });
        let path = [&path[..], &["fields".to_owned()]].concat();
        nested_fields(&field.fields, &format!("{name}."), file, &path, out);
    }
}

/// The type of a value that is sent as another JSON type.
fn shape_sent_as(ty: &TypeRef, wire: JsonType) -> Shape {
    let shape = match wire {
        JsonType::String => Shape::String,
        JsonType::Integer => Shape::Integer,
        JsonType::Number => Shape::Number,
        JsonType::Bool => Shape::Bool,
        JsonType::Object => Shape::Object,
        JsonType::List => return Shape::Unknown.list(),
    };
    // The JSON type applies to the items.
    match ty {
        TypeRef::List(_) => shape.list(),
        _ => shape,
    }
}

fn route(http: &Route) -> (HttpMethod, String) {
    (http.method, anonymous(&http.path))
}

/// The path without the names of its parameters and without a slash at the end.
fn anonymous(path: &str) -> String {
    anonymous_path(path.trim_end_matches('/'))
}
