//! Bar engine: target weights in, an account's history out.

mod account;
mod batch;
mod books;
pub mod brokerage;
mod cash;
mod complete;
mod config;
mod costs;
mod kernel;
mod lanes;
mod lots;
mod orders;
mod record;
mod session;
mod signals;
pub mod sweep;
mod targets;
mod venue;
mod weights;

pub use account::{BarOut, DropReason, Dropped, FillRecord};
pub use batch::{Market, Schedule, run_schedules};
pub use cash::CashCosts;
pub use config::{BarConfig, Error, Fill, SizeAt, Sizing};
pub use costs::Costs;
pub use kernel::Scratch;
pub use record::{Record, SeriesOf};
pub use session::Session;
pub use signals::{SignalMarket, SignalRun, run_signals};
pub use venue::{Leg, LegFill, Reason, Side, Venue};
pub use weights::{Growth, Traded, Weights};
