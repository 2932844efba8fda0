//! Market data as events: one 32-byte record, one file format, converters into it and simulators of order flow.
//!
//! Files from outside are hostile: whatever the bytes, the answer is events or an [`Error`] that names the place.

mod bbo;
mod books;
mod check;
pub mod checkpoint;
pub mod convert;
mod decimal;
mod digits;
mod error;
mod event;
mod facts;
mod file;
pub mod flow;
mod instrument;
mod jump;
pub mod map;
mod merge;
mod progress;
mod quality;
mod replay;
mod spans;

pub use bbo::{Bbo, Touch};
pub use books::{Books, side_of};
pub use check::check;
pub use decimal::{Decimal, Misfit};
pub use error::{Error, Place};
pub use event::{Event, Kind, NO_SLOT, RECV_UNKNOWN, flag};
pub use facts::{StylisedFacts, stylised_facts};
pub use file::{
    CHECKPOINT_EVERY, CheckpointEntry, EventFile, Header, MAGIC, MAX_EVENTS, OpenOptions, RecvOffset,
    Section, Span, Target, UNKNOWN, VERSION, Writer, WriterOptions, receive_order, received,
};
pub use instrument::{Instrument, Rational};
pub use merge::merge;
pub use progress::Progress;
pub use quality::Quality;
pub use replay::Replay;
