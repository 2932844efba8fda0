use crate::error::Error;

/// A calendar day, for formats that count time from midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: i32,
    month: u32,
    day: u32,
}

const NANOS_PER_HOUR: i64 = 3_600_000_000_000;

impl Day {
    /// From `YYYY-MM-DD`, 1970 to 2200.
    ///
    /// # Errors
    /// Any other text, or a day that no calendar has.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let bad = || Error::config("date", "a day as YYYY-MM-DD", text);
        let bytes = text.as_bytes();
        let digits = |range: std::ops::Range<usize>| -> Option<u32> {
            bytes
                .get(range)?
                .iter()
                .try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
        };
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(bad());
        }
        let (Some(year), Some(month), Some(day)) = (digits(0..4), digits(5..7), digits(8..10)) else {
            return Err(bad());
        };
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 => 28 + u32::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        if !(1970..=2200).contains(&year) || day == 0 || day > days {
            return Err(bad());
        }
        Ok(Self { year: year as i32, month, day })
    }

    /// Days since 1970-01-01.
    fn number(self) -> i64 {
        // Years from March, so that the leap day is the last: H. Hinnant, days from civil.
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let month = i64::from((self.month + 9) % 12);
        let in_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        365 * year + year / 4 - year / 100 + year / 400 + in_year - 719_468
    }

    /// Midnight in UTC, nanoseconds.
    pub fn midnight_utc(self) -> i64 {
        self.number() * 24 * NANOS_PER_HOUR
    }

    /// Midnight in New York, nanoseconds UTC, by the rules in force since 2007: summer time from the second Sunday
    /// of March to the first of November; before 2007 from the first of April to the last of October.
    pub fn midnight_new_york(self) -> i64 {
        let sunday = |month, from_day| {
            let first = Self { year: self.year, month, day: from_day }.number();
            // 1970-01-01 was a Thursday.
            first + (3 - first).rem_euclid(7)
        };
        let (start, end) =
            if self.year >= 2007 { (sunday(3, 8), sunday(11, 1)) } else { (sunday(4, 1), sunday(10, 25)) };
        let summer = (start + 1..=end).contains(&self.number());
        self.midnight_utc() + (5 - i64::from(summer)) * NANOS_PER_HOUR
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnights() {
        let midnight = |text: &str| Day::parse(text).unwrap().midnight_new_york() / 1_000_000_000;
        // Known epochs: 2012-06-21 04:00 UTC (summer), 2020-12-28 05:00 UTC (winter).
        assert_eq!(midnight("2012-06-21"), 1_340_251_200);
        assert_eq!(midnight("2020-12-28"), 1_609_131_600);
        // The switch of 2024-03-10 and 2024-11-03 comes after midnight.
        assert_eq!(midnight("2024-03-11") - midnight("2024-03-10"), 23 * 3600);
        assert_eq!(midnight("2024-11-04") - midnight("2024-11-03"), 25 * 3600);
        assert_eq!(midnight("2005-04-04") - midnight("2005-04-03"), 23 * 3600);
        assert_eq!(Day::parse("1970-01-01").unwrap().midnight_utc(), 0);
        for text in ["2023-02-29", "2024-13-01", "2024-1-01", "20240101", "x", "2024-01-00", "2024-04-31"] {
            assert!(Day::parse(text).is_err(), "{text}");
        }
    }
}
