//! The command line: parsing, completions and running a line.

use tierup_common::handoff::HandoffStatus;
use tierup_common::id::{HandoffId, Number};

use crate::effect::Effect;
use crate::keymap::{Action, Context, LineAction, Move};
use crate::state::State;
use crate::state::command_line::{CommandLine, Completion};
use crate::state::composer::Composer;
use crate::state::layer::Layer;
use crate::state::sort_order::SortOrder;
use crate::text::safe;
use crate::update::open_by_number::NumberKind;
use crate::update::{appearance, claims, filter, navigate, open_by_number, queue};

/// Lines in the history, at most.
const MAX_HISTORY: usize = 100;
/// Completions, at most.
const COMPLETION_LIMIT: usize = 50;

/// A command: an action with an argument.
struct LineCommand {
    name: &'static str,
    argument: ArgumentKind,
    description: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ArgumentKind {
    /// An open handoff, by its number.
    OpenHandoff,
    /// Any handoff or session, by its number. Only listed handoffs are completed.
    AnyNumber,
    Theme,
    SortOrder,
    OnOff,
    FreeText,
}

const COMMANDS: [LineCommand; 6] = [
    LineCommand {
        name: "claim",
        argument: ArgumentKind::OpenHandoff,
        description: "Claim a handoff by its number",
    },
    LineCommand {
        name: "open",
        argument: ArgumentKind::AnyNumber,
        description: "Open a handoff or a session (s17) by its number",
    },
    LineCommand { name: "filter", argument: ArgumentKind::FreeText, description: "Filter the list" },
    LineCommand { name: "sort", argument: ArgumentKind::SortOrder, description: "Sort the list" },
    LineCommand { name: "theme", argument: ArgumentKind::Theme, description: "Change the theme" },
    LineCommand { name: "mouse", argument: ArgumentKind::OnOff, description: "Turn the mouse on or off" },
];

/// An action that was chosen by its name, in the palette or on the command line.
#[derive(Clone, Copy)]
pub(super) struct ChosenAction {
    /// The place of the action.
    pub(super) context: Context,
    pub(super) action: Action,
}

/// A parsed line.
enum ParsedCommand {
    Action(Action),
    Claim(HandoffId),
    Open(HandoffId),
    Find(NumberKind, Number),
    Filter(String),
    Sort(SortOrder),
    Theme(String),
    Mouse(bool),
}

/// Opens the command line over a place.
pub(super) fn open(state: &mut State, context: Context) {
    let mut line = CommandLine::new(context);
    line.completions = completions(state, context, "");
    state.layers.push(Layer::CommandLine(Box::new(line)));
}

pub(super) fn run_action(
    state: &mut State,
    action: LineAction,
    effects: &mut Vec<Effect>,
) -> Option<ChosenAction> {
    let line = state.top_command_line_mut()?;
    match action {
        LineAction::Accept => return accept(state, effects),
        LineAction::Complete => line.cycle_completion(1),
        LineAction::CompleteBack => line.cycle_completion(-1),
        LineAction::Cancel => {
            state.layers.pop();
        }
    }
    None
}

/// Goes through the history.
pub(super) fn browse_history(state: &mut State, movement: Move) {
    let count = state.command_history.len();
    let Some(offset) = state.top_command_line_mut().map(|line| line.history_offset) else { return };
    let offset = match movement {
        Move::Up => (offset + 1).min(count),
        Move::Down => offset.saturating_sub(1),
        Move::Top => count,
        Move::Bottom => 0,
        Move::PageUp | Move::PageDown => return,
    };
    let text = state.command_history.get(count.wrapping_sub(offset)).cloned().unwrap_or_default();
    if let Some(command) = state.top_command_line_mut() {
        command.input = Composer::with_text(&text);
    }
    refresh_completions(state);
    if let Some(command) = state.top_command_line_mut() {
        command.history_offset = offset;
    }
}

/// Runs a line. A line that names an action comes back as that action. Errors are for the user.
pub(super) fn run_line(
    state: &mut State,
    context: Context,
    line: &str,
    effects: &mut Vec<Effect>,
) -> Result<Option<ChosenAction>, String> {
    match parse_line(state, context, line)? {
        ParsedCommand::Action(action) => return Ok(Some(ChosenAction { context, action })),
        ParsedCommand::Claim(id) => {
            return_to_queue(state);
            claims::claim_handoff(state, id, effects);
        }
        ParsedCommand::Open(id) => open_handoff(state, id, effects),
        ParsedCommand::Find(kind, number) => open_by_number::find(state, kind, number, effects),
        ParsedCommand::Filter(words) => {
            return_to_queue(state);
            filter::set(state, &words);
        }
        ParsedCommand::Sort(sort) => queue::set_sort_order(state, sort),
        ParsedCommand::Theme(name) => appearance::set_theme(state, &name),
        ParsedCommand::Mouse(on) => appearance::set_mouse_capture(state, on, effects),
    }
    Ok(None)
}

/// Opens a handoff: its session, if it is the user's own, else its briefing.
pub(super) fn open_handoff(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    let Some(item) = state.queue.item(id) else { return };
    let is_mine = state.is_mine(item);
    return_to_queue(state);
    if is_mine {
        navigate::to_own_session(state, id, effects);
    } else {
        navigate::to_briefing(state, id, effects);
    }
}

/// Complete command lines for the palette, with their labels.
pub(super) fn ready_commands(state: &State) -> impl Iterator<Item = (String, String)> {
    let themes = state.settings.theme_names().map(|name| (format!("theme {name}"), format!("Theme: {name}")));
    let orders =
        SortOrder::ALL.map(|sort| (format!("sort {}", sort.as_str()), format!("Sort by {}", sort.as_str())));
    orders.into_iter().chain(themes)
}

/// Closes all layers and returns to the list.
fn return_to_queue(state: &mut State) {
    state.layers.clear();
    navigate::to_queue(state);
}

fn accept(state: &mut State, effects: &mut Vec<Effect>) -> Option<ChosenAction> {
    let command_line = state.top_command_line_mut()?;
    let (context, line) = (command_line.context, command_line.input.text().trim().to_owned());
    let line = expand_unique_completion(command_line, line);
    let layer = state.layers.pop()?;
    if line.is_empty() {
        return None;
    }
    match run_line(state, context, &line, effects) {
        Ok(chosen) => {
            state.command_history.retain(|known| *known != line);
            state.command_history.push(line);
            let surplus = state.command_history.len().saturating_sub(MAX_HISTORY);
            state.command_history.drain(..surplus);
            chosen
        }
        Err(error) => {
            state.layers.push(layer);
            if let Some(command_line) = state.top_command_line_mut() {
                command_line.error = Some(error);
            }
            None
        }
    }
}

/// Completes a line that has only one completion. A number is never completed, nor is an argument that was not begun.
fn expand_unique_completion(command: &CommandLine, line: String) -> String {
    let last = line.split_once(' ').map_or(line.as_str(), |(_, argument)| argument).trim_start_matches('#');
    if last.is_empty() || last.bytes().all(|byte| byte.is_ascii_digit()) || line.ends_with(' ') {
        return line;
    }
    let is_begun = |completion: &&Completion| {
        let verb = completion.label.split_once('.').map_or(completion.label.as_str(), |(_, verb)| verb);
        completion.label.starts_with(last) || verb.starts_with(last)
    };
    let mut begun = command.completions.iter().filter(is_begun);
    match (begun.next(), begun.next(), command.completions.as_slice()) {
        (Some(only), None, _) | (None, _, [only]) => only.line.clone(),
        _ => line,
    }
}

/// Finds the completions of the line.
pub(super) fn refresh_completions(state: &mut State) {
    let Some(command) = state.top_command_line_mut() else { return };
    let (context, text) = (command.context, command.input.text());
    let completions = completions(state, context, &text);
    if let Some(command) = state.top_command_line_mut() {
        (command.completions, command.selected, command.error, command.history_offset) =
            (completions, None, None, 0);
    }
}

fn parse_line(state: &State, context: Context, line: &str) -> Result<ParsedCommand, String> {
    let (word, rest) = line.split_once(' ').map_or((line, ""), |(word, rest)| (word, rest.trim()));
    let Some(command) = COMMANDS.iter().find(|command| command.name == word) else {
        return find_action(state, context, word)
            .filter(|_| rest.is_empty())
            .map(ParsedCommand::Action)
            .ok_or_else(|| format!("Unknown command {line:?}: press Tab for a list"));
    };
    match command.argument {
        ArgumentKind::OpenHandoff => find_handoff(state, rest).map(ParsedCommand::Claim),
        ArgumentKind::AnyNumber => {
            let (kind, number) =
                open_by_number::parse_number(rest).ok_or("Which one? Write 17, #17 or s17")?;
            let listed = find_handoff(state, rest).ok().filter(|_| kind != NumberKind::Session);
            Ok(listed.map_or(ParsedCommand::Find(kind, number), ParsedCommand::Open))
        }
        ArgumentKind::FreeText => Ok(ParsedCommand::Filter(rest.to_owned())),
        ArgumentKind::SortOrder => {
            let sort = SortOrder::ALL.into_iter().find(|sort| sort.as_str() == rest);
            sort.map(ParsedCommand::Sort).ok_or_else(|| "Sort by priority, age or updated".into())
        }
        ArgumentKind::Theme => {
            let known = state.settings.theme_names().any(|name| name == rest);
            known.then(|| ParsedCommand::Theme(rest.to_owned())).ok_or_else(|| {
                format!(
                    "Unknown theme: choose one of {}",
                    state.settings.theme_names().collect::<Vec<_>>().join(", ")
                )
            })
        }
        ArgumentKind::OnOff => match rest {
            "on" => Ok(ParsedCommand::Mouse(true)),
            "off" => Ok(ParsedCommand::Mouse(false)),
            "" => Ok(ParsedCommand::Action(Action::ToggleMouse)),
            _ => Err("Use on or off".into()),
        },
    }
}

/// An action of a place by its name, with or without the prefix of the place.
fn find_action(state: &State, context: Context, word: &str) -> Option<Action> {
    if word == "q" {
        return Some(Action::Quit);
    }
    let named = |name: &str| name == word || name.split_once('.').is_some_and(|(_, verb)| verb == word);
    state
        .settings
        .keymap
        .bindings_in(context)
        .find(|binding| named(&binding.action_name()))
        .map(|binding| binding.action)
}

fn find_handoff(state: &State, text: &str) -> Result<HandoffId, String> {
    let number = text.trim_start_matches(['#', 'h']);
    if number.is_empty() {
        return Err("Which handoff? Press Tab for a list".into());
    }
    let found = state.queue.items().find(|item| item.number.to_string() == number);
    found.map(|item| item.id).ok_or_else(|| format!("No #{number} in the lists"))
}

/// The completions of a line, the likeliest first.
fn completions(state: &State, context: Context, text: &str) -> Vec<Completion> {
    let Some((word, rest)) = text.split_once(' ') else {
        return first_word_completions(state, context, text);
    };
    let Some(command) = COMMANDS.iter().find(|command| command.name == word) else { return Vec::new() };
    let rest = rest.trim_start();
    let of_words = |words: &mut dyn Iterator<Item = (String, String)>| {
        let matching = words.filter(|(word, _)| word.starts_with(rest));
        let completion = |(label, description): (String, String)| Completion {
            line: format!("{word} {label}"),
            label,
            description,
        };
        matching.take(COMPLETION_LIMIT).map(completion).collect::<Vec<_>>()
    };
    let bare = |word: &str| (word.to_owned(), String::new());
    match command.argument {
        ArgumentKind::FreeText => Vec::new(),
        ArgumentKind::SortOrder => of_words(&mut SortOrder::ALL.iter().map(|sort| bare(sort.as_str()))),
        ArgumentKind::Theme => of_words(&mut state.settings.theme_names().map(bare)),
        ArgumentKind::OnOff => of_words(&mut ["on", "off"].into_iter().map(bare)),
        ArgumentKind::OpenHandoff | ArgumentKind::AnyNumber => {
            let query = rest.trim_start_matches('#').to_lowercase();
            let matching = state.queue.listed_handoffs().filter(|item| {
                (command.argument == ArgumentKind::AnyNumber || item.status == HandoffStatus::Open)
                    && (item.number.to_string().starts_with(&query)
                        || item.problem_summary.to_lowercase().contains(&query))
            });
            let completion = |item: &tierup_common::handoff::QueueItem| Completion {
                line: format!("{word} {}", item.number),
                label: format!("#{}", item.number),
                description: safe::sanitize_line(&item.problem_summary).into(),
            };
            matching.take(COMPLETION_LIMIT).map(completion).collect()
        }
    }
}

fn first_word_completions(state: &State, context: Context, text: &str) -> Vec<Completion> {
    let commands = COMMANDS.iter().map(|command| Completion {
        line: format!("{} ", command.name),
        label: command.name.into(),
        description: command.description.into(),
    });
    let bindings = state.settings.keymap.bindings_in(context).map(|binding| Completion {
        line: binding.action_name(),
        label: binding.action_name(),
        description: binding.description.into_owned(),
    });
    let (mut prefixed, mut containing) = (Vec::new(), Vec::new());
    for completion in commands.chain(bindings) {
        let verb = completion.label.split_once('.').map_or(completion.label.as_str(), |(_, verb)| verb);
        if completion.label.starts_with(text) || verb.starts_with(text) {
            prefixed.push(completion);
        } else if completion.label.contains(text) {
            containing.push(completion);
        }
    }
    prefixed.extend(containing);
    prefixed.truncate(COMPLETION_LIMIT);
    prefixed
}
