//! Every flow of a SIP client, played by SIPp; what it came to is read over HTTP.

use crate::scene::{ANNA, BO, MD5, REGISTRAR, Scene, uri};
use crate::server::wait_for;
use crate::sipp::{Play, Run, Wire, free_port};

impl Scene {
    /// Bo's phone, registered, which takes requests by `aside`; it stays until it is dropped.
    fn bo(&self, phone: &'static str, aside: &'static str, wire: Wire) -> Run {
        let login = self.login("bo", "REGISTER", REGISTRAR);
        let [delivered, displayed] = self.logins("bo", "MESSAGE", &uri(ANNA));
        let phone = Play::of(phone, &[login]).over(wire).taking(aside);
        let mut run = phone.with_key("delivered", delivered).with_key("displayed", displayed).start(self);
        wait_for("the phone's registration", || {
            run.assert_goes_on();
            run.said().has("registered").then_some(())
        });
        run
    }

    /// Anna sends this text to Bo; the message's id.
    fn send(&self, text: &str, wire: Wire) -> String {
        let fields = [self.login("anna", "MESSAGE", &uri(BO)), text.to_owned()];
        Play::of("send", &fields).over(wire).play(self).value("id").to_owned()
    }
}

#[test]
fn a_client_registers_refreshes_and_leaves() {
    let Some(scene) = Scene::start("") else { return };
    let port = free_port();
    let register = |seconds: &str| {
        let fields = [scene.login("anna", "REGISTER", REGISTRAR), seconds.to_owned()];
        Play::of("register", &fields).at_port(port).play(&scene).value("bound").to_owned()
    };
    assert_eq!(scene.presence(ANNA), "offline");
    assert_eq!(register("600"), "expires=600");
    scene.until_presence(ANNA, "online");
    assert_eq!(register("300"), "expires=300", "the same device, for another time");
    assert_eq!(register("0"), "", "nothing is bound any more");
    scene.until_presence(ANNA, "offline");
}

#[test]
fn sha256_is_asked_for_first_and_md5_by_opt_in_alone() {
    let Some(scene) = Scene::start(MD5) else { return };
    let asked = Play::of("challenged", &[]).play(&scene);
    assert_eq!(asked.values("algorithm"), ["SHA-256, qop=\"auth\"", "MD5, qop=\"auth\""]);
    Play::of("answers", &[]).against(scene.sip_md5()).play(&scene);
    let Some(scene) = Scene::start("") else { return };
    let asked = Play::of("challenged", &[]).play(&scene);
    assert_eq!(asked.values("algorithm"), ["SHA-256, qop=\"auth\""]);
}

#[test]
fn a_message_reaches_a_phone_that_is_there_by_udp_and_by_tcp() {
    let Some(scene) = Scene::start("") else { return };
    for (wire, text) in [(Wire::Udp, "by datagram"), (Wire::Tcp, "by connection")] {
        let bo = scene.bo("phone", "takes", wire);
        let id = scene.send(text, wire);
        let message = scene.until(&id, "delivered");
        assert_eq!((&message["from"], &message["first_service"]), (&ANNA.into(), &"im".into()));
        assert_eq!(bo.said().value("text"), text);
        assert_eq!(message["charge"]["state"], "charged", "{message}");
        drop(bo);
        if wire == Wire::Tcp {
            scene.until_presence(BO, "offline");
        }
    }
}

#[test]
fn what_waits_for_somebody_offline_comes_in_order_when_he_registers() {
    let Some(scene) = Scene::start("") else { return };
    let texts: Vec<String> = (1..=5).map(|n| format!("the {n}. while away")).collect();
    let ids: Vec<String> = texts.iter().map(|text| scene.send(text, Wire::Udp)).collect();
    assert!(ids.iter().all(|id| scene.message(id)["delivered_at"].is_null()));
    let bo = scene.bo("phone", "takes", Wire::Udp);
    for id in &ids {
        scene.until(id, "delivered");
    }
    assert_eq!(bo.said().values("text"), texts);
}

#[test]
fn every_device_gets_it_the_first_word_counts_and_one_charge_is_made() {
    let Some(scene) = Scene::start("") else { return };
    let quiet = scene.bo("phone", "silent", Wire::Udp);
    let one = scene.bo("phone", "takes", Wire::Udp);
    let other = scene.bo("phone", "takes", Wire::Tcp);
    let id = scene.send("to all of you", Wire::Udp);
    scene.until(&id, "delivered");
    for phone in [&one, &other] {
        wait_for("the other device has it too", || phone.said().has("text=to all of you").then_some(()));
    }
    wait_for("the quiet one was told", || quiet.said().has("came").then_some(()));
    let trace = scene.read(&format!("/v1/messages/{id}/trace"));
    let commits =
        trace["ledger"].as_array().unwrap().iter().filter(|entry| entry["kind"] == "commit").count();
    assert_eq!(commits, 1, "{trace}");
    assert_eq!(scene.events(&id).iter().filter(|kind| *kind == "message.delivered").count(), 1);
}

#[test]
fn cpim_and_its_notifications_go_both_ways() {
    let Some(scene) = Scene::start("") else { return };
    let bo = scene.bo("cpm_phone", "confirms", Wire::Udp);
    let fields = [
        scene.login("anna", "REGISTER", REGISTRAR),
        scene.login("anna", "MESSAGE", &uri(BO)),
        "the-id-of-anna".to_owned(),
    ];
    let anna = Play::of("sender", &fields).taking("hears").start(&scene);
    wait_for("Bo's words", || bo.said().has("confirmed").then_some(()));
    wait_for("both ticks", || {
        let said = anna.said();
        ["delivered", "displayed"]
            .iter()
            .all(|word| said.has(&format!("{word}=the-id-of-anna")))
            .then_some(())
    });
    assert_eq!(bo.said().value("named"), "the-id-of-anna");
    scene.until(anna.said().value("id"), "read");
}

#[test]
fn a_request_that_comes_again_makes_one_message() {
    let Some(scene) = Scene::start("") else { return };
    let login = |scene: &Scene| scene.login("anna", "MESSAGE", &uri(BO));
    Play::of("retransmits", &[login(&scene)]).play(&scene);
    assert_eq!(scene.accepted(), 1, "a retransmission");
    let named = |id: &str| {
        let fields = [login(&scene), id.to_owned(), "auto".to_owned()];
        Play::of("send_named", &fields).play(&scene).value("id").to_owned()
    };
    assert_eq!(named("again"), named("again"), "the same imdn.Message-ID by another request");
    assert_ne!(named("again"), named("another"));
    assert_eq!(scene.accepted(), 3);
    let said = Play::of("replay", &[login(&scene)]).play(&scene);
    assert_eq!((said.value("stale"), scene.accepted()), ("stale=true", 4), "credentials that were used");
}

#[test]
fn an_offer_is_made_and_a_service_chosen() {
    let Some(scene) = Scene::start("") else { return };
    let login = |method| scene.login("anna", method, &uri(BO));
    let said = Play::of("offer", &[login("OPTIONS")]).play(&scene);
    let offer: serde_json::Value = serde_json::from_str(said.value("offer")).unwrap();
    assert!(offer.to_string().contains("0.03"), "{offer}");
    Play::of("service_unknown", &[login("MESSAGE")]).play(&scene);
    let said = Play::of("service_unreachable", &[login("MESSAGE")]).play(&scene);
    assert_eq!(said.value("why"), "not_reachable:");
    let bo = scene.bo("phone", "takes", Wire::Udp);
    let named = |service: &str| {
        let fields = [login("MESSAGE"), "asks-first".to_owned(), service.to_owned()];
        Play::of("send_named", &fields).play(&scene).value("id").to_owned()
    };
    let id = named("ask");
    assert_eq!(scene.message(&id)["status"], "offered");
    assert_eq!(named("im"), id, "the same message, with a choice");
    scene.until(&id, "delivered");
    assert_eq!(bo.said().value("text"), "the same message");
}

#[test]
fn who_says_no_ends_it_and_who_is_busy_does_not() {
    let Some(scene) = Scene::start("") else { return };
    let bo = scene.bo("phone", "busy", Wire::Udp);
    let id = scene.send("when you have time", Wire::Udp);
    wait_for("the attempt's end", || {
        (scene.message(&id)["attempts"][0]["outcome"] == "temporary_failure").then_some(())
    });
    assert!(!scene.events(&id).iter().any(|kind| kind == "message.failed"), "it is tried again");
    drop(bo);
    let no = scene.bo("phone", "declines", Wire::Udp);
    let id = scene.send("will you?", Wire::Udp);
    wait_for("the person's no", || no.said().has("came").then_some(()));
    let message = scene.until(&id, "refused");
    assert_eq!(message["attempts"][0]["outcome"], "refused");
    assert!(message["charge"].is_null(), "{message}");
}

#[test]
fn who_does_not_answer_is_offline_and_the_message_is_not_lost() {
    let Some(scene) = Scene::start("") else { return };
    let bo = scene.bo("phone", "silent", Wire::Udp);
    let id = scene.send("hello?", Wire::Udp);
    wait_for("it came", || bo.said().has("came").then_some(()));
    // Timer F: 32 s after it was sent, nobody is there any more; the message waits.
    scene.until_presence(BO, "offline");
    let kinds = scene.events(&id);
    assert!(!kinds.iter().any(|kind| kind == "message.failed"), "{kinds:?}");
    drop(bo);
    let bo = scene.bo("phone", "takes", Wire::Udp);
    scene.until(&id, "delivered");
    assert_eq!(bo.said().values("text"), ["hello?"]);
}
