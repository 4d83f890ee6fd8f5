//! The demo is a test of the whole: six stories, judged from three sides, and honest when they go wrong.

use crate::server::binary;
use serde_json::Value;
use std::process::{Command, Output};

fn demo(more: &[&str]) -> (Output, Vec<Value>) {
    let played = Command::new(binary())
        .args(["demo", "--once", "--json", "--listen", "127.0.0.1:0"])
        .args(more)
        .output()
        .unwrap();
    let stories = String::from_utf8_lossy(&played.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    (played, stories)
}

#[test]
fn six_stories_go_as_told() {
    let (played, stories) = demo(&[]);
    assert_eq!(stories.len(), 6);
    for story in &stories {
        assert_eq!(story.get("ok"), Some(&Value::Bool(true)), "{story:#}");
        assert!(
            story.get("sentences").and_then(Value::as_array).is_some_and(|sentences| !sentences.is_empty())
        );
    }
    let claims: Vec<_> = stories.iter().filter_map(|story| story.get("claim")?.as_u64()).collect();
    assert_eq!(claims, [1, 2, 3, 4, 5, 6]);
    assert!(played.status.success());
}

#[test]
fn an_smsc_that_refuses_everything_is_told_as_it_is() {
    let (played, stories) = demo(&["--smsc", "invalid-destination"]);
    let good: Vec<_> = stories.iter().filter(|story| story.get("ok") == Some(&Value::Bool(true))).collect();
    assert_eq!(stories.len(), 6);
    assert!(good.is_empty(), "a story that needs SMS was told as good: {good:#?}");
    assert_eq!(played.status.code(), Some(1));
}
