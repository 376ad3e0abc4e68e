//! One run: where its folders are, how long it takes its time, and what it found so far.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Duration;

use crate::figures::Figures;
use crate::world::World;

/// A run.
pub struct Bench {
    /// The product.
    pub server_binary: PathBuf,
    /// Where folders are made.
    pub folder: PathBuf,
    /// How long a measurement takes that can take any time.
    pub measure_time: Duration,
    /// What was found.
    pub figures: Figures,
    /// A folder of the product in which many handoffs wait.
    pub large_queue: World,
    /// One in which few wait.
    pub small_queue: World,
    folder_count: Cell<u32>,
}

impl Bench {
    /// A run in this folder, with these seeded.
    pub fn new(
        server_binary: PathBuf,
        folder: PathBuf,
        measure_time: Duration,
        large_queue: World,
        small_queue: World,
    ) -> Self {
        Self {
            server_binary,
            folder,
            measure_time,
            figures: Figures::default(),
            large_queue,
            small_queue,
            folder_count: Cell::new(0),
        }
    }

    /// A place for a folder of one's own.
    pub fn new_folder(&self) -> PathBuf {
        self.folder_count.set(self.folder_count.get() + 1);
        self.folder.join(format!("{}", self.folder_count.get()))
    }

    /// Many times the span of one measurement.
    pub fn scaled_measure_time(&self, factor: f64) -> Duration {
        self.measure_time.mul_f64(factor)
    }
}
