/** What stands for a secret in what is kept. */
const hidden = '***';

/** Members whose text is a secret, whoever has named them so. */
const members = 'password|authorization|proxy-authorization|cookie|set-cookie|x-twilio-signature';

const memberValue = new RegExp(String.raw`("(?:${members})":)"(?:[^"\\]|\\.)*"`, 'gi');
/** `https://name:secret@host`; what stands before the sign is left to whoever reads the URL's scheme. */
const credentials = /:\/\/[^\s/?#"\\@]{1,1000}@/g;
/** `?token=…`, `&api_key=…`; the names that people give to what only they should know. */
const parameter =
  /([?&][\w.-]{0,60}(?:token|secret|passw|api-?_?key|signature|auth|credential)[\w.-]{0,60}=)[^&#\s"\\<]+/gi;

/** A line of JSON without what must not be kept: passwords, names and passwords in URLs, tokens in their queries. */
export function withoutSecrets(json: string): string {
  return json
    .replace(memberValue, `$1"${hidden}"`)
    .replace(credentials, `://${hidden}@`)
    .replace(parameter, `$1${hidden}`);
}
