//! The time of a frame, and when the frame must be painted again because a time or a spinner in it changes.

use std::time::Duration;

use tierup_common::handoff::QueueItem;
use tierup_common::response_target::DueState;
use tierup_common::time::{self, Timestamp, duration_until_next_ago};

use crate::local_zone::LocalZone;
use crate::state::State;
use crate::text::{Safe, TextRole, safe_format};

/// How long a spinner shows one of its frames, in milliseconds.
const SPINNER_FRAME_MS: usize = 100;

const MINUTE_MS: u64 = 60_000;

/// The time that a frame shows. Each query schedules a repaint for when its answer changes.
pub(super) struct FrameTime<'a> {
    /// This moment, by this machine's clock.
    now: Timestamp,
    /// This moment, by the server's clock.
    server_now: Timestamp,
    zone: &'a LocalZone,
    spinner_frames: &'static [&'static str],
    /// The next time that the frame changes without an event.
    pub(super) next_change_at: Option<Timestamp>,
}

impl<'a> FrameTime<'a> {
    pub(super) fn new(state: &'a State) -> Self {
        Self {
            now: state.now,
            server_now: state.server_now(),
            zone: &state.settings.zone,
            spinner_frames: state.settings.theme.glyphs.spinner_frames,
            next_change_at: None,
        }
    }

    /// This moment, by the server's clock.
    pub(super) const fn server_now(&self) -> Timestamp {
        self.server_now
    }

    /// Where the user is.
    pub(super) const fn zone(&self) -> &'a LocalZone {
        self.zone
    }

    /// The current frame of a spinner that is on the screen.
    pub(super) fn spinner(&mut self) -> &'static str {
        self.schedule_spinner_frame();
        self.spinner_frame()
    }

    /// The current frame of a spinner that may be out of sight; see [`Self::schedule_spinner_frame`].
    pub(super) fn spinner_frame(&self) -> &'static str {
        let frame = usize::try_from(self.now.as_millis()).unwrap_or(0) / SPINNER_FRAME_MS;
        self.spinner_frames[frame % self.spinner_frames.len()]
    }

    /// Schedules the next frame of a spinner.
    pub(super) fn schedule_spinner_frame(&mut self) {
        let elapsed = usize::try_from(self.now.as_millis()).unwrap_or(0) % SPINNER_FRAME_MS;
        self.schedule_after(u64::try_from(SPINNER_FRAME_MS - elapsed).unwrap_or(1));
    }

    /// How long ago something was, in words: `3 minutes ago`.
    pub(super) fn format_ago(&mut self, at: Timestamp) -> Safe<'static> {
        self.schedule_ago_change(at);
        safe_format!("{}", time::format_ago(self.server_now.since(at)))
    }

    /// How long ago something was, for a narrow column: `3m`.
    pub(super) fn format_ago_short(&mut self, at: Timestamp) -> Safe<'static> {
        self.schedule_ago_change(at);
        safe_format!("{}", time::format_ago_short(self.server_now.since(at)))
    }

    /// How a handoff stands to its response target, in words: `due in 12m`, `late 3m`. None if it has none.
    pub(super) fn due_label(&mut self, item: &QueueItem) -> Option<(Safe<'static>, TextRole)> {
        let state = item.due_state(self.server_now)?;
        let next_change = match state {
            DueState::InTime(left) | DueState::Near(left) => {
                Duration::from_millis(u64::try_from(left.as_millis()).unwrap_or(0) % MINUTE_MS + 1)
            }
            DueState::Missed(since) => duration_until_next_ago(since),
        };
        self.schedule(self.now.plus(next_change));
        let role = match state {
            DueState::InTime(_) => TextRole::Dim,
            DueState::Near(_) => TextRole::Warn,
            DueState::Missed(_) => TextRole::Bad,
        };
        Some((safe_format!("{state}"), role))
    }

    /// Whole seconds until a moment, rounded up.
    pub(super) fn seconds_until(&mut self, at: Timestamp) -> u64 {
        let left = at.since(self.now);
        if !left.is_zero() {
            let part = left.subsec_millis();
            self.schedule_after(if part == 0 { 1000 } else { part.into() });
        }
        left.as_secs() + u64::from(left.subsec_millis() > 0)
    }

    /// Whole seconds since a moment.
    pub(super) fn seconds_since(&mut self, at: Timestamp) -> u64 {
        let elapsed = self.now.since(at);
        self.schedule_after(u64::from(1000 - elapsed.subsec_millis()));
        elapsed.as_secs()
    }

    /// Whole seconds since a moment, beside something that changes every second anyway.
    pub(super) fn seconds_since_unscheduled(&self, at: Timestamp) -> u64 {
        self.now.since(at).as_secs()
    }

    /// The local time of day of something that the server noted; with the day, unless it is today.
    pub(super) fn time_of_day(&self, at: Timestamp) -> Safe<'static> {
        format_time_of_day(at, self.server_now, self.zone)
    }

    /// The local time of day of something that this machine noted; with the day, unless it is today.
    pub(super) fn time_of_day_by_local_clock(&self, at: Timestamp) -> Safe<'static> {
        format_time_of_day(at, self.now, self.zone)
    }

    /// When a reminder comes or came: `wakes 17:00`.
    pub(super) fn reminder_label(&self, at: Timestamp) -> Safe<'static> {
        let verb = if at > self.server_now { "wakes" } else { "woke" };
        safe_format!("{verb} {}", self.time_of_day(at))
    }

    fn schedule_ago_change(&mut self, at: Timestamp) {
        self.schedule(self.now.plus(duration_until_next_ago(self.server_now.since(at))));
    }

    fn schedule_after(&mut self, millis: u64) {
        self.schedule(self.now.plus(Duration::from_millis(millis)));
    }

    fn schedule(&mut self, at: Timestamp) {
        self.next_change_at = Some(self.next_change_at.map_or(at, |earliest| earliest.min(at)));
    }
}

/// The time of day in a zone; with the day, unless that is today, and with the year, unless it is this one.
fn format_time_of_day(at: Timestamp, now: Timestamp, zone: &LocalZone) -> Safe<'static> {
    safe_format!("{}", zone.format_time(at, now))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::local_zone::tests::berlin;

    #[test]
    fn a_time_on_another_day_includes_the_date() {
        let at = |text: &str| Timestamp::from(text.parse::<DateTime<Utc>>().unwrap());
        let now = at("2026-11-22T23:30:00Z");
        let utc = LocalZone::default();
        assert_eq!(format_time_of_day(at("2026-11-22T09:05:00Z"), now, &utc), "09:05");
        assert_eq!(format_time_of_day(at("2026-11-21T09:05:00Z"), now, &utc), "Sat 21 Nov, 09:05");
        assert_eq!(format_time_of_day(at("2025-11-21T09:05:00Z"), now, &utc), "21 Nov 2025, 09:05");
        // In Berlin it is the next day already.
        assert_eq!(format_time_of_day(at("2026-11-22T09:05:00Z"), now, &berlin()), "Sun 22 Nov, 10:05");
        // In summer, summer time applied.
        assert_eq!(format_time_of_day(at("2026-07-01T09:05:00Z"), now, &berlin()), "Wed 1 Jul, 11:05");
    }
}
