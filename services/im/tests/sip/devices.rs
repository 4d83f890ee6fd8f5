//! One device with several flows (RFC 5626), a message for one device of several (RFC 5627), and dead flows.

use crate::scene::{Scene, eventually, uri};
use std::time::Duration;
use switchback_core::model::Status;
use switchback_im::sip::Wire;
use switchback_testkit::handset::{self, Config, SendOptions};

/// One of the two flows of Bo's phone, over TCP.
fn flow(scene: &Scene, reg_id: u32) -> Config {
    let mut config = scene.config("bo");
    (config.wire, config.server) = (handset::Wire::Tcp, scene.address(Wire::Tcp));
    config.reg_id = Some(reg_id);
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_with_two_flows_gets_a_message_once_and_by_the_second_when_the_first_dies() {
    let scene = Scene::with(|options| options.t1 = Duration::from_millis(10)).await;
    let anna = scene.phone(scene.config("anna")).await;
    let first = scene.phone(flow(&scene, 1)).await;
    let second = scene.phone(flow(&scene, 2)).await;
    assert_eq!(second.register().await.unwrap().contacts.len(), 2, "both flows are bound");
    assert_eq!(scene.engine_devices("bo"), 1, "and are one device");
    let sent = anna.send(&uri("bo"), "by the first", SendOptions::default()).await.unwrap();
    scene.until(&sent, Status::Delivered).await;
    assert_eq!((first.inbox().texts(), second.inbox().texts()), (vec!["by the first"], vec![]));
    // Its flow is dead, and nobody knows it yet: what is not answered goes by the other.
    first.go_dead();
    let sent = anna.send(&uri("bo"), "by the second", SendOptions::default()).await.unwrap();
    scene.until(&sent, Status::Delivered).await;
    assert_eq!(second.inbox().texts(), ["by the second"]);
    assert_eq!(scene.engine_devices("bo"), 1, "the person was there all the time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_ends_leaves_the_other() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let first = scene.phone(flow(&scene, 1)).await;
    let second = scene.phone(flow(&scene, 2)).await;
    // One ends by its connection, the other by its registration.
    first.cut();
    let sent = anna.send(&uri("bo"), "one is enough", SendOptions::default()).await.unwrap();
    scene.until(&sent, Status::Delivered).await;
    let first = scene.phone(flow(&scene, 1)).await;
    second.unregister().await.unwrap();
    let sent = anna.send(&uri("bo"), "and the other", SendOptions::default()).await.unwrap();
    scene.until(&sent, Status::Delivered).await;
    assert_eq!(
        (first.inbox().texts(), second.inbox().texts()),
        (vec!["and the other"], vec!["one is enough"])
    );
    first.unregister().await.unwrap();
    eventually("the last flow's end is the device's", || scene.engine_devices("bo") == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_to_a_gruu_is_for_that_device_alone_also_when_it_is_away() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let (phone, tablet) = (scene.config("bo"), scene.config("bo").device(2));
    let gruu = |registered: &handset::Registered, of: &Config| {
        let contacts: Vec<_> = registered.answer.message.values(wire_sip::HeaderName::Contact).collect();
        let contacts: Vec<_> = contacts.iter().map(|contact| String::from_utf8_lossy(contact)).collect();
        let own = contacts.iter().find(|contact| contact.contains(of.instance.as_deref().unwrap())).unwrap();
        own.split("pub-gruu=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let first = scene.phone(phone.clone()).await;
    let second = scene.phone(tablet.clone()).await;
    let registered = second.register().await.unwrap();
    let (to_first, to_second) = (gruu(&registered, &phone), gruu(&registered, &tablet));
    let sent = anna.send(&to_second, "for the tablet", SendOptions::default()).await.unwrap();
    scene.until(&sent, Status::Delivered).await;
    first.unregister().await.unwrap();
    let waits = anna.send(&to_first, "for the phone", SendOptions::default()).await.unwrap();
    assert_eq!(waits.answer.status, 202);
    let all = anna.send(&uri("bo"), "for all", SendOptions::default()).await.unwrap();
    scene.until(&all, Status::Delivered).await;
    let scene = scene.crash().await;
    assert_eq!(second.inbox().texts(), ["for the tablet", "for all"]);
    first.register().await.unwrap();
    scene.until(&waits, Status::Delivered).await;
    let inbox = first.wait_for(|inbox| inbox.texts().len() == 2).await.unwrap();
    assert_eq!(inbox.texts(), ["for the phone", "for all"]);
    let nobody = format!("{};gr=urn:uuid:00000000-0000-1000-8000-000000000000", uri("bo"));
    let sent = anna.send(&nobody, "for none", SendOptions::default()).await.unwrap();
    assert_eq!(sent.answer.status, 404);
}
