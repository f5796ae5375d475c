//! The picture of a report, as SVG: what each client takes of the processor for a creation, as a multiple of what bare hyper
//! takes.

use std::fmt::Write as _;

use super::HYPER;
use super::contest::{Contest, Of, Side};
use super::report::Report;

const WIDTH: usize = 900;
/// Where the bars begin, and how long the longest is.
const LEFT: usize = 230;
const LONGEST: f64 = 540.0;
const BAR: usize = 20;
/// Longer bars would make all others dots: they are cut, and marked.
const MOST: f64 = 12.0;

/// Draws it: one panel for each contest.
pub(super) fn draw(report: &Report) -> String {
    let mut body = String::new();
    let mut y = 34;
    text(
        &mut body,
        16,
        y,
        17,
        "bold",
        "start",
        "Processor time of a client for a creation, as a multiple of bare hyper's",
    );
    for contest in &report.contests {
        y += 34;
        text(&mut body, 16, y, 13, "bold", "start", &contest.title);
        y += 10;
        for (name, side, ratio) in lines(contest) {
            y += BAR;
            let fill = match side {
                Side::Ceiling => "#9aa7b4",
                Side::Peer => "#d3d8de",
                Side::Ours => "#1f6feb",
            };
            let width = (ratio.min(MOST) / MOST * LONGEST).max(1.0);
            let weight = if side == Side::Ours { "bold" } else { "normal" };
            text(&mut body, LEFT - 8, y, 12, weight, "end", name);
            // Writing to a string does not fail.
            let _ = writeln!(
                body,
                r#"<rect x="{LEFT}" y="{}" width="{width:.1}" height="{}" fill="{fill}"/>"#,
                y - BAR + 8,
                BAR - 6
            );
            let cut = if ratio > MOST { " (bar cut)" } else { "" };
            text(&mut body, LEFT + width as usize + 6, y, 12, weight, "start", &format!("{ratio:.1}{cut}"));
        }
    }
    y += 34;
    let of = |name: &str| report.about[name].as_str().unwrap_or("unknown");
    let machine = format!("{}, {}, {}", of("date"), of("machine"), of("system"));
    text(&mut body, 16, y, 11, "normal", "start", &machine);
    for line in versions(report) {
        y += 16;
        text(&mut body, 16, y, 11, "normal", "start", &line);
    }
    let height = y + 18;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" fill=\"#24292f\" role=\"img\">\n\
         <title>Processor time of a client for a creation</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n{body}</svg>\n"
    )
}

/// Each client with its multiple, the cheapest first.
fn lines(contest: &Contest) -> Vec<(&'static str, Side, f64)> {
    let Some(hyper) = contest.entry(HYPER) else { return Vec::new() };
    let mut lines: Vec<_> = contest
        .entries
        .iter()
        .map(|entry| (entry.name, entry.side, Contest::ratio(entry, hyper, Of::Processor).value))
        .collect();
    lines.sort_by(|one, other| one.2.total_cmp(&other.2));
    lines
}

/// The versions, in lines that fit.
fn versions(report: &Report) -> Vec<String> {
    let mut lines = vec![String::new()];
    for (name, version) in report.about["versions"].as_object().into_iter().flatten() {
        let word = format!("{name} {}", version.as_str().unwrap_or("?"));
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(&word),
            Some(line) if line.len() + word.len() < 120 => {
                line.push_str(", ");
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

fn text(body: &mut String, x: usize, y: usize, size: usize, weight: &str, anchor: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        body,
        r#"<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}">{text}</text>"#
    );
}
