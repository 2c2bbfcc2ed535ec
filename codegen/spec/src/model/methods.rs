//! Methods with everything that emitters need, computed once.

use std::collections::HashSet;

use super::{BEGINNING, ParamModel, is_of_other_servers};
use crate::docs::page_url;
use crate::names;
use crate::yaml::{
    AuthLevel, HttpMethod, Input, Map, Method, MethodsFile, On, PagingStyle, Param, ParamLocation,
    Returns, Route, TypeRef, Version,
};

/// The methods and input groups of one file of `spec/methods`.
#[derive(Debug)]
pub struct Resource<'a> {
    /// The path of the file in `spec/methods` without extension.
    pub name: &'a str,
    /// The name of its module in code.
    pub module: String,
    /// Whether only servers other than Mastodon have its methods.
    pub is_of_other_servers: bool,
    /// The file as written.
    pub yaml: &'a MethodsFile,
    /// The methods in the order of the documentation.
    pub methods: Vec<MethodModel<'a>>,
    /// The groups of nested parameters.
    pub inputs: Vec<InputModel<'a>>,
}

/// One API method.
#[derive(Debug)]
pub struct MethodModel<'a> {
    /// The name of the function in code.
    pub name: &'a str,
    /// The method as written.
    pub yaml: &'a Method,
    /// The HTTP method.
    pub http_method: HttpMethod,
    /// The path, with parameter names in braces.
    pub path: &'a str,
    /// The token that the method needs.
    pub auth: AuthLevel,
    /// The scopes, any of which is sufficient.
    pub scopes: &'a [String],
    /// The first version of Mastodon that supports it.
    pub since: Version,
    /// Every parameter, in the order of the documentation.
    pub params: Vec<ParamModel<'a>>,
    /// The parameters that are arguments of the function, in that order.
    pub arguments: Vec<ParamModel<'a>>,
    /// The parameters that are optional setters of the call.
    pub options: Vec<ParamModel<'a>>,
    /// The cursors, or the offset, that a paged list accepts besides `limit`.
    pub cursors: Vec<&'a str>,
    /// The content of a successful response.
    pub output: Output<'a>,
    /// The parameter that changes the type of the response, and that type.
    pub alternative: Option<(&'a str, &'a TypeRef)>,
    /// Whether the request may be retried after its response was lost.
    pub is_idempotent: bool,
    /// The error of a retry after the first attempt succeeded.
    pub already_applied: Option<AlreadyAppliedModel<'a>>,
    /// The URL of its section in Mastodon's documentation.
    pub docs_url: Option<String>,
    /// The same method with its other routes on some servers.
    pub alternative_routes: Vec<AlternativeRoute<'a>>,
}

/// A method with the route that it has on some servers.
#[derive(Debug)]
pub struct AlternativeRoute<'a> {
    /// The servers.
    pub on: &'a On,
    /// The method with the HTTP method and path that it has there.
    pub method: MethodModel<'a>,
}

/// The content of a successful response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output<'a> {
    /// An empty object, or no bytes at all.
    Unit,
    /// Text that is not JSON.
    Text,
    /// A web page for browsers.
    WebPage,
    /// A stream of events; the type of its messages if each message is a separate JSON document.
    Stream(Option<&'a TypeRef>),
    /// One JSON value.
    Value {
        /// The type.
        ty: &'a TypeRef,
        /// A 204 without a value is possible.
        is_optional: bool,
    },
    /// One page of a list.
    Page {
        /// The type of its items.
        item: &'a TypeRef,
        /// The entity and its field that hold the list, if the response is not the list itself.
        wrapper: Option<(&'a str, &'a str)>,
        /// How further pages are requested.
        style: PagingStyle,
    },
}

/// The error of a retry after the first attempt succeeded, and the result of the call.
#[derive(Debug, Clone, Copy)]
pub struct AlreadyAppliedModel<'a> {
    /// The status of the error.
    pub status: u16,
    /// The error message, where the status has other causes as well.
    pub message: Option<&'a str>,
    /// The result of the call.
    pub result: DuplicateResult<'a>,
}

/// The result of a call whose first attempt succeeded but whose response was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuplicateResult<'a> {
    /// Success: the method returns nothing.
    Success,
    /// The response of another method, if a field has the expected value.
    Refetch {
        /// The name of the other method.
        method: &'a str,
        /// The boolean field.
        field: &'a str,
        /// Its value when the request was applied.
        value: bool,
    },
    /// An error: the response cannot be recovered.
    ResponseLost,
}

/// A group of nested parameters.
#[derive(Debug)]
pub struct InputModel<'a> {
    /// The name in the specification.
    pub name: &'a str,
    /// The group as written.
    pub yaml: &'a Input,
    /// Its parameters, in the order of the specification.
    pub params: Vec<ParamModel<'a>>,
}

impl<'a> InputModel<'a> {
    /// The required parameters, then the optional ones.
    pub fn partition(&self) -> (Vec<&ParamModel<'a>>, Vec<&ParamModel<'a>>) {
        self.params.iter().partition(|param| param.is_required())
    }
}

impl<'a> Resource<'a> {
    pub(super) fn new(name: &'a str, file: &'a MethodsFile) -> Self {
        let methods = file.methods.iter();
        let methods = methods.map(|(name, method)| MethodModel::new(file, name, method));
        let inputs = file.inputs.iter().map(|(name, input)| InputModel {
            name,
            yaml: input,
            params: resolve_params(&input.params, &BEGINNING, |_, _| ParamLocation::Body),
        });
        Self {
            name,
            module: names::module_name(name),
            is_of_other_servers: is_of_other_servers(name),
            yaml: file,
            methods: methods.collect(),
            inputs: inputs.collect(),
        }
    }
}

impl<'a> MethodModel<'a> {
    fn new(file: &'a MethodsFile, name: &'a str, method: &'a Method) -> Self {
        let aliases = method.aliases.iter();
        let alternative_routes =
            aliases
                .filter(|alias| !alias.on.is_empty())
                .map(|alias| AlternativeRoute {
                    on: &alias.on,
                    method: Self::at(file, name, method, Some(&alias.http), Vec::new()),
                });
        Self::at(
            file,
            name,
            method,
            method.http.as_ref(),
            alternative_routes.collect(),
        )
    }

    fn at(
        file: &'a MethodsFile,
        name: &'a str,
        method: &'a Method,
        route: Option<&'a Route>,
        alternative_routes: Vec<AlternativeRoute<'a>>,
    ) -> Self {
        let (http_method, path) = route.map_or((HttpMethod::Get, ""), |route| {
            (route.method, route.path.as_str())
        });
        let auth = method.auth.as_ref();
        let since = method.since.clone().unwrap_or(BEGINNING);
        let params = params(method, route, &since);
        let (arguments, options) = arguments(method, &params);
        let docs = file.docs.as_deref();
        Self {
            name,
            yaml: method,
            http_method,
            path,
            auth: auth.map_or(AuthLevel::None, |auth| auth.level),
            scopes: auth.map_or(&[], |auth| auth.scopes.as_slice()),
            since,
            params,
            arguments,
            options,
            cursors: cursors(method),
            output: output(method),
            alternative: method.alternative(),
            is_idempotent: method.is_idempotent_at(route),
            alternative_routes,
            already_applied: already_applied(method),
            docs_url: docs.map(|docs| page_url(docs, method.docs.as_deref())),
        }
    }

    /// The type of any successful response with a value, regardless of the given parameters.
    pub fn response_type(&self) -> Option<&'a TypeRef> {
        match (self.alternative, self.output) {
            (Some((_, ty)), _) | (None, Output::Value { ty, .. }) => Some(ty),
            _ => None,
        }
    }

    /// Whether the generator writes a function for it. Streams, web pages and methods of another host
    /// have handwritten functions.
    pub fn is_callable(&self) -> bool {
        self.yaml.host.is_none() && !matches!(self.output, Output::WebPage | Output::Stream(_))
    }
}

fn params<'a>(
    method: &'a Method,
    route: Option<&'a Route>,
    since: &Version,
) -> Vec<ParamModel<'a>> {
    let in_path: HashSet<&str> = route.into_iter().flat_map(Route::path_params).collect();
    let default = route.map_or(ParamLocation::Body, |route| route.method.default_location());
    let location = |wire: &str, param: &Param| match param.location {
        Some(location) => location,
        None if in_path.contains(wire) => ParamLocation::Path,
        None => default,
    };
    resolve_params(&method.params, since, location)
}

fn resolve_params<'a>(
    params: &'a Map<Param>,
    since: &Version,
    location: impl Fn(&str, &Param) -> ParamLocation,
) -> Vec<ParamModel<'a>> {
    params
        .iter()
        .filter_map(|(wire, spec)| {
            Some(ParamModel {
                wire,
                name: names::member_name(wire, spec.alias.as_deref()),
                yaml: spec,
                ty: spec.ty.as_ref()?,
                location: location(wire, spec),
                since: spec.since.clone().unwrap_or_else(|| since.clone()),
            })
        })
        .collect()
}

/// The arguments of the function, and the options. Parameters that the server does not support are neither.
fn arguments<'a>(
    method: &'a Method,
    params: &[ParamModel<'a>],
) -> (Vec<ParamModel<'a>>, Vec<ParamModel<'a>>) {
    let supported = params.iter().filter(|param| !param.yaml.unsupported);
    let named = method.arguments.as_ref();
    let is_argument = |param: &ParamModel<'_>| {
        param.location == ParamLocation::Path
            || match named {
                Some(names) => names.iter().any(|name| name == param.wire),
                None => param.is_required(),
            }
    };
    let (mut arguments, options): (Vec<_>, Vec<_>) = supported.cloned().partition(is_argument);
    match named {
        Some(names) => arguments.sort_by_key(|param| {
            let position = names.iter().position(|name| name == param.wire);
            position.map_or(0, |position| position + 1)
        }),
        None => arguments.sort_by_key(|param| param.location != ParamLocation::Path),
    }
    (arguments, options)
}

fn cursors(method: &Method) -> Vec<&str> {
    let Some(paging) = &method.paging else {
        return Vec::new();
    };
    match (&paging.cursors, paging.style) {
        (_, PagingStyle::Offset) => vec!["offset"],
        (Some(cursors), _) => cursors.iter().map(String::as_str).collect(),
        (None, _) => ["max_id", "since_id", "min_id"]
            .into_iter()
            .filter(|cursor| !paging.unsupported.iter().any(|name| name == cursor))
            .collect(),
    }
}

fn output(method: &Method) -> Output<'_> {
    match &method.returns {
        Some(Returns::Nothing | Returns::NoBody) | None => Output::Unit,
        Some(Returns::Text) => Output::Text,
        Some(Returns::WebPage) => Output::WebPage,
        Some(Returns::Stream(messages)) => Output::Stream(messages.as_ref()),
        Some(Returns::Value(ty)) => Output::Value {
            ty,
            is_optional: method.responses.contains_key(&204),
        },
        Some(Returns::Page { item, wrapper }) => {
            let paging = method.paging.as_ref();
            Output::Page {
                item,
                wrapper: wrapper
                    .as_ref()
                    .map(|(entity, field)| (entity.as_str(), field.as_str())),
                style: paging.map(|paging| paging.style).unwrap_or_default(),
            }
        }
    }
}

fn already_applied(method: &Method) -> Option<AlreadyAppliedModel<'_>> {
    let error = method.already_applied.as_ref()?;
    let result = match (&error.verify_with, error.evidence(), output(method)) {
        (Some(method), Some((field, value)), _) => DuplicateResult::Refetch {
            method,
            field,
            value,
        },
        (_, _, Output::Unit) => DuplicateResult::Success,
        _ => DuplicateResult::ResponseLost,
    };
    Some(AlreadyAppliedModel {
        status: error.status,
        message: error.message.as_deref(),
        result,
    })
}
