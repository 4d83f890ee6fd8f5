//! A long random run: senders, receipts in any order, devices that come and go, crashes and time; at its end every
//! message is final, and the ledger is balanced without an orphan.

use crate::scene::{Dice, PATIENCE, ROUTE, Scene, eventually, options};
use std::time::Instant;
use switchback_core::model::{
    FailureClass, MessageId, PeerId, ReportKind, RouteId, Service, ServiceChoice, Target, WithdrawalAnswer,
};
use switchback_ports::{AttemptOrder, Disposition, Intake, Store};

const STEPS: usize = 1_500;
const NAMES: [&str; 3] = ["anna", "bo", "cleo"];

#[test]
fn a_random_run_ends_with_every_message_final_and_the_ledger_balanced() {
    for seed in 1..=3 {
        run(seed);
    }
}

/// What the pretend SMSC has not answered yet, and how many withdrawals it has seen.
#[derive(Default)]
struct Smsc {
    seen: usize,
    asked: usize,
    open: Vec<AttemptOrder>,
    handed: Vec<AttemptOrder>,
}

fn run(seed: u64) {
    let dice = Dice::new(seed);
    let mut options = options();
    options.timers.expiry_ms = 3_600_000;
    options.timers.t_off_ms = 60_000;
    let mut scene = Scene::priced(options, "0.02", "0.02");
    let mut smsc = Smsc::default();
    let mut ids: Vec<MessageId> = Vec::new();
    for _ in 0..STEPS {
        match dice.roll(20) {
            0..=5 => ids.extend(submit(&scene, &dice)),
            6..=11 => smsc.act(&scene, &dice),
            12 => drop(scene.register(pick(&dice), "phone")),
            13 => scene.deregister(pick(&dice), "phone"),
            14..=15 => confirm(&scene, &dice, &ids),
            16 => scene.clock.forward(dice.roll(20_000)),
            17 => cancel_or_choose(&scene, &dice, &ids),
            18 => scene.clock.forward(1),
            _ if dice.roll(12) == 0 => {
                scene = scene.crash();
                smsc.forget();
            }
            _ => {}
        }
    }
    let began = Instant::now();
    while scene.store.totals().unwrap().open > 0 {
        scene.clock.forward(30_000);
        std::thread::park_timeout(std::time::Duration::from_millis(20));
        assert!(
            began.elapsed() < PATIENCE * 2,
            "messages never end: {:?}",
            scene.store.open_messages(None, 2).unwrap()
        );
    }
    assert!(ids.iter().all(|id| scene.message(*id).status.is_final()));
    for id in &ids {
        let seqs: Vec<_> = scene.store.message_events(*id).unwrap().iter().map(|event| event.seq).collect();
        assert_eq!(seqs, (1..=u32::try_from(seqs.len()).unwrap()).collect::<Vec<_>>(), "{id}");
    }
    eventually("the lists have followed", || {
        let totals = scene.store.totals().unwrap();
        (totals.watermark >= totals.cursor).then_some(())
    });
    scene.prove_ledger();
    assert_eq!(scene.store.ledger_proof().unwrap().open_holds, 0);
    let counters = scene.engine.counters();
    assert_eq!(counters.gave_up, 0, "{counters:?}");
    assert!(scene.engine.ready().is_ok());
}

fn pick(dice: &Dice) -> &'static str {
    NAMES[usize::try_from(dice.roll(3)).unwrap()]
}

fn submit(scene: &Scene, dice: &Dice) -> Option<MessageId> {
    let choice = match dice.roll(4) {
        0 => ServiceChoice::Named(Service::Sms),
        1 => ServiceChoice::Named(Service::Im),
        2 => ServiceChoice::Ask,
        _ => ServiceChoice::Auto,
    };
    let submission = scene.submission(pick(dice), pick(dice), "any text", choice);
    scene.ask(submission).ok().map(|accepted| accepted.message.id)
}

impl Smsc {
    fn forget(&mut self) {
        (self.seen, self.asked) = (0, 0);
    }

    fn act(&mut self, scene: &Scene, dice: &Dice) {
        let orders = scene.sms.orders();
        self.open.extend(orders.iter().skip(self.seen).cloned());
        self.seen = orders.len();
        let kind = dice.roll(10);
        if kind < 5 && !self.open.is_empty() {
            let order = self.open.remove(place(dice, self.open.len()));
            let target = Target::Attempt { message: order.message, attempt: order.attempt, part: 0 };
            let answer = match dice.roll(8) {
                0 => ReportKind::Failed(FailureClass::Temporary),
                1 => ReportKind::NoAnswer,
                2 => ReportKind::Failed(FailureClass::Permanent),
                _ => ReportKind::HandedOver { peer_id: Some(name(&order)) },
            };
            // The receipt may overtake the answer.
            if dice.roll(5) == 0 {
                receipt(scene, &order, ReportKind::Delivered);
            }
            scene.report(target, answer);
            self.handed.push(order);
        } else if !self.handed.is_empty() {
            let order = self.handed[place(dice, self.handed.len())].clone();
            let said = match dice.roll(5) {
                0 => ReportKind::Failed(FailureClass::Temporary),
                1 => ReportKind::Unclear,
                2 => ReportKind::Withdrawal(WithdrawalAnswer::Withdrawn),
                _ => ReportKind::Delivered,
            };
            receipt(scene, &order, said);
        }
    }
}

fn place(dice: &Dice, len: usize) -> usize {
    usize::try_from(dice.roll(u64::try_from(len).unwrap())).unwrap()
}

fn name(order: &AttemptOrder) -> PeerId {
    PeerId::new(format!("{}.{}", order.message, order.attempt))
}

fn receipt(scene: &Scene, order: &AttemptOrder, kind: ReportKind) {
    scene.report(Target::Peer { route: RouteId::new(ROUTE), ids: vec![name(order)] }, kind);
}

fn confirm(scene: &Scene, dice: &Dice, ids: &[MessageId]) {
    if let Some(id) = ids.get(place(dice, ids.len().max(1))) {
        let who = scene.message(*id).recipient_subscriber.unwrap();
        drop(scene.confirm(who.as_str(), *id, Disposition::Delivered));
    }
}

fn cancel_or_choose(scene: &Scene, dice: &Dice, ids: &[MessageId]) {
    let Some(id) = ids.get(place(dice, ids.len().max(1))) else { return };
    if dice.roll(2) == 0 {
        // Nobody waits for the word: it may never come.
        drop(scene.engine.cancel(*id, None));
    } else {
        let service = if dice.roll(2) == 0 { Service::Sms } else { Service::Im };
        let choice = switchback_core::model::Choice { service, max_price: Some(crate::scene::euro("1")) };
        drop(scene.engine.choose(*id, None, choice).wait());
    }
}
