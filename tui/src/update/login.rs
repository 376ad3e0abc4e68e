//! The log-in: when the console is opened for the first time, and when a token works no more.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tierup_common::problem::Code;
use tierup_common::trim::bare;

use crate::effect::{Credentials, Effect, Ticket};
use crate::event::{Failure, Reply, Welcome};
use crate::keymap::{Action, Context, DialogVerb};
use crate::state::State;
use crate::state::layer::Layer;
use crate::state::link::Link;
use crate::state::login::{Field, LogIn, Why};
use crate::state::toast::Tone;
use crate::text::pasted::{can_be_overheard, line_of_a_password};
use crate::text::safe;
use crate::update::{load, reply};

/// Asks for a log-in, if it is not asked for already.
pub(super) fn ask(state: &mut State, why: Why) {
    let is_asked = state.layers.iter().any(|layer| matches!(layer, Layer::LogIn(_)));
    if is_asked {
        return;
    }
    let email = state.me.as_ref().map(|me| me.user.email.as_str());
    let came_at = matches!(why, Why::Ended(_)).then_some(state.now);
    let login = LogIn { came_at, ..LogIn::new(why, state.server.as_deref(), email) };
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

/// The token works no more. It is asked for another once: who puts that away is not asked by every answer again.
pub(super) fn ended(state: &mut State, why: String) {
    let ended = Link::Refused("logged out".into());
    if state.link != ended {
        state.link = ended;
        ask(state, Why::Ended(why));
    }
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
            // What the server answers must find it here.
            Why::Ended(_) | Why::Asked if login.sending.is_some() => {}
            Why::Ended(_) => {
                state.layers.pop();
                let palette = state.settings.keymap.key_for(Context::Global, Action::Palette);
                let text = format!("You are logged out: {palette}, then “log in”, asks again");
                state.toast(Tone::Info, text);
            }
            Why::Asked => {
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
    match login.focus {
        Field::Server => login.server.paste_in_line(bare(text)),
        Field::Email => login.email.paste_in_line(bare(text)),
        // A token has nothing around it; a password may.
        Field::Secret if login.address().is_none() => {
            bare(text).chars().for_each(|c| login.secret.push(c));
        }
        Field::Secret => line_of_a_password(text).chars().for_each(|c| login.secret.push(c)),
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
        let server = bare(&login.server.text()).to_owned();
        if can_be_overheard(&server) && login.warned_of.as_ref() != Some(&server) {
            let secret = login.secret_is().to_lowercase();
            login.error = Some(format!(
                "This is not encrypted: others can read your {secret} on its way. https:// is safe; Enter again sends it"
            ));
            login.warned_of = Some(server);
            return;
        }
        (login.sending, login.error) = (Some(ticket), None);
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
        // The streams begin anew, at what is newest then.
        state.watches.clear();
        (state.heard, state.queue.live_from) = (None, None);
        // Whether events come late on the new stream is not known yet.
        state.poll_every = None;
        give_up(state, effects);
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
    load::open_session(state, effects);
}

/// Nobody answers any more what was asked before: all of it has failed.
fn give_up(state: &mut State, effects: &mut Vec<Effect>) {
    for (ticket, call) in std::mem::take(&mut state.asked) {
        let failure = Failure::unreachable("you logged in again before it was answered");
        reply::reply(state, Reply { ticket, call, result: Err(failure) }, effects);
    }
}
