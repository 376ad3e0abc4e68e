//! The demo in a real pseudo-terminal, from launch to a sent step.

use rustix::process::Signal;
use tierup_e2e::Pty;

#[test]
fn the_demo_from_launch_to_a_sent_step() {
    let home = tempfile::tempdir().unwrap();
    let mut demo = Pty::spawn("tierup", &["demo"], home.path(), (120, 36));
    demo.sees("VPN won't connect after Windows update");
    demo.send_keys("\r");
    demo.sees("start here");
    // The assessment fills in without reopening.
    demo.still_sees("Pin the certificate");
    demo.still_sees("confidence · 1 case, 1 runbook");
    // It is complete.
    demo.still_sees("e evidence");
    demo.send_keys("\r");
    demo.sees("active, yours");
    demo.sees("Suggested");
    demo.send_keys("\t");
    demo.sees("│ Pin the certificate: `Set-VpnConnection` with");
    // After a claim the assistant answers only if it is asked.
    demo.send_keys("\x14\r");
    demo.sees("After this, check whether");
    demo.send_keys("\x1b");
    demo.sees("i write");
    demo.send_keys("\x1b");
    demo.sees("Escalations");
    demo.send_keys("q");
    assert_eq!(demo.wait_for_exit(), 0);
    let output = String::from_utf8_lossy(&demo.raw_output()).into_owned();
    assert!(
        output
            .trim_end()
            .ends_with("Next: `tierup login --server URL`, or your own server: `tierup-server init`")
    );
    let left: Vec<_> =
        std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?} was left behind");
}

#[cfg(unix)]
#[test]
fn sigterm_restores_the_terminal() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let home = tempfile::tempdir().unwrap();
        let mut demo = Pty::spawn("tierup", &["demo"], home.path(), (80, 24));
        demo.sees("VPN won't connect");
        demo.send_signal(signal);
        assert_eq!(demo.wait_for_exit(), 0, "{signal:?}");
        demo.assert_terminal_restored();
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "{signal:?}");
    }
}
