//! Those who run into problems: one after the other, so that there is always something new and never too much.

use std::time::Duration;

use crate::demo::cast::Cast;
use crate::demo::story::Story;

/// Pauses before the first problems; later ones come at the pace of the last.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(300),
    Duration::from_secs(3),
    Duration::from_secs(6),
    Duration::from_secs(10),
    Duration::from_secs(16),
];
/// Once everything has come up, things calm down.
const ENCORE: Duration = Duration::from_secs(90);

/// Brings up one problem after the other, and begins again at the end, slowly.
pub(super) async fn act(cast: &Cast, story: &Story) {
    let problems = story.problems.iter().cycle().zip(cast.juniors.iter().cycle());
    for (number, (problem, who)) in problems.enumerate() {
        let pause = if number < story.problems.len() { PAUSES[number.min(PAUSES.len() - 1)] } else { ENCORE };
        tokio::time::sleep(pause).await;
        // What does not arrive is not in the queue; the next one comes all the same.
        let _ = who.escalates(problem).await;
    }
}
