//! Plan files: read and checked before anything starts.

use crate::cli::Failure;
use std::path::Path;
use switchback_core::tariff::Plan;
use switchback_ports::directory::PlanText;

/// Reads a plan file; every fault is told with its line.
pub(crate) fn read_plan(path: &Path) -> Result<PlanText, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::Usage(format!("cannot read the plan {}: {error}", path.display())))?;
    let plan = Plan::parse(&text).map_err(|error| {
        let lines =
            error.faults.iter().map(|fault| format!("{}:{}: {}", path.display(), fault.line, fault.message));
        Failure::Usage(lines.collect::<Vec<_>>().join("\n"))
    })?;
    Ok(PlanText { id: plan.id, text })
}
