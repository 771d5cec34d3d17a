import { marker } from './marker.ts';

/**
 * Tokens that say by their first letters whose they are. What follows the letters ends each pattern, or cannot contain another
 * beginning: the time is linear also in text that is made to be slow.
 */
const known = [
  'A(?:KIA|SIA|GPA|IDA|ROA|NPA|NVA|BIA|CCA)[A-Z0-9]{16,}', // Amazon
  'gh[oprsu]_\\w{20,}|github_pat_\\w{20,}',
  'gl(?:pat|ptt|rt|cbt|dt|oas|soat|agent|ft|imt|ffct)-[\\w.-]{16,}|GR1348941[\\w-]{16,}', // GitLab
  'glsa_\\w{20,}|glc_[\\w+/=]{20,}', // Grafana
  'xox[a-z](?:\\.xox[a-z])?-[\\w-]{8,}|xapp-[\\w-]{16,}', // Slack
  'npm_\\w{20,}|pypi-[\\w-]{16,}|rubygems_\\w{20,}|dckr_(?:pat|oat)_[\\w-]{16,}',
  '[rsp]k_(?:live|test|prod)_\\w{8,}|whsec_[\\w+/=-]{16,}', // Stripe
  'SG\\.[\\w-]{10,}\\.[\\w-]{10,}', // SendGrid
  '(?:SK|AC)[0-9a-f]{32}', // Twilio
  'key-[0-9a-f]{32}|[0-9a-f]{32}-us\\d{1,2}', // Mailgun, Mailchimp
  'sk-(?=[\\w-]{0,40}\\d)[\\w-]{16,}', // OpenAI, Anthropic and others
  'AIza[\\w-]{30,}|ya29\\.[\\w.-]{16,}|GOCSPX-[\\w-]{16,}|1//0[\\w-]{20,}', // Google
  'hf_\\w{20,}|gsk_\\w{20,}|r8_\\w{20,}|pplx-\\w{20,}|xai-\\w{20,}',
  'do[opr]_v1_\\w{20,}|shp(?:at|ca|pa|ss)_\\w{20,}|dapi[0-9a-f]{32}|NRAK-\\w{16,}|lin_api_\\w{16,}|ntn_\\w{20,}',
  'hv[bsr]\\.[\\w-]{20,}|AT[AC]TT3[\\w=-]{16,}|sntry[su]_[\\w=+/.-]{16,}|pscale_\\w{1,8}_[\\w.-]{16,}|PMAK-[\\w-]{16,}|dp\\.[a-z]{2}\\.[\\w.-]{16,}',
  'AGE-SECRET-KEY-1\\w{20,}|LTAI\\w{16,}|sq0[a-z]{3}-[\\w-]{20,}|HRKU-[\\w-]{20,}|tskey-[\\w-]{16,}|FlyV1 [\\w+/=,]{20,}|fo1_[\\w-]{20,}',
  '\\d{8,10}:AA[\\w-]{32,}', // Telegram
  'LS0tLS1CRUdJTi[\\w+/=]{16,}', // -----BEGIN in base64
  'eyJ[\\w-]{14,}(?:\\.[\\w-]+){0,4}', // JSON web tokens, also when the rest is cut
].join('|');
const byPrefix = new RegExp(`(?<![\\w-])(?:${known})`, 'g');

/** Addresses that are a secret themselves: whoever knows one can use it. */
const secretAddress =
  /((?:hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/|discord(?:app)?\.com\/api\/(?:v\d{1,2}\/)?webhooks\/|webhook\.office(?:365)?\.com\/webhookb2\/|outlook\.office(?:365)?\.com\/webhook\/|api\.telegram\.org\/bot|events\.pagerduty\.com\/integration\/|hooks\.zapier\.com\/hooks\/catch\/|maker\.ifttt\.com\/trigger\/))[^\s"'<>\\)]{1,500}/gi;

const bearer = /(\bbearer\s{1,5})[\w.~+/=-]{8,}/gi;
const basic = /(\bbasic\s{1,5})(?=[A-Za-z0-9+/_-]{0,500}[=\d+/])[A-Za-z0-9+/_-]{8,}={0,2}/gi;
/** `8Q~` is in the middle of what Azure makes for an application. */
const azure = /(?<![\w~.-])[\w.-]{3}8Q~[\w~.-]{30,40}/g;

/** What is kept of a password by crypt, bcrypt and argon2. */
const passwordHash = /\$(?:2[abxy]|argon2i?d?|[156y]|apr1|scrypt)\$[\w./$=,+-]{16,}/g;
/** `curl -u name:password`. */
const userOption = /((?:^|\s)(?:-u|--user)[ \t=]{1,3}["']?[^\s:"']{1,100}:)[^\s"']{1,500}/g;

/** Takes out what is known to be a credential by its form. */
export function redactTokens(text: string): string {
  return text
    .replace(secretAddress, `$1${marker}`)
    .replace(bearer, `$1${marker}`)
    .replace(basic, `$1${marker}`)
    .replace(userOption, `$1${marker}`)
    .replace(passwordHash, marker)
    .replace(azure, marker)
    .replace(byPrefix, marker);
}
