//! What is measured, one subject a file.

pub mod fan_out;
pub mod pages;
pub mod rest;
pub mod resume;
pub mod trouble;
pub mod writes;
