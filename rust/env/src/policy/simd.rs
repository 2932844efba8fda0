//! One layer on one observation: a body compiled twice, for the baseline and for AVX2, whose bits are the same.

/// Outputs summed side by side.
pub const LANES: usize = 32;

/// How wide the kernel runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// What every x86-64 of the build has, or another processor's own.
    Baseline,
    /// Eight numbers an instruction.
    Avx2,
}

impl Width {
    /// The widest this processor has.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            return Self::Avx2;
        }
        Self::Baseline
    }
}

/// out = bias + sum over `inputs` (index, number) of number * weights\[index\], in that order: multiply, then add.
///
/// `weights` holds blocks of [`LANES`] outputs, each with a row of them per input; `bias` and `out` are as long as all
/// blocks together. With `relu` what is not above 0 becomes 0.
pub fn layer(
    width: Width,
    inputs: &[(u32, f32)],
    weights: &[f32],
    bias: &[f32],
    relu: bool,
    out: &mut [f32],
) {
    match width {
        #[cfg(target_arch = "x86_64")]
        Width::Avx2 => {
            #[allow(unsafe_code)]
            // SAFETY: `detect` gives this width only where the processor has AVX2.
            unsafe {
                layer_avx2(inputs, weights, bias, relu, out);
            }
        }
        _ => body(inputs, weights, bias, relu, out),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn layer_avx2(inputs: &[(u32, f32)], weights: &[f32], bias: &[f32], relu: bool, out: &mut [f32]) {
    let (weights, bias) = (weights.as_chunks().0, bias.as_chunks().0);
    let out = out.as_chunks_mut::<LANES>().0;
    let rows = weights.len() / out.len();
    let pairs = out.len() / 2 * 2;
    // Two blocks are eight sums under way: as many as the latency of an addition asks for.
    let each = weights.chunks_exact(2 * rows).zip(bias.chunks_exact(2)).zip(out.chunks_exact_mut(2));
    for ((weights, bias), out) in each {
        let (first, second) = weights.split_at(rows);
        two(inputs, [first, second], bias, relu, out);
    }
    for block in pairs..out.len() {
        one(inputs, &weights[block * rows..][..rows], &bias[block], relu, &mut out[block]);
    }
}

type Row = [f32; LANES];

#[inline(always)]
fn body(inputs: &[(u32, f32)], weights: &[f32], bias: &[f32], relu: bool, out: &mut [f32]) {
    let (weights, bias) = (weights.as_chunks().0, bias.as_chunks().0);
    let out = out.as_chunks_mut::<LANES>().0;
    let rows = weights.len() / out.len();
    for ((weights, bias), out) in weights.chunks_exact(rows).zip(bias).zip(out) {
        one(inputs, weights, bias, relu, out);
    }
}

#[inline(always)]
fn one(inputs: &[(u32, f32)], rows: &[Row], bias: &Row, relu: bool, out: &mut Row) {
    let mut sums = *bias;
    for &(index, x) in inputs {
        let row = &rows[index as usize];
        for lane in 0..LANES {
            sums[lane] += x * row[lane];
        }
    }
    *out = ended(sums, relu);
}

#[inline(always)]
fn two(inputs: &[(u32, f32)], rows: [&[Row]; 2], bias: &[Row], relu: bool, out: &mut [Row]) {
    let (mut a, mut b) = (bias[0], bias[1]);
    for &(index, x) in inputs {
        let (first, second) = (&rows[0][index as usize], &rows[1][index as usize]);
        for lane in 0..LANES {
            a[lane] += x * first[lane];
        }
        for lane in 0..LANES {
            b[lane] += x * second[lane];
        }
    }
    (out[0], out[1]) = (ended(a, relu), ended(b, relu));
}

#[inline(always)]
fn ended(sums: Row, relu: bool) -> Row {
    if relu { sums.map(|sum| if sum > 0.0 { sum } else { 0.0 }) } else { sums }
}
