//! What is measured, one subject a file.

pub mod console;
pub mod fan_out;
pub mod pages;
pub mod peers;
pub mod rest;
pub mod resume;
pub mod trouble;
pub mod writes;
