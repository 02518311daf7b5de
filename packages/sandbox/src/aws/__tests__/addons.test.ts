import {
  CreateAddonCommand,
  DeleteAddonCommand,
  DescribeAddonCommand,
  DescribeAddonConfigurationCommand,
  DescribePodIdentityAssociationCommand,
  ListAddonsCommand,
  ListPodIdentityAssociationsCommand,
  UpdateAddonCommand,
} from '@aws-sdk/client-eks';
import { Sandbox, startSandbox } from '../../sandbox';
import { Clients, errorOf, sdk } from '../../__testUtils__/clients';

const clusterName = 'platform-auto';
const addonName = 'eks-pod-identity-agent';
let sandbox: Sandbox;
let admin: Clients;

beforeAll(async () => {
  sandbox = await startSandbox({ clusters: [clusterName], clockRate: 0 });
  admin = sdk(sandbox, sandbox.credentials.admin);
});
beforeEach(async () => {
  await sandbox.reset();
  sandbox.delays.addon = 12_000;
});
afterAll(async () => {
  admin.destroy();
  await sandbox.stop();
});

const create = async (more: object = {}) =>
  (
    await admin.eks.send(
      new CreateAddonCommand({ clusterName, addonName, ...more }),
    )
  ).addon!;
const describeAddon = async (name = addonName) =>
  (
    await admin.eks.send(
      new DescribeAddonCommand({ clusterName, addonName: name }),
    )
  ).addon!;

describe('an add-on', () => {
  it('is created after the delay, with the default version', async () => {
    const made = await create({ tags: { a: 'b' } });
    expect(made).toMatchObject({
      addonName,
      clusterName,
      status: 'CREATING',
      addonVersion: expect.stringMatching(/^v1\.3\.\d+-eksbuild\.\d+$/),
      addonArn: expect.stringMatching(
        /^arn:aws:eks:eu-west-1:111122223333:addon\/platform-auto\/eks-pod-identity-agent\/[0-9a-f-]{36}$/,
      ),
      tags: { a: 'b' },
      health: { issues: [] },
      namespaceConfig: { namespace: 'kube-system' },
    });
    await sandbox.clock.advance(11_999);
    expect((await describeAddon()).status).toBe('CREATING');
    await sandbox.clock.advance(1);
    expect((await describeAddon()).status).toBe('ACTIVE');
    const { addons } = await admin.eks.send(
      new ListAddonsCommand({ clusterName }),
    );
    expect(addons).toContain(addonName);
  });

  it('exists once per cluster, and is created once per request token', async () => {
    const clientRequestToken = 'once';
    const made = await create({ clientRequestToken });
    expect(await create({ clientRequestToken })).toEqual(made);
    const error = await errorOf(create());
    expect(error.name).toBe('ResourceInUseException');
    expect(error.message).toBe('Addon already exists.');
    expect(error.addonName).toBe(addonName);
  });

  it('answers ResourceNotFoundException when it does not exist', async () => {
    const error = await errorOf(describeAddon());
    expect(error.name).toBe('ResourceNotFoundException');
    expect(error.message).toBe(
      'No addon: eks-pod-identity-agent found in cluster: platform-auto',
    );
  });

  it('is deleted after the delay', async () => {
    await create();
    await sandbox.clock.advance(12_000);
    const { addon } = await admin.eks.send(
      new DeleteAddonCommand({ clusterName, addonName }),
    );
    expect(addon!.status).toBe('DELETING');
    expect((await describeAddon()).status).toBe('DELETING');
    await sandbox.clock.advance(12_000);
    expect((await errorOf(describeAddon())).name).toBe(
      'ResourceNotFoundException',
    );
  });

  it('shows its health', async () => {
    await create();
    const issue = {
      code: 'InsufficientNumberOfReplicas' as const,
      message: 'One replica is unhealthy.',
      resourceIds: [],
    };
    sandbox.aws.eks.setAddonHealth(clusterName, addonName, {
      status: 'DEGRADED',
      issues: [issue],
    });
    await sandbox.clock.advance(60_000);
    expect(await describeAddon()).toMatchObject({
      status: 'DEGRADED',
      health: { issues: [issue] },
    });
  });

  it('is active again when EKS looks and the pods are ready', async () => {
    await create();
    await sandbox.clock.advance(12_000);
    sandbox.aws.eks.setAddonHealth(clusterName, addonName, {
      status: 'DEGRADED',
      lookAgainMs: 60_000,
    });
    const kube = sandbox.cluster(clusterName);
    const ready = (count: number) =>
      kube.waitFor(
        'daemonsets',
        'kube-system',
        addonName,
        set => set?.status?.numberReady === count,
      );
    await ready(1);
    await kube.setAgentPort('in-use');
    await ready(0);
    await sandbox.clock.advance(62_000);
    expect((await describeAddon()).status).toBe('DEGRADED');
    await kube.setAgentPort('free');
    await ready(1);
    await sandbox.clock.advance(302_000);
    expect((await describeAddon()).status).toBe('ACTIVE');
  });

  it('is updated after the delay', async () => {
    await create();
    const update = () =>
      admin.eks.send(
        new UpdateAddonCommand({
          clusterName,
          addonName,
          addonVersion: 'v1.3.9-eksbuild.3',
        }),
      );
    expect((await errorOf(update())).name).toBe('ResourceInUseException');
    await sandbox.clock.advance(12_000);
    const { update: started } = await update();
    expect(started).toMatchObject({
      status: 'InProgress',
      type: 'AddonUpdate',
    });
    await sandbox.clock.advance(12_000);
    expect(await describeAddon()).toMatchObject({
      status: 'ACTIVE',
      addonVersion: 'v1.3.9-eksbuild.3',
    });
  });

  it('finishes its creation after a snapshot taken meanwhile is restored', async () => {
    await create();
    await sandbox.client.snapshot('half-way');
    await sandbox.clock.advance(6_000);
    await sandbox.client.restore('half-way');
    expect((await describeAddon()).status).toBe('CREATING');
    await sandbox.clock.advance(6_000);
    expect((await describeAddon()).status).toBe('ACTIVE');
  });

  it.each<[string, object, string]>([
    [
      'an unknown name',
      { addonName: 'nonsense' },
      'Addon nonsense specified is not supported in 1.34 kubernetes version',
    ],
    [
      'a version for another Kubernetes version',
      { addonVersion: 'v1.2.0-eksbuild.1' },
      'Addon version specified is not supported',
    ],
    [
      'a configuration that is not JSON',
      { configurationValues: 'agent: {}' },
      'ConfigurationValue is not in supported schema. Cause: not valid JSON.',
    ],
    [
      'associations for the agent',
      {
        podIdentityAssociations: [
          {
            serviceAccount: 'x',
            roleArn: 'arn:aws:iam::111122223333:role/audit-exporter',
          },
        ],
      },
      'Addon eks-pod-identity-agent does not support pod identity associations.',
    ],
  ])('is refused with %s', async (_name, bad, message) => {
    const error = await errorOf(create(bad));
    expect([error.name, error.message]).toEqual([
      'InvalidParameterException',
      message,
    ]);
  });
});

describe('the configuration of an add-on', () => {
  const describe = (addon: string, addonVersion: string, as = admin) =>
    as.eks.send(
      new DescribeAddonConfigurationCommand({ addonName: addon, addonVersion }),
    );

  it('names the service accounts that take Pod Identity, where there are any', async () => {
    const driver = ['aws-ebs-csi-driver', 'v1.48.0-eksbuild.1'] as const;
    const { podIdentityConfiguration, ...rest } = await describe(...driver);
    expect(podIdentityConfiguration).toEqual([
      {
        serviceAccount: 'ebs-csi-controller-sa',
        recommendedManagedPolicies: [
          'arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy',
        ],
      },
    ]);
    expect(rest).toMatchObject({
      addonName: driver[0],
      addonVersion: driver[1],
      configurationSchema: expect.any(String),
    });
    const dns = await describe('coredns', 'v1.12.4-eksbuild.1');
    expect(dns.podIdentityConfiguration).toEqual([]);
  });

  it('is of what EKS offers alone, and a right of its own', async () => {
    const error = await errorOf(describe('coredns', 'v0.0.1'));
    expect([error.name, error.message]).toEqual([
      'InvalidParameterException',
      'Addon version specified is not supported',
    ]);
    const nobody = sdk(sandbox, sandbox.credentials.nobody);
    const denied = await errorOf(
      describe('coredns', 'v1.12.4-eksbuild.1', nobody),
    );
    expect([denied.name, denied.message]).toEqual([
      'AccessDeniedException',
      expect.stringContaining(
        'is not authorized to perform: eks:DescribeAddonConfiguration on resource: *',
      ),
    ]);
    nobody.destroy();
  });
});

describe('associations of an add-on', () => {
  const name = 'aws-ebs-csi-driver';
  const withRole = (roleName: string) => ({
    addonName: name,
    podIdentityAssociations: [
      {
        serviceAccount: 'ebs-csi-controller-sa',
        roleArn: sandbox.aws.iam.putRole({ name: roleName }).arn,
      },
    ],
  });
  const owned = async () =>
    (
      await admin.eks.send(
        new ListPodIdentityAssociationsCommand({
          clusterName,
          serviceAccount: 'ebs-csi-controller-sa',
        }),
      )
    ).associations!;

  it('are created, changed and deleted with it', async () => {
    const made = await create(withRole('ebs-1'));
    const [first] = await owned();
    expect(made.podIdentityAssociations).toEqual([first.associationArn]);
    expect(first.ownerArn).toBe(made.addonArn);
    await sandbox.clock.advance(12_000);
    const second = withRole('ebs-2');
    await admin.eks.send(new UpdateAddonCommand({ clusterName, ...second }));
    const [changed] = await owned();
    const { association } = await admin.eks.send(
      new DescribePodIdentityAssociationCommand({
        clusterName,
        associationId: changed.associationId,
      }),
    );
    expect(association!.roleArn).toBe(
      second.podIdentityAssociations[0].roleArn,
    );
    await sandbox.clock.advance(12_000);
    await admin.eks.send(
      new DeleteAddonCommand({ clusterName, addonName: name }),
    );
    await sandbox.clock.advance(12_000);
    expect(await owned()).toEqual([]);
  });

  it('stay when the request omits them, and are all deleted by an empty list', async () => {
    await create(withRole('ebs-1'));
    await sandbox.clock.advance(12_000);
    const update = (podIdentityAssociations?: []) =>
      admin.eks.send(
        new UpdateAddonCommand({
          clusterName,
          addonName: name,
          podIdentityAssociations,
        }),
      );
    await update();
    expect(await owned()).toHaveLength(1);
    await sandbox.clock.advance(12_000);
    await update([]);
    expect(await owned()).toEqual([]);
  });

  it('remain when it is deleted with preserve', async () => {
    await create(withRole('ebs-1'));
    await admin.eks.send(
      new DeleteAddonCommand({ clusterName, addonName: name, preserve: true }),
    );
    await sandbox.clock.advance(12_000);
    expect(await owned()).toHaveLength(1);
  });
});
