//! A deterministic, single-threaded limit order book and matching engine: integers only, no clock, no I/O.

const _: () = assert!(usize::BITS == 64, "slots and ids are indexed as 64-bit words");

mod book;
#[cfg(feature = "capi")]
pub mod capi;
pub mod conformance;
mod engine;
mod expiry;
mod ids;
mod l2;
mod ladder;
mod matcher;
mod orders;
mod report;
mod slab;
mod types;

pub use book::{Book, Broken, Depth, Fault, Fnv, Loose, Queue, Touched};
pub use engine::Engine;
pub use ids::{Direct, Hash, IdIndex, Paged, SeededHash};
pub use l2::L2Book;
pub use ladder::{BTreeLadder, BlockLadder, DenseLadder, Ladder, VecLadder};
pub use matcher::Matcher;
pub use orders::{Cancel, Capacity, Config, Modify, ModifyRule, NewOrder, PostOnlyRule, Price, Stp, Tif};
pub use report::{Kind, NO_PRICE, Reason, Report, ReportSink};
pub use types::{EXPIRES, Level, Lots, NIL, Nanos, OWN, Order, OrderRef, POST_ONLY, Side, Slot, Ticks};
