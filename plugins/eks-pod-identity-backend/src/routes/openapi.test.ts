import { readFileSync, writeFileSync } from 'node:fs';
import SwaggerParser from '@apidevtools/swagger-parser';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import {
  type AnyEndpoint,
  endpoints,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Router } from 'express';
import { parse, stringify } from 'yaml';
import { openApiDocument } from '../__testUtils__/openApiDocument';
import { createClusterRouter } from './createClusterRouter';
import { createRouter } from './createRouter';
import { createStatusRouter } from './createStatusRouter';

const file = resolvePackagePath(import.meta.url, 'openapi.yaml');

function routesOf(router: Router): string[] {
  return (router as any).stack.flatMap((layer: any) =>
    layer.route
      ? Object.keys(layer.route.methods).map(
          method => `${method} ${layer.route.path.replace(/:(\w+)/g, '{$1}')}`,
        )
      : [],
  );
}

describe('openapi.yaml', () => {
  beforeAll(() => {
    if (process.env.UPDATE_OPENAPI) {
      writeFileSync(
        file,
        `# Made from the schemas that the routes validate with: UPDATE_OPENAPI=1 yarn test openapi\n${stringify(
          openApiDocument(),
          { aliasDuplicateObjects: false },
        )}`,
      );
    }
  });

  const document = () => parse(readFileSync(file, 'utf8'));

  it('is what the schemas of the routes say', () => {
    expect(document()).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
  });

  it('is valid OpenAPI', async () => {
    await expect(SwaggerParser.validate(document())).resolves.toMatchObject({
      openapi: '3.0.3',
    });
  });

  it.each(Object.entries<AnyEndpoint>(endpoints))(
    'says which permissions %s needs',
    (_, { description, needs }) => {
      const said =
        description.match(/(?<!\w)(?:eks-pod-identity)?(?:\.[a-z]+)+/g) ?? [];
      const names = needs.map(({ name }) => name);
      expect(
        said.filter(part => !names.some(name => name.endsWith(part))),
      ).toEqual([]);
      expect(
        names.filter(name => !said.some(part => name.endsWith(part))),
      ).toEqual([]);
    },
  );

  it('names every route, and no other', () => {
    const described = Object.entries<object>(document().paths).flatMap(
      ([path, methods]) =>
        Object.keys(methods).map(method => `${method} ${path}`),
    );
    expect(described.sort()).toEqual(
      [
        ...routesOf(createClusterRouter({} as any)),
        ...routesOf(createRouter({} as any)),
        ...routesOf(createStatusRouter({} as any)),
      ].sort(),
    );
  });
});
