//! Example responses on the pages of resources.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Site;
use super::parts::Piece;
use mastodon_emit::samples::{self, Part};
use mastodon_spec::model::MethodModel;

/// A response, as it is shown.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    status: u16,
    reason: &'static str,
    headers: Vec<(&'static str, String)>,
    /// The body; entities in it are links.
    body: Vec<Piece>,
}

/// Writes the responses of a page. The first one with an entity has all its fields, later ones have those that say most,
/// because most pages have many methods that return the same entity.
pub(super) struct Answers<'s, 'a> {
    site: &'s Site<'a>,
    shown: BTreeSet<String>,
}

impl<'s, 'a> Answers<'s, 'a> {
    pub(super) fn new(site: &'s Site<'a>) -> Self {
        Self {
            site,
            shown: BTreeSet::new(),
        }
    }

    /// The response with the result of a method.
    pub(super) fn result(&mut self, method: &MethodModel<'a>) -> Option<Answer> {
        let is_short = |name: &str| self.shown.contains(name);
        let answer = samples::answer(self.site.model, method, &is_short)?;
        self.shown.extend(answer.entity.clone());
        Some(self.shown_as(answer))
    }

    /// A response with an error.
    pub(super) fn failure(&self, method: &MethodModel<'a>) -> Option<Answer> {
        let answer = samples::failure(self.site.model, method)?;
        Some(self.shown_as(answer))
    }

    fn shown_as(&self, answer: samples::Answer) -> Answer {
        Answer {
            status: answer.status,
            reason: reason(answer.status),
            headers: answer.headers,
            body: body(self.site, answer.body),
        }
    }
}

/// The text of a body, with links.
pub(super) fn body(site: &Site<'_>, parts: Vec<Part>) -> Vec<Piece> {
    let link = |text: String, name: &str| {
        let url = site.urls.named(name).unwrap_or_default();
        Piece::link(text, url)
    };
    let parts = parts.into_iter().map(|part| match part {
        Part::Text(text) => vec![Piece::text(text)],
        Part::Entity(name) => {
            let target = link(name.clone(), &name);
            vec![Piece::text("{ "), target, Piece::text(" }")]
        }
        Part::Rest(name) => vec![
            Piece::text("… "),
            link(format!("all fields of {name}"), &name),
        ],
    });
    parts
        .flatten()
        .filter(|piece| !piece.text.is_empty())
        .collect()
}

/// The reason phrase of a status.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        406 => "Not Acceptable",
        409 => "Conflict",
        410 => "Gone",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "",
    }
}
