//! The palette holds what the design promises: text can be read, tones can be told apart.
//!
//! Contrast is that of WCAG 2.2 (success criteria 1.4.3 and 1.4.11). Colour
//! blindness is simulated with the matrices of Machado, Oliveira and Fernandes,
//! "A Physiologically-based Model for Simulation of Color Vision Deficiency"
//! (2009), severity 1; distance is the Euclidean one in Oklab (Ottosson, 2020),
//! where 0.02 is about what an eye just notices.

use std::collections::HashMap;

const STYLESHEET: &str = accord_console::assets::STYLESHEET_TEXT;

const TONES: [&str; 4] = ["good", "check", "attention", "bad"];

/// Rows of each matrix give red, green and blue as seen, in linear light.
const VISIONS: [(&str, [[f64; 3]; 3]); 4] = [
    ("usual", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protanopia",
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    ),
];

#[test]
fn text_can_be_read_on_every_ground() {
    let mut pairs = vec![
        ("ink".to_owned(), "ground".to_owned()),
        ("ink".to_owned(), "surface".to_owned()),
        ("ink".to_owned(), "sunken".to_owned()),
        ("ink-muted".to_owned(), "ground".to_owned()),
        ("ink-muted".to_owned(), "surface".to_owned()),
        ("ink-muted".to_owned(), "sunken".to_owned()),
        ("accent".to_owned(), "ground".to_owned()),
        ("accent".to_owned(), "surface".to_owned()),
        ("accent".to_owned(), "sunken".to_owned()),
        ("accent".to_owned(), "accent-tint".to_owned()),
        ("on-accent".to_owned(), "accent".to_owned()),
    ];
    for tone in TONES.iter().chain(&["neutral"]) {
        pairs.push((format!("{tone}-text"), format!("{tone}-tint")));
        pairs.push((format!("{tone}-text"), "ground".to_owned()));
        pairs.push((format!("{tone}-text"), "surface".to_owned()));
        pairs.push(("ink".to_owned(), format!("{tone}-tint")));
    }
    for (scheme, palette) in schemes() {
        for (text, ground) in &pairs {
            let contrast = contrast(palette[text.as_str()], palette[ground.as_str()]);
            assert!(
                contrast >= 4.5,
                "{scheme}: {text} on {ground} has {contrast:.2}"
            );
        }
    }
}

#[test]
fn what_is_drawn_stands_out_from_its_ground() {
    for (scheme, palette) in schemes() {
        for drawn in TONES.iter().chain(&["neutral", "line-strong", "accent"]) {
            for ground in ["ground", "surface"] {
                let contrast = contrast(palette[*drawn], palette[ground]);
                assert!(
                    contrast >= 3.0,
                    "{scheme}: {drawn} on {ground} has {contrast:.2}"
                );
            }
        }
    }
}

#[test]
fn tones_differ_for_every_kind_of_colour_vision() {
    for (scheme, palette) in schemes() {
        for (vision, matrix) in VISIONS {
            for (index, left) in TONES.iter().enumerate() {
                for right in &TONES[index + 1..] {
                    let distance = distance(
                        oklab(seen(palette[*left], matrix)),
                        oklab(seen(palette[*right], matrix)),
                    );
                    assert!(
                        distance >= 0.10,
                        "{scheme}, {vision}: {left} and {right} are {distance:.3} apart"
                    );
                }
            }
        }
    }
}

/// Colours in linear light by name, for the light and the dark scheme.
fn schemes() -> [(&'static str, HashMap<&'static str, [f64; 3]>); 2] {
    let (light, rest) = STYLESHEET
        .split_once("@media (prefers-color-scheme: dark)")
        .expect("the stylesheet has a dark scheme");
    let (dark, _) = rest.split_once("\n}\n").expect("the dark scheme ends");
    [("light", colours(light)), ("dark", colours(dark))]
}

fn colours(css: &'static str) -> HashMap<&'static str, [f64; 3]> {
    css.lines()
        .filter_map(|line| {
            line.trim()
                .strip_prefix("--")?
                .strip_suffix(';')?
                .split_once(": #")
        })
        .map(|(name, hexadecimal)| (name, linear(hexadecimal)))
        .collect()
}

fn linear(hexadecimal: &str) -> [f64; 3] {
    [0, 2, 4].map(|start| {
        let channel = u8::from_str_radix(&hexadecimal[start..start + 2], 16)
            .expect("a colour is six hexadecimal digits");
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    })
}

fn contrast(left: [f64; 3], right: [f64; 3]) -> f64 {
    let luminance = |[red, green, blue]: [f64; 3]| 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    let (left, right) = (luminance(left), luminance(right));
    (left.max(right) + 0.05) / (left.min(right) + 0.05)
}

fn seen(colour: [f64; 3], matrix: [[f64; 3]; 3]) -> [f64; 3] {
    matrix.map(|row| {
        let value: f64 = row
            .iter()
            .zip(colour)
            .map(|(weight, channel)| weight * channel)
            .sum();
        value.clamp(0.0, 1.0)
    })
}

fn oklab([red, green, blue]: [f64; 3]) -> [f64; 3] {
    let long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue).cbrt();
    let medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue).cbrt();
    let short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue).cbrt();
    [
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    ]
}

fn distance(left: [f64; 3], right: [f64; 3]) -> f64 {
    left.iter()
        .zip(right)
        .map(|(left, right)| (left - right).powi(2))
        .sum::<f64>()
        .sqrt()
}
