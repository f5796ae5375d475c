//! Every limit and default of the client, by name. Help texts and documentation quote these values.

use std::time::Duration;

/// How long connecting may take, name resolution and TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one attempt may take, from connecting to the last byte of the answer.
pub const TIMEOUT: Duration = Duration::from_secs(30);
/// How long one call may take as a whole: logins, pauses and look-ups included.
pub const DEADLINE: Duration = Duration::from_secs(120);
/// The least that the longest time a server may act on a request, and show it in a look-up, is taken to be. It is the
/// timeout of an attempt where that is longer; see [`ClientBuilder::settle`](crate::ClientBuilder::settle).
pub const SETTLE: Duration = Duration::from_secs(30);
/// How often the request of one call is sent at most; reading calls count by request.
pub const MAX_ATTEMPTS: u32 = 3;
/// The most that the first pause before another attempt may be; each later one doubles.
pub const PAUSE: Duration = Duration::from_millis(50);
/// The most that any pause may be, unless the server asks for more.
pub const PAUSE_CAP: Duration = Duration::from_secs(20);
/// How much longer pauses are after a 429 that names no time: the first is at most a second.
pub const THROTTLED_FACTOR: u32 = 20;
/// The longest time that a server may ask a call to wait; above it, the call ends and tells the time.
pub const RETRY_AFTER_CAP: Duration = Duration::from_secs(60);
/// What all calls of a client together may spend on sending again, in tokens.
pub const RETRY_BUDGET: u32 = 500;
/// What sending again costs after a failure, in tokens. A call that succeeds gives back what it took, at least 1.
pub const TRANSIENT_COST: u32 = 14;
/// What sending again costs after a 429, in tokens.
pub const THROTTLED_COST: u32 = 5;
/// The least time between two renewals of an access token.
pub const RENEWAL_INTERVAL: Duration = Duration::from_secs(30);
/// How long before its end an access token is renewed, at most; one tenth of its life where that is less.
pub const RENEWAL_MARGIN: Duration = Duration::from_secs(60);
/// How many pages of one look-up are read. A look-up that has more says nothing about who is absent.
pub const LOOKUP_PAGES: usize = 20;
/// How much earlier than our first attempt, by the server's clock, a customer that is ours may seem to be created.
pub const WINDOW_TOLERANCE: Duration = Duration::from_secs(5);
/// How much earlier than our first attempt a customer must have been created to be surely somebody else's.
pub const SURELY_EARLIER: Duration = Duration::from_secs(300);
/// How much of an answer is read, in bytes. A customer takes less than one thousandth of it.
pub const BODY_CAP: usize = 1024 * 1024;
/// How long an unused connection is kept. Servers close theirs after 5 to 15 s; sending on a connection that is just
/// being closed is the commonest way not to know what became of a request.
pub const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(4);
/// How long the kernel may try to deliver what we sent, where the system has this setting. Without it a request could
/// reach the server long after it was given up.
pub const TCP_USER_TIMEOUT: Duration = Duration::from_secs(5);
