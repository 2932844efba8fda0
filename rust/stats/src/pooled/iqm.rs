use quantrl_rng::Key;

use super::strata::Strata;

/// Interquartile mean: the mean of what is left after cutting the floor(m / 4) smallest and largest of m values.
/// NaN of none. Agarwal, Schwarzer, Castro, Courville and Bellemare (2021), Deep reinforcement learning at the edge
/// of the statistical precipice, NeurIPS. O(m log m); `values` is reordered.
pub fn iqm(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let cut = values.len() / 4;
    let middle = &values[cut..values.len() - cut];
    middle.iter().sum::<f64>() / middle.len() as f64
}

/// Interquartile means of `draws` stratified replicates. O(draws m log m).
pub fn bootstrap_iqm(strata: &Strata, key: Key, draws: usize) -> Vec<f64> {
    let mut replicate = strata.values().to_vec();
    (0..draws as u64)
        .map(|index| {
            strata.resample(key, index, 0, &mut replicate);
            iqm(&mut replicate)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_a_quarter_on_each_side() {
        assert_eq!(iqm(&mut [9.0, 1.0, 2.0]), 4.0);
        assert_eq!(iqm(&mut [-100.0, 3.0, 1.0, 900.0]), 2.0);
        assert_eq!(iqm(&mut [7.0, 0.0, 1.0, 2.0, 3.0, 4.0, 50.0]), 3.4);
        assert!(iqm(&mut []).is_nan());
    }

    #[test]
    fn strata_of_one_value_never_move() {
        let strata = Strata::new(&[1.0, 2.0, 6.0], &[0, 1, 2]);
        assert_eq!(bootstrap_iqm(&strata, Key { seed: 1, stream: 1 }, 40), [3.0; 40]);
    }
}
