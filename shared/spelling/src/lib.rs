//! "Did you mean …?": the known name nearest to a misspelt one. Pure, and knows no other crate of ours: requests,
//! configuration files and rules all answer with it.

/// The candidate that looks most like `unknown`, if any is near enough to be worth suggesting.
///
/// Near enough means at most one edit per three characters of the longer name. Among equals the
/// first wins.
pub fn nearest<'names, S: AsRef<str>>(
    unknown: &str,
    candidates: &'names [S],
) -> Option<&'names str> {
    // Names come from requests: an absurdly long one gets no suggestion rather than a long search.
    if unknown.chars().count() > NAME_CHARACTERS_MAX {
        return None;
    }
    candidates
        .iter()
        .map(|candidate| {
            (
                edit_distance(unknown, candidate.as_ref()),
                candidate.as_ref(),
            )
        })
        .filter(|(distance, candidate)| {
            let longer = unknown.chars().count().max(candidate.chars().count());
            *distance <= longer.div_ceil(3)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

const NAME_CHARACTERS_MAX: usize = 64;

/// Number of insertions, deletions, replacements and swaps of neighbours that turn one name into
/// the other, ignoring case (restricted Damerau–Levenshtein, also called optimal string alignment).
fn edit_distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.to_lowercase().chars().collect();
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for i in 1..=left.len() {
        let mut row = vec![i; right.len() + 1];
        for j in 1..=right.len() {
            let replaced = last[j - 1] + usize::from(left[i - 1] != right[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            let swapped =
                i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
            if swapped {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn distances_of_known_pairs() {
        for (left, right, distance) in [
            ("", "", 0),
            ("", "amount", 6),
            ("amount", "amount", 0),
            ("amuont", "amount", 1),
            ("amont", "amount", 1),
            ("kitten", "sitting", 3),
            ("Currency", "currency", 0),
        ] {
            assert_eq!(edit_distance(left, right), distance, "{left} → {right}");
        }
    }

    #[test]
    fn only_near_names_are_suggested() {
        let known = ["amount", "currency", "merchant_id"];
        assert_eq!(nearest("amuont", &known), Some("amount"));
        assert_eq!(nearest("merchantId", &known), Some("merchant_id"));
        assert_eq!(nearest("iban", &known), None);
        assert_eq!(nearest(&"a".repeat(1_000), &known), None);
    }

    proptest! {
        #[test]
        fn the_distance_is_symmetric_and_zero_only_for_equals(left in "[a-c]{0,8}", right in "[a-c]{0,8}") {
            prop_assert_eq!(edit_distance(&left, &right), edit_distance(&right, &left));
            prop_assert_eq!(edit_distance(&left, &right) == 0, left == right);
        }
    }
}
