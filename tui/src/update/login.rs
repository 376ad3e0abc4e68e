//! The log-in: on the first run, when a token expires, and on request.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tierup_common::problem::Code;
use tierup_common::trim::trim_value;

use crate::effect::{CallId, Credentials, Effect};
use crate::event::{CallError, LoggedInUser, Reply};
use crate::keymap::{Action, Context, DialogAction, EditAction};
use crate::state::State;
use crate::state::connection::ConnectionState;
use crate::state::layer::Layer;
use crate::state::login::{LogInField, LogInForm, LogInReason};
use crate::state::request::Request;
use crate::state::toast::ToastLevel;
use crate::text::login_input::{is_unencrypted_remote, trim_password_line, with_scheme};
use crate::text::safe;
use crate::update::{calls, replies};

/// Opens the log-in form, unless it is open.
pub(super) fn open(state: &mut State, reason: LogInReason) {
    let is_open = state.layers.iter().any(|layer| matches!(layer, Layer::LogIn(_)));
    if is_open {
        return;
    }
    let email = state.me.as_ref().map(|me| me.user.email.as_str());
    let opened_at = matches!(reason, LogInReason::TokenExpired(_)).then_some(state.now);
    let login = LogInForm { opened_at, ..LogInForm::new(reason, state.server_url.as_deref(), email) };
    state.layers.push(Layer::LogIn(Box::new(login)));
}

/// Looks at every reply: one that refuses the token opens the log-in form.
pub(super) fn observe(state: &mut State, reply: &Reply) {
    if let Err(CallError::Problem(problem)) = &reply.result
        && problem.code() == Some(Code::Unauthenticated)
    {
        expire_token(state, problem.detail.clone().unwrap_or_else(|| problem.title.clone()));
    }
}

/// The token has expired. The form opens once: a user who closes it does not get it again with every reply.
pub(super) fn expire_token(state: &mut State, reason: String) {
    let logged_out = ConnectionState::Refused("logged out".into());
    if state.connection != logged_out {
        state.connection = logged_out;
        open(state, LogInReason::TokenExpired(reason));
    }
}

pub(super) fn run_action(state: &mut State, action: DialogAction, effects: &mut Vec<Effect>) {
    let Some(login) = state.login_form_mut() else { return };
    match action {
        DialogAction::NextField => login.focus = login.focus.next_by(1),
        DialogAction::PreviousField => login.focus = login.focus.next_by(2),
        DialogAction::Newline => {}
        DialogAction::Cancel => match login.reason {
            // There is nothing behind the form yet.
            LogInReason::FirstRun => effects.push(Effect::Quit),
            // The reply needs the form.
            LogInReason::TokenExpired(_) | LogInReason::Requested if login.request.is_pending() => {}
            LogInReason::TokenExpired(_) => {
                state.layers.pop();
                let palette = state.settings.keymap.key_for(Context::Global, Action::Palette);
                let text = format!("Logged out: press {palette} and choose “Log in”");
                state.show_toast(ToastLevel::Info, text);
            }
            LogInReason::Requested => {
                state.layers.pop();
            }
        },
        DialogAction::Submit => submit(state, effects),
    }
}

/// A key that is bound to no action: for the field that has the keys.
pub(super) fn handle_key(state: &mut State, key: KeyEvent) {
    let Some(login) = state.login_form_mut() else { return };
    if login.request.is_pending() {
        return;
    }
    login.request.clear_error();
    match login.focus {
        LogInField::Server => {
            if matches!(key.code, KeyCode::Char(_)) {
                login.drop_suggested_server();
            }
            login.is_server_suggested = false;
            login.server_url.handle_key(key);
        }
        LogInField::Email => login.email.handle_key(key),
        LogInField::Secret => match (key.code, key.modifiers) {
            (KeyCode::Backspace, _) => login.secret.pop(),
            (KeyCode::Char(c), KeyModifiers::NONE | KeyModifiers::SHIFT) => login.secret.push(c),
            _ => {}
        },
    }
}

/// Edits the last field, whose text is not shown: what deletes more than a character deletes it all, and keeps nothing.
pub(super) fn edit(state: &mut State, action: EditAction) {
    let Some(login) = state.login_form_mut() else { return };
    if login.focus != LogInField::Secret || login.request.is_pending() {
        return;
    }
    match action {
        EditAction::KillToStart | EditAction::KillBlankWord | EditAction::KillWordBack => {
            login.secret.clear();
        }
        EditAction::DeleteBack => login.secret.pop(),
        EditAction::LineStart
        | EditAction::LineEnd
        | EditAction::Left
        | EditAction::Right
        | EditAction::WordLeft
        | EditAction::WordRight
        | EditAction::DeleteForward
        | EditAction::KillToEnd
        | EditAction::KillWord
        | EditAction::Yank
        | EditAction::Undo
        | EditAction::Redo => {}
    }
}

/// Empties the last field, if it has the keys; false if there is nothing in it.
pub(super) fn clear_secret(state: &mut State) -> bool {
    let is_focused =
        |login: &&mut LogInForm| login.focus == LogInField::Secret && !login.request.is_pending();
    let Some(login) = state.login_form_mut().filter(is_focused) else { return false };
    let had_text = !login.secret.is_empty();
    login.secret.clear();
    had_text
}

pub(super) fn paste(state: &mut State, text: &str) {
    let Some(login) = state.login_form_mut() else { return };
    match login.focus {
        LogInField::Server => {
            login.drop_suggested_server();
            login.server_url.paste_single_line(trim_value(text));
        }
        LogInField::Email => login.email.paste_single_line(trim_value(text)),
        // A token has no blanks around it; a password may have some.
        LogInField::Secret if login.entered_email().is_none() => {
            trim_value(text).chars().for_each(|c| login.secret.push(c));
        }
        LogInField::Secret => trim_password_line(text).chars().for_each(|c| login.secret.push(c)),
    }
}

/// Moves to the first empty field, or else logs in.
fn submit(state: &mut State, effects: &mut Vec<Effect>) {
    let call_id = state.next_call_id();
    let Some(login) = state.login_form_mut() else { return };
    if login.request.is_pending() {
        return;
    }
    if login.server_url.is_blank() {
        login.focus = LogInField::Server;
        login.request = Request::Failed("A server is required, like http://127.0.0.1:7890".into());
    } else if login.secret.is_empty() {
        login.request = match login.focus {
            LogInField::Server | LogInField::Email => Request::Idle,
            LogInField::Secret => {
                Request::Failed(format!("The {} is required", login.secret_label().to_lowercase()))
            }
        };
        login.focus = login.focus.next_by(usize::from(login.focus != LogInField::Secret));
    } else {
        let server = with_scheme(&login.server_url.text()).into_owned();
        if is_unencrypted_remote(&server) && login.warned_server.as_ref() != Some(&server) {
            let secret = login.secret_label().to_lowercase();
            login.request = Request::Failed(format!(
                "Not encrypted: others could read your {secret}. Use https://, or press Enter again to send it anyway"
            ));
            login.warned_server = Some(server);
            return;
        }
        login.request = Request::Pending(call_id);
        let credentials =
            Credentials { server_url: server, email: login.entered_email(), secret: login.secret.clone() };
        effects.push(Effect::LogIn(call_id, credentials));
    }
}

/// The result of a log-in.
pub(super) fn apply_result(
    state: &mut State,
    call_id: CallId,
    result: Result<LoggedInUser, String>,
    effects: &mut Vec<Effect>,
) {
    let Some(login) = state.login_form_mut().filter(|login| login.request.awaits(call_id)) else {
        return;
    };
    match result {
        Ok(user) => complete_login(state, user, effects),
        Err(error) => {
            login.request = Request::Failed(safe::sanitize_line(&error).into());
        }
    }
}

/// Continues where the user was, if it is the same user, or else starts from the beginning.
fn complete_login(state: &mut State, user: LoggedInUser, effects: &mut Vec<Effect>) {
    let LoggedInUser { server_url, me, token_location } = user;
    let is_same = state.server_url.as_ref() == Some(&server_url)
        && state.me.as_ref().is_some_and(|known| known.user.id == me.user.id);
    if is_same {
        state.layers.retain(|layer| !matches!(layer, Layer::LogIn(_)));
        // The streams start again, at the newest event then.
        state.stream_filters.clear();
        (state.last_event_seq, state.queue.stream_start_seq) = (None, None);
        // It is unknown whether the new stream delivers events in time.
        state.poll_interval = None;
        fail_pending_calls(state, effects);
    } else {
        state.reset();
    }
    state.connection = ConnectionState::Connecting;
    let text = format!("Logged in as {}; token saved in {token_location}", me.user.name);
    state.show_toast(ToastLevel::Success, safe::sanitize_line(&text));
    (state.server_url, state.me) = (Some(server_url), Some(me));
    effects.push(Effect::OpenTeamStream);
    calls::fetch_me(state, effects);
    calls::fetch_lists(state, effects);
    calls::refetch_open_session(state, effects);
}

/// Fails all calls that were waiting for a reply.
fn fail_pending_calls(state: &mut State, effects: &mut Vec<Effect>) {
    for (call_id, call) in std::mem::take(&mut state.pending_calls) {
        let error = CallError::unreachable("interrupted by a new login");
        replies::apply_reply(state, Reply { call_id, call, result: Err(error) }, effects);
    }
}
