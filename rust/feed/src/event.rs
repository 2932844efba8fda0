/// Receive time that is not known.
pub const RECV_UNKNOWN: i32 = i32::MIN;

/// No slot: events that touch no resting order.
pub const NO_SLOT: u32 = u32::MAX;

/// What an event does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// A new order rests at the tail of its level.
    Add = 1,
    /// `qty` lots leave an order that stays where it is.
    Reduce = 2,
    /// An order leaves with the `qty` lots it still had.
    Delete = 3,
    /// An order moves to `tick` with `qty` open lots.
    Amend = 4,
    /// The order of `slot` leaves, a new one rests in slot `aux`.
    Replace = 5,
    /// `qty` lots of a resting order trade; `tick` is the trade's price.
    Exec = 6,
    /// A trade with no visible order: no effect on the book.
    Print = 7,
    /// A level's lots become the quantity; 0 removes it.
    Level = 8,
    /// A trade on an aggregated feed.
    Trade = 9,
    /// The best level of a side becomes this one; 0 lots empties the side.
    Bbo = 10,
    /// All orders or levels leave.
    Clear = 11,
    /// A snapshot starts; the book is empty.
    SnapBegin = 12,
    /// The snapshot is whole.
    SnapEnd = 13,
    /// The trading phase becomes `aux`.
    Status = 14,
    /// An auction's trade.
    Cross = 15,
    /// A trade is taken back.
    Break = 16,
}

impl Kind {
    /// All kinds, by number from 1.
    pub const ALL: [Self; 16] = [
        Self::Add,
        Self::Reduce,
        Self::Delete,
        Self::Amend,
        Self::Replace,
        Self::Exec,
        Self::Print,
        Self::Level,
        Self::Trade,
        Self::Bbo,
        Self::Clear,
        Self::SnapBegin,
        Self::SnapEnd,
        Self::Status,
        Self::Cross,
        Self::Break,
    ];

    /// Names by number, from 1.
    pub const NAMES: [&'static str; 16] = [
        "ADD",
        "REDUCE",
        "DELETE",
        "AMEND",
        "REPLACE",
        "EXEC",
        "PRINT",
        "LEVEL",
        "TRADE",
        "BBO",
        "CLEAR",
        "SNAP_BEGIN",
        "SNAP_END",
        "STATUS",
        "CROSS",
        "BREAK",
    ];

    /// The kind with this number.
    #[inline]
    pub const fn of(number: u8) -> Option<Self> {
        match number {
            1..=16 => Some(Self::ALL[number as usize - 1]),
            _ => None,
        }
    }

    /// Name in upper case.
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize - 1]
    }

    /// Whether the event names a resting order.
    #[inline]
    pub const fn has_slot(self) -> bool {
        (self as u8) <= Self::Exec as u8
    }

    /// Whether the quantity is 64 bits wide, `aux << 32 | qty`.
    #[inline]
    pub const fn is_wide(self) -> bool {
        matches!(self, Self::Level | Self::Trade | Self::Bbo | Self::Cross)
    }
}

/// Bits of `Event::flags`.
pub mod flag {
    /// Sell or ask. Side of the resting order for kinds 1-6, 8 and 10, of the aggressor for 9.
    pub const SELL: u8 = 1 << 0;
    /// The side is known.
    pub const SIDE_KNOWN: u8 = 1 << 1;
    /// Last event of a group that the venue sent as one.
    pub const LAST: u8 = 1 << 2;
    /// Part of a snapshot.
    pub const SNAPSHOT: u8 = 1 << 3;
    /// An amended order keeps its place in the queue.
    pub const KEEPS_PRIORITY: u8 = 1 << 4;
    /// A hidden order or a hidden trade.
    pub const HIDDEN: u8 = 1 << 5;
    /// A trade at another price than the resting order's.
    pub const OFF_PRICE: u8 = 1 << 6;
    /// Made by the converter; the venue sent no such message.
    pub const SYNTHETIC: u8 = 1 << 7;
}

/// One event of a `.qev` file: 32 bytes, little-endian, in this order of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Event {
    /// Exchange time, nanoseconds UTC.
    pub ts_exch: i64,
    /// Receive time minus exchange time, in the file's `recv_unit_ns`, rounded up; `RECV_UNKNOWN`.
    pub recv: i32,
    /// Slot of the resting order, `NO_SLOT` where there is none.
    pub slot: u32,
    /// Price in ticks above the instrument's `base_tick`.
    pub tick: i32,
    /// Lots, low 32 bits where the quantity is wide.
    pub qty: u32,
    /// High 32 bits of a wide quantity; new slot of a REPLACE; phase of a STATUS.
    pub aux: u32,
    /// Number of a `Kind`.
    pub kind: u8,
    /// Bits of `flag`.
    pub flags: u8,
    /// Row of the instrument table.
    pub instr: u16,
}

impl Event {
    /// Bytes of one event.
    pub const SIZE: usize = 32;

    /// Quantity in lots, all 64 bits where the kind has them.
    #[inline]
    pub const fn lots(&self) -> u64 {
        match Kind::of(self.kind) {
            Some(kind) if kind.is_wide() => (self.aux as u64) << 32 | self.qty as u64,
            _ => self.qty as u64,
        }
    }

    /// Whether the flag bits in `mask` are all set.
    #[inline]
    pub const fn has(&self, mask: u8) -> bool {
        self.flags & mask == mask
    }

    /// As stored.
    #[inline]
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let mut out = [0; Self::SIZE];
        out[0..8].copy_from_slice(&self.ts_exch.to_le_bytes());
        out[8..12].copy_from_slice(&self.recv.to_le_bytes());
        out[12..16].copy_from_slice(&self.slot.to_le_bytes());
        out[16..20].copy_from_slice(&self.tick.to_le_bytes());
        out[20..24].copy_from_slice(&self.qty.to_le_bytes());
        out[24..28].copy_from_slice(&self.aux.to_le_bytes());
        out[28] = self.kind;
        out[29] = self.flags;
        out[30..32].copy_from_slice(&self.instr.to_le_bytes());
        out
    }

    /// From stored bytes. Any bytes make an event; `Kind::of` and the file's checks judge it.
    #[inline]
    pub fn of_bytes(bytes: &[u8; Self::SIZE]) -> Self {
        let word = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        Self {
            ts_exch: i64::from(u32::from_le_bytes(word(0))) | i64::from(i32::from_le_bytes(word(4))) << 32,
            recv: i32::from_le_bytes(word(8)),
            slot: u32::from_le_bytes(word(12)),
            tick: i32::from_le_bytes(word(16)),
            qty: u32::from_le_bytes(word(20)),
            aux: u32::from_le_bytes(word(24)),
            kind: bytes[28],
            flags: bytes[29],
            instr: u16::from_le_bytes([bytes[30], bytes[31]]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_as_the_format_says() {
        let event = Event {
            ts_exch: -0x0102_0304_0506_0708,
            recv: -2,
            slot: 0x0a0b_0c0d,
            tick: i32::MIN,
            qty: 7,
            aux: 1,
            kind: Kind::Level as u8,
            flags: flag::SELL | flag::SYNTHETIC,
            instr: 0x0201,
        };
        let bytes = event.to_bytes();
        assert_eq!(bytes[..8], (-0x0102_0304_0506_0708i64).to_le_bytes());
        assert_eq!(
            bytes[8..],
            [
                0xfe, 0xff, 0xff, 0xff, 0x0d, 0x0c, 0x0b, 0x0a, 0, 0, 0, 0x80, 7, 0, 0, 0, 1, 0, 0, 0, 8,
                0x81, 1, 2
            ]
        );
        assert_eq!(Event::of_bytes(&bytes), event);
        assert_eq!(event.lots(), (1 << 32) + 7);
        assert_eq!(Event { kind: Kind::Add as u8, ..event }.lots(), 7);
    }

    #[test]
    fn kinds_by_number() {
        for (i, kind) in Kind::ALL.iter().enumerate() {
            assert_eq!(*kind as usize, i + 1);
            assert_eq!(Kind::of(i as u8 + 1), Some(*kind));
        }
        assert_eq!(Kind::of(0), None);
        assert_eq!(Kind::of(17), None);
        assert!(Kind::Exec.has_slot() && !Kind::Print.has_slot());
    }
}
