//! A payer with its plan, whose messages follow each other.

use switchback_core::charge::{Hold, LedgerEntry, LedgerKind};
use switchback_core::model::{
    AccountId, Address, MessageId, Money, PayerId, Price, RouteId, Service, Shard, Time,
};
use switchback_core::tariff::{Ask, Payer, Plan, Priced, Size, price};

pub(crate) const HEAD: &str =
    "[plan]\nid = \"p\"\nversion = 1\ncurrency = \"EUR\"\ncharge_decimals = 2\ntz = \"Europe/Berlin\"\n";
pub(crate) const BO: &str = "+46701234567";
pub(crate) const CLEO: &str = "+46707654321";

pub(crate) const CHAT: &str =
    "[[rate]]\nservice = \"im\"\nid = \"chat\"\nunit = \"conversation\"\nprice = \"0.05\"\n";
pub(crate) const TEXTS: &str = "[[rate]]\nservice = \"sms\"\nprice = \"0.30\"\n";

/// A payer with its plan, whose messages follow each other.
pub(crate) struct Life {
    pub(crate) plan: Plan,
    pub(crate) payer: Payer,
    sent: u16,
    /// What its side was told.
    pub(crate) told: Vec<String>,
}

/// A message: when, to whom, from which account, by which route.
pub(crate) struct Sent<'a> {
    pub(crate) at: &'a str,
    pub(crate) to: &'a str,
    pub(crate) account: Option<&'a str>,
    pub(crate) route: Option<&'a str>,
}

pub(crate) fn sent<'a>(at: &'a str, to: &'a str) -> Sent<'a> {
    Sent { at, to, account: None, route: None }
}

impl Life {
    pub(crate) fn of(rows: &str) -> Self {
        let plan = Plan::parse(&format!("{HEAD}{rows}")).unwrap_or_else(|error| panic!("{error}"));
        let mut payer = Payer::open(PayerId::new("anna"), &plan);
        payer.credit(Money::parse("100", plan.currency).unwrap()).unwrap();
        Self { plan, payer, sent: 0, told: Vec::new() }
    }

    pub(crate) fn priced(&self, service: Service, message: &Sent<'_>) -> Priced {
        let recipient = Address::parse(message.to).unwrap();
        let (account, route) = (message.account.map(AccountId::new), message.route.map(RouteId::new));
        let at = Time::parse(message.at).unwrap();
        let ask = Ask::from_home(service, &recipient, Size { segments: 1, bytes: 40 }, at);
        price(&self.plan, &self.payer, &Ask { account: account.as_ref(), route: route.as_ref(), ..ask })
    }

    pub(crate) fn entry(&mut self, attempt: u16, kind: LedgerKind, hold: &Hold) {
        let at = Time::from_millis(0);
        let message = MessageId::new(at, Shard::of("anna"), u128::from(attempt));
        let payer = self.payer.id.clone();
        let entry = LedgerEntry { message, attempt, payer, kind, hold: hold.clone(), at };
        self.payer.apply(&entry).unwrap();
        self.told.extend(self.payer.notices(&self.plan, &entry).iter().map(ToString::to_string));
    }

    /// The price, which is charged, or why it is not sold.
    pub(crate) fn send(&mut self, service: Service, message: &Sent<'_>) -> String {
        let priced = self.priced(service, message);
        let Some(hold) = priced.hold else {
            return match priced.price {
                Price::NotOffered(why) => why.to_string(),
                other => panic!("{other:?}"),
            };
        };
        self.sent += 1;
        self.entry(self.sent, LedgerKind::Reserve, &hold);
        self.entry(self.sent, LedgerKind::Commit, &hold);
        hold.amount.amount()
    }
}
