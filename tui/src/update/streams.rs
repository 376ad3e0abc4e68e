//! Frames of the streams: where each goes, and how a stream begins.

use tierup_common::event::{Signal, StreamFrame};
use tierup_common::id::Seq;
use tierup_common::time::Timestamp;

use crate::effect::Effect;
use crate::state::connection::ConnectionState;
use crate::state::{Screen, State};
use crate::update::events::apply_event;
use crate::update::reconnect::retry_fetches;
use crate::update::signals::{apply_assessment_delta, apply_message_delta, apply_presence};
use crate::update::{briefing_news, calls, inbox, story};

/// Applies a frame of the team's stream.
pub(super) fn apply_team_frame(state: &mut State, frame: StreamFrame, effects: &mut Vec<Effect>) {
    match frame {
        StreamFrame::Event(event) => {
            state.toasts.current_event = Some(event.seq);
            inbox::observe_event(state, &event);
            advance_last_seq(state, event.seq);
            apply_event(state, &event, effects);
            state.toasts.current_event = None;
        }
        StreamFrame::Signal(signal) => apply_team_signal(state, signal, effects),
        StreamFrame::Unknown { seq } => {
            if let Some(seq) = seq {
                advance_last_seq(state, seq);
            }
        }
    }
}

/// Applies a frame of a filtered stream. Its events may come by the team's stream too; their version makes each count once.
pub(super) fn apply_filtered_frame(state: &mut State, frame: StreamFrame, effects: &mut Vec<Effect>) {
    match frame {
        StreamFrame::Event(event) => {
            story::record_event(state, &event);
            apply_event(state, &event, effects);
        }
        StreamFrame::Signal(Signal::Hello { .. }) => {
            // The stream begins after the last event before the fetch, and misses nothing. If that event was unknown,
            // something may be missing.
            if let Screen::Session(chat) = &mut state.screen
                && std::mem::take(&mut chat.refetch_at_stream_start)
            {
                calls::refetch_open_session(state, effects);
            }
        }
        StreamFrame::Signal(Signal::Reset { .. }) => calls::refetch_open_session(state, effects),
        StreamFrame::Signal(Signal::HandoffAssessmentDelta { handoff_id, offset, text }) => {
            apply_assessment_delta(state, handoff_id, offset, &text);
        }
        StreamFrame::Signal(Signal::MessageDelta { session_id, message_id, offset, text }) => {
            apply_message_delta(state, session_id, message_id, offset, &text);
        }
        StreamFrame::Signal(Signal::Presence { handoff_id, viewers }) => {
            apply_presence(state, handoff_id, viewers);
        }
        StreamFrame::Signal(Signal::CaughtUp { .. }) | StreamFrame::Unknown { .. } => {}
    }
}

fn advance_last_seq(state: &mut State, seq: Seq) {
    state.last_event_seq = state.last_event_seq.max(Some(seq));
}

fn apply_team_signal(state: &mut State, signal: Signal, effects: &mut Vec<Effect>) {
    match signal {
        Signal::Hello { seq, now, .. } => apply_hello(state, seq, now, effects),
        Signal::Reset { seq } => {
            state.last_event_seq = Some(seq);
            state.queue.stream_start_seq = Some(seq);
            state.connection = ConnectionState::Live;
            // The log has been replaced, as after a restore: known versions may be higher than the current ones.
            state.queue.reset_versions();
            calls::fetch_lists(state, effects);
            if let Some(briefing) = state.open_briefing_mut() {
                briefing.item.version = 0;
                let id = briefing.item.id;
                calls::fetch_open_briefing(state, id, effects);
            }
            if let Screen::Briefing(briefing) = &state.screen {
                briefing_news::fetch(state, briefing.item.session_id, effects);
            }
            calls::refetch_open_session(state, effects);
            inbox::apply_reset(state, seq, effects);
        }
        Signal::CaughtUp { seq } => {
            advance_last_seq(state, seq);
            state.connection = ConnectionState::Live;
            inbox::welcome_back(state);
        }
        Signal::Presence { handoff_id, viewers } => apply_presence(state, handoff_id, viewers),
        Signal::HandoffAssessmentDelta { .. } | Signal::MessageDelta { .. } => {}
    }
}

fn apply_hello(state: &mut State, seq: Seq, now: Timestamp, effects: &mut Vec<Effect>) {
    state.poll_interval = None;
    state.clock_skew_ms = now.as_millis().saturating_sub(state.now.as_millis());
    state.queue.clear_viewers();
    match state.last_event_seq {
        None => {
            state.last_event_seq = Some(seq);
            state.queue.stream_start_seq = Some(seq);
            state.connection = ConnectionState::Live;
            if state.queue.pending_load.is_none() && state.queue.as_of_seq < Some(seq) {
                calls::fetch_lists(state, effects);
            }
        }
        Some(last) if seq > last => state.connection = ConnectionState::CatchingUp { target_seq: seq },
        Some(_) => state.connection = ConnectionState::Live,
    }
    if state.me.is_none() {
        calls::fetch_me(state, effects);
    }
    if !calls::is_loaded_or_loading(state) {
        calls::fetch_lists(state, effects);
    }
    retry_fetches(state, effects);
    inbox::fetch_catch_up(state, effects);
    inbox::welcome_back(state);
}
