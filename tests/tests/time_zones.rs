//! Local times on a real terminal use the UTC offset of their own day.
//!
//! Seen to fail: when every time used the current offset.

#![cfg(unix)]

use tierup_e2e::{Pty, World};

/// Berlin as a POSIX rule, which needs no time zone database.
const BERLIN_TZ: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

#[tokio::test(flavor = "multi_thread")]
async fn a_park_across_a_time_change_wakes_at_the_local_time() {
    let world = World::new().await;
    let priya = world.engineer("Priya Nair").await;
    let session = priya.open_session("Print server to be replaced").await;
    let url = world.url();
    let environment = [("TIERUP_SERVER", url.as_str()), ("TIERUP_TOKEN", priya.token()), ("TZ", BERLIN_TZ)];
    let mut console = Pty::spawn_with_env("tierup", &[], world.folder(), (120, 30), &environment);
    console.sees("live");
    console.send_keys("2");
    console.sees("Print server to be replaced");
    console.send_keys("\r");
    console.sees("active, yours");
    // It is 09:30 UTC.
    console.sees("10:30");
    console.send_keys("\x1bz");
    console.sees("Wake");
    console.send_keys("until the new one is here\t2027-06-01 8:00");
    console.sees("Tue 1 Jun, 08:00");
    console.send_keys("\r");
    console.sees("Parked: press 3");
    let parked = priya.session(&session).await;
    let handoff = parked["handoff_id"].as_str().unwrap();
    let handoff = priya.get(&format!("/handoffs/{handoff}")).await.expect(200);
    assert_eq!(handoff["wake_at"], "2027-06-01T06:00:00.000Z");
}
