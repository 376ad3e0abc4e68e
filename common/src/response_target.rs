//! By when an escalation should be claimed: how much time is left, and whether that is little.

use std::fmt;
use std::time::Duration;

use crate::handoff::{HandoffStatus, QueueItem};
use crate::time::{Timestamp, format_ago_short};

/// An open handoff is near its target when this part of its time is left.
const NEAR_PART: u32 = 4;

/// How an open handoff stands to its target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DueState {
    /// So much time is left.
    InTime(Duration),
    /// So much time is left, and that is little.
    Near(Duration),
    /// The target was missed so long ago.
    Missed(Duration),
}

impl QueueItem {
    /// How it stands to its target; none if it has no target or does not wait.
    pub fn due_state(&self, now: Timestamp) -> Option<DueState> {
        let due = self.due_at.filter(|_| self.status == HandoffStatus::Open)?;
        if now >= due {
            return Some(DueState::Missed(now.since(due)));
        }
        let left = due.since(now);
        let is_near = left <= due.since(self.created_at) / NEAR_PART;
        Some(if is_near { DueState::Near(left) } else { DueState::InTime(left) })
    }
}

/// In words: `due in 12m`, `late 3m`.
impl fmt::Display for DueState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InTime(left) | Self::Near(left) => write!(f, "due in {}", format_left(*left)),
            Self::Missed(since) if *since < Duration::from_mins(1) => f.write_str("late"),
            Self::Missed(since) => write!(f, "late {}", format_ago_short(*since)),
        }
    }
}

/// A time left in a narrow column, rounded up: `<1m`, `2m`, `3h`, `5d`.
fn format_left(left: Duration) -> String {
    let minutes = left.as_secs().div_ceil(60);
    match minutes {
        0 | 1 => "<1m".into(),
        2..=119 => format!("{minutes}m"),
        120..=2_879 => format!("{}h", minutes.div_ceil(60)),
        _ => format!("{}d", minutes.div_ceil(1_440)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_told_in_words() {
        let minutes = Duration::from_mins;
        assert_eq!(DueState::Near(minutes(12)).to_string(), "due in 12m");
        assert_eq!(DueState::Missed(Duration::from_secs(3)).to_string(), "late");
        assert_eq!(DueState::Missed(minutes(65)).to_string(), "late 1h");
    }

    #[test]
    fn a_time_left_is_rounded_up_so_that_none_is_missed_unseen() {
        let left = |seconds| format_left(Duration::from_secs(seconds));
        assert_eq!([left(0), left(60), left(61), left(900)], ["<1m", "<1m", "2m", "15m"]);
        assert_eq!([left(7_200), left(7_201), left(200_000)], ["2h", "3h", "3d"]);
    }
}
