import { screen } from '@testing-library/react';
import { FakeBackend } from './__testUtils__/FakeBackend';
import { showForm } from './__testUtils__/showForm';

describe('an app without the module', () => {
  it('has plain text fields instead of the pickers, named by their placeholders, and no preview', async () => {
    const { user, created, submit } = showForm({
      backend: new FakeBackend({}),
      fields: [],
      required: ['clusterName'],
      properties: {
        clusterName: {
          title: 'Cluster',
          type: 'string',
          'ui:field': 'EksClusterPicker',
          'ui:placeholder': 'Cluster',
          'ui:options': { access: 'create' },
        },
        policies: {
          title: 'Permissions',
          type: 'array',
          items: { title: 'ARN of a managed policy', type: 'string' },
          'ui:field': 'IamPolicyPicker',
        },
        planPreview: {
          title: 'What will happen',
          type: 'null',
          description: 'With what you have filled in.',
          'ui:field': 'EksPlanPreview',
          'ui:options': { input: {} },
          'ui:backstage': { review: { show: false } },
        },
      },
      values: { policies: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'] },
    });
    await user.type(
      await screen.findByPlaceholderText('Cluster'),
      'payments-prod',
    );
    expect(screen.getByText('Permissions')).toBeVisible();
    expect(screen.getByLabelText(/ARN of a managed policy/)).toHaveValue(
      'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
    );
    expect(screen.queryByText(/What will happen/)).toBeNull();
    expect(screen.queryByText(/With what you have/)).toBeNull();
    await submit();
    expect(created).toEqual([
      expect.objectContaining({
        clusterName: 'payments-prod',
        policies: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
      }),
    ]);
  });
});
