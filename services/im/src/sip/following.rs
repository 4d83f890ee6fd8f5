//! The stream of all events: live, and where we were too slow for that, from the store. Nothing in it is missed, and
//! nothing comes twice or in another order.

use super::catching_up::AGAIN;
use super::news::listed;
use super::server::{Answered, Server};
use std::sync::Arc;
use std::time::Duration;
use switchback_ports::{EventLine, Page, StoreFailure, Subscription};

/// Events that are read at once.
const PAGE: usize = 1000;

impl Server {
    /// We fell behind and were cut off: what comes live waits until the store has told what came before it.
    pub(super) fn resubscribe(&mut self) -> Subscription {
        let live = self.intake.subscribe(None);
        self.behind = (live.from_cursor > self.last_cursor).then_some(live.from_cursor);
        self.read_on(Duration::ZERO);
        live
    }

    fn read_on(&self, pause: Duration) {
        if self.behind.is_none() {
            return;
        }
        let (intake, after) = (Arc::clone(&self.intake), self.last_cursor);
        self.answers.spawn(async move {
            tokio::time::sleep(pause).await;
            Answered::Followed(listed(intake.events(None, after, PAGE)).await)
        });
    }

    /// A page of what came before that which comes live.
    pub(super) fn followed(&mut self, page: Result<Page<EventLine>, StoreFailure>) {
        let Some(until) = self.behind else { return };
        let mut pause = AGAIN;
        match page {
            Ok(page) => {
                let is_all = !page.more && page.watermark >= until;
                let mut lines = page.lines;
                lines.retain(|line| line.cursor <= until);
                if page.more {
                    pause = Duration::ZERO;
                }
                self.all_live(&mut lines);
                if is_all {
                    self.last_cursor = self.last_cursor.max(until);
                }
            }
            Err(failure) => tracing::debug!(%failure, "the stream is read on in a moment"),
        }
        if self.last_cursor >= until {
            self.behind = None;
        }
        self.read_on(pause);
    }
}
