//! An answer in JSON: the object that the prompt asks for, under the names that models give its fields.

use tierup_common::assessment::Evidence;

use crate::assess::parse::answer::{Answer, Part, read_confidence};
use crate::assess::parse::json::{self, Json, Node};
use crate::assess::parse::markup;
use crate::assess::parse::quote;

/// More braces than these are code or prose, and each may be read to the end.
const MAX_CANDIDATES: usize = 8;

/// A field of the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Cause,
    Steps,
    Quotes,
    FindOut,
    Confidence,
}

impl Field {
    fn from_key(key: &str) -> Option<Self> {
        let letters: String =
            key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        Some(match letters.as_str() {
            "cause" | "likelycause" | "rootcause" => Self::Cause,
            "steps" | "suggestedsteps" | "nextsteps" | "trynext" | "actions" => Self::Steps,
            "quotes" | "evidence" => Self::Quotes,
            "tofindout" | "findout" | "questions" => Self::FindOut,
            "confidence" => Self::Confidence,
            _ => return None,
        })
    }
}

/// The first object in a text that has a field of an answer, and the bytes that it takes.
pub(super) fn find(text: &str) -> Option<(Answer, std::ops::Range<usize>)> {
    let braces = text.match_indices('{').map(|(at, _)| at);
    braces.take(MAX_CANDIDATES).find_map(|at| {
        let (node, length) = json::read(&text[at..])?;
        Some((to_answer(&node)?, at..at + length))
    })
}

fn to_answer(node: &Node) -> Option<Answer> {
    let Json::Object(members) = &node.value else { return None };
    let fields: Vec<(Field, &Node)> =
        members.iter().filter_map(|(key, node)| Some((Field::from_key(key)?, node))).collect();
    if fields.is_empty() {
        return None;
    }
    let find = |field| fields.iter().find(|(found, _)| *found == field).map(|(_, node)| *node);
    // A field that has not begun is not whole unless the object is.
    let part = |field| find(field).map_or((None, node.is_whole), |found| (Some(found), found.is_whole));
    let (cause, cause_is_whole) = part(Field::Cause);
    Some(Answer {
        cause: Part {
            value: cause.and_then(Node::text).map(markup::plain_line).unwrap_or_default(),
            is_whole: cause_is_whole,
        },
        steps: list(part(Field::Steps), step_text),
        quotes: list(part(Field::Quotes), quote_of),
        find_out: list(part(Field::FindOut), |node| node.text().map(markup::plain_line)),
        confidence: find(Field::Confidence)
            .filter(|it| it.is_whole)
            .and_then(Node::text)
            .and_then(read_confidence),
        is_prose: false,
    })
}

/// The whole elements of a list; a single value counts as a list of one.
fn list<T>((node, is_whole): (Option<&Node>, bool), read: impl Fn(&Node) -> Option<T>) -> Part<Vec<T>> {
    let elements: &[Node] = match node {
        None => &[],
        Some(node) => match &node.value {
            Json::List(elements) => elements,
            Json::Word(_) | Json::Text(_) | Json::Object(_) => std::slice::from_ref(node),
        },
    };
    Part { value: elements.iter().filter(|node| node.is_whole).filter_map(read).collect(), is_whole }
}

fn member<'n>(members: &'n [(String, Node)], names: &[&str]) -> Option<&'n str> {
    let found = names.iter().find_map(|name| members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)));
    found.and_then(|(_, node)| node.text())
}

fn step_text(node: &Node) -> Option<String> {
    let text = match &node.value {
        Json::Object(members) => {
            let text = member(members, &["action", "text", "step", "title", "description", "instruction"]);
            let command = member(members, &["command", "cmd", "code"]);
            let text = markup::plain_line(text.unwrap_or_default());
            command.map_or_else(|| text.clone(), |command| markup::join_command(&text, command))
        }
        Json::Text(text) => markup::plain_line(text),
        Json::Word(_) | Json::List(_) => return None,
    };
    let text = markup::list_item(&text).map_or(text.as_str(), |(_, text)| text);
    let text = quote::without_tried_marker(text);
    (!text.is_empty()).then(|| text.to_owned())
}

fn quote_of(node: &Node) -> Option<Evidence> {
    match &node.value {
        Json::Object(members) => {
            let message = member(members, &["message", "message_seq", "seq", "number", "id"])?;
            let quote = member(members, &["words", "quote", "text"])?;
            let digits: String = message.chars().filter(char::is_ascii_digit).collect();
            Some(Evidence { message_seq: digits.parse().ok()?, quote: quote.to_owned() })
        }
        Json::Text(text) => quote::read(text),
        Json::Word(_) | Json::List(_) => None,
    }
}
