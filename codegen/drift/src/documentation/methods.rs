//! Reads pages of methods: endpoints with their parameters.

use std::collections::BTreeSet;

use super::text::{
    Change, Heading, default, ends, enumerated, has_mark, listed, max, shape, since, value,
    value_versions,
};
use crate::external::{ExternalApi, Notes, Operation, Parameter, Shape, flat};
use mastodon_spec::yaml::{ParamLocation, Route};

/// Reads a page. Each section of level 2 is an endpoint, several endpoints with the same text, or a group
/// of sections of level 3.
pub(super) fn parse(text: &str, at: &str, page: &str, external: &mut ExternalApi) {
    let lines: Vec<&str> = text.lines().collect();
    let before = (external.operations.len(), external.unread.len());
    let mut start = 0;
    let mut fenced = false;
    for index in 0..=lines.len() {
        let line = lines.get(index);
        fenced ^= line.is_some_and(|line| line.trim_start().starts_with("```"));
        let ends = line.is_none_or(|line| {
            !fenced && (line.starts_with("## ") || starts_endpoint(line, &lines[index + 1..]))
        });
        if ends {
            section(&lines[start..index], start, at, page, external);
            start = index;
        }
    }
    if before == (external.operations.len(), external.unread.len()) {
        let unread = format!("{at}: the page contains no endpoint in a known form");
        external.unread.push(unread);
    }
}

/// Whether a heading of level 3 starts an endpoint: a route follows before the next heading.
fn starts_endpoint(line: &str, below: &[&str]) -> bool {
    if !line.starts_with("### ") {
        return false;
    }
    let title = line.trim_start_matches("### ").to_ascii_lowercase();
    if title.starts_with("request") || title.starts_with("response") {
        return false;
    }
    let mut below = below.iter().take_while(|line| !line.starts_with('#'));
    below
        .find(|line| line.starts_with("```"))
        .is_some_and(|line| line.trim_start_matches('`').trim() == "http")
        && below.next().is_some_and(|line| http(line.trim()).is_some())
}

/// The section of the following lines.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    About,
    History,
    Params(ParamLocation),
    Rest,
}

/// The endpoint that is being read.
#[derive(Default)]
struct Section {
    routes: Vec<(Route, usize)>,
    params: Vec<Parameter>,
    history: Vec<Change>,
    returns: Option<Shape>,
    auth: Option<String>,
    permissions: Vec<String>,
    statuses: BTreeSet<u16>,
    /// The names in backticks that a stream returns.
    events: Vec<String>,
    /// The lines that were not understood.
    unread: Vec<String>,
}

fn section(lines: &[&str], offset: usize, at: &str, page: &str, external: &mut ExternalApi) {
    let Some(heading) = lines.first().and_then(|line| Heading::parse(line)) else {
        return;
    };
    let mut found = Section::default();
    let unread = external.unread.len();
    let (mut part, mut fence) = (Part::About, None);
    for (index, line) in lines.iter().enumerate().skip(1) {
        let trimmed = line.trim();
        if let Some(language) = trimmed.strip_prefix("```") {
            fence = if fence.is_some() {
                None
            } else {
                Some(language.trim())
            };
            continue;
        }
        if let Some(language) = fence {
            // Later blocks are example requests.
            if language == "http" && matches!(part, Part::About | Part::History) {
                match http(trimmed) {
                    Some(Ok(http)) => found.routes.push((http, offset + index + 1)),
                    Some(Err(error)) => external
                        .unread
                        .push(format!("{at}:{}: {error}", offset + index + 1)),
                    None => {}
                }
            }
            continue;
        }
        if let Some(heading) = Heading::parse(line) {
            found.statuses.extend(heading.status());
            part = match heading.title.to_ascii_lowercase().as_str() {
                "path parameters" => Part::Params(ParamLocation::Path),
                "query parameters" => Part::Params(ParamLocation::Query),
                "form data parameters"
                | "json body parameters"
                | "form data"
                | "body parameters" => Part::Params(ParamLocation::Body),
                "headers" => Part::Params(ParamLocation::Header),
                // Streams over WebSockets and over server-sent events have the same parameters.
                "parameters" => Part::Params(ParamLocation::Query),
                _ => Part::Rest,
            };
            continue;
        }
        let position = format!("{at}:{}", offset + index + 1);
        let definition = trimmed.strip_prefix(": ");
        if part == Part::Rest
            && definition
                .is_some_and(|text| has_mark(text, "required") || shape(text) != Shape::Unknown)
        {
            let problem =
                format!("{position}: the definition is under a heading without parameters");
            external.unread.push(problem);
        }
        found.line(
            &mut part,
            trimmed,
            lines.get(index + 1).copied().unwrap_or_default(),
            position,
        );
    }
    let anchor = heading
        .anchor
        .map_or_else(String::new, |anchor| format!("#{anchor}"));
    let Section {
        routes,
        mut params,
        history,
        returns,
        auth,
        permissions,
        statuses,
        events,
        unread: lines_unread,
    } = found;
    for param in &mut params {
        param.since = history
            .iter()
            .find(|change| change.adds(&param.name))
            .map(|change| change.version.clone());
        param.value_versions = value_versions(&history, &param.values);
    }
    let marked = heading.is("deprecated") || heading.title.starts_with("(DEPRECATED)");
    let notes = Notes {
        ends: ends(&history, marked),
        permissions,
        statuses,
        events,
    };
    // A section with a response or a token needs a route.
    if routes.is_empty() && unread == external.unread.len() && (returns.is_some() || auth.is_some())
    {
        let title = &heading.title;
        let unread = format!("{at}:{}: `{title}` has no route", offset + 1);
        external.unread.push(unread);
    }
    external.unread.extend(lines_unread);
    let removed = notes.ends.removed.is_some()
        || heading.is("removed")
        || heading.title.starts_with("(REMOVED)");
    for (http, line) in routes {
        let own = |param: &Parameter| {
            param.location != Some(ParamLocation::Path)
                || http.path_params().any(|name| name == param.name)
        };
        let mut params: Vec<Parameter> =
            params.iter().filter(|param| own(param)).cloned().collect();
        for name in http.path_params().map(str::to_owned).collect::<Vec<_>>() {
            if !params.iter().any(|param| param.name == name) {
                params.push(in_path(name, format!("{at}:{line}")));
            }
        }
        external.operations.push(Operation {
            at: format!("{at}:{line}"),
            docs: Some(format!("{page}{anchor}")),
            params: Some(params),
            returns: returns.clone().unwrap_or(Shape::Unknown),
            since: since(&history),
            auth: auth.clone(),
            removed,
            twin_of: None,
            is_partial: false,
            notes: notes.clone(),
            http,
        });
    }
}

impl Section {
    fn line(&mut self, part: &mut Part, line: &str, next: &str, at: String) {
        if let Some(text) = bold(line, "Returns") {
            self.returns = Some(response(text));
            if text.starts_with('`') {
                let names = text.split('`').skip(1).step_by(2);
                self.events = names.map(str::to_owned).collect();
            }
        } else if let Some(text) = bold(line, "OAuth") {
            self.auth = super::tokens::auth(text);
        } else if let Some(text) = bold(line, "Permissions") {
            self.permissions = text.split(", ").map(str::to_owned).collect();
        } else if bold(line, "Version").is_some() {
            *part = Part::History;
        } else if *part == Part::History {
            match Change::of_history(line) {
                _ if line.is_empty() => *part = Part::About,
                Ok(change) => self.history.extend(change),
                Err(problem) => self.unread.push(format!("{at}: {problem}")),
            }
        } else if let Part::Params(location) = *part {
            if let Some(text) = line.strip_prefix(": ").or_else(|| {
                line.strip_prefix(':')
                    .filter(|_| line.len() > 1 && self.is_open())
            }) {
                self.describe(text);
            } else if let Some(value) = value(line) {
                if let Some(param) = self.params.last_mut() {
                    param.values.push(value);
                }
            } else if !line.is_empty() && next.trim_start().starts_with(": ") {
                self.params.push(named(line, location, at));
            }
        }
    }

    /// Whether the next line is the description of a parameter.
    fn is_open(&self) -> bool {
        self.params
            .last()
            .is_some_and(|param| param.required.is_none())
    }

    fn describe(&mut self, text: &str) {
        let Some(param) = self.params.last_mut() else {
            return;
        };
        param.required = Some(has_mark(text, "required"));
        param.shape = shape(text);
        param.default = default(text);
        param.max = max(text);
        param.values = listed(text);
        if param.values.is_empty() && *param.shape.innermost() == Shape::String {
            param.values = enumerated(text);
        }
    }
}

/// `:id`, `media_ids[]`, `Authorization `.
fn named(line: &str, location: ParamLocation, at: String) -> Parameter {
    let name = super::text::without_shortcodes(line);
    let name = name.trim().trim_matches('`').trim_start_matches(':');
    Parameter {
        name: flat(name),
        location: Some(location),
        shape: Shape::Unknown,
        required: None,
        since: None,
        values: Vec::new(),
        value_versions: Vec::new(),
        default: None,
        max: None,
        at,
    }
}

fn in_path(name: String, at: String) -> Parameter {
    Parameter {
        name,
        location: Some(ParamLocation::Path),
        shape: Shape::Unknown,
        required: Some(true),
        since: None,
        values: Vec::new(),
        value_versions: Vec::new(),
        default: None,
        max: None,
        at,
    }
}

/// The text after `**Name:**`. Some pages have the colon outside, or a missing star.
fn bold<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let rest = line.strip_prefix("**")?.strip_prefix(name)?;
    let rest = rest
        .trim_start_matches(':')
        .trim_start_matches('*')
        .trim_start_matches(':');
    Some(rest.trim_end_matches('\\').trim())
}

/// Parses the line with HTTP method and path, ignoring host and query. `None` for headers and bodies.
pub(super) fn http(line: &str) -> Option<Result<Route, String>> {
    let mut words = line.split_whitespace();
    let (method, url) = match words.next()? {
        // A WebSocket is opened by a GET request.
        url if url.starts_with("wss://") => ("GET", url),
        method if ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method) => {
            (method, words.next()?)
        }
        _ => return None,
    };
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => url,
    };
    let path = path.split('?').next().unwrap_or(path);
    let parts = path.split('/').map(|part| match part.strip_prefix(':') {
        Some(name) => format!("{{{name}}}"),
        None => part.to_owned(),
    });
    Some(format!("{method} {}", parts.collect::<Vec<_>>().join("/")).parse())
}

/// The type of the response; unknown where the sentence contains more than a type.
fn response(text: &str) -> Shape {
    let lower = text.to_ascii_lowercase();
    let conditions = [
        " when ",
        " if ",
        " otherwise",
        " or ",
        "containing",
        " with ",
        " without ",
        " plus ",
    ];
    if conditions.iter().any(|word| lower.contains(word)) {
        return Shape::Unknown;
    }
    match shape(text) {
        // Responses that are plain objects are described in prose.
        Shape::Object | Shape::String => Shape::Unknown,
        shape => shape,
    }
}
