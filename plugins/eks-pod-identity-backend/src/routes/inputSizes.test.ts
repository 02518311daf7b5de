import { TestDatabases } from '@backstage/backend-test-utils';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import { openApiDocument } from '../__testUtils__/openApiDocument';
import {
  ADA,
  appConfig,
  associate,
  type Replica,
  startReplica,
} from '../__testUtils__/testBackend';

type Schema = Record<string, any>;

const document: Schema = openApiDocument();

/** Every part of a schema that can grow, with whether the schema itself ends that. */
function growing(
  schema: Schema,
  path: string,
): { path: string; ends: boolean }[] {
  if (schema.$ref) {
    const [, ...keys] = schema.$ref.split('/');
    const found = keys.reduce((at: Schema, key: string) => at[key], document);
    return growing(found, path);
  }
  const inner = [
    ...['oneOf', 'anyOf', 'allOf'].flatMap(key => schema[key] ?? []),
    ...(schema.items ? [schema.items] : []),
  ].flatMap(one => growing(one, path));
  const fields = Object.entries<Schema>(schema.properties ?? {}).flatMap(
    ([name, one]) => growing(one, `${path}.${name}`),
  );
  const own = {
    string: schema.enum ? undefined : schema.maxLength !== undefined,
    array: schema.maxItems !== undefined,
    object: schema.properties ? undefined : schema.maxProperties !== undefined,
    number: schema.maximum !== undefined,
    integer: schema.maximum !== undefined,
  }[schema.type as string];
  return [
    ...(own === undefined ? [] : [{ path, ends: own }]),
    ...inner,
    ...fields,
  ];
}

/** Bodies and queries; Node.js itself refuses a longer address or header than 16 KB. */
const inputs = Object.values<Schema>(document.paths)
  .flatMap(methods => Object.values<Schema>(methods))
  .flatMap(({ parameters = [], requestBody }) => [
    ...parameters
      .filter((one: Schema) => one.in === 'query')
      .flatMap((one: Schema) => growing(one.schema, `?${one.name}`)),
    ...(requestBody
      ? growing(requestBody.content['application/json'].schema, 'body')
      : []),
  ]);

/** What has any keys, and who ends that. */
const BY_GUARDRAIL: Record<string, [input: object, refused: RegExp]> = {
  'body.input.inlinePolicies': [
    { inlinePolicies: { mine: policyOf(12_000) } },
    /inlinePolicies have \d+ bytes in all, and a role can hold at most/,
  ],
  'body.input.sessionPolicy': [
    { sessionPolicy: policyOf(3_000), disableSessionTags: true },
    /sessionPolicy has \d+ characters, and EKS accepts at most/,
  ],
  'body.input.tags': [
    {
      tags: Object.fromEntries(
        Array.from({ length: 60 }, (_, index) => [`key-${index}`, '']),
      ),
    },
    /tags: \d+ with the ownership tags and the configured ones, and AWS takes at most/,
  ],
};

function policyOf(bytes: number) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 's3:GetObject',
        Resource: Array.from(
          { length: bytes / 40 },
          (_, index) => `arn:aws:s3:::invoices-of-payments/${index}/x`,
        ),
      },
    ],
  };
}

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('the size of every input', () => {
  it('ends by its schema, or by a guardrail', () => {
    expect(inputs.length).toBeGreaterThan(50);
    const open = inputs.filter(({ ends }) => !ends).map(({ path }) => path);
    expect([...new Set(open)].sort()).toEqual(Object.keys(BY_GUARDRAIL).sort());
  });

  describe('that a guardrail ends', () => {
    let replica: Replica;
    beforeAll(async () => {
      replica = await startReplica({
        world: new FakeWorld(),
        knex: await databases.init('SQLITE_3'),
        config: {
          ...appConfig,
          eksPodIdentity: {
            ...appConfig.eksPodIdentity,
            guardrails: {
              inlinePolicies: true,
              permissionsBoundaryArn:
                'arn:aws:iam::111122223333:policy/workload-boundary',
              tags: { allow: ['*'] },
            },
          },
        },
      });
    });
    afterAll(() => replica.stop());

    it.each(Object.entries(BY_GUARDRAIL))(
      'is refused: %s',
      async (_, [input, refused]) => {
        const error = await replica
          .as(ADA)
          .startOperation(associate('api', input as Record<string, unknown>))
          .then(
            () => undefined,
            thrown => thrown,
          );
        expect(error?.cause?.message).toMatch(refused);
      },
    );
  });
});
