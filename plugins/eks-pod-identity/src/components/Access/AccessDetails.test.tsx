import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { ACCESS_VERDICTS } from 'backstage-plugin-eks-pod-identity-common';
import {
  progressOf,
  withoutCloudTrail,
  withoutIam,
  withoutNames,
} from '../../../dev/access';
import {
  access,
  below,
  detailsOf,
  find,
  rows,
  show,
  world,
} from '../../__testUtils__/accessPage';

describe('the details', () => {
  it('say the role, its maker, its trust, who else it lets in, and what runs', async () => {
    const details = await detailsOf(find('needs-owner'));
    expect(below(details, 'Role')).toHaveTextContent(
      'invoice-archiveraccount 111122223333Made by CloudFormation, by its tags.',
    );
    expect(below(details, 'Its trust policy')).toHaveTextContent(
      'It names several service accounts.It does not ask for an audience.',
    );
    const others = within(
      below(details, 'The role also lets in') as HTMLElement,
    )
      .getAllByRole('listitem')
      .map(item => item.textContent);
    expect(others).toEqual([
      'service account payments/worker',
      expect.stringMatching(
        /^service accounts like tenant-\*\/app, of the cluster with the issuer oidc\./,
      ),
      'tokens of token.actions.githubusercontent.com',
      'the service ec2.amazonaws.com',
      'arn:aws:iam::111122223333:user/ci',
      '22 more',
    ]);
    expect(below(details, 'Workloads')).toHaveTextContent(
      /^Deployment .*pods?, on EC2$/,
    );
    expect(below(details, 'SDKs that asked by IRSA')).toHaveTextContent(
      /boto3 1\.35\.10, last \d+ minutes ago/,
    );
  });

  it('show a statement as code that can be copied', async () => {
    const user = userEvent.setup();
    const written = jest.spyOn(navigator.clipboard, 'writeText');
    const details = await detailsOf(find('needs-owner'));
    expect(details).toHaveTextContent(
      'Its trust policy takes one more statement:',
    );
    const code = details.querySelector('pre')!;
    expect(JSON.parse(code.textContent!)).toMatchObject({
      Principal: { Service: 'pods.eks.amazonaws.com' },
    });
    await user.click(
      within(details).getByRole('button', { name: 'Copy the snippet' }),
    );
    expect(written).toHaveBeenCalledWith(code.textContent);
    expect(details).toHaveTextContent(
      'Some of its pods are on the network of their node',
    );
  });

  it('say where a move by the portal stands', async () => {
    const details = await detailsOf(find('left-over'));
    expect(below(details, 'Its move by the portal')).toHaveTextContent(
      'moved, IRSA still in the trust policy, since 3 hours ago',
    );
  });

  it('name whom a pattern lets in today, and count the others', async () => {
    const details = await detailsOf(find('by-rule'));
    expect(below(details, 'The role also lets in')).toHaveTextContent(
      'service accounts like tenant-*/appby its pattern, in this cluster today: tenant-a/app, tenant-b/app, 1 more',
    );
    expect(details).not.toHaveTextContent('Its move by the portal');
  });

  it('say that a role does not exist, and nothing of its trust', async () => {
    const details = await detailsOf(find('broken'));
    expect(below(details, 'Role')).toHaveTextContent('It does not exist.');
    expect(details).not.toHaveTextContent('Its trust policy');
    expect(details).toHaveTextContent(/AWS refused it \d+ minutes ago\./);
  });

  it('say what to do about a fault, with commands to copy', async () => {
    const details = await detailsOf(find('broken'));
    expect(details).toHaveTextContent(
      'The pods ask STS for a role that does not exist.',
    );
    expect(details).toHaveTextContent('Make the role again');
    expect(details.querySelector('pre')).toHaveTextContent(
      /^kubectl -n payments annotate serviceaccount mailer .* rollout restart deployment\/mailer$/,
    );
  });

  it('lead to the association, where there is one', async () => {
    const row = find('left-over');
    const details = await detailsOf(row);
    const { cluster, namespace, serviceAccount } = row.ref;
    expect(
      within(details).getByRole('link', {
        name: 'Open its Pod Identity association',
      }),
    ).toHaveAttribute(
      'href',
      `/aws-identities/associations?identity=${cluster}%2F${namespace}%2F${serviceAccount}`,
    );
  });

  it('say in one sentence why names are missing, and who has them', async () => {
    const row = withoutNames([find('needs-owner')]);
    const details = await detailsOf(row[0], { ...world, access: row });
    expect(below(details, 'Role').textContent).toBe(
      'You are not allowed to see its role. Administrators of this portal are, and the owner whom the tag of the role names.',
    );
    expect(details).not.toHaveTextContent('Its trust policy');
    expect(document.body).not.toHaveTextContent('invoice-archiver');
    expect(document.body).toHaveTextContent(
      'Roles and their accounts are left out where you are not allowed to see them',
    );
    const [shown] = await rows();
    expect(shown).toHaveTextContent(ACCESS_VERDICTS['needs-owner'].meaning);
    expect(below(details, 'SDKs that asked by IRSA')).toHaveTextContent(
      'left out',
    );
    expect(shown).toHaveTextContent('SDKleft out');
    expect(shown).not.toHaveTextContent('not read');
  });
});

it('says of a role that is only named that the rest is left out', async () => {
  const row = find('needs-owner');
  const named = [{ ...row, role: { arn: row.role!.arn, withheld: true } }];
  const details = await detailsOf(named[0], { ...world, access: named });
  for (const label of ['Its trust policy', 'The role also lets in']) {
    expect(below(details, label)).toHaveTextContent('left out');
  }
});

describe('what could not be read', () => {
  it('is said once, with what it costs, on which clusters and why', async () => {
    show('', {
      ...world,
      access: withoutIam(withoutCloudTrail(access)),
      accessProgress: progressOf(access, { lacks: ['use', 'roles'] }),
    });
    const gaps = await screen.findByRole('region', {
      name: '2 things could not be read',
    });
    expect(gaps).toHaveTextContent(
      'SDKs and the last use by IRSA are missing, so that no verdict is "ready".',
    );
    expect(within(gaps).getAllByText('Why, on 2 clusters')).toHaveLength(2);
    expect(gaps).toHaveTextContent(
      'Payments (production): CloudTrail was not read: the portal is not authorized to perform cloudtrail:LookupEvents, see docs/permissions.md#aws-reading.',
    );
    expect(gaps).not.toHaveTextContent('orders-legacy');
  });

  it('is a whole look, of whose cluster the rows are older', async () => {
    const failure = 'The Kubernetes API did not answer.';
    show('', { ...world, accessProgress: progressOf(access, { failure }) });
    const gaps = await screen.findByRole('region', {
      name: 'One thing could not be read',
    });
    expect(gaps).toHaveTextContent(
      `The last look at orders-legacy failed: its service accounts are shown as they were 2 days ago.Why${failure}`,
    );
  });

  it('is named in the cells and in the details, and never looks like none', async () => {
    const unread = withoutIam(withoutCloudTrail([find('needs-owner')]));
    const details = await detailsOf(unread[0], { ...world, access: unread });
    const [row] = await rows();
    // Of its SDK and its last use
    expect(within(row).getAllByText('not read')).toHaveLength(2);
    expect(below(details, 'Its trust policy')).toHaveTextContent('not read');
    expect(below(details, 'The role also lets in')).toHaveTextContent(
      'not read',
    );
    expect(below(details, 'SDKs that asked by IRSA')).toHaveTextContent(
      'not read',
    );
  });
});
