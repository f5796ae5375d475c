//! The build crate: turns the contract, `openapi/kunacore.yaml`, into what the other crates commit.
//!
//! Two files come out of it: the typed client that progenitor generates (`crates/kunacore/src/generated.rs`) and the
//! JSON rendering of the contract that the sandbox embeds. Both are committed, so that whoever depends on the core
//! neither runs nor builds a generator; `cargo xtask generate --check` tells when they are stale.
//!
//! ```text
//! contract.yaml ──read──> document ──┬─ evidence: every node is marked
//!                                    ├─ sandbox copy (the document as it stands)
//!                                    └─ transform ──progenitor──prettyplease──> generated.rs
//! ```

mod client;
mod contract;
pub mod evidence;
pub mod transform;

pub use contract::read;

/// Where the contract lies, from the root of the workspace.
pub const CONTRACT: &str = "openapi/kunacore.yaml";
/// Where the generated client goes, from the root of the workspace.
pub const CLIENT: &str = "crates/kunacore/src/generated.rs";
/// Where the sandbox's copy of the contract goes, from the root of the workspace.
pub const SANDBOX_CONTRACT: &str = "crates/kunacore-sandbox/contract.json";

/// Everything that is derived from one contract.
#[derive(Debug)]
pub struct Generated {
    /// The text of [`CLIENT`].
    pub client: String,
    /// The text of [`SANDBOX_CONTRACT`].
    pub sandbox_contract: String,
}

/// Derives the client and the sandbox's copy from the text of the contract.
///
/// # Errors
///
/// A sentence that names what is wrong: the YAML cannot be read, evidence marks are missing, or progenitor refuses the
/// document.
pub fn generate(contract: &str) -> Result<Generated, String> {
    let document = contract::read(contract)?;
    let unmarked = evidence::missing_marks(&document);
    if !unmarked.is_empty() {
        return Err(format!("no `x-evidence` (documented, sample or inferred) at:\n  {}", unmarked.join("\n  ")));
    }
    Ok(Generated { client: client::generate(&document)?, sandbox_contract: contract::render(&document) })
}
