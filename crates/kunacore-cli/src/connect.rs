//! From flags and environment to a client, of a real server or of a sandbox in this process.

use kunacore::{Client, Credentials, DuplicateRule, environment};
use kunacore_sandbox::{Sandbox, SandboxOptions};

use crate::arguments::Global;
use crate::output::{Failure, Output};

/// Where a server is, and who we are to it; and the sandbox, where it is one of this process.
pub(crate) struct Endpoint {
    pub(crate) base_url: String,
    credentials: Credentials,
    allow_http: bool,
    _sandbox: Option<Sandbox>,
}

impl Endpoint {
    /// The server that flags and environment name.
    pub(crate) fn of_environment(global: &Global) -> Result<Self, Failure> {
        let base_url = match &global.base_url {
            Some(url) => url.clone(),
            None => environment::base_url()?,
        };
        let allow_http = global.allow_http || environment::allow_http()?;
        Ok(Self { base_url, credentials: environment::credentials()?, allow_http, _sandbox: None })
    }

    /// A sandbox, which ends with the endpoint.
    pub(crate) fn of_sandbox(sandbox: Sandbox) -> Self {
        Self {
            base_url: sandbox.url().to_owned(),
            credentials: Credentials::api_key(sandbox.api_key()),
            allow_http: false,
            _sandbox: Some(sandbox),
        }
    }

    /// A client of it, as the flags describe it.
    pub(crate) fn client(&self, global: &Global) -> Result<Client, Failure> {
        let mut builder =
            Client::builder(&self.base_url).credentials(self.credentials.clone()).allow_http(self.allow_http);
        if let Some(timeout) = global.timeout {
            builder = builder.timeout(timeout);
        }
        if let Some(deadline) = global.deadline {
            builder = builder.deadline(deadline);
        }
        if let Some(settle) = global.settle {
            builder = builder.settle(settle);
        }
        builder = builder.trust_uniqueness(global.trust_uniqueness);
        if let Some(path) = &global.duplicate_rules {
            let json = std::fs::read(path)
                .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?;
            builder = builder.duplicate_rules(DuplicateRule::list_from_json(&json)?);
        }
        if let Some(path) = &global.ca_bundle {
            builder = builder.ca_bundle(path);
        }
        if let Some(url) = &global.proxy {
            builder = builder.proxy(url.as_str());
        }
        Ok(builder.build()?)
    }
}

/// A client, and the endpoint that it talks to.
pub(crate) struct Connection {
    pub(crate) client: Client,
    _endpoint: Endpoint,
}

/// Makes the client that the flags and the environment describe.
pub(crate) async fn connect(global: &Global, output: &Output) -> Result<Connection, Failure> {
    let endpoint = match &global.sandbox {
        Some(db) => {
            let sandbox = Sandbox::start(SandboxOptions { db: db.clone(), ..SandboxOptions::default() }).await?;
            output.note(&match db {
                Some(db) => format!("using a sandbox that keeps its customers in {}", db.display()),
                None => "using a sandbox in memory: it is gone when this command ends".to_owned(),
            });
            Endpoint::of_sandbox(sandbox)
        }
        None => Endpoint::of_environment(global)?,
    };
    Ok(Connection { client: endpoint.client(global)?, _endpoint: endpoint })
}
