//! Runs a program in a pseudo-terminal and copies its output. Killing the host takes the program's terminal away.

#![expect(clippy::expect_used, reason = "tests may panic")]

use std::io::{Read, Write};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

fn main() {
    let size = PtySize { cols: 100, rows: 30, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
    let mut command = CommandBuilder::from_argv(std::env::args_os().skip(1).collect());
    command.cwd(std::env::current_dir().expect("a folder"));
    let _child = pair.slave.spawn_command(command).expect("a program");
    drop(pair.slave);
    let mut output = pair.master.try_clone_reader().expect("a screen");
    let (mut bytes, mut screen) = ([0; 16 * 1024], std::io::stdout());
    // It ends with its terminal unless it is killed first.
    while let Ok(count @ 1..) = output.read(&mut bytes) {
        screen.write_all(&bytes[..count]).and_then(|()| screen.flush()).expect("a screen");
    }
}
