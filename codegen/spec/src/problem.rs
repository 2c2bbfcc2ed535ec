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
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            width,
            message,
            hint,
            source,
        } = self;
        // Tabs are kept so that the carets stay aligned.
        let indent: String = source
            .chars()
            .take(column.saturating_sub(1))
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        let carets = "^".repeat((*width).max(1));
        let margin = " ".repeat(line.to_string().len());
        writeln!(f, "error: {message}")?;
        writeln!(f, "{margin}--> {file}:{line}:{column}")?;
        writeln!(f, "{margin} |")?;
        writeln!(f, "{line} | {source}")?;
        write!(f, "{margin} | {indent}{carets}")?;
        hint.as_ref()
            .map_or(Ok(()), |hint| write!(f, "\n{margin} = help: {hint}"))
    }
}

impl Problem {
    /// The workflow command that makes GitHub show the problem at its line in a pull request.
    pub fn github(&self) -> String {
        let hint = self.hint.as_ref().map(|hint| format!("\n{hint}"));
        let message = format!("{}{}", self.message, hint.unwrap_or_default());
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

/// The most similar candidate, for "did you mean" hints.
pub(crate) fn closest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().max(name.len()) / 4)
        .min()
        .map(|(_, candidate)| candidate)
}
