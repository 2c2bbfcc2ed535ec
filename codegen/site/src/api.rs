//! The pages about the whole API: scopes, errors, rate limits, paging, streams.

use serde::Serialize;

use super::Site;
use super::notes::Notes;
use super::parts::{Member, Piece, Versions, field, joined, param, type_pieces};
use super::urls::{anchor, on};
use mastodon_spec::model::ParamModel;
use mastodon_spec::names::member_name;
use mastodon_spec::yaml::{CountedPer, Event, ParamLocation, SentWith, Supported, TypeRef};

/// An entry of a page: a scope, an error schema, a stream.
#[derive(Debug, Default, Serialize)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) ty: Vec<Piece>,
    pub(super) description: String,
    note: Notes,
    pub(super) versions: Versions,
    /// The rows of the facts table: title and text.
    facts: Vec<(&'static str, Vec<Piece>)>,
    members: Vec<Member>,
}

/// The content of the pages about the whole API.
#[derive(Debug, Serialize)]
pub(super) struct ApiPages {
    pub(super) scopes: Vec<Entry>,
    pub(super) statuses: Vec<(u16, String)>,
    pub(super) schemas: Vec<Entry>,
    pub(super) rate_limits: Vec<Entry>,
    pub(super) paging: Vec<Member>,
    pub(super) headers: Vec<Entry>,
    language: Option<Entry>,
    pub(super) streams: Vec<Entry>,
    pub(super) events: Vec<Entry>,
    push: Option<Entry>,
    status_limits: Vec<(&'static str, u32)>,
    link_schemes: Vec<String>,
}

pub(super) fn pages(site: &Site<'_>) -> ApiPages {
    let api = &site.model.spec.api;
    let limits = &api.status_limits;
    ApiPages {
        scopes: scopes(site),
        statuses: api
            .error_statuses
            .iter()
            .map(|(status, meaning)| (*status, meaning.clone()))
            .collect(),
        schemas: schemas(site),
        rate_limits: rate_limits(site),
        paging: paging(site),
        headers: headers(site),
        language: api.language.as_ref().map(|language| Entry {
            id: anchor(&["language"]),
            name: language.param.clone(),
            ty: vec![Piece::text(TypeRef::Language.to_string())],
            description: language.description.clone().unwrap_or_default(),
            note: Notes::new(language.note.as_ref(), language.review_note.as_ref()),
            ..Entry::default()
        }),
        streams: streams(site),
        events: api
            .events
            .iter()
            .map(|(name, own)| event(site, name, own))
            .collect(),
        push: api.push.as_ref().map(|push| event(site, "push", push)),
        status_limits: vec![
            (
                "characters of the text including the content warning",
                limits.characters,
            ),
            ("characters counted per link", limits.characters_per_link),
            ("media attachments", limits.media),
            ("options of a poll", limits.poll_options),
            ("characters of a poll option", limits.poll_option_characters),
            (
                "minimum duration of a poll in seconds",
                limits.poll_min_seconds,
            ),
            (
                "maximum duration of a poll in seconds",
                limits.poll_max_seconds,
            ),
        ],
        link_schemes: api.link_schemes.clone(),
    }
}

fn scopes(site: &Site<'_>) -> Vec<Entry> {
    let scopes = &site.model.spec.api.scopes;
    let link = |name: &str| Piece::code(name, Some(on(super::urls::SCOPES, &[name])));
    scopes
        .iter()
        .map(|(name, scope)| {
            let below = format!("{name}:");
            let inner = scopes.keys().filter(|other| other.starts_with(&below));
            let includes: Vec<_> = inner
                .chain(&scope.includes)
                .map(|name| link(name))
                .collect();
            let users = site.model.methods();
            let users = users.filter(|method| method.scopes.contains(name));
            let users: Vec<_> = users
                .map(|user| Piece::code(user.name, site.urls.method(user.name)))
                .collect();
            Entry {
                id: anchor(&[name]),
                name: name.clone(),
                description: scope.description.clone().unwrap_or_default(),
                versions: Versions::new(
                    &site.urls,
                    scope.since.as_ref(),
                    scope.deprecated.as_ref(),
                    scope.removed.as_ref(),
                ),
                facts: non_empty([("Includes", includes), ("Methods", users)]),
                ..Entry::default()
            }
        })
        .collect()
}

/// The facts that are not empty.
fn non_empty<const N: usize>(
    facts: [(&'static str, Vec<Piece>); N],
) -> Vec<(&'static str, Vec<Piece>)> {
    facts
        .into_iter()
        .filter(|(_, pieces)| !pieces.is_empty())
        .map(|(title, pieces)| (title, joined(pieces, ", ")))
        .collect()
}

fn schemas(site: &Site<'_>) -> Vec<Entry> {
    let schemas = site.model.spec.api.error_schemas.iter();
    schemas
        .map(|(name, schema)| {
            let statuses = schema
                .statuses
                .iter()
                .map(|status| Piece::code(status.to_string(), None));
            let methods = schema.methods.iter();
            let methods = methods.map(|name| Piece::code(name, site.urls.method(name)));
            let members = schema.fields.iter().map(|(wire, spec)| {
                let mut member = field(
                    site.model,
                    &site.urls,
                    wire,
                    wire,
                    spec,
                    schema.since.as_ref(),
                );
                member.id = anchor(&[name, wire]);
                member
            });
            Entry {
                id: anchor(&[name]),
                name: name.clone(),
                description: schema.description.clone().unwrap_or_default(),
                note: Notes::new(schema.note.as_ref(), schema.review_note.as_ref()),
                versions: Versions::new(&site.urls, schema.since.as_ref(), None, None),
                facts: non_empty([
                    ("Statuses", statuses.collect()),
                    ("Methods", methods.collect()),
                ]),
                members: members.collect(),
                ..Entry::default()
            }
        })
        .collect()
}

fn rate_limits(site: &Site<'_>) -> Vec<Entry> {
    let rate_limits = site.model.spec.api.rate_limits.iter();
    rate_limits
        .map(|(name, bucket)| {
            let limit = |requests: u32, seconds: u32, counted_by: CountedPer| {
                Piece::text(format!(
                    "{requests} in {} per {}",
                    time(seconds),
                    per(counted_by)
                ))
            };
            let additional = bucket.additional.iter();
            let additional = additional.map(|one| limit(one.requests, one.seconds, one.per));
            let counted = if bucket.successes_only {
                "successful requests only"
            } else {
                "all requests"
            };
            let users = site.model.methods();
            let users = users.filter(|method| method.yaml.rate_limit.as_deref() == Some(name));
            let users = users.map(|user| Piece::code(user.name, site.urls.method(user.name)));
            Entry {
                id: anchor(&[name]),
                name: name.clone(),
                description: bucket.description.clone().unwrap_or_default(),
                note: Notes::new(bucket.note.as_ref(), bucket.review_note.as_ref()),
                facts: non_empty([
                    (
                        "Limit",
                        vec![limit(bucket.requests, bucket.seconds, bucket.per)],
                    ),
                    ("Additional", additional.collect()),
                    ("Counted", vec![Piece::text(counted)]),
                    ("Methods", users.collect()),
                ]),
                ..Entry::default()
            }
        })
        .collect()
}

/// Formats a duration.
pub(super) fn time(seconds: u32) -> String {
    let (count, unit) = match seconds {
        _ if seconds.is_multiple_of(86_400) => (seconds / 86_400, "day"),
        _ if seconds.is_multiple_of(3_600) => (seconds / 3_600, "hour"),
        _ if seconds.is_multiple_of(60) => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

/// What requests are counted by, for use after "per".
pub(super) fn per(per: CountedPer) -> &'static str {
    match per {
        CountedPer::Token => "token",
        CountedPer::User => "user",
        CountedPer::Address => "IP address",
    }
}

fn paging(site: &Site<'_>) -> Vec<Member> {
    let params = site.model.spec.api.paging.iter();
    params
        .filter_map(|(wire, spec)| {
            let own = ParamModel {
                wire,
                name: member_name(wire, spec.alias.as_deref()),
                yaml: spec,
                ty: spec.ty.as_ref()?,
                location: ParamLocation::Query,
                since: mastodon_spec::model::BEGINNING,
            };
            Some(param(site.model, &site.urls, anchor(&[wire]), &own))
        })
        .collect()
}

fn headers(site: &Site<'_>) -> Vec<Entry> {
    let headers = site.model.spec.api.response_headers.iter();
    headers
        .map(|(name, header)| {
            let responses = match header.sent_with {
                SentWith::All => "all responses",
                SentWith::Pages => "pages of lists",
                SentWith::AsyncRefresh => "responses of methods with async refresh",
                SentWith::Deprecated => "responses of deprecated methods",
            };
            let ty = header.ty.as_ref();
            Entry {
                id: anchor(&[name]),
                name: name.clone(),
                ty: ty.map(|ty| type_pieces(&site.urls, ty)).unwrap_or_default(),
                description: header.description.clone().unwrap_or_default(),
                note: Notes::new(header.note.as_ref(), header.review_note.as_ref()),
                versions: Versions::new(&site.urls, header.since.as_ref(), None, None),
                facts: non_empty([("Sent with", vec![Piece::text(responses)])]),
                ..Entry::default()
            }
        })
        .collect()
}

fn streams(site: &Site<'_>) -> Vec<Entry> {
    let api = &site.model.spec.api;
    let link = |page: &str, parts: &[&str], text: &str| Piece::code(text, Some(on(page, parts)));
    api.streams
        .iter()
        .map(|(name, stream)| {
            let method = stream.method.iter();
            let method = method.map(|name| Piece::code(name, site.urls.method(name)));
            let events = stream.events.iter();
            let events = events.map(|name| link(super::urls::STREAMS, &["event", name], name));
            let scopes = site.model.stream_scopes(stream).iter();
            let scopes = scopes.map(|name| link(super::urls::SCOPES, &[name], name));
            let param = stream.param.iter().map(|name| Piece::code(name, None));
            Entry {
                id: anchor(&["stream", name]),
                name: name.clone(),
                description: stream.description.clone().unwrap_or_default(),
                note: Notes::new(stream.note.as_ref(), stream.review_note.as_ref()),
                versions: Versions::new(&site.urls, stream.since.as_ref(), None, None).on(
                    site.model,
                    &stream.on,
                    stream.is_only_on(),
                ),
                facts: non_empty([
                    ("Opened by", method.collect()),
                    ("Parameter", param.collect()),
                    ("Scopes", scopes.collect()),
                    ("Events", events.collect()),
                ]),
                ..Entry::default()
            }
        })
        .collect()
}

fn event(site: &Site<'_>, name: &str, event: &Event) -> Entry {
    let ty = event.payload.as_ref();
    let streams = site.model.spec.api.streams.iter();
    let streams = streams.filter(|(_, stream)| stream.events.iter().any(|own| own == name));
    let streams = streams.map(|(stream, _)| {
        Piece::code(stream, Some(on(super::urls::STREAMS, &["stream", stream])))
    });
    Entry {
        id: anchor(&["event", name]),
        name: name.to_owned(),
        ty: ty.map(|ty| type_pieces(&site.urls, ty)).unwrap_or_default(),
        description: event.description.clone().unwrap_or_default(),
        note: Notes::new(event.note.as_ref(), event.review_note.as_ref()),
        versions: Versions::new(&site.urls, event.since.as_ref(), None, None).on(
            site.model,
            &event.on,
            event.is_only_on(),
        ),
        facts: non_empty([
            ("Streams", streams.collect()),
            (
                "Payload",
                event
                    .plain_text
                    .then(|| Piece::text("plain text, not JSON"))
                    .into_iter()
                    .collect(),
            ),
        ]),
        ..Entry::default()
    }
}
