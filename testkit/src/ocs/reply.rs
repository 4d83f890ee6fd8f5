//! What goes back on a link, and the messages between neighbours.

use super::Config;
use std::time::Duration;
use wire_diameter::avp::Group;
use wire_diameter::neighbour::{Capabilities, Notice};
use wire_diameter::{
    APPLICATION_CREDIT_CONTROL, AvpWriter, Command, Flags, Header, Message, ResultCode, VENDOR_3GPP,
};

/// What is done with a message that came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reply {
    /// What is answered.
    pub(super) octets: Vec<u8>,
    /// How much later.
    pub(super) late: Option<Duration>,
    /// The link is cut when it is written.
    pub(super) cut: bool,
}

/// The answer to `header`, with what `write` puts.
pub(super) fn answer(header: Header, result: ResultCode, write: impl FnOnce(&mut AvpWriter<'_>)) -> Reply {
    let flags = if result.is_protocol_error() { Flags::ERROR } else { Flags::default() };
    let mut octets = Vec::new();
    // What we say always fits.
    let _ = Message::write(&header.answer(flags), &mut octets, write);
    Reply { octets, ..Reply::default() }
}

/// The answer to capabilities.
pub(super) fn capabilities(config: &Config, header: Header) -> Reply {
    let ours = Capabilities {
        result: Some(ResultCode::SUCCESS),
        origin_host: &config.host,
        origin_realm: &config.realm,
        addresses: vec![config.listen.ip()],
        vendor: 0,
        product: "Switchback sandbox",
        origin_state: None,
        supported_vendors: vec![VENDOR_3GPP],
        applications: vec![APPLICATION_CREDIT_CONTROL],
    };
    answer(header, ResultCode::SUCCESS, |to| ours.write(to))
}

/// Any other answer that says no more than its result.
pub(super) fn notice(config: &Config, header: Header, session_id: Option<&str>, result: ResultCode) -> Reply {
    let ours = Notice { session_id, result: Some(result), ..own(config) };
    answer(header, result, |to| ours.write(to))
}

/// The question whether the client is there.
pub(super) fn watchdog(config: &Config, number: u32) -> Vec<u8> {
    let header = Header {
        flags: Flags::REQUEST,
        command: Command::DEVICE_WATCHDOG,
        application: 0,
        hop_by_hop: number,
        end_to_end: number,
    };
    let mut octets = Vec::new();
    // What we say always fits.
    let _ = Message::write(&header, &mut octets, |to| own(config).write(to));
    octets
}

fn own(config: &Config) -> Notice<'_> {
    Notice {
        session_id: None,
        result: None,
        origin_host: &config.host,
        origin_realm: &config.realm,
        origin_state: None,
        cause: None,
    }
}
