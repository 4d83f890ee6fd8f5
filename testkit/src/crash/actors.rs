//! Who sends and who receives in a run: clients over HTTP with app devices, or SIP handsets on both sides.

use super::Fault;
use super::report::Summary;
use crate::child::Server;

/// All of them, as the run drives them.
pub(super) trait Actors {
    /// Lets those who come and go change; called every tenth of a second.
    fn turn(&mut self);

    /// The server is about to be killed.
    fn before_kill(&mut self) {}

    /// The server is ready again after a kill: what they know is compared with what it says.
    ///
    /// # Errors
    /// There is nobody to compare with.
    fn after_kill(&mut self, _: &Server) -> Result<(), Fault> {
        Ok(())
    }

    /// Begins nothing new; what was begun comes to a clear answer.
    fn stop(&mut self);

    /// Whether everything that was begun has its answer.
    fn is_finished(&self) -> bool;

    /// Brings everybody who comes and goes online for good.
    fn all_come(&mut self);

    /// How many things they were told, so that silence can be heard.
    fn told(&self) -> u64 {
        0
    }

    /// Ends it: all journals are whole, and what they found stands in the summary.
    ///
    /// # Errors
    /// A journal could not be written.
    fn end(self: Box<Self>, summary: &mut Summary) -> Result<(), Fault>;
}
