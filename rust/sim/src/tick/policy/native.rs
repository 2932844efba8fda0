//! Native policies by name: one line of the table each.

use super::{NextWake, Noop, Policy, Quote};
use crate::tick::action::Actions;
use crate::tick::error::Error;
use crate::tick::view::LocalView;

/// What a number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Count,
    /// Nanoseconds.
    Duration,
}

/// A setting of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Where none is given.
    pub default: i64,
}

const fn count(name: &'static str, default: i64) -> Parameter {
    Parameter { name, kind: Kind::Count, default }
}

const fn duration(name: &'static str, default: i64) -> Parameter {
    Parameter { name, kind: Kind::Duration, default }
}

/// A policy that can be asked for by name.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// Its name.
    pub name: &'static str,
    /// What it takes, in the order in which `build` reads it.
    pub parameters: &'static [Parameter],
    build: fn(&[i64]) -> Result<Native, Error>,
}

/// Every native policy.
pub const TABLE: [Named; 2] = [
    Named { name: "noop", parameters: &[], build: |_| Ok(Native::Noop(Noop)) },
    Named {
        name: "quote",
        parameters: &[
            count("offset", 1),
            count("size", 1),
            duration("refresh", 10_000_000),
            count("instr", 0),
        ],
        build: |v| {
            let instr = u16::try_from(v[3]).map_err(|_| Error::config("instr", "0 to 65535", v[3]))?;
            Quote::new(instr, v[0], v[1], v[2]).map(Native::Quote)
        },
    },
];

impl Named {
    /// The policy with these values, one a parameter; on a file of so many instruments.
    ///
    /// # Errors
    /// Too few values, a value out of range, or an instrument that does not exist.
    pub fn build(&self, values: &[i64], instruments: usize) -> Result<Native, Error> {
        if values.len() != self.parameters.len() {
            return Err(Error::config("params", self.parameters.len(), values.len()));
        }
        for (parameter, &value) in self.parameters.iter().zip(values) {
            let exists = usize::try_from(value).is_ok_and(|value| value < instruments);
            if parameter.name == "instr" && !exists {
                return Err(Error::config("instr", format_args!("below {instruments}"), value));
            }
        }
        (self.build)(values)
    }
}

/// A policy of the table.
#[derive(Clone, Debug)]
pub enum Native {
    /// Does nothing.
    Noop(Noop),
    /// Quotes both sides.
    Quote(Quote),
}

impl Policy for Native {
    fn first(&mut self, start: i64) -> NextWake {
        match self {
            Self::Noop(policy) => policy.first(start),
            Self::Quote(policy) => policy.first(start),
        }
    }

    fn wake(&mut self, view: &LocalView<'_>, out: &mut Actions) -> NextWake {
        match self {
            Self::Noop(policy) => policy.wake(view, out),
            Self::Quote(policy) => policy.wake(view, out),
        }
    }
}
