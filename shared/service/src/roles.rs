//! Roles: what a caller is at an institution, and sets of them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! roles {
    ($($role:ident = $name:literal, $description:literal;)+) => {
        /// What a caller is at an institution. A caller may have several roles.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Role {
            $(#[doc = $description] $role,)+
        }

        impl Role {
            /// Every role, in the order of declaration.
            pub const ALL: &'static [Role] = &[$(Role::$role,)+];

            /// The name in configuration and answers, in kebab case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Role::$role => $name,)+ }
            }

            /// What the role is for, in a sentence.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $(Role::$role => $description,)+ }
            }
        }
    };
}

roles! {
    PaymentSystem = "payment-system", "Posts transactions and the labels that follow them.";
    Analyst = "analyst", "Reads, labels and works cases.";
    RuleAuthor = "rule-author", "Drafts, back-tests and submits policy changes.";
    Approver = "approver", "Approves or refuses what someone else submitted.";
    Auditor = "auditor", "Reads everything, including the log.";
    Storefront = "storefront", "Posts what shoppers do, items and orders, and asks for lists.";
    Merchandiser = "merchandiser", "Manages items and orders, trains models and shapes lists.";
    Operator = "operator", "Sees health in detail, takes snapshots and controls traffic.";
    Administrator = "administrator", "Manages callers and settings of the institution.";
}

/// A set of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Roles(u16);

impl Roles {
    /// No role at all.
    pub const NONE: Self = Self(0);

    /// Every role.
    pub const ANY: Self = Self::of(Role::ALL);

    /// The set of these roles.
    #[must_use]
    pub const fn of(roles: &[Role]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        // A const fn cannot use an iterator.
        while i < roles.len() {
            bits |= 1 << roles[i] as u16;
            i += 1;
        }
        Self(bits)
    }

    /// The roles that are in this set, in the other, or in both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set with one more role.
    #[must_use]
    pub const fn with(self, role: Role) -> Self {
        self.union(Self::of(&[role]))
    }

    /// Whether the role is in the set.
    #[must_use]
    pub const fn contains(self, role: Role) -> bool {
        self.0 & (1 << role as u16) != 0
    }

    /// Whether the two sets share a role.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether the set has no role.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The roles of the set in the order of declaration.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL
            .iter()
            .copied()
            .filter(move |role| self.contains(*role))
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        roles.into_iter().fold(Self::NONE, Self::with)
    }
}

impl std::fmt::Display for Roles {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.iter().map(Role::name).collect();
        formatter.write_str(&names.join(", "))
    }
}

impl Serialize for Roles {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Roles {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Role>::deserialize(deserializer).map(Self::from_iter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_on_the_wire_are_the_names_in_messages() {
        for role in Role::ALL {
            let wire = serde_json::to_value(role).unwrap();
            assert_eq!(wire, role.name());
        }
        let roles = Roles::of(&[Role::Approver, Role::PaymentSystem]);
        assert_eq!(roles.to_string(), "payment-system, approver");
        assert_eq!(
            serde_json::to_string(&roles).unwrap(),
            r#"["payment-system","approver"]"#
        );
    }

    #[test]
    fn every_role_fits_the_set() {
        assert!(Role::ALL.len() <= u16::BITS as usize);
        assert_eq!(Roles::ANY.iter().count(), Role::ALL.len());
        assert!(Roles::NONE.is_empty());
    }

    #[test]
    fn an_unknown_role_is_refused() {
        let error = serde_json::from_str::<Roles>(r#"["analist"]"#).unwrap_err();
        assert!(
            error.to_string().contains("unknown variant `analist`"),
            "{error}"
        );
    }

    fn any_roles() -> impl Strategy<Value = Roles> {
        prop::sample::subsequence(Role::ALL.to_vec(), 0..=Role::ALL.len())
            .prop_map(Roles::from_iter)
    }

    proptest! {
        #[test]
        fn sets_behave_like_sets(left in any_roles(), right in any_roles()) {
            for &role in Role::ALL {
                let in_union = left.contains(role) || right.contains(role);
                prop_assert_eq!(left.union(right).contains(role), in_union);
            }
            let shared = left.iter().any(|role| right.contains(role));
            prop_assert_eq!(left.intersects(right), shared);
            prop_assert_eq!(left.iter().collect::<Roles>(), left);
            let wire = serde_json::to_string(&left).unwrap();
            prop_assert_eq!(serde_json::from_str::<Roles>(&wire).unwrap(), left);
        }
    }
}
