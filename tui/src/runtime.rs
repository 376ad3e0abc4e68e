//! The only place with IO. [`run`] is the console's loop: events change the state, effects are run, frames are drawn.

pub mod activity;
pub mod api;
pub(crate) mod clock;
pub mod console;
pub mod credentials;
pub mod data_dir;
pub mod editor;
mod effect_runner;
mod file_writer;
mod frame_pacer;
mod hyperlinks;
pub mod log;
mod login;
mod programs;
pub mod server_access;
pub mod stream;
pub mod terminal;
pub mod terminal_host;

use std::future::{Future, poll_fn};
use std::io;
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::{FutureExt, Stream, StreamExt};
use ratatui::backend::Backend;
use ratatui::{Frame, Terminal};
use tierup_common::time::Timestamp;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::effect::Effect;
use crate::event::Event;
use crate::keymap::{Action, Context};
use crate::runtime::activity::{Activity, ActivityGuard, EventSender};
use crate::runtime::data_dir::DataDir;
use crate::runtime::effect_runner::EffectRunner;
use crate::runtime::frame_pacer::FramePacer;
use crate::runtime::hyperlinks::HyperlinkTracker;
use crate::runtime::server_access::ServerAccess;
use crate::runtime::terminal_host::TerminalHost;
use crate::settings::Settings;
use crate::state::State;
use crate::text::Safe;
use crate::update::{next_deadline, next_idle_deadline, quit, start, start_logged_out, update};
use crate::view::paint;

/// The parts that a console runs on.
pub struct ConsoleSetup {
    /// The server.
    pub server_access: ServerAccess,
    /// Files on this machine.
    pub data_dir: DataDir,
    /// How the console looks and behaves.
    pub settings: Settings,
    /// Counts what is under way.
    pub activity: Activity,
}

/// Runs the console until the user leaves, `shutdown` resolves or the input ends.
pub async fn run<B>(
    terminal: &mut Terminal<B>,
    input: impl Stream<Item = Event>,
    shutdown: impl Future<Output = ()>,
    host: impl TerminalHost,
    setup: ConsoleSetup,
) -> io::Result<()>
where
    B: Backend,
    B::Error: Send + Sync + 'static,
{
    // Fused, because it is polled again after it has resolved.
    let (mut input, mut shutdown) = (pin!(input), pin!(shutdown.fuse()));
    let is_logged_in = setup.server_access.api.is_some();
    let mut console = EventLoop::new(terminal, host, setup);
    let mut effects =
        if is_logged_in { start(&mut console.state) } else { start_logged_out(&mut console.state) };
    // Before the first request: with one core, that would delay the first frame.
    console.draw()?;
    loop {
        for effect in std::mem::take(&mut effects) {
            match console.run_effect(effect, shutdown.as_mut()).await? {
                ControlFlow::Continue(more) => effects.extend(more),
                ControlFlow::Break(()) => {
                    console.runner.shutdown().await;
                    return Ok(());
                }
            }
        }
        let next = console.next_event(input.as_mut(), shutdown.as_mut(), effects.is_empty()).await?;
        let Some((event, is_input)) = next else {
            effects.extend(quit(&mut console.state));
            continue;
        };
        effects.extend(console.apply(event, is_input)?);
    }
}

/// The console between two events.
struct EventLoop<'t, B: Backend, H> {
    terminal: &'t mut Terminal<B>,
    host: H,
    runner: EffectRunner,
    /// What the runner's tasks report.
    task_events: UnboundedReceiver<(Event, ActivityGuard)>,
    state: State,
    last_tick: Instant,
    pacer: FramePacer,
    hyperlinks: HyperlinkTracker,
    /// A new title, until the next frame.
    window_title: Option<Safe<'static>>,
    activity: Activity,
    /// There while an event has consequences that are not on the screen.
    busy: Option<ActivityGuard>,
}

impl<'t, B, H> EventLoop<'t, B, H>
where
    B: Backend,
    B::Error: Send + Sync + 'static,
    H: TerminalHost,
{
    fn new(terminal: &'t mut Terminal<B>, host: H, setup: ConsoleSetup) -> Self {
        let ConsoleSetup { server_access, data_dir, settings, activity } = setup;
        let busy = Some(activity.begin());
        let (event_sender, task_events) = EventSender::new(activity.clone());
        let mut state = State::new(settings);
        state.server_url.clone_from(&server_access.server_url);
        let runner = EffectRunner::new(server_access, data_dir, event_sender);
        update(&mut state, Event::Tick(clock::now()));
        if let Ok(size) = terminal.size() {
            state.terminal_size = (size.width, size.height);
        }
        Self {
            terminal,
            host,
            runner,
            task_events,
            state,
            last_tick: Instant::now(),
            pacer: FramePacer::default(),
            hyperlinks: HyperlinkTracker::default(),
            window_title: None,
            activity,
            busy,
        }
    }

    /// Runs an effect: those that follow from it, or a break to quit.
    async fn run_effect(
        &mut self,
        effect: Effect,
        shutdown: Pin<&mut impl Future<Output = ()>>,
    ) -> io::Result<ControlFlow<(), Vec<Effect>>> {
        match effect {
            Effect::Quit => return Ok(ControlFlow::Break(())),
            Effect::Suspend => {
                if self.host.suspend()? {
                    self.force_full_redraw()?;
                } else {
                    let quit = self.state.settings.keymap.key_for(Context::Global, Action::Quit);
                    let text = format!("Cannot suspend: no parent shell; {quit} quits");
                    self.runner.send_notice(&text);
                }
            }
            Effect::ReenterTerminal => {
                self.host.reenter()?;
                self.force_full_redraw()?;
            }
            Effect::CopyToClipboard(text) => self.host.copy_to_clipboard(&text)?,
            Effect::OpenEditor(target, text) => {
                let edited = tokio::select! {
                    biased;
                    () = shutdown => return Ok(ControlFlow::Break(())),
                    edited = self.host.open_editor(text) => edited?,
                };
                self.force_full_redraw()?;
                self.pacer.mark_dirty(true);
                let more = update(&mut self.state, Event::EditorClosed(target, edited));
                return Ok(ControlFlow::Continue(more));
            }
            Effect::RunProgram(call) if call.in_terminal => {
                let name = call.name.clone();
                let ended = tokio::select! {
                    biased;
                    () = shutdown => return Ok(ControlFlow::Break(())),
                    ended = self.host.run_program(call) => ended?,
                };
                self.force_full_redraw()?;
                self.pacer.mark_dirty(true);
                return Ok(ControlFlow::Continue(update(&mut self.state, Event::ProgramEnded(name, ended))));
            }
            Effect::SetTitle(title) => self.window_title = Some(title),
            Effect::Notify(notification) => self.host.send_notification(&notification)?,
            Effect::SetMouseCapture(on) => self.host.set_mouse_capture(on)?,
            Effect::Call(..)
            | Effect::LogIn(..)
            | Effect::OpenTeamStream
            | Effect::SetStreamFilters(..)
            | Effect::MarkSeen(_)
            | Effect::MarkUnread(_)
            | Effect::SaveReadMark(..)
            | Effect::SaveLogPosition(_)
            | Effect::SaveDraft(..)
            | Effect::RunProgram(_)
            | Effect::SaveDenseRows(_)
            | Effect::SaveRunbook { .. } => self.runner.run(effect),
        }
        Ok(ControlFlow::Continue(Vec::new()))
    }

    /// Waits for the next event, and draws when a frame is due. The event is `None` when only the time has passed, and
    /// all of it is when the console ends. The flag says whether the user did it.
    async fn next_event(
        &mut self,
        mut input: Pin<&mut impl Stream<Item = Event>>,
        shutdown: Pin<&mut impl Future<Output = ()>>,
        has_no_effects: bool,
    ) -> io::Result<Option<(Option<Event>, bool)>> {
        if self.pacer.can_batch_input(&self.state)
            && let Some(typed) = poll_ready(input.as_mut()).await
        {
            return Ok(typed.map(|event| (Some(event), true)));
        }
        if self.pacer.is_due() {
            self.present()?;
        }
        if self.pacer.is_clean() && has_no_effects && next_idle_deadline(&self.state).is_none() {
            self.busy = None;
        }
        let wake = self.pacer.next_frame_at().or_else(|| self.next_deadline());
        Ok(tokio::select! {
            biased;
            () = shutdown => None,
            event = input.next() => event.map(|event| (Some(event), true)),
            reported = self.task_events.recv() => {
                // Taken over before the event's own guard is dropped.
                self.busy.get_or_insert_with(|| self.activity.begin());
                Some((reported.map(|(event, _)| event), false))
            }
            () = sleep_until(wake) => Some((None, false)),
        })
    }

    /// Applies the time and an event to the state.
    fn apply(&mut self, event: Option<Event>, is_input: bool) -> io::Result<Vec<Effect>> {
        self.busy.get_or_insert_with(|| self.activity.begin());
        self.pacer.mark_dirty(is_input);
        let mut effects = Vec::new();
        if self.state.settings.follows_machine_zone
            && let Some(zone) = clock::changed_zone(&self.state.settings.zone)
        {
            effects.extend(update(&mut self.state, Event::ZoneChanged(zone)));
        }
        effects.extend(update(&mut self.state, Event::Tick(clock::now())));
        self.last_tick = Instant::now();
        if let Some(event) = event {
            if let Event::Resize(..) = event {
                // A resized terminal may show anything.
                self.force_full_redraw()?;
            }
            self.runner.observe(&event);
            effects.extend(update(&mut self.state, event));
        }
        Ok(effects)
    }

    /// When the state changes by itself. It counts in the server's time, from the last tick on.
    fn next_deadline(&self) -> Option<Instant> {
        let at: Timestamp = next_deadline(&self.state)?;
        Some(self.last_tick + at.since(self.state.now).max(Duration::from_millis(1)))
    }

    /// Draws a frame, and sends the terminal what goes with it: the title, and hyperlinks.
    fn present(&mut self) -> io::Result<()> {
        let hyperlinks = self.draw()?;
        if let Some(title) = self.window_title.take() {
            self.host.set_title(&title)?;
        }
        if hyperlinks.is_empty() { Ok(()) } else { self.host.write_hyperlinks(&hyperlinks) }
    }

    /// Draws a frame; returns the sequences of its hyperlinks.
    fn draw(&mut self) -> io::Result<String> {
        let mut painted = None;
        let render = |frame: &mut Frame<'_>| {
            let output = paint(&self.state, frame.buffer_mut());
            // Without a position the cursor is hidden.
            if let Some(position) = output.cursor_position {
                frame.set_cursor_position(position);
            }
            painted = Some(output);
        };
        let drawn = self.terminal.draw(render).map_err(io::Error::other)?;
        let sequences = painted
            .as_ref()
            .map(|painted| self.hyperlinks.update(&painted.hyperlinks, drawn.buffer))
            .unwrap_or_default();
        if let Some(painted) = painted {
            self.state.last_paint = painted;
        }
        self.pacer.mark_drawn(&self.state);
        Ok(sequences)
    }

    /// Has the next frame drawn in full. Not with `Terminal::clear`, which asks the terminal for its cursor and reads the
    /// answer from the keyboard.
    fn force_full_redraw(&mut self) -> io::Result<()> {
        self.hyperlinks.clear();
        let size = self.terminal.size().map_err(io::Error::other)?;
        self.terminal.resize(size.into()).map_err(io::Error::other)
    }
}

/// The input that has already arrived, without waiting: none, the end, or an event.
async fn poll_ready(mut input: Pin<&mut impl Stream<Item = Event>>) -> Option<Option<Event>> {
    // Polled in this task, whose waker the input keeps.
    poll_fn(|context| match input.as_mut().poll_next(context) {
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
