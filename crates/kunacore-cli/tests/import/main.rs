//! `kunacore import` and `kunacore report` as they are used: against a sandbox in the test's process, whose ledger tells what
//! was really created.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod desk;
mod doubt;
mod existing;
mod front;
mod input;
mod interrupts;
mod known;
mod life;
mod memory;
mod output;
mod pacing;
mod refused;
mod run;
mod stops;
mod stream;
mod table;
