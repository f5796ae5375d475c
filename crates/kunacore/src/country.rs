//! Countries as the API takes them: ISO 3166-1 alpha-2, the officially assigned codes, upper case.

use std::fmt;
use std::str::FromStr;

/// A country, as an ISO 3166-1 alpha-2 code (documented).
///
/// ```
/// use kunacore::CountryCode;
///
/// let france: CountryCode = "FR".parse().expect("assigned");
/// assert_eq!(france.as_str(), "FR");
/// assert_eq!("uk".parse::<CountryCode>().expect_err("not assigned").suggestion(), Some("GB"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CountryCode(&'static str);

impl CountryCode {
    /// The two letters, upper case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// All assigned codes, in alphabetical order.
    pub fn all() -> impl Iterator<Item = Self> {
        COUNTRIES.iter().map(|(alpha2, _)| Self(alpha2))
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl FromStr for CountryCode {
    type Err = UnknownCountry;

    fn from_str(text: &str) -> Result<Self, UnknownCountry> {
        match COUNTRIES.binary_search_by(|(alpha2, _)| (*alpha2).cmp(text)) {
            Ok(index) => Ok(Self(COUNTRIES[index].0)),
            Err(_) => Err(UnknownCountry { suggestion: suggest(text) }),
        }
    }
}

/// The text is not an assigned ISO 3166-1 alpha-2 code. It is not repeated here: it may come from the wrong column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownCountry {
    suggestion: Option<&'static str>,
}

impl UnknownCountry {
    /// The code that was probably meant: another case, the three-letter code, or a common mistake.
    #[must_use]
    pub fn suggestion(self) -> Option<&'static str> {
        self.suggestion
    }
}

impl fmt::Display for UnknownCountry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an ISO 3166-1 alpha-2 country code")?;
        match self.suggestion {
            Some(code) => write!(f, "; did you mean {code}?"),
            None => f.write_str(" (two capital letters, such as FR)"),
        }
    }
}

impl std::error::Error for UnknownCountry {}

fn suggest(text: &str) -> Option<&'static str> {
    let meant = text.trim().to_ascii_uppercase();
    let meant = match meant.as_str() {
        "UK" | "EN" => "GB",
        "EL" => "GR",
        other => other,
    };
    COUNTRIES.iter().find(|(alpha2, alpha3)| *alpha2 == meant || *alpha3 == meant).map(|(alpha2, _)| *alpha2)
}

/// Alpha-2 and alpha-3 codes, sorted by the former.
#[rustfmt::skip]
const COUNTRIES: [(&str, &str); 249] = [
    ("AD", "AND"), ("AE", "ARE"), ("AF", "AFG"), ("AG", "ATG"), ("AI", "AIA"), ("AL", "ALB"), ("AM", "ARM"),
    ("AO", "AGO"), ("AQ", "ATA"), ("AR", "ARG"), ("AS", "ASM"), ("AT", "AUT"), ("AU", "AUS"), ("AW", "ABW"),
    ("AX", "ALA"), ("AZ", "AZE"), ("BA", "BIH"), ("BB", "BRB"), ("BD", "BGD"), ("BE", "BEL"), ("BF", "BFA"),
    ("BG", "BGR"), ("BH", "BHR"), ("BI", "BDI"), ("BJ", "BEN"), ("BL", "BLM"), ("BM", "BMU"), ("BN", "BRN"),
    ("BO", "BOL"), ("BQ", "BES"), ("BR", "BRA"), ("BS", "BHS"), ("BT", "BTN"), ("BV", "BVT"), ("BW", "BWA"),
    ("BY", "BLR"), ("BZ", "BLZ"), ("CA", "CAN"), ("CC", "CCK"), ("CD", "COD"), ("CF", "CAF"), ("CG", "COG"),
    ("CH", "CHE"), ("CI", "CIV"), ("CK", "COK"), ("CL", "CHL"), ("CM", "CMR"), ("CN", "CHN"), ("CO", "COL"),
    ("CR", "CRI"), ("CU", "CUB"), ("CV", "CPV"), ("CW", "CUW"), ("CX", "CXR"), ("CY", "CYP"), ("CZ", "CZE"),
    ("DE", "DEU"), ("DJ", "DJI"), ("DK", "DNK"), ("DM", "DMA"), ("DO", "DOM"), ("DZ", "DZA"), ("EC", "ECU"),
    ("EE", "EST"), ("EG", "EGY"), ("EH", "ESH"), ("ER", "ERI"), ("ES", "ESP"), ("ET", "ETH"), ("FI", "FIN"),
    ("FJ", "FJI"), ("FK", "FLK"), ("FM", "FSM"), ("FO", "FRO"), ("FR", "FRA"), ("GA", "GAB"), ("GB", "GBR"),
    ("GD", "GRD"), ("GE", "GEO"), ("GF", "GUF"), ("GG", "GGY"), ("GH", "GHA"), ("GI", "GIB"), ("GL", "GRL"),
    ("GM", "GMB"), ("GN", "GIN"), ("GP", "GLP"), ("GQ", "GNQ"), ("GR", "GRC"), ("GS", "SGS"), ("GT", "GTM"),
    ("GU", "GUM"), ("GW", "GNB"), ("GY", "GUY"), ("HK", "HKG"), ("HM", "HMD"), ("HN", "HND"), ("HR", "HRV"),
    ("HT", "HTI"), ("HU", "HUN"), ("ID", "IDN"), ("IE", "IRL"), ("IL", "ISR"), ("IM", "IMN"), ("IN", "IND"),
    ("IO", "IOT"), ("IQ", "IRQ"), ("IR", "IRN"), ("IS", "ISL"), ("IT", "ITA"), ("JE", "JEY"), ("JM", "JAM"),
    ("JO", "JOR"), ("JP", "JPN"), ("KE", "KEN"), ("KG", "KGZ"), ("KH", "KHM"), ("KI", "KIR"), ("KM", "COM"),
    ("KN", "KNA"), ("KP", "PRK"), ("KR", "KOR"), ("KW", "KWT"), ("KY", "CYM"), ("KZ", "KAZ"), ("LA", "LAO"),
    ("LB", "LBN"), ("LC", "LCA"), ("LI", "LIE"), ("LK", "LKA"), ("LR", "LBR"), ("LS", "LSO"), ("LT", "LTU"),
    ("LU", "LUX"), ("LV", "LVA"), ("LY", "LBY"), ("MA", "MAR"), ("MC", "MCO"), ("MD", "MDA"), ("ME", "MNE"),
    ("MF", "MAF"), ("MG", "MDG"), ("MH", "MHL"), ("MK", "MKD"), ("ML", "MLI"), ("MM", "MMR"), ("MN", "MNG"),
    ("MO", "MAC"), ("MP", "MNP"), ("MQ", "MTQ"), ("MR", "MRT"), ("MS", "MSR"), ("MT", "MLT"), ("MU", "MUS"),
    ("MV", "MDV"), ("MW", "MWI"), ("MX", "MEX"), ("MY", "MYS"), ("MZ", "MOZ"), ("NA", "NAM"), ("NC", "NCL"),
    ("NE", "NER"), ("NF", "NFK"), ("NG", "NGA"), ("NI", "NIC"), ("NL", "NLD"), ("NO", "NOR"), ("NP", "NPL"),
    ("NR", "NRU"), ("NU", "NIU"), ("NZ", "NZL"), ("OM", "OMN"), ("PA", "PAN"), ("PE", "PER"), ("PF", "PYF"),
    ("PG", "PNG"), ("PH", "PHL"), ("PK", "PAK"), ("PL", "POL"), ("PM", "SPM"), ("PN", "PCN"), ("PR", "PRI"),
    ("PS", "PSE"), ("PT", "PRT"), ("PW", "PLW"), ("PY", "PRY"), ("QA", "QAT"), ("RE", "REU"), ("RO", "ROU"),
    ("RS", "SRB"), ("RU", "RUS"), ("RW", "RWA"), ("SA", "SAU"), ("SB", "SLB"), ("SC", "SYC"), ("SD", "SDN"),
    ("SE", "SWE"), ("SG", "SGP"), ("SH", "SHN"), ("SI", "SVN"), ("SJ", "SJM"), ("SK", "SVK"), ("SL", "SLE"),
    ("SM", "SMR"), ("SN", "SEN"), ("SO", "SOM"), ("SR", "SUR"), ("SS", "SSD"), ("ST", "STP"), ("SV", "SLV"),
    ("SX", "SXM"), ("SY", "SYR"), ("SZ", "SWZ"), ("TC", "TCA"), ("TD", "TCD"), ("TF", "ATF"), ("TG", "TGO"),
    ("TH", "THA"), ("TJ", "TJK"), ("TK", "TKL"), ("TL", "TLS"), ("TM", "TKM"), ("TN", "TUN"), ("TO", "TON"),
    ("TR", "TUR"), ("TT", "TTO"), ("TV", "TUV"), ("TW", "TWN"), ("TZ", "TZA"), ("UA", "UKR"), ("UG", "UGA"),
    ("UM", "UMI"), ("US", "USA"), ("UY", "URY"), ("UZ", "UZB"), ("VA", "VAT"), ("VC", "VCT"), ("VE", "VEN"),
    ("VG", "VGB"), ("VI", "VIR"), ("VN", "VNM"), ("VU", "VUT"), ("WF", "WLF"), ("WS", "WSM"), ("YE", "YEM"),
    ("YT", "MYT"), ("ZA", "ZAF"), ("ZM", "ZMB"), ("ZW", "ZWE"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_list_is_found_and_the_list_is_sorted() {
        assert!(COUNTRIES.is_sorted());
        for (alpha2, _) in COUNTRIES {
            assert_eq!(alpha2.parse(), Ok(CountryCode(alpha2)));
        }
    }

    #[test]
    fn common_mistakes_are_answered_with_what_was_meant() {
        for (text, meant) in [("fr", "FR"), ("fra", "FR"), ("UKR", "UA"), ("UK", "GB"), (" FR", "FR")] {
            let error = text.parse::<CountryCode>().expect_err("refused");
            assert_eq!(error.suggestion(), Some(meant), "{text}");
            assert!(error.to_string().contains(&format!("did you mean {meant}?")));
        }
    }

    #[test]
    fn other_text_is_refused_and_not_repeated() {
        for text in ["XX", "", "France", "F", "ФР", "Champ de Mars"] {
            let error = text.parse::<CountryCode>().expect_err("refused");
            assert_eq!(error.to_string(), "not an ISO 3166-1 alpha-2 country code (two capital letters, such as FR)");
        }
    }
}
