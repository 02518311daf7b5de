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
const chip = (name: string) => screen.findByRole('button', { name });
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
    expect(input).toHaveValue('AdministratorAccess');
    expect(
      await screen.findByText(
        'AdministratorAccess: It would hand out control of the account.',
      ),
    ).toBeVisible();
  });

  it('does not take the typed ARN of a refused policy', async () => {
    const { user } = showForm({
      backend: new FakeBackend(answers),
      properties,
      values,
    });
    const input = await picker();
    await user.click(input);
    await screen.findByRole('option', { name: /AdministratorAccess/ });
    await user.type(input, `${arn('AdministratorAccess')}{Enter}`);
    await user.tab();
    expect(input).toHaveValue(arn('AdministratorAccess'));
    expect(
      await screen.findByText(
        'AdministratorAccess: It would hand out control of the account.',
      ),
    ).toBeVisible();
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

  it('takes ARNs while the list cannot be loaded, and names values that are not ARNs', async () => {
    const backend = new FakeBackend({
      [POLICIES]: refusal(
        403,
        'NotAllowedError',
        'You are not allowed to list policies.',
      ),
    });
    const { user, created } = showForm({
      backend,
      properties,
      values: { ...values, policies: ['arn:aws:iam::aws:role/x'] },
    });
    expect(
      await screen.findByText(/You are not allowed to list policies\./),
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
    await waitFor(() =>
      expect(screen.queryByText(/You are not allowed to/)).toBeNull(),
    );
  });

  it('keeps an unknown name while the list cannot be loaded, and accepts it once the list has it', async () => {
    const backend = new FakeBackend({
      [POLICIES]: refusal(503, 'ServiceUnavailableError', 'AWS is down.'),
    });
    const { user, created, submit } = showForm({ backend, properties, values });
    const input = await picker();
    expect(await screen.findByText(/AWS is down\./)).toHaveTextContent(
      'Type the ARN of each policy instead',
    );
    await user.type(input, 'AmazonS3ReadOnlyAccess{Enter}');
    expect(input).toHaveValue('AmazonS3ReadOnlyAccess');
    const note = await screen.findByText(
      '“AmazonS3ReadOnlyAccess” is not selected: type the full ARN of a policy, such as arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess.',
    );
    expect(note).toBeVisible();
    expect(input).toHaveAttribute('aria-invalid', 'true');
    expect(input).toHaveAccessibleDescription(/is not selected/);
    await user.click(screen.getByText('Review', { selector: 'button *' }));
    expect(screen.queryByText('Create', { selector: 'button *' })).toBeNull();

    backend.answers = answers;
    await user.click(screen.getByText('Try again'));
    expect(await chip('AmazonS3ReadOnlyAccess')).toBeVisible();
    expect(input).toHaveValue('');
    await submit();
    expect(created[0].policies).toEqual([arn('AmazonS3ReadOnlyAccess')]);
  });

  it.each(['SomethingElse', 'AmazonS3', 'arn:aws:iam::aws'])(
    'leaves “%s” in the field, and does not let the form continue',
    async typed => {
      const { user, created, submit } = showForm({
        backend: new FakeBackend(answers),
        properties,
        values: { ...values, policies: [arn('AmazonSQSReadOnlyAccess')] },
      });
      const input = (await picker()) as HTMLInputElement;
      await user.type(input, typed);
      await user.click(screen.getByText('Review', { selector: 'button *' }));
      expect(input).toHaveValue(typed);
      expect(input.validationMessage).toContain(`“${typed}” is not selected`);
      expect(
        await screen.findByText(
          /is not selected: .*or choose one from the list/,
        ),
      ).toBeVisible();
      expect(screen.queryByText('Create', { selector: 'button *' })).toBeNull();

      await user.clear(input);
      expect(screen.queryByText(/is not selected/)).toBeNull();
      await submit();
      expect(created[0].policies).toEqual([arn('AmazonSQSReadOnlyAccess')]);
    },
  );

  it('takes the exact name of a policy on the list, and keeps the typed text while another policy is removed', async () => {
    const { user } = showForm({
      backend: new FakeBackend(answers),
      properties,
      values,
    });
    const input = await picker();
    await user.click(input);
    await screen.findByRole('option', { name: /AmazonS3ReadOnlyAccess/ });
    await user.type(input, 'AmazonS3ReadOnlyAccess{Enter}');
    expect(await chip('AmazonS3ReadOnlyAccess')).toBeVisible();
    expect(input).toHaveValue('');
    await user.type(input, 'AmazonSQS');
    await user.click(
      (await chip('AmazonS3ReadOnlyAccess')).querySelector('svg')!,
    );
    await waitFor(() =>
      expect(screen.queryByText('AmazonS3ReadOnlyAccess')).toBeNull(),
    );
    expect(input).toHaveValue('AmazonSQS');
  });
});
