//! How far the user has read each session, and when they were last here: kept on this machine, by user.

use serde::{Deserialize, Serialize};
use tierup_common::id::{Seq, SessionId};
use tierup_common::limit;
use tierup_common::time::Timestamp;

/// What is kept.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ReadMarks {
    /// Where the user left the log; none before they first did.
    #[serde(default)]
    pub position: Option<LogPosition>,
    /// Sessions, each with the newest event that the user has seen in it; the one read last is the last.
    #[serde(default)]
    read: Vec<(SessionId, Seq)>,
}

/// Where the user left the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LogPosition {
    /// The newest event then.
    pub seq: Seq,
    /// When that was, by the server's clock.
    pub at: Timestamp,
    /// The oldest event that they had not looked at, if there was one.
    #[serde(default)]
    pub unread_from: Option<Seq>,
}

impl LogPosition {
    /// The event after which the log must be read again to know what is unread.
    pub fn reads_after(&self) -> Seq {
        let before_unread = self.unread_from.map(|seq| Seq(seq.0.saturating_sub(1)));
        before_unread.map_or(self.seq, |seq| seq.min(self.seq))
    }
}

impl ReadMarks {
    /// How far a session was read.
    pub fn read_up_to(&self, session: SessionId) -> Seq {
        self.read.iter().find(|(id, _)| *id == session).map_or(Seq(0), |(_, seq)| *seq)
    }

    /// A session was read up to this event. Of [`limit::MAX_READ_SESSIONS`], the one read first makes room.
    pub fn mark_read(&mut self, session: SessionId, up_to: Seq) {
        let known = self.read_up_to(session);
        self.read.retain(|(id, _)| *id != session);
        self.read.push((session, known.max(up_to)));
        let surplus = self.read.len().saturating_sub(limit::MAX_READ_SESSIONS);
        self.read.drain(..surplus);
    }

    /// The user was here up to this position.
    pub fn set_position(&mut self, position: LogPosition) {
        let is_older = self.position.is_some_and(|known| known.seq > position.seq);
        if !is_older {
            self.position = Some(position);
        }
    }

    /// Adds what another console on this machine has read.
    pub fn merge(&mut self, other: &Self) {
        for (session, up_to) in &other.read {
            self.mark_read(*session, *up_to);
        }
        other.position.into_iter().for_each(|position| self.set_position(position));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(number: u16) -> SessionId {
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&number.to_be_bytes());
        SessionId::from_bytes(bytes)
    }

    #[test]
    fn a_session_stays_read_and_the_newest_are_kept() {
        let mut marks = ReadMarks::default();
        marks.mark_read(session(0), Seq(9));
        marks.mark_read(session(0), Seq(4));
        assert_eq!((marks.read_up_to(session(0)), marks.read_up_to(session(1))), (Seq(9), Seq(0)));
        for number in 1..=500 {
            marks.mark_read(session(number), Seq(10));
        }
        assert_eq!((marks.read_up_to(session(0)), marks.read_up_to(session(1))), (Seq(0), Seq(10)));
    }

    #[test]
    fn the_log_is_read_again_from_what_was_unread() {
        let position =
            |unread_from| LogPosition { seq: Seq(20), at: Timestamp::default(), unread_from }.reads_after();
        assert_eq!((position(None), position(Some(Seq(7)))), (Seq(20), Seq(6)));
    }
}
