//! Scripts of named misbehaviours, one grammar for every pretend peer: `throttled:50,no-answer@+4670999` means fifty
//! in a thousand are throttled, and everything that concerns numbers beginning with +4670999 gets no answer.

use crate::chance::Dice;
use std::str::FromStr;

/// The misbehaviours of one kind of peer.
pub trait Misbehaves: Copy + Eq + 'static {
    /// Every name in scripts, with what it does.
    const NAMES: &'static [(&'static str, Self, &'static str)];
}

/// One line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule<M> {
    /// Numbers that begin so; empty: all. With or without the leading `+`.
    pub prefix: String,
    /// How often, 0 to 1000.
    pub per_mille: u16,
    /// What.
    pub misbehaviour: M,
}

/// Rules, in the order in which they are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script<M> {
    /// The rules.
    pub rules: Vec<Rule<M>>,
}

/// A script that can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadScript {
    /// No such name.
    #[error("no misbehaviour is called `{0}`")]
    UnknownName(String),
    /// Not 0 to 1000.
    #[error("`{0}` is not a rate from 0 to 1000 in a thousand")]
    BadRate(String),
}

impl<M> Default for Script<M> {
    fn default() -> Self {
        Self { rules: Vec::new() }
    }
}

impl<M: Misbehaves> FromStr for Script<M> {
    type Err = BadScript;

    fn from_str(text: &str) -> Result<Self, BadScript> {
        let rules = text.split(',').map(str::trim).filter(|rule| !rule.is_empty()).map(Rule::from_str);
        Ok(Self { rules: rules.collect::<Result<_, _>>()? })
    }
}

impl<M: Misbehaves> FromStr for Rule<M> {
    type Err = BadScript;

    fn from_str(text: &str) -> Result<Self, BadScript> {
        let (head, prefix) = text.split_once('@').unwrap_or((text, ""));
        let (name, rate) = head.split_once(':').unwrap_or((head, "1000"));
        let per_mille = rate.parse().ok().filter(|rate| *rate <= 1000);
        let per_mille = per_mille.ok_or_else(|| BadScript::BadRate(rate.to_owned()))?;
        let known = M::NAMES.iter().find(|(known, ..)| *known == name);
        let (_, misbehaviour, _) = known.ok_or_else(|| BadScript::UnknownName(name.to_owned()))?;
        Ok(Self { prefix: digits(prefix).to_owned(), per_mille, misbehaviour: *misbehaviour })
    }
}

impl<M: Misbehaves> Script<M> {
    /// Rolls the dice for something that concerns `number`: what happens, in the order of the script.
    pub(crate) fn roll(&self, number: &str, dice: &mut Dice) -> Vec<M> {
        let met = |rule: &&Rule<M>| {
            digits(number).starts_with(digits(&rule.prefix)) && dice.per_mille(rule.per_mille)
        };
        self.rules.iter().filter(met).map(|rule| rule.misbehaviour).collect()
    }
}

/// A number without its `+`.
pub(crate) fn digits(number: &str) -> &str {
    number.strip_prefix('+').unwrap_or(number)
}
