//! What a sandbox promises to whoever runs it and to whoever sends it requests, tried over real sockets.

mod access;
mod create;
mod fault_rules;
mod faults;
mod file;
mod ledger;
mod limit;
mod lookup;
mod server;
mod support;
mod tls;
