//! What the node gives the API besides the engine: time, chance, metrics, pages, limits.

use crate::codes;
use crate::devices::Devices;
use crate::dto::submit::Said;
use crate::problem::Problem;
use bytes::Bytes;
use smol_str::SmolStr;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use switchback_core::model::{MessageId, Money, Originator, Time};
use switchback_ports::directory::Bearer;
use switchback_ports::{Clock, Intake, Random, StoreFailure};

/// Renders the metrics in the text exposition format; the node knows what they mean.
pub type Metrics = Arc<dyn Fn() -> String + Send + Sync>;

/// A page of the log's charging records: what chapters after one brought, so many of them at most. Blocks.
pub type Records = Arc<dyn Fn(u64, usize) -> Result<RecordsPage, StoreFailure> + Send + Sync>;

/// How many events the charging records are behind; nothing when none are written.
pub type Behind = Arc<dyn Fn() -> Option<u64> + Send + Sync>;

/// A page of charging records, and the money that the same chapters moved.
#[derive(Clone, Debug, Default)]
pub struct RecordsPage {
    /// Each as a JSON object, as it stands in the files but for its number.
    pub records: Vec<String>,
    /// What entries of the ledger charged and gave back, in order.
    pub moves: Vec<MoneyMove>,
    /// The last chapter that was read: go on after it. The one asked for when there is nothing more now.
    pub chapter: u64,
    /// The last cursor given by its end.
    pub cursor: u64,
}

/// Money that an entry of the ledger moved for good.
#[derive(Clone, Debug)]
pub struct MoneyMove {
    /// The chapter of the log.
    pub chapter: u64,
    /// The last cursor given by its end.
    pub cursor: u64,
    /// The message.
    pub message: MessageId,
    /// The attempt.
    pub attempt: u16,
    /// How much; below zero when it was given back.
    pub amount: Money,
}

/// What the node gives the API.
#[derive(Clone)]
pub struct ApiOptions {
    /// The clock that `ttl` and creation times are read from.
    pub clock: Arc<dyn Clock>,
    /// Where the secrets of new tokens come from.
    pub random: Arc<dyn Random>,
    /// The answer of `/metrics`.
    pub metrics: Metrics,
    /// The answer of `/v1/admin/records`.
    pub records: Records,
    /// For `/readyz`.
    pub records_behind: Behind,
    /// Files served as they are: the live page at `/` and what it loads.
    pub pages: Vec<Page>,
    /// The largest request body in bytes; more is answered with 413. Default 1 MiB (reliability 3.3).
    pub body_bytes_max: usize,
    /// How long a body may take to arrive, besides one second for each KiB. Default 10 s (reliability 3.4).
    pub body_time: Duration,
    /// The realm that SIP clients log in to. Default `switchback`.
    pub sip_realm: SmolStr,
    /// Whether SIP logins are also kept for MD5 (RFC 8760: by opt-in only).
    pub sip_md5: bool,
    /// Whether clients are believed when they say where they are, which prices depend on. Default: no.
    pub origins_believed: bool,
    /// Between two comments on a quiet event stream. Default 15 s.
    pub heartbeat: Duration,
}

/// A file served as it is.
#[derive(Clone, Debug)]
pub struct Page {
    /// The path, `/` or `/app.js`.
    pub path: &'static str,
    /// Its media type, with the charset where it is text.
    pub content_type: &'static str,
    /// The bytes.
    pub body: Bytes,
}

impl ApiOptions {
    /// Options with the default limits, no metrics and no pages.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self {
            clock,
            random,
            metrics: Arc::new(String::new),
            records: Arc::new(|chapter, _| Ok(RecordsPage { chapter, ..RecordsPage::default() })),
            records_behind: Arc::new(|| None),
            pages: Vec::new(),
            body_bytes_max: 1 << 20,
            body_time: Duration::from_secs(10),
            sip_realm: SmolStr::new_static("switchback"),
            sip_md5: false,
            origins_believed: false,
            heartbeat: Duration::from_secs(15),
        }
    }
}

impl fmt::Debug for ApiOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiOptions")
            .field("pages", &self.pages.len())
            .field("body_bytes_max", &self.body_bytes_max)
            .field("body_time", &self.body_time)
            .field("heartbeat", &self.heartbeat)
            .finish_non_exhaustive()
    }
}

/// What every handler shares.
pub(crate) struct Shared {
    pub(crate) intake: Arc<dyn Intake>,
    pub(crate) options: ApiOptions,
    pub(crate) devices: Arc<Devices>,
    /// The OpenAPI document, rendered once.
    pub(crate) openapi: Bytes,
}

impl Shared {
    pub(crate) fn now(&self) -> Time {
        self.options.clock.now()
    }

    /// Who sends: the credential says it; the body picks an address, and says where the sender is, where that is
    /// believed.
    pub(crate) fn sender(&self, bearer: &Bearer, said: &Said) -> Result<Originator, Problem> {
        let sender = self.intake.originator(bearer, said.from.as_ref())?;
        match said.origin {
            Some(_) if !self.options.origins_believed => Err(Problem::new(
                &codes::ORIGIN_NOT_BELIEVED,
                "the operator does not take a client's word for where it is; leave `origin` out",
            )),
            origin => Ok(Originator { origin: origin.unwrap_or(sender.origin), ..sender }),
        }
    }
}

/// What handlers take as their state.
pub(crate) type Api = Arc<Shared>;
