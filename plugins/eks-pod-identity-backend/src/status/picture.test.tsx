/**
 * @jest-environment ./status/__testUtils__/pageEnvironment.js
 */
import { cleanup, screen } from '@testing-library/react';
import {
  outcome,
  PodIdentityClient,
  type EntityIdentities,
  type Identity,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { named } from './__testUtils__/cardCatalog';
import { openTab } from './__testUtils__/openCard';
import { credentialPath } from './path';

const GOLDEN = resolve(
  __dirname,
  '../../../eks-pod-identity-common/src/reports/__golden__',
);
const ROLE = 'arn:aws:iam::111122223333:role/payments-ledger';
const TARGET = 'arn:aws:iam::111122223333:role/ledger-archive';

const reportOf = (name: string): VerificationReport =>
  JSON.parse(readFileSync(resolve(GOLDEN, `${name}.json`), 'utf8'));

/** What the card of its entity would show of a report. */
function identityOf(report: VerificationReport): Identity {
  const { ref, status, checks } = report;
  const hasTarget = checks.some(
    check => check.id === 'role.target' && check.status !== 'skip',
  );
  const targetRoleArn = hasTarget ? TARGET : undefined;
  const isLinked = checks.some(
    check => check.id === 'association.exists' && check.status === 'pass',
  );
  const id = 'a-0123456789abcdefg';
  return {
    ref,
    clusterTitle: 'Production',
    clusterKnown: true,
    sources: ['aws-tag'],
    status,
    headline: outcome(report),
    sentence: outcome(report),
    association: isLinked
      ? { id, arn: 'arn:', owner: 'portal', roleArn: ROLE, targetRoleArn }
      : undefined,
    path: credentialPath(report, {
      ref,
      clusterTitle: 'Production',
      associationId: isLinked ? id : undefined,
      roleName: isLinked ? 'payments-ledger' : undefined,
      targetRoleName: targetRoleArn && 'ledger-archive',
      consoleUrls: {
        association: 'https://console/eks',
        role: 'https://console/role',
        targetRole: 'https://console/target',
      },
    }),
    can: { verify: true, remove: true, restart: true },
  };
}

/** The picture on the tab, drawn of a report that the engine wrote. */
async function picture(
  name: string,
  change: (report: VerificationReport) => void = () => {},
) {
  cleanup();
  const entity = named('ledger');
  const report = reportOf(name);
  change(report);
  const answer: EntityIdentities = {
    entityRef: 'component:default/ledger',
    identities: [identityOf(report)],
    problems: [],
    hidden: 0,
    canCreate: false,
  };
  openTab(
    entity,
    new PodIdentityClient({
      discoveryApi: { getBaseUrl: async () => 'http://portal.example.com/api' },
      fetchApi: {
        fetch: async input =>
          String(input).includes('/v1/entities/')
            ? Response.json(answer)
            : Response.json({ items: [] }),
      },
    }),
  );
  const list = await screen.findByRole('list', {
    name: /^Path of the credentials/,
  });
  const items = [...list.children] as HTMLElement[];
  const nodes = items.filter(item => item.dataset.hop);
  return {
    nodes: nodes.map(({ dataset }) => dataset.hop),
    /** By the two nodes that an edge joins. */
    edges: nodes
      .slice(1)
      .map(({ dataset }, index) => [
        `${nodes[index].dataset.hop} > ${dataset.hop}`,
        dataset.edge,
      ]),
    faults: items
      .filter(item => !item.dataset.hop)
      .map(item => ({
        /** What it stands before. */
        before: (item.nextElementSibling as HTMLElement).dataset.hop,
        text: item.textContent,
      })),
    node: (id: string) => nodes.find(({ dataset }) => dataset.hop === id)!,
  };
}

const labelled = (node: HTMLElement, selector: string) =>
  [...node.querySelectorAll(selector)].map(one =>
    one.getAttribute('aria-label'),
  );

const inState = (edges: Array<Array<string | undefined>>, state: string) =>
  edges.filter(([, each]) => each === state).map(([edge]) => edge);

describe('the picture of the path', () => {
  afterEach(cleanup);

  it.each<[string, string, RegExp]>([
    ['agent-missing', 'pods > service-account', /agent.*is not installed/],
    ['opted-out', 'pods > service-account', /opted out of Pod Identity/],
    ['static-keys', 'pods > service-account', /set AWS_ACCESS_KEY_ID/],
    ['network-policy', 'pods > service-account', /might not reach the agent/],
    [
      'service-account-missing',
      'pods > service-account',
      /payments-ledger does not exist/,
    ],
    [
      'association-missing',
      'service-account > association',
      /has no Pod Identity association/,
    ],
    [
      'association-other-role',
      'association > role',
      /instead of .*payments-archive/,
    ],
    ['role-missing', 'association > role', /does not exist/],
    ['trust-no-tag-session', 'association > role', /sts:TagSession/],
    ['trust-other-namespace', 'association > role', /billing/],
    ['target-role-trust', 'role > target-role', /ledger-archive/],
    ['permission-denied', 'policies > permissions', /s3 ls/],
  ])(
    'has one red edge for %s, with the sentence at it',
    async (name, edge, sentence) => {
      const { edges, faults } = await picture(`causes/${name}`);
      expect(inState(edges, 'fail')).toEqual([edge]);
      const at = faults.filter(({ before }) => edge.endsWith(` > ${before}`));
      expect(at).toHaveLength(1);
      expect(at[0].text).toMatch(sentence);
      expect(at[0].text).toMatch(/^Failed/);
    },
  );

  it('leaves open what lies behind the red edge', async () => {
    const { edges, node } = await picture('causes/association-missing');
    expect(edges).toEqual([
      ['pods > service-account', 'pass'],
      ['service-account > association', 'fail'],
      ['association > role', 'skip'],
      ['role > policies', 'skip'],
      ['policies > permissions', 'skip'],
    ]);
    expect(node('association').textContent).toContain('does not exist');
    expect(node('role').textContent).toBe('SkippedRole');
  });

  it('has no red edge where all is well, and a link or a copy at every node', async () => {
    const { edges, faults, node, nodes } = await picture('verified');
    expect(inState(edges, 'fail')).toEqual([]);
    expect(faults).toEqual([]);
    expect(node('policies').textContent).toContain(
      'AmazonDynamoDBReadOnlyAccess',
    );
    expect(
      nodes.map(id => [
        id,
        labelled(node(id!), 'a[href]'),
        labelled(node(id!), 'button'),
      ]),
    ).toEqual([
      ['pods', [], ['Copy the command that lists them']],
      ['service-account', [], ['Copy Service account']],
      [
        'association',
        ['Open a-0123456789abcdefg in the AWS console'],
        ['Copy Association'],
      ],
      ['role', ['Open payments-ledger in the AWS console'], ['Copy Role']],
      ['policies', [null], []],
      ['permissions', [], []],
    ]);
  });

  it('has one link to several policies, and a copy of the tested command', async () => {
    const { node } = await picture('causes/permission-denied', ({ checks }) => {
      checks.find(({ id }) => id === 'role.policies')!.counts = {
        what: 'policies',
        all: 2,
        names: ['One', 'Two'],
      };
    });
    const links = [...node('policies').querySelectorAll('a')];
    expect(links.map(one => [one.textContent, one.href])).toEqual([
      ['Open the role’s policies', 'https://console/role'],
    ]);
    expect(node('policies').textContent).toContain('OneTwo');
    expect(labelled(node('permissions'), 'button')).toEqual([
      'Copy what was tested',
    ]);
  });

  it('is not red where nothing could be read, and says so once', async () => {
    const { edges, faults } = await picture('access-401');
    expect(inState(edges, 'fail')).toEqual([]);
    expect(faults.length).toBeLessThanOrEqual(1);
  });
});
