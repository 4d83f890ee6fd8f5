//! What devices answer to our requests becomes the model's reports.
//!
//! A message goes to every device of its recipient (fork to all); the first that confirms makes it delivered. It has
//! failed only when every device of the recipient said so; one that refuses for its person refuses for all (R12).

use super::binding::DeviceKey;
use super::outbox::{Item, News};
use super::server::{Answered, Server};
use super::words::{Meaning, meaning_of};
use std::net::SocketAddr;
use switchback_core::model::{FailureClass, MessageId, PeerCode, Report, ReportKind, Target};
use switchback_ports::{DeviceReceipt, Disposition};
use wire_sip::header::RetryAfter;
use wire_sip::{HeaderName, Message as Response, StatusCode};

/// An edge proxy has lost its flow to the device (RFC 5626 section 11.5).
const FLOW_FAILED: StatusCode = StatusCode(430);
/// The longest pause that a device is granted.
const PAUSE_MAX_MS: u64 = 60_000;

/// A request that waits for its answer.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    pub(super) key: DeviceKey,
    pub(super) item: Item,
    /// The message is for this device alone (a GRUU).
    pub(super) alone: bool,
    /// The connection's peer, when it went by one that was opened because it was too long for a datagram.
    pub(super) stream: Option<SocketAddr>,
}

/// How the devices of one recipient took one attempt.
#[derive(Clone, Debug, Default)]
pub(super) struct Fork {
    /// Those that did not take it.
    failed: Vec<DeviceKey>,
}

impl Server {
    /// A device's final answer to a request of ours.
    pub(super) fn answered(&mut self, token: u64, response: &Response) {
        let Some(status) = response.status() else { return };
        let Some(Sending { key, item, alone, .. }) = self.sending.remove(&token) else { return };
        let pause = response.one::<RetryAfter<'_>>(HeaderName::RetryAfter).ok().flatten();
        let waited_for = self.asks(&key, token);
        if status == FLOW_FAILED && (!waited_for || self.fall_over(&key)) {
            return;
        }
        match (meaning_of(status, pause.is_some()), item.news) {
            (Meaning::Later, _) if waited_for => {
                let ms = pause.map_or(0, |pause| u64::from(pause.wait.0) * 1000).clamp(1000, PAUSE_MAX_MS);
                let until = self.time().plus_millis(ms);
                if let Some(outbox) = self.outboxes.get_mut(&key) {
                    outbox.put_back();
                    outbox.not_before = Some(until);
                }
                if let Some(device) = self.devices.get_mut(&key) {
                    device.binding.not_taken(item.cursor);
                }
                return;
            }
            (Meaning::Later, _) => return,
            (Meaning::Taken, News::Incoming { .. }) => {
                // A CPM client says by a notification that it has a message; of any other the 2xx is the word (R4).
                if self.devices.get(&key).is_none_or(|device| !device.binding.cpm) {
                    self.confirm_delivery(&key, item.message);
                }
            }
            (Meaning::Failed(class), News::Incoming { attempt })
                if waited_for || class == FailureClass::Refused =>
            {
                self.fork_failed(&key, (item.message, attempt), alone, class, status);
            }
            (Meaning::Taken | Meaning::Failed(_), _) => {}
        }
        if waited_for {
            self.done(&key, &item);
            self.pump(&key);
        }
    }

    /// Whether what a device is being told is told by this request. The word of a device counts also when it comes by one
    /// that is given up; but that says nothing of the flow that the device has now, or of what it is told by that.
    fn asks(&self, key: &DeviceKey, token: u64) -> bool {
        self.outboxes.get(key).is_some_and(|outbox| outbox.asks(token))
    }

    /// No final answer: the device is not there. What was being told is told when it is back, by the same id.
    pub(super) fn unanswered(&mut self, token: u64, why: &'static str) {
        let Some(Sending { key, stream, .. }) = self.sending.remove(&token) else { return };
        let waited_for = self.asks(&key, token);
        let Some(peer) = stream else {
            if waited_for && !self.fall_over(&key) {
                self.lose(&key, why);
            }
            return;
        };
        // The device takes datagrams: it is lost only when those are not answered either.
        let now = self.time();
        self.streams.refuse(peer, now);
        if waited_for {
            self.abandon(&key);
            self.pump(&key);
        }
    }

    /// A thing has been told, or need not be.
    pub(super) fn done(&mut self, key: &DeviceKey, item: &Item) {
        if let Some(outbox) = self.outboxes.get_mut(key) {
            outbox.done();
        }
        if let Some(device) = self.devices.get_mut(key) {
            device.binding.told = device.binding.told.max(item.cursor);
        }
        self.reached(key);
    }

    /// What is on its way to a device is not waited for any more: it goes again.
    pub(super) fn abandon(&mut self, key: &DeviceKey) {
        if let Some(outbox) = self.outboxes.get_mut(key) {
            outbox.put_back();
        }
    }

    fn confirm_delivery(&self, key: &DeviceKey, message: MessageId) {
        let (subscriber, device) = (key.subscriber().clone(), key.device().clone());
        let receipt = DeviceReceipt { message, subscriber, device, disposition: Disposition::Delivered };
        let answer = self.intake.receipt(receipt);
        self.answers.spawn(async move {
            if let Ok(Err(refusal)) = answer.await {
                tracing::debug!(code = %refusal.code, "a device's word was not taken");
            }
            Answered::Nothing
        });
    }

    /// One device did not take it; `alone`: it was for no other. When no device is left that may, the attempt has failed.
    pub(super) fn fork_failed(
        &mut self,
        key: &DeviceKey,
        (message, attempt): (MessageId, u16),
        alone: bool,
        class: FailureClass,
        status: StatusCode,
    ) {
        let fork = self.forks.entry((message, attempt)).or_default();
        if !fork.failed.contains(key) {
            fork.failed.push(key.clone());
        }
        let all = alone || fork.failed.len() >= self.intake.device_count(key.subscriber());
        if !all && class != FailureClass::Refused {
            return;
        }
        self.forks.remove(&(message, attempt));
        let report = Report {
            target: Target::Attempt { message, attempt, part: 0 },
            kind: ReportKind::Failed(class),
            code: Some(PeerCode::Sip(status.0)),
            at: self.time(),
        };
        if self.intake.report(report, Box::new(|_| ())).is_err() {
            // Its deadline will tell what this could not.
            tracing::warn!("a device's refusal could not be taken in: too much at once");
        }
    }
}
