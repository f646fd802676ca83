//! The handbook's table of transactions as comma-separated values.

use std::io;

use crate::settings::{MICROSECONDS_PER_SECOND, SECONDS_PER_DAY};
use crate::transaction::SimulatedTransaction;

/// Writes the handbook's columns with a header line; returns the number of transactions.
///
/// Transactions are numbered in the order given, which should be that of time. Times are UTC
/// without a zone; a transaction that is not fraud has scenario 0. Many small writes are made:
/// give a buffered writer.
pub fn write_handbook_csv(
    output: &mut impl io::Write,
    transactions: impl IntoIterator<Item = SimulatedTransaction>,
) -> io::Result<u64> {
    writeln!(
        output,
        "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD,TX_FRAUD_SCENARIO"
    )?;
    let mut number = 0;
    for transaction in transactions {
        write!(output, "{number},")?;
        write_date_time(output, transaction.occurred_at)?;
        writeln!(
            output,
            ",{},{},{}.{:02},{},{}",
            transaction.customer,
            transaction.terminal,
            transaction.amount_minor / 100,
            transaction.amount_minor % 100,
            u8::from(transaction.fraud.is_some()),
            transaction.fraud.map_or(0, |scenario| scenario.number()),
        )?;
        number += 1;
    }
    Ok(number)
}

/// Writes epoch microseconds as `YYYY-MM-DD HH:MM:SS`.
fn write_date_time(output: &mut impl io::Write, epoch_microseconds: i64) -> io::Result<()> {
    let seconds = epoch_microseconds.div_euclid(MICROSECONDS_PER_SECOND);
    let (year, month, day) = civil_date(seconds.div_euclid(SECONDS_PER_DAY));
    let second_of_day = seconds.rem_euclid(SECONDS_PER_DAY);
    let (hour, minute, second) = (
        second_of_day / 3_600,
        second_of_day / 60 % 60,
        second_of_day % 60,
    );
    write!(
        output,
        "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
    )
}

/// Gregorian (year, month, day) of a number of days since 1970-01-01.
///
/// Years are counted from March, so that the leap day is the last of its year and the lengths of
/// the months before it follow the 153-days-in-five-months rule (Richards, "Calendars", in the
/// Explanatory Supplement to the Astronomical Almanac, 2013, section 15.11).
fn civil_date(days_since_1970: i64) -> (i64, i64, i64) {
    const DAYS_PER_ERA: i64 = 146_097; // 400 years
    const DAYS_TO_1970: i64 = 719_468; // from 0000-03-01
    let days = days_since_1970 + DAYS_TO_1970;
    let (era, day_of_era) = (days.div_euclid(DAYS_PER_ERA), days.rem_euclid(DAYS_PER_ERA));
    let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let january_or_february = i64::from(month <= 2);
    (era * 400 + year_of_era + january_or_february, month, day)
}

#[cfg(test)]
mod tests {
    use super::{MICROSECONDS_PER_SECOND, write_date_time};

    fn check(epoch_seconds: i64, expected: &str) {
        let mut text = Vec::new();
        let written = write_date_time(&mut text, epoch_seconds * MICROSECONDS_PER_SECOND);
        assert!(written.is_ok());
        assert_eq!(String::from_utf8(text).as_deref(), Ok(expected));
    }

    #[test]
    fn dates_follow_the_gregorian_calendar() {
        check(0, "1970-01-01 00:00:00");
        check(-1, "1969-12-31 23:59:59");
        check(951_782_400, "2000-02-29 00:00:00");
        check(951_868_800, "2000-03-01 00:00:00");
        check(1_522_540_831, "2018-04-01 00:00:31");
        check(1_538_351_999, "2018-09-30 23:59:59");
        check(1_709_164_800, "2024-02-29 00:00:00");
        check(4_107_542_399, "2100-02-28 23:59:59");
        check(4_107_542_400, "2100-03-01 00:00:00");
    }
}
