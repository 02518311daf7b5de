import { known, lacking } from '../verification/framework/fact';
import { POD_IDENTITY } from './__testUtils__/accessCase';
import { ARN, judged, oidc, type World } from './__testUtils__/readyFacts';
import type { AddonInUse } from './facts';

const DRIVER: AddonInUse = {
  name: 'aws-ebs-csi-driver',
  version: 'v1.48.0-eksbuild.1',
  namespace: 'shop',
  takesPodIdentity: known(['api']),
};
const DNS: AddonInUse = {
  name: 'coredns',
  version: 'v1.12.4-eksbuild.1',
  namespace: 'shop',
  takesPodIdentity: known([]),
};
const unread = lacking({ kind: 'denied', sentence: 'Not allowed to.' });

/** The row of a service account whose role these add-ons have. */
const having = (addons: AddonInUse[], world: World = {}) =>
  judged({
    annotated: { byEks: true },
    facts: { addons: known(new Map([[ARN, addons]])) },
    ...world,
  });

describe('the service account of an add-on', () => {
  it.each<[string, AddonInUse[], string]>([
    [
      'moves by its update where the version supports Pod Identity',
      [DRIVER],
      'The add-on aws-ebs-csi-driver has it. An update of the associations of aws-ebs-csi-driver moves it: version v1.48.0-eksbuild.1 supports Pod Identity.',
    ],
    [
      'stays where the version does not',
      [DNS],
      'The add-on coredns has it. coredns stays on IRSA until a version of it supports Pod Identity, which v1.12.4-eksbuild.1 does not.',
    ],
    [
      'stays where the version supports it for others only',
      [{ ...DNS, takesPodIdentity: known(['web']) }],
      'The add-on coredns has it. coredns keeps it on IRSA until a version supports Pod Identity for it; v1.12.4-eksbuild.1 does for web in namespace shop only.',
    ],
    [
      'says what would tell where that was not read',
      [{ ...DRIVER, takesPodIdentity: unread }],
      'The add-on aws-ebs-csi-driver has it. An update of the associations of aws-ebs-csi-driver moves it if version v1.48.0-eksbuild.1 supports Pod Identity, which was not read: Not allowed to.',
    ],
    [
      'is of one of several that have its role',
      [DRIVER, DNS],
      'An add-on has it, one of aws-ebs-csi-driver and coredns. An update of the associations of aws-ebs-csi-driver moves it: version v1.48.0-eksbuild.1 supports Pod Identity. coredns stays on IRSA until a version of it supports Pod Identity, which v1.12.4-eksbuild.1 does not.',
    ],
  ])('%s', (_, addons, sentence) => {
    expect(having(addons)).toMatchObject({ verdict: 'add-on', sentence });
  });

  it('moves with the statement that its role lacks, where its version supports it', () => {
    const trust = [oidc()];
    expect(having([DRIVER], { trust })).toMatchObject({
      movesByHand: true,
      statement: POD_IDENTITY,
    });
    expect(having([DRIVER])).not.toHaveProperty('statement');
    expect(having([DNS], { trust })).not.toHaveProperty('statement');
  });
});
