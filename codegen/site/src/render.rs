//! Templates and their filters.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

/// The templates, by name.
const TEMPLATES: [(&str, &str); 14] = [
    ("base.html", include_str!("../templates/base.html")),
    ("parts.html", include_str!("../templates/parts.html")),
    ("index.html", include_str!("../templates/index.html")),
    ("methods.html", include_str!("../templates/methods.html")),
    ("entities.html", include_str!("../templates/entities.html")),
    ("resource.html", include_str!("../templates/resource.html")),
    ("entity.html", include_str!("../templates/entity.html")),
    ("start.html", include_str!("../templates/start.html")),
    ("scopes.html", include_str!("../templates/scopes.html")),
    ("errors.html", include_str!("../templates/errors.html")),
    (
        "rate-limits.html",
        include_str!("../templates/rate-limits.html"),
    ),
    ("paging.html", include_str!("../templates/paging.html")),
    ("streams.html", include_str!("../templates/streams.html")),
    ("versions.html", include_str!("../templates/versions.html")),
];

/// The loaded templates.
pub(super) struct Templates(Environment<'static>);

/// The context of a template.
#[derive(Serialize)]
pub(super) struct Context<'a, T: Serialize> {
    /// The path of the page, from the root of the site.
    pub(super) page: &'a str,
    pub(super) title: &'a str,
    /// Whether only servers other than Mastodon have what the page describes.
    pub(super) is_of_other_servers: bool,
    pub(super) it: T,
}

impl Templates {
    pub(super) fn new() -> Result<Self, String> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .map_err(|error| describe(&error))?;
        environment.set_syntax(syntax);
        // The escaping of minijinja would also escape slashes.
        environment.set_formatter(|out, state, value| match value.as_str() {
            Some(text) if !value.is_safe() => Ok(out.write_str(&escape(text))?),
            _ => minijinja::escape_formatter(out, state, value),
        });
        environment.add_filter("prose", |text: &str| Value::from_safe_string(prose(text)));
        environment.add_filter("code", |text: &str| {
            Value::from_safe_string(escape_text(text))
        });
        environment.add_filter("path", |path: &str| {
            Value::from_safe_string(path_html(path))
        });
        environment.add_filter("breakable", |name: &str| {
            Value::from_safe_string(breakable(name))
        });
        environment.add_filter("from", |to: &str, page: &str| relative(page, to));
        for (name, source) in TEMPLATES {
            environment
                .add_template(name, source)
                .map_err(|error| describe(&error))?;
        }
        Ok(Self(environment))
    }

    pub(super) fn render<T: Serialize>(
        &self,
        template: &str,
        context: &Context<'_, T>,
    ) -> Result<String, String> {
        let template = self.0.get_template(template);
        template
            .and_then(|template| template.render(Serde(context)))
            .map_err(|error| describe(&error))
    }
}

fn describe(error: &minijinja::Error) -> String {
    format!("{error:#}")
}

/// Escapes text for an element or a double-quoted attribute.
fn escape(text: &str) -> String {
    escape_text(text).replace('"', "&quot;")
}

/// Escapes text for an element.
fn escape_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

/// Text of the specification in HTML. Backticks become code.
fn prose(text: &str) -> String {
    let mut out = String::new();
    let pieces: Vec<&str> = text.split('`').collect();
    // An unmatched backtick is kept.
    let is_paired = pieces.len() % 2 == 1;
    for (index, piece) in pieces.iter().enumerate() {
        if index % 2 == 1 && is_paired {
            out.push_str(&format!("<code>{}</code>", escape_text(piece)));
        } else {
            if index > 0 && !is_paired {
                out.push('`');
            }
            out.push_str(&escape_text(piece));
        }
    }
    out
}

/// A path in HTML, with marked parameters.
fn path_html(path: &str) -> String {
    let parts = path.split('/').skip(1).map(|part| {
        let escaped = escape(part);
        let marked = escaped.replace('{', "<var>{").replace('}', "}</var>");
        format!("/{marked}")
    });
    parts.collect()
}

/// A name in HTML: line breaks are allowed after underscores, colons and dots.
fn breakable(name: &str) -> String {
    escape(name)
        .replace('_', "_<wbr>")
        .replace("::", "::<wbr>")
        .replace('.', ".<wbr>")
}

/// A relative link from one page to another, both from the root of the site.
pub(super) fn relative(page: &str, to: &str) -> String {
    let (file, anchor) = to
        .split_once('#')
        .map_or((to, None), |(file, at)| (file, Some(at)));
    let anchor = anchor
        .map(|anchor| format!("#{anchor}"))
        .unwrap_or_default();
    if file == page && !anchor.is_empty() {
        return anchor;
    }
    let folder = |path: &str| {
        path.rsplit_once('/')
            .map_or(String::new(), |(f, _)| f.to_owned())
    };
    let (here, there) = (folder(page), folder(file));
    let file = if here == there {
        file.rsplit('/').next().unwrap_or(file).to_owned()
    } else if here.is_empty() {
        file.to_owned()
    } else {
        format!("../{file}")
    };
    file + &anchor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_backticks_become_code() {
        assert_eq!(
            prose("`a<b>` & \"c\""),
            "<code>a&lt;b&gt;</code> &amp; \"c\""
        );
        assert_eq!(prose("one ` alone <"), "one ` alone &lt;");
    }

    #[test]
    fn relative_links_are_short() {
        assert_eq!(relative("methods/a.html", "methods/a.html#x"), "#x");
        assert_eq!(relative("methods/a.html", "methods/b.html#x"), "b.html#x");
        assert_eq!(
            relative("methods/a.html", "entities/B.html"),
            "../entities/B.html"
        );
        assert_eq!(relative("methods/a.html", "index.html"), "../index.html");
        assert_eq!(
            relative("index.html", "methods/a.html#x"),
            "methods/a.html#x"
        );
    }
}
