//! `manifest.json`: what was asked, so that a continued run cannot ask for something else.
//!
//! It is written last when a run is created, so its presence means that the rest is there; and replaced as a whole, by a
//! rename, whenever something is added or changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::directory::no_run_at;
use super::disk::{Disk, RealDisk, create_small, read_small};
use super::error::RunError;
use crate::input::Input;
use crate::rules::Rules;

/// The file's name.
pub(crate) const NAME: &str = "manifest.json";
/// Its name until it is whole.
pub(crate) const UNFINISHED: &str = "manifest.json.new";
/// The version of the directory's format.
const FORMAT: u32 = 1;
/// What stands in place of a time that nobody knows.
pub(crate) const UNKNOWN: &str = "unknown";
/// The longest manifest in bytes.
const LIMIT: usize = 4 << 20;

/// What is asked of an import. It must hold no personal data and no credentials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// What identifies the table's content.
    pub fingerprint: String,
    /// Which column becomes which field.
    pub mapping: BTreeMap<String, Value>,
    /// Where the server is. A user and a password in it are not kept.
    pub base_url: String,
    /// Whether it is a sandbox of our own, which has another port each time.
    pub sandbox: bool,
}

/// One thing that was asked differently when the run began.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// What differs: `fingerprint`, `base_url`, `sandbox` or `mapping.NAME`.
    pub what: String,
    /// As it was asked then, as JSON; `null` where it was not asked.
    pub then: String,
    /// As it is asked now, as JSON; `null` where it is not asked.
    pub now: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.what.as_str(), self.then.as_str()) {
            ("sandbox", "true") => f.write_str("it had a sandbox of its own, which --sandbox starts"),
            ("sandbox", _) => f.write_str("it was sent to a server, and a sandbox (--sandbox) is asked for now"),
            _ if self.then == self.now => write!(f, "{} was another value", self.what),
            _ => write!(f, "{} was {} and is {} now", self.what, self.then, self.now),
        }
    }
}

impl Asked {
    /// In what this differs from what was asked when a run began; empty if in nothing.
    pub fn differences(&self, then: &Self) -> Vec<Difference> {
        let fingerprint = |asked: &Self| Value::String(asked.fingerprint.clone());
        let mut found = Vec::from_iter(difference("fingerprint", &fingerprint(then), &fingerprint(self)));
        found.extend(self.other_server(then));
        found.extend(then.other_mapping(&self.mapping));
        found
    }

    /// In what the mapping that is asked now differs from this one; empty if it is the same.
    pub(crate) fn other_mapping(&self, now: &BTreeMap<String, Value>) -> Vec<Difference> {
        let names: BTreeSet<&String> = self.mapping.keys().chain(now.keys()).collect();
        let value = |mapping: &BTreeMap<String, Value>, name| mapping.get(name).cloned().unwrap_or_default();
        let differences = names.into_iter().map(|name| {
            let (then, now) = (value(&self.mapping, name), value(now, name));
            difference(&format!("mapping.{name}"), &then, &now)
        });
        differences.flatten().collect()
    }

    /// In what the server differs; empty if it is the same.
    pub(crate) fn other_server(&self, then: &Self) -> Vec<Difference> {
        let url = |asked: &Self| Value::String(kept_url(&asked.base_url, self.sandbox && then.sandbox));
        let sandbox = difference("sandbox", &then.sandbox.into(), &self.sandbox.into());
        // The URL of a sandbox of our own means nothing to anybody.
        sandbox.or_else(|| difference("base_url", &url(then), &url(self))).into_iter().collect()
    }
}

fn difference(what: &str, then: &Value, now: &Value) -> Option<Difference> {
    // What is set for all rows may be personal, and is not repeated.
    let shown =
        |value: &Value| if value.get("set").is_some() { "a value that is set".to_owned() } else { value.to_string() };
    let found = || Difference { what: what.to_owned(), then: shown(then), now: shown(now) };
    (then != now).then(found)
}

/// A base URL without user and password and the slash at its end, and without its port if that changes by itself.
fn kept_url(url: &str, any_port: bool) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let mut host = authority.rsplit('@').next().unwrap_or_default();
    if any_port
        && let Some((name, port)) = host.rsplit_once(':')
        && port.bytes().all(|byte| byte.is_ascii_digit())
    {
        host = name;
    }
    let slashes = if scheme.is_empty() { "" } else { "://" };
    format!("{}{slashes}{}{}", scheme.to_lowercase(), host.to_lowercase(), path.trim_end_matches('/'))
}

/// What a run was begun with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Manifest {
    /// The version of the directory's format: 1.
    pub format: u32,
    /// The program that began the run, with its version.
    pub tool: String,
    /// When the run began by this machine's clock, as RFC 3339.
    pub began: String,
    /// When the run began by the server's clock, as RFC 3339; or `unknown`, if rows were sent before that was known. Absent
    /// only before anything was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_server_time: Option<String>,
    /// What was asked.
    pub asked: Asked,
    /// By which rules rows are sent.
    pub rules: Rules,
    /// Where the table was, and how it was read.
    pub input: Input,
}

impl Manifest {
    /// The manifest of a new run.
    ///
    /// `tool` is the program and its version, `began` this machine's time as RFC 3339.
    pub fn new(tool: &str, began: &str, mut asked: Asked, rules: Rules, input: Input) -> Self {
        asked.base_url = kept_url(&asked.base_url, false);
        Self {
            format: FORMAT,
            tool: tool.to_owned(),
            began: began.to_owned(),
            began_server_time: None,
            asked,
            rules,
            input,
        }
    }

    /// Binds a run from which nothing was sent to another server.
    pub(crate) fn rebind(&mut self, asked: &Asked) {
        (self.asked.base_url, self.asked.sandbox) = (kept_url(&asked.base_url, false), asked.sandbox);
    }

    /// The manifest of the run in this directory. Nothing is locked: the file is only ever replaced as a whole.
    ///
    /// # Errors
    ///
    /// [`RunError::Absent`] and [`RunError::NoRun`] if there is none, [`RunError::Corrupt`] if it is damaged or lost.
    pub fn of(directory: &Path) -> Result<Self, RunError> {
        let mut disk = RealDisk::at(directory);
        match Self::read(&mut disk) {
            Err(RunError::NoRun) => Err(no_run_at(directory, &mut disk)),
            manifest => manifest,
        }
    }

    /// When the run began by the server's clock, as RFC 3339, if that is known: nothing of it was sent before.
    pub fn server_time(&self) -> Option<&str> {
        self.began_server_time.as_deref().filter(|time| *time != UNKNOWN)
    }

    /// The manifest of a directory.
    pub(crate) fn read(disk: &mut dyn Disk) -> Result<Self, RunError> {
        let bytes = read_small(disk, NAME, LIMIT).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => RunError::NoRun,
            _ => RunError::io(NAME, "reading it")(error),
        })?;
        let corrupt = |what| RunError::Corrupt { file: NAME, at: 0, what };
        let value: Value = serde_json::from_slice(&bytes).map_err(|_| corrupt("it is not JSON"))?;
        if value.get("format") != Some(&FORMAT.into()) {
            return Err(corrupt("its format is not 1, the only one this version of the program knows"));
        }
        serde_json::from_value(value).map_err(|_| corrupt("it has not the fields of a manifest"))
    }

    /// Replaces the manifest of a directory, durably.
    pub(crate) fn write(&self, disk: &mut dyn Disk) -> Result<(), RunError> {
        let json = serde_json::to_vec_pretty(self).map_err(std::io::Error::from);
        json.and_then(|mut json| {
            json.push(b'\n');
            create_small(disk, UNFINISHED, &json)?;
            disk.rename(UNFINISHED, NAME)?;
            disk.sync_names()
        })
        .map_err(RunError::io(NAME, "writing it"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(base_url: &str, sandbox: bool) -> Asked {
        let mapping = BTreeMap::from([("email".to_owned(), "Mail".into())]);
        Asked { fingerprint: "f".to_owned(), mapping, base_url: base_url.to_owned(), sandbox }
    }

    fn names(now: &Asked, then: &Asked) -> Vec<String> {
        now.differences(then).into_iter().map(|difference| difference.what).collect()
    }

    #[test]
    fn every_difference_is_named() {
        let then = asked("https://kunacore.example", false);
        let mut now = asked("https://other.example", true);
        now.fingerprint = "g".to_owned();
        now.mapping.insert("email".to_owned(), "E-Mail".into());
        now.mapping.insert("country".to_owned(), "Country".into());
        let all = ["fingerprint", "sandbox", "mapping.country", "mapping.email"];
        assert_eq!(names(&now, &then), all);
        assert_eq!(names(&then, &then), [""; 0]);
        let text = RunError::Different(now.differences(&then)).to_string();
        assert!(text.contains("mapping.email was \"Mail\" and is \"E-Mail\" now"), "{text}");
    }

    #[test]
    fn a_port_differs_except_for_a_sandbox() {
        let urls = ["http://127.0.0.1:8080/", "http://127.0.0.1:9090"];
        assert_eq!(names(&asked(urls[0], false), &asked(urls[1], false)), ["base_url"]);
        assert_eq!(names(&asked(urls[0], true), &asked(urls[1], true)), [""; 0]);
        assert_eq!(names(&asked("http://[::1]:80", true), &asked("http://[::1]:81", true)), [""; 0]);
        assert_eq!(names(&asked("http://[::1]", true), &asked("http://[::2]", true)), ["base_url"]);
        assert_eq!(
            names(&asked("HTTPS://Kunacore.example/a", false), &asked("https://kunacore.example/a/", false)),
            [""; 0]
        );
    }

    #[test]
    fn a_password_in_a_url_is_neither_kept_nor_shown() {
        let secret = asked("https://alex:hunter2@kunacore.example/api", false);
        let input = Input::files(&["customers.csv".into()], &Default::default(), &Default::default()).unwrap();
        let kept = Manifest::new("kunacore 0.1.0", "2026-01-01T00:00:00Z", secret.clone(), Rules::default(), input);
        assert_eq!(kept.asked.base_url, "https://kunacore.example/api");
        assert_eq!(names(&secret, &kept.asked), [""; 0]);
        let shown = RunError::Different(secret.differences(&asked("https://b.example", false))).to_string();
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
