//! The promises of the pacer, in virtual time.
