//! Whole lots: how a count that rounding has touched is read.

/// A count this close to a whole number is that number.
const LOT_NOISE: f64 = 1e-9;

/// The count, made whole where only rounding kept it from being so.
pub fn whole(count: f64) -> f64 {
    let near = count.round();
    if (count - near).abs() <= LOT_NOISE + 4.0 * f64::EPSILON * near.abs() { near } else { count }
}

/// The count cut toward zero.
pub fn cut(count: f64) -> f64 {
    whole(count).trunc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_costs_no_lot() {
        assert_eq!([cut(2.999_999_999_9), cut(-2.999_999_999_9)], [3.0, -3.0]);
        assert_eq!([cut(2.9), cut(-2.9), cut(0.2)], [2.0, -2.0, 0.0]);
        assert_eq!(whole(1.5), 1.5);
        assert!(cut(f64::NAN).is_nan());
    }
}
