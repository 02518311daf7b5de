const SUBDOMAIN =
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const QUALIFIED_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const ENV_NAME = /^[ -<>-~]+$/;

// The sentences are Kubernetes' own (apimachinery/pkg/util/validation): kubectl users and the portal's tests read them.
const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const QUALIFIED_NAME_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

const tooLong = (most: number) => `must be no more than ${most} characters`;

function check(
  value: string,
  most: number,
  form: RegExp,
  text: string,
): string[] {
  return [
    ...(value.length > most ? [tooLong(most)] : []),
    ...(form.test(value) ? [] : [text]),
  ];
}

/** Each of these returns the reasons to refuse a name; none when it is valid. */
export const subdomain = (v: string) =>
  check(v, 253, SUBDOMAIN, SUBDOMAIN_TEXT);
export const label = (v: string) => check(v, 63, LABEL, LABEL_TEXT);
export const label1035 = (v: string) =>
  check(v, 63, LABEL_1035, LABEL_1035_TEXT);
export const labelValue = (v: string) =>
  check(v, 63, LABEL_VALUE, LABEL_VALUE_TEXT);

export const pathSegment = (v: string): string[] => [
  ...(v === '.' || v === '..' ? [`may not be '${v}'`] : []),
  ...['/', '%'].filter(c => v.includes(c)).map(c => `may not contain '${c}'`),
];

/** Names of ports: at most 15 characters, with a letter. */
export function portName(v: string): string[] {
  return [
    ...(v.length > 15 ? [tooLong(15)] : []),
    ...(/^[-a-z0-9]+$/.test(v)
      ? []
      : [
          'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
        ]),
    ...(/[a-z]/.test(v) ? [] : ['must contain at least one letter (a-z)']),
    ...(v.includes('--') ? ['must not contain consecutive hyphens'] : []),
    ...(/^-|-$/.test(v) ? ['must not begin or end with a hyphen'] : []),
  ];
}

export const envName = (v: string): string[] =>
  ENV_NAME.test(v)
    ? []
    : [
        "a valid environment variable name must consist only of printable ASCII characters other than '='",
      ];

/** Keys of labels and annotations: `prefix/name`. */
export function qualifiedName(value: string): string[] {
  const parts = value.split('/');
  if (parts.length > 2) {
    return [
      `a qualified name ${QUALIFIED_NAME_TEXT.replace(
        /^name part /,
        '',
      )} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const [prefix, name] = parts.length === 2 ? parts : [undefined, parts[0]];
  const errors: string[] = [];
  if (prefix !== undefined) {
    errors.push(
      ...(prefix === '' ? ['prefix part must be non-empty'] : []),
      ...(prefix ? subdomain(prefix).map(text => `prefix part ${text}`) : []),
    );
  }
  if (name === '') {
    errors.push('name part must be non-empty');
  } else if (name.length > 63) {
    errors.push(`name part ${tooLong(63)}`);
  }
  return QUALIFIED_NAME.test(name) ? errors : [...errors, QUALIFIED_NAME_TEXT];
}
