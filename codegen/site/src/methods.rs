//! The pages of resources: their methods, and the groups of parameters that these take.

use serde::Serialize;

use super::parts::{Life, Member, Piece, joined, param, reviewed, type_pieces};
use super::places::{ERRORS, anchor, on};
use super::{Site, docs_url, facts};
use mastodon_emit::samples;
use mastodon_spec::docs;
use mastodon_spec::model::BEGINNING;
use mastodon_spec::model::facts::error_shapes;
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::{
    Input, Map, Method, MethodsFile, PagingStyle, Param, Place, TypeRef, Verb,
};

/// A page.
#[derive(Debug, Serialize)]
pub(super) struct Resource {
    pub(super) title: String,
    about: String,
    docs: Option<String>,
    pub(super) methods: Vec<View>,
    pub(super) inputs: Vec<Group>,
}

/// A method on it.
#[derive(Debug, Serialize)]
pub(super) struct View {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) verb: &'static str,
    pub(super) path: String,
    /// Further addresses.
    addresses: Vec<Address>,
    pub(super) does: String,
    note: Option<String>,
    marks: Vec<String>,
    pub(super) life: Life,
    /// The method that took its place, and the day on which its answers call it old.
    instead: Option<Piece>,
    deprecated_on: Option<String>,
    docs: Option<String>,
    /// What a caller has to know beside the parameters: a word and what it says.
    facts: Vec<facts::Fact>,
    pub(super) params: Vec<Params>,
    answers: Vec<Answer>,
    errors: Vec<Answer>,
    rust: Option<String>,
    curl: String,
}

#[derive(Debug, Serialize)]
struct Address {
    verb: &'static str,
    path: String,
    life: Life,
    note: Option<String>,
}

/// Parameters that travel alike.
#[derive(Debug, Serialize)]
pub(super) struct Params {
    title: &'static str,
    pub(super) members: Vec<Member>,
}

#[derive(Debug, Serialize)]
struct Answer {
    status: u16,
    text: Vec<Piece>,
}

/// A group of parameters.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) does: String,
    note: Option<String>,
    rust: Option<String>,
    /// The methods and groups that take it.
    users: Vec<Piece>,
    pub(super) members: Vec<Member>,
}

pub(super) fn resource<'a>(site: &Site<'a>, file: &'a MethodsFile) -> Resource {
    Resource {
        title: file.title.clone().unwrap_or_default(),
        about: file.description.clone().unwrap_or_default(),
        docs: file.docs.as_deref().map(|docs| docs::page_url(docs, None)),
        methods: file
            .methods
            .iter()
            .map(|(name, method)| view(site, file, name, method))
            .collect(),
        inputs: file
            .inputs
            .iter()
            .map(|(name, input)| group(site, name, input))
            .collect(),
    }
}

fn view<'a>(site: &Site<'a>, file: &MethodsFile, name: &str, method: &'a Method) -> View {
    let places = &site.places;
    let http = method.http.as_ref();
    let path = http.map(|http| http.path.clone()).unwrap_or_default();
    let others = method.also_accepts.iter().map(|verb| Address {
        verb: verb.as_str(),
        path: path.clone(),
        life: Life::default(),
        note: None,
    });
    let aliases = method.aliases.iter().map(|alias| Address {
        verb: alias.http.verb.as_str(),
        path: alias.http.path.clone(),
        life: Life::new(
            places,
            alias.since.as_ref(),
            alias.deprecated.as_ref(),
            alias.removed.as_ref(),
        ),
        note: alias.note.clone(),
    });
    let documented_as = method.documented_as.as_ref().map(ToString::to_string);
    let instead = method.replaced_by.as_deref();
    View {
        id: anchor(&[name]),
        name: name.to_owned(),
        verb: http.map_or(Verb::Get, |http| http.verb).as_str(),
        addresses: others.chain(aliases).collect(),
        does: method.summary.clone().unwrap_or_default(),
        note: method.note.clone(),
        marks: reviewed(method.undocumented, documented_as.as_deref()),
        life: Life::new(
            places,
            method.since.as_ref(),
            method.deprecated.as_ref(),
            method.removed.as_ref(),
        ),
        instead: instead.map(|name| Piece::code(name, places.method(name))),
        deprecated_on: method.deprecated_on.clone(),
        docs: docs_url(
            file.docs.as_deref(),
            method.docs.as_deref(),
            method.undocumented,
        ),
        facts: facts::facts(site, method),
        params: params(site, name, method),
        answers: answers(site, method),
        errors: errors(site, name, method),
        rust: samples::rust(site.model, name, method),
        curl: samples::curl(site.model, method),
        path,
    }
}

fn params<'a>(site: &Site<'a>, name: &str, method: &'a Method) -> Vec<Params> {
    let (model, places) = (site.model, &site.places);
    let all = model.params(method);
    let groups = [
        ("Path", Place::Path),
        ("Query", Place::Query),
        ("Body", Place::Body),
        ("Headers", Place::Header),
    ];
    let mut groups: Vec<Params> = groups
        .into_iter()
        .map(|(title, place)| Params {
            title,
            members: all
                .iter()
                .filter(|own| own.place == place)
                .map(|own| param(model, places, anchor(&[name, own.wire]), own))
                .collect(),
        })
        .collect();
    groups.insert(
        2,
        Params {
            title: "Paging",
            members: paging_params(site, name, method),
        },
    );
    groups.retain(|group| !group.members.is_empty());
    groups
}

/// What pages a list, with the bounds of this one.
fn paging_params(site: &Site<'_>, name: &str, method: &Method) -> Vec<Member> {
    let Some(paging) = &method.paging else {
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
            life: Life::new(&site.places, paging.limit_since.as_ref(), None, None),
            ..Member::default()
        });
    }
    for cursor in site.model.cursors(method) {
        let known = shared.get(cursor);
        let ty = known.and_then(|known| known.ty.as_ref());
        let usual = match paging.style {
            PagingStyle::Cursor => TypeRef::String,
            PagingStyle::Offset => TypeRef::Integer,
        };
        // What is as old as the method goes without saying.
        let since = known.and_then(|known| known.since.as_ref());
        let since = since.filter(|since| **since > *method.since.as_ref().unwrap_or(&BEGINNING));
        members.push(Member {
            name: cursor.to_owned(),
            ty: type_pieces(&site.places, ty.unwrap_or(&usual)),
            life: Life::new(&site.places, since, None, None),
            ..Member::default()
        });
    }
    for member in &mut members {
        let known = shared.get(&member.name);
        member.does = known
            .and_then(|known| known.description.clone())
            .unwrap_or_default();
        member.id = anchor(&[name, &member.name]);
    }
    members
}

fn answers(site: &Site<'_>, method: &Method) -> Vec<Answer> {
    let usual = Answer {
        status: 200,
        text: facts::returned(site, method),
    };
    let others = method.responses.iter().map(|(status, meaning)| Answer {
        status: *status,
        text: vec![Piece::text(meaning)],
    });
    std::iter::once(usual).chain(others).collect()
}

fn errors(site: &Site<'_>, name: &str, method: &Method) -> Vec<Answer> {
    let api = &site.model.spec.api;
    let errors = method.errors.iter().map(|status| {
        let meaning = api.error_statuses.get(status).cloned().unwrap_or_default();
        let mut text = vec![Piece::text(meaning)];
        let (special, _) = error_shapes(api, name, Some(*status));
        if !special.is_empty() {
            let links = special
                .into_iter()
                .map(|shape| Piece::link(shape, on(ERRORS, &[shape])));
            text.push(Piece::text(" Body: "));
            text.extend(joined(links, ", "));
            text.push(Piece::text("."));
        }
        Answer {
            status: *status,
            text,
        }
    });
    errors.collect()
}

fn group<'a>(site: &Site<'a>, name: &str, input: &'a Input) -> Group {
    let (model, places) = (site.model, &site.places);
    let id = anchor(&[&type_name(name)]);
    let members = model.input_params(input);
    Group {
        members: members
            .iter()
            .map(|own| param(model, places, format!("{id}.{}", anchor(&[own.wire])), own))
            .collect(),
        name: name.to_owned(),
        does: input.description.clone().unwrap_or_default(),
        note: input.note.clone(),
        rust: super::parts::type_renamed(name),
        users: users(site, name),
        id,
    }
}

/// The methods and groups with a parameter of this type.
pub(super) fn users(site: &Site<'_>, name: &str) -> Vec<Piece> {
    let spec = site.model.spec;
    let takes = |params: &Map<Param>| {
        params
            .values()
            .any(|param| param.ty.as_ref().and_then(|ty| ty.named()) == Some(name))
    };
    let methods = site
        .model
        .methods()
        .filter(|(_, method)| takes(&method.params));
    let methods = methods.map(|(user, _)| Piece::code(user, site.places.method(user)));
    let inputs = spec.methods.values().flat_map(|file| &file.inputs);
    let inputs = inputs.filter(|(_, input)| takes(&input.params));
    let inputs = inputs.map(|(user, _)| Piece::code(user, site.places.named(user)));
    let users: Vec<Piece> = methods.chain(inputs).collect();
    joined(users, ", ")
}
