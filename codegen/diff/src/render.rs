//! Prints the report as plain text, as Markdown, and as sections of a changelog.

use std::fmt::Write;

use super::{Change, Impact, Kind, Report, Rule};

/// A section of the Markdown report: its title, and the filter of its changes.
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
                    change.line(),
                    change.rule.id()
                );
            }
        }
        for warning in &self.warnings {
            let _ = writeln!(out, "warning: {warning}");
        }
        let _ = writeln!(out, "{}", self.summary());
        out
    }

    /// Markdown for a pull request: breaking, added, deprecated, removed and other changes, and the next version.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        for (title, belongs) in SECTIONS {
            let lines: Vec<String> = self
                .changes
                .iter()
                .filter(|change| belongs(change))
                .map(|change| format!("- {}\n", change.markdown()))
                .collect();
            if !lines.is_empty() {
                let _ = write!(out, "### {title}\n\n{}\n", lines.concat());
            }
        }
        if !self.warnings.is_empty() {
            let warnings = self.warnings.iter().map(|warning| format!("- {warning}\n"));
            let _ = write!(out, "### Check\n\n{}\n", warnings.collect::<String>());
        }
        let _ = writeln!(out, "{}", self.summary());
        out
    }

    /// The sections of a release in CHANGELOG.md, as <https://keepachangelog.com> names them. Breaking changes are the
    /// first of their section.
    pub fn changelog(&self) -> String {
        let kinds = [Kind::Added, Kind::Changed, Kind::Deprecated, Kind::Removed];
        let sections = kinds.into_iter().filter_map(|kind| {
            let changes = self.changes.iter().filter(|change| change.kind == kind);
            let lines: Vec<String> = changes.map(Change::changelog).collect();
            let title = kind.title();
            (!lines.is_empty()).then(|| format!("### {title}\n\n{}", lines.concat()))
        });
        sections.collect::<Vec<_>>().join("\n")
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

    fn line(&self) -> String {
        let detail = self.detail.as_ref().map(|detail| format!(": {detail}"));
        format!("{}{}", self.subject, detail.unwrap_or_default())
    }

    fn markdown(&self) -> String {
        let detail = self.detail.as_ref();
        // `<` would start an HTML element, as in `Option<String>`.
        let detail = detail.map(|detail| format!(": {}", detail.replace('<', "\\<")));
        format!("`{}`{}", self.subject, detail.unwrap_or_default())
    }

    fn changelog(&self) -> String {
        let breaking = if self.impact == Impact::Breaking {
            "**Breaking:** "
        } else {
            ""
        };
        let what = self.rule.what();
        format!("- {breaking}{what} {}\n", self.markdown())
    }
}

impl Rule {
    /// The item of a change, in front of its name in a changelog.
    fn what(self) -> &'static str {
        match self {
            Self::MethodAdded
            | Self::MethodRemoved
            | Self::MethodRenamed
            | Self::MethodDeprecated
            | Self::MethodRetired
            | Self::MethodRestored
            | Self::MethodFact
            | Self::EndpointAdded
            | Self::EndpointRemoved
            | Self::EndpointRenamed => "Method",
            Self::CallType => "Call type of",
            Self::MethodArguments | Self::ArgumentRenamed => "Arguments of",
            Self::MethodReturns => "Result of",
            Self::ParamAdded
            | Self::ParamRemoved
            | Self::ParamRenamed
            | Self::ParamType
            | Self::ParamReturns
            | Self::ParamDeprecated
            | Self::ParamFact => "Parameter",
            Self::InputAdded | Self::InputRemoved => "Input",
            Self::InputNew => "Constructor of",
            Self::EntityAdded
            | Self::EntityRemoved
            | Self::EntityShape
            | Self::EntityParent
            | Self::EntityParentAdded
            | Self::EntityIdAdded
            | Self::EntityIdRemoved
            | Self::EntityDeprecated => "Entity",
            Self::FieldAdded
            | Self::FieldRemoved
            | Self::FieldRenamed
            | Self::FieldType
            | Self::FieldDeprecated
            | Self::FieldFact => "Field",
            Self::VariantAdded | Self::VariantRemoved => "Variant",
            Self::EnumAdded | Self::EnumRemoved => "Enumeration",
            Self::ValueAdded
            | Self::ValueRemoved
            | Self::ValueRenamed
            | Self::ValueDeprecated
            | Self::ValueFact => "Value",
            Self::IdAdded | Self::IdRemoved => "ID",
            Self::ScopeAdded | Self::ScopeRemoved => "Scope",
            Self::RateLimitAdded | Self::RateLimitRemoved => "Rate limit",
            Self::StreamAdded
            | Self::StreamRemoved
            | Self::StreamFunction
            | Self::StreamArgument
            | Self::StreamOptionAdded
            | Self::StreamOptionRemoved
            | Self::StreamFact => "Stream",
            Self::EventAdded | Self::EventRemoved | Self::EventPayload | Self::EventFact => "Event",
            Self::ServerAdded | Self::ServerRemoved | Self::ServerRenamed | Self::ServerFact => {
                "Server software"
            }
            Self::FeatureRequired | Self::FeatureNoLongerRequired => "Cargo feature of",
            Self::ApiFact => "API:",
            Self::ItemChanged | Self::ItemAdded => "Rust item",
        }
    }
}

impl Kind {
    /// The title of its section in a changelog.
    fn title(self) -> &'static str {
        match self {
            Self::Added => "Added",
            Self::Changed => "Changed",
            Self::Deprecated => "Deprecated",
            Self::Removed => "Removed",
        }
    }

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
