use quantrl_lob::{OrderRef, Side};

use crate::tick::action::Action;
use crate::tick::error::Error;
use crate::tick::order::{OrderType, Tif};

/// An action as an array holds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// 0 nothing, 1 limit, 2 market, 3 amend, 4 cancel, 5 cancel all of `instr`, 6 cancel all.
    pub op: u8,
    /// 0 buy, 1 sell.
    pub side: u8,
    /// 0 good till cancelled, 1 immediate or cancel, 2 fill or kill; market orders are never the first.
    pub tif: u8,
    /// Bit 0: never takes.
    pub flags: u8,
    /// Instrument.
    pub instr: u16,
    /// Own order of an amend or a cancel.
    pub order: u64,
    /// Absolute ticks.
    pub tick: i64,
    /// Lots.
    pub qty: i64,
}

impl Row {
    /// Bytes of a row: op, side, tif, flags, instr, two zeros, ref, tick, qty; little-endian.
    pub const SIZE: usize = 32;

    /// From its bytes; any are a row, `step` judges it.
    #[inline]
    pub fn of_bytes(bytes: &[u8; Self::SIZE]) -> Self {
        let [op, side, tif, flags, low, high, ..] = *bytes;
        let long = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let instr = u16::from_le_bytes([low, high]);
        let [order, tick, qty] = [8, 16, 24].map(long);
        Self { op, side, tif, flags, instr, order, tick: tick.cast_signed(), qty: qty.cast_signed() }
    }

    /// As it is read.
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let mut out = [0; Self::SIZE];
        out[..4].copy_from_slice(&[self.op, self.side, self.tif, self.flags]);
        out[4..6].copy_from_slice(&self.instr.to_le_bytes());
        out[8..16].copy_from_slice(&self.order.to_le_bytes());
        out[16..24].copy_from_slice(&self.tick.to_le_bytes());
        out[24..].copy_from_slice(&self.qty.to_le_bytes());
        out
    }
}

/// What a row asks for.
///
/// # Errors
/// A number that means nothing, by field.
pub fn action(row: &Row) -> Result<Action, Error> {
    let Row { instr, tick: ticks, qty: lots, .. } = *row;
    let order = OrderRef::new((row.order >> 32) as u32, row.order as u32);
    let side = match row.side {
        0 => Side::Buy,
        1 => Side::Sell,
        other => return Err(Error::order("side", "0 or 1", other)),
    };
    let tif = match (row.op, row.tif) {
        (2, 0) | (_, 1) => Tif::Ioc,
        (_, 0) => Tif::Gtc,
        (_, 2) => Tif::Fok,
        (_, other) => return Err(Error::order("tif", "0 to 2", other)),
    };
    if row.flags > 1 || row.op == 2 && row.flags != 0 {
        return Err(Error::order("flags", "1 for post-only limit orders, else 0", row.flags));
    }
    let post_only = row.flags == 1;
    match row.op {
        1 => Ok(Action::New { instr, side, kind: OrderType::Limit, tif, post_only, ticks, lots }),
        2 => Ok(Action::New { instr, side, kind: OrderType::Market, tif, post_only, ticks: 0, lots }),
        3 => Ok(Action::Amend { order, ticks, lots }),
        4 => Ok(Action::Cancel { order }),
        5 => Ok(Action::CancelAll { instr: Some(instr) }),
        6 => Ok(Action::CancelAll { instr: None }),
        other => Err(Error::order("op", "0 to 6", other)),
    }
}
