//! Devices come and go: what waits for them is told, and no registration is missed.

use crate::scene::{Scene, eventually, heard, options};
use std::sync::Arc;
use switchback_core::model::{
    AttemptState, DeviceId, Presence, ReportKind, Service, ServiceChoice, Status, SubscriberId, Time,
};
use switchback_engine::Options;
use switchback_ports::directory::Bearer;
use switchback_ports::{Clock, Disposition, Intake, Store};

const IM: ServiceChoice = ServiceChoice::Named(Service::Im);

/// IM deadlines that do not run out in a test.
fn patient() -> Options {
    let mut options = options();
    options.timers.im_offline_ms = 3_600_000;
    options
}

#[test]
fn a_registration_gets_what_waits_in_order() {
    let scene = Scene::with(patient());
    let ids: Vec<_> = (0..50).map(|n| scene.send(&format!("text {n}"), IM).id).collect();
    assert!(ids.iter().all(|id| scene.message(*id).attempts[0].state == AttemptState::Deferred));
    let mut live = scene.engine.subscribe(Some(crate::scene::owner("bo")));
    assert!(scene.register("bo", "phone").is_empty(), "nothing was told before");
    let told: Vec<_> = (0..50).map(|_| heard(&mut live).event.message).collect();
    assert_eq!(told.len(), 50);
    assert_eq!(told.iter().collect::<std::collections::HashSet<_>>().len(), 50);
    scene.deregister("bo", "phone");
    let again = scene.register("bo", "phone");
    assert_eq!(
        again.iter().map(|line| line.event.message).collect::<Vec<_>>(),
        ids,
        "unconfirmed: told again, oldest first"
    );
    for id in &ids {
        scene.confirm("bo", *id, Disposition::Delivered).unwrap();
    }
    assert!(scene.register("bo", "tablet").is_empty());
    scene.prove_ledger();
}

#[test]
fn what_is_handed_over_while_a_device_comes_overtakes_nothing() {
    let scene = Arc::new(Scene::with(Options { loops: 1, ..patient() }));
    let ids: Vec<_> = (0..5).map(|n| scene.send(&format!("text {n}"), IM).id).collect();
    let (other, waiting) = (Arc::clone(&scene), ids.clone());
    scene.gate.after_a_look(move || {
        other.register("bo", "tablet");
        for id in waiting {
            eventually("it is handed over", || {
                (other.message(id).attempts[0].state == AttemptState::HandedOver).then_some(())
            });
        }
    });
    let told: Vec<_> = scene.register("bo", "phone").into_iter().map(|line| line.event.message).collect();
    assert_eq!(told, ids[..told.len()], "what comes live is what follows");
}

#[test]
fn the_grace_is_kept_and_then_the_status_is_offline_since_the_loss() {
    let scene = Scene::with(patient());
    let admin = Bearer::Admin;
    let status = || scene.engine.presence(&crate::scene::number("bo"), &admin);
    scene.register("bo", "phone");
    assert!(status().is_online());
    scene.deregister("bo", "phone");
    let lost_at = scene.clock.now();
    scene.clock.forward(scene.options.timers.offline_grace_ms - 1);
    assert!(status().is_online());
    scene.clock.forward(1);
    eventually("offline", || (status() == Presence::Offline { since: lost_at }).then_some(()));
    eventually("durable", || {
        let rows = scene.store.devices().unwrap();
        rows.iter().all(|row| !row.online && row.since == lost_at).then_some(())
    });
}

#[test]
fn a_person_may_hide() {
    let scene = Scene::new();
    let switchback_ports::directory::Entry::Subscriber(mut bo) =
        scene.engine.directory(switchback_ports::directory::Kind::Subscriber).remove(1)
    else {
        panic!("not a person")
    };
    bo.hide_presence = true;
    scene.put(switchback_ports::directory::Entry::Subscriber(bo));
    let of = |name: &str| {
        scene.engine.presence(&crate::scene::number("bo"), &Bearer::Subscriber(SubscriberId::new(name)))
    };
    assert_eq!(of("anna"), Presence::Unknown);
    assert!(matches!(of("bo"), Presence::Offline { .. }), "one's own status is no secret");
}

#[test]
fn no_registration_is_missed_while_messages_are_decided() {
    for _ in 0..20 {
        let scene = Arc::new(Scene::with(patient()));
        let sender = {
            let scene = Arc::clone(&scene);
            std::thread::spawn(move || {
                (0..40).map(|n| scene.send(&format!("text {n}"), IM).id).collect::<Vec<_>>()
            })
        };
        scene.register("bo", "phone");
        let ids = sender.join().unwrap();
        for id in ids {
            eventually("the device is told", || {
                (scene.message(id).attempts[0].state == AttemptState::HandedOver).then_some(())
            });
        }
    }
}

#[test]
fn a_restart_takes_devices_for_lost_and_gives_them_the_grace() {
    let scene = Scene::with(patient());
    scene.register("bo", "phone");
    let told = scene.send("before", IM);
    let scene = scene.crash();
    assert_eq!(
        scene.message(told.id).attempts[0].state,
        AttemptState::HandedOver,
        "its commit was the hand-over"
    );
    assert!(scene.store.devices().unwrap().iter().all(|row| !row.online));
    let status = || scene.engine.presence(&crate::scene::number("bo"), &Bearer::Admin);
    assert!(status().is_online(), "within the grace");
    let again =
        scene.engine.register(SubscriberId::new("bo"), DeviceId::new("phone")).wait().unwrap().unwrap();
    assert_eq!(again.iter().map(|line| line.event.message).collect::<Vec<_>>(), [told.id]);
    assert!(scene.engine.register(SubscriberId::new("nobody"), DeviceId::new("x")).wait().unwrap().is_err());
}

#[test]
fn a_loss_of_the_recipient_brings_the_sms_back_after_the_threshold() {
    // Claim 5: SMS first, IM second, offline long enough, so back to SMS.
    let mut options = options();
    options.timers.t_off_ms = 5_000;
    options.timers.min_gap_ms = 1_000;
    options.timers.im_offline_ms = 1_000;
    let scene = Scene::with(options);
    let message = scene.send("come back", ServiceChoice::Named(Service::Sms));
    scene.say(&scene.sms.order(1), ReportKind::Failed(switchback_core::model::FailureClass::Temporary));
    assert_eq!(scene.message(message.id).attempts[1].service, Service::Im);
    let began: Time = scene.clock.now();
    let order = loop {
        scene.clock.forward(500);
        std::thread::park_timeout(std::time::Duration::from_millis(60));
        if let Some(order) = scene.sms.orders().get(1) {
            break order.clone();
        }
        assert!(scene.clock.now().millis_since(began) < 60_000, "{:?}", scene.message(message.id));
    };
    assert_eq!(order.content.text, "come back");
    scene.hand_over(&order, "back");
    scene.receive("back", ReportKind::Delivered);
    let done = scene.until(message.id, Status::Delivered);
    assert_eq!(done.marks.reverts, 1);
    scene.prove_ledger();
}

#[test]
fn what_a_service_keeps_with_a_device_is_there_after_a_crash() {
    let scene = Scene::with(patient());
    let (bo, phone) = (SubscriberId::new("bo"), DeviceId::new("phone"));
    let keep = |scene: &Scene, bytes: Vec<u8>| {
        scene.engine.keep(SubscriberId::new("bo"), DeviceId::new("phone"), bytes).wait().unwrap()
    };
    scene.register("bo", "phone");
    keep(&scene, b"sip:bo@192.0.2.7".to_vec()).unwrap();
    assert_eq!(keep(&scene, vec![0; 4097]).unwrap_err().code, "device_keeps_too_much");
    assert_eq!(
        (scene.engine.device_count(&bo), scene.engine.device_count(&SubscriberId::new("anna"))),
        (1, 0)
    );
    let scene = scene.crash();
    let rows = scene.engine.devices().wait().unwrap().unwrap();
    let row = rows.iter().find(|row| row.device == phone).unwrap();
    assert_eq!((row.online, row.kept.as_slice()), (false, b"sip:bo@192.0.2.7".as_slice()));
}

#[test]
fn a_live_reader_gets_what_comes_in_without_asking_the_store() {
    let scene = Scene::with(patient());
    scene.register("bo", "phone");
    let mut live = scene.engine.subscribe(Some(crate::scene::owner("bo")));
    let sent = scene.send("hello", IM);
    let line = heard(&mut live);
    let incoming = line.incoming.unwrap();
    assert_eq!((line.event.message, incoming.content.text.as_str()), (sent.id, "hello"));
    assert_eq!((&incoming.from, &incoming.to), (&sent.originator.address, &sent.recipient));
}

#[test]
fn a_device_that_leaves_in_the_moment_in_which_it_comes_is_gone() {
    let scene = Scene::new();
    for _ in 0..200 {
        // Nobody waits for the answer: both are likely to be done in one go.
        drop(scene.engine.register(SubscriberId::new("bo"), DeviceId::new("phone")));
        scene.deregister("bo", "phone");
    }
    scene.register("bo", "tablet");
    assert_eq!(scene.engine.device_count(&SubscriberId::new("bo")), 1);
}
