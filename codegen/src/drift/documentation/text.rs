//! The small forms inside a page: headings, types, values, histories.

use crate::drift::outside::Shape;
use crate::spec::Version;

/// A heading.
pub(super) struct Heading<'a> {
    pub(super) level: usize,
    /// Its words, without marks and anchor.
    pub(super) title: String,
    pub(super) anchor: Option<&'a str>,
    line: &'a str,
}

impl<'a> Heading<'a> {
    pub(super) fn read(line: &'a str) -> Option<Self> {
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

    /// Whether it carries a mark such as `{{%optional%}}`.
    pub(super) fn is(&self, mark: &str) -> bool {
        has_mark(self.line, mark)
    }

    /// The name that it has in backticks, the second of which some headings lack.
    pub(super) fn code(&self) -> Option<&str> {
        let (_, rest) = self.title.split_once('`')?;
        Some(rest.split_once('`').map_or(rest, |(code, _)| code))
    }
}

/// Whether a text carries a shortcode of the name: `{{<required>}}`, `{{%removed%}}`.
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

/// The type that a text begins with.
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
        // A list in brackets is one of names or of what has none.
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
        "string" | "strings" if lower.contains("datetime") => Shape::Moment,
        "string" | "strings" if lower.contains("[date]") => Shape::Day,
        "string" | "strings" => Shape::Text,
        // The pages call a whole number a number, too.
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

/// A text up to its first remark in brackets or next sentence.
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

/// The values in lines such as `` `public` = Everyone may see it.``
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

/// A line of a version history.
pub(super) struct Change {
    pub(super) version: Version,
    pub(super) text: String,
}

impl Change {
    /// `4.5.0 (`mastodon` [API version](…) 7) - added`.
    pub(super) fn read(line: &str) -> Option<Self> {
        let line = line.trim().trim_end_matches('\\').trim();
        let (version, _) = line.split_once(' ')?;
        // A version may be told without its last number.
        let version = version.trim_end_matches([',', ':']);
        let version = version
            .parse()
            .or_else(|_| format!("{version}.0").parse())
            .ok()?;
        let text = line
            .split_once(" - ")
            .or_else(|| line.split_once(" – "))
            .map_or("", |(_, text)| text);
        Some(Self {
            version,
            text: text.to_owned(),
        })
    }

    /// Whether it tells that the thing itself came.
    pub(super) fn adds_all(&self) -> bool {
        let text = self.text.trim();
        text == "added"
            || text.starts_with("added;")
            || text.starts_with("added,")
            || text.starts_with("added.")
    }

    /// Whether it tells that what has this name came.
    pub(super) fn adds(&self, name: &str) -> bool {
        let lower = self.text.to_ascii_lowercase();
        lower.contains("add")
            && self
                .names()
                .any(|known| crate::drift::outside::flat(known) == name)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.text.split('`').skip(1).step_by(2)
    }
}

/// The version that brought the thing itself.
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
    fn types_are_told_by_their_first_words() {
        let said = |text: &str| shape(text).to_string();
        assert_eq!(said("String (URL)\\"), "string");
        assert_eq!(
            said("String ([Datetime](/api/datetime-format#datetime))"),
            "datetime"
        );
        assert_eq!(said("{{<nullable>}} Integer or null"), "integer");
        assert_eq!(
            said("Array of [Status]({{< relref \"entities/status\" >}})"),
            "[Status]"
        );
        assert_eq!(
            said("[Quote]({{<relref \"a\">}}), [ShallowQuote]({{<relref \"b\">}}) or null"),
            "json"
        );
        assert_eq!(
            said("String (cast from an integer, but not guaranteed to be a number)"),
            "string"
        );
        assert_eq!(said("String or Array of Strings. The addresses."), "json");
        assert_eq!(said("**Internal parameter.** Use the header."), "json");
    }

    #[test]
    fn a_history_tells_versions_and_what_came_with_them() {
        let change = Change::read(
            "4.5.0 (`mastodon` [API version]({{< relref \"x\" >}}) 7) - `quoted_status_id` added\\",
        )
        .unwrap();
        assert_eq!(change.version.to_string(), "4.5.0");
        assert!(change.adds("quoted_status_id") && !change.adds("mastodon") && !change.adds_all());
        assert!(Change::read("0.0.0 - added").unwrap().adds_all());
        assert!(Change::read("A sentence.").is_none());
    }

    #[test]
    fn values_stand_in_lines_or_in_a_sentence() {
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
