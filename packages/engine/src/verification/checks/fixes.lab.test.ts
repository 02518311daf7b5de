/** @needs aws */
import type { CheckResult } from 'backstage-plugin-eks-pod-identity-common';
import { realBash } from '../__testUtils__/bash';
import { ref } from '../__testUtils__/checkWorlds';
import { checkOf, VerifyWorld } from '../__testUtils__/VerifyWorld';

jest.setTimeout(120_000);

/** A kubeconfig with a token, because `aws eks get-token` for each command would take longer than the command. */
const KUBECONFIG = `
aws eks update-kubeconfig --name payments-prod --region eu-west-1
kubectl config set-credentials admin --token="$(aws eks get-token --cluster-name payments-prod --region eu-west-1 --query status.token --output text)"
kubectl config set-context --current --user=admin
`;

/** Fixes as they are printed, run by the machine's real bash, `aws` and `kubectl` against the sandbox. */
describe('the commands of fixes', () => {
  let world: VerifyWorld;
  const run = realBash();
  const bash = (script: string) =>
    run(world.sandbox, world.sandbox.credentials.admin, script);
  const verify = async (id: string, request: object = {}) => {
    await world.sandbox.clock.advance(61_000);
    return checkOf(await world.verify({ ref, ...request }), id);
  };
  /** Runs what a fix prints; a manifest goes to `kubectl apply`. */
  const mend = ({ fix }: CheckResult) => {
    const { language, text } = fix!.snippet!;
    return bash(
      language === 'yaml' ? `kubectl apply -f - <<'EOF'\n${text}\nEOF` : text,
    );
  };
  const done = { code: 0, stderr: '' };

  beforeAll(async () => {
    world = await VerifyWorld.start({ clockRate: 5 });
    await world.settled();
    const { code, stderr } = await bash(KUBECONFIG);
    if (code !== 0) throw new Error(stderr);
  });
  afterEach(() => world.reset());
  afterAll(() => world.stop());

  const roles = () => world.sandbox.credentials.roles;
  const expel = (arn: string) =>
    world.sandbox.aws.eks.deleteAccessEntry('payments-prod', arn);

  it('let the role in that the cluster does not know', async () => {
    expel(roles().verify);
    const pod = { probe: 'admission' };
    const check = await verify('access.kubernetes', pod);
    expect(check.status).toBe('unknown');
    expect(await mend(check)).toMatchObject(done);
    expect(await verify('access.kubernetes', pod)).toMatchObject({
      status: 'pass',
    });
  });

  it.each(['', '  '])(
    'map the role where the cluster has no access entries, indented by "%s"',
    async pad => {
      expel(roles().read);
      const { eks } = world.sandbox.aws;
      eks.cluster('payments-prod').authenticationMode = 'CONFIG_MAP';
      const nodes = `${pad}- rolearn: arn:aws:iam::111122223333:role/nodes\n${pad}  username: n\n`;
      await world.kube().apply({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'aws-auth', namespace: 'kube-system' },
        data: { mapRoles: nodes, mapUsers: '[]' },
      });
      const check = await verify('access.kubernetes');
      expect(check.status).toBe('unknown');
      expect(await mend(check)).toMatchObject(done);
      expect(await verify('access.kubernetes')).toMatchObject({
        status: 'pass',
      });
      const { data } = world
        .kube()
        .get('configmaps', 'kube-system', 'aws-auth')!;
      expect(data.mapUsers).toBe('[]');
      expect(data.mapRoles.startsWith(nodes)).toBe(true);
    },
  );

  it('give the rights that RBAC lacks', async () => {
    await world.forbidKubernetes('readers', 'serviceaccounts');
    const check = await verify('access.kubernetes');
    expect(check.status).toBe('unknown');
    expect(await mend(check)).toMatchObject(done);
    expect(await verify('access.kubernetes')).toMatchObject({ status: 'pass' });
  });
});
