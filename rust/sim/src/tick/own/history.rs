use quantrl_lob::Side;

use super::saved::Reader;
use crate::tick::Error;

/// What own orders ask of the market they are laid over.
pub(super) trait History {
    /// Where an own order stands in the queue of its price.
    type Place: Copy;

    /// Displayed ticks and lots of a side, best first.
    fn depth(&self, instr: u16, side: Side) -> impl Iterator<Item = (i32, u64)> + '_;

    /// Place of an order that joins a price now.
    fn join(&self, instr: u16, side: Side, tick: i32) -> Self::Place;

    /// Displayed lots ahead of a place.
    fn ahead(&self, instr: u16, side: Side, tick: i32, place: Self::Place) -> u64;

    /// A place as bytes that mean the same over any copy of this market.
    fn save(&self, instr: u16, side: Side, tick: i32, place: Self::Place, out: &mut Vec<u8>);

    /// Inverse of `save`.
    ///
    /// # Errors
    /// Bytes that `save` does not write over this market.
    fn load(&self, instr: u16, side: Side, tick: i32, from: &mut Reader<'_>) -> Result<Self::Place, Error>;
}
