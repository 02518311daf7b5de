import { screen, waitFor } from '@testing-library/react';
import { FakeBackend, list, refusal } from '../../__testUtils__/FakeBackend';
import { showForm } from '../../__testUtils__/showForm';

const arn = (name: string) => `arn:aws:iam::aws:policy/${name}`;
const policy = (name: string, reason?: string) => ({
  arn: arn(name),
  name,
  description: 'Managed by AWS',
  allowed: !reason,
  reason,
});
const POLICIES = 'GET /v1/policies?cluster=payments-prod';
const answers = {
  [POLICIES]: list(
    policy('AdministratorAccess', 'It would hand out control of the account.'),
    policy('AmazonS3ReadOnlyAccess'),
    policy('AmazonSQSReadOnlyAccess'),
  ),
};
const properties = {
  policies: {
    title: 'Permissions',
    type: 'array',
    items: { type: 'string' },
    'ui:field': 'IamPolicyPicker',
  },
};
const picker = () =>
  screen.findByLabelText(/Permissions/, { selector: 'input' });
const values = { clusterName: 'payments-prod' };

describe('IamPolicyPicker', () => {
  it('takes several policies of the list and the ARN of another', async () => {
    const { user, created, submit } = showForm({
      backend: new FakeBackend(answers),
      properties,
      values: { ...values, policies: [arn('AmazonS3ReadOnlyAccess')] },
    });
    const input = await picker();
    expect(screen.getByText('AmazonS3ReadOnlyAccess')).toBeVisible();
    await user.type(input, 'sqs');
    await user.click(await screen.findByText('AmazonSQSReadOnlyAccess'));
    await user.type(input, 'arn:aws:iam::111122223333:policy/team/ours');
    await user.tab();
    expect(screen.getByText('ours')).toBeVisible();
    await submit();
    expect(created[0].policies).toEqual([
      arn('AmazonS3ReadOnlyAccess'),
      arn('AmazonSQSReadOnlyAccess'),
      'arn:aws:iam::111122223333:policy/team/ours',
    ]);
  });

  it('shows a refused policy with the reason, and does not take it', async () => {
    const { user } = showForm({
      backend: new FakeBackend(answers),
      properties,
      values,
    });
    const input = await picker();
    await user.type(input, 'admin');
    const option = await screen.findByRole('option', {
      name: /AdministratorAccess/,
    });
    expect(option).toHaveAttribute('aria-disabled', 'true');
    expect(option).toHaveTextContent('control of the account');
    await user.type(input, '{Enter}');
    await user.clear(input);
    await user.type(input, 'AdministratorAccess{Enter}');
    await user.tab();
    expect(screen.queryByText('AdministratorAccess')).toBeNull();
  });

  it('says why one that a link filled in will be refused', async () => {
    showForm({
      backend: new FakeBackend(answers),
      properties,
      values: { ...values, policies: [arn('AdministratorAccess')] },
    });
    expect(
      await screen.findByText(
        'AdministratorAccess: It would hand out control of the account.',
      ),
    ).toBeVisible();
  });

  it('takes ARNs while the list cannot be loaded, and names what is none', async () => {
    const backend = new FakeBackend({
      [POLICIES]: refusal(403, 'NotAllowedError', 'You may not list policies.'),
    });
    const { user, created } = showForm({
      backend,
      properties,
      values: { ...values, policies: ['arn:aws:iam::aws:role/x'] },
    });
    expect(
      await screen.findByText(/You may not list policies\./),
    ).toBeVisible();
    await user.click(screen.getByText('Review', { selector: 'button *' }));
    expect(
      (
        await screen.findAllByText(
          /“arn:aws:iam::aws:role\/x” must be an IAM policy ARN/,
        )
      ).length,
    ).toBeGreaterThan(0);
    expect(created).toEqual([]);
    backend.answers = answers;
    await user.click(screen.getByText('Try again'));
    await waitFor(() => expect(screen.queryByText(/You may not/)).toBeNull());
  });
});
