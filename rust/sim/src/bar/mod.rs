//! Bar engine: target weights in, an account's history out.

mod account;
mod batch;
mod config;
mod costs;
mod kernel;
mod lanes;
mod record;
mod session;
mod weights;

pub use account::{BarOut, DropReason, Dropped, FillRecord};
pub use batch::{Schedule, run_schedules};
pub use config::{BarConfig, Error, Fill, Sizing};
pub use costs::Costs;
pub use kernel::Scratch;
pub use record::{Record, SeriesOf};
pub use session::Session;
pub use weights::{Growth, Traded, Weights};
