//! The pages of resources: methods and inputs.

use serde::Serialize;

use super::answers::{Answer, Answers};
use super::notes::Notes;
use super::parts::{Member, Piece, Versions, joined, param, type_pieces, undocumented};
use super::urls::{ERRORS, anchor, on};
use super::{Site, facts};
use mastodon_emit::samples;
use mastodon_spec::docs;
use mastodon_spec::model::facts::error_schemas;
use mastodon_spec::model::{InputModel, MethodModel, Output};
use mastodon_spec::names::type_name;
use mastodon_spec::reference;
use mastodon_spec::yaml::{Map, Method, PagingStyle, Param, ParamLocation, Supported, TypeRef};

/// A page.
#[derive(Debug, Serialize)]
pub(super) struct Resource {
    pub(super) title: String,
    /// Whether only servers other than Mastodon have its methods.
    pub(super) is_of_other_servers: bool,
    about: String,
    docs: Option<String>,
    pub(super) methods: Vec<MethodView>,
    pub(super) inputs: Vec<Group>,
}

/// A method on a page.
#[derive(Debug, Serialize)]
pub(super) struct MethodView {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) http_method: &'static str,
    pub(super) path: String,
    /// The other HTTP methods and paths.
    aliases: Vec<Alias>,
    pub(super) description: String,
    note: Notes,
    marks: Vec<String>,
    pub(super) versions: Versions,
    /// The replacement, and the date in the `Deprecation` header.
    replaced_by: Option<Piece>,
    deprecated_on: Option<String>,
    docs: Option<String>,
    /// The facts table.
    facts: Vec<facts::Fact>,
    pub(super) params: Vec<Params>,
    responses: Vec<Response>,
    errors: Vec<Response>,
    /// The page on docs.rs.
    rustdoc: Option<String>,
    pub(super) words: Vec<String>,
    rust: Option<String>,
    curl: String,
    /// Example responses: one with the result, and one with an error.
    answer: Option<Answer>,
    failure: Option<Answer>,
}

#[derive(Debug, Serialize)]
struct Alias {
    http_method: &'static str,
    path: String,
    versions: Versions,
    note: Notes,
}

/// Parameters with the same location.
#[derive(Debug, Serialize)]
pub(super) struct Params {
    title: &'static str,
    pub(super) members: Vec<Member>,
}

#[derive(Debug, Serialize)]
struct Response {
    status: u16,
    text: Vec<Piece>,
}

/// A group of parameters.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    note: Notes,
    rust: Option<String>,
    rustdoc: String,
    pub(super) words: Vec<String>,
    /// The methods and inputs that use it.
    users: Vec<Piece>,
    pub(super) members: Vec<Member>,
}

pub(super) fn resource<'a>(
    site: &Site<'a>,
    resource: &mastodon_spec::model::Resource<'a>,
) -> Resource {
    let file = resource.yaml;
    let mut answers = Answers::new(site);
    Resource {
        is_of_other_servers: resource.is_of_other_servers,
        title: file.title.clone().unwrap_or_default(),
        about: file.description.clone().unwrap_or_default(),
        docs: file.docs.as_deref().map(|docs| docs::page_url(docs, None)),
        methods: resource
            .methods
            .iter()
            .map(|method| view(site, &mut answers, method))
            .collect(),
        inputs: resource
            .inputs
            .iter()
            .map(|input| group(site, input))
            .collect(),
    }
}

fn view<'a>(site: &Site<'a>, answers: &mut Answers<'_, 'a>, model: &MethodModel<'a>) -> MethodView {
    let MethodModel {
        name, yaml: method, ..
    } = model;
    let urls = &site.urls;
    let path = model.path.to_owned();
    let others = method.also_accepts.iter().map(|http_method| Alias {
        http_method: http_method.as_str(),
        path: path.clone(),
        versions: Versions::default(),
        note: Notes::default(),
    });
    let aliases = method.aliases.iter().map(|alias| Alias {
        http_method: alias.http.method.as_str(),
        path: alias.http.path.clone(),
        versions: Versions::new(
            urls,
            alias.since.as_ref(),
            alias.deprecated.as_ref(),
            alias.removed.as_ref(),
        )
        .on(site.model, &alias.on, alias.on.names_any()),
        note: Notes::new(alias.note.as_ref(), alias.review_note.as_ref()),
    });
    let replaced_by = method.replaced_by.as_deref();
    let rust = samples::rust(site.model, model);
    // Web pages and WebSockets are not requested by a method.
    let is_method = !matches!(model.output, Output::WebPage | Output::Stream(Some(_)));
    MethodView {
        id: anchor(&[name]),
        name: (*name).to_owned(),
        http_method: model.http_method.as_str(),
        aliases: others.chain(aliases).collect(),
        description: method.summary.clone().unwrap_or_default(),
        note: Notes::new(method.note.as_ref(), method.review_note.as_ref())
            .compared(&method.seen, &method.documented.statements()),
        marks: undocumented(method.undocumented),
        versions: Versions::new(
            urls,
            method.since.as_ref(),
            method.deprecated.as_ref(),
            method.removed.as_ref(),
        )
        .on(site.model, &method.on(), method.is_only_on()),
        replaced_by: replaced_by.map(|name| Piece::code(name, urls.method(name))),
        deprecated_on: method.deprecated_on.clone(),
        docs: model.docs_url.clone().filter(|_| !method.undocumented),
        facts: facts::facts(site, model),
        params: params(site, model),
        responses: responses(site, method),
        errors: errors(site, name, method),
        rustdoc: is_method.then(|| reference::rustdoc_method(name)),
        words: method.search_words.clone(),
        rust,
        curl: samples::curl(site.model, model),
        answer: answers.result(model),
        failure: answers.failure(model),
        path,
    }
}

fn params(site: &Site<'_>, method: &MethodModel<'_>) -> Vec<Params> {
    let (model, urls) = (site.model, &site.urls);
    let groups = [
        ("Path", ParamLocation::Path),
        ("Query", ParamLocation::Query),
        ("Body", ParamLocation::Body),
        ("Headers", ParamLocation::Header),
    ];
    let mut groups: Vec<Params> = groups
        .into_iter()
        .map(|(title, location)| Params {
            title,
            members: method
                .params
                .iter()
                .filter(|own| own.location == location)
                .map(|own| param(model, urls, anchor(&[method.name, own.wire]), own))
                .collect(),
        })
        .collect();
    groups.insert(
        2,
        Params {
            title: "Paging",
            members: paging_params(site, method),
        },
    );
    groups.retain(|group| !group.members.is_empty());
    groups
}

/// The paging parameters, with the bounds of this list.
fn paging_params(site: &Site<'_>, method: &MethodModel<'_>) -> Vec<Member> {
    let Some(paging) = &method.yaml.paging else {
        return Vec::new();
    };
    let shared = &site.model.spec.api.paging;
    let mut members: Vec<Member> = Vec::new();
    if let Some(limit) = paging.limit {
        members.push(Member {
            name: "limit".to_owned(),
            ty: vec![Piece::text("integer")],
            facts: vec![
                format!("default `{}`", limit.default),
                format!("at most {}", limit.max),
            ],
            versions: Versions::new(&site.urls, paging.limit_since.as_ref(), None, None),
            ..Member::default()
        });
    }
    for cursor in &method.cursors {
        let cursor = *cursor;
        let known = shared.get(cursor);
        let ty = known.and_then(|known| known.ty.as_ref());
        let default_type = match paging.style {
            PagingStyle::Cursor => TypeRef::String,
            PagingStyle::Offset => TypeRef::Integer,
        };
        // Only versions later than that of the method are shown.
        let since = known.and_then(|known| known.since.as_ref());
        let since = since.filter(|since| **since > method.since);
        members.push(Member {
            name: cursor.to_owned(),
            ty: type_pieces(&site.urls, ty.unwrap_or(&default_type)),
            versions: Versions::new(&site.urls, since, None, None),
            ..Member::default()
        });
    }
    for member in &mut members {
        let known = shared.get(&member.name);
        member.description = known
            .and_then(|known| known.description.clone())
            .unwrap_or_default();
        member.id = anchor(&[method.name, &member.name]);
    }
    members
}

fn responses(site: &Site<'_>, method: &Method) -> Vec<Response> {
    let success = Response {
        status: 200,
        text: facts::returned(site, method),
    };
    let others = method.responses.iter().map(|(status, meaning)| Response {
        status: *status,
        text: vec![Piece::text(meaning)],
    });
    std::iter::once(success).chain(others).collect()
}

fn errors(site: &Site<'_>, name: &str, method: &Method) -> Vec<Response> {
    let api = &site.model.spec.api;
    let errors = method.errors.iter().map(|status| {
        let meaning = api.error_statuses.get(status).cloned().unwrap_or_default();
        let mut text = vec![Piece::text(meaning)];
        let (special, _) = error_schemas(api, name, Some(*status));
        if !special.is_empty() {
            let links = special
                .into_iter()
                .map(|schema| Piece::link(schema, on(ERRORS, &[schema])));
            text.push(Piece::text(" Body: "));
            text.extend(joined(links, ", "));
            text.push(Piece::text("."));
        }
        Response {
            status: *status,
            text,
        }
    });
    errors.collect()
}

fn group(site: &Site<'_>, group: &InputModel<'_>) -> Group {
    let (model, urls) = (site.model, &site.urls);
    let (name, input) = (group.name, group.yaml);
    let id = anchor(&[&type_name(name)]);
    Group {
        members: group
            .params
            .iter()
            .map(|own| param(model, urls, format!("{id}.{}", anchor(&[own.wire])), own))
            .collect(),
        name: name.to_owned(),
        description: input.description.clone().unwrap_or_default(),
        note: Notes::new(input.note.as_ref(), input.review_note.as_ref()),
        rust: super::parts::type_renamed(name),
        rustdoc: reference::rustdoc_input(name),
        words: input.search_words.clone(),
        users: users(site, name),
        id,
    }
}

/// The methods and inputs with a parameter of this type.
pub(super) fn users(site: &Site<'_>, name: &str) -> Vec<Piece> {
    let spec = site.model.spec;
    let uses_type = |params: &Map<Param>| {
        params
            .values()
            .any(|param| param.ty.as_ref().and_then(|ty| ty.named()) == Some(name))
    };
    let methods = site
        .model
        .methods()
        .filter(|method| uses_type(&method.yaml.params));
    let methods = methods.map(|user| Piece::code(user.name, site.urls.method(user.name)));
    let inputs = spec.methods.values().flat_map(|file| &file.inputs);
    let inputs = inputs.filter(|(_, input)| uses_type(&input.params));
    let inputs = inputs.map(|(user, _)| Piece::code(user, site.urls.named(user)));
    let users: Vec<Piece> = methods.chain(inputs).collect();
    joined(users, ", ")
}
