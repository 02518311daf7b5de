import { spawnSync } from 'node:child_process';
import type { Association } from '../../aws/association';
import type { Role } from '../../aws/role';
import type { Command } from '../../text/bash';
import {
  changeAssociationCommand,
  putInlineCommand,
  putTrustCommand,
} from './commands';

const ACK = { 'services.k8s.aws/namespace': 'payments' };
const CROSSPLANE = (kind: string) => ({
  'crossplane-kind': kind,
  'crossplane-name': 'api-x7',
});
const cluster = { name: 'prod', region: 'eu-west-1' };
const ROLE = 'arn:aws:iam::111122223333:role/ack/api';
const DOCUMENT = { Statement: [{ Sid: "it's" }] } as any;

/** What a script calls, with `kubectl get` answering a name; each call as its arguments. */
function callsOf(command: Command | undefined): string[][] {
  const { stdout, stderr } = spawnSync('bash', [
    '-euc',
    `call() { printf '%s\\0' "$@" >&3; printf '\\1' >&3; }
aws() { call aws "$@"; }
kubectl() { call kubectl "$@"; case "$*" in *" get "*) echo found;; esac; }
{ ${command?.text}
} 3>&1 >/dev/null`,
  ]);
  expect(stderr.toString()).toBe('');
  return stdout
    .toString()
    .split('\u0001')
    .filter(Boolean)
    .map(line => line.split('\0').slice(0, -1));
}

describe('putTrustCommand', () => {
  const of = (tags: Record<string, string>) =>
    callsOf(
      putTrustCommand(
        { name: 'api', arn: ROLE, tags } as unknown as Role,
        DOCUMENT,
        cluster,
      ),
    );

  it('asks IAM, if no other tool made the role', () => {
    for (const tags of [{ team: 'a' }, { ManagedBy: 'terraform' }] as Record<
      string,
      string
    >[]) {
      const [call] = of(tags);
      expect(call.slice(0, 3)).toEqual([
        'aws',
        'iam',
        'update-assume-role-policy',
      ]);
      expect(JSON.parse(call.at(-1)!)).toEqual(DOCUMENT);
    }
  });

  it('changes the custom resource of ACK, whose name the ARN finds', () => {
    const kind = 'roles.iam.services.k8s.aws';
    const [get, patch] = of(ACK);
    expect(get).toEqual([
      ...['kubectl', '-n', 'payments', 'get', kind, '-o'],
      `jsonpath={.items[?(@.status.ackResourceMetadata.arn=="${ROLE}")].metadata.name}`,
    ]);
    expect(patch.slice(0, -1)).toEqual([
      ...['kubectl', '-n', 'payments', 'patch', kind, 'found'],
      ...['--type', 'merge', '-p'],
    ]);
    const { spec } = JSON.parse(patch.at(-1)!);
    expect(JSON.parse(spec.assumeRolePolicyDocument)).toEqual(DOCUMENT);
  });

  it('changes the managed resource of Crossplane', () => {
    const kind = 'role.iam.aws.upbound.io';
    const [patch] = of(CROSSPLANE(kind));
    expect(patch.slice(0, 4)).toEqual(['kubectl', 'patch', kind, 'api-x7']);
    const { forProvider } = JSON.parse(patch.at(-1)!).spec;
    expect(JSON.parse(forProvider.assumeRolePolicy)).toEqual(DOCUMENT);
  });
});

describe('putInlineCommand', () => {
  const of = (tags?: Record<string, string>) =>
    callsOf(
      putInlineCommand(
        { name: 'api', arn: ROLE, tags },
        { name: 'go', document: DOCUMENT },
        cluster,
      ),
    );

  it('adds the policy where the role takes it', () => {
    for (const tags of [undefined, CROSSPLANE('role.iam.aws.upbound.io')]) {
      const [call] = of(tags);
      expect(call.slice(1, 7)).toEqual([
        ...['iam', 'put-role-policy', '--role-name', 'api'],
        ...['--policy-name', 'go'],
      ]);
    }
    const [, patch] = of(ACK);
    const { inlinePolicies } = JSON.parse(patch.at(-1)!).spec;
    expect(JSON.parse(inlinePolicies.go)).toEqual(DOCUMENT);
  });
});

describe('changeAssociationCommand', () => {
  const of = (over: object, change: object) =>
    changeAssociationCommand(
      { id: 'a-1', arn: 'arn:a-1', tags: {}, ...over } as Association,
      change,
      cluster,
    );

  it('names what changes', () => {
    const base =
      'aws eks update-pod-identity-association --cluster-name prod --association-id a-1 --region eu-west-1';
    expect(of({}, { roleArn: ROLE })?.text).toBe(`${base} --role-arn ${ROLE}`);
    expect(
      of({}, { targetRoleArn: ROLE, disableSessionTags: true })?.text,
    ).toBe(`${base} --target-role-arn ${ROLE} --disable-session-tags`);
    expect(of({}, { disableSessionTags: false })?.text).toBe(
      `${base} --no-disable-session-tags`,
    );
  });

  it('changes what its maker reads, and nothing of an add-on', () => {
    const change = { roleArn: ROLE, disableSessionTags: false };
    const [get, patch] = callsOf(of({ tags: ACK }, change));
    expect(get).toContain('podidentityassociations.eks.services.k8s.aws');
    expect(JSON.parse(patch.at(-1)!)).toEqual({
      spec: { roleARN: ROLE, disableSessionTags: false },
    });
    const kind = 'podidentityassociation.eks.aws.upbound.io';
    const [crossplane] = callsOf(of({ tags: CROSSPLANE(kind) }, change));
    expect(JSON.parse(crossplane.at(-1)!)).toEqual({
      spec: { forProvider: change },
    });
    expect(of({ ownerArn: 'arn:addon' }, change)).toBeUndefined();
  });
});
