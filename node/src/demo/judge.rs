//! The judge: a story is good only when the trace, the ledger and the peers tell the same.

use crate::cli::Failure;
use crate::http::text;
use serde_json::{Value, json};
use switchback_core::model::{Currency, Money};

/// The three accounts of one message.
#[derive(Debug)]
pub(super) struct Account {
    /// What was said.
    pub(super) text: String,
    /// The message.
    pub(super) message: Value,
    /// Its decisions, events and ledger entries.
    pub(super) trace: Value,
    /// How many phones behind the SMSC showed the text.
    pub(super) shown_by_smsc: usize,
    /// How many times chat clients showed it: the app, and the SIP client.
    pub(super) shown_by_phone: usize,
}

/// What a message was expected to do.
#[derive(Debug)]
pub(super) struct Expected {
    /// Services of its attempts, in order.
    pub(super) services: &'static [&'static str],
    /// What the sender pays.
    pub(super) charged: &'static str,
}

/// One message of a story, judged.
#[derive(Debug)]
pub(super) struct Act {
    account: Account,
    expected: Expected,
    /// Other things that a story holds to be true, each with its proof.
    more: Vec<(String, bool)>,
    /// What the peers themselves tell of it.
    told: Vec<String>,
}

/// The judgement of one story.
#[derive(Debug)]
pub(super) struct Verdict {
    claim: u8,
    acts: Vec<Act>,
    failure: Option<String>,
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

impl Account {
    /// Services of the attempts in order, from the events: what was started, not what was planned.
    pub(super) fn services(&self) -> Vec<String> {
        let started = list(&self.trace, "events").filter(|event| text(event, "type") == "attempt.started");
        started.filter_map(|event| event.get("data")).map(|data| text(data, "service").to_owned()).collect()
    }

    /// What the ledger says: commits less refunds.
    fn charged(&self) -> Money {
        let entries = list(&self.trace, "ledger").filter_map(|entry| {
            let currency = Currency::parse(text(entry, "currency"))?;
            let money = Money::parse(text(entry, "amount"), currency).ok()?;
            match text(entry, "kind") {
                "commit" => Some(money),
                "refund" => Some(Money { nanos: money.nanos.checked_neg()?, ..money }),
                _ => None,
            }
        });
        let mut sum = Money::zero(Currency::EUR);
        for money in entries {
            sum = sum.checked_add(money).unwrap_or(sum);
        }
        sum
    }

    /// The service whose attempt the trace says delivered.
    fn delivered_by(&self) -> Option<&str> {
        let event = list(&self.trace, "events").find(|event| text(event, "type") == "message.delivered")?;
        event.get("data").map(|data| text(data, "service"))
    }

    fn sentences(&self) -> Vec<&str> {
        list(&self.trace, "decisions").map(|decision| text(decision, "sentence")).collect()
    }

    /// Whether the peers saw what the trace says: shown once by the side that delivered, never by the other.
    fn peers_agree(&self) -> bool {
        let (sms, im) = match self.delivered_by() {
            Some("sms") => (1, 0),
            Some("im") => (0, 1),
            _ => (0, 0),
        };
        (self.shown_by_smsc, self.shown_by_phone) == (sms, im)
    }
}

impl Act {
    /// Puts an account beside what was expected.
    pub(super) const fn new(account: Account, expected: Expected) -> Self {
        Self { account, expected, more: Vec::new(), told: Vec::new() }
    }

    /// Adds something that must be true, too.
    #[must_use]
    pub(super) fn and(mut self, what: impl Into<String>, holds: bool) -> Self {
        self.more.push((what.into(), holds));
        self
    }

    /// Adds what a peer itself tells of it.
    #[must_use]
    pub(super) fn told(mut self, line: String) -> Self {
        self.told.push(line);
        self
    }

    /// Everything that is not as told.
    fn faults(&self) -> Vec<String> {
        let account = &self.account;
        let mut faults = Vec::new();
        let services = account.services();
        if services != self.expected.services {
            faults.push(format!("attempts by {services:?}, told {:?}", self.expected.services));
        }
        if account.delivered_by().is_none() {
            faults.push(format!("not delivered: {}", text(&account.message, "status")));
        }
        if account.charged().amount() != self.expected.charged {
            faults.push(format!(
                "the ledger charged {}, told {} EUR",
                account.charged(),
                self.expected.charged
            ));
        }
        if !account.peers_agree() {
            let (sms, im) = (account.shown_by_smsc, account.shown_by_phone);
            faults.push(format!("the trace says delivered by {:?}; phones behind the SMSC showed it {sms} times, chat clients {im} times", account.delivered_by()));
        }
        faults
            .extend(self.more.iter().filter(|(_, holds)| !holds).map(|(what, _)| format!("not so: {what}")));
        faults
    }

    fn json(&self) -> Value {
        let account = &self.account;
        let charged = account.charged();
        json!({
            "message": text(&account.message, "id"), "services": account.services(), "status": text(&account.message, "status"),
            "seen_by_peers": {"smsc": account.shown_by_smsc, "phone": account.shown_by_phone},
            "charged": charged.amount(), "currency": charged.currency.as_str(), "sentences": account.sentences(), "told": self.told, "faults": self.faults(),
        })
    }
}

impl Verdict {
    /// Judges a story that was played, or that could not be.
    pub(super) fn of(claim: u8, played: Result<Vec<Act>, Failure>) -> Self {
        match played {
            Ok(acts) => Self { claim, acts, failure: None },
            Err(failure) => Self { claim, acts: Vec::new(), failure: Some(failure.to_string()) },
        }
    }

    /// Whether everything was as told.
    pub(super) fn ok(&self) -> bool {
        self.failure.is_none() && !self.acts.is_empty() && self.acts.iter().all(|act| act.faults().is_empty())
    }

    /// One object: the story's main message, and the others under `also`.
    pub(super) fn json(&self) -> Value {
        let mut acts = self.acts.iter().map(Act::json);
        let mut object = acts.next().unwrap_or_else(|| json!({}));
        if let Some(object) = object.as_object_mut() {
            object.insert("claim".into(), json!(self.claim));
            object.insert("ok".into(), json!(self.ok()));
            object.insert("failure".into(), json!(self.failure));
            object.insert("also".into(), acts.collect());
        }
        object
    }

    /// The story for people.
    pub(super) fn narration(&self) -> String {
        let mut lines = Vec::new();
        for act in &self.acts {
            let account = &act.account;
            lines.push(format!("   \u{201c}{}\u{201d}", account.text));
            lines.extend(act.told.iter().map(|line| format!("     {line}")));
            lines.extend(account.sentences().into_iter().map(|sentence| format!("     {sentence}")));
            lines.push(format!(
                "     -> {} by {}; charged {}; phones behind the SMSC showed it {}x, chat {}x",
                text(&account.message, "status"),
                account.services().join(" -> "),
                account.charged(),
                account.shown_by_smsc,
                account.shown_by_phone
            ));
            lines.extend(act.faults().into_iter().map(|fault| format!("     NOT AS TOLD: {fault}")));
        }
        lines.extend(self.failure.iter().map(|failure| format!("     NOT AS TOLD: {failure}")));
        lines.push(if self.ok() { "   As told.".into() } else { "   Not as told.".into() });
        lines.join("\n") + "\n"
    }
}
