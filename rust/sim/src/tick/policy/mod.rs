//! Strategies that run inside the engine, without a call per event.

mod native;
mod noop;
mod quote;

use super::action::Actions;
use super::clock::NEVER;
use super::view::LocalView;

pub use native::{Kind, Named, Native, Parameter, TABLE};
pub use noop::Noop;
pub use quote::Quote;

/// When a strategy wants to be woken next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextWake {
    /// At this local time, ns.
    pub at: i64,
    /// Or at the next report.
    pub on_report: bool,
}

impl NextWake {
    /// Not again.
    pub const NEVER: Self = Self { at: NEVER, on_report: false };

    /// At a local time.
    pub fn at(ts: i64) -> Self {
        Self { at: ts, on_report: false }
    }
}

/// A strategy. It is woken after everything of its time has happened, and not once nothing is left.
pub trait Policy {
    /// When it is woken first, given the time at which the clock starts.
    fn first(&mut self, start: i64) -> NextWake {
        NextWake::at(start)
    }

    /// Look and act. A time that is not after now is taken as the next nanosecond.
    fn wake(&mut self, view: &LocalView<'_>, out: &mut Actions) -> NextWake;
}
