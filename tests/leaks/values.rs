//! What is given to the client, printed, and refused.

use kunacore::{Client, CredentialParts, Credentials, CustomerFilter, Field, NewCustomer, Secret};

use crate::canaries::{self, value};
use crate::{listen, see, see_error};

#[test]
fn debug_tells_no_value() {
    let heard = listen(async {
        let customer = canaries::customer();
        see("NewCustomer", &format!("{customer:?}\n{customer:#?}"));
        let filter = CustomerFilter::new()
            .email(value(Field::Email))
            .wallet_id("qzcanary-wallet")
            .phone_number(value(Field::PhoneNumber))
            .full_name(value(Field::FirstName))
            .comment(value(Field::Comment))
            .external_id(value(Field::ExternalId))
            .referral_id(value(Field::ReferralId));
        see("CustomerFilter", &format!("{filter:?}\n{filter:#?}"));
        let kinds = [
            Credentials::api_key(canaries::API_KEY),
            Credentials::access_token(canaries::ACCESS_TOKEN),
            canaries::login().into(),
        ];
        for credentials in kinds {
            see("Credentials", &format!("{credentials:?}\n{credentials:#?}"));
            // A password in the URL is refused, but only when the client is built.
            let url = format!("https://someone:{}@kunacore.example", canaries::API_KEY);
            let builder = Client::builder(url).credentials(credentials).proxy("http://u:qzcanary@127.0.0.1:1");
            see("ClientBuilder", &format!("{builder:?}\n{builder:#?}"));
            see_error(&builder.build().expect_err("refused"));
        }
        let parts = CredentialParts {
            api_key: Some(canaries::API_KEY.into()),
            access_token: Some(canaries::ACCESS_TOKEN.into()),
            email: Some(canaries::LOGIN_EMAIL.into()),
            password: None,
            merchant_id: None,
        };
        see("CredentialParts", &format!("{parts:?}"));
        see_error(&parts.choose(["e-mail", "password", "merchant id"]).expect_err("refused"));
        see("Secret", &format!("{:?}", Secret::from(canaries::PASSWORD)));
    });
    heard.is_clean();
}

#[test]
fn what_is_refused_before_it_is_sent_is_not_repeated() {
    let heard = listen(async {
        for field in Field::ALL {
            // Every value in every wrong place.
            for other in Field::ALL {
                see_problems(canaries::builder().set(field, value(other)).build());
                let json = format!("{{{:?}: {:?}}}", field.name(), value(other));
                see_problems(NewCustomer::from_json(json.as_bytes()));
                see_problems(NewCustomer::from_json(&json.as_bytes()[..json.len() - 4]));
                see_problems(NewCustomer::from_json(format!("[{json}]").as_bytes()));
            }
        }
        for number in [value(Field::PhoneNumber), value(Field::Itn), "380997773141"] {
            see_problems(NewCustomer::from_json(format!("{{{number:?}: 1}}").as_bytes()));
        }
        for secret in ["qzcanary\n", "qzcanary ü", "qzcanary\0"] {
            for credentials in [Credentials::api_key(secret), Credentials::access_token(secret)] {
                see_error(
                    &Client::builder("http://127.0.0.1:1").credentials(credentials).build().expect_err("refused"),
                );
            }
        }
    });
    heard.is_clean();
}

fn see_problems(result: Result<NewCustomer, kunacore::Error>) {
    if let Err(error) = result {
        see_error(&error);
    }
}
