//! The measurements, one subject per file.

pub mod console;
pub mod fan_out;
pub mod idle;
pub mod pages;
pub mod peers;
pub mod resume;
pub mod slow_dependencies;
pub mod writes;
