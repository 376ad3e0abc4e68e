//! The console's tests, one subject per file: in the real loop on a buffer, and in the real binary in a
//! pseudo-terminal. One program, to link it once.

#[path = "../shared/fixtures.rs"]
mod fixtures;
#[path = "../shared/keyboard.rs"]
mod keyboard;
#[path = "../shared/screen_snapshot.rs"]
mod screen_snapshot;

mod availability;
mod claims;
mod composing;
mod demo;
mod drafts;
mod every_key;
mod every_key_own_server;
mod every_key_reading;
mod every_key_writing;
mod faulty_servers;
mod handover;
mod history;
mod hostile_text;
mod inbox;
mod large_queue;
mod login;
mod long_conversations;
mod mouse;
mod navigation;
mod notes;
mod notifications;
mod reading;
mod response_targets;
mod screens;
mod screens_session;
mod screens_states;
mod screens_trust;
mod session;
mod shortcuts;
mod story;
mod terminal;
mod wide;
mod workflow;
mod writing;
