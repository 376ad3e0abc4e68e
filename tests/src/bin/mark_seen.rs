//! Marks handoffs as seen, one after another, as several consoles on one machine do. Prints each once it is stored.

#![expect(clippy::expect_used, reason = "tests may panic")]

use std::io::Write;
use std::path::Path;

use tierup::runtime::data_dir::{DataDir, DataOwner};
use tierup_common::id::{HandoffId, UserId};
use tierup_common::time::Timestamp;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let (first, count): (i64, i64) =
        (arguments[2].parse().expect("a number"), arguments[3].parse().expect("a number"));
    let files = DataDir::from_path(Path::new(&arguments[1]));
    let owner = DataOwner::new("http://127.0.0.1:7890", UserId::from_bytes([1; 16]));
    for number in first..first + count {
        let id = HandoffId::new(Timestamp::from_millis(number));
        files.update_seen(&owner, |seen| seen.insert(id)).expect("it is stored");
        let mut out = std::io::stdout();
        writeln!(out, "{id}").and_then(|()| out.flush()).expect("somebody who listens");
    }
}
