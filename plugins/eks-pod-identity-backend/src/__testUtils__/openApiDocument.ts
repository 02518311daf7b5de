import { z } from 'zod/v3';
import { zodToJsonSchema } from 'zod-to-json-schema';
import { named, ROUTES, type Route } from './openApiRoutes';

const FAILURES: Record<number, string> = {
  400: 'InputError: what is wrong with the request, field by field',
  401: 'AuthenticationError: not signed in',
  403: 'NotAllowedError: the missing permission, ownership or guardrail',
  404: 'NotFoundError',
  409: 'ConflictError: the idempotency key belongs to another request',
  429: 'TooManyRequestsError: what to wait for, or to cancel',
};

const PREFIX = '#/components/schemas/';

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

function parametersOf(route: Route) {
  const optional = (schema: z.ZodTypeAny) => schema.isOptional();
  return [
    ...Object.entries(route.params ?? {}).map(([name, schema]) => ({
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

function responsesOf(route: Route) {
  const json = (name: string) => ({
    'application/json': { schema: { $ref: `${PREFIX}${name}` } },
  });
  return Object.fromEntries([
    [
      `${route.status ?? 200}`,
      {
        description: route.summary,
        content: {
          ...json(route.answer),
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
  for (const route of ROUTES) {
    const parameters = parametersOf(route);
    paths[route.path] = {
      ...paths[route.path],
      [route.method]: {
        operationId: route.operationId,
        summary: route.summary,
        description: route.description,
        ...(parameters.length > 0 ? { parameters } : {}),
        ...(route.body
          ? {
              requestBody: {
                required: true,
                content: {
                  'application/json': {
                    schema: { $ref: `${PREFIX}${route.body}` },
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
        'API of the Backstage backend plugin eks-pod-identity: operations that give ServiceAccounts an AWS identity, verify it and take it away, and what the portal knows about them.',
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
