//! No change makes the assessments worse unseen: the judging half, on a real server with the offline engine.

use tierup_assess_bench::dataset::{Dataset, Split};
use tierup_assess_bench::replay::Replay;
use tierup_assess_bench::report;
use tierup_assess_bench::scores::Scores;
use tierup_server::config::Settings;

/// Mutants seen to fail: a floor above the figure.
#[tokio::test(flavor = "multi_thread")]
async fn the_offline_engine_is_as_right_as_it_was() {
    let dataset = Dataset::load().unwrap();
    let settings = Settings { assessment_engine: Some("playbook".into()), ..Settings::default() };
    let mut replay = Replay::start(settings, &dataset, &[]).await.unwrap();
    let verdicts = replay.judge_cases(&dataset, Split::Judging, |_| true).await.unwrap();
    replay.stop().await;
    let scores = Scores::of(&verdicts);
    let at_least = [
        ("right cause first", scores.right, 0.51),
        ("right source among three", scores.right_source, 0.73),
        ("inconclusive where nothing fits", scores.inconclusive_unanswered, 0.75),
        ("right, of high confidence", scores.high_right, 0.78),
    ];
    let at_most = [
        ("ruled-out cause named", scores.ruled_out, 12),
        ("tried steps suggested anew", scores.suggested_anew, 14),
        ("untried steps marked as tried", scores.wrongly_tried, 5),
    ];
    let low = at_least.iter().filter(|(_, value, floor)| value.is_none_or(|value| value < *floor));
    let high = at_most.iter().filter(|(_, value, ceiling)| value > ceiling);
    let missed: Vec<&str> = low.map(|(name, ..)| *name).chain(high.map(|(name, ..)| *name)).collect();
    assert!(missed.is_empty(), "worse than before: {missed:?}\n{}", report::table(&verdicts));
}
