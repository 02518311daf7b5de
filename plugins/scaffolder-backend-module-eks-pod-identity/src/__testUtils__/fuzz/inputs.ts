import { readFileSync } from 'node:fs';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import fc from 'fast-check';
import { parse } from 'yaml';
import { ANA, SAM } from '../portal';
import { fromSchema, type Known, mutated, type Schema } from './fromSchema';
import { hostileText } from './hostile';

export const ACTIONS = [
  'associate',
  'verify',
  'teardown',
  'migrate',
  'rollback',
] as const;

/** Stands in an address for the id of something that an earlier input made. */
export interface Made {
  made: 'operation' | 'report';
  index: number;
}

/** Goes into the address as it is, percent signs included. */
interface Raw {
  raw: string;
}

export type Part = string | Made | Raw;

interface RouteInput {
  kind: 'route';
  /** Of the OpenAPI document. */
  operationId: string;
  method: string;
  /** Segments; each is encoded on its own. */
  path: Part[];
  query: [string, unknown][];
  headers: Record<string, string>;
  /** A value becomes JSON; a text in `raw` is sent as it is. */
  body?: { value: unknown } | { raw: string };
  user: string | undefined;
  /** Sent by the scaffolder on behalf of the user, as tasks do. */
  forTask: boolean;
}

interface ActionInput {
  kind: 'action';
  action: (typeof ACTIONS)[number];
  input: unknown;
  dryRun: boolean;
  user: string;
}

export type FuzzInput = RouteInput | ActionInput;

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  schema: Schema;
}

interface Operation {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
}

/** The document that the backend publishes; a test there holds it against the router. */
export const document: Document = parse(
  readFileSync(
    resolvePackagePath(
      'backstage-plugin-eks-pod-identity-backend',
      'openapi.yaml',
    ),
    'utf8',
  ),
);

export const operationIds = Object.values(document.paths).flatMap(methods =>
  Object.values(methods).map(({ operationId }) => operationId),
);

const managed = (name: string) => `arn:aws:iam::aws:policy/${name}`;
const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;

/** The first, four times as often as each other. */
const oftenest = (first: string, ...others: string[]) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(first) },
    ...others.map(other => ({ weight: 1, arbitrary: fc.constant(other) })),
  );

const roles = fc.constantFrom(
  role('workloads/adoptable'),
  role('payments-prod-nodes'),
  role('no-such-role'),
);

/** Mostly what is there and allowed, so that a good part of the inputs is accepted. */
const known: Known = {
  clusterName: fc.constant('payments-prod'),
  cluster: oftenest('payments-prod', 'other'),
  namespace: oftenest('payments', 'kube-system'),
  serviceAccount: fc.constantFrom('fuzz-1', 'fuzz-2', 'payments-api'),
  entityRef: oftenest(
    'component:default/payments-api',
    'Component:default/payments-ledger',
    'component:default/cart-api',
  ),
  roleArn: roles,
  expectedRoleArn: roles,
  targetRoleArn: fc.constantFrom('', role('no-such-role')),
  roleName: fc.constantFrom('fuzzed-role', 'payments-prod-nodes'),
  rolePath: fc.constantFrom('/backstage/', '/', '/backstage/fuzz/'),
  managedPolicyArns: fc.subarray([
    managed('AmazonS3ReadOnlyAccess'),
    managed('AmazonSQSReadOnlyAccess'),
  ]),
  detachManagedPolicyArns: fc.subarray([managed('AmazonSNSReadOnlyAccess')]),
  command: fc.constantFrom(['s3', 'ls'], ['sts', 'get-caller-identity']),
  sessionPolicy: fc.constantFrom('', { Version: '2012-10-17', Statement: [] }),
  createdByTask: fc.constantFrom('task-1', ''),
  taskId: fc.constantFrom('task-1', ''),
  idempotencyKey: fc.constantFrom('', '', 'key'),
  timeoutSeconds: fc.constantFrom(1, 60, 3600),
  name: fc.constantFrom('fuzz-1', 'payments-api', 'list-buckets'),
  kind: fc.constantFrom('component', 'Component', 'user'),
};

const KINDS_OF_ID: Record<string, Made['made']> = {
  operations: 'operation',
  reports: 'report',
};

/** A value for a segment of a path. */
function segment(parameter: Parameter, path: string): fc.Arbitrary<Part> {
  const made = KINDS_OF_ID[path.split('/')[2]];
  if (made && parameter.name === 'id') {
    return fc.record({ made: fc.constant(made), index: fc.nat(20) });
  }
  const name = path.startsWith('/v1/clusters/{id}') ? 'cluster' : '';
  const isEntity = path.startsWith('/v1/entities/');
  const known_: Known = isEntity
    ? {
        ...known,
        namespace: fc.constant('default'),
        name: fc.constantFrom('payments-api', 'cart-api', 'nothing'),
      }
    : known;
  return fromSchema(parameter.schema, {
    document,
    known: known_,
    name: parameter.name === 'id' ? name : parameter.name,
  }).map(String);
}

const hostileSegment: fc.Arbitrary<Part> = fc.oneof(
  hostileText,
  fc
    .constantFrom('%zz', '%ff', '%ed%a0%80', '%2e%2e', '%2F', '..', '')
    .map(raw => ({ raw })),
);

/** The good value three times in four. */
const orHostile = <T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: good }, { weight: 1, arbitrary: bad });

function pathOf(path: string, parameters: Parameter[]): fc.Arbitrary<Part[]> {
  const parts = path.split('/').slice(1);
  return fc.tuple(
    ...parts.map(part => {
      const parameter = parameters.find(({ name }) => part === `{${name}}`);
      return parameter
        ? orHostile(segment(parameter, path), hostileSegment)
        : fc.constant<Part>(part);
    }),
  );
}

function queryOf(parameters: Parameter[]): fc.Arbitrary<[string, unknown][]> {
  const values = parameters.map(({ name, schema }) =>
    fc.tuple(
      fc.oneof(
        { weight: 8, arbitrary: fc.constant(name) },
        { weight: 1, arbitrary: fc.constantFrom(`${name}[]`, `${name}[a]`) },
        { weight: 1, arbitrary: hostileText },
      ),
      orHostile<unknown>(
        fromSchema(schema, { document, known: {}, name }),
        hostileText,
      ),
    ),
  );
  if (values.length === 0) return fc.constant([]);
  return fc.array(fc.oneof(...values), { maxLength: 3 });
}

const ODD_BODIES = [
  '',
  'null',
  '[]',
  '"x"',
  '{',
  '{"kind":',
  '\ufeff{}',
  '{}{}',
];
const ODD_HEADERS: Record<string, string>[] = [
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/json; charset=utf-99' },
  { 'content-encoding': 'gzip' },
  { 'content-encoding': 'compress' },
  { 'if-none-match': '*' },
  { 'last-event-id': '-1' },
  { 'last-event-id': '999999999999' },
  { 'last-event-id': '2' },
];

function bodyOf({ requestBody }: Operation): fc.Arbitrary<RouteInput['body']> {
  if (!requestBody) return fc.constant(undefined);
  const { schema } = requestBody.content['application/json'];
  const { kind: _, ...ofBody } = known;
  const good = fromSchema(schema, { document, known: ofBody, name: '' });
  return fc.oneof(
    { weight: 12, arbitrary: mutated(good).map(value => ({ value })) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...ODD_BODIES).map(raw => ({ raw })),
    },
  );
}

function routeInput(
  path: string,
  method: string,
  operation: Operation,
): fc.Arbitrary<FuzzInput> {
  const parameters = operation.parameters ?? [];
  const within = (place: Parameter['in']) =>
    parameters.filter(parameter => parameter.in === place);
  return fc.record({
    kind: fc.constant('route' as const),
    operationId: fc.constant(operation.operationId),
    method: fc.constant(method.toUpperCase()),
    path: pathOf(path, within('path')),
    query: operation.requestBody
      ? fc.oneof(fc.constant<[string, unknown][]>([]), queryOf(within('query')))
      : queryOf(within('query')),
    headers: fc.oneof(
      { weight: 9, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: fc.constantFrom(...ODD_HEADERS) },
    ),
    body: bodyOf(operation),
    user: fc.constantFrom(ANA, ANA, ANA, ANA, ANA, SAM, undefined),
    forTask: fc.boolean(),
  });
}

function actionInput(action: ActionInput['action']): fc.Arbitrary<FuzzInput> {
  const name = `${action[0].toUpperCase()}${action.slice(1)}Input`;
  const schema = { $ref: `#/components/schemas/${name}` };
  return fc.record({
    kind: fc.constant('action' as const),
    action: fc.constant(action),
    input: mutated(fromSchema(schema, { document, known, name: '' })),
    dryRun: fc.boolean(),
    user: fc.constantFrom(ANA, ANA, ANA, SAM),
  });
}

/** Inputs of every route of the document and of every action; those with a body twice as often. */
export const fuzzInput: fc.Arbitrary<FuzzInput> = fc.oneof(
  ...Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      weight: operation.requestBody ? 4 : 2,
      arbitrary: routeInput(path, method, operation),
    })),
  ),
  ...ACTIONS.map(action => ({ weight: 2, arbitrary: actionInput(action) })),
);

function startOperation(more: object, input: object = {}): FuzzInput {
  const value = {
    kind: 'associate',
    input: {
      clusterName: 'payments-prod',
      namespace: 'payments',
      serviceAccount: 'fuzz-1',
      entityRef: 'component:default/payments-api',
      ...input,
    },
    ...more,
  };
  return {
    kind: 'route',
    operationId: 'startOperation',
    method: 'POST',
    path: ['v1', 'operations'],
    query: [],
    headers: {},
    body: { value },
    user: ANA,
    forTask: false,
  };
}

const halfCursor: FuzzInput = {
  kind: 'route',
  operationId: 'listReports',
  method: 'GET',
  path: [
    'v1',
    'service-accounts',
    'payments-prod',
    'payments',
    'fuzz-1',
    'reports',
  ],
  query: [['cursor', Buffer.from('12').toString('base64url')]],
  headers: {},
  user: ANA,
  forTask: false,
};

/** What was once answered with 500, or with the whole of the input. Each run begins with them. */
export const onceFound: [FuzzInput][] = [
  [startOperation({ idempotencyKey: '' })],
  [startOperation({ idempotencyKey: '' })],
  [startOperation({ idempotencyKey: 'key\0' })],
  [startOperation({}, { tags: { 'a\0': '' } })],
  [startOperation({}, { ['a'.repeat(20_000)]: 1 })],
  [halfCursor],
];
