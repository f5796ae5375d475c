//! The sandbox as Python holds it: it runs on a thread of its own, which never needs the GIL.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kunacore_sandbox::{Fault, Sandbox as Server, SandboxError, SandboxOptions, UnknownValue};
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use tempfile::TempPath;

use crate::arguments::whole;
use crate::json;
use crate::process::OfProcess;

/// A KunaCore server on this machine, to try things on and to test against; made by `kunacore.sandbox()`.
///
/// It listens on a free port of the loopback interface and runs until `stop()`, the end of its `with` block, or until
/// nothing refers to it any more.
#[pyclass(frozen, module = "kunacore")]
pub(crate) struct Sandbox {
    /// The base URL for a client, such as `http://127.0.0.1:40123`.
    #[pyo3(get)]
    url: String,
    /// The api-key that it accepts.
    #[pyo3(get)]
    api_key: &'static str,
    /// The e-mail that may log in.
    #[pyo3(get)]
    email: &'static str,
    /// The password that goes with `email`.
    #[pyo3(get)]
    password: &'static str,
    /// The merchant id that goes with `email`.
    #[pyo3(get)]
    merchant_id: &'static str,
    /// With TLS the path of a PEM file with the certificate authority to trust, as a client's `ca_bundle` takes it; the file
    /// is removed when the sandbox stops. None without TLS.
    #[pyo3(get)]
    ca_bundle: Option<OsString>,
    /// None once it is stopped.
    running: Mutex<Option<OfProcess<Running>>>,
}

/// What ends with the sandbox.
struct Running {
    server: Arc<Server>,
    _ca_bundle: Option<TempPath>,
}

#[pymethods]
impl Sandbox {
    #[new]
    #[pyo3(signature = (*, db, tls, latency, seed, dialect, duplicate_status, unique, find, page_size, find_delay,
                        limit))]
    #[expect(clippy::too_many_arguments, reason = "they are the keywords of the Python function")]
    fn new(
        py: Python<'_>,
        db: Option<PathBuf>,
        tls: bool,
        latency: f64,
        seed: Option<Bound<'_, PyAny>>,
        dialect: &str,
        duplicate_status: &Bound<'_, PyAny>,
        unique: bool,
        find: &str,
        page_size: Option<Bound<'_, PyAny>>,
        find_delay: f64,
        limit: Option<f64>,
    ) -> PyResult<Self> {
        let options = SandboxOptions {
            db,
            tls,
            latency: seconds("latency", latency)?,
            seed: seed.map(|seed| whole("seed", &seed, u64::MAX)).transpose()?,
            dialect: choice("dialect", dialect)?,
            duplicate_status: whole("duplicate_status", duplicate_status, u16::MAX)?,
            unique,
            find: choice("find", find)?,
            page_size: page_size.map(|size| whole("page_size", &size, usize::MAX)).transpose()?,
            find_delay: seconds("find_delay", find_delay)?,
            limit,
            ..SandboxOptions::default()
        };
        let server = py.detach(|| Server::start_blocking(options)).map_err(|error| exception(&error))?;
        let ca_bundle = server.ca_pem().map(temporary).transpose().map_err(|error| {
            PyOSError::new_err(format!("the sandbox's certificate authority cannot be written to a file: {error}"))
        })?;
        Ok(Self {
            url: server.url().to_owned(),
            api_key: server.api_key(),
            email: server.email(),
            password: server.password(),
            merchant_id: server.merchant_id(),
            ca_bundle: ca_bundle.as_ref().map(|path| path.as_os_str().to_owned()),
            running: Mutex::new(Some(OfProcess::new(Running { server: Arc::new(server), _ca_bundle: ca_bundle }))),
        })
    }

    /// What it has really created, in order: a dict for each, with `seq`, `id`, `walletId`, `email`, `externalId`,
    /// `comment`, `createdAt`, `request` (the number of the request that created it) and `copy`.
    ///
    /// Raises RuntimeError when the sandbox is stopped, and in a forked child, which has only a copy of its memory.
    fn ledger<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let server = self.server()?;
        let ledger = py.detach(move || server.ledger()).map_err(|error| exception(&error))?;
        let created =
            serde_json::to_value(ledger.created).map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        json::to_python(py, &created)
    }

    /// Replaces the fault rules: dicts such as `{"operation": "create", "phase": "after", "effect": {"reset": {}},
    /// "count": 2}`, as `PUT /_sandbox/faults` takes them. An empty list clears them.
    ///
    /// Raises ValueError when a rule makes no sense, TypeError when it cannot be written as JSON; the rules then stay as
    /// they were.
    fn faults(&self, py: Python<'_>, rules: &Bound<'_, PyAny>) -> PyResult<()> {
        let json: String = py.import("json")?.call_method1("dumps", (rules,))?.extract()?;
        let rules = Fault::list_from_json(json.as_bytes()).map_err(|error| exception(&error))?;
        self.server()?.set_faults(&rules).map_err(|error| exception(&error))
    }

    /// The environment that points a subprocess at it: `KUNACORE_BASE_URL` and `KUNACORE_API_KEY`, with TLS also
    /// `SSL_CERT_FILE`.
    fn env(&self) -> HashMap<&'static str, &OsStr> {
        let mut env =
            HashMap::from([("KUNACORE_BASE_URL", self.url.as_ref()), ("KUNACORE_API_KEY", self.api_key.as_ref())]);
        env.extend(self.ca_bundle.as_ref().map(|path| ("SSL_CERT_FILE", path.as_os_str())));
        env
    }

    /// Stops it: its port and its database file are free, and its CA bundle is gone, when this returns. A second time it does
    /// nothing.
    fn stop(&self, py: Python<'_>) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        py.detach(|| drop(running));
    }

    fn __enter__(this: Py<Self>) -> Py<Self> {
        this
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) {
        self.stop(py);
    }

    fn __repr__(&self) -> String {
        format!("Sandbox(url='{}')", self.url)
    }
}

impl Sandbox {
    fn server(&self) -> PyResult<Arc<Server>> {
        let server = match &*self.running.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Err("the sandbox is stopped"),
            Some(running) => running
                .get()
                .map(|running| Arc::clone(&running.server))
                .ok_or("the sandbox can be asked only by the process that started it"),
        };
        server.map_err(PyRuntimeError::new_err)
    }
}

/// A file that is removed with what this returns.
fn temporary(ca_pem: &str) -> io::Result<TempPath> {
    let mut file = tempfile::Builder::new().prefix("kunacore-sandbox-ca-").suffix(".pem").tempfile()?;
    file.write_all(ca_pem.as_bytes())?;
    Ok(file.into_temp_path())
}

fn seconds(name: &str, seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| PyValueError::new_err(format!("{name} must be a number of seconds, 0 or more")))
}

fn choice<T: FromStr<Err = UnknownValue>>(name: &str, value: &str) -> PyResult<T> {
    value.parse().map_err(|error| PyValueError::new_err(format!("{name}: {error}")))
}

fn exception(error: &SandboxError) -> PyErr {
    let text = error.to_string();
    match error {
        SandboxError::Option(_) | SandboxError::Fault(_) => PyValueError::new_err(text),
        SandboxError::Listen { .. } | SandboxError::File { .. } => PyOSError::new_err(text),
        _ => PyRuntimeError::new_err(text),
    }
}
