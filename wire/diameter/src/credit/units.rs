//! Amounts of service (RFC 8506 8.17-8.19, 8.37): what is asked for, granted and used.

use super::money::Money;
use crate::avp::{AvpWriter, Avps, Group};
use crate::dictionary as avp;
use crate::fault::Fault;

/// A Requested-, Granted- or Used-Service-Unit. All empty asks the charging system to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Units {
    /// CC-Time, in seconds.
    pub time: Option<u32>,
    /// CC-Money.
    pub money: Option<Money>,
    /// CC-Total-Octets.
    pub total_octets: Option<u64>,
    /// CC-Input-Octets.
    pub input_octets: Option<u64>,
    /// CC-Output-Octets.
    pub output_octets: Option<u64>,
    /// CC-Service-Specific-Units: segments, messages, whatever the service context says.
    pub specific: Option<u64>,
}

impl Units {
    /// So many service-specific units.
    #[must_use]
    pub fn specific(units: u64) -> Self {
        Self { specific: Some(units), ..Self::default() }
    }

    /// So many octets.
    #[must_use]
    pub fn octets(octets: u64) -> Self {
        Self { total_octets: Some(octets), ..Self::default() }
    }

    /// None of the same kinds: what a session that ends unused has used.
    #[must_use]
    pub fn nothing(&self) -> Self {
        Self {
            time: self.time.map(|_| 0),
            money: None,
            total_octets: self.total_octets.map(|_| 0),
            input_octets: self.input_octets.map(|_| 0),
            output_octets: self.output_octets.map(|_| 0),
            specific: self.specific.map(|_| 0),
        }
    }

    /// Whether it is exactly what was asked for, in every kind that was asked for. Other kinds don't matter: some
    /// charging systems tell the money as well.
    #[must_use]
    pub fn covers_exactly(&self, asked: &Self) -> bool {
        let same = |asked: Option<u64>, granted: Option<u64>| asked.is_none() || asked == granted;
        same(asked.time.map(u64::from), self.time.map(u64::from))
            && same(asked.total_octets, self.total_octets)
            && same(asked.input_octets, self.input_octets)
            && same(asked.output_octets, self.output_octets)
            && same(asked.specific, self.specific)
    }
}

impl<'a> Group<'a> for Units {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        Ok(Self {
            time: avps.get(avp::CC_TIME)?,
            money: avps.group(avp::CC_MONEY)?,
            total_octets: avps.get(avp::CC_TOTAL_OCTETS)?,
            input_octets: avps.get(avp::CC_INPUT_OCTETS)?,
            output_octets: avps.get(avp::CC_OUTPUT_OCTETS)?,
            specific: avps.get(avp::CC_SERVICE_SPECIFIC_UNITS)?,
        })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        to.maybe(avp::CC_TIME, self.time);
        to.groups(avp::CC_MONEY, &self.money);
        to.maybe(avp::CC_TOTAL_OCTETS, self.total_octets);
        to.maybe(avp::CC_INPUT_OCTETS, self.input_octets);
        to.maybe(avp::CC_OUTPUT_OCTETS, self.output_octets);
        to.maybe(avp::CC_SERVICE_SPECIFIC_UNITS, self.specific);
    }
}
