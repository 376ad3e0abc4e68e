//! The state of a benchmark: folders, durations and figures.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Duration;

use crate::figures::Figures;
use crate::world::World;

/// A benchmark run.
pub struct Bench {
    /// The server's binary.
    pub server_binary: PathBuf,
    /// The folder for temporary folders.
    pub folder: PathBuf,
    /// The duration of an open-ended measurement.
    pub measure_time: Duration,
    /// The figures so far.
    pub figures: Figures,
    /// A data folder with many open handoffs.
    pub large_queue: World,
    /// A data folder with few.
    pub small_queue: World,
    folder_count: Cell<u32>,
}

impl Bench {
    /// A run in this folder, with both queues seeded.
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

    /// The path of a new temporary folder.
    pub fn new_folder(&self) -> PathBuf {
        self.folder_count.set(self.folder_count.get() + 1);
        self.folder.join(format!("{}", self.folder_count.get()))
    }

    /// A multiple of [`Self::measure_time`].
    pub fn scaled_measure_time(&self, factor: f64) -> Duration {
        self.measure_time.mul_f64(factor)
    }
}
