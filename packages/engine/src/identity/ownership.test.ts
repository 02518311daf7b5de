import type { V1ServiceAccount } from '../kubernetes/objects';
import {
  FIELD_MANAGER,
  KUBERNETES_MARK_ANNOTATIONS,
  MANAGED_BY_LABEL,
  MARK_TAGS,
} from 'backstage-plugin-eks-pod-identity-common';
import { serviceAccountManifest } from '../lifecycle/serviceAccount/manifest';
import {
  clusterTags,
  createTags,
  kubernetesMarks,
  MarkSubject,
  ownerInWords,
  ownership,
  ownsClusterResource,
  sameEntity,
  serviceAccountOwnership,
  tagValue,
} from './ownership';
import { PORTAL } from '../text/voice';

const SUBJECT: MarkSubject = {
  portalId: 'portal.example.com',
  cluster: { name: 'payments', region: 'eu-west-1' },
  namespace: 'shop',
  serviceAccount: 'api',
};

describe('ownership', () => {
  const tags = createTags(SUBJECT, {
    tags: { team: 'a', [MARK_TAGS.portal]: 'forged' },
    entityRef: 'component:default/api',
    taskId: 't',
  });

  it('is ours with all ownership tags, which no request can change', () => {
    expect(tags[MARK_TAGS.portal]).toBe('portal.example.com');
    expect(ownership(tags, SUBJECT)).toEqual({ kind: 'ours' });
  });

  it('is a sibling for another ref, by exact equality', () => {
    for (const change of [
      { namespace: 'shop-2' },
      { serviceAccount: 'ap' },
      { cluster: { name: 'payments', region: 'eu-west-2' } },
      { cluster: { name: 'payment', region: 'eu-west-1' } },
    ]) {
      expect(ownership(tags, { ...SUBJECT, ...change })).toEqual({
        kind: 'sibling',
        entityRef: 'component:default/api',
      });
    }
  });

  it('is described without the names of others', () => {
    const other = ownership(tags, { ...SUBJECT, namespace: 'shop-2' });
    expect(ownerInWords(other, PORTAL)).toMatch(
      /^another service ?account of this portal$/i,
    );
  });

  it.each<[Parameters<typeof ownerInWords>[0], RegExp]>([
    [{ kind: 'ours' }, /^this portal, for this/],
    [{ kind: 'other-portal', portal: 'x' }, /^another portal \(x\)$/],
    [{ kind: 'foreign' }, /: it does not carry .* of this portal$/],
  ])('is described in the same words to every reader: %j', (owner, words) => {
    expect(ownerInWords(owner, PORTAL)).toMatch(words);
  });

  it('records the entity and the task where there are any', () => {
    const marks = createTags(SUBJECT, { tags: {} });
    expect(Object.keys(marks)).toHaveLength(6);
    expect(tags).toEqual({
      ...marks,
      team: 'a',
      [MARK_TAGS.entityRef]: 'component:default/api',
      [MARK_TAGS.taskId]: 't',
    });
  });

  it('is another portal’s, or foreign', () => {
    expect(ownership(tags, { ...SUBJECT, portalId: 'x' })).toEqual({
      kind: 'other-portal',
      portal: 'portal.example.com',
    });
    expect(ownership({}, SUBJECT)).toEqual({ kind: 'foreign' });
    expect(ownership(undefined, SUBJECT)).toEqual({ kind: 'foreign' });
  });

  it('writes only what AWS accepts as a tag value', () => {
    expect(tagValue('task #1: "x", y')).toBe('task _1: _x__ y');
    expect(tagValue('x'.repeat(300))).toHaveLength(256);
    expect(sameEntity('Component:default/API', 'component:default/api')).toBe(
      true,
    );
  });

  it.each([
    [undefined, undefined],
    ['component:default/api', undefined],
    [undefined, 'component:default/api'],
    ['component:default/api', 'component:default/b'],
  ])('does not take %s and %s for the same entity', (a, b) => {
    expect(sameEntity(a, b)).toBe(false);
  });
});

describe('what belongs to a whole cluster', () => {
  const tags = clusterTags(SUBJECT, { tags: { team: 'a' }, taskId: 't' });

  it('is tagged with the cluster, and with no service account', () => {
    expect(tags).toMatchObject({ team: 'a', [MARK_TAGS.taskId]: 't' });
    expect(tags).not.toHaveProperty([MARK_TAGS.namespace]);
    expect(tags).not.toHaveProperty([MARK_TAGS.serviceAccount]);
  });

  it('is ours for every service account of the cluster', () => {
    expect(ownsClusterResource(tags, SUBJECT)).toBe(true);
    expect(
      ownsClusterResource(tags, { ...SUBJECT, serviceAccount: 'other' }),
    ).toBe(true);
  });

  it.each<[string, Record<string, string> | undefined]>([
    ['no tags', undefined],
    ['the tag of another tool', { ...tags, [MARK_TAGS.managedBy]: 'eksctl' }],
    ['another portal', { ...tags, [MARK_TAGS.portal]: 'x' }],
    ['another cluster', { ...tags, [MARK_TAGS.cluster]: 'payment' }],
    ['another region', { ...tags, [MARK_TAGS.region]: 'eu-west-2' }],
  ])('is not ours with %s', (_, found) => {
    expect(ownsClusterResource(found, SUBJECT)).toBe(false);
  });
});

describe('serviceAccountOwnership', () => {
  const made = (managers: string[] | undefined): V1ServiceAccount => ({
    metadata: {
      ...kubernetesMarks('portal.example.com', 'task-1'),
      managedFields: managers?.map(manager => ({ manager })),
    },
  });

  it.each([
    ['no other field manager has written to it', [FIELD_MANAGER], 'ours'],
    ['we wrote twice', [FIELD_MANAGER, FIELD_MANAGER], 'ours'],
    ['Helm has', [FIELD_MANAGER, 'helm'], 'taken-over'],
    ['Argo CD has', ['argocd-controller', FIELD_MANAGER], 'taken-over'],
    ['a person has', [FIELD_MANAGER, 'kubectl-edit'], 'taken-over'],
    [
      'a longer name that begins like ours has',
      [`${FIELD_MANAGER}-2`],
      'taken-over',
    ],
    ['nothing is known', undefined, 'taken-over'],
  ])('when %s', (_, managers, kind) => {
    expect(
      serviceAccountOwnership(made(managers), 'portal.example.com').kind,
    ).toBe(kind);
  });

  it('names the task that made it and the managers that wrote to it since', () => {
    const portal = 'portal.example.com';
    expect(serviceAccountOwnership(made([FIELD_MANAGER]), portal)).toEqual({
      kind: 'ours',
      taskId: 'task-1',
    });
    expect(
      serviceAccountOwnership(made([FIELD_MANAGER, 'helm', 'helm']), portal),
    ).toEqual({ kind: 'taken-over', managers: ['helm'] });
    expect(kubernetesMarks(portal).annotations).not.toHaveProperty([
      KUBERNETES_MARK_ANNOTATIONS.taskId,
    ]);
  });

  it('requires label and portal', () => {
    const other = made([FIELD_MANAGER]);
    expect(serviceAccountOwnership(other, 'else')).toEqual({
      kind: 'other-portal',
      portal: 'portal.example.com',
    });
    other.metadata!.labels![MANAGED_BY_LABEL] = 'eksctl';
    expect(serviceAccountOwnership(other, 'portal.example.com').kind).toBe(
      'foreign',
    );
  });
});

describe('serviceAccountManifest', () => {
  it('is plain, without ownership labels, and quotes what YAML would misread', () => {
    expect(
      serviceAccountManifest({ namespace: 'shop', serviceAccount: 'api' }),
    ).toBe(
      'apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: api\n  namespace: shop\n',
    );
    expect(
      serviceAccountManifest({ namespace: 'true', serviceAccount: '1e3' }),
    ).toMatch(/name: ['"]1e3['"]\n {2}namespace: ['"]true['"]/);
  });
});
