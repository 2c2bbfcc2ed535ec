//! Breaks lines where prettyplease does: a list or chain stays on one line if all of it fits, together with what
//! follows up to the next possible break.

/// The indentation of one level.
pub(crate) const INDENT: usize = 4;
/// The width of a line, and the least width after the indentation.
const WIDTH: isize = 89;
const MIN_WIDTH: isize = 60;
/// The longest structure on one line, up to its closing brace.
const STRUCT_WIDTH: usize = 34;
/// The width of what cannot be on one line.
const INFINITE: usize = 1 << 20;

/// A part of a line.
#[derive(Debug)]
pub(crate) enum Piece {
    Text(String),
    /// A place where prettyplease does not break the line, but up to which it measures.
    Stop,
    /// `(a, b)`, `<A, B>` or `[a, b]`.
    List {
        open: &'static str,
        items: Vec<Seq>,
        close: &'static str,
    },
    /// `Name { a: 1, b: 2, ..rest }`
    Struct {
        name: String,
        fields: Vec<Seq>,
        rest: Option<Seq>,
    },
    /// `head.a().b`
    Chain {
        head: Seq,
        links: Vec<Seq>,
    },
}

/// Pieces one after the other.
#[derive(Debug, Default)]
pub(crate) struct Seq(Vec<Piece>);

impl Seq {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self(vec![Piece::Text(text.into())])
    }

    /// Adds text to the last piece.
    pub(crate) fn push_str(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ => self.0.push(Piece::Text(text.to_owned())),
        }
    }

    pub(crate) fn push(&mut self, piece: Piece) {
        self.0.push(piece);
    }

    pub(crate) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether no space is needed before a word: the text is empty, or ends with a space, `&`, `:` or an opening bracket.
    pub(crate) fn is_open(&self) -> bool {
        match self.0.last() {
            Some(Piece::Text(text)) => text.ends_with([' ', '&', '(', '[', ':']),
            Some(_) => false,
            None => true,
        }
    }

    /// Whether it fits on one line without indentation, together with what follows.
    pub(crate) fn fits(&self, end: &str) -> bool {
        Printer::fits(self.width(), end)
    }

    fn width(&self) -> usize {
        self.0.iter().map(Piece::width).sum()
    }
}

impl Piece {
    /// The width on one line.
    fn width(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Stop => 0,
            Self::List { open, items, close } => open.len() + items_width(items) + close.len(),
            Self::Struct { name, fields, rest } => {
                let rest = rest.as_ref().map(|rest| rest.width() + "..".len());
                let separator = rest
                    .filter(|_| !fields.is_empty())
                    .map_or(0, |_| ", ".len());
                let content = items_width(fields) + separator + rest.unwrap_or(0);
                let width = name.len() + " {  ".len() + content;
                if width > STRUCT_WIDTH {
                    INFINITE
                } else {
                    width + "}".len()
                }
            }
            Self::Chain { head, links } => {
                head.width() + links.iter().map(Seq::width).sum::<usize>()
            }
        }
    }
}

fn items_width(items: &[Seq]) -> usize {
    let widths: usize = items.iter().map(Seq::width).sum();
    widths + ", ".len() * items.len().saturating_sub(1)
}

/// Writes pieces.
pub(crate) struct Printer {
    pub(crate) out: String,
    /// What is left of the line.
    space: isize,
}

impl Printer {
    pub(crate) fn new() -> Self {
        Self {
            out: String::new(),
            space: WIDTH,
        }
    }

    /// Writes a line of pieces, followed by text.
    pub(crate) fn line(&mut self, seq: &Seq, indent: usize, end: &str) {
        self.indent(indent);
        self.seq(seq, indent, end.len());
        self.out.push_str(end);
        self.out.push('\n');
    }

    /// Writes a line of text, however long.
    pub(crate) fn plain_line(&mut self, indent: usize, text: &str) {
        self.indent(indent);
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// Writes a line of a doc comment.
    pub(crate) fn comment_line(&mut self, indent: usize, text: &str) {
        self.indent(indent);
        self.out.push_str("///");
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// Whether a line of text is not too long.
    pub(crate) fn fits(indent: usize, text: &str) -> bool {
        indent + text.len() <= WIDTH as usize
    }

    fn indent(&mut self, indent: usize) {
        const SPACES: &str = "                                ";
        let mut rest = indent;
        while rest > 0 {
            let now = rest.min(SPACES.len());
            self.out.push_str(&SPACES[..now]);
            rest -= now;
        }
        self.space = (WIDTH - indent as isize).max(MIN_WIDTH);
    }

    fn newline(&mut self, indent: usize) {
        self.out.push('\n');
        self.indent(indent);
    }

    fn text(&mut self, text: &str) {
        self.out.push_str(text);
        self.space -= text.len() as isize;
    }

    fn has_space(&self, width: usize) -> bool {
        isize::try_from(width).is_ok_and(|width| width <= self.space)
    }

    /// `after` is the width of what follows up to the next possible break.
    fn seq(&mut self, seq: &Seq, indent: usize, after: usize) {
        for (index, piece) in seq.0.iter().enumerate() {
            let mut follows = 0;
            let mut is_last = true;
            for piece in &seq.0[index + 1..] {
                if let Piece::Stop = piece {
                    is_last = false;
                    break;
                }
                follows += piece.width();
            }
            self.piece(piece, indent, follows + if is_last { after } else { 0 });
        }
    }

    fn piece(&mut self, piece: &Piece, indent: usize, after: usize) {
        match piece {
            Piece::Text(text) => self.text(text),
            Piece::Stop => {}
            Piece::List { open, items, close } => {
                self.text(open);
                if self.has_space(items_width(items) + close.len() + after) {
                    self.flat_items(items);
                } else {
                    self.items(items, indent + INDENT);
                    self.newline(indent);
                }
                self.text(close);
            }
            Piece::Struct { name, fields, rest } => {
                if self.has_space(piece.width() + after) {
                    return self.flat(piece);
                }
                self.text(name);
                self.text(" {");
                self.items(fields, indent + INDENT);
                if let Some(rest) = rest {
                    self.newline(indent + INDENT);
                    self.text("..");
                    self.seq(rest, indent + INDENT, 0);
                }
                self.newline(indent);
                self.text("}");
            }
            Piece::Chain { head, links } => {
                if self.has_space(piece.width() + after) {
                    return self.flat(piece);
                }
                let indent = indent + INDENT;
                self.seq(head, indent, 0);
                for (index, link) in links.iter().enumerate() {
                    self.newline(indent);
                    self.seq(
                        link,
                        indent,
                        if index + 1 == links.len() { after } else { 0 },
                    );
                }
            }
        }
    }

    /// Writes each item on lines of its own.
    fn items(&mut self, items: &[Seq], indent: usize) {
        for (index, item) in items.iter().enumerate() {
            self.newline(indent);
            self.seq(item, indent, usize::from(index + 1 < items.len()));
            self.text(",");
        }
    }

    fn flat(&mut self, piece: &Piece) {
        match piece {
            Piece::Text(text) => self.text(text),
            Piece::Stop => {}
            Piece::List { open, items, close } => {
                self.text(open);
                self.flat_items(items);
                self.text(close);
            }
            Piece::Struct { name, fields, rest } => {
                self.text(name);
                self.text(" { ");
                self.flat_items(fields);
                if let Some(rest) = rest {
                    self.text(if fields.is_empty() { ".." } else { ", .." });
                    self.flat_seq(rest);
                }
                self.text(" }");
            }
            Piece::Chain { head, links } => {
                self.flat_seq(head);
                links.iter().for_each(|link| self.flat_seq(link));
            }
        }
    }

    fn flat_seq(&mut self, seq: &Seq) {
        seq.0.iter().for_each(|piece| self.flat(piece));
    }

    fn flat_items(&mut self, items: &[Seq]) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text(", ");
            }
            self.flat_seq(item);
        }
    }
}
