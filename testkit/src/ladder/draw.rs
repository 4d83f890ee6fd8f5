//! The drawing: lifelines to the left, what is said to the right, so that nothing has to be cut.

use super::Step;
use std::fmt::Write as _;

/// Columns from one lifeline to the next.
const GAP: usize = 13;

/// Where the first lifeline stands.
const MARGIN: usize = 9;

/// Draws steps as plain text. `began` is the instant that times are counted from, in microseconds since 1970; a step
/// of somebody who has no lifeline is left out.
#[must_use]
pub fn draw(steps: &[Step], lifelines: &[&str], began: u64) -> String {
    let mut out = format!("{:>6}  ", "s");
    for name in lifelines {
        // Writing to a string never fails.
        let _ = write!(out, "{name:<GAP$}");
    }
    out.truncate(out.trim_end().len());
    let place = |name: &str| lifelines.iter().position(|known| *known == name);
    for step in steps {
        let (Some(from), Some(to)) = (place(&step.from), place(&step.to)) else { continue };
        let tenths = step.at.saturating_sub(began) / 100_000;
        let _ = write!(
            out,
            "\n{:>4}.{}   {}  {}",
            tenths / 10,
            tenths % 10,
            arrow(from, to, lifelines.len()),
            step.title
        );
        for note in &step.notes {
            let _ = write!(out, "\n{:MARGIN$}{}    {note}", "", arrow(0, 0, lifelines.len()));
        }
    }
    out.push('\n');
    out
}

/// All lifelines, and an arrow between two of them.
fn arrow(from: usize, to: usize, lifelines: usize) -> String {
    let (left, right) = (from.min(to), from.max(to));
    let mut line = String::new();
    for column in 0..lifelines {
        line.push(if left < column && column < right { '-' } else { '|' });
        if column + 1 == lifelines {
            break;
        }
        let inside = left <= column && column < right;
        let mut gap = if inside { "-".repeat(GAP - 1) } else { " ".repeat(GAP - 1) };
        if from < to && column + 1 == to {
            gap.replace_range(GAP - 2.., ">");
        } else if to < from && column == to {
            gap.replace_range(..1, "<");
        }
        line.push_str(&gap);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_both_ways_and_cross_who_stands_between() {
        let step = |from: &str, to: &str, title: &str| Step {
            at: 1_234_567,
            from: from.into(),
            to: to.into(),
            title: title.into(),
            notes: vec!["more".into()],
        };
        let steps = [step("Anna", "Server", "one"), step("Cleo", "Server", "two")];
        let drawn = draw(&steps, &["Anna", "Server", "SMSC", "Cleo"], 1_000_000);
        let expected = "     s  Anna         Server       SMSC         Cleo
   0.2   |----------->|            |            |  one
         |            |            |            |    more
   0.2   |            |<------------------------|  two
         |            |            |            |    more
";
        assert_eq!(drawn, expected);
    }
}
