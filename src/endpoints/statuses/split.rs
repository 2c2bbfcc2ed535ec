//! Splits a text that is too long for one status into the texts of a thread.

use std::fmt;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::length::{self, length};
use super::links;
use crate::facts::{STATUS_LIMITS, StatusLimits};

/// Options of [`StatusLimits::split_with`].
///
/// ```
/// # use mastodon_sdk::server::{SplitOptions, StatusLimits};
/// # fn example(limits: &StatusLimits) -> Result<(), mastodon_sdk::server::SplitError> {
/// let options = SplitOptions::new().numbered(true).spoiler_text("Long read");
/// let parts = limits.split_with("…", &options)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct SplitOptions {
    numbered: bool,
    spoiler_text: String,
}

impl SplitOptions {
    /// Returns the default options: no numbers, no content warning.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether each part ends with its number and the number of parts, such as `1/3`. Their length is counted. A text
    /// that fits into one part gets no number. Default: false.
    pub fn numbered(mut self, numbered: bool) -> Self {
        self.numbered = numbered;
        self
    }

    /// Content warning of the statuses. The limit of a status includes it.
    pub fn spoiler_text(mut self, spoiler_text: impl Into<String>) -> Self {
        self.spoiler_text = spoiler_text.into();
        self
    }
}

/// A text cannot be split, because a word, link, mention or hashtag in it does not fit into a status.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SplitError {
    /// The word, or its first 100 characters.
    pub word: String,
    /// Position of the word in the text, in bytes.
    pub position: usize,
    /// Length of the word, as the server counts it.
    pub length: u64,
    /// Length that is left for it: the limit of the server without the content warning and the number of the part.
    pub available: u64,
}

impl fmt::Display for SplitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            word,
            position,
            length,
            available,
        } = self;
        write!(
            f,
            "the text cannot be split: {word:?} at byte {position} has {length} characters, a part has space for {available}"
        )
    }
}

impl std::error::Error for SplitError {}

/// Maximum number of characters of a word in an error.
const MAX_SHOWN_LEN: usize = 100;

impl StatusLimits {
    /// Returns the length of a status as Mastodon counts it against [`characters`](Self::characters): grapheme
    /// clusters, the content warning included; each link has the same length, and mentions count without their domain.
    ///
    /// ```
    /// # fn example(limits: &mastodon_sdk::server::StatusLimits) {
    /// let length = limits.length("Read https://example.com/a/long/path, @alice@example.com", "");
    /// assert_eq!(length, 5 + 23 + 2 + 6);
    /// # }
    /// ```
    pub fn length(&self, text: &str, spoiler_text: &str) -> u64 {
        length(text, spoiler_text, self.length_of_links())
    }

    /// Splits a text into parts that each fit into a status, for [`Mastodon::thread_post`](crate::Mastodon::thread_post).
    ///
    /// It is split between paragraphs if that leaves no part less than half full, otherwise between lines, sentences or
    /// words; never within a link, mention, hashtag or grapheme cluster. White space at the ends of a part is removed,
    /// everything else is kept. A text that fits is one part; one without visible text is none.
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon, text: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// let limits = mastodon.status_limits().await?;
    /// let thread = mastodon.thread_post(limits.split(text)?).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If a single word is longer than a status.
    pub fn split(&self, text: &str) -> Result<Vec<String>, SplitError> {
        self.split_with(text, &SplitOptions::new())
    }

    /// Splits a text as [`split`](Self::split) does, with options: numbered parts, a content warning.
    ///
    /// # Errors
    ///
    /// If a single word is longer than what a status has space for, with the content warning and the number of the part.
    pub fn split_with(
        &self,
        text: &str,
        options: &SplitOptions,
    ) -> Result<Vec<String>, SplitError> {
        let text = text.trim_matches(is_break);
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let max = match self.characters {
            Some(max) if self.length(text, &options.spoiler_text) > max => max,
            _ => return Ok(vec![text.to_owned()]),
        };
        let splitter = Splitter {
            text,
            breaks: breaks(text),
            max,
            per_link: self.length_of_links(),
            warning: &options.spoiler_text,
        };
        if !options.numbered {
            let parts = splitter.split(0)?;
            return Ok(parts
                .into_iter()
                .map(|part| text[part].to_owned())
                .collect());
        }
        // The number of parts has more digits than expected if the numbers themselves need more parts.
        let mut digits = 1;
        loop {
            let parts = splitter.split(" /".len() + 2 * digits)?;
            let total = parts.len();
            let needed = total.to_string().len();
            if needed <= digits {
                let parts = parts.into_iter().enumerate();
                let numbered =
                    parts.map(|(index, part)| format!("{} {}/{total}", &text[part], index + 1));
                return Ok(numbered.collect());
            }
            digits = needed;
        }
    }

    fn length_of_links(&self) -> u64 {
        let length = self
            .characters_per_link
            .or(STATUS_LIMITS.characters_per_link);
        length.unwrap_or(0)
    }
}

/// Where a text can be split, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum BreakKind {
    Paragraph,
    Line,
    Sentence,
    Word,
    /// Between characters of a script without spaces.
    Character,
}

const KINDS: [BreakKind; 5] = [
    BreakKind::Paragraph,
    BreakKind::Line,
    BreakKind::Sentence,
    BreakKind::Word,
    BreakKind::Character,
];

/// A place where a text can be split: the white space that belongs to no part.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Break {
    space: Range<usize>,
    kind: BreakKind,
}

struct Splitter<'a> {
    text: &'a str,
    /// The breaks in the text, and its end.
    breaks: Vec<Break>,
    max: u64,
    per_link: u64,
    warning: &'a str,
}

impl Splitter<'_> {
    /// Returns the parts of the text. `reserved`: length of the number of a part.
    fn split(&self, reserved: usize) -> Result<Vec<Range<usize>>, SplitError> {
        let (mut parts, mut start, mut next) = (Vec::new(), 0, 0);
        while next < self.breaks.len() {
            let chosen = self.longest_part(start, next, reserved)?;
            let space = &self.breaks[chosen].space;
            parts.push(start..space.start);
            start = space.end;
            next = chosen + 1;
        }
        Ok(parts)
    }

    /// Returns the break that ends the part that begins at `start`. `first`: the first break after it.
    fn longest_part(
        &self,
        start: usize,
        first: usize,
        reserved: usize,
    ) -> Result<usize, SplitError> {
        let available = self.available(reserved);
        let fits = |index: usize| {
            let part = &self.text[start..self.breaks[index].space.start];
            self.length(part) + reserved as u64 <= self.max
        };
        // The breaks up to which the text fits, with the length of the part. The length of a part is that of its words
        // and the space between them.
        let mut candidates: Vec<(usize, u64)> = Vec::new();
        let (mut total, mut from) = (0u64, start);
        for (index, at) in self.breaks.iter().enumerate().skip(first) {
            let word = &self.text[from..at.space.start];
            total += length(word, "", self.per_link);
            if total > available {
                break;
            }
            candidates.push((index, total));
            total += self.text[at.space.clone()].graphemes(true).count() as u64;
            from = at.space.end;
        }
        // Exactly as the server counts.
        while candidates.last().is_some_and(|(index, _)| !fits(*index)) {
            candidates.pop();
        }
        let Some((last, _)) = candidates.last() else {
            return Err(self.too_long(start..self.breaks[first].space.start, available));
        };
        if last + 1 == self.breaks.len() {
            return Ok(*last);
        }
        let half_full = KINDS.iter().find_map(|kind| {
            let candidates = candidates.iter().rev();
            let mut of_kind = candidates.filter(|(index, _)| self.breaks[*index].kind == *kind);
            of_kind
                .next()
                .filter(|(_, length)| *length >= available / 2)
        });
        Ok(half_full.map_or(*last, |(index, _)| *index))
    }

    fn length(&self, part: &str) -> u64 {
        length(part, self.warning, self.per_link)
    }

    /// Returns the length that a part can have.
    fn available(&self, reserved: usize) -> u64 {
        let warning = self.length("x").saturating_sub(1);
        self.max.saturating_sub(warning + reserved as u64)
    }

    fn too_long(&self, word: Range<usize>, available: u64) -> SplitError {
        let (position, word) = (word.start, &self.text[word]);
        SplitError {
            word: word.chars().take(MAX_SHOWN_LEN).collect(),
            position,
            length: length(word, "", self.per_link),
            available,
        }
    }
}

/// Returns whether a text can be split at the character: white space, except that which keeps words together.
fn is_break(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}')
}

/// Returns the places where a text can be split, and its end.
fn breaks(text: &str) -> Vec<Break> {
    let sentences: Vec<usize> = text
        .split_sentence_bound_indices()
        .map(|(start, _)| start)
        .collect();
    let is_sentence = |position: usize| sentences.binary_search(&position).is_ok();
    let words: Vec<usize> = text
        .split_word_bound_indices()
        .map(|(start, _)| start)
        .collect();
    let mut breaks = Vec::new();
    let mut space: Option<usize> = None;
    // The end of the link, mention or hashtag at this position.
    let mut whole_until = 0;
    let mut before: Option<char> = None;
    for (position, cluster) in text.grapheme_indices(true) {
        let is_space = cluster.chars().all(is_break);
        match (space, is_space) {
            (None, true) => space = Some(position),
            (Some(start), false) => {
                let kind = kind_of_space(&text[start..position], is_sentence(position));
                breaks.push(Break {
                    space: start..position,
                    kind,
                });
                space = None;
            }
            (None, false) if position >= whole_until => {
                let can_split = before.is_some_and(|before| can_split(before, cluster));
                if can_split && words.binary_search(&position).is_ok() {
                    let kind = if is_sentence(position) {
                        BreakKind::Sentence
                    } else {
                        BreakKind::Character
                    };
                    breaks.push(Break {
                        space: position..position,
                        kind,
                    });
                }
            }
            _ => {}
        }
        if position >= whole_until {
            whole_until = position + whole_length(&text[position..], before);
        }
        before = cluster.chars().next_back();
    }
    breaks.push(Break {
        space: text.len()..text.len(),
        kind: BreakKind::Paragraph,
    });
    breaks
}

fn kind_of_space(space: &str, is_sentence: bool) -> BreakKind {
    let lines = space.replace("\r\n", "\n");
    let lines = lines.matches(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
    match lines.count() {
        0 if is_sentence => BreakKind::Sentence,
        0 => BreakKind::Word,
        1 => BreakKind::Line,
        _ => BreakKind::Paragraph,
    }
}

/// Returns whether a text without white space can be split between two characters: between those of scripts without
/// spaces, and emoji. Closing punctuation stays with what it closes, and the beginning of a mention or hashtag is none.
fn can_split(before: char, after: &str) -> bool {
    let is_unspaced = |c: char| !c.is_ascii() && !is_joining(c);
    let opens = |c: char| "「『（〈《【〔［｛“‘«‹".contains(c);
    let closes = |c: char| "」』）〉》】〕］｝、。，．！？：；・ー々…‥〜”’»›".contains(c);
    let after = after.chars().next();
    is_unspaced(before)
        && !opens(before)
        && after.is_some_and(|after| is_unspaced(after) && !closes(after))
}

/// Returns whether the character keeps its neighbors together: the signs of mentions and hashtags, white space that
/// does not break, and characters that are not visible.
fn is_joining(c: char) -> bool {
    matches!(
        c,
        '＠' | '＃' | '·' | '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{200b}'
            ..='\u{200f}' | '\u{2060}' | '\u{feff}'
    )
}

/// Returns the length in bytes of the link, mention or hashtag at the start of the text; 0 if there is none. `before` is
/// the character before it.
fn whole_length(text: &str, before: Option<char>) -> usize {
    links::link_length(text, before)
        .or_else(|| length::mention_length(text, before).map(|(_, whole)| whole))
        .or_else(|| tag_length(text, before))
        .unwrap_or(0)
}

/// Returns the length in bytes of the hashtag or local mention at the start of the text. It may be longer than what the
/// server recognizes.
fn tag_length(text: &str, before: Option<char>) -> Option<usize> {
    if before.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let rest = text.strip_prefix(['#', '＃', '@', '＠'])?;
    let ends = |c: char| {
        c.is_whitespace()
            || c.is_ascii_punctuation() && c != '_'
            || "、。，．！？：；「」『』（）〈〉《》【】…".contains(c)
    };
    let length = rest.find(ends).unwrap_or(rest.len());
    (length > 0).then_some(text.len() - rest.len() + length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text_strategy::unicode_text;

    fn limits(characters: u64) -> StatusLimits {
        StatusLimits {
            characters: Some(characters),
            ..StatusLimits::default()
        }
    }

    fn split(characters: u64, text: &str) -> Vec<String> {
        limits(characters).split(text).unwrap()
    }

    #[test]
    fn text_that_fits_is_one_part_and_empty_text_is_none() {
        assert_eq!(split(500, " Hello,\n\nworld \n"), ["Hello,\n\nworld"]);
        assert!(split(500, " \n").is_empty());
        let unlimited = StatusLimits::default()
            .split(&"word ".repeat(5000))
            .unwrap();
        assert_eq!(unlimited.len(), 1);
        let numbered = SplitOptions::new().numbered(true);
        assert_eq!(limits(5).split_with("Hello", &numbered).unwrap(), ["Hello"]);
    }

    #[test]
    fn paragraphs_come_before_lines_sentences_and_words() {
        assert_eq!(
            split(20, "One two three.\n\nFour five. Six"),
            ["One two three.", "Four five. Six"]
        );
        assert_eq!(
            split(20, "One. Two three\nfour. Five six"),
            ["One. Two three", "four. Five six"]
        );
        assert_eq!(
            split(20, "One two three. Four five six"),
            ["One two three.", "Four five six"]
        );
        assert_eq!(split(9, "One two three"), ["One two", "three"]);
        assert_eq!(
            split(20, "One.\n\nTwo three four five six"),
            ["One.\n\nTwo three four", "five six"],
            "no part is less than half full for the sake of a paragraph"
        );
    }

    #[test]
    fn links_mentions_hashtags_and_clusters_stay_whole() {
        let link = format!("https://example.com/{}", "x".repeat(100));
        let text = format!("Read this {link} now");
        assert_eq!(
            split(33, &text),
            ["Read this".to_owned() + " " + &link, "now".into()]
        );
        assert_eq!(
            split(24, &text),
            ["Read this".to_owned(), link, "now".into()]
        );
        let mention = "@alice@例え.example";
        assert_eq!(
            split(8, &format!("{mention} {mention}")),
            [mention, mention]
        );
        assert_eq!(split(6, "#日本語タグ 日本"), ["#日本語タグ", "日本"]);
        let family = "👩‍👩‍👧‍👦";
        assert_eq!(
            split(2, &family.repeat(5)),
            [family.repeat(2), family.repeat(2), family.into()]
        );
        assert_eq!(split(1, "🇩🇪🇫🇷"), ["🇩🇪", "🇫🇷"]);
    }

    #[test]
    fn scripts_without_spaces_are_split_between_characters() {
        assert_eq!(
            split(12, "今日は天気がいい。明日は雨が降るでしょう。"),
            ["今日は天気がいい。", "明日は雨が降るでしょう。"]
        );
        assert_eq!(split(4, "「一二三」四五"), ["「一二", "三」四五"]);
        for part in split(10, "日本語#タグ日本語日本語@alice日本語日本語") {
            assert!(!part.starts_with(['#', '@']), "{part}");
        }
    }

    #[test]
    fn parts_are_numbered_within_the_limit() {
        let options = SplitOptions::new().numbered(true);
        let parts = limits(12)
            .split_with("One two three four", &options)
            .unwrap();
        assert_eq!(parts, ["One two 1/3", "three 2/3", "four 3/3"]);
        let text = "word ".repeat(100);
        let parts = limits(12).split_with(&text, &options).unwrap();
        assert_eq!(parts.len(), 100);
        assert_eq!((&*parts[0], &*parts[99]), ("word 1/100", "word 100/100"));
    }

    #[test]
    fn content_warning_counts() {
        let options = SplitOptions::new().spoiler_text("Warning");
        let limits = limits(14);
        let parts = limits.split_with("One two three four", &options).unwrap();
        assert_eq!(parts, ["One two", "three", "four"]);
        assert!(limits.split_with("abcdefgh", &options).is_err());
    }

    #[test]
    fn word_that_does_not_fit_is_an_error_that_names_it() {
        let text = format!("So {} long", "x".repeat(600));
        let error = limits(500).split(&text).unwrap_err();
        assert_eq!(
            (error.position, error.length, error.available),
            (3, 600, 500)
        );
        assert_eq!(error.word.len(), 100);
        let error = limits(10).split("See https://example.com").unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"the text cannot be split: "https://example.com" at byte 4 has 23 characters, a part has space for 10"#
        );
        let warning = SplitOptions::new().spoiler_text("x".repeat(20));
        let error = limits(10).split_with("Hi", &warning).unwrap_err();
        assert_eq!(error.available, 0);
    }

    /// Checks that each part fits, and that the parts are the text without the white space between them.
    fn check(limits: &StatusLimits, text: &str, options: &SplitOptions) {
        let Ok(parts) = limits.split_with(text, options) else {
            return;
        };
        let mut rest = text;
        for (index, part) in parts.iter().enumerate() {
            let length = limits.length(part, &options.spoiler_text);
            assert!(length <= limits.characters.unwrap(), "{part:?} of {text:?}");
            let number = format!(" {}/{}", index + 1, parts.len());
            let part = if options.numbered && parts.len() > 1 {
                part.strip_suffix(&number).unwrap()
            } else {
                part
            };
            assert!(!part.is_empty());
            // A space and a combining character after it are one cluster, so a part can begin with white space.
            while !rest.starts_with(part) && rest.starts_with(is_break) {
                let mut characters = rest.chars();
                characters.next();
                rest = characters.as_str();
            }
            rest = rest
                .strip_prefix(part)
                .unwrap_or_else(|| panic!("{part:?} in {text:?}"));
        }
        assert!(rest.chars().all(is_break), "{rest:?} of {text:?}");
    }

    proptest! {
        #[test]
        fn parts_fit_and_joined_are_the_text(text in unicode_text(), max in 1u64..60, numbered: bool, warning in "\\PC{0,8}") {
            let options = SplitOptions::new().numbered(numbered).spoiler_text(warning);
            check(&limits(max), &text, &options);
        }

        #[test]
        fn words_of_any_length_are_split_or_refused(
            words in proptest::collection::vec("[a-zäß日本語。#@:/. \n👍🏽\u{308}]{0,12}|https://example.com/[a-z]{0,30}|@[a-z]{1,5}@[a-z]{1,9}.com", 0..40),
            glue in "[ \n\t日.]{0,2}",
            max in 1u64..80,
            numbered: bool,
        ) {
            check(&limits(max), &words.join(&glue), &SplitOptions::new().numbered(numbered));
        }

        #[test]
        fn white_space_can_begin_a_cluster(before in "[ \n]{0,3}", max in 2u64..9) {
            let text = format!("abc {before} \u{308}def");
            check(&limits(max), &text, &SplitOptions::new());
        }

        #[test]
        fn ordinary_words_always_fit(words in proptest::collection::vec("[a-z]{1,9}", 1..80), max in 15u64..60) {
            let text = words.join(" ");
            let options = SplitOptions::new().numbered(true);
            prop_assert!(limits(max).split_with(&text, &options).is_ok());
        }

        #[test]
        fn links_are_in_one_part(words in "([a-z]{1,9} ){0,20}", path in "[a-z]{0,80}", max in 24u64..60) {
            let link = format!("https://example.com/{path}");
            let text = format!("{words}{link} {words}");
            prop_assert!(split(max, &text).iter().any(|part| part.contains(&link)));
        }
    }
}
