//! Brands, finishes and variants: names made up for this simulation.

pub(crate) const BRANDS: &[&str] = &[
    "Larkfield",
    "Oddny & Sons",
    "Hearthwell",
    "Quill Row",
    "Tamsin Grey",
    "Copperlane",
    "Brightwater",
    "Moss & Miller",
    "Fenwright",
    "Saltbox",
    "Greenlap",
    "Hedgerow Works",
    "Tarn",
    "Wildmere",
    "Paper Heron",
    "Inkfold",
    "Little Otter",
    "Dovetail Press",
    "Margin & Line",
    "Tumbledown",
    "Blue Acorn",
    "Kitewell",
    "Pip and Thimble",
    "Glowbury",
    "Lumen Yard",
    "Northwick",
    "Woolpack Lane",
    "Softacre",
    "Rill",
    "Harbour Bath",
    "Farstep",
    "Campion",
    "Rookhill",
    "Valise Co",
    "Muddy Paw",
    "Good Tail",
];

/// Finishes by style. A shopper's taste is for a style, not for a finish.
pub(crate) const FINISHES: &[&[&str]] = &[
    &["navy", "ivory", "burgundy", "dove grey"],
    &["natural oak", "olive", "terracotta", "oatmeal"],
    &["sunny yellow", "spotted", "striped", "confetti"],
    &["matt black", "chalk white", "graphite", "clear"],
    &["fern", "blossom", "meadow", "lavender"],
];

/// What people say of a style.
pub(crate) const STYLE_WORDS: &[&str] = &["classic", "rustic", "playful", "plain", "botanical"];

pub(crate) const VARIANTS: &[&str] = &[
    "",
    ", small",
    ", large",
    ", set of two",
    ", set of four",
    ", gift box",
];
