//! The log-in: when the console is opened for the first time, and when a token works no more.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tierup_common::problem::Code;

use crate::effect::{Credentials, Effect, Ticket};
use crate::event::{Failure, Reply, Welcome};
use crate::keymap::DialogVerb;
use crate::state::layer::Layer;
use crate::state::link::Link;
use crate::state::login::{Field, LogIn, Why};
use crate::state::toast::Tone;
use crate::state::{Screen, State};
use crate::text::safe;
use crate::update::load;

/// Asks for a log-in, if it is not asked for already.
pub(super) fn ask(state: &mut State, why: Why) {
    let is_asked = state.layers.iter().any(|layer| matches!(layer, Layer::LogIn(_)));
    if is_asked {
        return;
    }
    let email = state.me.as_ref().map(|me| me.user.email.as_str());
    let login = LogIn::new(why, state.server.as_deref(), email);
    state.layers.push(Layer::LogIn(Box::new(login)));
}

/// Hears of every answer: one that says that the token works no more asks for a log-in.
pub(super) fn overhear(state: &mut State, reply: &Reply) {
    if let Err(Failure::Problem(problem)) = &reply.result
        && problem.code() == Some(Code::Unauthenticated)
    {
        ended(state, problem.detail.clone().unwrap_or_else(|| problem.title.clone()));
    }
}

/// The token works no more.
pub(super) fn ended(state: &mut State, why: String) {
    state.link = Link::Refused("logged out".into());
    ask(state, Why::Ended(why));
}

pub(super) fn is_open(state: &State) -> bool {
    matches!(state.layers.last(), Some(Layer::LogIn(_)))
}

pub(super) fn act(state: &mut State, verb: DialogVerb, effects: &mut Vec<Effect>) {
    let Some(login) = top(state) else { return };
    match verb {
        DialogVerb::NextField => login.focus = login.focus.step(1),
        DialogVerb::PreviousField => login.focus = login.focus.step(2),
        DialogVerb::Newline => {}
        DialogVerb::Cancel => match login.why {
            // There is nothing behind it yet.
            Why::First => effects.push(Effect::Quit),
            Why::Ended(_) => {
                state.layers.pop();
            }
        },
        DialogVerb::Submit => submit(state, effects),
    }
}

/// A key that is no command: it goes to the field that has the keys.
pub(super) fn type_key(state: &mut State, key: KeyEvent) {
    let Some(login) = top(state) else { return };
    if login.sending.is_some() {
        return;
    }
    login.error = None;
    match login.focus {
        Field::Server => login.server.key(key),
        Field::Email => login.email.key(key),
        Field::Secret => match (key.code, key.modifiers) {
            (KeyCode::Backspace, _) => login.secret.pop(),
            (KeyCode::Char('u' | 'w'), KeyModifiers::CONTROL) => login.secret.clear(),
            (KeyCode::Char(c), KeyModifiers::NONE | KeyModifiers::SHIFT) => login.secret.push(c),
            _ => {}
        },
    }
}

pub(super) fn paste(state: &mut State, text: &str) {
    let Some(login) = top(state) else { return };
    let line = text.trim();
    match login.focus {
        Field::Server => login.server.paste(&line.replace(['\n', '\r'], "")),
        Field::Email => login.email.paste(&line.replace(['\n', '\r'], "")),
        Field::Secret => line.chars().for_each(|c| login.secret.push(c)),
    }
}

fn top(state: &mut State) -> Option<&mut LogIn> {
    state
        .layers
        .iter_mut()
        .rev()
        .find_map(|layer| if let Layer::LogIn(login) = layer { Some(login.as_mut()) } else { None })
}

/// Goes to the first field that is empty, or else logs in.
fn submit(state: &mut State, effects: &mut Vec<Effect>) {
    let ticket = state.ticket();
    let Some(login) = top(state) else { return };
    if login.sending.is_some() {
        return;
    }
    if login.server.is_blank() {
        login.focus = Field::Server;
        login.error = Some("Say which server, like http://127.0.0.1:7890".into());
    } else if login.secret.is_empty() {
        login.error = match login.focus {
            Field::Server | Field::Email => None,
            Field::Secret => Some(format!("The {} is missing", login.secret_is().to_lowercase())),
        };
        login.focus = login.focus.step(usize::from(login.focus != Field::Secret));
    } else {
        (login.sending, login.error) = (Some(ticket), None);
        let server = login.server.text().trim().to_owned();
        let credentials = Credentials { server, email: login.address(), secret: login.secret.clone() };
        effects.push(Effect::LogIn(ticket, credentials));
    }
}

/// What came of a log-in.
pub(super) fn answered(
    state: &mut State,
    ticket: Ticket,
    result: Result<Welcome, String>,
    effects: &mut Vec<Effect>,
) {
    let Some(login) = top(state).filter(|login| login.sending == Some(ticket)) else { return };
    match result {
        Ok(welcome) => begin(state, welcome, effects),
        Err(why) => {
            login.sending = None;
            login.error = Some(safe::line(&why));
        }
    }
}

/// Begins as somebody: where they were, if they are who they were, else from the beginning.
fn begin(state: &mut State, welcome: Welcome, effects: &mut Vec<Effect>) {
    let Welcome { server, me, place } = welcome;
    let is_same = state.server.as_ref() == Some(&server)
        && state.me.as_ref().is_some_and(|known| known.user.id == me.user.id);
    if is_same {
        state.layers.retain(|layer| !matches!(layer, Layer::LogIn(_)));
        state.watches.clear();
        state.claiming = None;
        state.doing.clear();
    } else {
        state.start_over();
    }
    state.link = Link::Connecting;
    let text = format!("Logged in as {}; the token is kept in {place}", me.user.name);
    state.toast(Tone::Good, safe::line(&text));
    (state.server, state.me) = (Some(server), Some(me));
    effects.push(Effect::Follow);
    load::me(state, effects);
    load::lists(state, effects);
    if let Screen::Session(chat) = &state.screen {
        load::session(state, chat.id, effects);
    }
}
