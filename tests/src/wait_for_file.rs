//! Waits for files that a program writes a moment after their contents are on the screen, by watching their folder.

#![cfg(target_os = "linux")]

use std::mem::MaybeUninit;
use std::path::Path;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{CreateFlags, Reader, WatchFlags, add_watch, init};

use crate::TIMEOUT;

/// Waits until a file exists with the expected contents.
pub fn wait_for_file(path: &Path, predicate: impl Fn(&str) -> bool) {
    let contents = || std::fs::read_to_string(path).unwrap_or_default();
    let inotify = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).expect("a watch");
    let deadline = Instant::now() + TIMEOUT;
    loop {
        // Changes from here on notify, so that the check below misses none.
        let mut watched = None;
        while watched != nearest_existing_dir(path) {
            watched = nearest_existing_dir(path);
            let flags = WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::CLOSE_WRITE;
            add_watch(&inotify, watched.expect("a folder"), flags).expect("a watch");
        }
        if predicate(&contents()) {
            return;
        }
        let remaining =
            Timespec::try_from(deadline.saturating_duration_since(Instant::now())).expect("a time");
        let ready = poll(&mut [PollFd::new(&inotify, PollFlags::IN)], Some(&remaining)).expect("a watch");
        assert!(ready == 1, "{} never had the expected contents:\n{}", path.display(), contents());
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = Reader::new(&inotify, &mut buffer);
        // Until it would block.
        while events.next().is_ok() {}
    }
}

/// The nearest existing folder above a file.
fn nearest_existing_dir(path: &Path) -> Option<&Path> {
    path.ancestors().skip(1).find(|folder| folder.is_dir())
}
