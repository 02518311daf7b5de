import { z } from 'zod/v3';
import {
  entityRef,
  links,
  plain,
  ruleOf,
  sentence,
  suggestions,
} from '../vocabulary/disclosure';
import { endpoints } from './endpoints';
import type { AnyEndpoint } from './endpoint';

const all = Object.entries<AnyEndpoint>(endpoints);
const disclosed = all.filter(([, endpoint]) => !endpoint.chosen);

/** The fields whose text is shown as it is; names and refs of entities with the field around them. */
function plainTexts(schema: z.ZodTypeAny, path: string[] = []): string[] {
  const { disclosure, innerType, options, shape, type } = schema._def;
  if (disclosure) {
    const last = path[path.length - 1];
    const many = last === 'name' || last === 'entityRef' ? 2 : 1;
    return disclosure === 'plain' ? [path.slice(-many).join('.')] : [];
  }
  if (shape) {
    return Object.entries<z.ZodTypeAny>(shape()).flatMap(([field, part]) =>
      plainTexts(part, [...path, field]),
    );
  }
  return [innerType, type, ...(Array.isArray(options) ? options : [])]
    .filter(part => part instanceof z.ZodType)
    .flatMap(part => plainTexts(part, path));
}

describe('ruleOf', () => {
  it('takes a text for a sentence unless it says what it is', () => {
    expect(
      ruleOf(
        z.object({
          bare: z.string(),
          limited: z.string().max(3).optional(),
          said: sentence(),
          id: plain(),
          owner: entityRef().optional(),
          many: z.array(z.string()),
          count: z.number(),
          state: z.enum(['on', 'off']),
          policy: z.record(z.unknown()),
        }),
      ),
    ).toEqual({
      fields: {
        bare: 'sentence',
        limited: 'sentence',
        said: 'sentence',
        id: 'plain',
        owner: 'entityRef',
        many: { each: 'sentence' },
        count: 'plain',
        state: 'plain',
        policy: 'json',
      },
    });
  });

  const ref = z.object({
    cluster: plain(),
    namespace: plain(),
    serviceAccount: plain(),
  });
  const link = z.object({ title: z.string(), url: plain() });

  it.each([
    ['a ref that an answer must have', z.object({ owner: entityRef() })],
    ['refs in a list', z.array(entityRef())],
    [
      'suggestions that must be there',
      z.object({ a: suggestions(z.array(ref)) }),
    ],
    ['unmarked service accounts', z.object({ nearby: z.array(ref) })],
    ['unmarked links', z.object({ links: z.array(link) })],
    ['unmarked links with more', z.array(link.extend({ icon: plain() }))],
    ['a union without a key', z.union([z.string(), z.number()])],
    ['a transformed value', z.string().transform(text => text.length)],
    ['a date', z.date()],
    ['anything', z.any()],
  ])('refuses %s', (_, schema) => {
    expect(() => ruleOf(schema)).toThrow(/./);
  });

  it('takes marked links and suggestions', () => {
    expect(
      ruleOf(
        z.object({
          links: links(z.array(link)),
          nearby: suggestions(z.array(ref)).optional(),
        }),
      ),
    ).toEqual({ fields: { links: 'links', nearby: 'suggestions' } });
  });
});

describe('answers', () => {
  it('leave out what is not for their reader, but for those whose names were chosen when they were built', () => {
    const chosen = all.filter(([, endpoint]) => endpoint.chosen);
    expect(chosen.map(([name]) => name)).toEqual([
      'getUse',
      'refreshUse',
      'listAssociations',
      'listCauses',
      'listClusters',
      'listAccess',
      'getAccessProgress',
      'listMoveRecords',
      'planMove',
      'sweepCluster',
      'getSetup',
      'getClusterSetup',
      'refreshClusterSetup',
      'listNamespaces',
      'listServiceAccounts',
      'listServiceAccountChoices',
      'listRoleChoices',
      'getProposals',
      'listPolicies',
      'getChecksPage',
      'getPermissionsPage',
    ]);
  });

  it.each(disclosed)('%s has a rule for every part', (_, { answer }) => {
    expect(ruleOf(answer)).toEqual(expect.any(Object));
  });

  it('show as they are only texts that name nothing', () => {
    const texts = disclosed
      .flatMap(([, { answer }]) => plainTexts(answer))
      // Ids, ARNs, addresses and times
      .filter(name => !/^(id|at|since)$|(Id|Arns?|Url|At)$/.test(name));
    expect([...new Set(texts)].sort().join(' ')).toBe(
      'addon agent arn askWhom becauseOf check cluster clusterName clusterTitle compute dependsOn eksClusterName engineVersion entityRef error.name fingerprint issuer kind kubernetes lacks language maker minimum namespace nextCursor nodes nodesInUse operation outcome ownedBy pattern pod.name policies policies.name policy programs.name roleName sdk serviceAccount services signalChannel surroundings timelineOf trust uid version webhook',
    );
  });
});
