//! Whether a charging system tells prices, found out before a sender needs one: when a peer is there, a price is asked
//! for in the name of a subscription that is named for this. Asking for a price costs nobody anything; where it takes a
//! reservation, that is given back at once.

use crate::charging::Shared;
use crate::flow::Asker;
use smol_str::SmolStr;
use std::sync::Weak;
use switchback_core::model::{Address, Currency, MessageId, Origin, Service, Time};
use switchback_ports::{ChargeKey, ChargeOrder, ChargeStep};
use tokio::sync::mpsc;
use wire_diameter::credit::{Ended, Refusal};

/// So long after a probe there is no other, however often peers come and go.
const REST_MS: u64 = 60_000;

/// Probes whenever a peer is well that was not. Ends when the links have ended, which tell of it.
pub(crate) async fn probe(shared: Weak<Shared>, mut recovered: mpsc::Receiver<()>) {
    let mut rested = Time::from_millis(0);
    while recovered.recv().await.is_some() {
        let Some(shared) = shared.upgrade() else { return };
        let now = shared.clock.now();
        let Some(subject) = &shared.options.probe_subject else { return };
        if now >= rested {
            rested = now.plus_millis(REST_MS);
            shared.begin(question(subject, now), Asker::Probe);
        }
    }
}

/// What would an SMS from this number to itself cost? The currency is no more than an expectation.
fn question(subject: &SmolStr, now: Time) -> ChargeOrder {
    let subscription = Address::E164(subject.clone());
    ChargeOrder {
        step: ChargeStep::Quote,
        key: ChargeKey { message: MessageId::from_bytes([0; 16]), attempt: 0 },
        imsi: None,
        number: Some(subject.clone()),
        from: subscription.clone(),
        to: subscription,
        origin: Origin::HOME,
        service: Service::Sms,
        parts: 1,
        bytes: 1,
        at: now,
        currency: Currency::EUR,
        at_most: None,
    }
}

impl Shared {
    /// What a probe came to. A charging system that never tells prices this way has been noted as such already.
    pub(crate) fn probed(&self, ended: &Ended) {
        let (system, quote) = (&self.options.name, self.options.quote);
        match ended {
            Ended::Granted(_) | Ended::Refused(Refusal::Incomparable) => {
                self.quotes();
                tracing::info!(%system, ?quote, "the charging system tells prices");
            }
            Ended::Refused(Refusal::NotSupported(_) | Refusal::OurFault(_)) => {}
            Ended::Refused(Refusal::Unavailable) | Ended::Unknown(_) => {
                tracing::warn!(%system, ?quote, ?ended, "the charging system did not say whether it tells prices: the first price that is needed will show");
            }
            Ended::Refused(Refusal::NoPrice | Refusal::WrongGrant) => {
                tracing::warn!(%system, ?quote, ?ended, "the charging system answers without a usable price: set another `quote`");
            }
            Ended::Refused(refusal) => {
                tracing::warn!(%system, ?quote, ?refusal, "the charging system knows no price for an SMS of `probe_subject`: name a subscription that may send one");
            }
        }
    }
}
