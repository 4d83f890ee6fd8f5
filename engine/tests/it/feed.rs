//! Live events: in the order of the cursor, none missing, none twice, while many loops commit at once.

use crate::scene::{PATIENCE, Scene, eventually, heard, options, owner};
use std::sync::Arc;
use std::time::Instant;
use switchback_core::model::{Service, ServiceChoice};
use switchback_engine::{Limits, Options};
use switchback_ports::{EventLine, Intake, Store};

const SENDERS: [&str; 8] = ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"];

#[test]
fn what_is_listed_and_what_comes_live_is_everything_once() {
    let scene = Arc::new(Scene::with(Options {
        loops: 4,
        limits: Limits { reader: 100_000, ..Limits::default() },
        ..options()
    }));
    scene.register("bo", "phone");
    for name in SENDERS {
        scene.person(name);
    }
    let writers: Vec<_> = SENDERS
        .into_iter()
        .map(|name| {
            let scene = Arc::clone(&scene);
            std::thread::spawn(move || {
                for n in 0..150 {
                    let submission =
                        scene.submission(name, "bo", &format!("{n}"), ServiceChoice::Named(Service::Im));
                    scene.ask(submission).unwrap();
                }
            })
        })
        .collect();
    // Readers that join in the middle: the past from the store, the rest live.
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let subscription = scene.engine.subscribe(None);
            let bo = scene.engine.subscribe(Some(owner("bo")));
            (subscription, bo)
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
    let last = scene.store.totals().unwrap().cursor;
    let truth = listed(&scene, last);
    assert!(truth.len() >= 8 * 150 * 4);
    for (mut all, mut bo) in readers {
        let mut seen: Vec<EventLine> =
            truth.iter().filter(|line| line.cursor <= all.from_cursor).cloned().collect();
        while seen.last().is_none_or(|line| line.cursor < last) {
            seen.push(as_listed(heard(&mut all)));
        }
        assert_eq!(seen, truth);
        let expected: Vec<_> =
            truth.iter().filter(|l| l.event.audience == owner("bo") && l.cursor > bo.from_cursor).collect();
        for line in expected {
            assert_eq!(&as_listed(heard(&mut bo)), line);
        }
    }
}

/// A live line may bring along what a listed one has to be asked for.
fn as_listed(line: EventLine) -> EventLine {
    EventLine { incoming: None, ..line }
}

fn listed(scene: &Scene, last: u64) -> Vec<EventLine> {
    let mut lines: Vec<EventLine> = Vec::new();
    let began = Instant::now();
    while lines.last().is_none_or(|line| line.cursor < last) {
        let after = lines.last().map_or(0, |line| line.cursor);
        lines.extend(scene.engine.events(None, after, 500).wait().unwrap().unwrap().lines);
        assert!(began.elapsed() < PATIENCE, "the list does not reach {last}");
    }
    let cursors: Vec<u64> = lines.iter().map(|line| line.cursor).collect();
    assert_eq!(cursors, (1..=last).collect::<Vec<_>>(), "cursors are dense");
    lines
}

#[test]
fn a_reader_that_sleeps_is_cut_off_and_resumes_by_cursor() {
    let scene = Scene::with(Options { limits: Limits { reader: 16, ..Limits::default() }, ..options() });
    let mut lazy = scene.engine.subscribe(Some(owner("anna")));
    for n in 0..40 {
        scene.send(&format!("text {n}"), ServiceChoice::Named(Service::Sms));
    }
    let got: Vec<_> = std::iter::from_fn(|| lazy.events.blocking_recv()).collect();
    assert_eq!(got.len(), 16, "it gets what it has, then the end");
    assert!(scene.engine.counters().readers_cut > 0);
    let after = got.last().unwrap().cursor;
    eventually("the rest is listed", || {
        let page = scene.engine.events(Some(owner("anna")), after, 1000).wait().unwrap().unwrap();
        (page.lines.len() + got.len() == 40 * 2).then_some(())
    });
}
