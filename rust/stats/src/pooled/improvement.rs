use quantrl_rng::Key;

use super::strata::Strata;

/// P(X > Y) + P(X = Y) / 2 in each stratum, averaged over the strata that both sides have. NaN of none. Agarwal et al.
/// (2021), equation of section 4.3. O(sum over strata of n m).
pub fn improvement(ours: &Strata, x: &[f64], theirs: &Strata, y: &[f64]) -> f64 {
    let pairs = ours.groups(x).zip(theirs.groups(y)).filter(|(x, y)| !x.is_empty() && !y.is_empty());
    let (total, strata) =
        pairs.fold((0.0, 0usize), |(total, count), (x, y)| (total + share(x, y), count + 1));
    total / strata as f64
}

fn share(x: &[f64], y: &[f64]) -> f64 {
    let wins = |x: f64| {
        y.iter()
            .map(move |&y| {
                if x > y {
                    1.0
                } else if x < y {
                    0.0
                } else {
                    0.5
                }
            })
            .sum::<f64>()
    };
    x.iter().map(|&x| wins(x)).sum::<f64>() / (x.len() * y.len()) as f64
}

/// The same of `draws` replicates, both sides resampled within their strata, independently of each other.
pub fn bootstrap_improvement(ours: &Strata, theirs: &Strata, key: Key, draws: usize) -> Vec<f64> {
    let (mut x, mut y) = (ours.values().to_vec(), theirs.values().to_vec());
    (0..draws as u64)
        .map(|index| {
            ours.resample(key, index, 0, &mut x);
            theirs.resample(key, index, 1, &mut y);
            improvement(ours, &x, theirs, &y)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(ours: &Strata, theirs: &Strata) -> f64 {
        improvement(ours, ours.values(), theirs, theirs.values())
    }

    #[test]
    fn by_hand() {
        let ours = Strata::new(&[1.0, 3.0, 5.0], &[0, 0, 1]);
        let theirs = Strata::new(&[2.0, 3.0, 9.0, 5.0], &[0, 0, 1, 1]);
        // Stratum 0: (0 + 0 + 1 + 1/2) / 4; stratum 1: (0 + 1/2) / 2.
        assert_eq!(point(&ours, &theirs), (0.375 + 0.25) / 2.0);
        assert_eq!(point(&ours, &theirs) + point(&theirs, &ours), 1.0);
        assert!(point(&Strata::new(&[], &[]), &ours).is_nan());
    }

    #[test]
    fn certain_where_nothing_overlaps() {
        let ours = Strata::new(&[5.0, 6.0, 9.0], &[0, 0, 1]);
        let theirs = Strata::new(&[4.0, 3.0, 8.0], &[0, 0, 1]);
        assert_eq!(bootstrap_improvement(&ours, &theirs, Key { seed: 2, stream: 0 }, 30), [1.0; 30]);
    }
}
