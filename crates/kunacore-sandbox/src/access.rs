//! Who may use the sandbox: one api-key, one login, and the access tokens that the login issues.
//!
//! Tokens are JWTs, signed and checked here (HS256), so that a client meets real claims and real expiry. The key is made
//! anew at every start, unless a seed repeats it: tokens do not outlive an unseeded sandbox.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use ring::{digest, hmac};
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// The api-key that the sandbox accepts.
pub(crate) const API_KEY: &str = "sandbox-api-key";
/// The e-mail that may log in.
pub(crate) const EMAIL: &str = "partner@example.com";
/// The password that goes with [`EMAIL`].
pub(crate) const PASSWORD: &str = "sandbox-password";
/// The merchant that [`EMAIL`] belongs to.
pub(crate) const MERCHANT_ID: &str = "sandbox-merchant";

/// How long a token is good for, in seconds.
pub(crate) const TOKEN_LIFE: i64 = 3600;

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    iat: i64,
    exp: i64,
}

/// Issues access tokens and checks credentials.
#[derive(Debug)]
pub(crate) struct Access {
    key: hmac::Key,
}

impl Access {
    /// With a key derived from the seed, or a random one.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        let material = match seed {
            Some(seed) => format!("kunacore-sandbox access tokens {seed}"),
            None => format!("{}{}", uuid::Uuid::new_v4(), uuid::Uuid::new_v4()),
        };
        let secret = digest::digest(&digest::SHA256, material.as_bytes());
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_ref()) }
    }

    /// A token that is good for [`TOKEN_LIFE`] from now (seconds since the Unix epoch).
    pub(crate) fn issue(&self, now: i64) -> Result<String, serde_json::Error> {
        let claims = Claims { sub: EMAIL.to_owned(), iat: now, exp: now + TOKEN_LIFE };
        let head = BASE64.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let signed = format!("{head}.{}", BASE64.encode(serde_json::to_vec(&claims)?));
        let signature = BASE64.encode(hmac::sign(&self.key, signed.as_bytes()));
        Ok(format!("{signed}.{signature}"))
    }

    /// Accepts a request that carries the api-key or a token of ours that is still good. Of two credentials both must be
    /// good: a wrong one beside a good one is a mistake of the client's.
    pub(crate) fn check(&self, headers: &HeaderMap, now: i64) -> Result<(), Refusal> {
        let key = headers.get("api-key");
        let authorization = headers.get(AUTHORIZATION);
        if key.is_none() && authorization.is_none() {
            return Err(Refusal::unauthorized("an api-key or an access token is required"));
        }
        if key.is_some_and(|key| key != API_KEY) {
            return Err(Refusal::unauthorized("the api-key is wrong"));
        }
        let Some(authorization) = authorization else { return Ok(()) };
        let token = authorization.to_str().ok().and_then(bearer);
        match token.and_then(|token| self.claims(token)) {
            Some(claims) if claims.exp > now => Ok(()),
            Some(_) => Err(Refusal::unauthorized("the access token has expired")),
            None => Err(Refusal::unauthorized("the access token is not one of this server")),
        }
    }

    /// The claims of a token that this key has signed.
    fn claims(&self, token: &str) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.')?;
        hmac::verify(&self.key, signed.as_bytes(), &BASE64.decode(signature).ok()?).ok()?;
        let (_, payload) = signed.split_once('.')?;
        serde_json::from_slice(&BASE64.decode(payload).ok()?).ok()
    }
}

/// The token of an `Authorization` value; the scheme's case does not matter.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn accepts(access: &Access, token: &str, now: i64) -> bool {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_str(&format!("Bearer {token}")).expect("tokens are header values");
        headers.insert(AUTHORIZATION, value);
        access.check(&headers, now).is_ok()
    }

    #[test]
    fn a_token_is_good_until_it_expires() {
        let access = Access::new(None);
        let token = access.issue(1000).expect("a token");
        assert!(accepts(&access, &token, 1000));
        assert!(accepts(&access, &token, 1000 + TOKEN_LIFE - 1));
        assert!(!accepts(&access, &token, 1000 + TOKEN_LIFE));
    }

    #[test]
    fn a_token_of_another_sandbox_or_a_changed_one_is_refused() {
        let (ours, theirs) = (Access::new(None), Access::new(None));
        let token = theirs.issue(1000).expect("a token");
        assert!(!accepts(&ours, &token, 1000));

        let own = ours.issue(1000).expect("a token");
        let (head_and_claims, signature) = own.rsplit_once('.').expect("three parts");
        let (head, _) = head_and_claims.split_once('.').expect("three parts");
        let later = BASE64.encode(r#"{"sub":"partner@example.com","iat":1000,"exp":9999999}"#);
        assert!(!accepts(&ours, &format!("{head}.{later}.{signature}"), 1000));
        assert!(!accepts(&ours, &format!("{head_and_claims}."), 1000));
        assert!(!accepts(&ours, "", 1000));
    }

    #[test]
    fn a_wrong_credential_beside_a_good_one_is_refused() {
        let access = Access::new(None);
        let with = |key: &'static str, token: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("api-key", HeaderValue::from_static(key));
            let value = HeaderValue::from_str(&format!("Bearer {token}")).expect("tokens are header values");
            headers.insert(AUTHORIZATION, value);
            access.check(&headers, 1000).is_ok()
        };
        let token = access.issue(1000).expect("a token");
        assert!(with(API_KEY, &token));
        assert!(!with("wrong", &token));
        assert!(!with(API_KEY, "wrong"));
    }

    #[test]
    fn a_seed_repeats_the_key() {
        let token = Access::new(Some(7)).issue(1000).expect("a token");
        assert!(accepts(&Access::new(Some(7)), &token, 1000));
        assert!(!accepts(&Access::new(Some(8)), &token, 1000));
    }
}
