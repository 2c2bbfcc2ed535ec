//! Problems in the specification, with their positions.

use std::fmt;

use serde::Serialize;

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The file, relative to the folder of the specification.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The width of the marked part in characters.
    pub width: usize,
    /// The message.
    pub message: String,
    /// How to fix it.
    pub hint: Option<String>,
    /// The content of the line.
    pub source: String,
    /// Another place that belongs to the problem.
    pub related: Option<Related>,
}

/// Another place that belongs to a problem, such as the first definition of a name that is defined twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Related {
    /// What is there.
    pub label: String,
    /// The file, relative to the folder of the specification.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The width of the marked part in characters.
    pub width: usize,
    /// The content of the line.
    pub source: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        excerpt(
            f,
            &self.file,
            self.line,
            self.column,
            self.width,
            &self.source,
        )?;
        let margin = " ".repeat(self.line.to_string().len());
        if let Some(hint) = &self.hint {
            write!(f, "\n{margin} = help: {hint}")?;
        }
        if let Some(related) = &self.related {
            write!(f, "\nnote: {}", related.label)?;
            let Related {
                file,
                line,
                column,
                width,
                source,
                ..
            } = related;
            excerpt(f, file, *line, *column, *width, source)?;
        }
        Ok(())
    }
}

/// A place with the marked line.
fn excerpt(
    f: &mut fmt::Formatter<'_>,
    file: &str,
    line: usize,
    column: usize,
    width: usize,
    source: &str,
) -> fmt::Result {
    // Tabs are kept so that the carets stay aligned.
    let indent: String = source
        .chars()
        .take(column.saturating_sub(1))
        .map(|c| if c == '\t' { '\t' } else { ' ' })
        .collect();
    let carets = "^".repeat(width.max(1));
    let margin = " ".repeat(line.to_string().len());
    write!(
        f,
        "\n{margin}--> {file}:{line}:{column}\n{margin} |\n{line} | {source}\n{margin} | {indent}{carets}"
    )
}

impl Problem {
    /// The workflow command that makes GitHub show the problem at its line in a pull request.
    pub fn github(&self) -> String {
        let hint = self.hint.as_ref().map(|hint| format!("\n{hint}"));
        let related = self.related.as_ref().map(|related| {
            let Related {
                label,
                file,
                line,
                column,
                ..
            } = related;
            format!("\n{label}: {file}:{line}:{column}")
        });
        let message = [Some(self.message.clone()), hint, related];
        let message: String = message.into_iter().flatten().collect();
        format!(
            "::error file={},line={},col={},endColumn={}::{}",
            property(&self.file),
            self.line,
            self.column,
            self.column + self.width,
            escaped(&message)
        )
    }
}

/// Escapes the message of a workflow command.
fn escaped(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes a property of a workflow command.
fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

/// The candidate that was probably meant, for "did you mean" hints: one that differs only in case or punctuation, in
/// few letters, or in its end.
pub(crate) fn closest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let plain = |text: &str| -> String {
        let chars = text.chars().filter(|c| c.is_alphanumeric());
        chars.flat_map(char::to_lowercase).collect()
    };
    let name = plain(name);
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance(&name, &plain(candidate))?, candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}

/// The distance of two names that are near to each other.
fn distance(a: &str, b: &str) -> Option<usize> {
    let shorter = a.chars().count().min(b.chars().count());
    let edits = strsim::damerau_levenshtein(a, b);
    // A single letter says nothing, and one edit of a short name is another name.
    let is_near = edits == 0 || shorter >= 3 && edits <= 1.max(shorter / 4);
    let longer = a.chars().count().max(b.chars().count());
    let is_start = shorter >= 4 && 2 * shorter >= longer && (a.starts_with(b) || b.starts_with(a));
    (is_near || is_start).then_some(edits)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn only_names_that_are_near_are_suggested() {
        let known = [
            "Poll",
            "Status",
            "StatusId",
            "read:statuses",
            "note_post",
            "min_id",
        ];
        let meant = |name: &str| closest(name, known);
        assert_eq!(meant("Pol"), Some("Poll"));
        assert_eq!(meant("status"), Some("Status"));
        assert_eq!(meant("read:status"), Some("read:statuses"));
        assert_eq!(meant("notepost"), Some("note_post"));
        assert_eq!(meant("minid"), Some("min_id"));
        for far in ["Plop", "State", "id", "x", ""] {
            assert_eq!(meant(far), None, "{far}");
        }
    }
}
