//! Rows in blocks of four lanes: sums with the same bits on every CPU, and selects instead of branches, because the
//! side of an order is not predictable.

pub use wide::f64x4 as Lanes;

/// Instruments in a block.
pub const LANES: usize = 4;

/// Blocks that hold `n` instruments.
pub fn blocks(n: usize) -> usize {
    n.div_ceil(LANES)
}

/// Storage for `n` instruments, all zero.
pub fn zeros(n: usize) -> Vec<Lanes> {
    vec![Lanes::ZERO; blocks(n)]
}

/// A row in blocks of its own, the last one filled up with `pad`.
pub fn padded(row: &[f64], pad: f64) -> Vec<Lanes> {
    row.chunks(LANES).map(|chunk| last_block(chunk, pad)).collect()
}

/// One lane's value, by instrument.
pub fn get(blocks: &[Lanes], i: usize) -> f64 {
    values(blocks)[i]
}

/// One lane's value.
pub fn lane(block: Lanes, i: usize) -> f64 {
    block.to_array()[i]
}

/// Every lane, padding included.
pub fn values(blocks: &[Lanes]) -> &[f64] {
    bytemuck::cast_slice(blocks)
}

/// Every lane to write to.
pub fn values_mut(blocks: &mut [Lanes]) -> &mut [f64] {
    bytemuck::cast_slice_mut(blocks)
}

/// Call `body(item, lanes)` for every block of `row` with its item of `beside`; missing lanes of the last one are NaN: no
/// price, no target.
#[inline(always)]
pub fn each_block<T>(row: &[f64], beside: impl IntoIterator<Item = T>, mut body: impl FnMut(T, Lanes)) {
    let row = Row::new(row);
    // One call site, so that the body is inlined.
    for (k, item) in (0..row.blocks()).zip(beside) {
        body(item, row.block(k));
    }
}

/// `each_block` of two rows of one length.
#[inline(always)]
pub fn each_pair<T>(
    a: &[f64],
    b: &[f64],
    beside: impl IntoIterator<Item = T>,
    mut body: impl FnMut(T, Lanes, Lanes),
) {
    let (a, b) = (Row::new(a), Row::new(b));
    for (k, item) in (0..a.blocks()).zip(beside) {
        body(item, a.block(k), b.block(k));
    }
}

struct Row<'a> {
    whole: &'a [[f64; LANES]],
    rest: &'a [f64],
}

impl<'a> Row<'a> {
    #[inline(always)]
    fn new(row: &'a [f64]) -> Self {
        let (whole, rest) = row.as_chunks();
        Self { whole, rest }
    }

    #[inline(always)]
    fn blocks(&self) -> usize {
        self.whole.len() + usize::from(!self.rest.is_empty())
    }

    #[inline(always)]
    fn block(&self, k: usize) -> Lanes {
        self.whole.get(k).map_or_else(|| last_block(self.rest, f64::NAN), |whole| Lanes::new(*whole))
    }
}

/// A block of what is left of a row, filled up with `pad`.
#[cold]
pub fn last_block(rest: &[f64], pad: f64) -> Lanes {
    Lanes::new(std::array::from_fn(|lane| rest.get(lane).copied().unwrap_or(pad)))
}

/// The sum of all lanes, always in the same order.
#[inline(always)]
pub fn total(lanes: Lanes) -> f64 {
    let [a, b, c, d] = lanes.to_array();
    (a + c) + (b + d)
}

/// `value` where `mask` is set, else 0.
#[inline(always)]
pub fn keep(mask: Lanes, value: Lanes) -> Lanes {
    mask & value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_every_value_once() {
        for n in 1..40 {
            let row: Vec<f64> = (1..=n).map(f64::from).collect();
            let mut sum = Lanes::ZERO;
            each_block(&row, 0.., |_, lanes| sum += keep(lanes.simd_ge(Lanes::ZERO), lanes));
            assert_eq!(total(sum), f64::from(n * (n + 1) / 2));
            let blocks = padded(&row, 0.0);
            assert_eq!(values(&blocks)[..row.len()], row);
            assert_eq!(get(&blocks, row.len() - 1), f64::from(n));
            assert_eq!(blocks.len(), zeros(row.len()).len());
        }
    }
}
