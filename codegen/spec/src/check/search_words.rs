//! Checks of `search_words`.

use super::Check;
use crate::load::At;
use crate::model::is_required;
use crate::yaml::{Field, Map, Param, Spec};

impl Check<'_> {
    pub(super) fn search_words(&mut self, spec: &Spec) {
        for (file, content) in &spec.methods {
            self.file = format!("methods/{file}.yaml");
            for (name, method) in &content.methods {
                self.words(&["methods", name], name, &method.search_words);
                self.words_of_params(&["methods", name, "params"], &method.params);
            }
            for (name, input) in &content.inputs {
                self.words(&["inputs", name], name, &input.search_words);
                self.words_of_params(&["inputs", name, "params"], &input.params);
            }
        }
        for (file, content) in &spec.entities {
            self.file = format!("entities/{file}.yaml");
            for (name, enumeration) in &content.enums {
                self.words(&["enums", name], name, &enumeration.search_words);
                for (wire, value) in &enumeration.values {
                    let path = ["enums", name, "values", wire];
                    let name = value.alias.as_ref().unwrap_or(wire);
                    self.words(&path, name, &value.search_words);
                }
            }
            for (name, entity) in &content.entities {
                self.words(&["entities", name], name, &entity.search_words);
                self.words_of_fields(&["entities", name, "fields"], &entity.fields);
            }
        }
    }

    fn words_of_params(&mut self, path: &[&str], params: &Map<Param>) {
        for (wire, param) in params {
            let name = param.alias.as_ref().unwrap_or(wire);
            let path = [path, &[wire]].concat();
            self.words(&path, name, &param.search_words);
            if is_required(param) && !param.search_words.is_empty() {
                self.report(
                    &[&path[..], &["search_words"]].concat(),
                    At::Key,
                    "a search cannot find a required parameter, because it is an argument of the function",
                    Some("list the words in `search_words` of the method".into()),
                );
            }
        }
    }

    fn words_of_fields(&mut self, path: &[&str], fields: &Map<Field>) {
        for (wire, field) in fields {
            let path = [path, &[wire]].concat();
            let name = field.alias.as_ref().unwrap_or(wire);
            self.words(&path, name, &field.search_words);
            self.words_of_fields(&[&path[..], &["fields"]].concat(), &field.fields);
        }
    }

    /// Reports words that cannot be searched for, and words that find the item without being listed.
    fn words(&mut self, path: &[&str], name: &str, words: &[String]) {
        for (index, word) in words.iter().enumerate() {
            let index_text = index.to_string();
            let path = [path, &["search_words", &index_text]].concat();
            let problem = if !is_word(word) {
                Some("a search word has lower-case letters, digits, and single spaces or `_`")
            } else if simplified(name).contains(&simplified(word)) {
                Some("the name of the item contains this word, so that a search finds it anyway")
            } else if words[..index].contains(word) {
                Some("the word is listed twice")
            } else {
                None
            };
            if let Some(problem) = problem {
                let hint = if is_word(word) {
                    "remove it"
                } else {
                    "correct it"
                };
                self.report(&path, At::Value, problem, Some(hint.into()));
            }
        }
    }
}

fn is_word(word: &str) -> bool {
    let pieces = || word.split([' ', '_']);
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    word.len() > 1 && pieces().all(|piece| !piece.is_empty() && piece.chars().all(is_plain))
}

/// The text as a search compares it: without the case of letters and without separators.
fn simplified(text: &str) -> String {
    let letters = text.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}
