//! A SIP client: a real one on the wire, which registers, asks for prices, sends, and is told what became of it.

use super::server::SIP_DOMAIN;
use crate::cli::Failure;
use std::net::SocketAddr;
use switchback_testkit::handset::{Config, Handset, SendOptions, Sent, word_of};
use switchback_testkit::pcap::Capture;
use tokio::runtime::Runtime;

/// A person's SIP client, registered over UDP.
#[derive(Debug)]
pub(super) struct SipPhone {
    handset: Handset,
    runtime: Runtime,
}

impl SipPhone {
    /// Switches it on and registers it.
    pub(super) fn start(
        user: &str,
        number: &str,
        password: &str,
        server: SocketAddr,
        capture: Option<Capture>,
    ) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let config =
            Config { user: user.to_owned(), capture, ..Config::of(number, password, SIP_DOMAIN, server) };
        let handset = runtime.block_on(Handset::start(config))?;
        let registered = runtime.block_on(handset.register()).map_err(failed("REGISTER"))?.answer;
        if !registered.is_success() {
            return Err(Failure::Failed(format!("REGISTER was answered {}", registered.status)));
        }
        Ok(Self { handset, runtime })
    }

    /// What OPTIONS says of somebody: status and prices, as a document.
    pub(super) fn offer(&self, number: &str) -> Result<String, Failure> {
        let answer = self.runtime.block_on(self.handset.options(&uri(number), ""));
        Ok(answer.map_err(failed("OPTIONS"))?.text())
    }

    /// Sends by a service.
    pub(super) fn send(&self, number: &str, text: &str, service: &str) -> Result<Sent, Failure> {
        let options = SendOptions { service: Some(service.to_owned()), ..SendOptions::default() };
        let sent = self.runtime.block_on(self.handset.send(&uri(number), text, options));
        sent.map_err(failed("MESSAGE"))
    }

    /// Waits for the first notification about a message, and gives its word.
    pub(super) fn notified(&self, sent: &Sent) -> Option<&'static str> {
        let id = &sent.imdn_id;
        let come = self.handset.wait_for(|inbox| !inbox.ticks(id).is_empty());
        let inbox = self.runtime.block_on(come).ok()?;
        inbox.ticks(id).first().copied().map(word_of)
    }

    /// How often it shows this text.
    pub(super) fn times(&self, text: &str) -> usize {
        self.handset.inbox().texts().into_iter().filter(|shown| *shown == text).count()
    }
}

fn uri(number: &str) -> String {
    format!("sip:{number}@{SIP_DOMAIN}")
}

fn failed(what: &'static str) -> impl FnOnce(switchback_testkit::handset::Failure) -> Failure {
    move |failure| Failure::Failed(format!("{what}: {failure}"))
}
