//! Converts HTML to text.

use super::parse::{Document, Element, Kind, List, Part};

/// Maximum length in bytes of what lines of nested quotes and lists start with. Deeper quotes and lists look like their
/// container, so that the length of the text is proportional to that of the HTML.
const MAX_PREFIX: usize = 40;

/// Options of [`Html::to_text_with`](super::Html::to_text_with).
///
/// ```
/// use mastodon_types::Html;
/// use mastodon_types::html::TextOptions;
///
/// let html = Html::from(
///     "<a href=\"https://docs.example/api/guide\"><span class=\"invisible\">https://</span>\
///      <span class=\"ellipsis\">docs.example/api/g</span><span class=\"invisible\">uide</span></a>",
/// );
/// assert_eq!(html.to_text(), "https://docs.example/api/guide");
/// let options = TextOptions::default().short_links(true);
/// assert_eq!(html.to_text_with(options), "docs.example/api/g…");
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct TextOptions {
    /// Whether URLs are shortened as in Mastodon's web interface. Default: false.
    pub short_links: bool,
    /// Whether to leave out the link to the quoted status (class `quote-inline`). It is meant for software that does not
    /// display quotes. Default: false.
    pub hide_quote_link: bool,
}

impl TextOptions {
    /// Sets whether URLs are shortened as in Mastodon's web interface: without the scheme, and with an ellipsis after 30
    /// characters.
    #[must_use]
    pub fn short_links(mut self, short: bool) -> Self {
        self.short_links = short;
        self
    }

    /// Sets whether to leave out the link to the quoted status. Use it if you also show `Status::quote`.
    ///
    /// ```
    /// use mastodon_types::Html;
    /// use mastodon_types::html::TextOptions;
    ///
    /// let html = Html::from("<p class=\"quote-inline\">RE: https://a.example/@bob/1</p><p>Yes!</p>");
    /// let options = TextOptions::default().hide_quote_link(true);
    /// assert_eq!(html.to_text_with(options), "Yes!");
    /// ```
    #[must_use]
    pub fn hide_quote_link(mut self, hide: bool) -> Self {
        self.hide_quote_link = hide;
        self
    }
}

/// Converts a document to text.
pub(super) fn to_text(document: &Document, options: TextOptions) -> String {
    let mut writer = Writer::default();
    for part in &document.parts {
        match part {
            Part::Text(range) => writer.text(document.text(range)),
            Part::LineBreak => writer.line_break(),
            Part::Open(element) => {
                writer.hidden += usize::from(is_hidden(*element, options));
                writer.open(*element, &document.lists);
            }
            Part::Close(element) => {
                if element.classes.ellipsis && options.short_links {
                    writer.word("…");
                }
                writer.close(*element);
                writer.hidden -= usize::from(is_hidden(*element, options));
            }
        }
    }
    writer.out
}

fn is_hidden(element: Element, options: TextOptions) -> bool {
    options.short_links && element.classes.invisible
        || options.hide_quote_link && element.classes.quote_inline
}

/// Writes lines of text, with what is required between and before them.
#[derive(Default)]
struct Writer {
    out: String,
    /// Newlines that blocks require before further text.
    block_breaks: usize,
    /// Line breaks since the last text.
    line_breaks: usize,
    /// Whitespace since the last text.
    space: String,
    /// Whether the whitespace contains a newline of the HTML, which is shown as a space between words.
    is_soft_space: bool,
    /// What lines start with.
    prefix: String,
    /// What the first line of a list item starts with, if no text of the item has been written.
    first_prefix: Option<String>,
    /// Length of the shortest prefix since the last text: what empty lines start with.
    shortest_prefix: usize,
    containers: Vec<Container>,
    lists: Vec<Numbering>,
    preformatted: usize,
    /// Number of cells of the current row.
    cells: usize,
    /// Number of open elements whose text is left out.
    hidden: usize,
}

/// A quote or list item.
struct Container {
    /// The prefixes outside it; `None` if it is too deep to have one.
    outside: Option<(usize, Option<String>)>,
}

/// Numbers of the items of a list.
struct Numbering {
    is_ordered: bool,
    next: i64,
    step: i64,
    has_items: bool,
}

impl Numbering {
    fn new(list: &List) -> Self {
        let start = if list.is_reversed { list.items } else { 1 };
        Self {
            is_ordered: list.is_ordered,
            next: list.start.unwrap_or(start),
            step: if list.is_reversed { -1 } else { 1 },
            has_items: false,
        }
    }
}

impl Writer {
    fn open(&mut self, element: Element, lists: &[List]) {
        match element.kind {
            Kind::Inline | Kind::Link(_) | Kind::Skipped => {}
            Kind::Block => self.separate(1),
            Kind::Paragraph => self.separate(2),
            Kind::Preformatted => {
                self.separate(2);
                self.preformatted += 1;
            }
            Kind::Quote => {
                self.separate(2);
                self.enter("> ", "> ");
            }
            Kind::List(index) => {
                self.separate(if self.lists.is_empty() { 2 } else { 1 });
                self.lists.extend(lists.get(index).map(Numbering::new));
            }
            Kind::Item(number) => self.open_item(number),
            Kind::Row => {
                self.separate(1);
                self.cells = 0;
            }
            Kind::Cell => {
                if self.cells > 0 {
                    self.clear_space();
                    self.word("\t");
                }
                self.cells += 1;
            }
            Kind::RubyText => self.word("("),
        }
    }

    fn close(&mut self, element: Element) {
        match element.kind {
            Kind::Inline | Kind::Link(_) | Kind::Cell | Kind::Skipped => {}
            Kind::Block | Kind::Row => self.separate(1),
            Kind::Paragraph => self.separate(2),
            Kind::Preformatted => {
                self.separate(2);
                self.preformatted -= 1;
            }
            Kind::Quote => {
                self.leave();
                self.separate(2);
            }
            Kind::List(_) => {
                self.lists.pop();
                self.separate(if self.lists.is_empty() { 2 } else { 1 });
            }
            Kind::Item(_) => {
                self.leave();
                self.separate(1);
            }
            Kind::RubyText => self.word(")"),
        }
    }

    fn open_item(&mut self, number: Option<i64>) {
        self.separate(1);
        let mut marker = "- ".to_owned();
        if let Some(list) = self.lists.last_mut() {
            // No empty lines between items, whether or not the text of the previous item is a paragraph.
            if list.has_items {
                (self.block_breaks, self.line_breaks) = (1, 0);
            }
            list.has_items = true;
            if list.is_ordered {
                let number = number.unwrap_or(list.next);
                list.next = number.saturating_add(list.step);
                marker = format!("{number}. ");
            }
        }
        self.enter(&marker, &" ".repeat(marker.len()));
    }

    /// Starts a container: `first` is what its first line starts with, `other` what its other lines start with.
    fn enter(&mut self, first: &str, other: &str) {
        let is_too_deep = self.prefix.len() + other.len() > MAX_PREFIX;
        self.containers.push(Container {
            outside: (!is_too_deep).then(|| (self.prefix.len(), self.first_prefix.clone())),
        });
        if is_too_deep {
            return;
        }
        if self.first_prefix.is_some() || first != other {
            let outside = self.first_prefix.get_or_insert_with(|| self.prefix.clone());
            outside.push_str(first);
        }
        self.prefix.push_str(other);
    }

    fn leave(&mut self) {
        let container = self.containers.pop();
        if let Some((length, first)) = container.and_then(|container| container.outside) {
            self.prefix.truncate(length);
            self.shortest_prefix = self.shortest_prefix.min(length);
            if self.first_prefix.is_some() {
                self.first_prefix = first;
            }
        }
    }

    /// Requires at least a number of newlines before further text.
    fn separate(&mut self, newlines: usize) {
        // The text of an item starts behind its number, also if it is a paragraph.
        if self.first_prefix.is_none() {
            self.block_breaks = self.block_breaks.max(newlines);
        }
        self.clear_space();
    }

    fn clear_space(&mut self) {
        self.space.clear();
        self.is_soft_space = false;
    }

    fn line_break(&mut self) {
        if self.hidden > 0 {
            return;
        }
        let is_at_end_of_text = self.block_breaks == 0 && self.line_breaks == 0;
        if is_at_end_of_text && !self.is_soft_space && !self.out.is_empty() {
            self.out.push_str(&self.space);
        }
        self.line_breaks += 1;
        self.clear_space();
    }

    fn text(&mut self, text: &str) {
        if self.preformatted > 0 {
            for (index, line) in text.split('\n').enumerate() {
                if index > 0 {
                    self.line_break();
                }
                if !line.is_empty() {
                    self.word(line);
                }
            }
            return;
        }
        let is_space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c');
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c| !is_space(c)).unwrap_or(rest.len());
            self.whitespace(&rest[..end]);
            rest = &rest[end..];
            let end = rest.find(is_space).unwrap_or(rest.len());
            if end > 0 {
                self.word(&rest[..end]);
            }
            rest = &rest[end..];
        }
    }

    /// Spaces are kept, because Mastodon displays them (`white-space: pre-wrap`). Newlines in HTML are only there for
    /// its readability.
    fn whitespace(&mut self, space: &str) {
        if self.hidden > 0 {
            return;
        }
        if space.contains(['\n', '\r', '\x0c']) {
            self.is_soft_space = true;
        }
        self.space.push_str(space);
    }

    fn word(&mut self, word: &str) {
        if self.hidden > 0 {
            return;
        }
        let newlines = self.block_breaks.max(self.line_breaks);
        let is_new_line = self.out.is_empty() || newlines > 0;
        if is_new_line {
            self.start_line(newlines);
        }
        if !self.is_soft_space {
            self.out.push_str(&self.space);
        } else if !is_new_line {
            self.out.push(' ');
        }
        self.out.push_str(word);
        self.clear_space();
        (self.block_breaks, self.line_breaks) = (0, 0);
        self.shortest_prefix = self.prefix.len();
    }

    fn start_line(&mut self, newlines: usize) {
        if !self.out.is_empty() {
            self.out.push('\n');
            let empty_line = self.prefix.get(..self.shortest_prefix).unwrap_or_default();
            for _ in 1..newlines {
                self.out.push_str(empty_line.trim_end());
                self.out.push('\n');
            }
        }
        match self.first_prefix.take() {
            Some(prefix) => self.out.push_str(&prefix),
            None => self.out.push_str(&self.prefix),
        }
    }
}
