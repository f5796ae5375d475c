//! The commands, but for the demo.

use std::io::Read as _;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;
use kunacore::{Created, CustomerFilter, How, NewCustomer};
use kunacore_sandbox::{Sandbox, SandboxOptions};

use crate::arguments::{self, Arguments, Customer, Find, Global};
use crate::authority;
use crate::connect::connect;
use crate::output::{Failure, Output};
use crate::signals::asked_to_end;

/// `kunacore create`
pub(crate) async fn create(customer: &Customer, global: &Global, output: &Output) -> Result<(), Failure> {
    let customer = given(customer)?;
    let connection = connect(global, output).await?;
    gain(connection.client.create_customer(&customer).detailed(), output).await
}

/// `kunacore ensure`
pub(crate) async fn ensure(
    customer: &Customer,
    never_sent: bool,
    global: &Global,
    output: &Output,
) -> Result<(), Failure> {
    let customer = given(customer)?;
    let connection = connect(global, output).await?;
    gain(connection.client.ensure_customer(&customer).maybe_sent(!never_sent).detailed(), output).await
}

/// The customer of flags or file.
fn given(customer: &Customer) -> Result<NewCustomer, Failure> {
    match &customer.from {
        Some(path) => Ok(NewCustomer::from_json(&read(path)?)?),
        None => {
            let builder =
                customer.fields().fold(NewCustomer::builder(), |builder, (field, value)| builder.set(field, value));
            Ok(builder.build()?)
        }
    }
}

/// Waits for a customer, and shows it.
async fn gain(
    call: impl IntoFuture<Output = Result<Created, kunacore::Error>>,
    output: &Output,
) -> Result<(), Failure> {
    let Created { customer, how, .. } = tokio::select! {
        created = call => created?,
        Ok(()) = asked_to_end() => return Err(Failure::Interrupted),
    };
    match how {
        How::Reconciled => output.note("the answer was lost; a look-up found the customer, which this command created"),
        How::Adopted => output.note("the customer existed before; none was created"),
        _ => {}
    }
    output.customer(&customer, Some(how)).map_err(|failure| match failure {
        Failure::Stdout(_) => Failure::Unwritten {
            happened: if how == How::Adopted { "exists" } else { "was created" },
            id: customer.id().to_string(),
            wallet_id: customer.wallet_id().to_string(),
        },
        other => other,
    })
}

/// `kunacore find`
pub(crate) async fn find(find: &Find, global: &Global, output: &Output) -> Result<(), Failure> {
    let mut filter = CustomerFilter::new();
    macro_rules! set {
        ($($name:ident)*) => { $(if let Some(text) = &find.$name { filter = filter.$name(text); })* };
    }
    set!(email wallet_id phone_number full_name comment external_id referral_id created_from created_to);
    if let Some(count) = find.take {
        filter = filter.take(count);
    }
    if let Some(count) = find.skip {
        filter = filter.skip(count);
    }
    let connection = connect(global, output).await?;
    let customers = connection.client.find_customers(&filter).await?;
    output.note(&match customers.len() {
        0 => "no customer found".to_owned(),
        1 => "1 customer found".to_owned(),
        count => format!("{count} customers found"),
    });
    for (index, customer) in customers.iter().enumerate() {
        if index > 0 && !output.json {
            output.result("\n")?;
        }
        output.customer(customer, None)?;
    }
    Ok(())
}

/// `kunacore show`
pub(crate) async fn show(id: &str, global: &Global, output: &Output) -> Result<(), Failure> {
    let connection = connect(global, output).await?;
    output.customer(&connection.client.customer_details(id).await?, None)
}

/// `kunacore sandbox`: serves until it is asked to end.
pub(crate) async fn sandbox(options: &arguments::Sandbox, output: &Output) -> Result<(), Failure> {
    let sandbox = Sandbox::start(SandboxOptions {
        listen: options.listen,
        tls: options.tls.is_some(),
        db: options.db.clone(),
        latency: options.latency,
        seed: options.seed,
        dialect: options.dialect,
        duplicate_status: options.duplicate_status,
        unique: !options.no_unique,
        find: options.find,
        page_size: options.page_size,
        find_delay: options.find_delay,
        limit: options.limit,
    })
    .await?;
    if let (Some(path), Some(pem)) = (&options.tls, sandbox.ca_pem()) {
        // Before it says that it listens, so that whoever waits for that finds the file.
        authority::write(path, pem)?;
        output.note(&format!("trust it with --ca-bundle {0}, or SSL_CERT_FILE={0}", path.display()));
    }
    output.result(&format!("listening on {}", sandbox.url()))?;
    output.note(&format!("api-key: {}; Ctrl-C ends it", sandbox.api_key()));
    asked_to_end().await.map_err(|error| Failure::usage(format!("signals cannot be watched: {error}")))?;
    sandbox.stop();
    Ok(())
}

/// `kunacore schema`
pub(crate) fn schema(output: &Output) -> Result<(), Failure> {
    let schema = schemars::schema_for!(NewCustomer);
    output.result(&format!("{:#}", schema.as_value()))
}

/// `kunacore completions`
pub(crate) fn completions(shell: Shell, output: &Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "kunacore", &mut script);
    output.result(&String::from_utf8_lossy(&script))
}

/// `kunacore man`
pub(crate) fn man(name: Option<&str>, output: &Output) -> Result<(), Failure> {
    let mut command = Arguments::command();
    command.build();
    let page = match name {
        None => clap_mangen::Man::new(command),
        Some(name) => match command.find_subcommand(name) {
            Some(found) => clap_mangen::Man::new(found.clone()),
            None => return Err(Failure::usage(format!("there is no command `{name}`"))),
        },
    };
    let mut text = Vec::new();
    page.render(&mut text)?;
    output.result(&String::from_utf8_lossy(&text))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let result = if path == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes).map(drop)
    } else {
        std::fs::read(path).map(|read| bytes = read)
    };
    result.map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?;
    Ok(bytes)
}
