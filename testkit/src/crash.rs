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
//! Over SIP ([`Options::sip`]) senders and recipients are handsets, in fourteenths: three to people without chat (SMS),
//! five to people who stay registered (over UDP, over TCP, and with a client that is no CPM client), two to people with
//! three devices of which two come and go, two held for people who are away because an SMS is too dear, and one each
//! through fallback, through revert by a failure receipt, and through revert by `cancel_sm`. Senders send again with the
//! same `imdn.Message-ID` until the answer is clear.
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
//! And with a charging system (`--ocs`) that outlives the server: **double charge outside** and **done twice outside**; and, session
//! by session, unless the audit lists the attempt as a charge in doubt: **orphan hold outside** and **wrong charge outside** (its
//! journal and the server's ledger differ). **suspect of nothing**: the audit lists a charge of which the charging system
//! never heard; **suspect never cleared**: there is one in the end, though the charging system is declared to do each order once and
//! so may be asked until it answers. With `--no-dedup` it does again whatever comes again, and the server knows that it may.
//!
//! And over SIP, where a text counts as seen once for all devices of a person:
//!
//! * **confirmed and told again**: a device was told a message after its notification was answered with 200; one that
//!   sends none, after its 200 was on disk.
//! * **sender not told**: a message was delivered, and no notification said so to its sender.
//! * **registration lost**, **not taken away**, **bound and not online**, **left and not offline**, **offline since
//!   another time**: what the restarted server says is not what it had answered: after a 200 to REGISTER the binding is
//!   there, and who was told 200 on leaving is offline since then.
//!
//! # The windows
//!
//! A kill at the moment `t` *meets* a window when at least one message stands in it, as told by the witnesses:
//!
//! * **committed, not answered**: the client's request was under way at `t`, stayed unclear, and its repeat was answered
//!   with `Idempotency-Replayed`: the commit had happened.
//!   An answer over SIP does not say that: there the store accepted before `t`, and the answer came from the next life.
//! * **intent, not sent**: accepted before `t` with its first attempt's intent, and its peer saw it only after `t`.
//! * **sent, not answered**: the SMSC saw the submit before `t` and had not answered it.
//! * **answered, not recorded**: the SMSC answered before `t`, and the server submitted the text again after `t`
//!   without having been told of a failure; or the answer left within the last 3 ms before `t` (less than a commit
//!   takes to come round). A handset's 200 is such an answer.
//! * **receipt, not recorded**: a receipt, or a handset's notification, was on its way at `t` and not answered on that link.
//! * **withdrawal open**: the SMSC saw a `cancel_sm` before `t`, and the next attempt was seen only after `t`.
//! * **settle**: a receipt of an SMSC or a device (a handset's notification) was answered within the last 20 ms before `t`.

mod actors;
mod charging;
mod money;
mod options;
mod report;
mod run;
mod setup;
mod sip;
mod traffic;
mod verdict;
mod windows;
mod witness;

pub use crate::child::Fault;
pub use charging::Outside;
pub use options::Options;
pub use report::{Kill, Registrations, Summary, Window};
pub use run::run;
