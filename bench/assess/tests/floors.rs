//! No change makes the assessments worse unseen: the judging half, on a real server with the offline engine.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use tierup_assess_bench::dataset::{Dataset, Split};
use tierup_assess_bench::replay::Replay;
use tierup_assess_bench::report;
use tierup_assess_bench::scores::Scores;
use tierup_server::config::Settings;

/// What the figures of a dataset must not fall below, or rise above.
struct Bounds {
    right: f64,
    right_source: f64,
    inconclusive_unanswered: f64,
    high_right: f64,
    ruled_out: usize,
    suggested_anew: usize,
    wrongly_tried: usize,
}

/// Mutants seen to fail: a floor above the figure.
#[tokio::test(flavor = "multi_thread")]
async fn the_offline_engine_is_as_right_as_it_was() {
    let hard = Bounds {
        right: 0.5,
        right_source: 0.78,
        inconclusive_unanswered: 0.7,
        high_right: 0.75,
        ruled_out: 16,
        suggested_anew: 18,
        wrongly_tried: 9,
    };
    assert_within(&Dataset::load().unwrap(), &hard).await;
    let everyday = Bounds {
        right: 0.65,
        right_source: 0.82,
        inconclusive_unanswered: 0.8,
        high_right: 0.85,
        ruled_out: 5,
        suggested_anew: 8,
        wrongly_tried: 2,
    };
    assert_within(&Dataset::load_everyday().unwrap(), &everyday).await;
}

async fn assert_within(dataset: &Dataset, bounds: &Bounds) {
    let settings = Settings { assessment_engine: Some("playbook".into()), ..Settings::default() };
    let mut replay = Replay::start(settings, dataset, &[]).await.unwrap();
    let verdicts = replay.judge_cases(dataset, Split::Judging, |_| true).await.unwrap();
    replay.stop().await;
    let scores = Scores::of(&verdicts);
    let at_least = [
        ("right cause first", scores.right, bounds.right),
        ("right source among three", scores.right_source, bounds.right_source),
        ("inconclusive where nothing fits", scores.inconclusive_unanswered, bounds.inconclusive_unanswered),
        ("right, of high confidence", scores.high_right, bounds.high_right),
    ];
    let at_most = [
        ("ruled-out cause named", scores.ruled_out, bounds.ruled_out),
        ("tried steps suggested anew", scores.suggested_anew, bounds.suggested_anew),
        ("untried steps marked as tried", scores.wrongly_tried, bounds.wrongly_tried),
    ];
    let low = at_least.iter().filter(|(_, value, floor)| value.is_none_or(|value| value < *floor));
    let high = at_most.iter().filter(|(_, value, ceiling)| value > ceiling);
    let missed: Vec<&str> = low.map(|(name, ..)| *name).chain(high.map(|(name, ..)| *name)).collect();
    assert!(missed.is_empty(), "worse than before: {missed:?}\n{}", report::table(&verdicts));
}
