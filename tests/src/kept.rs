//! What a console keeps on its machine, which is written a moment after it is on the screen.

use std::path::Path;
use std::time::Duration;

use crate::SOON;

/// Between two looks: a file tells nobody that it has changed.
const LOOK: Duration = Duration::from_millis(5);

/// Waits until a file is there and holds what it should.
pub async fn holds(path: &Path, such: impl Fn(&str) -> bool) {
    let found = || std::fs::read_to_string(path).unwrap_or_default();
    let mut looks = tokio::time::interval(LOOK);
    let wait = async {
        while !such(&found()) {
            looks.tick().await;
        }
    };
    let came = tokio::time::timeout(SOON, wait).await.is_ok();
    assert!(came, "{} never held what was waited for:\n{}", path.display(), found());
}
