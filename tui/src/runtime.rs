//! The only room with IO: the loop that lets things happen, paints, and waits for more.

pub mod activity;
pub mod api;
pub(crate) mod clock;
pub mod desk;
pub mod editor;
mod entrance;
pub mod files;
mod links;
pub mod log;
mod perform;
pub mod stream;
pub mod terminal;
pub mod vault;

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::{Stream, StreamExt};
use ratatui::backend::Backend;
use ratatui::{Frame, Terminal};
use tierup_common::time::Timestamp;

use crate::effect::{Effect, Watch};
use crate::event::Event;
use crate::keymap::{Action, Context};
use crate::runtime::activity::{Activity, News};
use crate::runtime::api::Api;
use crate::runtime::desk::Desk;
use crate::runtime::files::Files;
use crate::runtime::links::Links;
use crate::runtime::perform::Performer;
use crate::runtime::vault::Vault;
use crate::settings::Settings;
use crate::state::State;
use crate::update::{next_wake, settles_at, start, start_logged_out, update};
use crate::view::paint;

/// However much happens, a picture stays for so long.
const FRAME: Duration = Duration::from_millis(16);
/// What happens at once in a session and its handoff is told in two events: they share a picture.
const TOGETHER: Duration = Duration::from_millis(1);

/// What the console runs on.
pub struct Setup {
    /// The way in.
    pub entrance: Entrance,
    /// What is kept on this machine.
    pub files: Files,
    /// How the console looks and behaves.
    pub settings: Settings,
    /// Where it says what is under way.
    pub activity: Activity,
}

/// The way to a server, and to another one.
pub struct Entrance {
    /// The way to the server, if somebody has logged in.
    pub api: Option<Api>,
    /// The server's address, if it is known.
    pub server: Option<String>,
    /// Where log-ins are kept.
    pub vault: Vault,
    /// How long an answer may take, that to a log-in too.
    pub answer_time: Duration,
}

impl Entrance {
    /// The way that is there, with a vault for another.
    pub fn open(api: Api, vault: Vault) -> Self {
        let answer_time = api.answer_time();
        Self { server: Some(api.server().to_owned()), api: Some(api), vault, answer_time }
    }
}

/// Runs the console until the user leaves, `ended` resolves or the input ends.
pub async fn run<B>(
    terminal: &mut Terminal<B>,
    input: impl Stream<Item = Event>,
    ended: impl Future<Output = ()>,
    mut desk: impl Desk,
    setup: Setup,
) -> io::Result<()>
where
    B: Backend,
    B::Error: Send + Sync + 'static,
{
    let Setup { entrance, files, settings, activity } = setup;
    let mut unpainted = Some(activity.begin());
    let (server, is_logged_in) = (entrance.server.clone(), entrance.api.is_some());
    let (news, mut heard) = News::new(activity.clone());
    let mut performer = Performer::new(entrance, files, news);
    let mut state = State::new(settings);
    let mut ticked = tick(&mut state, &mut Vec::new());
    if let Ok(size) = terminal.size() {
        state.size = (size.width, size.height);
    }
    state.server = server;
    let mut effects = if is_logged_in { start(&mut state) } else { start_logged_out(&mut state) };
    let (mut input, mut ended) = (pin!(input), pin!(ended));
    let mut picture = Picture::default();
    let mut name = None;
    let mut links = Links::default();
    // Before anything is asked for: on one core the asking would come first.
    draw(terminal, &mut state, &mut links)?;
    picture.drawn(&state);
    loop {
        for effect in std::mem::take(&mut effects) {
            match effect {
                Effect::Quit => {
                    performer.close().await;
                    return Ok(());
                }
                Effect::Suspend => {
                    if desk.suspend()? {
                        repaint(terminal, &mut links)?;
                    } else {
                        let quit = state.settings.keymap.key_for(Context::Global, Action::Quit);
                        performer.notice(&format!("There is no shell to go back to: {quit} leaves"));
                    }
                }
                Effect::Retake => {
                    desk.retake()?;
                    repaint(terminal, &mut links)?;
                }
                Effect::Copy(text) => desk.copy(&text)?,
                Effect::Edit(session, text) => {
                    let edited = tokio::select! {
                        biased;
                        () = &mut ended => {
                            performer.close().await;
                            return Ok(());
                        }
                        edited = desk.edit(text) => edited?,
                    };
                    repaint(terminal, &mut links)?;
                    effects.extend(update(&mut state, Event::Edited(session, edited)));
                    picture.changed(true);
                }
                Effect::Title(title) => name = Some(title),
                Effect::Alert(alert) => desk.alert(&alert)?,
                Effect::Mouse(on) => desk.mouse(on)?,
                Effect::Call(..)
                | Effect::LogIn(..)
                | Effect::Follow
                | Effect::Watch(..)
                | Effect::MarkSeen(_)
                | Effect::MarkUnread(_)
                | Effect::SaveDraft(..) => performer.perform(effect),
            }
        }
        let typed = if picture.may_wait(&state) { ready(input.as_mut()).await } else { None };
        let (event, by_hand) = if let Some(event) = typed {
            (Some(event.unwrap_or_else(|| quit(&mut effects))), true)
        } else {
            if picture.is_due() {
                show(terminal, &mut desk, &mut state, &mut links, name.take())?;
                picture.drawn(&state);
            }
            if picture.shows_all() && effects.is_empty() && settles_at(&state).is_none() {
                unpainted = None;
            }
            let wake = picture.next().or_else(|| wake(&state, ticked));
            tokio::select! {
                biased;
                () = &mut ended => (Some(quit(&mut effects)), true),
                event = input.next() => (Some(event.unwrap_or_else(|| quit(&mut effects))), true),
                news = heard.recv() => {
                    // Counted from here on by the loop.
                    unpainted.get_or_insert_with(|| activity.begin());
                    (news.map(|(event, _)| event), false)
                }
                () = sleep(wake) => (None, false),
            }
        };
        unpainted.get_or_insert_with(|| activity.begin());
        picture.changed(by_hand);
        ticked = tick(&mut state, &mut effects);
        if let Some(event) = event {
            if let Event::Resize(..) = event {
                // Terminals do what they like with what was on the screen.
                repaint(terminal, &mut links)?;
            }
            performer.overhear(&event);
            effects.extend(update(&mut state, event));
        }
    }
}

/// Draws, and tells the terminal what goes with the picture: its links, and the window's name where that has changed.
fn show<B>(
    terminal: &mut Terminal<B>,
    desk: &mut impl Desk,
    state: &mut State,
    links: &mut Links,
    name: Option<String>,
) -> io::Result<()>
where
    B: Backend,
    B::Error: Send + Sync + 'static,
{
    let told = draw(terminal, state, links)?;
    if let Some(name) = name {
        desk.title(&name)?;
    }
    if told.is_empty() { Ok(()) } else { desk.link(&told) }
}

/// When the next picture is drawn: at once after a key, otherwise when the last one has stayed for a frame.
struct Picture {
    drawn: Option<Instant>,
    /// When the first thing happened that it does not show.
    old: Option<Instant>,
    /// When the first key came that it does not show.
    by_hand: Option<Instant>,
    /// What was open when it was drawn.
    of: Option<(Context, Vec<Watch>)>,
}

impl Default for Picture {
    fn default() -> Self {
        Self { drawn: None, old: Some(Instant::now()), by_hand: None, of: None }
    }
}

impl Picture {
    fn changed(&mut self, by_hand: bool) {
        self.old.get_or_insert_with(Instant::now);
        if by_hand {
            self.by_hand.get_or_insert_with(Instant::now);
        }
    }

    /// Whether keys that are there already are taken in before it is drawn: a picture for each would be for nobody. Not
    /// for long, and not where something else is open now: how far it scrolls shows only when it is drawn.
    fn may_wait(&self, state: &State) -> bool {
        let is_soon = self.by_hand.is_some_and(|since| since.elapsed() < FRAME);
        let is_same = |(context, watches): &(Context, Vec<Watch>)| {
            *context == state.context() && *watches == state.watches
        };
        is_soon && self.of.as_ref().is_some_and(is_same)
    }

    /// Whether nothing has happened that it does not show.
    fn shows_all(&self) -> bool {
        self.old.is_none()
    }

    fn is_due(&self) -> bool {
        self.next().is_some_and(|at| at <= Instant::now())
    }

    fn drawn(&mut self, state: &State) {
        let of = Some((state.context(), state.watches.clone()));
        *self = Self { drawn: Some(Instant::now()), old: None, by_hand: None, of };
    }

    /// When the next one is drawn, if this one is old: at once for whoever pressed a key.
    fn next(&self) -> Option<Instant> {
        let old = self.old?;
        match (self.drawn, self.by_hand) {
            (None, _) | (Some(_), Some(_)) => Some(old),
            (Some(drawn), None) => Some((drawn + FRAME).max(old + TOGETHER)),
        }
    }
}

/// The clock's word, before anything else happens at this moment.
fn tick(state: &mut State, effects: &mut Vec<Effect>) -> Instant {
    effects.extend(update(state, Event::Tick(clock::now())));
    Instant::now()
}

/// Leaves as if the user had said so; the event that goes with it changes nothing.
fn quit(effects: &mut Vec<Effect>) -> Event {
    effects.push(Effect::Quit);
    Event::Focus(false)
}

/// When to look again although nothing happens: the state speaks in the server's time, from the last tick on.
fn wake(state: &State, ticked: Instant) -> Option<Instant> {
    let at: Timestamp = next_wake(state)?;
    Some(ticked + at.since(state.now).max(Duration::from_millis(1)))
}

/// What is there already, without waiting for it.
async fn ready(mut input: Pin<&mut impl Stream<Item = Event>>) -> Option<Option<Event>> {
    // Asked by this very task: whoever is asked may wake only the one that asked first.
    poll_fn(|task| match input.as_mut().poll_next(task) {
        Poll::Ready(event) => Poll::Ready(Some(event)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

async fn sleep(until: Option<Instant>) {
    match until {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

/// Lets the next picture be painted in full. Not `Terminal::clear`: that asks the terminal where its cursor is, and reads
/// the answer from under the hands of whoever reads the keys.
fn repaint<B: Backend>(terminal: &mut Terminal<B>, links: &mut Links) -> io::Result<()>
where
    B::Error: Send + Sync + 'static,
{
    links.forget();
    let size = terminal.size().map_err(io::Error::other)?;
    terminal.resize(size.into()).map_err(io::Error::other)
}

/// Draws a picture; what is to be told of its links.
fn draw<B: Backend>(terminal: &mut Terminal<B>, state: &mut State, links: &mut Links) -> io::Result<String>
where
    B::Error: Send + Sync + 'static,
{
    let mut painted = None;
    let paint = |frame: &mut Frame<'_>| {
        let shown = paint(state, frame.buffer_mut());
        // Without a caret it is hidden.
        if let Some(caret) = shown.caret {
            frame.set_cursor_position(caret);
        }
        painted = Some(shown);
    };
    let drawn = terminal.draw(paint).map_err(io::Error::other)?;
    let told = painted.as_ref().map(|painted| links.told(&painted.links, drawn.buffer)).unwrap_or_default();
    if let Some(painted) = painted {
        state.painted = painted;
    }
    Ok(told)
}
