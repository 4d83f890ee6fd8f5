//! A page of a story: its acts as ladder diagrams with what the server's trace says of them; and what two pages have to
//! have in common.

use super::stage::Stage;
use std::collections::BTreeMap;
use std::fmt;
use switchback_testkit::ladder;

/// One message of a story.
#[derive(Debug)]
pub(super) struct Act {
    pub(super) title: String,
    /// From when to when, in microseconds since 1970.
    pub(super) began: u64,
    pub(super) ended: u64,
    /// What the trace says.
    pub(super) sentences: Vec<String>,
    pub(super) charged: String,
}

/// A page.
#[derive(Debug)]
pub(super) struct Page {
    claim: u8,
    title: &'static str,
    scene: &'static str,
    acts: Vec<Act>,
    ladders: Vec<String>,
}

impl Page {
    pub(super) const fn new(claim: u8, title: &'static str, scene: &'static str) -> Self {
        Self { claim, title, scene, acts: Vec::new(), ladders: Vec::new() }
    }

    pub(super) fn add(&mut self, act: Act) {
        self.acts.push(act);
    }

    /// Draws all acts from the capture.
    pub(super) fn draw(mut self, stage: &Stage, lifelines: &[&str]) -> Self {
        let steps = ladder::read(&stage.capture(), &stage.names()).unwrap();
        let of = |act: &Act| {
            let steps: Vec<_> =
                steps.iter().filter(|step| (act.began..=act.ended).contains(&step.at)).cloned().collect();
            ladder::draw(&steps, lifelines, act.began)
        };
        self.ladders = self.acts.iter().map(of).collect();
        self
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# Claim {}\n\n{}.\n", self.claim, self.title)?;
        writeln!(
            f,
            "SIP clients only: sender and recipient use no HTTP. {}\n\nDrawn from the packets of a run against a pretend \
             SMSC, with hours made seconds by configuration.\nIds are counted, datagrams sent again are left out. \
             `UPDATE=1 cargo test -p switchback-node --test it stories`\nwrites this page; without `UPDATE` it checks \
             that a fresh run says the same.",
            self.scene
        )?;
        for (act, ladder) in self.acts.iter().zip(&self.ladders) {
            writeln!(f, "\n## {}\n\n```text\n{ladder}```\n\nWhat the trace says:\n", act.title)?;
            for (n, sentence) in (1..).zip(&act.sentences) {
                writeln!(f, "{n}. {}", without_times(sentence))?;
            }
            writeln!(f, "\nCharged: {}.", act.charged)?;
        }
        Ok(())
    }
}

/// Instants differ from run to run.
fn without_times(sentence: &str) -> String {
    let is_time = |word: &&str| word.len() >= 20 && word.starts_with("20") && word.contains('T');
    let words = sentence.split(' ').map(|word| {
        let bare = word.trim_end_matches([':', ',', ';', '.']);
        if is_time(&bare) { word.replace(bare, "(time)") } else { word.to_owned() }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What a page says, without its times: of each two that talk, what either of them began, in its order; and of each act
/// what the trace says. Things that two of them begin on their own may cross.
pub(super) fn sequence(page: &str) -> BTreeMap<String, Vec<String>> {
    let mut said: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut act, mut open) = (0, None);
    for line in page.lines() {
        if line.starts_with("```text") {
            act += 1;
        }
        let Some(end) = line.rfind('|').filter(|_| line.starts_with("  ")) else {
            if line.starts_with("Charged")
                || line.split_once(". ").is_some_and(|(n, _)| n.parse::<u8>().is_ok())
            {
                said.entry(format!("act {act}, trace")).or_default().push(line.to_owned());
            }
            open = None;
            continue;
        };
        let (way, label) = (line.get(9..=end).unwrap_or_default(), line.get(end + 1..).unwrap_or_default());
        if way.contains('-') {
            let words: Vec<&str> = label.split_whitespace().collect();
            let is_answer =
                words.first().is_some_and(|word| word.ends_with("_resp") || word.parse::<u16>().is_ok());
            // An answer belongs to who asked.
            let from_left = way.contains('>') != is_answer;
            let two = way.replace(['<', '>'], "-");
            open = Some(format!("act {act}, {two} from the {}", if from_left { "left" } else { "right" }));
        }
        if let Some(who) = &open {
            said.entry(who.clone()).or_default().push(format!("{way}{label}"));
        }
    }
    said
}
