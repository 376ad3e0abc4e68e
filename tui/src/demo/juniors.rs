//! The junior engineers: they escalate one problem after another, never too many at once.

use std::time::Duration;

use crate::demo::story::Story;
use crate::demo::team::Team;

/// Delays before the first escalations; later ones use the last.
const ESCALATION_INTERVALS: [Duration; 5] = [
    Duration::from_millis(300),
    Duration::from_secs(3),
    Duration::from_secs(6),
    Duration::from_secs(10),
    Duration::from_secs(16),
];
/// Delay between escalations once every problem has come up.
const REPEAT_INTERVAL: Duration = Duration::from_secs(90);

/// Escalates the problems of the story in order, and starts over at the end.
pub(super) async fn run(team: &Team, story: &Story) {
    let problems = story.problems.iter().cycle().zip(team.juniors.iter().cycle());
    for (index, (problem, junior)) in problems.enumerate() {
        let delay = if index < story.problems.len() {
            ESCALATION_INTERVALS[index.min(ESCALATION_INTERVALS.len() - 1)]
        } else {
            REPEAT_INTERVAL
        };
        tokio::time::sleep(delay).await;
        // After a failure the next one follows all the same.
        let _ = junior.escalate(problem).await;
    }
}
