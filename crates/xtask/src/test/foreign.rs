//! Clients that know nothing of this project, against its sandbox: the documented programs, another generator's client,
//! and schemathesis with the contract.

use super::python::Environment;
use super::{Done, Stage};
use crate::process::{Server, capture, command, run};

pub(super) fn stages(environment: &Environment) -> Vec<Stage<'_>> {
    vec![
        (
            "documented Python program",
            Box::new(|| documented(environment, &environment.bin("python"), "documented.py")),
        ),
        ("documented JavaScript program", Box::new(|| javascript(environment))),
        ("client of another generator", Box::new(|| generated_client(environment))),
        ("schemathesis", Box::new(|| schemathesis(environment))),
    ]
}

/// A sandbox of the wheel's own command, and a token for it.
fn sandbox(environment: &Environment) -> Result<(Server, String), String> {
    let sandbox = Server::sandbox(&environment.bin("kunacore"))?;
    let login = "import json, sys, urllib.request as r; print(json.load(r.urlopen(r.Request(sys.argv[1] + '/v2/auth/login', \
                 json.dumps({'token': 'partner@example.com', 'password': 'sandbox-password'}).encode(), \
                 {'content-type': 'application/json', 'merchant_id': 'sandbox-merchant'})))['data']['accessToken'])";
    let token = capture(command(environment.bin("python"), &environment.root).args(["-c", login, &sandbox.url]))?;
    Ok((sandbox, token.trim().to_owned()))
}

fn documented(environment: &Environment, program: &std::path::Path, script: &str) -> Result<Done, String> {
    let (sandbox, token) = sandbox(environment)?;
    let printed = capture(
        command(program, &environment.root.join("tests/foreign"))
            .arg(script)
            .env("BASE_URL", &sandbox.url)
            .env("ACCESS_TOKEN", token),
    )?;
    let count = "import json, sys, urllib.request as r; \
                 print(len(json.load(r.urlopen(sys.argv[1] + '/_sandbox/ledger'))['created']))";
    let created = capture(command(environment.bin("python"), &environment.root).args(["-c", count, &sandbox.url]))?;
    if created.trim() != "1" || !printed.contains("walletId") {
        return Err(format!("{created} customers were created; it printed {printed}"));
    }
    print!("{printed}");
    Ok(Done::Ran)
}

fn javascript(environment: &Environment) -> Result<Done, String> {
    // `fetch` is built in since Node 18.
    let modern = "process.exit(typeof fetch === 'function' ? 0 : 1)";
    if !command("node", &environment.root).args(["-e", modern]).status().is_ok_and(|status| status.success()) {
        return Ok(Done::NotRun("there is no Node with fetch".to_owned()));
    }
    documented(environment, std::path::Path::new("node"), "documented.mjs")
}

fn generated_client(environment: &Environment) -> Result<Done, String> {
    let folder = environment.folder.join("generated-client");
    let mut generate = environment.module("openapi_python_client", &["generate", "--overwrite", "--meta", "none"]);
    generate
        .args(["--path", "openapi/kunacore.yaml", "--output-path"])
        .arg(folder.join("kuna_core_customer_api_client"));
    // It calls ruff, which lies beside it; and a warning of its would mean that it left something out.
    let said = capture(generate.env("PATH", environment.path()?))?;
    if said.contains("arning") {
        return Err(format!("the contract is not whole for another generator:\n{said}"));
    }
    let (sandbox, token) = sandbox(environment)?;
    run(command(environment.bin("python"), &environment.root.join("tests/foreign"))
        .arg("generated_client.py")
        .env("PYTHONPATH", &folder)
        .env("BASE_URL", &sandbox.url)
        .env("ACCESS_TOKEN", token))?;
    Ok(Done::Ran)
}

/// Bounded: a fixed seed and number of examples, no deadline that a busy machine could miss.
fn schemathesis(environment: &Environment) -> Result<Done, String> {
    let (sandbox, token) = sandbox(environment)?;
    run(command(environment.bin("schemathesis"), &environment.folder)
        .arg("--config-file")
        .arg(environment.root.join("tests/foreign/schemathesis.toml"))
        .args(["run", "--no-color", "--seed", "1", "--max-examples", "40", "--checks", "all"])
        .args(["--suppress-health-check", "all", "--url", &sandbox.url])
        .arg(environment.root.join("openapi/kunacore.yaml"))
        .env("ACCESS_TOKEN", token))?;
    Ok(Done::Ran)
}
