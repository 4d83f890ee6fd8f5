//! Random scripts: whatever happens, in whatever order, the invariants hold after every commit (they are checked
//! by the world itself), the message rests within eight steps, and it is final by expiry + 60 s (I3).

use crate::charging::{Pays, outside};
use crate::world::{World, eur, offer};
use proptest::prelude::*;
use switchback_core::charge::{IfDown, LedgerKind, Unpaid};
use switchback_core::model::{
    CannotCarry, ChargeOn, Choice, FailureClass, FallbackRule, Funds, Input, NotOffered, OnUnknown, PeerId,
    Presence, Price, Reach, ReportKind, RouteId, Service, ServiceChoice, Settlement, Time, UnknownPrice,
    WithdrawalAnswer,
};

#[derive(Clone, Debug)]
enum Act {
    Hear(Input),
    Pass(u64),
    Online(bool),
    Presence(Presence),
    Offer(Service, Price, bool, Reach, ChargeOn),
    /// The offers change between the decision and its commit.
    Race(Service, Price),
    Guard(u64),
    /// The charging system answers.
    Pay(Pays),
}

fn pays() -> impl Strategy<Value = Pays> {
    let refusals = [Unpaid::Funds, Unpaid::Barred, Unpaid::TooDear(eur("0.05")), Unpaid::WrongGrant];
    prop_oneof![
        6 => Just(Pays::Yes(None)),
        1 => Just(Pays::Yes(Some(eur("0.01")))),
        1 => Just(Pays::Free),
        1 => prop::sample::select(refusals.to_vec()).prop_map(Pays::No),
        1 => Just(Pays::No(Unpaid::Down)),
        2 => any::<bool>().prop_map(Pays::Silent),
    ]
}

fn service() -> impl Strategy<Value = Service> {
    prop::sample::select(Service::ALL.to_vec())
}

fn price() -> impl Strategy<Value = Price> {
    let amounts = ["0", "0.01", "0.03", "0.05", "0.12"];
    prop_oneof![
        6 => prop::sample::select(amounts.to_vec()).prop_map(|amount| Price::Exact(eur(amount))),
        1 => Just(Price::Estimate(eur("0.02"))),
        1 => Just(Price::List(eur("0.04"))),
        1 => Just(Price::Unknown(UnknownPrice::NoAnswer)),
        1 => Just(Price::NotOffered(NotOffered::Cap)),
    ]
}

fn reach() -> impl Strategy<Value = Reach> {
    prop_oneof![
        6 => Just(Reach::Yes),
        1 => Just(Reach::NoRoute),
        1 => Just(Reach::NoAddress),
        1 => Just(Reach::Down(Time::from_millis(5))),
    ]
}

fn charge_on() -> impl Strategy<Value = ChargeOn> {
    prop_oneof![
        2 => Just(ChargeOn::Delivered),
        1 => (any::<bool>(), any::<bool>())
            .prop_map(|(kept_if_undelivered, refund_at_end)| ChargeOn::Submitted { kept_if_undelivered, refund_at_end }),
    ]
}

fn report_kind() -> impl Strategy<Value = ReportKind> {
    let failure = prop::sample::select(vec![
        FailureClass::Temporary,
        FailureClass::Temporary,
        FailureClass::Permanent,
        FailureClass::Refused,
        FailureClass::Local,
    ]);
    let answer = prop::sample::select(vec![
        WithdrawalAnswer::Withdrawn,
        WithdrawalAnswer::AlreadyDelivered,
        WithdrawalAnswer::Refused,
        WithdrawalAnswer::Unknown,
    ]);
    prop_oneof![
        4 => Just(ReportKind::HandedOver { peer_id: Some(PeerId::new("7")) }),
        4 => failure.prop_map(ReportKind::Failed),
        3 => Just(ReportKind::NoAnswer),
        1 => Just(ReportKind::NotSent),
        1 => Just(ReportKind::Intermediate),
        1 => Just(ReportKind::Delivered),
        1 => Just(ReportKind::Displayed),
        1 => Just(ReportKind::Withdrawn),
        1 => Just(ReportKind::Unclear),
        3 => answer.prop_map(ReportKind::Withdrawal),
    ]
}

fn input() -> impl Strategy<Value = Input> {
    let report = (0..8_u16, 0..3_u16, report_kind()).prop_map(|(attempt, part, kind)| Input::Report {
        attempt,
        part,
        kind,
        code: None,
    });
    let bound = prop::option::of(prop::sample::select(vec![eur("0.01"), eur("0.05"), eur("0.12")]));
    let choice =
        (service(), bound).prop_map(|(service, max_price)| Input::Chosen(Choice { service, max_price }));
    prop_oneof![10 => report, 2 => choice, 1 => Just(Input::Recovered), 1 => Just(Input::Poked)]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => input().prop_map(Act::Hear),
        1 => Just(Act::Hear(Input::Cancel)),
        6 => prop::sample::select(vec![1, 5_000, 10_000, 60_000, 300_000, 3_600_000, 90_000_000]).prop_map(Act::Pass),
        5 => any::<bool>().prop_map(Act::Online),
        1 => prop::sample::select(vec![Presence::Unknown, Presence::NotAUser]).prop_map(Act::Presence),
        3 => (service(), price(), any::<bool>(), reach(), charge_on())
            .prop_map(|(service, price, short, reach, charge)| Act::Offer(service, price, short, reach, charge)),
        1 => (service(), price()).prop_map(|(service, price)| Act::Race(service, price)),
        1 => prop::sample::select(vec![1_000, 60_000, 600_000]).prop_map(Act::Guard),
        8 => pays().prop_map(Act::Pay),
    ]
}

/// A sender, a plan and a recipient.
fn world() -> impl Strategy<Value = World> {
    let choice = prop_oneof![
        Just(ServiceChoice::Auto),
        Just(ServiceChoice::Ask),
        service().prop_map(ServiceChoice::Named),
    ];
    let bound =
        || prop::option::weighted(0.3, prop::sample::select(vec![eur("0.03"), eur("0.05"), eur("0.12")]));
    let offers = prop::array::uniform3((price(), charge_on(), 1..3_u16, any::<bool>()));
    let policy =
        (any::<bool>(), any::<bool>(), prop::bool::weighted(0.8), prop::option::of(100..100_000_u64));
    (
        choice,
        bound(),
        bound(),
        offers,
        policy,
        (any::<bool>(), 1_000..100_000_000_u64, prop::bool::weighted(0.2)),
        prop::option::weighted(0.4, prop::sample::select(vec![IfDown::Deny, IfDown::Buffer, IfDown::Free])),
    )
        .prop_map(|(choice, own, standing, offers, policy, (online, life, quoted), charged_outside)| {
            let mut world = World::new();
            world.set_online(online);
            world.message.choice = choice;
            (world.message.consent.own, world.message.consent.standing) = (own, standing);
            let (bulk, never, revert, fallback_after_ms) = policy;
            world.message.policy.on_unknown =
                if bulk { OnUnknown::AtMostOnce } else { OnUnknown::AtLeastOnce };
            world.message.policy.fallback = if never { FallbackRule::Never } else { FallbackRule::Auto };
            (world.message.policy.revert, world.message.policy.fallback_after_ms) =
                (revert, fallback_after_ms);
            world.message.expires_at = world.now.plus_millis(life);
            world.message.quoted = quoted.then(|| eur("0.03"));
            for (service, (price, charge_on, parts, odd)) in Service::ALL.into_iter().zip(offers) {
                let route = if service == Service::Im && !odd { None } else { Some(service.as_str()) };
                let made = world.offers.get_mut(service);
                *made = offer(service, price, route);
                made.charge_on = charge_on;
                made.parts = if service == Service::Sms { parts } else { 1 };
                made.cannot_carry = (service == Service::Mms && odd).then_some(CannotCarry::NoService);
                if service == Service::Im && odd {
                    (made.settlement, made.hold) = (Settlement::Bearer, None);
                } else if let Some(if_down) = charged_outside {
                    outside(made, if_down);
                }
            }
            world
        })
}

fn play(world: &mut World, act: Act) {
    match act {
        Act::Hear(input) => world.hear(&input),
        Act::Pass(ms) => drop(world.pass(ms)),
        Act::Online(online) => {
            world.set_online(online);
            world.hear(&Input::Poked);
        }
        Act::Presence(presence) => world.presence = presence,
        Act::Offer(service, price, short, reach, charge_on) => {
            let old = world.offers.get_mut(service);
            let new = offer(service, price, None);
            (old.price, old.hold) = (new.price, new.hold.filter(|_| old.settlement == Settlement::Server));
            old.funds = if short { Funds::Short } else { Funds::Enough };
            (old.reach, old.charge_on) = (reach, charge_on);
        }
        Act::Race(service, price) => {
            let mut offers = world.offers.clone();
            let old = offers.get_mut(service);
            let new = offer(service, price, None);
            (old.price, old.hold) = (new.price, new.hold.filter(|_| old.settlement == Settlement::Server));
            old.route = old.route.clone().or_else(|| (service != Service::Im).then(|| RouteId::new("other")));
            world.race = Some(Box::new(offers));
        }
        Act::Pay(pays) => {
            // Only reservations are refused here; a charge that is refused moves money after the end, and has a scenario.
            let refused = matches!(pays, Pays::No(why) if why != Unpaid::Down) || matches!(pays, Pays::Free);
            if !refused || world.asked().is_some_and(|(_, order)| order == LedgerKind::Reserve) {
                world.pay(pays);
            }
        }
        Act::Guard(ms) => world.guard_until = Some(world.now.plus_millis(ms)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_invariants_hold_and_it_ends(
        mut world in world(),
        acts in prop::collection::vec(act(), 0..40),
    ) {
        if world.send().is_err() {
            return Ok(());
        }
        for act in acts {
            play(&mut world, act);
        }
        let end = world.message.expires_at.plus_millis(world.timers.last_word_ms);
        world.pass(end.millis_since(world.now));
        prop_assert!(world.message.status.is_final(), "I3: {:?}", world.message);
        for _ in 0..200 {
            world.pay(Pays::Yes(None));
            world.pass(1_000_000);
        }
        prop_assert!(world.message.is_settled(), "R14: still owed: {:?}", world.message.attempts);
        prop_assert!(world.reserved().is_zero(), "I9: something is still reserved");
    }
}
