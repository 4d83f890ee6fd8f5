//! One session to an SMSC, as a machine without I/O.

mod event;
mod receive;

pub use event::Event;

use std::time::Duration;

use crate::session::{Session, SessionConfig};
use crate::{
    Bind, BindMode, CancelSm, CommandId, CommandStatus, Pdu, Request, SendError, ShortMessage, State,
    SubmitResp, UnknownSequence,
};

/// The client's side of an SMPP session. [`State`] draws its life.
///
/// Octets, timeouts and commands go in; octets, events and the next timeout come out. After *every* call the driver
/// takes all events and writes the output, then waits for whichever comes first:
///
/// ```
/// # use std::time::Duration;
/// # use wire_smpp::{Bind, BindMode, Client, Event, SessionConfig};
/// # let now = Duration::ZERO;
/// # let mut socket: Vec<u8> = Vec::new();
/// let mut client = Client::new(SessionConfig::default(), now);
/// client.bind(BindMode::Transceiver, &Bind { system_id: b"me", interface_version: 0x34, ..Bind::default() }, now)?;
/// loop {
///     while let Some(event) = client.poll_event() {
///         match event {
///             Event::Closed(_) => {}
///             _ => { /* store it; then answer_deliver, submit, ... */ }
///         }
///     }
///     socket.extend_from_slice(client.output());
///     let written = client.output().len();
///     client.wrote(written);
///     if client.is_closed() && client.output().is_empty() {
///         break; // close the socket
///     }
///     // Wait until the socket is readable -> handle_bytes, ends -> handle_link_lost, or the time comes:
///     let due = client.next_timeout().unwrap_or(Duration::MAX);
///     client.handle_timeout(due);
/// }
/// # Ok::<(), wire_smpp::SendError>(())
/// ```
pub type Client = Session<Event>;

impl Session<Event> {
    /// A session over a connection that was just made. Nothing is sent before [`bind`](Self::bind).
    #[must_use]
    pub fn new(config: SessionConfig, now: Duration) -> Self {
        Self::over(config, State::Open { until: None }, now)
    }

    /// Asks to bind. Answered by [`Event::Bound`] or [`Event::Closed`].
    ///
    /// # Errors
    /// [`SendError::NotBound`] when it was asked before, [`SendError::Encode`] when a field is too long.
    pub fn bind(&mut self, mode: BindMode, bind: &Bind<'_>, now: Duration) -> Result<(), SendError> {
        self.core.tick(now);
        if !matches!(self.core.state, State::Open { .. }) {
            return Err(SendError::NotBound);
        }
        let sequence = self.core.asked.sequence();
        self.core.send(&Pdu::Bind(mode, *bind), CommandStatus::OK, sequence)?;
        let until = self.core.now.saturating_add(self.core.limits.response_timeout);
        self.core.state = State::Binding { mode, sequence, until };
        Ok(())
    }

    /// Sends a message; `token` comes back with whatever becomes of the request. Gives the sequence number.
    ///
    /// # Errors
    /// [`SendError::Full`]: try again after the next event. [`SendError::NotBound`], [`SendError::Encode`].
    pub fn submit(
        &mut self,
        token: u64,
        message: &ShortMessage<'_>,
        now: Duration,
    ) -> Result<u32, SendError> {
        self.core.tick(now);
        self.core.request(token, Request::Submit, &Pdu::SubmitSm(*message), BindMode::may_submit)
    }

    /// Asks to withdraw a message. A full window does not hold it up: it has an allowance of the same size.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub fn cancel(&mut self, token: u64, cancel: &CancelSm<'_>, now: Duration) -> Result<u32, SendError> {
        self.core.tick(now);
        self.core.request(token, Request::Cancel, &Pdu::CancelSm(*cancel), BindMode::may_submit)
    }

    /// Answers an [`Event::Deliver`], when the caller has made it durable (or can't, and says so by the status).
    ///
    /// # Errors
    /// [`UnknownSequence`]: nothing unanswered has this number, or the session is over.
    pub fn answer_deliver(&mut self, sequence: u32, status: CommandStatus) -> Result<(), UnknownSequence> {
        let command = self.core.owed.remove(sequence).ok_or(UnknownSequence(sequence))?;
        let pdu = if command == CommandId::DATA_SM {
            Pdu::DataSmResp(SubmitResp::default())
        } else {
            Pdu::DeliverSmResp
        };
        // An empty answer always encodes.
        let _ = self.core.send(&pdu, status, sequence);
        self.core.advance();
        Ok(())
    }
}
