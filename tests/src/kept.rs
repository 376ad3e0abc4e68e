//! Files that a program of ours keeps, which are written a moment after their contents are on the screen: whoever waits
//! for one is told by the system that something has changed in its folder.

#![cfg(target_os = "linux")]

use std::mem::MaybeUninit;
use std::path::Path;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{CreateFlags, Reader, WatchFlags, add_watch, init};

use crate::SOON;

/// Waits until a file is there and holds what it should.
pub fn holds(path: &Path, such: impl Fn(&str) -> bool) {
    let found = || std::fs::read_to_string(path).unwrap_or_default();
    let changes = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).expect("a watch");
    let end = Instant::now() + SOON;
    loop {
        // What changes after this is told, so that the look below misses nothing.
        let mut watched = None;
        while watched != nearest(path) {
            watched = nearest(path);
            let what = WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::CLOSE_WRITE;
            add_watch(&changes, watched.expect("a folder"), what).expect("a watch");
        }
        if such(&found()) {
            return;
        }
        let left = Timespec::try_from(end.saturating_duration_since(Instant::now())).expect("a time");
        let told = poll(&mut [PollFd::new(&changes, PollFlags::IN)], Some(&left)).expect("a watch");
        assert!(told == 1, "{} never held what was waited for:\n{}", path.display(), found());
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = Reader::new(&changes, &mut buffer);
        // Until it would block.
        while events.next().is_ok() {}
    }
}

/// The folder of a file, or the nearest one above it that is there.
fn nearest(path: &Path) -> Option<&Path> {
    path.ancestors().skip(1).find(|folder| folder.is_dir())
}
