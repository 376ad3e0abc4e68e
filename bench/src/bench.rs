//! One run: where its folders are, how long it takes its time, and what it found so far.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Duration;

use crate::figures::Figures;
use crate::world::World;

/// A run.
pub struct Bench {
    /// The product.
    pub binary: PathBuf,
    /// Where folders are made.
    pub folder: PathBuf,
    /// How long a measurement takes that can take any time.
    pub span: Duration,
    /// What was found.
    pub figures: Figures,
    /// A folder of the product in which many handoffs wait.
    pub many: World,
    /// One in which few wait.
    pub few: World,
    made: Cell<u32>,
}

impl Bench {
    /// A run in this folder, with these seeded.
    pub fn new(binary: PathBuf, folder: PathBuf, span: Duration, many: World, few: World) -> Self {
        Self { binary, folder, span, figures: Figures::default(), many, few, made: Cell::new(0) }
    }

    /// A place for a folder of one's own.
    pub fn place(&self) -> PathBuf {
        self.made.set(self.made.get() + 1);
        self.folder.join(format!("{}", self.made.get()))
    }

    /// Many times the span of one measurement.
    pub fn spans(&self, many: f64) -> Duration {
        self.span.mul_f64(many)
    }
}
