//! Parses HTML into a flat list of parts.
//!
//! html5gum splits the HTML into tags and text, as the HTML standard says. This module adds what the conversions need to
//! know about the tree: which elements a tag closes, and which have content that is not displayed. Open elements are on
//! a stack of its own instead of in recursive calls, so nesting may be of any depth, and each tag is processed in
//! constant time, amortized.

use std::collections::HashMap;
use std::convert::Infallible;
use std::ops::Range;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

/// Parsed HTML.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) parts: Vec<Part>,
    pub(super) lists: Vec<List>,
    pub(super) targets: Vec<Target>,
    /// All text, to which the ranges refer.
    text: String,
}

/// Part of a document. Each opened element is closed once, but elements may overlap.
#[derive(Debug)]
pub(super) enum Part {
    Text(Range<usize>),
    Open(Element),
    Close(Element),
    LineBreak,
}

/// An element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    pub(super) kind: Kind,
    pub(super) classes: Classes,
}

/// What an element means for text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Inline,
    /// Starts and ends a line.
    Block,
    /// Is separated by an empty line.
    Paragraph,
    Preformatted,
    Quote,
    /// Index in [`Document::lists`].
    List(usize),
    /// Number, if it is not the one after that of the previous item.
    Item(Option<i64>),
    Row,
    Cell,
    /// Index in [`Document::targets`].
    Link(usize),
    /// The pronunciation of other text.
    RubyText,
    /// Its content is not displayed.
    Skipped,
}

impl Kind {
    fn is_block(self) -> bool {
        !matches!(self, Self::Inline | Self::Link(_) | Self::RubyText)
    }
}

/// Classes that mean something in Mastodon.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Classes {
    /// Part of a URL that is not displayed.
    pub(super) invisible: bool,
    /// Shortened URL: an ellipsis is displayed after it.
    pub(super) ellipsis: bool,
    /// Link to the quoted status, for software that does not display quotes.
    pub(super) quote_inline: bool,
}

/// A list.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    pub(super) is_ordered: bool,
    pub(super) start: Option<i64>,
    pub(super) is_reversed: bool,
    /// Number of items.
    pub(super) items: i64,
}

/// The target of a link.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) href: Range<usize>,
    pub(super) is_mention: bool,
    pub(super) is_hashtag: bool,
}

impl Document {
    pub(super) fn text(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }
}

/// Parses HTML.
pub(super) fn parse(html: &str) -> Document {
    let mut parser = Parser::default();
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| {
        parser.event(&event);
        None::<Infallible>
    });
    emitter.naively_switch_states(true);
    // Strings are read without errors.
    let _ = Tokenizer::new_with_emitter(html, emitter).finish();
    parser.close_from(0);
    parser.document
}

#[derive(Debug, Default)]
struct Parser {
    document: Document,
    /// Elements that are open.
    open: Vec<Open>,
    /// Number for each element name.
    names: HashMap<Vec<u8>, usize>,
    /// For the number of each name, the positions of its open elements.
    positions: Vec<Vec<usize>>,
    /// Positions of the open block elements.
    blocks: Vec<usize>,
    /// Positions of the open lists, with their indexes.
    lists: Vec<(usize, usize)>,
    /// Number of open elements whose content is not displayed.
    skipped: usize,
    tag: Option<Tag>,
}

/// An element that is open.
#[derive(Debug)]
struct Open {
    name: usize,
    element: Element,
    /// Whether the document contains its start.
    is_emitted: bool,
    /// Whether the document contains its end, because it ends before the elements in it.
    is_closed: bool,
}

/// A start tag that is being read.
#[derive(Debug)]
struct Tag {
    name: Vec<u8>,
    attribute: Option<Attribute>,
    values: Vec<(Attribute, String)>,
    is_reversed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attribute {
    Alt,
    Class,
    Href,
    Rel,
    Start,
    Title,
    Value,
}

impl Tag {
    fn value(&self, attribute: Attribute) -> Option<&str> {
        let mut values = self.values.iter();
        let found = values.find(|(known, _)| *known == attribute);
        found.map(|(_, value)| value.as_str())
    }

    /// Returns a number. HTML allows other characters after it.
    fn number(&self, attribute: Attribute) -> Option<i64> {
        self.value(attribute)?.trim().parse().ok()
    }

    fn has(&self, attribute: Attribute, word: &str) -> bool {
        let value = self.value(attribute).unwrap_or_default();
        value.split_ascii_whitespace().any(|known| known == word)
    }
}

impl Parser {
    fn event(&mut self, event: &CallbackEvent<'_>) {
        match event {
            CallbackEvent::String { value } => self.text(&String::from_utf8_lossy(value)),
            CallbackEvent::OpenStartTag { name } => {
                self.tag = Some(Tag {
                    name: name.to_vec(),
                    attribute: None,
                    values: Vec::new(),
                    is_reversed: false,
                });
            }
            CallbackEvent::AttributeName { name } => self.attribute_name(name),
            CallbackEvent::AttributeValue { value } => self.attribute_value(value),
            CallbackEvent::CloseStartTag { .. } => {
                if let Some(tag) = self.tag.take() {
                    self.start_tag(&tag);
                }
            }
            CallbackEvent::EndTag { name } => self.end_tag(name),
            CallbackEvent::Comment { .. }
            | CallbackEvent::Doctype { .. }
            | CallbackEvent::Error(_) => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.skipped == 0 && !text.is_empty() {
            let range = self.store(text);
            self.document.parts.push(Part::Text(range));
        }
    }

    fn store(&mut self, text: &str) -> Range<usize> {
        let start = self.document.text.len();
        self.document.text.push_str(text);
        start..self.document.text.len()
    }

    fn attribute_name(&mut self, name: &[u8]) {
        // End tags can have attributes too, which mean nothing.
        let Some(tag) = &mut self.tag else { return };
        tag.is_reversed |= name == b"reversed";
        let attribute = match name {
            b"alt" => Attribute::Alt,
            b"class" => Attribute::Class,
            b"href" => Attribute::Href,
            b"rel" => Attribute::Rel,
            b"start" => Attribute::Start,
            b"title" => Attribute::Title,
            b"value" => Attribute::Value,
            _ => return tag.attribute = None,
        };
        // Of attributes with the same name, the first counts.
        let is_new = tag.values.iter().all(|(known, _)| *known != attribute);
        tag.attribute = is_new.then_some(attribute);
    }

    fn attribute_value(&mut self, value: &[u8]) {
        let Some(tag) = &mut self.tag else { return };
        if let Some(attribute) = tag.attribute.take() {
            let value = String::from_utf8_lossy(value).into_owned();
            tag.values.push((attribute, value));
        }
    }

    fn start_tag(&mut self, tag: &Tag) {
        match tag.name.as_slice() {
            b"br" => self.line_break(),
            b"img" => {
                let text = tag.value(Attribute::Alt).or(tag.value(Attribute::Title));
                self.text(text.unwrap_or_default());
            }
            b"hr" => {
                self.close_paragraph();
                let element = Element {
                    kind: Kind::Paragraph,
                    classes: Classes::default(),
                };
                if self.skipped == 0 {
                    self.document.parts.push(Part::Open(element));
                    self.document.parts.push(Part::Close(element));
                }
            }
            // Elements without content.
            b"area" | b"base" | b"col" | b"embed" | b"input" | b"link" | b"meta" | b"param"
            | b"source" | b"track" | b"wbr" => {}
            _ => self.open(tag),
        }
    }

    fn line_break(&mut self) {
        if self.skipped == 0 {
            self.document.parts.push(Part::LineBreak);
        }
    }

    /// Opens an element, and closes those that end before it.
    fn open(&mut self, tag: &Tag) {
        let kind = self.kind(tag);
        if kind.is_block() && kind != Kind::Skipped {
            self.close_paragraph();
        }
        match tag.name.as_slice() {
            b"li" => {
                let list = self.lists.last();
                self.close_within(&[b"li"], list.map(|(position, _)| *position));
                if let Some((_, index)) = self.lists.last()
                    && let Some(list) = self.document.lists.get_mut(*index)
                {
                    list.items += 1;
                }
            }
            b"dt" | b"dd" => self.close_within(&[b"dt", b"dd"], self.last(b"dl")),
            b"tr" => self.close_within(&[b"tr"], self.last(b"table")),
            b"td" | b"th" => {
                let row = self.last(b"tr").max(self.last(b"table"));
                self.close_within(&[b"td", b"th"], row);
            }
            b"rt" | b"rp" => self.close_within(&[b"rt", b"rp"], self.last(b"ruby")),
            b"a" => self.close_within(&[b"a"], None),
            _ => {}
        }
        let classes = Classes {
            invisible: tag.has(Attribute::Class, "invisible"),
            ellipsis: tag.has(Attribute::Class, "ellipsis"),
            quote_inline: tag.has(Attribute::Class, "quote-inline"),
        };
        let element = Element { kind, classes };
        let position = self.open.len();
        let name = self.name(&tag.name);
        self.positions[name].push(position);
        if kind.is_block() {
            self.blocks.push(position);
        }
        if let Kind::List(index) = kind {
            self.lists.push((position, index));
        }
        let is_emitted = self.skipped == 0 && kind != Kind::Skipped;
        if is_emitted {
            self.document.parts.push(Part::Open(element));
        }
        self.skipped += usize::from(kind == Kind::Skipped);
        self.open.push(Open {
            name,
            element,
            is_emitted,
            is_closed: false,
        });
    }

    fn kind(&mut self, tag: &Tag) -> Kind {
        match tag.name.as_slice() {
            b"p" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"dl" | b"table" | b"figure" => {
                Kind::Paragraph
            }
            b"blockquote" => Kind::Quote,
            b"pre" | b"listing" => Kind::Preformatted,
            b"ul" | b"ol" | b"menu" | b"dir" => {
                self.document.lists.push(List {
                    is_ordered: tag.name == b"ol",
                    start: tag.number(Attribute::Start),
                    is_reversed: tag.is_reversed,
                    items: 0,
                });
                Kind::List(self.document.lists.len() - 1)
            }
            b"li" => Kind::Item(tag.number(Attribute::Value)),
            b"tr" => Kind::Row,
            b"td" | b"th" => Kind::Cell,
            b"a" => match tag.value(Attribute::Href) {
                Some(href) => {
                    let href = self.store(href.trim());
                    let is_hashtag =
                        tag.has(Attribute::Class, "hashtag") || tag.has(Attribute::Rel, "tag");
                    self.document.targets.push(Target {
                        href,
                        is_mention: tag.has(Attribute::Class, "mention"),
                        is_hashtag,
                    });
                    Kind::Link(self.document.targets.len() - 1)
                }
                None => Kind::Inline,
            },
            b"rt" => Kind::RubyText,
            b"address" | b"article" | b"aside" | b"body" | b"caption" | b"center" | b"dd"
            | b"details" | b"div" | b"dt" | b"fieldset" | b"figcaption" | b"footer" | b"form"
            | b"header" | b"hgroup" | b"html" | b"legend" | b"main" | b"nav" | b"option"
            | b"search" | b"section" | b"summary" | b"tbody" | b"tfoot" | b"thead" => Kind::Block,
            b"annotation" | b"annotation-xml" | b"audio" | b"canvas" | b"head" | b"iframe"
            | b"noembed" | b"noframes" | b"noscript" | b"object" | b"plaintext" | b"rp"
            | b"script" | b"style" | b"svg" | b"template" | b"title" | b"video" | b"xmp" => {
                Kind::Skipped
            }
            _ => Kind::Inline,
        }
    }

    fn end_tag(&mut self, name: &[u8]) {
        let position = match name {
            b"br" => return self.line_break(),
            b"li" => {
                let list = self.lists.last().map(|(position, _)| *position);
                self.last(name).filter(|item| Some(*item) > list)
            }
            b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => {
                const HEADINGS: [&[u8]; 6] = [b"h1", b"h2", b"h3", b"h4", b"h5", b"h6"];
                HEADINGS.iter().filter_map(|name| self.last(name)).max()
            }
            _ => self.last(name),
        };
        let Some(position) = position else { return };
        let is_block = self.open[position].element.kind.is_block();
        if !is_block && self.blocks.last().is_some_and(|block| *block > position) {
            self.close_before_its_content(position);
        } else {
            self.close_from(position);
        }
    }

    /// Ends an inline element that contains the start of a block, but not its end.
    fn close_before_its_content(&mut self, position: usize) {
        let open = &mut self.open[position];
        open.is_closed = true;
        self.positions[open.name].pop();
        if open.is_emitted {
            self.document.parts.push(Part::Close(open.element));
        }
    }

    fn close_paragraph(&mut self) {
        self.close_within(&[b"p"], None);
    }

    /// Closes the innermost element with one of the names, unless it contains the container.
    fn close_within(&mut self, names: &[&[u8]], container: Option<usize>) {
        let position = names.iter().filter_map(|name| self.last(name)).max();
        if let Some(position) = position.filter(|position| Some(*position) > container) {
            self.close_from(position);
        }
    }

    /// Closes the element at a position and all in it.
    fn close_from(&mut self, position: usize) {
        while self.open.len() > position
            && let Some(open) = self.open.pop()
        {
            let closed = self.open.len();
            self.blocks.pop_if(|block| *block == closed);
            self.lists.pop_if(|(list, _)| *list == closed);
            self.skipped -= usize::from(open.element.kind == Kind::Skipped);
            if open.is_closed {
                continue;
            }
            self.positions[open.name].pop();
            if open.is_emitted {
                self.document.parts.push(Part::Close(open.element));
            }
        }
    }

    /// Returns the number of a name.
    fn name(&mut self, name: &[u8]) -> usize {
        if let Some(number) = self.names.get(name) {
            return *number;
        }
        self.positions.push(Vec::new());
        let number = self.names.len();
        self.names.insert(name.to_vec(), number);
        number
    }

    /// Returns the position of the innermost open element with a name.
    fn last(&self, name: &[u8]) -> Option<usize> {
        let number = self.names.get(name)?;
        self.positions.get(*number)?.last().copied()
    }
}
