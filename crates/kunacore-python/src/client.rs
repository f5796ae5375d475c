//! The client as Python holds it: a configuration, and the core client that was made from it in this process.
//!
//! A core client's connections belong to the runtime they were opened on, so a forked child makes a new one from the
//! same configuration at its first call.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use kunacore::{ClientBuilder, CredentialParts};
use kunacore_import::Server;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::call::{Call, Options};
use crate::lanes::{self, Lanes};
use crate::logging::Log;
use crate::mailbox::{Mailbox, Pending};
use crate::process::OfProcess;
use crate::{arguments, failure, settings};

/// What `Client` and `AsyncClient` share: connections, credentials and limits. May be used from many threads.
#[pyclass(frozen, module = "kunacore._kunacore")]
pub(crate) struct Client {
    base_url: String,
    builder: ClientBuilder,
    /// None once it is closed. Locked only by a thread that holds the GIL and keeps it meanwhile, as in `workers`. Shared by
    /// the clients that `with_options` makes of one.
    core: Arc<Mutex<Option<OfProcess<Core>>>>,
    options: Options,
}

/// What serves the calls of one process.
#[derive(Clone)]
struct Core {
    /// For the calls of event loops; its connections belong to the workers.
    client: kunacore::Client,
    /// For the calls that somebody waits for.
    lanes: Arc<Lanes>,
}

impl Core {
    fn new(client: kunacore::Client) -> Self {
        Self { client, lanes: Arc::default() }
    }
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (*, base_url, api_key, access_token, email, password, merchant_id, timeout, connect_timeout,
                        deadline, max_attempts, settle, reconcile, trust_uniqueness, duplicate_rules, ca_bundle, proxy,
                        allow_http))]
    #[expect(clippy::too_many_arguments, reason = "they are the keywords of the Python constructor")]
    fn new(
        py: Python<'_>,
        base_url: Option<String>,
        api_key: Option<String>,
        access_token: Option<String>,
        email: Option<String>,
        password: Option<String>,
        merchant_id: Option<String>,
        timeout: f64,
        connect_timeout: f64,
        deadline: f64,
        max_attempts: &Bound<'_, PyAny>,
        settle: Option<f64>,
        reconcile: bool,
        trust_uniqueness: bool,
        duplicate_rules: Option<&Bound<'_, PyAny>>,
        ca_bundle: Option<PathBuf>,
        proxy: Option<String>,
        allow_http: bool,
    ) -> PyResult<Self> {
        // The environment is read under the GIL: Python changes it under the GIL, too.
        let base_url = settings::base_url(py, base_url)?;
        let secret = |text: Option<String>| text.map(kunacore::Secret::from);
        let given = CredentialParts {
            api_key: secret(api_key),
            access_token: secret(access_token),
            email: secret(email),
            password: secret(password),
            merchant_id: secret(merchant_id),
        };
        let mut builder = kunacore::Client::builder(&base_url)
            .credentials(settings::credentials(py, given)?)
            .timeout(settings::limit(py, "timeout", timeout)?)
            .connect_timeout(settings::limit(py, "connect_timeout", connect_timeout)?)
            .deadline(settings::limit(py, "deadline", deadline)?)
            .max_attempts(settings::attempts(max_attempts)?)
            .reconcile(reconcile)
            .trust_uniqueness(trust_uniqueness)
            .allow_http(settings::allow_http(py, allow_http)?);
        if let Some(seconds) = settle {
            builder = builder.settle(settings::settle(py, seconds)?);
        }
        if let Some(rules) = duplicate_rules {
            builder = builder.duplicate_rules(settings::duplicate_rules(rules)?);
        }
        if let Some(path) = ca_bundle.map_or_else(|| settings::ca_bundle(py, &base_url), |path| Ok(Some(path)))? {
            builder = builder.ca_bundle(path);
        }
        if let Some(url) = proxy {
            builder = builder.proxy(url);
        }
        let log = Log::begin(py)?;
        let core = log.listen(|| builder.clone().build()).map_err(|error| failure::exception(py, &error));
        log.tell(py)?;
        let core = core?;
        let core = Arc::new(Mutex::new(Some(OfProcess::new(Core::new(core)))));
        Ok(Self { base_url, builder, core, options: Options::default() })
    }

    /// A client on the same connections whose calls have other options; None leaves one as it is.
    #[pyo3(signature = (*, deadline, max_attempts, settle, reconcile, trust_uniqueness))]
    fn with_options(
        &self,
        py: Python<'_>,
        deadline: Option<f64>,
        max_attempts: Option<&Bound<'_, PyAny>>,
        settle: Option<f64>,
        reconcile: Option<bool>,
        trust_uniqueness: Option<bool>,
    ) -> PyResult<Self> {
        let deadline = deadline.map(|seconds| settings::limit(py, "deadline", seconds)).transpose()?;
        let max_attempts = max_attempts.map(settings::attempts).transpose()?;
        let settle = settle.map(|seconds| settings::settle(py, seconds)).transpose()?;
        Ok(Self {
            base_url: self.base_url.clone(),
            builder: self.builder.clone(),
            core: Arc::clone(&self.core),
            options: Options {
                deadline: deadline.or(self.options.deadline),
                max_attempts: max_attempts.or(self.options.max_attempts),
                settle: settle.or(self.options.settle),
                reconcile: reconcile.or(self.options.reconcile),
                trust_uniqueness: trust_uniqueness.or(self.options.trust_uniqueness),
                raw: self.options.raw,
            },
        })
    }

    /// A client on the same connections whose calls give what the answer told beside, as a `RawResponse`.
    fn raw(&self) -> Self {
        Self {
            base_url: self.base_url.clone(),
            builder: self.builder.clone(),
            core: Arc::clone(&self.core),
            options: Options { raw: true, ..self.options },
        }
    }

    /// Where the server is.
    #[getter]
    fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Creates a customer from its fields by name.
    fn create_customer(&self, fields: &Bound<'_, PyDict>) -> PyResult<Py<PyAny>> {
        self.wait(fields.py(), Call::Create(arguments::customer(fields)?))
    }

    /// As `create_customer`, but the answer goes through the event loop's mailbox to `future`.
    fn create_customer_async(
        &self,
        fields: &Bound<'_, PyDict>,
        mailbox: &Mailbox,
        future: Py<PyAny>,
    ) -> PyResult<Pending> {
        self.start(fields.py(), mailbox, Call::Create(arguments::customer(fields)?), future)
    }

    /// Looks a customer up, and creates it if it is absent.
    fn ensure_customer(&self, fields: &Bound<'_, PyDict>, maybe_sent: bool) -> PyResult<Py<PyAny>> {
        self.wait(fields.py(), Call::Ensure(arguments::customer(fields)?, maybe_sent))
    }

    /// As `ensure_customer`, but the answer goes through the event loop's mailbox to `future`.
    fn ensure_customer_async(
        &self,
        fields: &Bound<'_, PyDict>,
        maybe_sent: bool,
        mailbox: &Mailbox,
        future: Py<PyAny>,
    ) -> PyResult<Pending> {
        self.start(fields.py(), mailbox, Call::Ensure(arguments::customer(fields)?, maybe_sent), future)
    }

    /// Looks customers up by filters by name.
    fn find_customers(&self, filters: &Bound<'_, PyDict>) -> PyResult<Py<PyAny>> {
        self.wait(filters.py(), Call::Find(arguments::filter(filters)?))
    }

    /// As `find_customers`, but the answer goes through the event loop's mailbox to `future`.
    fn find_customers_async(
        &self,
        filters: &Bound<'_, PyDict>,
        mailbox: &Mailbox,
        future: Py<PyAny>,
    ) -> PyResult<Pending> {
        self.start(filters.py(), mailbox, Call::Find(arguments::filter(filters)?), future)
    }

    /// Reads one customer by its id.
    fn customer_details(&self, id: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        self.wait(id.py(), Call::Details(arguments::text("id", id)?))
    }

    /// As `customer_details`, but the answer goes through the event loop's mailbox to `future`.
    fn customer_details_async(&self, id: &Bound<'_, PyAny>, mailbox: &Mailbox, future: Py<PyAny>) -> PyResult<Pending> {
        self.start(id.py(), mailbox, Call::Details(arguments::text("id", id)?), future)
    }

    /// Closes the connections that are not in use; calls under way are finished, later ones are refused.
    fn close(&self) {
        let closed = self.core.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(closed);
    }
}

impl Client {
    /// The server for an import, with a client of its own: connections belong to the runtime that drives them.
    pub(crate) fn server(&self, py: Python<'_>) -> PyResult<Server> {
        let closed = self.core.lock().unwrap_or_else(PoisonError::into_inner).is_none();
        if closed {
            return Err(PyRuntimeError::new_err("the client is closed"));
        }
        let builder = self.options.of_client(self.builder.clone());
        let client = builder.build().map_err(|error| failure::exception(py, &error))?;
        Ok(Server { client, base_url: self.base_url.clone(), sandbox: false })
    }

    fn wait(&self, py: Python<'_>, call: Call) -> PyResult<Py<PyAny>> {
        let (core, creates, log) = (self.core(py)?, call.creates(), Log::begin(py)?);
        let mut lane = core.lanes.take(&core.client).map_err(|failure| match failure {
            lanes::Failure::Client(error) => failure::exception(py, &error),
            lanes::Failure::Runtime(error) => error.into(),
        })?;
        let answer = lane.wait(py, |client| log.clone().of_call(call.run(client, self.options)));
        core.lanes.give(lane);
        let answer = answer.map_err(|raised| {
            // Whatever a signal handler raises, Ctrl-C or another, gives the call up.
            let told = creates.map_or(Ok(()), |name| {
                py.import("kunacore._interrupted")?.call_method1("given_up", (raised.value(py), name)).map(|_| ())
            });
            told.err().unwrap_or(raised)
        });
        // Only now, as a handler that is slow would keep the call from reading its answer.
        match (log.tell(py), answer) {
            (Ok(()), answer) => {
                let answer = answer?;
                let value = answer.to_python(py)?;
                // A signal that came while the answer did: Python would let its handler raise in place of the value.
                py.check_signals().map_err(|raised| answer.came_too_late(py).err().unwrap_or(raised))?;
                Ok(value.unbind())
            }
            // A signal's handler raised in one of logging's: the ids of a customer that exists are kept all the same.
            (Err(raised), Ok(answer)) => Err(answer.came_too_late(py).err().unwrap_or(raised)),
            (Err(_), Err(raised)) => Err(raised),
        }
    }

    fn start(&self, py: Python<'_>, mailbox: &Mailbox, call: Call, future: Py<PyAny>) -> PyResult<Pending> {
        mailbox.start(py, self.core(py)?.client, call, self.options, future)
    }

    /// The core client of this process.
    fn core(&self, py: Python<'_>) -> PyResult<Core> {
        match self.of_this_process() {
            Some(Ok(core)) => Ok(core),
            Some(Err(error)) => Err(failure::exception(py, &error)),
            None => Err(PyRuntimeError::new_err("the client is closed")),
        }
    }

    // Apart from `core`, because making an exception runs Python code and may let another thread have the GIL.
    fn of_this_process(&self) -> Option<Result<Core, kunacore::Error>> {
        let mut slot = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(core) = slot.as_ref()?.get() {
            return Some(Ok(core.clone()));
        }
        let made = self.builder.clone().build().map(Core::new);
        if let Ok(core) = &made {
            *slot = Some(OfProcess::new(core.clone()));
        }
        Some(made)
    }
}
