//! Example calls for `curl`.

use super::value::Pair;
use super::{Given, Sample};
use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::{MethodModel, Model, Output};
use mastodon_spec::yaml::{AuthLevel, Body, Host, HttpMethod, ParamLocation};

/// Maximum width of an object on one line.
const WIDTH: usize = 46;

/// Maximum width of the first line; a longer URL moves to the second.
const FIRST_LINE: usize = 54;

/// The command that calls a method, one argument per line.
pub fn curl<'a>(model: &Model<'a>, method: &MethodModel<'a>) -> String {
    let sample = Sample::new(model, method);
    let body = body(method, &sample);
    let mut query = pairs(&sample, ParamLocation::Query);
    let limit = sample.limit.map(|limit| Pair::Text(limit.to_string()));
    query.extend(limit.map(|limit| ("limit".to_owned(), limit)));
    // curl sends a POST when there is a body.
    let implied = if body.is_empty() {
        HttpMethod::Get
    } else {
        HttpMethod::Post
    };
    let mut words = vec!["curl".to_owned()];
    if matches!(method.output, Output::Stream(_)) {
        words[0] += " -N";
    }
    if method.http_method != implied {
        words[0] += &format!(" -X {}", method.http_method.as_str());
    }
    // `-G` moves the data into the query, so it cannot be combined with a body.
    let is_query_data = body.is_empty() && !query.is_empty();
    if is_query_data {
        words[0] += " -G";
    }
    let mut url = url(method, &sample);
    if !is_query_data && !query.is_empty() {
        let query: Vec<String> = query
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(&text(value))))
            .collect();
        url = format!("{url}?{}", query.join("&"));
    }
    let url = quoted(&url);
    if words[0].len() + url.len() < FIRST_LINE {
        words[0] += &format!(" {url}");
    } else {
        words.push(url);
    }
    if matches!(method.auth, AuthLevel::App | AuthLevel::User) {
        words.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
    }
    for given in sample.at(ParamLocation::Header) {
        let header = format!("{}: {}", given.param.wire, given.value.plain());
        words.push(format!("-H {}", quoted(&header)));
    }
    if is_query_data {
        words.extend(query.iter().map(|(name, value)| data(name, value)));
    }
    words.extend(body);
    words.join(" \\\n  ")
}

/// The URL of the example call, without the query.
pub(super) fn url(method: &MethodModel<'_>, sample: &Sample<'_>) -> String {
    let (scheme, host) = match (method.output, method.yaml.host) {
        (Output::Stream(Some(_)), _) => ("wss", "streaming.mastodon.example"),
        (_, Some(Host::Streaming)) => ("https", "streaming.mastodon.example"),
        (_, None) => ("https", "mastodon.example"),
    };
    let mut url = format!("{scheme}://{host}");
    for (index, piece) in method.path.split(['{', '}']).enumerate() {
        // Every second piece was in braces.
        if index % 2 == 0 {
            url.push_str(piece);
        } else if let Some(given) = sample.given().find(|given| given.param.wire == piece) {
            url.push_str(&encoded(&given.value.plain()));
        }
    }
    url
}

fn pairs(sample: &Sample<'_>, location: ParamLocation) -> Vec<(String, Pair)> {
    let mut pairs = Vec::new();
    for Given { param, value } in sample.at(location) {
        value.pairs(param.wire, param.yaml.indexed, &mut pairs);
    }
    pairs
}

/// The curl options of the request body.
fn body(method: &MethodModel<'_>, sample: &Sample<'_>) -> Vec<String> {
    let in_body = sample.at(ParamLocation::Body);
    let encoding = method.yaml.body.unwrap_or_default();
    let multipart =
        encoding == Body::Multipart || in_body.iter().any(|given| given.value.has_file());
    if in_body.is_empty() {
        return Vec::new();
    }
    if encoding == Body::Json && !multipart {
        let object: Object = in_body
            .iter()
            .map(|given| (given.param.wire, given.value.json(given.param.yaml.sent_as)))
            .collect();
        return vec![format!("--json {}", quoted(&formatted(&object.into(), 1)))];
    }
    let write = if multipart { part } else { data };
    pairs(sample, ParamLocation::Body)
        .iter()
        .map(|(name, value)| write(name, value))
        .collect()
}

fn text(value: &Pair) -> String {
    match value {
        Pair::Text(text) => text.clone(),
        Pair::File(path) => (*path).to_owned(),
    }
}

/// A pair of a query or a form, percent-encoded only where necessary.
fn data(name: &str, value: &Pair) -> String {
    let value = text(value);
    let option = if encoded(&value) == value {
        "-d"
    } else {
        "--data-urlencode"
    };
    format!("{option} {}", quoted(&format!("{name}={value}")))
}

/// A part of a multipart body. `-F` interprets some characters, `--form-string` none.
fn part(name: &str, value: &Pair) -> String {
    match value {
        Pair::File(path) => format!("-F {}", quoted(&format!("{name}=@{path}"))),
        Pair::Text(text) => {
            let special = text.starts_with(['@', '<']) || text.contains([';', '"', ',']);
            let option = if special { "--form-string" } else { "-F" };
            format!("{option} {}", quoted(&format!("{name}={text}")))
        }
    }
}

/// A word of the shell, quoted where necessary.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/=@%,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Percent-encodes everything except the unreserved characters of RFC 3986.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// Formats JSON on one line where it fits, otherwise one entry per line.
pub(super) fn formatted(json: &Json, depth: usize) -> String {
    let short = one_line(json);
    if short.len() + 2 * depth <= WIDTH {
        return short;
    }
    let (outer, inner) = ("  ".repeat(depth), "  ".repeat(depth + 1));
    let block = |open: &str, entries: Vec<String>, close: &str| {
        let entries = entries.join(&format!(",\n{inner}"));
        format!("{open}\n{inner}{entries}\n{outer}{close}")
    };
    match json {
        Json::Object(object) => {
            let entries = object.entries();
            let entries = entries.map(|(key, value)| {
                format!("{}: {}", scalar(&key.into()), formatted(value, depth + 1))
            });
            block("{", entries.collect(), "}")
        }
        Json::List(items) => {
            let items = items.iter().map(|item| formatted(item, depth + 1));
            block("[", items.collect(), "]")
        }
        _ => short,
    }
}

fn one_line(json: &Json) -> String {
    match json {
        Json::Object(object) => {
            let entries = object.entries();
            let entries: Vec<String> = entries
                .map(|(key, value)| format!("{}: {}", scalar(&key.into()), one_line(value)))
                .collect();
            if entries.is_empty() {
                "{}".to_owned()
            } else {
                format!("{{ {} }}", entries.join(", "))
            }
        }
        Json::List(items) => {
            let items: Vec<String> = items.iter().map(one_line).collect();
            format!("[{}]", items.join(", "))
        }
        scalar_value => scalar(scalar_value),
    }
}

fn scalar(json: &Json) -> String {
    serde_json::to_string(json).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_the_shell() {
        assert_eq!(quoted("limit=10"), "limit=10");
        assert_eq!(quoted("id[]=1"), "'id[]=1'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("$TOKEN"), "'$TOKEN'");
    }

    #[test]
    fn pairs_are_percent_encoded_where_necessary() {
        let text = |text: &str| Pair::Text(text.to_owned());
        assert_eq!(data("any[]", &text("rust")), "-d 'any[]=rust'");
        assert_eq!(
            data("q", &text("cats & dogs")),
            "--data-urlencode 'q=cats & dogs'"
        );
        assert_eq!(part("file", &Pair::File("cat.png")), "-F file=@cat.png");
        assert_eq!(
            part("note", &text("@ferris; hi")),
            "--form-string 'note=@ferris; hi'"
        );
    }
}
