//! Behind a proxy that holds back event streams but not plain requests, the console works.
//!
//! Seen to fail: when a stream without its first event was only retried.

use std::process::Command;
use std::time::Duration;

use tierup_e2e::clean_env::clean_env;
use tierup_e2e::process::binary_path;
use tierup_e2e::{BufferingProxy, Console, World};

#[tokio::test(flavor = "multi_thread")]
async fn the_console_works_behind_a_buffering_proxy_and_explains_the_delay() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let who = world.engineer("Priya Nair").await;
    let proxy = BufferingProxy::start(&world.url()).await;
    // Events are late after a third of it; polls come every two thirds.
    let answer_timeout = Duration::from_secs(3);
    let mut priya =
        Console::open_with_timeout(answer_timeout, proxy.url(), who.token(), &world.folder().join("home"));
    priya.sees("◌ not live, polling every 2s (tierup doctor)").await;
    priya.sees("No open escalations").await;
    sam.escalate("VPN is down").await;
    priya.sees("VPN is down").await;
    priya.press("p").await;
    priya.sees("active, yours").await;

    // The doctor knows why.
    let mut doctor = Command::new(binary_path("tierup"));
    clean_env(&mut doctor).env("HOME", world.folder()).args([
        "doctor",
        "--timeout",
        "3",
        "--server",
        proxy.url(),
    ]);
    let output = doctor.args(["--keyring", "off", "--token", who.token()]).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let events =
        stdout.lines().find(|line| line.starts_with("events\tbad\t")).unwrap_or_else(|| panic!("{stdout}"));
    assert!(events.contains("no events arrive"), "{events}");
    assert!(events.contains("docs/OPERATING.md"), "{events}");

    // The first event ends the polling.
    proxy.release();
    priya.sees("● live").await;
}
