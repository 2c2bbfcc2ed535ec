//! Links in HTML.

use super::parse::{Document, Kind as ElementKind, Part, Target};

/// A link, mention or hashtag in HTML.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Link {
    /// Target, as the server sends it. It can have any scheme.
    pub href: String,
    /// Displayed text, in one line. Long URLs are shortened as in Mastodon's web interface; `href` is complete.
    pub text: String,
}

impl Link {
    /// Returns the text without the `@` of a mention or the `#` of a hashtag.
    pub fn name(&self) -> &str {
        let text = self.text.as_str();
        text.strip_prefix(['@', '#', '＃']).unwrap_or(text)
    }
}

/// What a link refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Page,
    Mention,
    Hashtag,
}

impl Kind {
    fn of(target: &Target) -> Self {
        // Hashtags of Mastodon have both classes.
        if target.is_hashtag {
            Self::Hashtag
        } else if target.is_mention {
            Self::Mention
        } else {
            Self::Page
        }
    }
}

/// Returns the links of a kind.
pub(super) fn links(document: &Document, kind: Kind) -> Vec<Link> {
    let mut links = Vec::new();
    let mut current: Option<(usize, String)> = None;
    let mut invisible = 0_usize;
    for part in &document.parts {
        match part {
            Part::Open(element) => {
                invisible += usize::from(element.classes.invisible);
                if let ElementKind::Link(index) = element.kind {
                    current = Some((index, String::new()));
                }
            }
            Part::Close(element) => {
                invisible -= usize::from(element.classes.invisible);
                if let Some((_, text)) = &mut current
                    && element.classes.ellipsis
                {
                    text.push('…');
                }
                let ElementKind::Link(index) = element.kind else {
                    continue;
                };
                if let Some((_, text)) = current.take_if(|(open, _)| *open == index)
                    && let Some(target) = document.targets.get(index)
                    && Kind::of(target) == kind
                {
                    let words: Vec<&str> = text.split_ascii_whitespace().collect();
                    links.push(Link {
                        href: document.text(&target.href).to_owned(),
                        text: words.join(" "),
                    });
                }
            }
            Part::Text(range) => {
                if let Some((_, text)) = &mut current
                    && invisible == 0
                {
                    text.push_str(document.text(range));
                }
            }
            Part::LineBreak => {
                if let Some((_, text)) = &mut current {
                    text.push(' ');
                }
            }
        }
    }
    links
}
