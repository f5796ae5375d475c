//! Reports in the making: each has a temporary name until all are whole and durable; then they get their names together.

use std::io::{self, BufWriter, Write};

use super::error::ReportError;
use crate::crash;
use crate::run::disk::{Disk, DiskFile, Open};

/// What a temporary name ends with.
const ENDING: &str = ".new";

/// The reports that were begun, in the order in which they get their names.
pub(super) struct Drafts<'a> {
    disk: &'a mut dyn Disk,
    names: Vec<&'static str>,
}

impl<'a> Drafts<'a> {
    pub(super) fn new(disk: &'a mut dyn Disk) -> Self {
        Self { disk, names: Vec::new() }
    }

    /// Begins a report.
    pub(super) fn begin(&mut self, name: &'static str) -> Result<Draft, ReportError> {
        let file = self.disk.open(&temporary(name), Open::Create).map_err(ReportError::write(name))?;
        self.names.push(name);
        Ok(Draft(BufWriter::with_capacity(1 << 16, Sequential { file, at: 0 })))
    }

    /// Gives all reports their names; each was finished before.
    pub(super) fn publish(self) -> Result<(), ReportError> {
        for name in &self.names {
            crash::point("before_report_is_named");
            self.disk.rename(&temporary(name), name).map_err(ReportError::write(name))?;
        }
        self.disk.sync_names().map_err(ReportError::write("."))
    }

    /// Removes all, as far as that is possible: what is left is replaced the next time.
    pub(super) fn discard(self) {
        for name in self.names {
            let _ = self.disk.remove(&temporary(name));
        }
    }
}

fn temporary(name: &str) -> String {
    format!("{name}{ENDING}")
}

/// A report in the making, written from its begin to its end.
pub(super) struct Draft(BufWriter<Sequential>);

impl Draft {
    /// Makes the report durable, under its temporary name.
    pub(super) fn finish(self) -> io::Result<()> {
        let mut output = self.0.into_inner().map_err(io::IntoInnerError::into_error)?;
        output.file.sync()
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

struct Sequential {
    file: Box<dyn DiskFile>,
    at: u64,
}

impl Write for Sequential {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write_at(bytes, self.at)?;
        self.at += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
