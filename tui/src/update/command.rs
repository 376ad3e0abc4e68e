//! The command line: what a line means, how it could go on, and doing it.

use crossterm::event::{KeyCode, KeyEvent};
use tierup_common::handoff::HandoffStatus;
use tierup_common::id::HandoffId;

use crate::effect::Effect;
use crate::keymap::{Action, Context, LineVerb, Move};
use crate::state::State;
use crate::state::command::{CommandLine, Ending};
use crate::state::composer::Composer;
use crate::state::layer::Layer;
use crate::state::queue::Sort;
use crate::text::safe;
use crate::update::{act as act_on, filter, go, look, queue};

/// Lines that are remembered, at most.
const REMEMBERED: usize = 100;
/// Endings that are offered, at most.
const OFFERED: usize = 50;

/// A command: an action that needs to know something.
struct Command {
    name: &'static str,
    takes: Takes,
    about: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// A handoff that waits, by its number.
    Waiting,
    /// Any handoff of the lists.
    Handoff,
    Theme,
    Order,
    Switch,
    Words,
}

const COMMANDS: [Command; 6] = [
    Command { name: "claim", takes: Takes::Waiting, about: "Claim a handoff by its number" },
    Command { name: "open", takes: Takes::Handoff, about: "Open a handoff by its number" },
    Command { name: "filter", takes: Takes::Words, about: "Show only rows that say this" },
    Command { name: "sort", takes: Takes::Order, about: "Sort the list" },
    Command { name: "theme", takes: Takes::Theme, about: "Change the theme" },
    Command { name: "mouse", takes: Takes::Switch, about: "Take the mouse, or leave it to the terminal" },
];

/// What a line means.
enum Meant {
    Action(Action),
    Claim(HandoffId),
    Open(HandoffId),
    Filter(String),
    Sort(Sort),
    Theme(String),
    Mouse(bool),
}

/// Opens the line over a place.
pub(super) fn open(state: &mut State, of: Context) {
    let mut line = CommandLine::new(of);
    line.endings = endings(state, of, "");
    state.layers.push(Layer::Command(Box::new(line)));
}

pub(super) fn act(state: &mut State, verb: LineVerb, effects: &mut Vec<Effect>) {
    let Some(command) = top(state) else { return };
    match verb {
        LineVerb::Accept => accept(state, effects),
        LineVerb::Complete => command.complete(1),
        LineVerb::CompleteBack => command.complete(-1),
        LineVerb::Cancel => {
            state.layers.pop();
        }
    }
}

/// Goes through what was typed before.
pub(super) fn go_to(state: &mut State, to: Move) {
    let known = state.commands.len();
    let Some(back) = top(state).map(|command| command.back) else { return };
    let back = match to {
        Move::Up => (back + 1).min(known),
        Move::Down => back.saturating_sub(1),
        Move::Top => known,
        Move::Bottom => 0,
        Move::PageUp | Move::PageDown => return,
    };
    let text = state.commands.get(known.wrapping_sub(back)).cloned().unwrap_or_default();
    if let Some(command) = top(state) {
        command.line = Composer::with(&text);
    }
    changed(state);
    if let Some(command) = top(state) {
        command.back = back;
    }
}

pub(super) fn type_key(state: &mut State, key: KeyEvent) {
    let Some(command) = top(state) else { return };
    if key.code == KeyCode::Backspace && command.line.is_empty() {
        state.layers.pop();
        return;
    }
    command.line.key_in_line(key);
    changed(state);
}

pub(super) fn paste(state: &mut State, text: &str) {
    if let Some(command) = top(state) {
        command.line.paste_in_line(text);
        changed(state);
    }
}

/// Does what a line says, or says why not.
pub(super) fn run(
    state: &mut State,
    of: Context,
    line: &str,
    effects: &mut Vec<Effect>,
) -> Result<(), String> {
    match meaning(state, of, line)? {
        Meant::Action(action) => act_on(state, of, action, effects),
        Meant::Claim(id) => {
            leave(state);
            queue::pick_up(state, id, effects);
        }
        Meant::Open(id) => open_handoff(state, id, effects),
        Meant::Filter(words) => {
            leave(state);
            filter::set(state, &words);
        }
        Meant::Sort(sort) => queue::sort(state, sort),
        Meant::Theme(name) => look::wear(state, &name),
        Meant::Mouse(on) => look::mouse(state, on, effects),
    }
    Ok(())
}

/// Opens a handoff: its session, if it is the user's own, else its briefing.
pub(super) fn open_handoff(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    let Some(item) = state.queue.item(id) else { return };
    let is_mine = item.status == HandoffStatus::Claimed && item.claimed_by == state.my_id();
    leave(state);
    if is_mine {
        go::to_my_session(state, id, effects);
    } else {
        go::to_briefing(state, id, effects);
    }
}

/// Whole lines that can be chosen as they stand, and what they do.
pub(super) fn whole(state: &State) -> impl Iterator<Item = (String, String)> {
    let themes = state.settings.themes().map(|name| (format!("theme {name}"), format!("Theme: {name}")));
    let orders = Sort::ALL.map(|sort| (format!("sort {}", sort.word()), format!("Sort by {}", sort.word())));
    orders.into_iter().chain(themes)
}

fn top(state: &mut State) -> Option<&mut CommandLine> {
    let Some(Layer::Command(command)) = state.layers.last_mut() else { return None };
    Some(command)
}

/// Back to the list, with nothing over it.
fn leave(state: &mut State) {
    state.layers.clear();
    go::to_queue(state);
}

fn accept(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(command) = top(state) else { return };
    let (of, line) = (command.of, command.line.text().trim().to_owned());
    let line = unabridged(command, line);
    let Some(layer) = state.layers.pop() else { return };
    if line.is_empty() {
        return;
    }
    match run(state, of, &line, effects) {
        Ok(()) => {
            state.commands.retain(|known| *known != line);
            state.commands.push(line);
            let surplus = state.commands.len().saturating_sub(REMEMBERED);
            state.commands.drain(..surplus);
        }
        Err(why) => {
            state.layers.push(layer);
            if let Some(command) = top(state) {
                command.error = Some(why);
            }
        }
    }
}

/// What a line means that need not be typed to its end, because it can only go on in one way. But a number is meant as
/// it stands, and what is not begun is not meant at all.
fn unabridged(command: &CommandLine, line: String) -> String {
    let last = line.split_once(' ').map_or(line.as_str(), |(_, argument)| argument).trim_start_matches('#');
    if last.is_empty() || last.bytes().all(|byte| byte.is_ascii_digit()) || line.ends_with(' ') {
        return line;
    }
    let is_begun = |ending: &&Ending| {
        let verb = ending.word.split_once('.').map_or(ending.word.as_str(), |(_, verb)| verb);
        ending.word.starts_with(last) || verb.starts_with(last)
    };
    let mut begun = command.endings.iter().filter(is_begun);
    match (begun.next(), begun.next(), command.endings.as_slice()) {
        (Some(only), None, _) | (None, _, [only]) => only.line.clone(),
        _ => line,
    }
}

fn changed(state: &mut State) {
    let Some(command) = top(state) else { return };
    let (of, text) = (command.of, command.line.text());
    let endings = endings(state, of, &text);
    if let Some(command) = top(state) {
        (command.endings, command.at, command.error, command.back) = (endings, None, None, 0);
    }
}

fn meaning(state: &State, of: Context, line: &str) -> Result<Meant, String> {
    let (word, rest) = line.split_once(' ').map_or((line, ""), |(word, rest)| (word, rest.trim()));
    let Some(command) = COMMANDS.iter().find(|command| command.name == word) else {
        return action(state, of, word)
            .filter(|_| rest.is_empty())
            .map(Meant::Action)
            .ok_or_else(|| format!("There is no {line:?} here; Tab shows what there is"));
    };
    match command.takes {
        Takes::Waiting => handoff(state, rest).map(Meant::Claim),
        Takes::Handoff => handoff(state, rest).map(Meant::Open),
        Takes::Words => Ok(Meant::Filter(rest.to_owned())),
        Takes::Order => {
            let sort = Sort::ALL.into_iter().find(|sort| sort.word() == rest);
            sort.map(Meant::Sort).ok_or_else(|| "Sort by priority, age or updated".into())
        }
        Takes::Theme => {
            let known = state.settings.themes().any(|name| name == rest);
            known.then(|| Meant::Theme(rest.to_owned())).ok_or_else(|| {
                format!("The themes are {}", state.settings.themes().collect::<Vec<_>>().join(", "))
            })
        }
        Takes::Switch => match rest {
            "on" => Ok(Meant::Mouse(true)),
            "off" => Ok(Meant::Mouse(false)),
            "" => Ok(Meant::Action(Action::ToggleMouse)),
            _ => Err("The mouse is on or off".into()),
        },
    }
}

/// An action of a place by its name, with or without the place before it.
fn action(state: &State, of: Context, word: &str) -> Option<Action> {
    if word == "q" {
        return Some(Action::Quit);
    }
    let named = |name: &str| name == word || name.split_once('.').is_some_and(|(_, verb)| verb == word);
    state.settings.keymap.of(of).find(|binding| named(&binding.name())).map(|binding| binding.action)
}

fn handoff(state: &State, text: &str) -> Result<HandoffId, String> {
    let number = text.trim_start_matches('#');
    if number.is_empty() {
        return Err("Which? Tab shows the handoffs".into());
    }
    let found = state.queue.items().find(|item| item.number.to_string() == number);
    found.map(|item| item.id).ok_or_else(|| format!("There is no #{number} in the lists"))
}

/// How a line could go on, the likeliest first.
fn endings(state: &State, of: Context, text: &str) -> Vec<Ending> {
    let Some((word, rest)) = text.split_once(' ') else { return first_words(state, of, text) };
    let Some(command) = COMMANDS.iter().find(|command| command.name == word) else { return Vec::new() };
    let rest = rest.trim_start();
    let of_words = |words: &mut dyn Iterator<Item = (String, String)>| {
        let fitting = words.filter(|(word, _)| word.starts_with(rest));
        let ending = |(ending, about)| Ending { line: format!("{word} {ending}"), word: ending, about };
        fitting.take(OFFERED).map(ending).collect::<Vec<_>>()
    };
    let bare = |word: &str| (word.to_owned(), String::new());
    match command.takes {
        Takes::Words => Vec::new(),
        Takes::Order => of_words(&mut Sort::ALL.iter().map(|sort| bare(sort.word()))),
        Takes::Theme => of_words(&mut state.settings.themes().map(bare)),
        Takes::Switch => of_words(&mut ["on", "off"].into_iter().map(bare)),
        Takes::Waiting | Takes::Handoff => {
            let wanted = rest.trim_start_matches('#').to_lowercase();
            let fitting = state.queue.handoffs().filter(|item| {
                (command.takes == Takes::Handoff || item.status == HandoffStatus::Open)
                    && (item.number.to_string().starts_with(&wanted)
                        || item.problem_summary.to_lowercase().contains(&wanted))
            });
            let ending = |item: &tierup_common::handoff::QueueItem| Ending {
                line: format!("{word} {}", item.number),
                word: format!("#{}", item.number),
                about: safe::line(&item.problem_summary),
            };
            fitting.take(OFFERED).map(ending).collect()
        }
    }
}

fn first_words(state: &State, of: Context, text: &str) -> Vec<Ending> {
    let commands = COMMANDS.iter().map(|command| Ending {
        line: format!("{} ", command.name),
        word: command.name.into(),
        about: command.about.into(),
    });
    let bindings = state.settings.keymap.of(of).map(|binding| Ending {
        line: binding.name(),
        word: binding.name(),
        about: binding.about.into(),
    });
    let (mut first, mut then) = (Vec::new(), Vec::new());
    for ending in commands.chain(bindings) {
        let verb = ending.word.split_once('.').map_or(ending.word.as_str(), |(_, verb)| verb);
        if ending.word.starts_with(text) || verb.starts_with(text) {
            first.push(ending);
        } else if ending.word.contains(text) {
            then.push(ending);
        }
    }
    first.extend(then);
    first.truncate(OFFERED);
    first
}
