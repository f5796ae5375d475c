//! What the import promises of every table that people bring.

mod csv;
mod errors;
mod fingerprints;
mod formats;
mod reading;
mod records;
mod rows;
mod spool;
mod support;
