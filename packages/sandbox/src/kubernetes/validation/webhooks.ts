import { FieldError, fieldErrors, oneOf } from '../model/status';
import { label1035, subdomain } from '../model/names';
import { isPort } from './ports';
import { validateLabelSelector } from './scheduling';

const { invalid, required, duplicate } = fieldErrors;

const VERSIONS = ['v1', 'v1beta1'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];
const URL_FORM = '; desired format: https://host[/path]';

/** A list of a rule: it has entries, and `*` stands alone. */
function validateList(
  list: string[] = [],
  field: string,
  what?: string,
): FieldError[] {
  if (list.length === 0) {
    return [required(field)];
  }
  return what && list.length > 1 && list.includes('*')
    ? [
        invalid(
          field,
          list,
          `if '*' is present, must not specify other ${what}`,
        ),
      ]
    : [];
}

function validateRule(rule: any, field: string): FieldError[] {
  const operations: string[] = rule.operations ?? [];
  return [
    ...validateList(operations, `${field}.operations`, 'operations'),
    ...operations.flatMap((operation, i) =>
      oneOf(operation, `${field}.operations[${i}]`, OPERATIONS),
    ),
    ...validateList(rule.apiGroups, `${field}.apiGroups`, 'API groups'),
    ...validateList(rule.apiVersions, `${field}.apiVersions`, 'API versions'),
    ...validateList(rule.resources, `${field}.resources`),
    ...oneOf(rule.scope, `${field}.scope`, SCOPES),
  ];
}

function validateUrl(text: string, field: string): FieldError[] {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return [required(field, `url must be a valid URL: ${text}${URL_FORM}`)];
  }
  return [
    ...(url.protocol === 'https:'
      ? []
      : [
          invalid(
            field,
            url.protocol.slice(0, -1),
            `'https' is the only allowed URL scheme${URL_FORM}`,
          ),
        ]),
    ...(url.host
      ? []
      : [invalid(field, '', `host must be specified${URL_FORM}`)]),
    ...(url.username
      ? [
          invalid(
            field,
            url.username,
            'user information is not permitted in the URL',
          ),
        ]
      : []),
    ...(url.hash
      ? [
          invalid(
            field,
            url.hash.slice(1),
            'fragments are not permitted in the URL',
          ),
        ]
      : []),
    ...(url.search
      ? [
          invalid(
            field,
            url.search.slice(1),
            'query parameters are not permitted in the URL',
          ),
        ]
      : []),
  ];
}

function validateService(service: any, field: string): FieldError[] {
  const { name, namespace, port, path } = service;
  return [
    ...(name ? [] : [required(`${field}.name`)]),
    ...(namespace ? [] : [required(`${field}.namespace`)]),
    ...(isPort(port)
      ? []
      : [
          invalid(
            `${field}.port`,
            port,
            'port is not valid: must be between 1 and 65535, inclusive',
          ),
        ]),
    ...(path && !path.startsWith('/')
      ? [invalid(`${field}.path`, path, "must start with a '/'")]
      : []),
  ];
}

function validateClientConfig(
  { url, service }: any = {},
  field: string,
): FieldError[] {
  if ((url === undefined) === (service === undefined)) {
    return [required(field, 'exactly one of url or service is required')];
  }
  return url === undefined
    ? validateService(service, `${field}.service`)
    : validateUrl(url, `${field}.url`);
}

function validateName(name: string | undefined, field: string): FieldError[] {
  if (!name) {
    return [required(field)];
  }
  const faults = subdomain(name);
  if (faults.length > 0) {
    return [invalid(field, name, faults.join(','))];
  }
  return name.split('.').length < 3
    ? [
        invalid(
          field,
          name,
          'should be a domain with at least three segments separated by dots',
        ),
      ]
    : [];
}

function validateVersions(
  versions: string[] = [],
  field: string,
): FieldError[] {
  if (versions.length === 0) {
    return [required(field, `must specify one of ${VERSIONS.join(', ')}`)];
  }
  return [
    ...versions.flatMap((version, i) =>
      versions.indexOf(version) < i
        ? [invalid(`${field}[${i}]`, version, 'duplicate version')]
        : label1035(version).map(text =>
            invalid(`${field}[${i}]`, version, text),
          ),
    ),
    ...(versions.some(version => VERSIONS.includes(version))
      ? []
      : [
          invalid(
            field,
            versions,
            `must include at least one of ${VERSIONS.join(', ')}`,
          ),
        ]),
  ];
}

function validateSideEffects(value: unknown, field: string): FieldError[] {
  return value === undefined
    ? [required(field, `must specify one of ${SIDE_EFFECTS.join(', ')}`)]
    : oneOf(value, field, SIDE_EFFECTS);
}

const validateConditions = (
  conditions: any[] = [],
  field: string,
): FieldError[] =>
  conditions.flatMap(({ name, expression }, i) => [
    ...(expression?.trim() ? [] : [required(`${field}[${i}].expression`)]),
    ...(name ? [] : [required(`${field}[${i}].name`)]),
    ...(name && conditions.findIndex(other => other.name === name) < i
      ? [duplicate(`${field}[${i}].name`, name)]
      : []),
  ]);

function validateWebhook(webhook: any, field: string): FieldError[] {
  const { timeoutSeconds: seconds } = webhook;
  return [
    ...validateName(webhook.name, `${field}.name`),
    ...(webhook.rules ?? []).flatMap((rule: any, i: number) =>
      validateRule(rule, `${field}.rules[${i}]`),
    ),
    ...oneOf(webhook.failurePolicy, `${field}.failurePolicy`, [
      'Fail',
      'Ignore',
    ]),
    ...oneOf(webhook.matchPolicy, `${field}.matchPolicy`, [
      'Equivalent',
      'Exact',
    ]),
    ...validateSideEffects(webhook.sideEffects, `${field}.sideEffects`),
    ...(seconds !== undefined && (seconds < 1 || seconds > 30)
      ? [
          invalid(
            `${field}.timeoutSeconds`,
            seconds,
            'the timeout value must be between 1 and 30 seconds',
          ),
        ]
      : []),
    ...validateLabelSelector(
      webhook.namespaceSelector,
      `${field}.namespaceSelector`,
    ),
    ...validateLabelSelector(webhook.objectSelector, `${field}.objectSelector`),
    ...oneOf(webhook.reinvocationPolicy, `${field}.reinvocationPolicy`, [
      'IfNeeded',
      'Never',
    ]),
    ...validateClientConfig(webhook.clientConfig, `${field}.clientConfig`),
    ...validateConditions(webhook.matchConditions, `${field}.matchConditions`),
  ];
}

/** The webhooks of a configuration, mutating or validating. */
export const validateWebhooks = (webhooks: any[] = []): FieldError[] =>
  webhooks.flatMap((webhook, i) => [
    ...validateWebhook(webhook, `webhooks[${i}]`),
    ...validateVersions(
      webhook.admissionReviewVersions,
      `webhooks[${i}].admissionReviewVersions`,
    ),
    ...(webhooks.findIndex(other => other.name === webhook.name) < i
      ? [duplicate(`webhooks[${i}].name`, webhook.name)]
      : []),
  ]);
