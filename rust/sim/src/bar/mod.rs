//! Bar engine: target weights in, an account's history out.

mod account;
mod batch;
mod config;
mod costs;
mod growth;
mod kernel;
mod lanes;
mod record;
mod session;

pub use account::{BarOut, DropReason, Dropped, FillRecord};
pub use batch::{Schedule, run_schedules};
pub use config::{BarConfig, Error, Fill, Sizing};
pub use costs::Costs;
pub use growth::{Growth, Rates, drift, first_order_factor, post_cost_factor};
pub use record::{Record, SeriesOf};
pub use session::Session;
