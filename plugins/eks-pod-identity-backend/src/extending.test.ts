import { readFileSync, writeFileSync } from 'node:fs';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import type { PodIdentityCheckFacts } from 'backstage-plugin-eks-pod-identity-node';
// The folder that the page has its readers copy: no package of this repository.
/* eslint-disable @backstage/no-relative-monorepo-imports, jest/no-export */
import startedModule from '../../../examples/check-module/src';
import '../../../examples/check-module/src/regionCheck.test';
/* eslint-enable @backstage/no-relative-monorepo-imports, jest/no-export */
import clusterSupplier from './__testUtils__/examples/clusterSupplier';
import freezeGuardrail from './__testUtils__/examples/freezeGuardrail';
import maxSessionCheck from './__testUtils__/examples/maxSessionCheck';
import roleNaming from './__testUtils__/examples/roleNaming';
import serviceClient from './__testUtils__/examples/serviceClient';
import wildcardCheck from './__testUtils__/examples/wildcardCheck';
import {
  SandboxPortal,
  startSandboxPortal,
} from './__testUtils__/sandboxBackend';
import { ADA, associate, follow, Replica } from './__testUtils__/testBackend';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('docs/extending.md', () => {
  const file = resolvePackagePath(import.meta.url, '../../docs/extending.md');
  const example = (name: string) =>
    readFileSync(
      resolvePackagePath(import.meta.url, `src/__testUtils__/examples/${name}`),
      'utf8',
    ).trimEnd();
  const marked = /<!-- example: (\S+) -->\n(?:\n```ts\n[^]*?\n```\n)?/g;

  it('shows the examples that run below', () => {
    const text = readFileSync(file, 'utf8');
    const filled = text.replace(
      marked,
      (_, name) =>
        `<!-- example: ${name} -->\n\n\`\`\`ts\n${example(name)}\n\`\`\`\n`,
    );
    if (process.env.UPDATE_DOCS) writeFileSync(file, filled);
    expect(readFileSync(file, 'utf8')).toBe(filled);
    expect([...text.matchAll(marked)].map(([, name]) => name)).toEqual([
      'maxSessionCheck.ts',
      'wildcardCheck.ts',
      'freezeGuardrail.ts',
      'roleNaming.ts',
      'clusterSupplier.ts',
      'teamPolicy.ts',
      'teamPolicyModule.ts',
      'ownerRule.ts',
      'chatNotifications.ts',
      'serviceClient.ts',
    ]);
  });

  it('has a row for each fact of a check', () => {
    const facts: Record<keyof Required<PodIdentityCheckFacts>, true> = {
      ref: true,
      cluster: true,
      entityRef: true,
      association: true,
      role: true,
      serviceAccount: true,
      pods: true,
      nodes: true,
      agent: true,
    };
    const text = readFileSync(file, 'utf8');
    const table = text.slice(text.indexOf('### What it sees'));
    const rows = table
      .slice(0, table.indexOf('\n### '))
      .matchAll(/^\| `(\w+)`/gm);
    expect([...rows].map(([, name]) => name)).toEqual(Object.keys(facts));
  });

  describe('its examples', () => {
    let portal: SandboxPortal;
    let replica: Replica;

    beforeAll(async () => {
      portal = await startSandboxPortal({
        sandbox: { clusters: ['payments-prod'] },
        clusters: [],
      });
      replica = await portal.start({
        knex: await databases.init('SQLITE_3'),
        features: [
          clusterSupplier,
          freezeGuardrail,
          maxSessionCheck,
          roleNaming,
          serviceClient,
          startedModule,
          wildcardCheck,
        ],
      });
    });

    afterAll(() => portal?.stop());

    const allow = (Action: string | string[]) => ({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow' as const, Action, Resource: '*' },
    });
    const onSupplied = { clusterName: 'payments' };

    it('supply a cluster, name a role, ask a question, serve another plugin', async () => {
      const ada = replica.as(ADA);
      const { id } = await ada.startOperation(associate('till', onSupplied));
      await follow(ada, id);
      const { result, error } = await ada.getOperation(id);
      expect(error).toBeUndefined();
      const roleName = result?.kind === 'associate' ? result.roleName : '';
      expect(roleName).toMatch(/^acme-till-[0-9a-f]{8}$/);
      const { iam } = portal.sandbox.aws;
      const { arn } = iam.roles().find(({ name }) => name === roleName)!;
      iam.updateRole(arn, {
        inline: {
          secrets: allow('secretsmanager:Get*'),
          bus: allow(['sns:Publish']),
        },
      });

      const response = await fetch(
        `${replica.baseUrl.replace(
          'eks-pod-identity',
          'deployments',
        )}/check/payments/payments/till`,
        {
          method: 'POST',
          headers: { authorization: mockCredentials.user.header(ADA) },
        },
      );
      const answer = await response.json();
      expect(answer.checks).toContain('role.max-session');
      expect(answer.checks).toContain('workloads.region');
      expect(answer.result).toMatchObject({ kind: 'verify' });
      expect(answer.result.report.checks).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            id: 'role.max-session',
            status: 'pass',
            message: 'Sessions end after an hour',
          }),
          expect.objectContaining({
            id: 'role.wildcards',
            status: 'warn',
            observed: 'secrets',
          }),
        ]),
      );
    });

    it('freeze a namespace', async () => {
      await expect(
        replica
          .as(ADA)
          .plan(associate('till', { ...onSupplied, namespace: 'billing' })),
      ).rejects.toMatchObject({
        cause: {
          message:
            'Identities in billing are frozen until the audit is over: ask #platform (guardrail freeze)',
        },
      });
    });
  });
});
