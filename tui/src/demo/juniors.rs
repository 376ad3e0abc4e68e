//! Those who run into problems: one after the other, so that there is always something new and never too much.

use std::time::Duration;

use crate::demo::story::Story;
use crate::demo::team::Team;

/// Pauses before the first problems; later ones come at the pace of the last.
const ESCALATION_INTERVALS: [Duration; 5] = [
    Duration::from_millis(300),
    Duration::from_secs(3),
    Duration::from_secs(6),
    Duration::from_secs(10),
    Duration::from_secs(16),
];
/// Once everything has come up, things calm down.
const REPEAT_INTERVAL: Duration = Duration::from_secs(90);

/// Brings up one problem after the other, and begins again at the end, slowly.
pub(super) async fn run(cast: &Team, story: &Story) {
    let problems = story.problems.iter().cycle().zip(cast.juniors.iter().cycle());
    for (number, (problem, who)) in problems.enumerate() {
        let pause = if number < story.problems.len() {
            ESCALATION_INTERVALS[number.min(ESCALATION_INTERVALS.len() - 1)]
        } else {
            REPEAT_INTERVAL
        };
        tokio::time::sleep(pause).await;
        // What does not arrive is not in the queue; the next one comes all the same.
        let _ = who.escalate(problem).await;
    }
}
