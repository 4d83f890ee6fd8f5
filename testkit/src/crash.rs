//! The crash harness: the real binary under load, killed with SIGKILL at random instants, and a verdict from witnesses
//! that were never killed.
//!
//! # What runs
//!
//! The server is a child process on a store of its own. In the harness process run a pretend SMSC, app devices and a
//! load client, each with its own journal on disk. The load, in twelfths: six plain SMS (some long), one SMS of the
//! class `bulk` (at most once), one IM to devices that are online, and four through fallback and revert: IM to devices that stay away (fallback to SMS), IM to
//! devices that come and go whose SMS is undelivered (revert by a failure receipt), and IM to devices that come and
//! go whose SMS waits at the SMSC (revert by `cancel_sm`). Prices are not zero; half of the payers have allowances that
//! run out.
//!
//! # The verdict
//!
//! By the content hash of each text, all texts being different:
//!
//! * **lost**: the client was told 2xx, and either the store has no such message, or no peer ever saw it and the
//!   server's own record does not say `unknown`.
//! * **duplicate**: peers showed a text more than once, and no attempt of it is marked `may_duplicate`, or its
//!   class is sent at most once.
//! * **invented**: the store has a message that no client asked for, two for one key, one that was refused, or one
//!   called delivered that no peer saw.
//! * **mixed up**: a phone showed a text that was for another.
//! * **money**: double charges, orphan reservations, unbalanced payers (`switchback ledger audit` on the stopped store),
//!   a message charged that was not delivered, or charges of messages that do not add up to the ledger's total.
//! * **unfinished**: a message without a final status when all have expired; **no graceful stop**: the last SIGTERM
//!   did not end with code 0 in time.
//!
//! # The windows
//!
//! A kill at the moment `t` *meets* a window when at least one message stands in it, as told by the witnesses:
//!
//! * **committed, not answered**: the client's request was under way at `t`, stayed unclear, and its repeat was answered
//!   with `Idempotency-Replayed`: the commit had happened.
//! * **intent, not sent**: accepted before `t` with its first attempt's intent, and the SMSC saw it only after `t`.
//! * **sent, not answered**: the SMSC saw the submit before `t` and had not answered it.
//! * **answered, not recorded**: the SMSC answered before `t`, and the server submitted the text again after `t`
//!   without having been told of a failure; or the answer left within the last 3 ms before `t` (less than a commit
//!   takes to come round).
//! * **receipt, not recorded**: a receipt was on its way at `t` and not answered on that link.
//! * **withdrawal open**: the SMSC saw a `cancel_sm` before `t`, and the next attempt was seen only after `t`.
//! * **settle**: a receipt of an SMSC or a device was answered within the last 20 ms before `t`.

mod money;
mod options;
mod report;
mod run;
mod setup;
mod traffic;
mod verdict;
mod windows;
mod witness;

pub use crate::child::Fault;
pub use options::Options;
pub use report::{Kill, Summary, Window};
pub use run::run;
