//! From flags and environment to a client, of a real server or of a sandbox in this process.

use kunacore::{Client, Credentials, DuplicateRule, environment};
use kunacore_sandbox::{Sandbox, SandboxOptions};

use crate::arguments::Global;
use crate::output::{Failure, Output};

/// A client, and the sandbox it talks to where there is one.
pub(crate) struct Connection {
    pub(crate) client: Client,
    _sandbox: Option<Sandbox>,
}

/// Makes the client that the flags and the environment describe.
pub(crate) async fn connect(global: &Global, output: &Output) -> Result<Connection, Failure> {
    let (base_url, credentials, allow_http, sandbox) = match &global.sandbox {
        Some(db) => {
            let sandbox = Sandbox::start(SandboxOptions { db: db.clone(), ..SandboxOptions::default() }).await?;
            output.note(&match db {
                Some(db) => format!("using a sandbox that keeps its customers in {}", db.display()),
                None => "using a sandbox in memory: it is gone when this command ends".to_owned(),
            });
            (sandbox.url().to_owned(), Credentials::api_key(sandbox.api_key()), false, Some(sandbox))
        }
        None => {
            let base_url = match &global.base_url {
                Some(url) => url.clone(),
                None => environment::base_url()?,
            };
            (base_url, environment::credentials()?, global.allow_http || environment::allow_http()?, None)
        }
    };
    let mut builder = Client::builder(base_url).credentials(credentials).allow_http(allow_http);
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
    Ok(Connection { client: builder.build()?, _sandbox: sandbox })
}
