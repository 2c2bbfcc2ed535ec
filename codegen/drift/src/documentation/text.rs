//! Reads headings, types, values and version histories.

use crate::external::{Lifecycle, Shape, flat};
use mastodon_spec::yaml::Version;

/// A heading.
pub(super) struct Heading<'a> {
    pub(super) level: usize,
    /// The title without shortcodes and anchor.
    pub(super) title: String,
    pub(super) anchor: Option<&'a str>,
    line: &'a str,
}

impl<'a> Heading<'a> {
    pub(super) fn parse(line: &'a str) -> Option<Self> {
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        let rest = line.get(level..)?.strip_prefix(' ')?;
        if level == 0 {
            return None;
        }
        let anchor = rest
            .rsplit_once("{#")
            .and_then(|(_, rest)| rest.split_once('}'))
            .map(|(anchor, _)| anchor);
        let words = rest.split("{#").next().unwrap_or(rest);
        Some(Self {
            level,
            title: without_shortcodes(words).trim().to_owned(),
            anchor,
            line,
        })
    }

    /// Whether it contains a mark such as `{{%optional%}}`.
    pub(super) fn is(&self, mark: &str) -> bool {
        has_mark(self.line, mark)
    }

    /// The status of a response: `401: Unauthorized`.
    pub(super) fn status(&self) -> Option<u16> {
        let (status, _) = self.title.split_once(':')?;
        status
            .parse()
            .ok()
            .filter(|status| (200..600).contains(status))
    }

    /// The name in backticks; some headings lack the closing one.
    pub(super) fn code(&self) -> Option<&str> {
        let (_, rest) = self.title.split_once('`')?;
        Some(rest.split_once('`').map_or(rest, |(code, _)| code))
    }
}

/// Whether the text contains a shortcode: `{{<required>}}`, `{{%removed%}}`.
pub(super) fn has_mark(text: &str, mark: &str) -> bool {
    shortcodes(text).any(|code| code == mark)
}

fn shortcodes(text: &str) -> impl Iterator<Item = &str> {
    let parts = text
        .split("{{")
        .skip(1)
        .filter_map(|rest| rest.split_once("}}"));
    parts.map(|(code, _)| code.trim_matches(|c: char| "<>%/ ".contains(c)))
}

/// The text without shortcodes: `[Status]({{< relref "entities/status" >}})` becomes `[Status]()`.
pub(super) fn without_shortcodes(text: &str) -> String {
    let mut parts = text.split("{{");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once("}}").map_or(part, |(_, rest)| rest));
    }
    out
}

/// The type at the start of a description.
pub(super) fn shape(text: &str) -> Shape {
    let text = without_shortcodes(text);
    let text = text.trim().trim_end_matches('\\').trim();
    let lower = text.to_ascii_lowercase();
    for start in ["array of ", "an array of ", "list of "] {
        if let Some(rest) = lower.strip_prefix(start) {
            return shape(&text[text.len() - rest.len()..]).list();
        }
    }
    let words = plain_words(text);
    let several = words.contains(" or ") && !words.contains(" or null");
    let named = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    if let Some((name, _)) = named {
        let other = text.matches("](").count() > 1;
        let name = name.trim_matches('`');
        // A list in brackets contains names or literals.
        return if other || several {
            Shape::Unknown
        } else {
            Shape::Named(name.to_owned())
        };
    }
    if several && !lower.starts_with("string (") {
        return Shape::Unknown;
    }
    let first: String = lower
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect();
    match first.as_str() {
        "string" | "strings" if lower.contains("datetime") => Shape::DateTime,
        "string" | "strings" if lower.contains("[date]") => Shape::Date,
        "string" | "strings" => Shape::String,
        // The pages use "number" for integers too.
        "integer" | "integers" | "number" | "numbers" => Shape::Integer,
        "float" | "floats" | "decimal" => Shape::Number,
        "boolean" | "booleans" => Shape::Bool,
        "file" | "object" if lower.starts_with("file") => Shape::File,
        "hash" | "object" | "hashes" => Shape::Object,
        "array" => Shape::Unknown.list(),
        "empty" => Shape::Nothing,
        "null" => Shape::Unknown,
        _ => Shape::Unknown,
    }
}

/// The text up to the first parenthesis or the end of the sentence.
fn plain_words(text: &str) -> String {
    let end = text.find(". ").unwrap_or(text.len());
    let mut depth = 0_i32;
    let kept = text[..end].chars().filter(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => return depth == 0,
        }
        false
    });
    kept.collect::<String>().to_ascii_lowercase()
}

/// The value in a line such as `` `public` = Everyone may see it.``
pub(super) fn value(line: &str) -> Option<String> {
    let rest = line.trim().trim_start_matches("- ").strip_prefix('`')?;
    let (value, rest) = rest.split_once('`')?;
    rest.trim_start()
        .starts_with('=')
        .then(|| value.trim_matches('"').to_owned())
}

/// The values of a sentence such as "One of `followed`, `list`, or `none`."
pub(super) fn listed(text: &str) -> Vec<String> {
    let lower = text.to_ascii_lowercase();
    let Some(start) = lower.find("one of `") else {
        return Vec::new();
    };
    let sentence = &text[start..];
    let end = sentence.find(". ").unwrap_or(sentence.len());
    let sentence = sentence[..end].trim_end_matches('.');
    sentence
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// The values in the first sentence of a description: "Whether to `accept`, `filter` or `drop` them."
/// Further sentences are about other parameters, unless they start with "Possible values".
pub(super) fn enumerated(text: &str) -> Vec<String> {
    let mut sentences = text.split(". ").enumerate();
    let found = sentences.find_map(|(index, sentence)| {
        let first = sentence.split_whitespace().next().unwrap_or_default();
        let condition = matches!(first, "If" | "When" | "Ignored");
        let values = run(sentence);
        let is_about_values = index < 2 && !condition || sentence.starts_with("Possible values");
        (is_about_values && values.len() > 1).then_some(values)
    });
    found.unwrap_or_default()
}

/// The default: "Defaults to 40 accounts."
pub(super) fn default(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("Defaults to ")?;
    let word = rest.split_whitespace().next()?;
    let plain = word.trim_end_matches(['.', ',']);
    match plain.strip_prefix('`') {
        Some(quoted) => Some(quoted.trim_end_matches('`').to_owned()),
        None => {
            let is_value = plain.bytes().all(|byte| byte.is_ascii_digit())
                || matches!(plain, "true" | "false");
            is_value.then(|| plain.to_owned())
        }
    }
}

/// The maximum: "Max 80 accounts."
pub(super) fn max(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("Max ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some(digits)
}

/// The first consecutive names in backticks.
fn run(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut parts = text.split('`').skip(1);
    while let Some(name) = parts.next() {
        found.push(name.trim_matches('"').to_owned());
        let between = parts.next().unwrap_or_default();
        let between = between.trim_start().trim_start_matches("(default)").trim();
        if !matches!(between, "," | "or" | ", or" | "and" | ", and") {
            if found.len() > 1 {
                break;
            }
            found.clear();
        }
    }
    found
}

/// Removes comments but keeps line numbers. Comments in fenced code are kept.
pub(super) fn uncommented(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut fenced, mut hidden) = (false, false);
    for line in text.lines() {
        let mut rest = line;
        if !hidden && rest.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        while !fenced || hidden {
            let mark = if hidden { "-->" } else { "<!--" };
            let Some((before, after)) = rest.split_once(mark) else {
                break;
            };
            if !hidden {
                out.push_str(before);
            }
            hidden = !hidden;
            rest = after;
        }
        if !hidden {
            out.push_str(rest);
        }
        out.push('\n');
    }
    out
}

/// A line of a version history.
pub(super) struct Change {
    pub(super) version: Version,
    pub(super) text: String,
}

impl Change {
    /// `4.5.0 (`mastodon` [API version](…) 7) - added`, which may be an item of a list.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let line = line.trim().trim_end_matches('\\').trim();
        let line = line.strip_prefix("- ").unwrap_or(line);
        let (version, _) = line.split_once(' ')?;
        // The last number of a version can be missing.
        let version = version.trim_end_matches([',', ':']);
        let version = version
            .parse()
            .or_else(|_| format!("{version}.0").parse())
            .ok()?;
        let text = [" - ", " – ", ")- "]
            .iter()
            .find_map(|dash| line.split_once(dash))
            .map_or("", |(_, text)| text);
        Some(Self {
            version,
            text: text.to_owned(),
        })
    }

    /// Parses a line of a history; nothing for an unknown version, and an error that says what is missing.
    pub(super) fn of_history(line: &str) -> Result<Option<Self>, String> {
        let quoted = line.trim().trim_end_matches('\\').trim();
        match Self::parse(line) {
            // Unknown versions are written as `x.x.x`.
            None if quoted.starts_with("x.x.x") => Ok(None),
            None => Err(format!("no version in the history line `{quoted}`")),
            Some(change) if change.text.is_empty() => Err(format!(
                "no ` - ` and change in the history line `{quoted}`"
            )),
            change => Ok(change),
        }
    }

    /// Whether it describes that the item itself was added.
    pub(super) fn adds_all(&self) -> bool {
        let text = self.text.trim();
        text == "added"
            || text.starts_with("added;")
            || text.starts_with("added,")
            || text.starts_with("added.")
    }

    /// Whether it describes that the name was added.
    pub(super) fn adds(&self, name: &str) -> bool {
        // A value that was added to an item is not the item.
        let subject = self.text.split(" to `").next().unwrap_or(&self.text);
        let subject = subject.split(" as ").next().unwrap_or(subject);
        let lower = self.text.to_ascii_lowercase();
        // Additions to responses or to values of a parameter are not added parameters.
        let other = ["response", "propert", "support for"];
        lower.contains("add")
            && !other.iter().any(|word| lower.contains(word))
            && names(subject).any(|own| own == name)
    }

    /// Whether it describes that the value was added.
    fn adds_value(&self, value: &str) -> bool {
        let lower = self.text.to_ascii_lowercase();
        lower.contains("add")
            && self
                .text
                .split('`')
                .skip(1)
                .step_by(2)
                .any(|own| own == value)
    }

    /// Whether it describes that the item itself was removed or deprecated.
    fn ends(&self, how: &str) -> bool {
        let lower = self.text.to_ascii_lowercase();
        let mut sentences = lower.split(". ").map(str::trim);
        sentences.any(|sentence| {
            sentence.strip_prefix(how).is_some_and(|rest| {
                let rest = rest.trim_start_matches(['.', ',', ';']).trim_start();
                rest.is_empty() || !rest.starts_with(['`', '[']) && !rest.starts_with("need")
            })
        })
    }
}

/// The versions that deprecated and removed an item, and whether it is marked as deprecated.
pub(super) fn ends(history: &[Change], marked: bool) -> Lifecycle {
    let ended = |how| {
        let mut changes = history.iter();
        let change = changes.find(|change| change.ends(how))?;
        Some(change.version.clone())
    };
    Lifecycle {
        deprecated: ended("deprecated"),
        marked,
        removed: ended("removed"),
    }
}

/// The versions that added some of the values.
pub(super) fn value_versions(history: &[Change], values: &[String]) -> Vec<(String, Version)> {
    let added = values.iter().filter_map(|value| {
        let change = history.iter().find(|change| change.adds_value(value))?;
        Some((value.clone(), change.version.clone()))
    });
    added.collect()
}

/// The names in backticks; `source[privacy,sensitive]` contains two.
fn names(text: &str) -> impl Iterator<Item = String> {
    text.split('`').skip(1).step_by(2).flat_map(|name| {
        let (outer, inner) = match name.split_once('[') {
            Some((outer, inner)) if inner.contains(',') => (outer, inner.trim_end_matches(']')),
            _ => return vec![flat(name)],
        };
        let inner = inner.split(',').map(str::trim);
        inner.map(|name| format!("{outer}[{name}]")).collect()
    })
}

/// The version that added the item itself.
pub(super) fn since(history: &[Change]) -> Option<Version> {
    history
        .iter()
        .find(|change| change.adds_all())
        .map(|change| change.version.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_parsed_from_the_first_words() {
        let type_of = |text: &str| shape(text).to_string();
        assert_eq!(type_of("String (URL)\\"), "string");
        assert_eq!(
            type_of("String ([Datetime](/api/datetime-format#datetime))"),
            "datetime"
        );
        assert_eq!(type_of("{{<nullable>}} Integer or null"), "integer");
        assert_eq!(
            type_of("Array of [Status]({{< relref \"entities/status\" >}})"),
            "[Status]"
        );
        assert_eq!(
            type_of("[Quote]({{<relref \"a\">}}), [ShallowQuote]({{<relref \"b\">}}) or null"),
            "json"
        );
        assert_eq!(
            type_of("String (cast from an integer, but not guaranteed to be a number)"),
            "string"
        );
        assert_eq!(
            type_of("String or Array of Strings. The addresses."),
            "json"
        );
        assert_eq!(type_of("**Internal parameter.** Use the header."), "json");
    }

    #[test]
    fn history_entry_is_parsed_with_version_and_names() {
        let change = Change::parse(
            "4.5.0 (`mastodon` [API version]({{< relref \"x\" >}}) 7) - `quoted_status_id` added\\",
        )
        .unwrap();
        assert_eq!(change.version.to_string(), "4.5.0");
        assert!(change.adds("quoted_status_id") && !change.adds("mastodon") && !change.adds_all());
        assert!(Change::parse("0.0.0 - added").unwrap().adds_all());
        assert!(Change::parse("A sentence.").is_none());
    }

    #[test]
    fn values_are_parsed_from_lines_and_sentences() {
        assert_eq!(
            value("`very.cross` = Not calmly.\\").as_deref(),
            Some("very.cross")
        );
        assert_eq!(value("`status` is no value"), None);
        assert_eq!(
            listed("String. One of `followed`, `list`, or `none`. Defaults to `list`."),
            ["followed", "list", "none"]
        );
    }
}
