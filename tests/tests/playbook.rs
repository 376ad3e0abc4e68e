//! Assessments by the playbook: from runbooks and resolved sessions, or none.

use serde_json::json;
use tierup_e2e::World;
use tierup_server::config::Settings;

#[tokio::test]
async fn the_playbook_uses_resolved_sessions_and_runbooks() {
    let runbooks = tempfile::tempdir().unwrap();
    let runbook = "# VPN error 809\n\n## Cause\nThe firewall drops UDP 4500.\n\n## Fix\n1. Reinstall the VPN client\n\
                   2. Open UDP 4500 on the firewall\n";
    std::fs::write(runbooks.path().join("vpn.md"), runbook).unwrap();
    let world =
        World::with_settings(Settings { runbooks: Some(runbooks.path().into()), ..Settings::default() })
            .await;
    let sam = world.engineer("Sam Ortiz").await;
    let earlier = sam.open_session("VPN error 809 at the branch office").await;
    sam.resolve(&earlier, "The branch firewall dropped UDP 4500. Opened it.").await;
    let session = sam.open_session("VPN fails with error 809").await;
    sam.add_note(&session, "I reinstalled the VPN client, same error 809. UDP 4500 on the firewall?").await;
    let vpn = sam.escalate_session(&session, "normal").await;

    let handoff = sam.wait_for_assessment(&vpn).await;

    let data = &handoff["ai_assessment_data"];
    assert_eq!(data["likely_cause"], "The firewall drops UDP 4500.", "{data:#}");
    assert_eq!(data["confidence"], "high");
    assert_eq!(data["engine"], "playbook");
    let steps = data["suggested_steps"].as_array().unwrap();
    let (tried, fresh) = steps.split_last().unwrap();
    assert_eq!(
        (&tried["text"], &tried["already_tried"]),
        (&json!("Reinstall the VPN client"), &json!(true)),
        "last, and marked"
    );
    assert!(fresh.iter().all(|step| step["already_tried"] == false) && !fresh.is_empty(), "{steps:?}");
    assert_eq!(data["similar"][0]["session_id"], earlier.as_str());
    let quoted = data["evidence"].as_array().unwrap();
    assert!(quoted.iter().any(|evidence| evidence["message_seq"] == 2), "{quoted:?}");
    assert!(handoff["ai_assessment"].as_str().unwrap().contains("Open UDP 4500"));
}

#[tokio::test]
async fn the_playbook_matches_scripts_without_spaces() {
    let runbooks = tempfile::tempdir().unwrap();
    let runbook = "# プリンタが動かない\n\n## Cause\n用紙が湿っている。\n\n## Fix\n1. 用紙を交換する\n";
    std::fs::write(runbooks.path().join("printer.md"), runbook).unwrap();
    let world =
        World::with_settings(Settings { runbooks: Some(runbooks.path().into()), ..Settings::default() })
            .await;
    let sam = world.engineer("Sam Ortiz").await;
    let earlier = sam.open_session("VPN接続が切れます").await;
    sam.resolve(&earlier, "証明書の期限が切れていた。更新した。").await;
    let vpn = sam.escalate("支店でVPNの接続が頻繁に切れる").await;
    let data = sam.wait_for_assessment(&vpn).await["ai_assessment_data"].clone();
    assert_eq!(data["similar"][0]["session_id"], earlier.as_str(), "{data:#}");
    assert_eq!(data["likely_cause"], "証明書の期限が切れていた。更新した。", "cause and fix");
    let printer = sam.escalate("３階のﾌﾟﾘﾝﾀが動かない").await;
    let data = sam.wait_for_assessment(&printer).await["ai_assessment_data"].clone();
    assert_eq!(data["likely_cause"], "用紙が湿っている。", "{data:#}");
}

#[tokio::test]
async fn the_playbook_says_when_nothing_matches() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let odd = sam.escalate("The coffee machine speaks Latin").await;
    let data = sam.wait_for_assessment(&odd).await["ai_assessment_data"].clone();
    assert_eq!(data["confidence"], "inconclusive");
    assert_eq!(data["suggested_steps"], json!([]));
    assert!(data["likely_cause"].as_str().unwrap().starts_with("Nothing in the runbooks"));
}

/// Mutants seen to fail: common words count as much as rare ones.
#[tokio::test]
async fn words_that_every_problem_has_are_no_match() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = sam.open_session("VPN stops with error 809 after the update").await;
    sam.resolve(&vpn, "Expired machine certificate on gw2, renewed it.").await;
    let coffee = sam.escalate("The coffee machine shows an error since the update").await;
    let data = sam.wait_for_assessment(&coffee).await["ai_assessment_data"].clone();
    assert_eq!(data["confidence"], "inconclusive", "{data:#}");
    let again = sam.escalate("VPN stops with error 809 since the update").await;
    let data = sam.wait_for_assessment(&again).await["ai_assessment_data"].clone();
    assert_eq!(data["likely_cause"], "Expired machine certificate on gw2, renewed it.", "{data:#}");
    assert_eq!(data["basis"], json!({"cases": 1, "runbooks": 0, "identifiers": ["error 809"]}));
    assert!(data["suggested_steps"][0]["why"].as_str().unwrap().contains("session 1"), "{data:#}");
}

/// Mutants seen to fail: denials are not applied.
#[tokio::test]
async fn a_ruled_out_cause_gives_way_to_the_next() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    for (problem, resolution) in [
        (
            "VPN stops with error 809 after the update",
            "The machine certificate on gw2 had expired. Renewed it.",
        ),
        ("VPN stops with error 809 at the branch office", "The branch firewall dropped UDP 4500. Opened it."),
    ] {
        let session = sam.open_session(problem).await;
        sam.resolve(&session, resolution).await;
    }
    let session = sam.open_session("VPN stops with error 809 after the update").await;
    sam.add_branch(&session, "machine certificate expired", "ruled_out").await;
    let vpn = sam.escalate_session(&session, "normal").await;
    let data = sam.wait_for_assessment(&vpn).await["ai_assessment_data"].clone();
    let cause = data["likely_cause"].as_str().unwrap();
    assert!(!cause.contains("certificate"), "{data:#}");
    assert!(cause.contains("UDP 4500") || data["confidence"] == "inconclusive", "{data:#}");
}

/// Mutants seen to fail: a term that the only known cause has says nothing.
#[tokio::test]
async fn nothing_is_known_once_the_only_known_cause_is_ruled_out() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let session = sam.open_session("VPN stops with error 809 after the update").await;
    sam.resolve(&session, "Expired machine certificate on gw2, renewed it.").await;
    let session = sam.open_session("VPN stops with error 809 after the update").await;
    sam.add_branch(&session, "expired machine certificate", "ruled_out").await;
    let vpn = sam.escalate_session(&session, "normal").await;
    let data = sam.wait_for_assessment(&vpn).await["ai_assessment_data"].clone();
    assert_eq!(data["confidence"], "inconclusive", "{data:#}");
    assert!(!data["likely_cause"].as_str().unwrap().contains("certificate"), "{data:#}");
}

#[tokio::test]
async fn the_playbook_knows_nothing_of_another_teams_sessions() {
    let world = World::new().await;
    let (sam, hank) = (world.engineer("Sam Ortiz").await, world.other_account_owner());
    let foreign_session = hank.open_session("Flux capacitor overheats at 88 mph").await;
    hank.resolve(&foreign_session, "Replaced the secret plutonium chamber.").await;
    let own_handoff = sam.escalate("Flux capacitor overheats at 88 mph").await;
    let handoff = sam.wait_for_assessment(&own_handoff).await;
    assert!(!handoff.to_string().contains("plutonium"), "{handoff}");
}
