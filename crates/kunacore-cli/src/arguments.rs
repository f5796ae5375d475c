//! What can be typed: the global flags, the commands and theirs.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use kunacore::Field;
use kunacore_sandbox::{Dialect, FindMode};

use crate::help;
use crate::import::Import;

/// Creates, finds and shows KunaCore customers; never twice by accident.
#[derive(Parser)]
#[command(name = "kunacore", version, propagate_version = true, after_help = help::ROOT, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Where the server is, such as https://kunacore.example [env: KUNACORE_BASE_URL]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,

    /// How long one attempt may take: 30s, 500ms, or plain seconds [default: 30s]
    #[arg(long, global = true, value_name = "TIME", value_parser = help::duration)]
    pub(crate) timeout: Option<Duration>,

    /// How long the whole call may take, logins, pauses and look-ups included [default: 120s]
    #[arg(long, global = true, value_name = "TIME", value_parser = help::duration)]
    pub(crate) deadline: Option<Duration>,

    /// How long the server may act on a request after we gave it up [default: the longer of --timeout and 30s]
    #[arg(long, global = true, value_name = "TIME", value_parser = help::duration)]
    pub(crate) settle: Option<Duration>,

    /// Trust that the server refuses every e-mail that is taken; then nothing waits for --settle
    #[arg(long, global = true)]
    pub(crate) trust_uniqueness: bool,

    /// JSON rules for which refusals mean that the e-mail is taken, instead of the built-in ones
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) duplicate_rules: Option<PathBuf>,

    /// Trust the certificate authorities in this PEM file instead of the system's
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_bundle: Option<PathBuf>,

    /// Use this HTTP proxy instead of the environment's; a server on this machine is reached directly
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) proxy: Option<String>,

    /// Permit http:// to a host that is not this machine [env: KUNACORE_ALLOW_HTTP=1]
    #[arg(long, global = true)]
    pub(crate) allow_http: bool,

    /// Run against a sandbox inside this process; with DB its customers are kept in that file
    #[arg(long, global = true, value_name = "DB", num_args = 0..=1, require_equals = true)]
    pub(crate) sandbox: Option<Option<PathBuf>>,

    /// Print JSON: results on stdout, errors on stderr
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Print nothing but results and errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,

    /// Log what happens to stderr (twice: in detail); never personal data
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub(crate) verbose: u8,

    /// Colour the output; NO_COLOR is respected
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Create the documented example customer on a sandbox of its own, and show every step
    #[command(after_help = help::DEMO)]
    Demo,

    /// Create one customer, which opens its wallet
    #[command(after_help = help::CREATE)]
    Create(Customer),

    /// Look a customer up by its e-mail, and create it only if it is absent
    #[command(after_help = help::ENSURE)]
    Ensure {
        #[command(flatten)]
        customer: Customer,
        /// Say that nobody has sent this customer before: if it is absent, it is created without waiting for --settle
        #[arg(long)]
        never_sent: bool,
    },

    /// Look customers up; none found is not an error
    #[command(after_help = help::FIND)]
    Find(Box<Find>),

    /// Show one customer by its id
    #[command(after_help = help::SHOW)]
    Show {
        /// The customer's id
        id: String,
    },

    /// Import a table of customers; the same command starts a run and continues it
    #[command(after_help = help::IMPORT)]
    Import(Box<Import>),

    /// Write the reports of an import anew, from its journal
    #[command(after_help = help::REPORT)]
    Report {
        /// The run's directory
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },

    /// Run a stand-in server on this machine until Ctrl-C
    #[command(after_help = help::SANDBOX)]
    Sandbox(Sandbox),

    /// Print the JSON Schema of a customer to create
    #[command(after_help = help::SCHEMA)]
    Schema,

    /// Print a completion script for a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },

    /// Print the manual page, of the whole or of one command
    #[command(after_help = help::MAN)]
    Man {
        /// The command
        command: Option<String>,
    },
}

// The fields are optional here, so that the core can name every one that is missing. (A doc comment would be the help text
// of every command that takes them.)
#[derive(Args)]
pub(crate) struct Customer {
    /// The e-mail, unique for each customer
    #[arg(long)]
    email: Option<String>,
    /// The given name
    #[arg(long)]
    first_name: Option<String>,
    /// The family name
    #[arg(long)]
    last_name: Option<String>,
    /// The country, as an ISO 3166-1 alpha-2 code such as FR
    #[arg(long)]
    country: Option<String>,
    /// The number of the document the person was verified with
    #[arg(long, value_name = "NUMBER")]
    verification_document_id: Option<String>,
    /// Where the customer lives
    #[arg(long, value_name = "ADDRESS")]
    residence_address: Option<String>,
    /// The phone number
    #[arg(long)]
    phone_number: Option<String>,
    /// Free text about the customer
    #[arg(long)]
    comment: Option<String>,
    /// The customer's identifier in your own system
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// The id of another customer who referred this one
    #[arg(long, value_name = "ID")]
    referral_id: Option<String>,
    /// The individual taxpayer number
    #[arg(long)]
    itn: Option<String>,
    /// Read the customer from a JSON file instead (- is stdin)
    #[arg(long, value_name = "FILE", conflicts_with_all = FIELDS)]
    pub(crate) from: Option<PathBuf>,
}

const FIELDS: [&str; 11] = [
    "email",
    "first_name",
    "last_name",
    "country",
    "verification_document_id",
    "residence_address",
    "phone_number",
    "comment",
    "external_id",
    "referral_id",
    "itn",
];

impl Customer {
    /// The fields that were given.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (Field, &str)> {
        let value = |field| match field {
            Field::Email => &self.email,
            Field::FirstName => &self.first_name,
            Field::LastName => &self.last_name,
            Field::Country => &self.country,
            Field::VerificationDocumentId => &self.verification_document_id,
            Field::ResidenceAddress => &self.residence_address,
            Field::PhoneNumber => &self.phone_number,
            Field::Comment => &self.comment,
            Field::ExternalId => &self.external_id,
            Field::ReferralId => &self.referral_id,
            Field::Itn => &self.itn,
        };
        Field::ALL.into_iter().filter_map(move |field| Some((field, value(field).as_deref()?)))
    }
}

#[derive(Args)]
pub(crate) struct Find {
    /// The e-mail
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// The wallet's id
    #[arg(long, value_name = "ID")]
    pub(crate) wallet_id: Option<String>,
    /// The phone number
    #[arg(long)]
    pub(crate) phone_number: Option<String>,
    /// Given and family name with one blank between them
    #[arg(long, value_name = "NAME")]
    pub(crate) full_name: Option<String>,
    /// The comment
    #[arg(long)]
    pub(crate) comment: Option<String>,
    /// The identifier in your own system
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: Option<String>,
    /// The id of the referring customer
    #[arg(long, value_name = "ID")]
    pub(crate) referral_id: Option<String>,
    /// Created at or after this time, such as 2026-01-31T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) created_from: Option<String>,
    /// Created at or before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) created_to: Option<String>,
    /// At most so many customers
    #[arg(long, value_name = "COUNT")]
    pub(crate) take: Option<u32>,
    /// Pass over so many customers first
    #[arg(long, value_name = "COUNT")]
    pub(crate) skip: Option<u32>,
}

#[derive(Args)]
pub(crate) struct Sandbox {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Speak TLS, with a new certificate authority at every start; it is written to this file as PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) tls: Option<PathBuf>,
    /// Keep customers in this SQLite file instead of in memory
    #[arg(long, value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,
    /// Hold each answer back for so long, such as 50ms
    #[arg(long, value_name = "TIME", value_parser = help::duration, default_value = "0")]
    pub(crate) latency: Duration,
    /// Make ids repeatable: a function of this number, the e-mail and how often it was created
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
    /// The shape of error answers: errors, nest, plain, html or empty
    #[arg(long, default_value_t)]
    pub(crate) dialect: Dialect,
    /// The status that refuses a duplicate e-mail, 400 to 499
    #[arg(long, value_name = "STATUS", default_value_t = 409)]
    pub(crate) duplicate_status: u16,
    /// Let the same e-mail create customer after customer
    #[arg(long)]
    pub(crate) no_unique: bool,
    /// How find compares text: exact or partial; or broken: blind (finds nobody) or stuck (ignores skip)
    #[arg(long, value_name = "MODE", default_value_t)]
    pub(crate) find: FindMode,
    /// Answer at most so many customers to one find
    #[arg(long, value_name = "COUNT")]
    pub(crate) page_size: Option<usize>,
    /// Let find see a new customer only after so long
    #[arg(long, value_name = "TIME", value_parser = help::duration, default_value = "0")]
    pub(crate) find_delay: Duration,
    /// Answer 429 with Retry-After to what exceeds so many requests a second
    #[arg(long, value_name = "RPS")]
    pub(crate) limit: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_field_of_a_customer_is_a_flag() {
        assert_eq!(FIELDS, Field::ALL.map(Field::name));
    }
}
