import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import { SandboxBanner } from './SandboxBanner';

function show(data: object) {
  renderInTestApp(
    <>
      <SandboxBanner />
      <p>page</p>
    </>,
    { config: { ...data } },
  );
}

it('labels a sandbox', async () => {
  show({ sandbox: { enabled: true } });
  expect(
    await screen.findByRole('complementary', { name: 'Sandbox account' }),
  ).toHaveTextContent('no AWS account is touched');
});

it.each([{}, { sandbox: { enabled: false } }])(
  'is absent elsewhere (%j)',
  async data => {
    show(data);
    expect(await screen.findByText('page')).toBeInTheDocument();
    expect(screen.queryByRole('complementary')).not.toBeInTheDocument();
  },
);
