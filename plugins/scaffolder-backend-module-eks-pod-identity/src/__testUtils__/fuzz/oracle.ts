import Ajv, { type ValidateFunction } from 'ajv';
import type {
  Operation,
  StartOperation,
} from 'backstage-plugin-eks-pod-identity-common';
import { document, type FuzzInput } from './inputs';

interface Ref {
  namespace: string;
  serviceAccount: string;
}

/** What came back. */
export interface Outcome {
  status: number;
  /** All that the caller can read. */
  text: string;
  refusal?: { name: string; message: string };
  answer?: unknown;
  /** As it ended. */
  operation?: Operation;
  /** Whether an action asked the backend at all. */
  reached?: boolean;
}

/** What happened meanwhile. */
export interface Seen {
  calls: { all: string[]; writes: string[] };
  before: Map<string, string>;
  after: Map<string, string>;
  errorLines: string[];
  /** Keys and tokens that the sandbox issued lately. */
  secrets: string[];
}

/** Texts of a database, its drivers, or a program's inside. Inputs contain none of them. */
const TOO_MUCH =
  /\n\s+at |node_modules|\.[tj]s:\d|SQLITE_|\bknex\b|\bselect .* from\b|\binsert into\b|\bupdate .* set\b|\bdelete from\b|violates|\$1\b|Cannot read prop|is not a function|undefined|\[object /i;

/** Statuses of Node's HTTP parser, which answers before any of our code. */
const OF_THE_PARSER = [414, 431];

const ajv = new Ajv({ strict: false, unicodeRegExp: false, allErrors: true });
ajv.addSchema({ $id: 'document', ...document });

const validators = new Map<string, ValidateFunction>();
function validatorOf(name: string): ValidateFunction {
  const known = validators.get(name);
  if (known) return known;
  const made = ajv.compile({ $ref: `document#/components/schemas/${name}` });
  validators.set(name, made);
  return made;
}

const INPUTS: Record<StartOperation['kind'], string> = {
  associate: 'AssociateInput',
  verify: 'VerifyInput',
  teardown: 'TeardownInput',
  restart: 'RestartInput',
  migrate: 'MigrateInput',
  rollback: 'RollbackInput',
};

/** Fields of the request's input that the document refuses; undefined if it accepts them or there is no such input. */
function wrongFields(input: FuzzInput): string[] | undefined {
  if (input.kind === 'action') return undefined;
  if (!input.body || !('value' in input.body)) return undefined;
  // Then the body is not read as JSON
  if (Object.keys(input.headers).some(name => name.startsWith('content-'))) {
    return undefined;
  }
  const body = JSON.parse(JSON.stringify(input.body.value) ?? 'null');
  const isQueue =
    input.kind === 'route' && input.operationId === 'startMoveQueue';
  const name = isQueue
    ? 'StartMoveQueue'
    : new Map(Object.entries(INPUTS)).get(body?.kind);
  if (!name) return ['kind', 'Expected object'];
  const validate = validatorOf(name);
  if (validate(isQueue ? body : body.input)) return undefined;
  return (validate.errors ?? []).map(
    ({ instancePath, params }) =>
      params.additionalProperty ??
      params.missingProperty ??
      instancePath.split('/').pop(),
  );
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** Its address is that of no route: Backstage answers 404 without a word. */
function isElsewhere(input: FuzzInput): boolean {
  return (
    input.kind === 'route' &&
    input.path.some(
      part =>
        part === '' ||
        (typeof part === 'object' && 'raw' in part && part.raw === ''),
    )
  );
}

/** The input is right in itself; only what AWS has speaks against it. */
function contradictsWhatIsThere(input: FuzzInput, message: string): boolean {
  const asked = JSON.stringify(refOf(input) ?? null);
  return (
    (/^trustScope .* cannot work with disableSessionTags/.test(message) &&
      !asked.includes('"disableSessionTags":true')) ||
    /^disableSessionTags: the association has a session policy/.test(message) ||
    /^roleArn: the role .* is arn:aws:iam::\d+:role/.test(message)
  );
}

function assertRefusal(
  input: FuzzInput,
  { status, refusal, reached }: Outcome,
  { calls }: Seen,
) {
  if (!refusal || OF_THE_PARSER.includes(status)) return;
  if (status === 404 && isElsewhere(input)) return;
  const { name, message } = refusal;
  check(
    message.length >= 10 && message.length <= 4_000,
    `A refusal of ${message.length} characters: ${message.slice(0, 200)}`,
  );
  check(!TOO_MUCH.test(message), `It tells too much: ${message}`);
  const isWrong = status === 400 || (name === 'InputError' && !reached);
  check(
    !isWrong || contradictsWhatIsThere(input, message) || !calls.all.length,
    `"${message}" came after ${calls.all.join(', ')}`,
  );
}

function assertWrongFieldsRefused(
  input: FuzzInput,
  outcome: Outcome,
  seen: Seen,
) {
  const fields = wrongFields(input);
  if (!fields) return;
  check(
    outcome.refusal !== undefined,
    `Accepted although the document refuses ${fields.join(', ')}`,
  );
  check(seen.calls.all.length === 0, `Called ${seen.calls.all.join(', ')}`);
  const { message } = outcome.refusal!;
  check(
    outcome.status !== 400 ||
      /NUL|levels deep|entries, of which|JSON|body/.test(message) ||
      fields.some(field => message.includes(field.slice(0, 20))),
    `Names none of ${fields
      .map(field => field.slice(0, 20))
      .join(', ')}: ${message}`,
  );
}

function refOf(input: FuzzInput): (Ref & { clusterName: string }) | undefined {
  if (input.kind === 'action') return input.input as any;
  return input.body && 'value' in input.body
    ? (input.body.value as any)?.input
    : undefined;
}

/** Roles that the request names, or that are tagged as this service account's. */
function isOwnRole(thing: string, input: FuzzInput, ref: Ref): boolean {
  const { name, tags } = JSON.parse(thing);
  const asked = JSON.stringify(refOf(input));
  return (
    asked.includes(`/${name}"`) ||
    asked.includes(`"${name}"`) ||
    (JSON.stringify(tags).includes(`"${ref.namespace}"`) &&
      JSON.stringify(tags).includes(`"${ref.serviceAccount}"`))
  );
}

/** A pod of the service account, where the request asks for its workloads to be restarted. */
function isOwnPod(thing: string, input: FuzzInput, own: string): boolean {
  const { restartWorkloads } = refOf(input) as { restartWorkloads?: boolean };
  return restartWorkloads === true && JSON.parse(thing).ref === own;
}

/** Everything that changed belongs to the service account that was asked for. */
function assertWithinRef(input: FuzzInput, { before, after }: Seen) {
  const names = new Set([...before.keys(), ...after.keys()]);
  const changed = [...names].filter(
    name => before.get(name) !== after.get(name),
  );
  if (changed.length === 0) return;
  const ref = refOf(input)!;
  const own = `${ref.namespace}/${ref.serviceAccount}`;
  const foreign = changed.filter(name => {
    const thing = after.get(name) ?? before.get(name)!;
    if (name.startsWith('role ')) return !isOwnRole(thing, input, ref);
    if (name.startsWith('pod ')) return !isOwnPod(thing, input, own);
    return ![
      `association ${own}`,
      `serviceaccount ${own}`,
      `namespace ${ref.namespace}`,
    ].includes(name);
  });
  check(
    foreign.length === 0,
    `Changed ${foreign.join(', ')}, asked for ${own}`,
  );
}

const written = (ref: object) => Object.values(ref).join('/');

/** What an accepted input is answered with is about what it named. */
function assertAnswer(
  input: FuzzInput,
  { refusal, answer, operation }: Outcome,
) {
  if (refusal) return;
  if (input.kind === 'route' && input.operationId === 'getEntityIdentities') {
    const [kind, namespace, name] = input.path.slice(2);
    const asked = `${kind}:${namespace}/${name}`.toLocaleLowerCase('en-US');
    const { entityRef } = answer as { entityRef: string };
    check(entityRef === asked, `About ${entityRef}, asked for ${asked}`);
  }
  const { ref } = (operation ?? answer ?? {}) as { ref?: object };
  const asked = refOf(input);
  if (!ref || !asked) return;
  const { clusterName, namespace, serviceAccount } = asked;
  const wanted = written({ clusterName, namespace, serviceAccount });
  check(written(ref) === wanted, `For ${written(ref)}, asked for ${wanted}`);
}

function assertOperation({ operation }: Outcome) {
  const { name = '', message = '' } = operation?.error ?? {};
  check(
    name !== 'Error' && !TOO_MUCH.test(message),
    `It failed as no operation should: ${name}: ${message}`,
  );
}

/** @throws what the portal did that it must never do */
export function assertSound(input: FuzzInput, outcome: Outcome, seen: Seen) {
  check(
    outcome.status < 500,
    `Answered ${outcome.status}: ${outcome.refusal?.message ?? outcome.text}`,
  );
  check(
    seen.errorLines.length === 0,
    `Logged an error: ${seen.errorLines.join('\n')}`,
  );
  const mayWrite =
    (input.kind === 'action' && !input.dryRun) ||
    outcome.operation !== undefined;
  check(
    mayWrite || seen.calls.writes.length === 0,
    `Wrote without an operation: ${seen.calls.writes.join(', ')}`,
  );
  assertRefusal(input, outcome, seen);
  assertWrongFieldsRefused(input, outcome, seen);
  assertAnswer(input, outcome);
  assertOperation(outcome);
  check(
    !seen.secrets.some(secret => outcome.text.includes(secret)),
    'It gives away a secret',
  );
  assertWithinRef(input, seen);
}
