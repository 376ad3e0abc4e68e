//! A change, its event and its response are stored together or not at all, wherever the transaction fails. Impossible
//! rows cannot be stored.
//!
//! The failures are SQLite's own: for each table and kind of change, a trigger fails the statement or rolls back the
//! transaction. Mutants seen to fail: a savepoint that is kept after an error, a row without its CHECK.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::collections::BTreeSet;

use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};
use tierup_e2e::{ApiClient, World};
use tierup_server::config::Settings;

/// A second connection to the database of a running server.
fn open_database(world: &World) -> Connection {
    let database = Connection::open(world.data_dir().join("tierup.db")).unwrap();
    database.busy_timeout(tierup_e2e::TIMEOUT).unwrap();
    database
}

/// The tables of the schema, except the cursors of log followers.
fn table_names(database: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'cursor'";
    let mut names = database.prepare(sql).unwrap();
    names.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// Every row of the database, as text.
fn all_rows(database: &Connection) -> Vec<String> {
    let mut all = Vec::new();
    for table in table_names(database) {
        let mut rows = database.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = rows.column_count();
        let text = |row: &rusqlite::Row<'_>| {
            let values = (0..columns).map(|column| row.get::<_, rusqlite::types::Value>(column));
            Ok(format!("{table}: {:?}", values.collect::<Result<Vec<_>, _>>()?))
        };
        all.extend(rows.query_map([], text).unwrap().map(Result::unwrap));
    }
    all
}

/// Repeats an operation, each time with another failing statement. Returns where it failed.
async fn fail_each_statement(
    world: &World,
    client: &ApiClient,
    prepare: impl AsyncFn() -> (String, Value),
) -> BTreeSet<String> {
    let database = open_database(world);
    let mut failure_points = BTreeSet::new();
    for table in table_names(&database) {
        for change in ["BEFORE INSERT", "AFTER INSERT", "AFTER UPDATE"] {
            for undo in ["ABORT", "FAIL", "ROLLBACK"] {
                let (path, body) = prepare().await;
                let key = [("idempotency-key", path.as_str())];
                let asks = || client.send_json(Method::POST, &path, Some(body.clone()), &key);
                let before = all_rows(&database);
                let trigger = format!(
                    "CREATE TRIGGER breaks {change} ON {table} BEGIN SELECT RAISE({undo}, 'it broke'); END"
                );
                database.execute_batch(&trigger).unwrap();
                let answer = asks().await;
                database.execute_batch("DROP TRIGGER breaks").unwrap();
                if answer.status >= 500 {
                    assert_eq!(all_rows(&database), before, "{path}: half of it was stored: {trigger}");
                    failure_points.insert(format!("{change} {table}"));
                }
                // A retry takes effect once.
                let again = asks().await;
                assert!([200, 201].contains(&again.status), "{}", again.body);
                assert_eq!(asks().await, again);
            }
        }
    }
    failure_points
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_anywhere_leaves_nothing_behind() {
    // Reminders that never become due.
    let settings = Settings {
        assessment_engine: Some("off".into()),
        unclaimed_reminder_minutes: Some(15),
        stale_claim_hours: Some(8),
        ..Settings::default()
    };
    let world = World::with_settings(settings).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let escalate = json!({"intent": "escalate", "engineer_notes": "I am stuck."});
    let escalates = async || {
        let session = sam.open_session("VPN is down").await;
        (format!("/ai-sessions/{session}/handoff"), escalate.clone())
    };
    let claims = async || {
        let vpn = sam.escalate("VPN is down").await;
        (format!("/handoffs/{}/claim", vpn.handoff_id), json!({}))
    };

    let broke = fail_each_statement(&world, &sam, escalates).await;
    for part in ["handoff", "snapshot", "event", "idempotency", "job"] {
        assert!(broke.contains(&format!("AFTER INSERT {part}")), "{part}: {broke:?}");
    }
    let broke = fail_each_statement(&world, &priya, claims).await;
    for part in
        ["AFTER UPDATE handoff", "AFTER UPDATE session", "AFTER INSERT event", "AFTER INSERT idempotency"]
    {
        assert!(broke.contains(part), "{part}: {broke:?}");
    }
    assert!(tierup_server::admin::check(&world.data_dir()).unwrap().is_sound());
}

#[tokio::test]
async fn check_reports_impossible_rows() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    sam.escalate("an open one").await;
    priya.claim(&sam.escalate("a claimed one").await).await;
    let database = open_database(&world);
    for lie in [
        "UPDATE handoff SET status = 'claimed' WHERE status = 'open'",
        "UPDATE handoff SET claimed_by = NULL, claimed_at = NULL WHERE status = 'claimed'",
        "UPDATE handoff SET claimed_at = NULL WHERE status = 'claimed'",
        "UPDATE handoff SET status = 'open' WHERE status = 'claimed'",
        "UPDATE handoff SET status = 'parked'",
        "UPDATE handoff SET status = 'lost'",
        "UPDATE session SET status = 'resolved'",
        "UPDATE session SET resolution = 'done'",
        "UPDATE session SET status = 'paused', standing_id = NULL",
        "UPDATE message SET author_id = NULL",
    ] {
        let refused = database.execute(lie, []).unwrap_err();
        assert!(refused.to_string().contains("CHECK constraint failed"), "{lie}: {refused}");
    }
}
