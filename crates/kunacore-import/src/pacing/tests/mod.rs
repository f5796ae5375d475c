//! The promises of the pacer, in virtual time.

mod doubt;
mod model;
mod order;
mod pauses;
mod places;
mod rate;
mod settle;
mod sim;
