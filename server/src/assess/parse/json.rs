//! Reads JSON as models write it: with comments, trailing commas, typographic quotes, line breaks in strings, and an end
//! that has not arrived. Knows of every value whether its end was seen.

use std::iter::Peekable;
use std::str::CharIndices;

/// Deeper values are no answer.
const MAX_DEPTH: u8 = 16;

/// A value, and whether its end was seen.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Node {
    pub(super) value: Json,
    pub(super) is_whole: bool,
}

/// A value. Objects keep the order of their keys.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Json {
    /// A number, a boolean, `null` or another bare word, as it was written.
    Word(String),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    /// The text of a string or a number.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Json::Text(text) => Some(text),
            Json::Word(word) => (word != "null" && word != "None").then_some(word),
            Json::List(_) | Json::Object(_) => None,
        }
    }
}

/// The value at the start of a text, and the byte after it. None if it is not JSON.
pub(super) fn read(text: &str) -> Option<(Node, usize)> {
    let mut reader = Reader { text, chars: text.char_indices().peekable() };
    let node = reader.value(0)?;
    let end = reader.position();
    Some((node, end))
}

struct Reader<'t> {
    text: &'t str,
    chars: Peekable<CharIndices<'t>>,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|(_, c)| *c)
    }

    fn position(&mut self) -> usize {
        self.chars.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    /// The next character that is neither white space nor in a comment. None at the end of the text.
    fn next_token(&mut self) -> Option<char> {
        loop {
            let at = self.position();
            let rest = &self.text[at..];
            if rest.starts_with("//") {
                while self.chars.next_if(|(_, c)| *c != '\n').is_some() {}
            } else if rest.starts_with("/*") {
                let end = rest.find("*/").map_or(self.text.len(), |length| at + length + 2);
                while self.chars.next_if(|(at, _)| *at < end).is_some() {}
            } else if self.chars.next_if(|(_, c)| c.is_whitespace() || *c == '\u{feff}').is_none() {
                return self.peek();
            }
        }
    }

    fn value(&mut self, depth: u8) -> Option<Node> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.next_token()? {
            '{' => self.object(depth),
            '[' => self.list(depth),
            '"' | '“' | '”' | '„' | '\'' => Some(self.string()),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: u8) -> Option<Node> {
        self.chars.next();
        let mut members = Vec::new();
        loop {
            match self.next_token() {
                None => return Some(Node { value: Json::Object(members), is_whole: false }),
                Some('}') => {
                    self.chars.next();
                    return Some(Node { value: Json::Object(members), is_whole: true });
                }
                Some(',') => {
                    self.chars.next();
                }
                Some(_) => {
                    let key = self.value(MAX_DEPTH)?;
                    let Some(colon) = self.next_token() else { continue };
                    if colon != ':' {
                        return None;
                    }
                    self.chars.next();
                    if self.next_token().is_none() {
                        continue;
                    }
                    members.push((key.text()?.to_owned(), self.value(depth + 1)?));
                }
            }
        }
    }

    fn list(&mut self, depth: u8) -> Option<Node> {
        self.chars.next();
        let mut elements = Vec::new();
        loop {
            match self.next_token() {
                None => return Some(Node { value: Json::List(elements), is_whole: false }),
                Some(']') => {
                    self.chars.next();
                    return Some(Node { value: Json::List(elements), is_whole: true });
                }
                Some(',') => {
                    self.chars.next();
                }
                Some(_) => elements.push(self.value(depth + 1)?),
            }
        }
    }

    fn string(&mut self) -> Node {
        let opening = self.chars.next().map_or('"', |(_, c)| c);
        let is_end = |c: char| match opening {
            '"' | '\'' => c == opening,
            _ => matches!(c, '”' | '“' | '"'),
        };
        let mut text = String::new();
        while let Some((_, c)) = self.chars.next() {
            match c {
                '\\' => match self.escape() {
                    Some(c) => text.push(c),
                    None => break,
                },
                // Text never contains NUL.
                '\0' => {}
                c if is_end(c) => return Node { value: Json::Text(text), is_whole: true },
                c => text.push(c),
            }
        }
        Node { value: Json::Text(text), is_whole: false }
    }

    /// The character that an escape stands for. None if the text ends within it.
    fn escape(&mut self) -> Option<char> {
        let (_, c) = self.chars.next()?;
        Some(match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' | 'f' => ' ',
            'u' => {
                let first = self.code_unit()?;
                if !(0xd800..0xdc00).contains(&first) {
                    return Some(char::from_u32(first).filter(|c| *c != '\0').unwrap_or('\u{fffd}'));
                }
                let is_pair =
                    self.chars.next_if(|(_, c)| *c == '\\').is_some() && self.chars.next()?.1 == 'u';
                let second = if is_pair { self.code_unit()? } else { self.peek().map(|_| 0)? };
                let pair = second.checked_sub(0xdc00).filter(|low| *low < 0x400);
                pair.and_then(|low| char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + low))
                    .unwrap_or('\u{fffd}')
            }
            other => other,
        })
    }

    fn code_unit(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            let (_, c) = self.chars.next()?;
            unit = unit * 16 + c.to_digit(16).unwrap_or(0);
        }
        Some(unit)
    }

    /// `true`, `-1.5`, or a key without quotes. At the end of the text, more of it may follow.
    fn word(&mut self) -> Option<Node> {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '.');
        let mut word = String::new();
        while let Some((_, c)) = self.chars.next_if(|(_, c)| is_part(*c)) {
            word.push(c);
        }
        let is_whole = self.peek().is_some();
        (!word.is_empty()).then_some(Node { value: Json::Word(word), is_whole })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(node: &Node) -> Vec<(String, bool)> {
        match &node.value {
            Json::Word(text) | Json::Text(text) => vec![(text.clone(), node.is_whole)],
            Json::List(elements) => elements.iter().flat_map(texts).collect(),
            Json::Object(members) => members.iter().flat_map(|(_, node)| texts(node)).collect(),
        }
    }

    #[test]
    fn json_as_models_write_it_is_read() {
        let text = "{ // the answer\n “cause”: “the \\\"new\\\" issuer”, 'a': 'b',\n steps: [\"one\ntwo\", 3.5,], /* no */ \
                    \"last\": null,}";
        let (node, end) = read(text).unwrap();
        let read: Vec<String> = texts(&node).into_iter().map(|(text, _)| text).collect();
        assert_eq!(read, ["the \"new\" issuer", "b", "one\ntwo", "3.5", "null"]);
        assert!(node.is_whole && end == text.len());
    }

    #[test]
    fn escapes_are_decoded_and_half_an_escape_waits() {
        let text = r#"["\ud83d\ude00 \u00e9\n\t\/ \ud83d x \u0000"]"#;
        assert_eq!(texts(&read(text).unwrap().0), [("😀 é\n\t/ \u{fffd} x \u{fffd}".to_owned(), true)]);
        for half in ["\\", "\\u", "\\u00e", "\\ud83d", "\\ud83d\\", "\\ud83d\\ude0"] {
            let (node, _) = read(&format!("[\"one{half}")).unwrap();
            assert_eq!(texts(&node), [("one".to_owned(), false)], "{half}");
        }
    }

    #[test]
    fn every_beginning_of_an_object_is_read_and_known_to_be_unfinished() {
        let text = r#"{"a": "b, c", "d": [{"e": true}, "\u00e9"], "f": 1.5}"#;
        for (end, _) in text.char_indices().skip(1) {
            let (node, read_to) = read(&text[..end]).unwrap();
            assert!(!node.is_whole && read_to == end, "{}", &text[..end]);
        }
        assert!(read(text).unwrap().0.is_whole);
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in ["", "}", "{\"a\" \"b\"}", "{\"a\": }", "{[1]: 2}", &"[".repeat(10_000)] {
            assert_eq!(read(text), None, "{text:.20}");
        }
    }
}
