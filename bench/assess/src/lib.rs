//! Measures how accurate assessments are: `just assess-bench`.
//!
//! The dataset is a support team's history, resolved sessions and runbooks in many domains, and cases with known
//! answers. The bench plays the history to a real server over HTTP, escalates each case and judges the assessment that
//! comes back. So it works for any engine, and measures what users see.
//!
//! Half of the cases are for tuning, the other half only judge: see [`dataset::Split`].

pub mod dataset;
pub mod filler;
pub mod pattern;
pub mod replay;
pub mod report;
pub mod scores;
pub mod verdict;
