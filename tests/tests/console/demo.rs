//! The real binary in a real pseudo-terminal: the demo, from launch to a sent step.

use rustix::process::Signal;
use tierup_e2e::Pty;

#[test]
fn the_demo_from_launch_to_a_sent_step() {
    let home = tempfile::tempdir().unwrap();
    let mut demo = Pty::run("tierup", &["demo"], home.path(), (120, 36));
    demo.sees("VPN won't connect after Windows update");
    demo.types("\r");
    demo.sees("start here");
    // The assessment fills in while one reads, without reopening.
    demo.still_sees("Pin the certificate");
    demo.still_sees("✓ high confidence");
    demo.types("\r");
    demo.sees("active, yours");
    demo.sees("Suggested");
    demo.types("1");
    demo.sees("│ Pin the certificate: Set-VpnConnection with");
    demo.types("\r");
    demo.sees("Not tried yet");
    demo.types("\x1b");
    demo.sees("Escalations");
    demo.types("q");
    assert_eq!(demo.ends(), 0);
    let left: Vec<_> =
        std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?} was left behind");
}

#[cfg(unix)]
#[test]
fn the_terminal_comes_back_when_the_console_is_told_to_end() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let home = tempfile::tempdir().unwrap();
        let mut demo = Pty::run("tierup", &["demo"], home.path(), (80, 24));
        demo.sees("VPN won't connect");
        demo.hears(signal);
        assert_eq!(demo.ends(), 0, "{signal:?}");
        demo.is_as_before();
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "{signal:?}");
    }
}
