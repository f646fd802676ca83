//! The departments of the world, what is sold in them, and when.

/// A department.
pub(crate) struct Department {
    pub name: &'static str,
    /// What is sold: the name in the singular, and its usual price in minor units.
    pub nouns: &'static [(&'static str, i64)],
    /// Whose products are in it: places in [`crate::words::BRANDS`].
    pub brands: &'static [usize],
    /// Day of the year, from 0, around which most is sold.
    pub peak_day: u32,
    /// How far demand swings around its mean over the year, in 0..1.
    pub swing: f64,
    /// How its products are described.
    pub sentence: &'static str,
}

/// Products of several departments that serve one undertaking.
pub(crate) struct Theme {
    pub name: &'static str,
    /// Places in [`DEPARTMENTS`].
    pub departments: &'static [usize],
}

pub(crate) const DEPARTMENTS: &[Department] = &[
    Department {
        name: "Kitchen",
        nouns: &[
            ("mixing bowl", 1_890),
            ("chopping board", 2_450),
            ("paring knife", 1_590),
            ("saucepan", 4_990),
            ("rolling pin", 1_290),
            ("colander", 2_190),
            ("cake tin", 1_690),
            ("spice jar", 690),
        ],
        brands: &[0, 1, 2, 3, 4, 5],
        peak_day: 340,
        swing: 0.3,
        sentence: "for everyday cooking and the long Sunday kind",
    },
    Department {
        name: "Tableware",
        nouns: &[
            ("dinner plate", 1_490),
            ("soup bowl", 1_190),
            ("water jug", 2_690),
            ("salad server", 1_790),
            ("wine glass", 990),
            ("serving platter", 3_290),
            ("egg cup", 590),
            ("table runner", 2_390),
        ],
        brands: &[2, 3, 6, 7, 8, 9],
        peak_day: 345,
        swing: 0.4,
        sentence: "that lets a plain supper look invited",
    },
    Department {
        name: "Garden",
        nouns: &[
            ("watering can", 2_290),
            ("seed tray", 890),
            ("hand trowel", 1_390),
            ("plant pot", 1_590),
            ("herb planter", 2_490),
            ("bird feeder", 1_990),
            ("garden glove", 1_090),
            ("twine holder", 990),
        ],
        brands: &[10, 11, 12, 13, 0],
        peak_day: 120,
        swing: 0.8,
        sentence: "made to live outdoors from the first mild week on",
    },
    Department {
        name: "Stationery",
        nouns: &[
            ("notebook", 1_290),
            ("fountain pen", 3_490),
            ("letter set", 1_590),
            ("desk calendar", 1_790),
            ("pencil case", 1_190),
            ("wrapping paper", 490),
            ("gift tag set", 390),
            ("sketch pad", 1_490),
        ],
        brands: &[14, 15, 16, 17, 18],
        peak_day: 335,
        swing: 0.5,
        sentence: "for lists, letters and thoughts worth keeping",
    },
    Department {
        name: "Toys",
        nouns: &[
            ("stacking toy", 1_890),
            ("puzzle", 1_690),
            ("hand puppet", 1_390),
            ("board game", 2_990),
            ("building kit", 3_490),
            ("skipping rope", 890),
            ("soft rabbit", 1_990),
            ("kite", 1_790),
        ],
        brands: &[16, 19, 20, 21, 22],
        peak_day: 345,
        swing: 0.7,
        sentence: "that survives being loved by more than one child",
    },
    Department {
        name: "Lighting",
        nouns: &[
            ("table lamp", 4_490),
            ("lantern", 2_290),
            ("string of lights", 1_790),
            ("candle holder", 1_290),
            ("pillar candle", 790),
            ("night light", 1_590),
            ("lamp shade", 2_890),
            ("tea light", 290),
        ],
        brands: &[7, 17, 23, 24, 25],
        peak_day: 330,
        swing: 0.6,
        sentence: "that makes a room kinder after dark",
    },
    Department {
        name: "Textiles",
        nouns: &[
            ("cushion cover", 1_890),
            ("wool throw", 5_490),
            ("tea towel", 890),
            ("apron", 2_290),
            ("door mat", 2_490),
            ("curtain", 4_290),
            ("bed linen", 6_490),
            ("oven glove", 1_190),
        ],
        brands: &[4, 8, 25, 26, 27],
        peak_day: 300,
        swing: 0.3,
        sentence: "woven to be washed often and used daily",
    },
    Department {
        name: "Bath",
        nouns: &[
            ("hand towel", 1_490),
            ("soap dish", 990),
            ("bar of soap", 590),
            ("bath brush", 1_290),
            ("shower curtain", 2_490),
            ("wash bag", 1_990),
            ("bath mat", 2_190),
            ("body lotion", 1_390),
        ],
        brands: &[26, 27, 28, 29],
        peak_day: 20,
        swing: 0.2,
        sentence: "for ten quiet minutes behind a closed door",
    },
    Department {
        name: "Outdoors",
        nouns: &[
            ("picnic blanket", 3_490),
            ("cool bag", 2_790),
            ("camping mug", 1_190),
            ("folding stool", 3_290),
            ("hammock", 5_990),
            ("rain poncho", 2_490),
            ("hand torch", 1_590),
            ("fire bowl", 7_990),
        ],
        brands: &[12, 13, 30, 31, 32],
        peak_day: 180,
        swing: 0.8,
        sentence: "packed in a minute, for days that turn out better than the forecast",
    },
    Department {
        name: "Travel",
        nouns: &[
            ("packing cube", 1_490),
            ("day pack", 4_990),
            ("luggage tag", 790),
            ("neck pillow", 2_190),
            ("travel mug", 1_990),
            ("document wallet", 2_490),
            ("shoe bag", 990),
            ("weekend bag", 7_490),
        ],
        brands: &[30, 31, 33, 29],
        peak_day: 190,
        swing: 0.6,
        sentence: "that keeps its shape through three trains and a ferry",
    },
    Department {
        name: "Pets",
        nouns: &[
            ("dog lead", 1_890),
            ("cat cushion", 2_990),
            ("food bowl", 1_290),
            ("chew toy", 790),
            ("treat jar", 1_490),
            ("grooming brush", 1_190),
            ("bag of treats", 490),
            ("pet blanket", 2_290),
        ],
        brands: &[32, 34, 35],
        peak_day: 150,
        swing: 0.1,
        sentence: "approved by the most particular members of the household",
    },
    Department {
        name: "Tea and coffee",
        nouns: &[
            ("teapot", 3_490),
            ("coffee grinder", 5_490),
            ("tin of black tea", 890),
            ("bag of coffee beans", 1_090),
            ("milk jug", 1_290),
            ("cup and saucer", 1_690),
            ("tea strainer", 790),
            ("box of herbal tea", 690),
        ],
        brands: &[3, 6, 9, 5],
        peak_day: 350,
        swing: 0.3,
        sentence: "for the first cup and for the one that puts off the evening",
    },
];

pub(crate) const THEMES: &[Theme] = &[
    Theme {
        name: "an afternoon of baking",
        departments: &[0, 6, 11],
    },
    Theme {
        name: "a table for eight",
        departments: &[1, 5, 6],
    },
    Theme {
        name: "the balcony in spring",
        departments: &[2, 5, 1],
    },
    Theme {
        name: "presents, wrapped",
        departments: &[3, 4, 5],
    },
    Theme {
        name: "a child's birthday",
        departments: &[4, 3, 1],
    },
    Theme {
        name: "a weekend by the lake",
        departments: &[8, 9, 4],
    },
    Theme {
        name: "a slow Sunday",
        departments: &[11, 6, 7],
    },
    Theme {
        name: "a first flat",
        departments: &[0, 7, 5],
    },
    Theme {
        name: "a puppy arrives",
        departments: &[10, 2, 8],
    },
    Theme {
        name: "writing weather",
        departments: &[3, 11, 9],
    },
];
