//! What is wrong with the specification, said so that it can be mended.

use std::fmt;

use serde::Serialize;

/// One mistake, with its place and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The file, relative to the folder of the specification.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// How many characters of the line are to blame.
    pub width: usize,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: Option<String>,
    /// The line itself.
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
        // A tab of the line would shift what stands below it.
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
    /// As a command of GitHub's workflows, which shows it at its line of the pull request.
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

/// What would end a message of a workflow command, written otherwise.
fn escaped(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// What would end a property, too.
fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

/// The candidate that `name` was most likely meant to be.
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
