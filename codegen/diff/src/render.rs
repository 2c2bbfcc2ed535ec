//! Prints the report as plain text and as Markdown.

use std::fmt::Write;

use super::{Change, Impact, Kind, Report};

/// A section of a changelog: its title, and the filter of its changes.
type Section = (&'static str, fn(&Change) -> bool);

const SECTIONS: [Section; 5] = [
    ("Breaking", |change| change.impact == Impact::Breaking),
    ("Added", |change| change.is(Kind::Added)),
    ("Deprecated", |change| change.is(Kind::Deprecated)),
    ("Removed", |change| change.is(Kind::Removed)),
    ("Changed", |change| change.is(Kind::Changed)),
];

impl Report {
    /// Plain text, with the rule of each change.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for impact in [Impact::Breaking, Impact::Additive, Impact::None] {
            let changes = self.changes.iter().filter(|change| change.impact == impact);
            for change in changes {
                let _ = writeln!(
                    out,
                    "{:<8}  {:<10}  {}  [{}]",
                    impact.name(),
                    change.kind.name(),
                    change.line(""),
                    change.rule.id()
                );
            }
        }
        let _ = writeln!(out, "{}", self.summary());
        out
    }

    /// Markdown sections of a changelog: breaking, added, deprecated, removed and other changes.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        for (title, belongs) in SECTIONS {
            let lines: Vec<String> = self
                .changes
                .iter()
                .filter(|change| belongs(change))
                .map(|change| format!("- {}\n", change.line("`")))
                .collect();
            if !lines.is_empty() {
                let _ = write!(out, "### {title}\n\n{}\n", lines.concat());
            }
        }
        let _ = writeln!(out, "{}", self.summary());
        out
    }

    fn summary(&self) -> String {
        let count = |impact| self.changes.iter().filter(|c| c.impact == impact).count();
        let conclusion = match self.impact {
            Impact::Breaking => "The next version is breaking: 0.x+1.0, or x+1.0.0 after 1.0.",
            Impact::Additive => "The next version is additive: 0.x.y+1, or x.y+1.0 after 1.0.",
            Impact::None => "No effect on applications.",
        };
        format!(
            "{} breaking, {} additive, {} without effect; {} descriptions changed. {conclusion}",
            count(Impact::Breaking),
            count(Impact::Additive),
            count(Impact::None),
            self.texts
        )
    }
}

impl Change {
    /// Whether it is of this kind and not breaking.
    fn is(&self, kind: Kind) -> bool {
        self.kind == kind && self.impact != Impact::Breaking
    }

    fn line(&self, quote: &str) -> String {
        let Self {
            subject, detail, ..
        } = self;
        let detail = detail.as_ref().map(|detail| format!(": {detail}"));
        format!("{quote}{subject}{quote}{}", detail.unwrap_or_default())
    }
}

impl Kind {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Deprecated => "deprecated",
            Self::Removed => "removed",
        }
    }
}
