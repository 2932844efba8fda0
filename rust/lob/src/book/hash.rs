use super::Book;
use crate::ladder::Ladder;
use crate::types::Side;

/// FNV-1a, 64 bits.
#[derive(Clone, Copy, Debug)]
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Take in `bytes`.
    #[inline]
    pub fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// Hash of what was taken in.
    pub fn finish(self) -> u64 {
        self.0
    }
}

impl<L: Ladder<u32>> Book<L> {
    /// FNV-1a over side, tick and (id, lots) in queue order, bids first, best first. O(orders).
    pub fn state_hash(&self) -> u64 {
        let mut hash = Fnv::default();
        for side in Side::BOTH {
            for level in self.depth(side) {
                hash.write(&[side as u8]);
                hash.write(&level.tick.to_le_bytes());
                for (_, order) in self.queue(level) {
                    hash.write(&order.id.to_le_bytes());
                    hash.write(&order.qty.to_le_bytes());
                }
            }
        }
        hash.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Fnv;

    #[test]
    fn published_vectors() {
        for (text, value) in [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c)] {
            let mut hash = Fnv::default();
            hash.write(text.as_bytes());
            assert_eq!(hash.finish(), value);
        }
    }
}
