import { MAX_PERMISSION_CHECKS } from 'backstage-plugin-eks-pod-identity-common';
import { NEVER_OPTIONS } from '../../clusters/defaults';
import { GROUPS } from '../../clusters/portalRoles';
import { LOADING } from '../../clusters/probeCommand';
import type { ClusterConfig } from '../../clusters/types';
import { PROBE_NAME_PREFIX } from '../../identity/trustContext';
import {
  type AdmissionPolicy,
  celList,
  celText,
  onlyKeys,
  ownPolicy,
  type Validation,
} from '../../kubernetes/admissionPolicies';
import { ACCEPTED_SCRIPTS } from './acceptedScripts';
import { AGENT_URIS } from '../framework/addresses';
import { TOKEN_AUDIENCE } from './injection';
import { IRSA_MOUNT as IRSA, probePod } from './podSpec';

type Settings = Pick<ClusterConfig, 'probe' | 'namespaces' | 'guardrails'>;

/** What Kubernetes and EKS add to every pod, beside what the probe has. */
const ADDED = {
  metadata: ['creationTimestamp', 'generation', 'managedFields', 'uid'],
  spec: [
    'dnsPolicy',
    'imagePullSecrets',
    'preemptionPolicy',
    'priority',
    'priorityClassName',
    'schedulerName',
    'serviceAccount',
  ],
  container: ['imagePullPolicy', 'resizePolicy'],
};

const SECRETS = '/var/run/secrets';
const POD_IDENTITY = `${SECRETS}/pods.eks.amazonaws.com/serviceaccount`;

/** What the webhook of EKS may set: with Pod Identity, or by the annotation of IRSA. */
const INJECTED: Record<string, string> = {
  AWS_STS_REGIONAL_ENDPOINTS: 'regional|legacy',
  AWS_DEFAULT_REGION: '[a-z0-9-]+',
  AWS_REGION: '[a-z0-9-]+',
  AWS_CONTAINER_CREDENTIALS_FULL_URI: AGENT_URIS.map(quoted).join('|'),
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: quoted(
    `${POD_IDENTITY}/eks-pod-identity-token`,
  ),
  // Also what is no ARN: the probe shows what comes of it.
  AWS_ROLE_ARN: '.*',
  AWS_WEB_IDENTITY_TOKEN_FILE: quoted(`${IRSA}/token`),
};

/** Audiences of the tokens that it mounts. */
const AUDIENCES = [TOKEN_AUDIENCE, 'sts.amazonaws.com'];

/** A text inside a regular expression. */
function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

const whole = (pattern: string) => celText(`^(${pattern})$`);

const and = (parts: string[]) => parts.join(' && ');
const or = (parts: string[]) => parts.join(' || ');

/** One probe of the portal with everything that a run may set. */
const sampleOf = ({ probe }: Settings) =>
  probePod({
    ref: { cluster: 'c', namespace: 'n', serviceAccount: 's' },
    probe: { ...probe, tolerations: [{}], imagePullSecrets: ['s'] },
    portalId: 'p',
    taskId: 't',
    placement: { affinity: { nodeAffinity: {} } },
    deadlineSeconds: 1,
    now: 0,
    graceSeconds: 0,
    permissionChecks: [],
  });

/** That the object at a path of CEL has exactly these values and no other fields. */
function equals(path: string, value: unknown): string[] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return [
      onlyKeys(`${path}.orValue({})`, Object.keys(value)),
      ...Object.entries(value).flatMap(([key, one]) =>
        equals(`${path}.?${key}`, one),
      ),
    ];
  }
  if (Array.isArray(value)) {
    return [`${path}.orValue([]) == ${celList(value)}`];
  }
  return typeof value === 'string'
    ? [`${path}.orValue('') == ${celText(value)}`]
    : [
        `${path}.orValue(${
          typeof value === 'number' ? -1 : !value
        }) == ${value}`,
      ];
}

/** How long a run may take, seconds; after it Kubernetes ends the pod. */
const LONGEST_RUN = 3600;

const POD = 'variables.spec';
const CONTAINER = 'variables.container';
const WORDS = 'variables.words';

/** Where the first permission check begins among the words of the command. */
const FIRST_CHECK = 7;

/**
 * Where each permission check begins, and where the last one ends. The script counts the words of a check, and computes
 * with the number: another text there would be code.
 */
const BEGINNINGS = Object.fromEntries(
  Array.from({ length: MAX_PERMISSION_CHECKS + 1 }, (_, index) => {
    const before = `variables.check${index}`;
    return [
      `check${index + 1}`,
      index === 0
        ? `${FIRST_CHECK}`
        : `${before} == size(${WORDS}) ? ${before} : ${before} + 1 < size(${WORDS}) && ${WORDS}[${before} + 1].matches('^[1-9][0-9]?$') ? ${before} + 2 + int(${WORDS}[${before} + 1]) : -1`,
    ];
  }),
);

/** The probe may pass to `aws` the commands of the configuration, with their options, and nothing else. */
function allowedCommands({ guardrails }: Settings): Validation[] {
  const { commands } = guardrails.probe;
  const options = [...new Set(Object.values(commands).flat())]
    .filter(option => !NEVER_OPTIONS.includes(option))
    .map(option => `${quoted(option)}(=.*)?`);
  const checks = Array.from(
    { length: MAX_PERMISSION_CHECKS },
    (_, index) => `variables.check${index + 1}`,
  );
  const others = (what: string) =>
    `${WORDS}.all(word, word in variables.scripts || ${what})`;
  return [
    {
      message: 'another number of words than a permission check says',
      expression: `variables.check${
        MAX_PERMISSION_CHECKS + 1
      } == size(${WORDS})`,
    },
    {
      message:
        'a command that guardrails.probe.commands of app-config does not list',
      expression: and(
        checks.map(
          at =>
            `(${at} == size(${WORDS}) || ${at} > 0 && ${at} + 3 < size(${WORDS}) && ${WORDS}[${at}].startsWith('p.') && (${WORDS}[${at} + 2] + ' ' + ${WORDS}[${at} + 3]) in ${celList(
              Object.keys(commands),
            )})`,
        ),
      ),
    },
    {
      message:
        'an option that guardrails.probe.commands of app-config does not list',
      expression: others(
        `!word.startsWith('-') || word.matches(${whole(
          ['-c', ...options].join('|'),
        )})`,
      ),
    },
    {
      message: 'a word that the AWS CLI would load from a file or an address',
      expression: others(
        `!word.lowerAscii().matches(${celText(LOADING.source)})`,
      ),
    },
    {
      message: 'control characters, or a word that Kubernetes would expand',
      expression: others(
        `word.matches(${celText(
          '^([^$\\x00-\\x1f\\x7f]|[$][$]|[$][^$(\\x00-\\x1f\\x7f])*[$]?$',
        )})`,
      ),
    },
  ];
}

/** That a text matches one of the patterns of the configuration, in which `*` stands for any text. */
const matchesOne = (text: string, patterns: readonly string[]) =>
  `${text}.matches(${whole(
    patterns.map(one => quoted(one).replaceAll('\\*', '.*')).join('|'),
  )})`;

/** Lets the group of those who verify create the probe of this portal, and no other pod. */
export function probePolicy(settings: Settings): AdmissionPolicy {
  const { metadata, spec } = sampleOf(settings);
  const [container] = spec!.containers;
  const { allow, deny } = settings.namespaces;
  const [shell, flag, , zero, out] = container.command!;
  const list = (path: string) => `${path}.orValue([])`;
  const validations: Validation[] = [
    {
      message:
        'a namespace that namespaces.allow and namespaces.deny of app-config leave out',
      expression: and([
        matchesOne('request.namespace', allow),
        ...(deny.length ? [`!${matchesOne('request.namespace', deny)}`] : []),
      ]),
    },
    {
      message: 'another name',
      expression: `object.metadata.name.matches(${whole(
        `${quoted(PROBE_NAME_PREFIX)}[0-9a-f]{10}`,
      )})`,
    },
    {
      message: 'metadata that the probe does not have',
      expression: onlyKeys('dyn(object.metadata)', [
        ...Object.keys(metadata!),
        ...ADDED.metadata,
      ]),
    },
    {
      message: 'a field of the pod that the probe does not have',
      expression: onlyKeys(POD, [...Object.keys(spec!), ...ADDED.spec]),
    },
    {
      message: 'another way to run, or no end',
      expression: and([
        ...[
          'restartPolicy',
          'terminationGracePeriodSeconds',
          'automountServiceAccountToken',
          'enableServiceLinks',
        ].flatMap(key =>
          equals(`${POD}.?${key}`, spec![key as 'restartPolicy']),
        ),
        `${POD}.?activeDeadlineSeconds.orValue(${
          LONGEST_RUN + 1
        }) <= ${LONGEST_RUN}`,
      ]),
    },
    {
      message: 'another security context of the pod',
      expression: and(equals(`${POD}.?securityContext`, spec!.securityContext)),
    },
    {
      message: 'another placement than on a Linux node by node affinity',
      expression: and([
        `${POD}.?nodeSelector[?'kubernetes.io/os'].orValue('') == 'linux'`,
        onlyKeys(`${POD}.?affinity.orValue({})`, ['nodeAffinity']),
      ]),
    },
    {
      message: 'a priority of the system',
      // EKS gives one to pods on Fargate.
      expression: `!${POD}.?priorityClassName.orValue('').startsWith('system-') || ${POD}.?schedulerName.orValue('') == 'fargate-scheduler'`,
    },
    {
      message: 'more than one container',
      expression: `size(${list(`${POD}.?containers`)}) == 1`,
    },
    {
      message: 'a field of the container that the probe does not have',
      expression: onlyKeys(CONTAINER, [
        ...Object.keys(container),
        ...ADDED.container,
      ]),
    },
    {
      message: 'another image',
      expression: `${CONTAINER}.?image.orValue('') == ${celText(
        container.image!,
      )}`,
    },
    {
      message: 'another way to run its container',
      expression: and([
        ...[
          'name',
          'workingDir',
          'terminationMessagePath',
          'terminationMessagePolicy',
        ].flatMap(key =>
          equals(`${CONTAINER}.?${key}`, container[key as 'name']),
        ),
        onlyKeys(`${CONTAINER}.?resources.orValue({})`, ['limits', 'requests']),
      ]),
    },
    {
      message: 'another security context of the container',
      expression: and(
        equals(`${CONTAINER}.?securityContext`, container.securityContext),
      ),
    },
    {
      message:
        'another command than the script of the probe, of this version or the one before',
      expression: and([
        `size(${WORDS}) >= ${FIRST_CHECK}`,
        `${WORDS}[0] == ${celText(shell)}`,
        `${WORDS}[1] == ${celText(flag)}`,
        `${WORDS}[2] in variables.scripts`,
        `${WORDS}[3] == ${celText(zero)}`,
        `${WORDS}[4] == ${celText(out)}`,
        // The script computes with it: another text would be code.
        `${WORDS}[5].matches('^[0-9]{1,6}$')`,
        `${WORDS}[6] in ['yes', 'no']`,
      ]),
    },
    ...allowedCommands(settings),
    {
      message: 'another environment than its own and that of EKS',
      expression: `${list(`${CONTAINER}.?env`)}.all(one, ${onlyKeys('one', [
        'name',
        'value',
      ])} && (${or([
        ...container.env!.map(
          ({ name, value }) =>
            `one.name == ${celText(
              name,
            )} && one.?value.orValue('') == ${celText(value!)}`,
        ),
        ...Object.entries(INJECTED).map(
          ([name, value]) =>
            `one.name == ${celText(
              name,
            )} && one.?value.orValue('').matches(${whole(value)})`,
        ),
      ])}))`,
    },
    {
      message: 'another volume than its own and the tokens of EKS',
      expression: `${list(`${POD}.?volumes`)}.all(one, ${or([
        ...spec!.volumes!.map(
          ({ name, ...source }) =>
            `one.name == ${celText(name)} && ${and(
              Object.entries(source).flatMap(([key, value]) => [
                onlyKeys('one', ['name', key]),
                ...equals(`one.?${key}`, value),
              ]),
            )}`,
        ),
        `${onlyKeys('one', [
          'name',
          'projected',
        ])} && one.?projected.?sources.orValue([]).all(source, ${onlyKeys(
          'source',
          ['serviceAccountToken'],
        )} && source.?serviceAccountToken.?audience.orValue('') in ${celList(
          AUDIENCES,
        )})`,
      ])})`,
    },
    {
      message: 'another place of a volume',
      expression: `${list(`${CONTAINER}.?volumeMounts`)}.all(one, ${onlyKeys(
        'one',
        ['name', 'mountPath', 'readOnly'],
      )} && one.mountPath in ${celList([
        ...container.volumeMounts!.map(({ mountPath }) => mountPath),
        POD_IDENTITY,
        IRSA,
      ])})`,
    },
  ];
  return ownPolicy({
    name: 'probe-only',
    kubernetesGroup: GROUPS.verify,
    apiGroup: '',
    resource: 'pods',
    operation: 'CREATE',
    // Dry runs try pods of all templates.
    freeDryRuns: true,
    variables: {
      spec: 'dyn(object.spec)',
      container: 'dyn(object.spec).?containers[?0].orValue({})',
      words: `${CONTAINER}.?command.orValue([])`,
      scripts: celList(ACCEPTED_SCRIPTS),
      ...BEGINNINGS,
    },
    validations: validations.map(({ message, expression }) => ({
      expression,
      message: `The group ${GROUPS.verify} may create the probe of the developer portal and no other pod. This one has ${message}.`,
    })),
  });
}
