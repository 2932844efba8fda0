/// `x^n`. Exponents 1, 2 and 3 are rounded once, which is faster than the general function and nearer to the truth.
#[inline]
pub(super) fn power(x: f64, n: f64) -> f64 {
    if n == 2.0 {
        x * x
    } else if n == 3.0 && x.abs() < CUBED {
        cube(x)
    } else if n == 1.0 {
        x
    } else {
        libm::pow(x, n)
    }
}

/// Below it no step of `cube` overflows.
const CUBED: f64 = 1e90;

/// Dekker (1971), A floating-point technique for extending the available precision: products with their errors.
#[inline]
fn cube(x: f64) -> f64 {
    let (square, error) = product(x, x);
    let (high, low) = product(square, x);
    high + (low + error * x)
}

/// A product and what its rounding left out.
#[inline]
fn product(a: f64, b: f64) -> (f64, f64) {
    let ((ah, al), (bh, bl)) = (halves(a), halves(b));
    let high = a * b;
    (high, al * bl - (((high - ah * bh) - al * bh) - ah * bl))
}

/// Two numbers of 26 bits that add up to one of 53.
#[inline]
fn halves(x: f64) -> (f64, f64) {
    let t = 134_217_729.0 * x;
    let high = t - (t - x);
    (high, x - high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_powers_are_rounded_once() {
        for x in [0.0, 1.0, 7.25, 49.0, 1_234_567.0, 100_000.5, -3.0, -0.375] {
            assert_eq!([power(x, 1.0), power(x, 2.0), power(x, 3.0)], [x, x * x, x * x * x]);
        }
        // 0.1 + 2^-30 = m * 2^-56, so its cube is m^3 * 2^-168: the top 53 of its bits, rounded half to even.
        for x in [0.1_f64 + 2f64.powi(-30), 1.0 / 3.0, 7.3, 47.999_999, 1e15 / 7.0] {
            let (bits, exponent) = (x.to_bits(), (x.to_bits() >> 52) as i32 - 1_075);
            let m = u128::from(bits & ((1 << 52) - 1) | 1 << 52);
            let (square, low_bits) = (m * m, 53);
            // m^3 = (h * 2^53 + l) * m, kept as its top 128 bits with a sticky last one.
            let (h, l) = (square >> low_bits, square & ((1 << low_bits) - 1));
            let carried = h * m + ((l * m) >> low_bits);
            let sticky = u128::from((l * m) & ((1 << low_bits) - 1) != 0);
            let shift = 128 - carried.leading_zeros() - 53;
            let (mut top, rest) = (carried >> shift, carried & ((1 << shift) - 1));
            let half = 1 << (shift - 1);
            if rest > half || rest == half && (sticky == 1 || top & 1 == 1) {
                top += 1;
            }
            let expected = top as f64 * 2f64.powi(3 * exponent + low_bits + shift as i32);
            assert_eq!(power(x, 3.0), expected, "{x}");
        }
    }

    #[test]
    fn other_powers_are_the_general_function() {
        assert_eq!(power(2.0, 0.5), libm::pow(2.0, 0.5));
        assert_eq!(power(1e100, 3.0), libm::pow(1e100, 3.0));
        assert!(power(-2.0, 0.5).is_nan() && power(f64::NAN, 3.0).is_nan());
        assert_eq!(power(f64::NEG_INFINITY, 3.0), f64::NEG_INFINITY);
    }
}
