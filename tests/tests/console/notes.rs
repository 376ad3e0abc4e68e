//! Notes in the sessions of others: what a colleague knows reaches whoever works on it.

use serde_json::json;
use tierup_e2e::World;

#[tokio::test]
async fn a_colleagues_note_appears_in_the_session_of_whoever_claimed_it() {
    let world = World::new().await;
    let (sam, mut dana) = (world.engineer("Sam Ortiz").await, world.console("Dana Wu").await);
    let vpn = sam.escalate("VPN is down").await;
    dana.sees("VPN is down").await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("VPN is down").await;
    priya.press("p").await;
    priya.sees("active, yours").await;

    dana.sees("claimed by Priya Nair").await;
    dana.press("<enter>v").await;
    dana.sees("active, with Priya Nair").await;
    dana.sees("A note for Priya Nair; the assistant will not answer").await;
    dana.press("STOP, do not kill it<enter>").await;
    priya.sees("STOP, do not kill it").await;
    // There is nothing to switch to: Dana cannot ask the assistant here.
    dana.press("<ctrl-t>").await;
    dana.still_sees("A note for Priya Nair").await;
    let session = sam.session(&vpn.session_id).await;
    let last = session["conversation_messages"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["role"], &last["author_name"]), (&json!("user"), &json!("Dana Wu")));
}

#[tokio::test]
async fn a_note_reaches_a_session_that_still_waits() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = sam.escalate("VPN is down").await;
    let mut dana = world.console("Dana Wu").await;
    dana.sees("VPN is down").await;
    dana.press("<enter>v").await;
    dana.sees("A note for Sam Ortiz and whoever takes this").await;
    dana.press("The gateway was patched<enter>").await;
    dana.sees("Dana Wu  09:30").await;
    sam.add_note(&vpn.session_id, "By whom?").await;
    dana.sees("By whom?").await;
}
