//! The only room with IO: the loop that lets things happen, paints, and waits for more.

pub mod activity;
pub mod api;
pub(crate) mod clock;
pub mod credentials;
pub mod data_dir;
pub mod editor;
mod effect_runner;
mod hyperlinks;
pub mod log;
mod login;
pub mod stream;
pub mod terminal;
pub mod terminal_host;

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::{Stream, StreamExt};
use ratatui::backend::Backend;
use ratatui::{Frame, Terminal};
use tierup_common::time::Timestamp;

use crate::effect::{Effect, StreamFilter};
use crate::event::Event;
use crate::keymap::{Action, Context};
use crate::runtime::activity::{Activity, EventSender};
use crate::runtime::api::ApiClient;
use crate::runtime::credentials::CredentialStore;
use crate::runtime::data_dir::DataDir;
use crate::runtime::effect_runner::EffectRunner;
use crate::runtime::hyperlinks::HyperlinkTracker;
use crate::runtime::terminal_host::TerminalHost;
use crate::settings::Settings;
use crate::state::State;
use crate::text::Safe;
use crate::update::{next_deadline, next_settle_deadline, start, start_logged_out, update};
use crate::view::paint;

/// However much happens, a picture stays for so long.
const FRAME_INTERVAL: Duration = Duration::from_millis(16);
/// What happens at once in a session and its handoff is told in two events: they share a picture.
const COALESCE_DELAY: Duration = Duration::from_millis(1);

/// What the console runs on.
pub struct ConsoleSetup {
    /// The way in.
    pub server_access: ServerAccess,
    /// What is kept on this machine.
    pub data_dir: DataDir,
    /// How the console looks and behaves.
    pub settings: Settings,
    /// Where it says what is under way.
    pub activity: Activity,
}

/// The way to a server, and to another one.
pub struct ServerAccess {
    /// The way to the server, if somebody has logged in.
    pub api: Option<ApiClient>,
    /// The server's address, if it is known.
    pub server_url: Option<String>,
    /// Where log-ins are kept.
    pub credentials: CredentialStore,
    /// How long an answer may take, that to a log-in too.
    pub response_timeout: Duration,
}

impl ServerAccess {
    /// The way that is there, with a vault for another.
    pub fn from_api(api: ApiClient, credentials: CredentialStore) -> Self {
        let answer_time = api.response_timeout();
        Self {
            server_url: Some(api.server_url().to_owned()),
            api: Some(api),
            credentials,
            response_timeout: answer_time,
        }
    }
}

/// Runs the console until the user leaves, `ended` resolves or the input ends.
pub async fn run<B>(
    terminal: &mut Terminal<B>,
    input: impl Stream<Item = Event>,
    shutdown: impl Future<Output = ()>,
    mut host: impl TerminalHost,
    setup: ConsoleSetup,
) -> io::Result<()>
where
    B: Backend,
    B::Error: Send + Sync + 'static,
{
    let ConsoleSetup { server_access, data_dir, settings, activity } = setup;
    let mut pending_guard = Some(activity.begin());
    let (server, is_logged_in) = (server_access.server_url.clone(), server_access.api.is_some());
    let (event_sender, mut event_receiver) = EventSender::new(activity.clone());
    let mut performer = EffectRunner::new(server_access, data_dir, event_sender);
    let mut state = State::new(settings);
    let mut last_tick = apply_tick(&mut state, &mut Vec::new());
    if let Ok(size) = terminal.size() {
        state.terminal_size = (size.width, size.height);
    }
    state.server_url = server;
    let mut effects = if is_logged_in { start(&mut state) } else { start_logged_out(&mut state) };
    let (mut input, mut ended) = (pin!(input), pin!(shutdown));
    let mut pacer = FramePacer::default();
    let mut window_title = None;
    let mut hyperlinks = HyperlinkTracker::default();
    // Before anything is asked for: on one core the asking would come first.
    draw(terminal, &mut state, &mut hyperlinks)?;
    pacer.mark_drawn(&state);
    loop {
        for effect in std::mem::take(&mut effects) {
            match effect {
                Effect::Quit => {
                    performer.shutdown().await;
                    return Ok(());
                }
                Effect::Suspend => {
                    if host.suspend()? {
                        force_full_redraw(terminal, &mut hyperlinks)?;
                    } else {
                        let quit = state.settings.keymap.key_for(Context::Global, Action::Quit);
                        performer.send_notice(&format!("There is no shell to go back to: {quit} leaves"));
                    }
                }
                Effect::ReenterTerminal => {
                    host.reenter()?;
                    force_full_redraw(terminal, &mut hyperlinks)?;
                }
                Effect::CopyToClipboard(text) => host.copy_to_clipboard(&text)?,
                Effect::OpenEditor(session, text) => {
                    let edited = tokio::select! {
                        biased;
                        () = &mut ended => {
                            performer.shutdown().await;
                            return Ok(());
                        }
                        edited = host.open_editor(text) => edited?,
                    };
                    force_full_redraw(terminal, &mut hyperlinks)?;
                    effects.extend(update(&mut state, Event::EditorClosed(session, edited)));
                    pacer.mark_dirty(true);
                }
                Effect::SetTitle(title) => window_title = Some(title),
                Effect::Notify(alert) => host.send_notification(&alert)?,
                Effect::SetMouseCapture(on) => host.set_mouse_capture(on)?,
                Effect::Call(..)
                | Effect::LogIn(..)
                | Effect::OpenTeamStream
                | Effect::SetStreamFilters(..)
                | Effect::MarkSeen(_)
                | Effect::MarkUnread(_)
                | Effect::SaveDraft(..) => performer.run(effect),
            }
        }
        let typed = if pacer.can_batch_input(&state) { poll_ready(input.as_mut()).await } else { None };
        let (event, by_hand) = if let Some(event) = typed {
            (Some(event.unwrap_or_else(|| push_quit(&mut effects))), true)
        } else {
            if pacer.is_due() {
                present(terminal, &mut host, &mut state, &mut hyperlinks, window_title.take())?;
                pacer.mark_drawn(&state);
            }
            if pacer.is_clean() && effects.is_empty() && next_settle_deadline(&state).is_none() {
                pending_guard = None;
            }
            let wake = pacer.next_frame_at().or_else(|| next_deadline_at(&state, last_tick));
            tokio::select! {
                biased;
                () = &mut ended => (Some(push_quit(&mut effects)), true),
                event = input.next() => (Some(event.unwrap_or_else(|| push_quit(&mut effects))), true),
                news = event_receiver.recv() => {
                    // Counted from here on by the loop.
                    pending_guard.get_or_insert_with(|| activity.begin());
                    (news.map(|(event, _)| event), false)
                }
                () = sleep_until(wake) => (None, false),
            }
        };
        pending_guard.get_or_insert_with(|| activity.begin());
        pacer.mark_dirty(by_hand);
        last_tick = apply_tick(&mut state, &mut effects);
        if let Some(event) = event {
            if let Event::Resize(..) = event {
                // Terminals do what they like with what was on the screen.
                force_full_redraw(terminal, &mut hyperlinks)?;
            }
            performer.observe(&event);
            effects.extend(update(&mut state, event));
        }
    }
}

/// Draws, and tells the terminal what goes with the picture: its links, and the window's name where that has changed.
fn present<B>(
    terminal: &mut Terminal<B>,
    host: &mut impl TerminalHost,
    state: &mut State,
    hyperlinks: &mut HyperlinkTracker,
    window_title: Option<Safe<'static>>,
) -> io::Result<()>
where
    B: Backend,
    B::Error: Send + Sync + 'static,
{
    let sequences = draw(terminal, state, hyperlinks)?;
    if let Some(name) = window_title {
        host.set_title(&name)?;
    }
    if sequences.is_empty() { Ok(()) } else { host.write_hyperlinks(&sequences) }
}

/// When the next picture is drawn: at once after a key, otherwise when the last one has stayed for a frame.
struct FramePacer {
    last_drawn: Option<Instant>,
    /// When the first thing happened that it does not show.
    dirty_since: Option<Instant>,
    /// When the first key came that it does not show.
    input_since: Option<Instant>,
    /// What was open when it was drawn.
    drawn_view: Option<(Context, Vec<StreamFilter>)>,
}

impl Default for FramePacer {
    fn default() -> Self {
        Self { last_drawn: None, dirty_since: Some(Instant::now()), input_since: None, drawn_view: None }
    }
}

impl FramePacer {
    fn mark_dirty(&mut self, is_input: bool) {
        self.dirty_since.get_or_insert_with(Instant::now);
        if is_input {
            self.input_since.get_or_insert_with(Instant::now);
        }
    }

    /// Whether keys that are there already are taken in before it is drawn: a picture for each would be for nobody. Not
    /// for long, and not where something else is open now: how far it scrolls shows only when it is drawn.
    fn can_batch_input(&self, state: &State) -> bool {
        let is_soon = self.input_since.is_some_and(|since| since.elapsed() < FRAME_INTERVAL);
        let is_same = |(context, watches): &(Context, Vec<StreamFilter>)| {
            *context == state.context() && *watches == state.stream_filters
        };
        is_soon && self.drawn_view.as_ref().is_some_and(is_same)
    }

    /// Whether nothing has happened that it does not show.
    fn is_clean(&self) -> bool {
        self.dirty_since.is_none()
    }

    fn is_due(&self) -> bool {
        self.next_frame_at().is_some_and(|at| at <= Instant::now())
    }

    fn mark_drawn(&mut self, state: &State) {
        let of = Some((state.context(), state.stream_filters.clone()));
        *self =
            Self { last_drawn: Some(Instant::now()), dirty_since: None, input_since: None, drawn_view: of };
    }

    /// When the next one is drawn, if this one is old: at once for whoever pressed a key.
    fn next_frame_at(&self) -> Option<Instant> {
        let old = self.dirty_since?;
        match (self.last_drawn, self.input_since) {
            (None, _) | (Some(_), Some(_)) => Some(old),
            (Some(drawn), None) => Some((drawn + FRAME_INTERVAL).max(old + COALESCE_DELAY)),
        }
    }
}

/// The clock's word, before anything else happens at this moment.
fn apply_tick(state: &mut State, effects: &mut Vec<Effect>) -> Instant {
    effects.extend(update(state, Event::Tick(clock::now())));
    Instant::now()
}

/// Leaves as if the user had said so; the event that goes with it changes nothing.
fn push_quit(effects: &mut Vec<Effect>) -> Event {
    effects.push(Effect::Quit);
    Event::Focus(false)
}

/// When to look again although nothing happens: the state speaks in the server's time, from the last tick on.
fn next_deadline_at(state: &State, last_tick: Instant) -> Option<Instant> {
    let at: Timestamp = next_deadline(state)?;
    Some(last_tick + at.since(state.now).max(Duration::from_millis(1)))
}

/// What is there already, without waiting for it.
async fn poll_ready(mut input: Pin<&mut impl Stream<Item = Event>>) -> Option<Option<Event>> {
    // Asked by this very task: whoever is asked may wake only the one that asked first.
    poll_fn(|task| match input.as_mut().poll_next(task) {
        Poll::Ready(event) => Poll::Ready(Some(event)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

async fn sleep_until(until: Option<Instant>) {
    match until {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

/// Lets the next picture be painted in full. Not `PtyProgram::clear`: that asks the terminal where its cursor is, and reads
/// the answer from under the hands of whoever reads the keys.
fn force_full_redraw<B: Backend>(
    terminal: &mut Terminal<B>,
    hyperlinks: &mut HyperlinkTracker,
) -> io::Result<()>
where
    B::Error: Send + Sync + 'static,
{
    hyperlinks.clear();
    let size = terminal.size().map_err(io::Error::other)?;
    terminal.resize(size.into()).map_err(io::Error::other)
}

/// Draws a picture; what is to be told of its links.
fn draw<B: Backend>(
    terminal: &mut Terminal<B>,
    state: &mut State,
    hyperlinks: &mut HyperlinkTracker,
) -> io::Result<String>
where
    B::Error: Send + Sync + 'static,
{
    let mut painted = None;
    let paint = |frame: &mut Frame<'_>| {
        let shown = paint(state, frame.buffer_mut());
        // Without a caret it is hidden.
        if let Some(caret) = shown.cursor_position {
            frame.set_cursor_position(caret);
        }
        painted = Some(shown);
    };
    let drawn = terminal.draw(paint).map_err(io::Error::other)?;
    let sequences = painted
        .as_ref()
        .map(|painted| hyperlinks.update(&painted.hyperlinks, drawn.buffer))
        .unwrap_or_default();
    if let Some(painted) = painted {
        state.last_paint = painted;
    }
    Ok(sequences)
}
