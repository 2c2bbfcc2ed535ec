//! The same call for `curl`.

use super::value::Pair;
use super::{Given, Sample};
use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::Model;
use mastodon_spec::yaml::{AuthLevel, Body, Host, Method, Place, Returns, Verb};

/// Objects that fit are written on one line of this many characters.
const WIDTH: usize = 46;

/// An address that does not fit beside the command stands on a line of its own.
const LINE: usize = 54;

/// The command that calls a method; its arguments stand on a line each.
pub fn curl<'a>(model: &Model<'a>, method: &'a Method) -> String {
    let sample = Sample::new(model, method);
    let verb = method.http.as_ref().map_or(Verb::Get, |http| http.verb);
    let body = body(method, &sample);
    let mut query = pairs(&sample, Place::Query);
    let limit = sample.limit.map(|limit| Pair::Text(limit.to_string()));
    query.extend(limit.map(|limit| ("limit".to_owned(), limit)));
    // What has a body is a POST unless said otherwise.
    let implied = if body.is_empty() {
        Verb::Get
    } else {
        Verb::Post
    };
    let mut words = vec!["curl".to_owned()];
    if matches!(method.returns, Some(Returns::Stream(_))) {
        words[0] += " -N";
    }
    if verb != implied {
        words[0] += &format!(" -X {}", verb.as_str());
    }
    // `-G` puts into the query what would be a body, and cannot do so beside one.
    let by_data = body.is_empty() && !query.is_empty();
    if by_data {
        words[0] += " -G";
    }
    let mut address = address(method, &sample);
    if !by_data && !query.is_empty() {
        let query: Vec<String> = query
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(&text(value))))
            .collect();
        address = format!("{address}?{}", query.join("&"));
    }
    let address = quoted(&address);
    if words[0].len() + address.len() < LINE {
        words[0] += &format!(" {address}");
    } else {
        words.push(address);
    }
    let wants_token = method
        .auth
        .as_ref()
        .is_some_and(|auth| matches!(auth.level, AuthLevel::App | AuthLevel::User));
    if wants_token {
        words.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
    }
    for given in sample.at(Place::Header) {
        let header = format!("{}: {}", given.param.wire, given.value.plain());
        words.push(format!("-H {}", quoted(&header)));
    }
    if by_data {
        words.extend(query.iter().map(|(name, value)| data(name, value)));
    }
    words.extend(body);
    words.join(" \\\n  ")
}

fn address(method: &Method, sample: &Sample<'_>) -> String {
    let (scheme, host) = match (&method.returns, method.host) {
        (Some(Returns::Stream(Some(_))), _) => ("wss", "streaming.mastodon.example"),
        (_, Some(Host::Streaming)) => ("https", "streaming.mastodon.example"),
        (_, None) => ("https", "mastodon.example"),
    };
    let mut address = format!("{scheme}://{host}");
    let path = method.http.as_ref().map_or("", |http| http.path.as_str());
    for (index, piece) in path.split(['{', '}']).enumerate() {
        // Every second piece stood in braces.
        if index % 2 == 0 {
            address.push_str(piece);
        } else if let Some(given) = sample.given().find(|given| given.param.wire == piece) {
            address.push_str(&encoded(&given.value.plain()));
        }
    }
    address
}

fn pairs(sample: &Sample<'_>, place: Place) -> Vec<(String, Pair)> {
    let mut pairs = Vec::new();
    for Given { param, value } in sample.at(place) {
        value.pairs(param.wire, param.spec.indexed, &mut pairs);
    }
    pairs
}

/// The arguments that make the body.
fn body(method: &Method, sample: &Sample<'_>) -> Vec<String> {
    let inside = sample.at(Place::Body);
    let encoding = method.body.unwrap_or_default();
    let multipart =
        encoding == Body::Multipart || inside.iter().any(|given| given.value.has_file());
    if inside.is_empty() {
        return Vec::new();
    }
    if encoding == Body::Json && !multipart {
        let object: Object = inside
            .iter()
            .map(|given| (given.param.wire, given.value.json(given.param.spec.sent_as)))
            .collect();
        return vec![format!("--json {}", quoted(&laid_out(&object.into(), 1)))];
    }
    let write = if multipart { part } else { data };
    pairs(sample, Place::Body)
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

/// A pair of a query or a form; only what needs it is encoded, for the sake of the reader.
fn data(name: &str, value: &Pair) -> String {
    let value = text(value);
    let option = if encoded(&value) == value {
        "-d"
    } else {
        "--data-urlencode"
    };
    format!("{option} {}", quoted(&format!("{name}={value}")))
}

/// A part of a multipart body. `-F` gives a meaning to some characters, `--form-string` to none.
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

/// A word of the shell, in quotes where it needs them.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/=@%,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Everything but what RFC 3986 calls unreserved, as it stands in an address.
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

/// JSON on one line where it fits, else an entry a line.
pub(super) fn laid_out(json: &Json, depth: usize) -> String {
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
                format!("{}: {}", scalar(&key.into()), laid_out(value, depth + 1))
            });
            block("{", entries.collect(), "}")
        }
        Json::List(items) => {
            let items = items.iter().map(|item| laid_out(item, depth + 1));
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
    fn words_survive_the_shell() {
        assert_eq!(quoted("limit=10"), "limit=10");
        assert_eq!(quoted("id[]=1"), "'id[]=1'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("$TOKEN"), "'$TOKEN'");
    }

    #[test]
    fn pairs_are_encoded_where_they_need_it() {
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
