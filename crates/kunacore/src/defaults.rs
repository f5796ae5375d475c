//! Every limit and default of the client, by name. Help texts and documentation quote these values.

use std::time::Duration;

/// How long connecting may take, name resolution and TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one attempt may take, from connecting to the last byte of the answer.
pub const TIMEOUT: Duration = Duration::from_secs(30);
/// How long one call may take as a whole, a login included.
pub const DEADLINE: Duration = Duration::from_secs(120);
/// How much of an answer is read, in bytes. A customer takes less than one thousandth of it.
pub const BODY_CAP: usize = 1024 * 1024;
/// How long an unused connection is kept. Servers close theirs after 5 to 15 s; sending on a connection that is just
/// being closed is the commonest way not to know what became of a request.
pub const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(4);
/// How long the kernel may try to deliver what we sent, where the system has this setting. Without it a request could
/// reach the server long after it was given up.
pub const TCP_USER_TIMEOUT: Duration = Duration::from_secs(5);
