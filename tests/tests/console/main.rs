//! The stories of the console, one subject a file: in the real loop on a buffer, and in the real binary in a
//! pseudo-terminal. One program, which is linked once.

#[path = "../shared/hands.rs"]
mod hands;
#[path = "../shared/picture.rs"]
mod picture;
#[path = "../shared/stage.rs"]
mod stage;

mod attention;
mod demo;
mod doable;
mod drafts;
mod every_key;
mod hostile;
mod large;
mod login;
mod long;
mod mouse;
mod only_text;
mod screens;
mod screens_session;
mod screens_states;
mod session;
mod shell;
mod terminal;
mod work;
mod writing;
