//! Pretend peers that do real harm on real sockets, and the harness that kills the server under load.
//!
//! * [`smsc`]: an SMSC (SMPP 3.4 over TCP) with the misbehaviours that operators meet, by name, rate and number.
//! * [`device`]: app devices on the public HTTP interface, thousands in one process.
//! * [`handset`]: SIP handsets with theirs, over UDP and TCP.
//! * [`fleet`]: thousands of SIP handsets in one thread, as a load.
//! * [`ladder`]: a capture as a ladder diagram.
//! * [`ocs`]: a charging system (Diameter credit control over TCP) with accounts, and theirs.
//! * [`cgrates`]: a charging system that speaks the JSON-RPC of CGRateS.
//! * [`load`]: a client that sends messages and keeps its own record of what it was told.
//! * [`crash`]: kills the real binary at random instants and compares what the client was told with what the peers
//!   saw, each from its own [`journal`] on disk.
//! * [`hostile`]: bytes that no honest peer sends.
//! * [`pcap`]: what was on the wire, for a stranger's dissector.
//!
//! Nothing here knows the server's own types: a pretend peer built on our model would agree with our mistakes. It
//! stands on the wire crates, and on the public HTTP interface as documented.

pub mod cgrates;
pub mod chance;
mod child;
pub mod clock;
pub mod content;
pub mod crash;
pub mod device;
pub mod fleet;
pub mod handset;
pub mod hostile;
pub mod http;
pub mod journal;
pub mod ladder;
pub mod load;
pub mod ocs;
pub mod pcap;
pub mod script;
pub mod smsc;
mod thread;
