import * as common from 'backstage-plugin-eks-pod-identity-common';
import {
  type AnyEndpoint,
  endpoints,
} from 'backstage-plugin-eks-pod-identity-common';
import { z } from 'zod/v3';
import { zodToJsonSchema } from 'zod-to-json-schema';

const FAILURES: Record<number, string> = {
  400: 'InputError: what is wrong with the request, field by field',
  401: 'AuthenticationError: not signed in',
  403: 'NotAllowedError: the missing permission, ownership or guardrail',
  404: 'NotFoundError',
  409: 'ConflictError: the idempotency key belongs to another request',
  429: 'TooManyRequestsError: what to wait for, or to cancel',
};

const PREFIX = '#/components/schemas/';

/** Stand in the document since its first version, in this order; answers and bodies of later endpoints follow. */
const NAMES = [
  'AssociateInput',
  'VerifyInput',
  'TeardownInput',
  'RestartInput',
  'MigrateInput',
  'RollbackInput',
  'AssociationPage',
  'AccessRow',
  'CheckResult',
  'ChecksPage',
  'PermissionsPage',
  'Clusters',
  'ClusterSetup',
  'EntityIdentities',
  'EventPage',
  'Identity',
  'Names',
  'ServiceAccountChoices',
  'Proposals',
  'RoleChoices',
  'Operation',
  'OperationError',
  'FactBundle',
  'OperationEvent',
  'OperationResult',
  'Plan',
  'PlanRequest',
  'Policies',
  'ReportPage',
  'ServiceAccountRef',
  'Setup',
  'StartOperation',
  'SweepStarted',
  'Timeline',
  'UseOfIdentity',
  'VerificationReport',
];

/** By the name of its export: `planSchema` is `Plan`. */
const exported = new Map<string, z.ZodTypeAny>(
  Object.entries(common).flatMap(([key, value]) =>
    value instanceof z.ZodType && key.endsWith('Schema')
      ? [[key[0].toUpperCase() + key.slice(1, -'Schema'.length), value]]
      : [],
  ),
);

function nameOf(schema: z.ZodTypeAny): string {
  const found = [...exported].find(([, value]) => value === schema);
  if (!found) throw new Error('An answer or a body is not exported');
  return found[0];
}

const all = Object.entries<AnyEndpoint>(endpoints);

/** Schemas that have a name in the document. */
const named = Object.fromEntries(
  [
    ...NAMES,
    ...all.flatMap(([, { answer, body }]) =>
      [answer, ...(body ? [body] : [])].map(nameOf),
    ),
  ].map(name => [name, exported.get(name)!]),
);

/** A schema of a parameter, as OpenAPI 3.0 writes it. */
function inline(schema: z.ZodTypeAny) {
  return zodToJsonSchema(schema, {
    target: 'openApi3',
    $refStrategy: 'none',
  });
}

/** All named schemas, converted together: what one repeats of another becomes a reference. */
function components(): Record<string, unknown> {
  const { definitions } = zodToJsonSchema(z.object({}), {
    target: 'openApi3',
    $refStrategy: 'root',
    definitions: named,
    definitionPath: 'definitions',
  }) as { definitions?: Record<string, unknown> };
  return JSON.parse(
    JSON.stringify(definitions).replaceAll('#/definitions/', PREFIX),
  );
}

function parametersOf(route: AnyEndpoint) {
  const optional = (schema: z.ZodTypeAny) => schema.isOptional();
  return [
    ...Object.entries(route.at?.params ?? {}).map(([name, schema]) => ({
      name,
      in: 'path',
      required: true,
      schema: inline(schema),
    })),
    ...Object.entries(route.query?.shape ?? {}).map(([name, schema]) => ({
      name,
      in: 'query',
      required: !optional(schema as z.ZodTypeAny),
      schema: inline(schema as z.ZodTypeAny),
    })),
    ...Object.entries(route.headers ?? {}).map(([name, description]) => ({
      name,
      in: 'header',
      required: false,
      description,
      schema: { type: 'string' },
    })),
  ];
}

function responsesOf(route: AnyEndpoint) {
  const json = (name: string) => ({
    'application/json': { schema: { $ref: `${PREFIX}${name}` } },
  });
  return Object.fromEntries([
    [
      `${route.status ?? 200}`,
      {
        description: route.summary,
        content: {
          ...json(nameOf(route.answer)),
          ...(route.stream
            ? { 'text/event-stream': { schema: { type: 'string' } } }
            : {}),
        },
      },
    ],
    ...(route.cached
      ? [
          [
            '304',
            { description: 'If-None-Match names what this caller would get' },
          ],
        ]
      : []),
    ...[401, ...route.failures]
      .sort()
      .map(status => [
        `${status}`,
        { description: FAILURES[status], content: json('ErrorResponse') },
      ]),
  ]);
}

/** The description of the HTTP API, from the very schemas the routes validate with. */
export function openApiDocument() {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [operationId, route] of all) {
    const parameters = parametersOf(route);
    const [method, path] = route.route.split(' ');
    paths[path] = {
      ...paths[path],
      [method.toLowerCase()]: {
        operationId,
        summary: route.summary,
        description: route.description,
        ...(parameters.length > 0 ? { parameters } : {}),
        ...(route.body
          ? {
              requestBody: {
                required: true,
                content: {
                  'application/json': {
                    schema: { $ref: `${PREFIX}${nameOf(route.body)}` },
                  },
                },
              },
            }
          : {}),
        responses: responsesOf(route),
      },
    };
  }
  return {
    openapi: '3.0.3',
    info: {
      title: 'EKS Pod Identity',
      version: '1',
      description:
        'API of the Backstage backend plugin eks-pod-identity: operations that give service accounts an AWS identity, verify it and take it away, and what the portal knows about them.',
      license: {
        name: 'Apache-2.0',
        url: 'https://www.apache.org/licenses/LICENSE-2.0.html',
      },
    },
    servers: [{ url: '/api/eks-pod-identity' }],
    security: [{ backstage: [] }],
    paths,
    components: {
      securitySchemes: {
        backstage: {
          type: 'http',
          scheme: 'bearer',
          description: 'A Backstage token of a user or a service',
        },
      },
      schemas: {
        ErrorResponse: {
          type: 'object',
          description: 'As Backstage answers failed requests',
          required: ['error', 'response'],
          properties: {
            error: { $ref: `${PREFIX}OperationError` },
            request: {
              type: 'object',
              properties: {
                method: { type: 'string' },
                url: { type: 'string' },
              },
            },
            response: {
              type: 'object',
              properties: { statusCode: { type: 'number' } },
            },
          },
        },
        ...components(),
      },
    },
  };
}
